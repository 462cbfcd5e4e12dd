#include "client/account_import.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/csv_rows.h"
#include "client/print.h"
#include "client/publishing.h"
#include "client/sending.h"
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

struct import {
    struct publishing publishing;
    bool header_read;
    size_t column_count;
    int column_of[MEMBER_COUNT]; // -1: there is no such column
    char again[UUID_BYTES];      // part of each id; "": none
    struct text event, data;
};

static int header_wrong(const struct import *import, const struct csv_row *row, const char *words,
                        const char *name)
{
    print_line(stderr, "%s:%lld: the header line: %s%s%s", import->publishing.name,
               (long long)row->line, words, name ? " " : "", name ? name : "");
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

static void ignore_column(struct import *import, const struct csv_row *row, const char *name)
{
    const char *near = nearest_word(name, member_names, MEMBER_COUNT);
    struct text words = {0};

    text_addf(&words, "warning: the column '%s' is ignored", name);
    if (near) {
        text_addf(&words, "; did you mean %s?", near);
    }
    publishing_remark(&import->publishing, row->line, text_string(&words));
    text_finish(&words);
}

static int read_header(struct import *import, const struct csv_row *row)
{
    import->header_read = true;
    import->column_count = row->count;
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        import->column_of[i] = -1;
    }
    if (row->wrong) {
        return header_wrong(import, row, row->wrong, NULL);
    }
    for (size_t i = 0; i < row->count; i++) {
        const char *name = text_string(&row->cells[i]);
        enum member member = member_of(name);

        if (member == MEMBER_COUNT) {
            ignore_column(import, row, name);
        } else if (import->column_of[member] >= 0) {
            return header_wrong(import, row, "twice the column", name);
        } else {
            import->column_of[member] = (int)i;
        }
    }
    return import->column_of[MEMBER_KEY] >= 0 ? 0 : header_wrong(import, row, "no column", "key");
}

// A cell, or "" where there is no such column.
static const char *cell(const struct import *import, const struct csv_row *row, enum member member)
{
    return import->column_of[member] < 0 ? "" : text_string(&row->cells[import->column_of[member]]);
}

// What is wrong with a row, in words into ret; true where nothing is.
static bool check_row(const struct import *import, const struct csv_row *row, struct text *ret)
{
    const char *value;
    int64_t minor;

    if (row->wrong) {
        text_add(ret, row->wrong);
    } else if (row->count != import->column_count) {
        text_addf(ret, "%zu cells; the header line has %zu", row->count, import->column_count);
    } else if (cell(import, row, MEMBER_KEY)[0] == '\0') {
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
    value = cell(import, row, MEMBER_VALUE);
    if (value[0] && money_parse(value, &minor) < 0) {
        text_addf(ret, "value '%s' is no amount; write it like 250000 or 250000.00", value);
    }
    return ret->size == 0;
}

// The id: a hash of the key and of all that the row says about it.
static void write_id(const struct import *import, const char *key, char *ret)
{
    unsigned char hash[HASH_BYTES];
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, NULL, 0, sizeof hash);
    (void)crypto_generichash_update(&state, (const unsigned char *)key, strlen(key) + 1);
    (void)crypto_generichash_update(&state, (const unsigned char *)import->data.bytes,
                                    import->data.size);
    (void)crypto_generichash_update(&state, (const unsigned char *)import->again,
                                    strlen(import->again));
    (void)crypto_generichash_final(&state, hash, sizeof hash);
    (void)sodium_bin2hex(ret, 2 * HASH_BYTES + 1, hash, sizeof hash);
}

static void write_event(struct import *import, const struct csv_row *row)
{
    const char *key = cell(import, row, MEMBER_KEY);
    char id[2 * HASH_BYTES + 1];

    text_clear(&import->data);
    json_open_object(&import->data, NULL);
    for (int member = MEMBER_KEY + 1; member < MEMBER_COUNT; member++) {
        const char *value = cell(import, row, (enum member)member);

        if (value[0]) { // an empty cell says nothing, and changes nothing
            json_put_string(&import->data, member_names[member], value);
        }
    }
    json_close_object(&import->data);
    write_id(import, key, id);
    text_clear(&import->event);
    json_open_object(&import->event, NULL);
    json_put_string(&import->event, "specversion", "1.0");
    json_put_string(&import->event, "id", id);
    json_put_string(&import->event, "source", "/headsup/accounts");
    json_put_string(&import->event, "type", "headsup.account.updated");
    json_put_string(&import->event, "subject", key);
    // no time: the same row must be the same event, whenever it is imported
    json_put_raw(&import->event, "data", import->data.bytes, import->data.size);
    json_close_object(&import->event);
}

static int take_row(void *user, const struct csv_row *row)
{
    struct import *import = user;
    struct text wrong = {0};
    int status = 0;

    if (!import->header_read) {
        return read_header(import, row);
    }
    if (check_row(import, row, &wrong)) {
        write_event(import, row);
        if (!publishing_put(&import->publishing, import->event.bytes, import->event.size,
                            row->line)) {
            status = EXIT_UNREACHABLE;
        }
    } else {
        publishing_reject(&import->publishing, row->line, text_string(&wrong));
    }
    text_finish(&wrong);
    return status;
}

static int read_rows(struct import *import, const struct text *file, bool again)
{
    int status = csv_rows_read(file, take_row, import), sent;
    bool repeated;

    if (status == EXIT_DONE && !import->header_read) {
        print_line(stderr, "%s: no header line", import->publishing.name);
        status = EXIT_WANTING;
    }
    sent = publishing_finish(&import->publishing);
    repeated = import->publishing.duplicate > 0 && !again;
    if (sent == EXIT_DONE && repeated) {
        (void)fprintf(stderr, "duplicate: imported before, word for word, and not applied again; "
                              "--again applies them\n");
    }
    return sent > status ? sent : status;
}

int account_import(const struct invocation *invocation, const char *path, bool again)
{
    enum receipts receipts = invocation->json ? RECEIPTS_ALL : RECEIPTS_NONE;
    struct import import = {0};
    struct text file = {0};
    struct error err = {0};
    int status;

    if (sodium_init() < 0) {
        abort();
    }
    if (file_read(path, FILE_BYTES, &file, &err) < 0) {
        print_line(stderr, "headsup: %s", err.message);
        text_finish(&file);
        return EXIT_WANTING;
    }
    if (again) {
        (void)sending_uuid(import.again);
    }
    status = publishing_open(invocation, path, receipts, &import.publishing);
    if (status == EXIT_DONE) {
        status = read_rows(&import, &file, again);
    } else {
        connection_finish(&import.publishing.connection);
    }
    text_finish(&import.event);
    text_finish(&import.data);
    text_finish(&file);
    return status;
}
