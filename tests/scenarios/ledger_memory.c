// SQLite runs out of memory at each of its calls for it, once or for good: the ledger answers with
// an error or goes on, never crashes, and never puts on record what it could not read in full. What
// was acknowledged is there when there is memory again. With an argument, every so
// many calls only.
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/ledger/ledger_private.h"
#include "tests/support/crash_disk.h"
#include "tests/support/storage_run.h"

enum { TURNS_BEFORE = 3, TURNS_WITHIN = 2, EVENTS = 5, STRIDE_FOR_GOOD = 7 };

// SQLite asks for memory through plain functions: what they share has to stand here.
static struct {
    sqlite3_mem_methods real;
    long calls, fail_at;
    bool for_good;
} memory;

static bool fails(void)
{
    memory.calls++;
    return memory.fail_at &&
           (memory.for_good ? memory.calls >= memory.fail_at : memory.calls == memory.fail_at);
}

static void *give(int size)
{
    return fails() ? NULL : memory.real.xMalloc(size);
}

static void *give_again(void *old, int size)
{
    return fails() ? NULL : memory.real.xRealloc(old, size);
}

static void fail(const char *what, long at, const char *words)
{
    (void)fprintf(stderr, "%s, at call %ld for memory%s: %s\n", what, at,
                  memory.for_good ? " and from then on" : "", words);
    exit(EXIT_FAILURE);
}

static void begin_to_fail(long at)
{
    memory.calls = 0;
    memory.fail_at = at;
}

// A ledger with a few turns in it, to begin each cycle with.
static void make_ledger(struct crash_disk *disk, struct storage_run *run)
{
    crash_disk_format(disk, 1);
    if (storage_run_open(run) < 0) {
        fail("open", 0, run->err.message);
    }
    for (int i = 0; i < TURNS_BEFORE; i++) {
        if (storage_run_turn(run, EVENTS) < 0) {
            fail("turn", 0, run->err.message);
        }
    }
    storage_run_close(run);
    crash_disk_save(disk);
}

// The record of each issue and account is what its events say, and nothing less.
static bool records_are_whole(struct storage_run *run)
{
    struct error err = {0};
    int64_t torn = -1;

    if (ledger_open(run->path, &run->ledger, &err) < 0) {
        return false;
    }
    if (store_ask(ledger_store(run->ledger),
                  "SELECT (SELECT count(*) FROM issues WHERE owner IS NULL OR (opening_known AND"
                  " (account IS NULL OR summary IS NULL OR category IS NULL)))"
                  " + (SELECT count(*) FROM accounts WHERE name IS NULL OR service IS NULL)"
                  " + (SELECT count(*) FROM issues i WHERE transfers <> (SELECT count(*) FROM"
                  " events e WHERE e.issue = i.num AND e.type = 'issue.transferred'))",
                  &torn, &err) < 0) {
        torn = -1;
    }
    ledger_close(run->ledger);
    run->ledger = NULL;
    return torn == 0;
}

// False: the cycle was over before that call came.
static bool cycle(struct crash_disk *disk, struct storage_run *run, long at)
{
    const struct storage_run before = *run;
    const char *wrong;
    bool met;
    int code;

    crash_disk_restore(disk);
    begin_to_fail(at);
    code = storage_run_open(run);
    for (int i = 0; code == 0 && i < TURNS_WITHIN; i++) {
        code = storage_run_turn(run, EVENTS);
    }
    storage_run_close(run);
    met = memory.calls >= at;
    begin_to_fail(0);
    if (code < 0 && !met) {
        fail("an error without a cause", at, run->err.message);
    }
    wrong = storage_run_check(run);
    if (wrong) {
        fail("afterwards", at, wrong);
    }
    if (!records_are_whole(run)) {
        fail("afterwards", at, "a record was torn");
    }
    run->acknowledged = before.acknowledged;
    run->delivered = before.delivered;
    run->under_way = run->outcomes_under_way = 0;
    return met;
}

static long sweep(struct crash_disk *disk, struct storage_run *run, long stride)
{
    long at = 1, cycles = 0;

    while (cycle(disk, run, at)) {
        at += stride;
        cycles++;
    }
    return cycles;
}

int main(int argc, char **argv)
{
    struct crash_disk *disk;
    struct storage_run run;
    sqlite3_mem_methods failing;
    long once, for_good, stride = argc > 1 ? strtol(argv[1], NULL, 10) : 1;

    (void)sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory.real);
    failing = memory.real;
    failing.xMalloc = give;
    failing.xRealloc = give_again;
    (void)sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
    (void)sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0); // each call is seen
    disk = crash_disk_create();
    storage_run_init(&run, false);
    make_ledger(disk, &run);
    once = sweep(disk, &run, stride);
    memory.for_good = true;
    for_good = sweep(disk, &run, STRIDE_FOR_GOOD * stride);
    (void)printf("no memory at each of %ld calls, and %ld times for good: nothing torn or lost\n",
                 once, for_good);
    storage_run_finish(&run);
    crash_disk_destroy(disk);
    return once > 100 ? EXIT_SUCCESS : EXIT_FAILURE;
}
