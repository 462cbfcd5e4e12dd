// Reading the ledger beside a running daemon, or without one: query only, never a checkpoint, never
// a write (PITFALLS: the WAL-reset race needs two that write). For the command line.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/ledger/records.h"
#include "common/ledger/standing.h"
#include "common/verdict/case_file.h"

struct ledger_reader;

must_check int ledger_reader_open(const char *path, struct ledger_reader **ret, struct error *err);
void ledger_reader_close(struct ledger_reader *reader);
void ledger_reader_closep(struct ledger_reader **reader);
const char *ledger_reader_prefix(const struct ledger_reader *reader);

// Each calls back once a row, in the order said; strings are valid during the call only. A callback
// that returns other than 0 ends the walk, which then returns that.
typedef int on_issue(void *user, const struct issue *issue);
typedef int on_account(void *user, const struct account *account);
typedef int on_notice(void *user, const struct notice_record *notice);
typedef int on_event_record(void *user, const struct event_record *event);

// Newest opening first. account NULL: all; open_only: those neither resolved nor closed.
must_check int ledger_each_issue(struct ledger_reader *reader, const char *account, bool open_only,
                                 int limit, on_issue *callback, void *user, struct error *err);
must_check int ledger_each_account(struct ledger_reader *reader, on_account *callback, void *user,
                                   struct error *err);

struct notice_filter {
    const char *rep, *lane, *issue_key; // NULL: any
    int fate;                           // enum fate, or -1: all that were or are to be sent
    bool with_unsent;                   // with fate -1: the unsent ones too; for one event, or slow
    int64_t event_seq;                  // 0: any
    int limit;                          // 0: none
};
// Newest first; for one issue or one event, oldest first.
must_check int ledger_each_notice(struct ledger_reader *reader, const struct notice_filter *filter,
                                  on_notice *callback, void *user, struct error *err);
// The events about an issue, oldest first.
must_check int ledger_each_issue_event(struct ledger_reader *reader, const char *issue_key,
                                       on_event_record *callback, void *user, struct error *err);

// Each calls back once and returns 1, or returns 0 where there is none, or a negative errno.
must_check int ledger_get_issue(struct ledger_reader *reader, const char *key, on_issue *callback,
                                void *user, struct error *err);
must_check int ledger_get_account(struct ledger_reader *reader, const char *key,
                                  on_account *callback, void *user, struct error *err);
must_check int ledger_get_notice(struct ledger_reader *reader, int64_t num, on_notice *callback,
                                 void *user, struct error *err);
// By seq (a number), by "SOURCE ID" in two arguments, or by id alone (source NULL; all that bear
// it).
must_check int ledger_get_events(struct ledger_reader *reader, const char *source, const char *id,
                                 on_event_record *callback, void *user, struct error *err);

// Those that end first at the beginning; some may have ended.
must_check int ledger_each_silence(struct ledger_reader *reader, on_silence *callback, void *user,
                                   struct error *err);

// The sources that are watched, by name.
must_check int ledger_each_source(struct ledger_reader *reader, on_source *callback, void *user,
                                  struct error *err);

// What a rehearsal of the past wants.
struct past_query {
    // events that were received then or later, and those before them that bear on them: about
    // accounts, silences, and issues that still moved or stood open
    int64_t since_ms;
    int64_t until_seq; // as ledger_last_seq() gave it
    int64_t opened_ms; // of the issues that were opened then or later, all events too
};
// In the order of their seq. It reads in pages, so that a slow callback keeps no daemon from its
// checkpoints.
must_check int ledger_each_past_event(struct ledger_reader *reader, const struct past_query *query,
                                      on_event_record *callback, void *user, struct error *err);
// The seq of the last event on record; 0: there is none.
must_check int ledger_last_seq(struct ledger_reader *reader, int64_t *ret, struct error *err);

must_check int ledger_count_dead(struct ledger_reader *reader, const struct dead_filter *filter,
                                 int64_t *ret, struct error *err);

struct ledger_summary {
    int64_t events, issues, open_issues, accounts;
    int64_t notices[FATE_COUNT];
    // Each accepted event counts once, by the best fate of what it caused; promise P5 says that
    // these add up to events and that unexplained is 0.
    int64_t told, waiting, dead, digest, nobody, unexplained;
    int64_t oldest_waiting_ms; // created; 0: none
    int64_t size_bytes;
};
must_check int ledger_summarize(struct ledger_reader *reader, struct ledger_summary *ret,
                                struct error *err);
typedef int on_lane(void *user, const struct lane_record *lane, int64_t waiting, int64_t dead);
// Every lane that has a state on record, or that notices wait for or died in.
must_check int ledger_each_lane(struct ledger_reader *reader, on_lane *callback, void *user,
                                struct error *err);
