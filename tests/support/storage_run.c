#include "tests/support/storage_run.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/moment.h"
#include "common/ledger/ledger_outbox.h"
#include "common/ledger/ledger_private.h"
#include "tests/support/small_book.h"

#define NOW INT64_C(1795420800000)

enum { DUE_AT_ONCE = 4 };

static const char rules[] =
    "rules: ( { name = \"asks\"; match = [ \"event = issue.escalation_requested\" ];"
    "  escalate = true; },"
    "  { name = \"big\"; match = [ \"amount >= 500\" ]; heads_up = \"now\"; service = \"now\"; } "
    ");";

void storage_run_init(struct storage_run *run, bool unclean)
{
    char book[4096], path[96];
    int fd;

    *run = (struct storage_run){0};
    (void)snprintf(run->folder, sizeof run->folder, "/tmp/headsup-run-XXXXXX");
    if (!mkdtemp(run->folder)) {
        abort();
    }
    (void)snprintf(run->path, sizeof run->path, "%s/ledger.db", run->folder);
    if (unclean) { // the ledger looks for a WAL on the real disk
        (void)snprintf(path, sizeof path, "%s-wal", run->path);
        fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0 || write(fd, "x", 1) != 1) {
            abort();
        }
        (void)close(fd);
    }
    (void)snprintf(book, sizeof book, "%s%s", small_book_people, rules);
    run->rulebook = small_book(book);
    run->arena = arena_create();
}

void storage_run_finish(struct storage_run *run)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};

    storage_run_close(run);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        char path[96];

        (void)snprintf(path, sizeof path, "%s%s", run->path, suffixes[i]);
        (void)unlink(path);
    }
    (void)rmdir(run->folder);
    rulebook_destroy(run->rulebook);
    arena_destroy(run->arena);
    text_finish(&run->bytes);
    text_finish(&run->receipt);
    text_finish(&run->wrong);
}

void storage_run_forget(struct storage_run *run)
{
    run->acknowledged = run->under_way = run->delivered = run->outcomes_under_way = 0;
    run->turns = 0;
}

int storage_run_open(struct storage_run *run)
{
    int code = ledger_open(run->path, &run->ledger, &run->err);

    if (code < 0) {
        return code;
    }
    run->desk = desk_create(run->rulebook, run->ledger, NULL);
    return 0;
}

void storage_run_close(struct storage_run *run)
{
    desk_destroy(run->desk);
    run->desk = NULL;
    ledger_close(run->ledger);
    run->ledger = NULL;
    arena_reset(run->arena);
}

// The event of that number, always the same.
static void write_event(struct storage_run *run, int number)
{
    static const struct {
        const char *type, *data;
    } kinds[] = {
        {"issue.opened",
         "\"account\":\"XYZ\",\"category\":\"billing\",\"summary\":\"charged twice\","
         "\"amount\":700"},
        {"issue.updated", "\"note\":\"again\",\"amount\":100"},
        {"issue.transferred", "\"to\":\"credit\""},
        {"account.updated", "\"name\":\"XYZ Co.\",\"service\":\"sam\",\"sales\":\"dana\""},
        {"issue.escalation_requested", "\"demand\":\"your manager\""},
        {"issue.planned", "\"plan\":\"credit note\""},
        {"issue.resolved", "\"resolution\":\"credited\""},
    };
    size_t kind = (size_t)number % (sizeof kinds / sizeof kinds[0]);
    bool about_account = strncmp(kinds[kind].type, "account", 7) == 0;

    text_clear(&run->bytes);
    text_addf(
        &run->bytes,
        "{\"specversion\":\"1.0\",\"id\":\"e%d\",\"source\":\"/test\",\"type\":\"headsup.%s\","
        "\"subject\":\"%s%d\",\"data\":{%s,\"pad\":\"%0*d\"}}",
        number, kinds[kind].type, about_account ? "ACC-" : "INV-", number % 5, kinds[kind].data,
        200 + number % 9 * 150, 0);
}

static int handle_events(struct storage_run *run, int events)
{
    int code = 0;

    for (int i = 0; code == 0 && i < events; i++) {
        struct event_slice slice;

        write_event(run, run->acknowledged + i);
        slice = (struct event_slice){run->bytes.bytes, run->bytes.size};
        text_clear(&run->receipt);
        code = desk_handle(run->desk, &slice, "uid:1", NOW, &run->receipt, &run->err);
    }
    return code;
}

