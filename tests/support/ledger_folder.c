#include "tests/support/ledger_folder.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// For what a test cannot go on without.
static void must(int code, const char *words)
{
    if (code < 0) {
        (void)fprintf(stderr, "%s (%d)\n", words, code);
        abort();
    }
}

int ledger_folder_open(void **state)
{
    struct ledger_folder *folder = calloc(1, sizeof *folder);

    if (!folder) {
        return -1;
    }
    (void)snprintf(folder->folder, sizeof folder->folder, "/tmp/headsup-ledger-XXXXXX");
    if (!mkdtemp(folder->folder)) {
        return -1;
    }
    (void)snprintf(folder->path, sizeof folder->path, "%s/ledger.db", folder->folder);
    folder->arena = arena_create();
    must(ledger_open(folder->path, &folder->ledger, &folder->err), folder->err.message);
    *state = folder;
    return 0;
}

int ledger_folder_close(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock", ".copy"};
    struct ledger_folder *folder = *state;

    ledger_close(folder->ledger);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        char path[96];

        (void)snprintf(path, sizeof path, "%s%s", folder->path, suffixes[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder->folder);
    happenings_finish(&folder->happenings);
    arena_destroy(folder->arena);
    free(folder);
    return 0;
}

int ledger_folder_reopen(struct ledger_folder *folder)
{
    ledger_close(folder->ledger);
    folder->ledger = NULL;
    folder->err = (struct error){0};
    return ledger_open(folder->path, &folder->ledger, &folder->err);
}

void ledger_folder_kill(struct ledger_folder *folder)
{
    char names[4][96]; // the files, and their copies
    char bytes[65536];

    // a copy of what lies on the disk now, put back after the close has tidied up
    for (int i = 0; i < 2; i++) {
        const char *suffix = i ? "-wal" : "";
        int from, to;
        ssize_t got;

        (void)snprintf(names[i], sizeof names[i], "%s%s", folder->path, suffix);
        (void)snprintf(names[i + 2], sizeof names[i + 2], "%s%s.copy", folder->path, suffix);
        from = open(names[i], O_RDONLY | O_CLOEXEC);
        to = open(names[i + 2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        must(from < 0 ? from : to, names[i]);
        while ((got = read(from, bytes, sizeof bytes)) > 0) {
            must(write(to, bytes, (size_t)got) == got ? 0 : -1, names[i + 2]);
        }
        (void)close(from);
        (void)close(to);
    }
    ledger_close(folder->ledger);
    folder->ledger = NULL;
    for (int i = 0; i < 2; i++) {
        must(rename(names[i + 2], names[i]), names[i]);
    }
}

void ledger_folder_sql(struct ledger_folder *folder, const char *sql)
{
    sqlite3 *db = NULL;
    int code = sqlite3_open(folder->path, &db);

    if (code == SQLITE_OK) {
        code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    }
    must(-code, sqlite3_errmsg(db));
    (void)sqlite3_close(db);
}

static int64_t issue_num(struct ledger_folder *folder)
{
    struct case_query query = {.issue_key = "INV-7"};
    struct case_file file;

    must(ledger_load_case(folder->ledger, &query, folder->arena, &file, &folder->err),
         folder->err.message);
    if (!file.issue.known) {
        file.issue = (struct issue){.key = "INV-7",
                                    .account = "XYZ",
                                    .opened_at_ms = HAPPENINGS_NOW_MS,
                                    .summary = "charged twice"};
        must(ledger_save_issue(folder->ledger, NULL, &file.issue, &folder->err),
             folder->err.message);
    }
    return file.issue.num;
}

void ledger_folder_begin(struct ledger_folder *folder)
{
    must(ledger_begin(folder->ledger, &folder->err), folder->err.message);
}

void ledger_folder_commit(struct ledger_folder *folder)
{
    must(ledger_commit(folder->ledger, &folder->err), folder->err.message);
}

struct case_file ledger_folder_load(struct ledger_folder *folder, const struct case_query *query)
{
    struct case_file file;

    must(ledger_load_case(folder->ledger, query, folder->arena, &file, &folder->err),
         folder->err.message);
    return file;
}

int64_t ledger_folder_event(struct ledger_folder *folder)
{
    int64_t seq = ledger_next_seq(folder->ledger);
    const struct event *event = happen(&folder->happenings, EVENT_ISSUE_UPDATED, 0, NULL);
    struct text receipt = {0};

    text_addf(&receipt, "{\"seq\":%lld}", (long long)seq);
    must(ledger_add_event(folder->ledger, event, "uid:7", issue_num(folder), &receipt, NULL,
                          &folder->err),
         folder->err.message);
    text_finish(&receipt);
    return seq;
}

int64_t ledger_folder_notice(struct ledger_folder *folder, int64_t event_seq, enum fate fate,
                             const char *lane, int64_t due_ms)
{
    struct notice_record notice = {.event_seq = event_seq,
                                   .issue_num = event_seq ? issue_num(folder) : 0,
                                   .role = event_seq ? ROLE_SALES : ROLE_ADMIN,
                                   .kind = NOTICE_HEADS_UP,
                                   .fate = fate,
                                   .rep = lane,
                                   .lane = fate == FATE_UNSENT ? NULL : lane,
                                   .rule = "r",
                                   .why = "w",
                                   .created_ms = due_ms,
                                   .due_ms = due_ms};

    must(ledger_add_notice(folder->ledger, &notice, &folder->err), folder->err.message);
    return notice.num;
}
