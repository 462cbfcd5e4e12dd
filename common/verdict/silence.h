// Silences: for a while, and for a reason, nobody is told of what their matchers match. They keep
// notices back, never records; and never what the one-hop law itself tells, for then an issue would
// go to sales with nobody told. Values; whoever made them owns them.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/rulebook/matcher.h"
#include "common/verdict/facts.h"

struct silence {
    char *name, *by, *comment;
    int64_t until_ms;         // the first moment at which it holds no more
    struct matcher *matchers; // all must hold
    size_t matcher_count;
};

struct silences {
    struct silence *list;
    size_t count;
};

// The first that holds at the moment of the facts and matches them, or NULL. silences may be NULL.
const struct silence *silence_over(const struct silences *silences,
                                   const struct fact_source *facts);
