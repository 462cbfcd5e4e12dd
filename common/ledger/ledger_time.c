#include "common/ledger/ledger_time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "common/ledger/ledger_private.h"
#include "common/ledger/rows.h"

int ledger_due_alarms(struct ledger *ledger, int64_t now_ms, int limit, struct arena *arena,
                      struct due_alarm *ret, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_DUE_ALARMS, err);
    int count = 0, more;

    if (!statement) {
        return err->code;
    }
    bind_int(statement, 1, now_ms);
    bind_int(statement, 2, limit);
    while ((more = store_next(store, statement, err)) > 0) {
        ret[count].issue_key = row_text(statement, 0, arena);
        ret[count++].at_ms = sqlite3_column_int64(statement, 1);
    }
    return more < 0 ? more : count;
}

int ledger_next_moment(struct ledger *ledger, enum sql which, int64_t *ret_ms, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, which, err);
    int found;

    if (!statement) {
        return err->code;
    }
    found = store_next(store, statement, err);
    if (found > 0) {
        found = sqlite3_column_type(statement, 0) != SQLITE_NULL;
        *ret_ms = sqlite3_column_int64(statement, 0);
        found = store_end(store, statement, err) < 0 ? err->code : found;
    }
    return found;
}

int ledger_next_alarm(struct ledger *ledger, int64_t *ret_ms, struct error *err)
{
    return ledger_next_moment(ledger, SQL_NEXT_ALARM, ret_ms, err);
}

// The largest age first, so that the next one to come is what stays. An alarm that is due and has
// not rung yet is left alone: it rings, and what it means the rules of then say.
static int arm_all(struct store *store, const int64_t *ages_ms, size_t count, int64_t now_ms,
                   struct error *err)
{
    char sql[384];
    int code;

    (void)snprintf(sql, sizeof sql,
                   "UPDATE issues SET alarm_at_ms = 0 WHERE alarm_at_ms > %" PRId64,
                   count ? now_ms : 0);
    code = store_execute(store, sql, err);
    for (size_t i = count; code == 0 && i > 0; i--) {
        (void)snprintf(sql, sizeof sql,
                       "UPDATE issues SET alarm_at_ms = opened_at_ms + %" PRId64
                       " WHERE state < 3 AND opened_at_ms + %" PRId64 " >= %" PRId64
                       " AND (alarm_at_ms = 0 OR alarm_at_ms > %" PRId64 ")",
                       ages_ms[i - 1], ages_ms[i - 1], now_ms, now_ms);
        code = store_execute(store, sql, err);
    }
    return code;
}

int ledger_arm_alarms(struct ledger *ledger, const int64_t *ages_ms, size_t count, int64_t now_ms,
                      struct error *err)
{
    struct store *store = ledger_store(ledger);
    struct text ages = {0};
    char before[1024] = "";
    int code;

    text_add(&ages, "ages");
    for (size_t i = 0; i < count; i++) {
        text_addf(&ages, " %" PRId64, ages_ms[i]);
    }
    text_addf(&ages, " %zu", count);
    if (ages.size >= sizeof before) { // as much as is compared
        ages.bytes[sizeof before - 1] = '\0';
    }
    // what rang while nobody was here keeps its alarm, as long as the ages are the same
    code = store_meta(store, "ages", before, sizeof before, err);
    if (code == 0 && strcmp(before, text_string(&ages)) != 0) {
        case_cache_spoil(ledger_cases(ledger));
        code = arm_all(store, ages_ms, count, now_ms, err);
        code = code < 0 ? code : store_save_meta(store, "ages", text_string(&ages), err);
    }
    text_finish(&ages);
    return code;
}

int ledger_due_digests(struct ledger *ledger, int64_t now_ms, int limit, struct arena *arena,
                       struct due_digest *ret, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_DUE_DIGESTS, err);
    int count = 0, more;

    if (!statement) {
        return err->code;
    }
    bind_int(statement, 1, now_ms);
    bind_int(statement, 2, limit);
    while ((more = store_next(store, statement, err)) > 0) {
        struct due_digest *digest = &ret[count++];

        digest->rep = row_text(statement, 0, arena);
        digest->role = sqlite3_column_int(statement, 1);
        digest->count = sqlite3_column_int(statement, 2);
        digest->at_ms = sqlite3_column_int64(statement, 3);
    }
    return more < 0 ? more : count;
}

int ledger_next_digest(struct ledger *ledger, int64_t *ret_ms, struct error *err)
{
    return ledger_next_moment(ledger, SQL_NEXT_DIGEST, ret_ms, err);
}

int ledger_fill_digest(struct ledger *ledger, int64_t notice_num, const struct due_digest *digest,
                       int64_t now_ms, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_FILL_DIGEST, err);

    if (!statement) {
        return err->code;
    }
    bind_int(statement, 1, notice_num);
    bind_int(statement, 2, now_ms);
    bind_text(statement, 3, digest->rep);
    bind_int(statement, 4, digest->role);
    return store_run(store, statement, err);
}

int ledger_digest_items(struct ledger *ledger, int64_t notice_num, int limit, struct arena *arena,
                        struct digest_item *ret, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_DIGEST_ITEMS, err);
    int count = 0, more;

    if (!statement) {
        return err->code;
    }
    bind_int(statement, 1, notice_num);
    bind_int(statement, 2, limit);
    while ((more = store_next(store, statement, err)) > 0) {
        struct digest_item *item = &ret[count++];

        item->issue_num = sqlite3_column_int64(statement, 0);
        item->key = row_text(statement, 1, arena);
        item->count = sqlite3_column_int(statement, 2);
        item->event_source = row_text(statement, 3, arena);
        item->event_id = row_text(statement, 4, arena);
    }
    return more < 0 ? more : count;
}

int ledger_count_digest_items(struct ledger *ledger, int64_t notice_num, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_COUNT_DIGEST_ITEMS, err);
    int count = 0, more;

    if (!statement) {
        return err->code;
    }
    bind_int(statement, 1, notice_num);
    more = store_next(store, statement, err);
    if (more > 0) {
        count = sqlite3_column_int(statement, 0);
        more = store_end(store, statement, err);
    }
    return more < 0 ? more : count;
}
