// A disk that fills up: at each write of a turn, and in the middle of a transaction, where SQLite
// undoes everything behind our back. The turn is refused whole, the ledger is not taken for broken,
// and the next turn goes as soon as there is room.
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/ledger/ledger_private.h"
#include "tests/support/crash_disk.h"
#include "tests/support/storage_run.h"

enum { EVENTS = 6 };

static void fail(const char *what, int at, const char *words)
{
    (void)fprintf(stderr, "%s, at %d: %s\n", what, at, words);
    exit(EXIT_FAILURE);
}

static void open_run(struct storage_run *run)
{
    if (storage_run_open(run) < 0) {
        fail("open", 0, run->err.message);
    }
}

static void turns(struct storage_run *run, int count)
{
    for (int i = 0; i < count; i++) {
        if (storage_run_turn(run, EVENTS) < 0) {
            fail("a turn", i, run->err.message);
        }
    }
}

// The disk is full from that write on, for a turn; then it has room. False: the turn never met it.
static bool fill_at(struct crash_disk *disk, struct storage_run *run, int call)
{
    const char *wrong;
    bool met;
    int code;

    crash_disk_format(disk, (uint64_t)call);
    storage_run_forget(run);
    open_run(run);
    turns(run, 5); // the next one ends in a checkpoint
    crash_disk_full_at(disk, call);
    code = storage_run_turn(run, EVENTS);
    met = crash_disk_failed(disk);
    // a checkpoint that meets the full disk is tried again later: its turn is in the WAL
    if (code < 0 && (!met || code != -ENOSPC || ledger_broken(run->ledger))) {
        fail("not the refusal that was due", call, run->err.message);
    }
    crash_disk_full_at(disk, 0);
    if (code < 0 && ledger_next_seq(run->ledger) != run->acknowledged + 1) {
        fail("seqs of a turn that is not there", call, "");
    }
    turns(run, 2);
    storage_run_close(run);
    run->under_way = run->outcomes_under_way = 0; // refused is refused: nothing of it may be there
    wrong = storage_run_check(run);
    if (wrong) {
        fail("after a full disk", call, wrong);
    }
    return met;
}

static int sweep_the_disk(struct storage_run *run)
{
    struct crash_disk *disk = crash_disk_create();
    int call = 1;

    while (fill_at(disk, run, call)) {
        call++;
    }
    crash_disk_destroy(disk);
    return call - 1;
}

// Lets the file have so many pages more.
static void limit_pages(struct storage_run *run, int pages)
{
    struct store *store = ledger_store(run->ledger);
    struct error err = {0};
    int64_t used = 0;
    char sql[64];

    if (store_ask(store, "PRAGMA page_count", &used, &err) < 0) {
        fail("page_count", pages, err.message);
    }
    (void)snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld", (long long)used + pages);
    if (store_ask(store, sql, &used, &err) < 0) {
        fail("max_page_count", pages, err.message);
    }
}

// The transaction is undone in its middle. Whoever goes on all the same must not commit.
static void fill_in_the_middle(struct storage_run *run, int pages)
{
    struct error err = {0};
    const char *wrong;
    int code = 0;

    storage_run_forget(run);
    open_run(run);
    turns(run, 2);
    limit_pages(run, pages);
    for (int i = 0; code == 0 && i < 200; i++) {
        code = storage_run_turn(run, EVENTS);
    }
    if (code != -ENOSPC || ledger_broken(run->ledger)) {
        fail("not refused as full", pages, run->err.message);
    }
    if (ledger_commit(run->ledger, &err) != -ENOSPC) {
        fail("a commit of nothing", pages, err.message);
    }
    limit_pages(run, 1000000);
    turns(run, 3);
    storage_run_close(run);
    run->under_way = run->outcomes_under_way = 0;
    wrong = storage_run_check(run);
    if (wrong) {
        fail("after a full file", pages, wrong);
    }
}

int main(void)
{
    struct storage_run run;
    int calls;

    storage_run_init(&run, false);
    run.small_steps = true;
    calls = sweep_the_disk(&run);
    (void)printf("a full disk at each of %d writes: refused whole, and went on\n", calls);
    storage_run_finish(&run);
    for (int pages = 0; pages < 12; pages++) {
        storage_run_init(&run, false);
        fill_in_the_middle(&run, pages);
        storage_run_finish(&run);
    }
    (void)printf("a full file in the middle of a transaction: refused whole, and went on\n");
    return calls > 10 ? EXIT_SUCCESS : EXIT_FAILURE;
}
