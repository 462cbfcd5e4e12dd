#include "client/account_rows.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/command.h"
#include "client/csv_rows.h"
#include "client/print.h"
#include "common/base/file.h"
#include "common/base/json_out.h"
#include "common/base/limits.h"
#include "common/base/money.h"
#include "common/base/nearest.h"

enum { FILE_BYTES = 256 * 1024 * 1024, HASH_BYTES = 16 };

// What a column can be. All but the key are members of the event's data.
enum member {
    MEMBER_KEY,
    MEMBER_NAME,
    MEMBER_VALUE,
    MEMBER_TIER,
    MEMBER_GROUP,
    MEMBER_SERVICE,
    MEMBER_SALES,
    MEMBER_REGION,
    MEMBER_CURRENCY,
    MEMBER_COUNT
};

static const char *const member_names[MEMBER_COUNT] = {
    "key", "name", "value", "tier", "group", "service", "sales", "region", "currency"};

struct reader {
    const struct account_sink *sink;
    bool header_read;
    size_t column_count;
    int column_of[MEMBER_COUNT]; // -1: there is no such column
    struct text event, data;
};

static int header_wrong(const struct reader *reader, const struct csv_row *row, const char *words,
                        const char *name)
{
    print_line(stderr, "%s:%lld: the header line: %s%s%s", reader->sink->name, (long long)row->line,
               words, name ? " " : "", name ? name : "");
    return EXIT_WANTING;
}

static enum member member_of(const char *name)
{
    int member = 0;

    while (member < MEMBER_COUNT && strcasecmp(name, member_names[member]) != 0) {
        member++;
    }
    return (enum member)member;
}

static void ignore_column(struct reader *reader, const struct csv_row *row, const char *name)
{
    const char *near = nearest_word(name, member_names, MEMBER_COUNT);
    struct text words = {0};

    text_addf(&words, "warning: the column '%s' is ignored", name);
    if (near) {
        text_addf(&words, "; did you mean %s?", near);
    }
    reader->sink->remark(reader->sink->user, row->line, text_string(&words));
    text_finish(&words);
}

static int read_header(struct reader *reader, const struct csv_row *row)
{
    reader->header_read = true;
    reader->column_count = row->count;
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        reader->column_of[i] = -1;
    }
    if (row->wrong) {
        return header_wrong(reader, row, row->wrong, NULL);
    }
    for (size_t i = 0; i < row->count; i++) {
        const char *name = text_string(&row->cells[i]);
        enum member member = member_of(name);

        if (member == MEMBER_COUNT) {
            ignore_column(reader, row, name);
        } else if (reader->column_of[member] >= 0) {
            return header_wrong(reader, row, "twice the column", name);
        } else {
            reader->column_of[member] = (int)i;
        }
    }
    return reader->column_of[MEMBER_KEY] >= 0 ? 0 : header_wrong(reader, row, "no column", "key");
}

// A cell, or "" where there is no such column.
static const char *cell(const struct reader *reader, const struct csv_row *row, enum member member)
{
    return reader->column_of[member] < 0 ? "" : text_string(&row->cells[reader->column_of[member]]);
}

// What is wrong with a row, in words into ret; true where nothing is.
static bool check_row(const struct reader *reader, const struct csv_row *row, struct text *ret)
{
    const char *value;
    int64_t minor;

    if (row->wrong) {
        text_add(ret, row->wrong);
    } else if (row->count != reader->column_count) {
        text_addf(ret, "%zu cells; the header line has %zu", row->count, reader->column_count);
    } else if (cell(reader, row, MEMBER_KEY)[0] == '\0') {
        text_add(ret, "no key");
    }
    if (ret->size) {
        return false;
    }
    for (size_t i = 0; i < row->count; i++) {
        const struct text *text = &row->cells[i];

        if (!utf8_valid(text_string(text), text->size) || strlen(text_string(text)) != text->size) {
            text_addf(ret, "cell %zu is not UTF-8; save the file as UTF-8", i + 1);
            return false;
        }
    }
    value = cell(reader, row, MEMBER_VALUE);
    if (value[0] && money_parse(value, &minor) < 0) {
        text_addf(ret, "value '%s' is no amount; write it like 250000 or 250000.00", value);
    }
    return ret->size == 0;
}

// The id: a hash of the key and of all that the row says about it.
static void write_id(const struct reader *reader, const char *key, char *ret)
{
    unsigned char hash[HASH_BYTES];
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, NULL, 0, sizeof hash);
    (void)crypto_generichash_update(&state, (const unsigned char *)key, strlen(key) + 1);
    (void)crypto_generichash_update(&state, (const unsigned char *)reader->data.bytes,
                                    reader->data.size);
    if (reader->sink->again) {
        (void)crypto_generichash_update(&state, (const unsigned char *)reader->sink->again,
                                        strlen(reader->sink->again));
    }
    (void)crypto_generichash_final(&state, hash, sizeof hash);
    (void)sodium_bin2hex(ret, 2 * HASH_BYTES + 1, hash, sizeof hash);
}

static void write_event(struct reader *reader, const struct csv_row *row)
{
    const char *key = cell(reader, row, MEMBER_KEY);
    char id[2 * HASH_BYTES + 1];

    text_clear(&reader->data);
    json_open_object(&reader->data, NULL);
    for (int member = MEMBER_KEY + 1; member < MEMBER_COUNT; member++) {
        const char *value = cell(reader, row, (enum member)member);

        if (value[0]) { // an empty cell says nothing, and changes nothing
            json_put_string(&reader->data, member_names[member], value);
        }
    }
    json_close_object(&reader->data);
    write_id(reader, key, id);
    text_clear(&reader->event);
    json_open_object(&reader->event, NULL);
    json_put_string(&reader->event, "specversion", "1.0");
    json_put_string(&reader->event, "id", id);
    json_put_string(&reader->event, "source", "/headsup/accounts");
    json_put_string(&reader->event, "type", "headsup.account.updated");
    json_put_string(&reader->event, "subject", key);
    // no time: the same row must be the same event, whenever it is imported
    json_put_raw(&reader->event, "data", reader->data.bytes, reader->data.size);
    json_close_object(&reader->event);
}

static int take_row(void *user, const struct csv_row *row)
{
    struct reader *reader = user;
    const struct account_sink *sink = reader->sink;
    struct text wrong = {0};
    int status = 0;

    if (!reader->header_read) {
        return read_header(reader, row);
    }
    if (check_row(reader, row, &wrong)) {
        write_event(reader, row);
        status = sink->event(sink->user, &reader->event, row->line);
    } else {
        sink->reject(sink->user, row->line, text_string(&wrong));
    }
    text_finish(&wrong);
    return status;
}

int account_rows_load(const char *path, struct text *ret)
{
    struct error err = {0};

    if (file_read(path, FILE_BYTES, ret, &err) < 0) {
        print_line(stderr, "headsup: %s", err.message);
        return EXIT_WANTING;
    }
    return EXIT_DONE;
}

int account_rows_read(const struct text *file, const struct account_sink *sink)
{
    struct reader reader = {.sink = sink};
    int status;

    if (sodium_init() < 0) {
        abort();
    }
    status = csv_rows_read(file, take_row, &reader);
    if (status == EXIT_DONE && !reader.header_read) {
        print_line(stderr, "%s: no header line", sink->name);
        status = EXIT_WANTING;
    }
    text_finish(&reader.event);
    text_finish(&reader.data);
    return status;
}
