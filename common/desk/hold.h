// What is decided to be told now and has to wait for its moment: gathering, or the rep's hours. And
// what becomes of it then. Part of the desk; knows no socket and no clock.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/event/event.h"
#include "common/ledger/records.h"
#include "common/verdict/verdict.h"

struct desk;

// Where one decision goes.
struct placing {
    enum fate fate;
    int64_t due_ms;
    const char *quiet; // see notice_record
    unsigned changes;  // likewise
    bool carries;      // what is held about the issue goes out with it
};

// Places each decision of the verdict; strings live in the desk's arena. Writes nothing.
must_check int hold_place(struct desk *desk, const struct event *event,
                          const struct case_file *file, const struct verdict *verdict,
                          struct placing ret[VERDICT_DECISIONS], struct error *err);
// What follows once the notice of a decision is on record.
must_check int hold_recorded(struct desk *desk, const struct placing *placing,
                             const struct notice_record *notice, struct error *err);
// Asks again what is held and due, at most a turn's worth, inside the open transaction. Returns how
// many were looked at, or a negative errno.
must_check int hold_ring(struct desk *desk, int64_t now_ms, struct error *err);
