// The files that a webhook's settings name: its secret, and what TLS asks for. Read only where
// secrets are asked for; what they hold is in no message.
#pragma once

#include "common/rulebook/settings.h"
#include "common/rulebook/source.h"

// Checks of settings: each reads its file into the endpoint, or notes what is wrong with it.
void endpoint_file_secret(struct reader *reader, struct place place, const char *text, void *group);
void endpoint_file_ca(struct reader *reader, struct place place, const char *text, void *group);
void endpoint_file_cert(struct reader *reader, struct place place, const char *text, void *group);
void endpoint_file_key(struct reader *reader, struct place place, const char *text, void *group);
