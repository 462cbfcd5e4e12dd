// A notice as its words and its payload want it: put together from the ledger at the moment of
// sending, from the case as it stands then. For whoever sends, or shows what would be sent.
#pragma once

#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/ledger/ledger.h"
#include "common/rulebook/rulebook.h"
#include "common/verdict/words.h"

// What a letter is put together from; all borrowed. What is made of it lives in arena.
struct letter_desk {
    const struct rulebook *rulebook;
    struct ledger *ledger;
    struct arena *arena;
};

// The notice of that record, with a digest's lines; its id is left to whoever sends it.
must_check int letter_prepare(const struct letter_desk *desk, const struct notice_record *record,
                              int64_t now_ms, struct notice *ret, struct error *err);
// What every notice of that rule to that rep has in common, from the case as it is given; all of it
// borrowed. The rest is left empty.
struct notice letter_begin(const struct rulebook *rulebook, const char *to, const char *rule_name,
                           const struct case_file *file, int64_t now_ms);
