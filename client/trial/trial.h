// A rule book on trial: a desk on a scratch ledger and a clock that is an argument. Events go in in
// the order of their moments; what rings between them rings at its own moment; each notice is sent
// when it is due, to a receiver that always answers 200, which is whoever listens.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/desk/desk.h"
#include "common/ledger/records.h"
#include "common/rulebook/rulebook.h"
#include "common/verdict/words.h"

struct trial;

enum trial_ledger {
    TRIAL_IN_MEMORY, // for little
    TRIAL_ON_DISK    // for much: memory stays flat
};

// Called while the trial is in hand: it may ask trial_words(), and nothing else of the trial.
// What is borrowed is borrowed for the call.
struct trial_listener {
    // A decision was made about somebody. Its fate tells: FATE_WAITING, it will be sent;
    // FATE_DIGEST, it is kept for a digest; FATE_UNSENT, nobody is told. created_ms is the moment.
    void (*decided)(void *user, const struct notice_record *notice);
    // A notice is sent at that moment.
    void (*sent)(void *user, const struct notice_record *notice, int64_t at_ms);
    void *user;
};

// rulebook is borrowed. listener is copied; what is NULL in it is not called.
must_check int trial_open(const struct rulebook *rulebook, enum trial_ledger ledger,
                          const struct trial_listener *listener, struct trial **ret,
                          struct error *err);
void trial_close(struct trial *trial);
void trial_closep(struct trial **trial);

// Lets the time pass up to at_ms, that moment included, then handles one event, appending its
// receipt where receipt is not NULL. Time does not go back: an earlier at_ms is now. Negative: the
// scratch ledger failed, and the trial is over.
must_check int trial_event(struct trial *trial, const struct event_slice *slice, int64_t at_ms,
                           struct text *receipt, struct error *err);
must_check int trial_pass(struct trial *trial, int64_t to_ms, struct error *err);
int64_t trial_now(const struct trial *trial);
// The trial's desk, to try on it what would come of something now.
struct desk *trial_desk(const struct trial *trial);

// A notice as it is sent, in words, a digest with its lines. It lives until the listener returns.
must_check int trial_words(struct trial *trial, const struct notice_record *notice, int64_t at_ms,
                           struct notice *ret, struct error *err);
