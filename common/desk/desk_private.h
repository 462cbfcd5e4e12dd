// What the files of the desk share. Internal to this folder.
#pragma once

#include "common/base/arena.h"
#include "common/base/text.h"
#include "common/desk/desk.h"
#include "common/verdict/silence.h"

// Of the events that the desk makes; nobody else may.
#define ALARM_SOURCE  "/headsup/alarm"
#define SIGNAL_SOURCE "/headsup/signal"

struct heard {                                     // of a source that is watched
    int64_t since_ms, heard_ms, saved_ms, told_ms; // as struct source_record has them; 0: never
    bool live;                                     // heard since it was read from the ledger
};

struct watch { // over the rule book's sources, one each
    struct heard *heard;
    bool known;      // they are those of the ledger,
    int64_t undone;  // as long as ledger_undone() is this
    int64_t next_ms; // none is silent before
};

struct desk {
    const struct rulebook *rulebook;
    struct ledger *ledger;
    struct desk_listener listener;
    struct arena *arena; // of the event in hand
    struct text receipt; // likewise: it is stored and sent
    struct text unsaid;  // likewise: what was decided and tells nobody
    unsigned wants;      // what of a case file the rules ask for
    bool held;           // something may be, for its moment: it is looked for
    struct silences silences;
    bool silences_known;     // they are those of the ledger,
    int64_t silences_undone; // as long as ledger_undone() is this
    unsigned silence_wants;  // what of a case file they ask for
    struct watch watch;
};

// What of a case file the matchers ask for: enum case_wants, or-ed.
unsigned desk_wanted_by(const struct matcher *matchers, size_t count);

// Handles an event about an issue or an account, appending its receipt to out.
// Handles an order to the service itself, likewise.
must_check int desk_handle_order(struct desk *desk, const struct event *event, const char *peer,
                                 struct text *out, struct error *err);
must_check int desk_handle_case(struct desk *desk, const struct event *event, const char *peer,
                                struct text *out, struct error *err);

// An event of the desk's own: about that subject, from ALARM_SOURCE; without one, from
// SIGNAL_SOURCE. Its strings live in the arena.
struct event desk_own_event(struct desk *desk, enum event_type type, const char *subject,
                            int64_t at_ms, int64_t now_ms);
// Adds one that is about no case, with its receipt. unsaid: what it led to that tells nobody, or
// NULL.
must_check int desk_add_own_event(struct desk *desk, const struct event *event,
                                  const struct notice_record *unsaid, struct error *err);
