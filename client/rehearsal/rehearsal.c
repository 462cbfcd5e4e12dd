#include "client/rehearsal/rehearsal.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "client/print.h"
#include "client/progress.h"
#include "client/rehearsal/run.h"
#include "common/base/moment.h"

enum { REFUSED_TOLD = 20 };

struct rehearsing {
    const struct rehearsal *rehearsal;
    struct tally *tally;
    int64_t done[SIDES], events[SIDES]; // how far each is
    int64_t begun_ms, refused;
    struct progress progress;
};

static bool asks(const struct matcher *matchers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (matchers[i].field == FIELD_ACCOUNT_RECENT_ISSUES) {
            return true;
        }
    }
    return false;
}

bool rehearsal_counts_recent(const struct rulebook *rulebook)
{
    bool counts = false;

    for (size_t i = 0; i < rulebook->rule_count; i++) {
        counts = counts || asks(rulebook->rules[i].matchers, rulebook->rules[i].matcher_count);
    }
    for (size_t i = 0; i < rulebook->tier_count; i++) {
        counts = counts || asks(rulebook->tiers[i].matchers, rulebook->tiers[i].matcher_count);
    }
    return counts;
}

// --- on the terminal -----------------------------------------------------------------------------

// Of the one that is behind.
static void show_progress(struct rehearsing *rehearsing)
{
    enum side side = rehearsing->done[BEFORE] < rehearsing->done[AFTER] ? BEFORE : AFTER;
    int64_t took = clock_mono_ms() - rehearsing->begun_ms;
    int64_t total = rehearsing->rehearsal->feed.total, events = rehearsing->events[side];
    char count[COUNT_BYTES], rate[COUNT_BYTES];

    if (!progress_due(&rehearsing->progress)) {
        return;
    }
    (void)fprintf(stderr, "%" PRId64 "%%, %s events, %s/s with each rule book",
                  total > 0 ? rehearsing->done[side] * 100 / total : 0, print_count(events, count),
                  print_count(took > 0 ? events * SECOND_MS / took : 0, rate));
}

static void tell_refused(struct rehearsing *rehearsing, const struct record *record)
{
    if (rehearsing->refused++ < REFUSED_TOLD) {
        char line[COUNT_BYTES] = "the accounts";

        if (record->number) {
            (void)snprintf(line, sizeof line, "%" PRId64, record->number);
        }
        progress_clear(&rehearsing->progress);
        print_line(stderr, "%s:%s: refused: %s", rehearsing->rehearsal->name, line, record->words);
    }
}

// --- what comes ----------------------------------------------------------------------------------

static void on_record(void *user, enum side side, const struct record *record)
{
    struct rehearsing *rehearsing = user;

    if (record->kind == RECORD_TICK) {
        rehearsing->done[side] = record->done;
        rehearsing->events[side] = record->number;
        show_progress(rehearsing);
    } else if (record->kind == RECORD_REFUSED && side == AFTER) {
        tell_refused(rehearsing, record);
    } else {
        tally_add(rehearsing->tally, side, record);
    }
}

static void on_difference(void *user, const struct difference *difference)
{
    struct rehearsing *rehearsing = user;

    tally_differ(rehearsing->tally, difference);
}

static int run_both(struct rehearsing *rehearsing, struct error *err)
{
    const struct rehearsal *rehearsal = rehearsing->rehearsal;
    const struct pairing_listener listener = {on_record, on_difference, rehearsing};
    struct run runs[SIDES] = {0};
    int code = 0;

    for (int side = 0; code == 0 && side < SIDES; side++) {
        code = run_start(rehearsal->books[side], &rehearsal->feed, &runs[side], err);
    }
    if (code == 0) {
        code = pairing_read((FILE *const[]){runs[BEFORE].records, runs[AFTER].records}, &listener,
                            err);
    }
    for (int side = 0; side < SIDES; side++) {
        run_end(&runs[side]);
    }
    return code;
}

int rehearsal_run(const struct rehearsal *rehearsal, struct tally **ret, struct error *err)
{
    const struct feed *feed = &rehearsal->feed;
    struct rehearsing rehearsing = {
        .rehearsal = rehearsal,
        .tally = tally_create(rehearsal->books, feed->ledger_path ? feed->since_ms : feed->first_ms,
                              rehearsal->shown_most),
        .begun_ms = clock_mono_ms(),
        .progress = {.wanted = isatty(STDERR_FILENO)}};
    char count[COUNT_BYTES];
    int code = run_both(&rehearsing, err);

    progress_clear(&rehearsing.progress);
    if (rehearsing.refused > REFUSED_TOLD) {
        print_line(stderr, "%s: %s more were refused", rehearsal->name,
                   print_count(rehearsing.refused - REFUSED_TOLD, count));
    }
    if (code < 0) {
        tally_destroy(rehearsing.tally);
        return code;
    }
    tally_finish(rehearsing.tally);
    *ret = rehearsing.tally;
    return 0;
}
