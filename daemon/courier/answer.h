// What a receiver's answer means, and its first bytes as a line that may be kept and shown. Pure.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/base/limits.h"
#include "common/base/text.h"
#include "daemon/pair.h"

// The result of an answer with that status, by the lane's own rules (as in struct pair_lane; NULL:
// none) and else as everywhere.
enum send_result answer_result(const char *rules, int32_t status);

// What is kept of an answer: what may be shown, and enough more to know a secret that the bound
// would have cut in two.
enum { ANSWER_URL_BYTES = 2048, ANSWER_KEPT_BYTES = LIMIT_ANSWER_BYTES + ANSWER_URL_BYTES };

// Appends outside words, the first ANSWER_KEPT_BYTES at most of what came, as one clean line of
// valid UTF-8 with at most LIMIT_ANSWER_BYTES of them. A receiver may repeat the address that it
// was called by, and the address is a secret: each longer piece of the url behind its host becomes
// "…".
void answer_add_line(struct text *out, const char *bytes, size_t size, const char *url);
