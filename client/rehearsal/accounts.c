#include "client/rehearsal/accounts.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "client/account_rows.h"
#include "client/command.h"
#include "client/print.h"
#include "client/reading.h"
#include "client/rehearsal/spool.h"
#include "common/base/json_out.h"
#include "common/base/moment.h"
#include "common/base/money.h"
#include "common/ledger/ledger_reader.h"

enum { PART_BYTES = 65536 };

struct writing {
    int fd;
    struct text lines; // not written yet
    const char *name;
    int64_t now_ms, count;
    struct error err;
};

static int flush(struct writing *writing)
{
    int code = spool_add(writing->fd, &writing->lines, &writing->err);

    text_clear(&writing->lines);
    return code;
}

static int end_line(struct writing *writing)
{
    text_add(&writing->lines, "\n");
    return writing->lines.size < PART_BYTES ? 0 : flush(writing);
}

// Begins; EXIT_DONE, or another exit status with the words printed.
static int begin(struct writing *writing)
{
    writing->fd = spool_create(&writing->err);
    return reading_result(writing->fd, &writing->err);
}

// Ends it well, or gives it up.
static int finish(struct writing *writing, int status, int *ret_fd)
{
    if (status == EXIT_DONE) {
        status = reading_result(flush(writing), &writing->err);
    }
    if (status == EXIT_DONE) {
        *ret_fd = writing->fd;
    } else {
        (void)close(writing->fd);
    }
    text_finish(&writing->lines);
    return status;
}

// --- a CSV file ----------------------------------------------------------------------------------

static int take_row(void *user, const struct text *event, int64_t line)
{
    struct writing *writing = user;

    (void)line;
    text_add_bytes(&writing->lines, event->bytes, event->size);
    return reading_result(end_line(writing), &writing->err);
}

static void remark(void *user, int64_t line, const char *words)
{
    const struct writing *writing = user;

    print_line(stderr, "%s:%" PRId64 ": %s", writing->name, line, words);
}

int accounts_of_file(const char *path, int *ret_fd)
{
    struct writing writing = {.name = path};
    const struct account_sink sink = {path, NULL, take_row, remark, remark, &writing};
    struct text file = {0};
    int status = account_rows_load(path, &file);

    if (status == EXIT_DONE) {
        status = begin(&writing);
        if (status == EXIT_DONE) {
            status = finish(&writing, account_rows_read(&file, &sink), ret_fd);
        }
    }
    text_finish(&file);
    return status;
}

// --- a ledger ------------------------------------------------------------------------------------

static void open_event(struct writing *writing, const char *type, const char *key, int64_t at_ms)
{
    struct text *out = &writing->lines;
    char id[32], time[MOMENT_TEXT_BYTES];

    (void)snprintf(id, sizeof id, "%" PRId64, ++writing->count);
    json_open_object(out, NULL);
    json_put_string(out, "specversion", "1.0");
    json_put_string(out, "id", id);
    json_put_string(out, "source", "/headsup/rehearse");
    json_put_string(out, "type", type);
    json_put_string(out, "subject", key);
    json_put_string(out, "time",
                    moment_format(at_ms < writing->now_ms ? at_ms : writing->now_ms, time));
    json_open_object(out, "data");
}

static int close_event(struct writing *writing)
{
    json_close_object(&writing->lines);
    json_close_object(&writing->lines);
    return end_line(writing);
}

static void put_known(struct text *out, const char *name, const char *value)
{
    if (value) {
        json_put_string(out, name, value);
    }
}

static int write_record(struct writing *writing, const struct account *account)
{
    struct text *out = &writing->lines;
    char value[MONEY_TEXT_BYTES];

    open_event(writing, "headsup.account.updated", account->key, writing->now_ms);
    put_known(out, "name", account->name);
    put_known(out, "tier", account->tier);
    put_known(out, "group", account->group);
    put_known(out, "service", account->service);
    put_known(out, "sales", account->sales);
    put_known(out, "region", account->region);
    put_known(out, "currency", account->currency);
    put_known(out, "value", account->has_value ? money_format(account->value_minor, value) : NULL);
    return close_event(writing);
}

static int take_account(void *user, const struct account *account)
{
    struct writing *writing = user;
    int code = write_record(writing, account);

    if (code == 0 && account->terms_summary) {
        open_event(writing, "headsup.account.terms_agreed", account->key, account->terms_at_ms);
        json_put_string(&writing->lines, "summary", account->terms_summary);
        put_known(&writing->lines, "link", account->terms_link);
        put_known(&writing->lines, "agreed_by", account->terms_agreed_by);
        code = close_event(writing);
    }
    if (code == 0 && account->kickoff_at_ms) {
        open_event(writing, "headsup.account.kickoff_held", account->key, account->kickoff_at_ms);
        code = close_event(writing);
    }
    return code;
}

int accounts_of_ledger(const char *path, int64_t now_ms, int *ret_fd)
{
    cleanup_with(ledger_reader_closep) struct ledger_reader *reader = NULL;
    struct writing writing = {.name = path, .now_ms = now_ms};
    int status = begin(&writing);

    if (status != EXIT_DONE) {
        return status;
    }
    status = reading_result(ledger_reader_open(path, &reader, &writing.err), &writing.err);
    if (status == EXIT_DONE) {
        status = reading_result(ledger_each_account(reader, take_account, &writing, &writing.err),
                                &writing.err);
    }
    return finish(&writing, status, ret_fd);
}
