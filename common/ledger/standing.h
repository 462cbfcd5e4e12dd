// The rows of what stands for a while, beside issues and notices: silences, and sources that are
// watched. Strings are borrowed.
#pragma once

#include <stdint.h>

// A silence, as it was set.
struct silence_record {
    const char *name, *by, *comment;
    const char *match; // a JSON array of matchers
    int64_t since_ms, until_ms;
};

typedef int on_silence(void *user, const struct silence_record *silence);

// A source that is watched.
struct source_record {
    const char *name;
    int64_t since_ms; // since when
    int64_t heard_ms; // its last event, give or take a minute; 0: none came
    int64_t told_ms;  // when the admin was told that it is silent; 0: it is not
};

typedef int on_source(void *user, const struct source_record *source);
