// Plays a test of a rule book: its accounts and its steps on a trial, each receipt and each notice
// held against what the script expects. Says what was found wanting, with how it came about.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "client/explanation.h"
#include "client/trial/script.h"
#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/base/text.h"

// Something that was expected and is not so. Borrowed for the call.
struct finding {
    const struct script_test *test;
    const struct script_place *place;
    const struct script_step *step; // NULL: none
    size_t step_number;             // from 1
    const char *expected, *got;     // lines
    const char *explanation;        // of the step's event, as explain() wrote it; "": none
};

struct player {
    void (*on_finding)(void *user, const struct finding *finding);
    void (*explain)(const struct explanation *explanation, struct text *out);
    void *user;
};

// Negative: the scratch ledger failed, and nothing can be said of the test.
must_check int player_play(const struct player *player, const struct script *script,
                           const struct script_test *test, struct error *err);