// What the outbox does: takes what is due, and records that it was delivered.
static int record_outcomes(struct storage_run *run, int *ret_count)
{
    struct due_cursor cursor = {.lane = "rich"};
    struct notice_record due[DUE_AT_ONCE];
    int code = 0, count = ledger_due_notices(run->ledger, &cursor, NOW + DAY_MS, DUE_AT_ONCE,
                                             run->arena, due, &run->err);

    for (int i = 0; code == 0 && i < count; i++) {
        const struct notice_outcome outcome = {.num = due[i].num,
                                               .fate = FATE_DELIVERED,
                                               .now_ms = NOW,
                                               .attempts = 1,
                                               .status = 200,
                                               .headline = "h",
                                               .body = "b"};

        code = ledger_save_outcome(run->ledger, &outcome, &run->err);
    }
    *ret_count = count;
    return count < 0 ? count : code;
}

// What the daemon does when its WAL has grown.
static int checkpoint(struct storage_run *run)
{
    if (!run->small_steps || ++run->turns % 3 != 0) {
        return 0;
    }
    ledger_store(run->ledger)->wal_pages = 1 << 20;
    return ledger_checkpoint(run->ledger, true, &run->err);
}

int storage_run_turn(struct storage_run *run, int events)
{
    int outcomes = 0, code = ledger_begin(run->ledger, &run->err);

    if (code == 0) {
        code = handle_events(run, events);
    }
    if (code == 0) {
        code = record_outcomes(run, &outcomes);
    }
    if (code == 0) {
        code = ledger_commit(run->ledger, &run->err);
        code = code < 0 ? code : ledger_settle(run->ledger, &run->err);
        run->under_way = code < 0 ? events : 0;
        run->outcomes_under_way = code < 0 ? outcomes : 0;
    }
    arena_reset(run->arena);
    if (code < 0) {
        ledger_rollback(run->ledger);
        return code;
    }
    run->acknowledged += events;
    run->delivered += outcomes;
    return checkpoint(run);
}

// --- afterwards ----------------------------------------------------------------------------------

static const char *wrong(struct storage_run *run, const char *words, int64_t is, int64_t should)
{
    text_clear(&run->wrong);
    text_addf(&run->wrong, "%s: %lld, not %lld (%s)", words, (long long)is, (long long)should,
              run->err.message);
    return text_string(&run->wrong);
}

static int64_t number(struct storage_run *run, const char *sql)
{
    int64_t ret = -1;

    return store_ask(ledger_store(run->ledger), sql, &ret, &run->err) < 0 ? -1 : ret;
}

static const char *check_events(struct storage_run *run)
{
    int64_t events = number(run, "SELECT count(*) FROM events");
    int64_t delivered = number(run, "SELECT count(*) FROM notices WHERE fate = 1");
    bool with_turn = run->under_way && events == run->acknowledged + run->under_way;

    if (events != run->acknowledged && !with_turn) {
        return wrong(run, "events", events, run->acknowledged);
    }
    if (delivered != run->delivered + (with_turn ? run->outcomes_under_way : 0)) {
        return wrong(run, "deliveries", delivered, run->delivered);
    }
    for (int i = 0; i < run->acknowledged; i++) {
        struct stored_event stored;
        char id[16];

        (void)snprintf(id, sizeof id, "e%d", i);
        write_event(run, i);
        if (ledger_find_event(run->ledger, "/test", id, run->arena, &stored, &run->err) != 1 ||
            stored.size != run->bytes.size ||
            memcmp(stored.bytes, run->bytes.bytes, stored.size) != 0 || stored.receipt_size == 0) {
            return wrong(run, "an acknowledged event is lost", i, run->acknowledged);
        }
    }
    run->acknowledged = (int)events;
    run->delivered = (int)delivered;
    run->under_way = run->outcomes_under_way = 0;
    return NULL;
}

static const char *check_file(struct storage_run *run)
{
    static const char *const none[][2] = {
        {"SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'", "damage"},
        {"SELECT count(*) FROM pragma_foreign_key_check", "rows that point nowhere"},
        {"SELECT count(*) FROM events WHERE seq NOT IN (SELECT event FROM " DECISIONS ""
         " WHERE event IS NOT NULL)",
         "events without a decision"},
        {"SELECT count(*) FROM notices WHERE event NOT IN (SELECT seq FROM events)",
         "decisions without an event"},
    };

    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        int64_t count = number(run, none[i][0]);

        if (count != 0) {
            return wrong(run, none[i][1], count, 0);
        }
    }
    return NULL;
}

const char *storage_run_check(struct storage_run *run)
{
    const char *words;
    int code;

    run->err = (struct error){0};
    code = storage_run_open(run);
    if (code < 0) {
        words = wrong(run, "the ledger does not open", code, 0);
    } else {
        words = check_file(run);
        words = words ? words : check_events(run);
    }
    if (!words) {
        code = storage_run_turn(run, 2);
        words = code < 0 ? wrong(run, "no turn goes any more", code, 0) : NULL;
    }
    storage_run_close(run);
    return words;
}
