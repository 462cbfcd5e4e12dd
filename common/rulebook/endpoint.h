// Where notices go: the settings of a webhook, the check of its address, and its secret. Addresses
// and secrets are in no message.
#pragma once

#include <stdbool.h>

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/rulebook/rulebook.h"
#include "common/rulebook/settings.h"

enum { URL_BYTES = 2048 };

extern const struct setting_group endpoint_group;

// What is wrong with an address, in words without it; NULL where it is good. ret_host then is its
// host in small letters, to be freed.
const char *url_fault(const char *url, char **ret_host);
// True where each of the one or two lines is "whsec_" and the base64 of 24 to 64 bytes.
bool secrets_good(const char *secrets);
