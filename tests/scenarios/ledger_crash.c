// Promise P2 against a disk that loses power: at each call that changes it, through the making of a
// ledger, many turns, checkpoints and closing; with unsynced sectors kept, dropped or garbled; and
// again while the ledger recovers. What was acknowledged must be there, every time.
// With an argument, every so many calls only. The harness proves itself by a disk that lies about
// its syncs: there it must see losses.
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/crash_disk.h"
#include "tests/support/storage_run.h"

enum { TURNS = 10, STRIDE_OF_CONTROL = 5 };

struct sweep {
    struct crash_disk *disk;
    struct storage_run run;
    int cycles, losses, second_crashes;
};

// A daemon's life: until it has done its turns, or its disk is gone.
static void live(struct storage_run *run)
{
    int code = storage_run_open(run);

    for (int turn = 0; code == 0 && turn < TURNS; turn++) {
        code = storage_run_turn(run, 1 + turn % 3);
    }
    storage_run_close(run);
}

// A crash, and perhaps another one while the ledger is opened again. Returns what is wrong after.
static const char *crash(struct sweep *sweep, int call, enum unsynced unsynced)
{
    crash_disk_format(sweep->disk, (uint64_t)call * UNSYNCED_COUNT + unsynced);
    storage_run_forget(&sweep->run);
    crash_disk_crash_at(sweep->disk, call);
    live(&sweep->run);
    crash_disk_power_on(sweep->disk, unsynced);
    sweep->cycles++;
    if (call % 2) {
        crash_disk_crash_at(sweep->disk, 1 + call / 2 % 24);
        if (storage_run_open(&sweep->run) < 0) {
            sweep->second_crashes++;
        }
        storage_run_close(&sweep->run);
        crash_disk_power_on(sweep->disk, unsynced);
    }
    return storage_run_check(&sweep->run);
}

static int count_calls(struct sweep *sweep)
{
    const char *wrong;
    int calls;

    crash_disk_format(sweep->disk, 1);
    storage_run_forget(&sweep->run);
    live(&sweep->run);
    calls = crash_disk_calls(sweep->disk);
    wrong = storage_run_check(&sweep->run);
    if (wrong) {
        (void)fprintf(stderr, "without a crash: %s\n", wrong);
        exit(EXIT_FAILURE);
    }
    return calls;
}

// stride 1: every call.
static void run_sweep(struct sweep *sweep, int calls, int stride, bool must_hold)
{
    for (int call = 1; call <= calls; call += stride) {
        for (int unsynced = 0; unsynced < UNSYNCED_COUNT; unsynced++) {
            const char *wrong = crash(sweep, call, (enum unsynced)unsynced);

            sweep->losses += wrong != NULL;
            if (wrong && must_hold) {
                (void)fprintf(stderr, "crash at call %d of %d, unsynced sectors %d: %s\n", call,
                              calls, unsynced, wrong);
                exit(EXIT_FAILURE);
            }
        }
    }
}

int main(int argc, char **argv)
{
    struct sweep sweep = {.disk = crash_disk_create()};
    int calls, stride = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 1;

    storage_run_init(&sweep.run, true);
    sweep.run.small_steps = true;
    calls = count_calls(&sweep);
    run_sweep(&sweep, calls, stride, true);
    (void)printf("%d calls, %d crashes, %d of them twice: nothing lost\n", calls, sweep.cycles,
                 sweep.second_crashes);
    crash_disk_lie(sweep.disk, true);
    sweep.cycles = sweep.losses = 0;
    run_sweep(&sweep, calls, STRIDE_OF_CONTROL * stride, false);
    (void)printf("a disk that lies: losses in %d of %d crashes\n", sweep.losses, sweep.cycles);
    storage_run_finish(&sweep.run);
    crash_disk_destroy(sweep.disk);
    return sweep.losses > sweep.cycles / 10 ? EXIT_SUCCESS : EXIT_FAILURE;
}
