// A regular expression of a rule book: PCRE2 stays behind these names. It is interpreted, and its
// work is bounded, because the texts that it meets come from outside.
#pragma once

#include <stddef.h>

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/rulebook/matcher.h"

enum {
    PATTERN_BYTES = 512,
    PATTERN_SUBJECT_BYTES = 8 * 1024 // longer texts are not tried
};

must_check int pattern_create(const char *written, struct matcher_pattern **ret, struct error *err);
void pattern_destroy(struct matcher_pattern *pattern);

// Whether it is found in text, which is valid UTF-8. ANSWER_CANNOT_TELL: it met its limits.
enum answer pattern_found(const struct matcher_pattern *pattern, const char *text);
