#include "common/ledger/ledger_outbox.h"

#include <errno.h>
#include <stddef.h>

#include "common/ledger/ledger_private.h"
#include "common/ledger/rows.h"

struct due_query {
    const struct due_cursor *cursor;
    int64_t now_ms;
    int limit;
};

// The row of either query of what is due; -ENOENT: its num alone is given, and it is not known.
static int take_due(struct ledger *ledger, enum sql which, sqlite3_stmt *row, const char *lane,
                    struct arena *arena, struct notice_record *ret)
{
    const struct notice_record *fresh;

    if (which == SQL_DUE_NOTICES) {
        row_notice(row, arena, ret);
        return 0;
    }
    fresh = notice_cache_get(ledger_fresh(ledger), sqlite3_column_int64(row, 0), lane);
    if (!fresh) {
        return -ENOENT;
    }
    *ret = *fresh;
    return 0;
}

static int list_due(struct ledger *ledger, enum sql which, const struct due_query *query,
                    struct arena *arena, struct notice_record *ret, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, which, err);
    int count = 0, more, code = 0;

    if (!statement) {
        return err->code;
    }
    bind_text(statement, 1, query->cursor->lane);
    bind_int(statement, 2, query->now_ms);
    bind_int(statement, 3, query->limit);
    bind_int(statement, 4, query->cursor->due_ms);
    bind_int(statement, 5, query->cursor->num);
    while ((more = store_next(store, statement, err)) > 0 && code == 0) {
        code = take_due(ledger, which, statement, query->cursor->lane, arena, &ret[count]);
        count += code == 0;
    }
    if (more > 0) {
        more = store_end(store, statement, err);
    }
    return more < 0 ? more : code < 0 ? code : count;
}

int ledger_due_notices(struct ledger *ledger, struct due_cursor *cursor, int64_t now_ms, int limit,
                       struct arena *arena, struct notice_record *ret, struct error *err)
{
    const struct due_query query = {cursor, now_ms, limit};
    int count = -ENOENT;

    if (!notice_cache_is_empty(ledger_fresh(ledger))) {
        count = list_due(ledger, SQL_DUE_NUMS, &query, arena, ret, err);
    }
    if (count == -ENOENT) {
        count = list_due(ledger, SQL_DUE_NOTICES, &query, arena, ret, err);
    }
    if (count > 0) {
        cursor->due_ms = ret[count - 1].due_ms;
        cursor->num = ret[count - 1].num;
    }
    return count;
}

int ledger_next_due(struct ledger *ledger, const char *lane, int64_t now_ms, int64_t *ret_ms,
                    struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_NEXT_DUE, err);
    int found;

    if (!statement) {
        return err->code;
    }
    bind_text(statement, 1, lane);
    bind_int(statement, 2, now_ms);
    found = store_next(store, statement, err);
    if (found > 0) {
        found = sqlite3_column_type(statement, 0) != SQLITE_NULL;
        *ret_ms = sqlite3_column_int64(statement, 0);
        found = store_end(store, statement, err) < 0 ? err->code : found;
    }
    return found;
}

static int list_notices(struct ledger *ledger, enum sql which, int64_t from, int limit,
                        struct arena *arena, struct notice_record *ret, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, which, err);
    int count = 0, more;

    if (!statement) {
        return err->code;
    }
    bind_int(statement, 1, from);
    bind_int(statement, 2, limit);
    while ((more = store_next(store, statement, err)) > 0) {
        row_notice(statement, arena, &ret[count++]);
    }
    return more < 0 ? more : count;
}

int ledger_decisions_since(struct ledger *ledger, int64_t seq, int events, struct arena *arena,
                           struct notice_record *ret, struct error *err)
{
    return list_notices(ledger, SQL_DECISIONS_SINCE, seq, events, arena, ret, err);
}

int ledger_waiting_notices(struct ledger *ledger, int64_t now_ms, int limit, struct arena *arena,
                           struct notice_record *ret, struct error *err)
{
    return list_notices(ledger, SQL_WAITING_NOTICES, now_ms, limit, arena, ret, err);
}

int ledger_next_waiting(struct ledger *ledger, int64_t *ret_ms, struct error *err)
{
    return ledger_next_moment(ledger, SQL_NEXT_WAITING, ret_ms, err);
}

int ledger_next_notice(struct ledger *ledger, int64_t *ret, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_NEXT_NOTICE, err);
    int found;

    if (!statement) {
        return err->code;
    }
    found = store_next(store, statement, err);
    if (found > 0) {
        *ret = sqlite3_column_int64(statement, 0);
        found = store_end(store, statement, err);
    }
    return found;
}

int ledger_save_outcome(struct ledger *ledger, const struct notice_outcome *outcome,
                        struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_SAVE_OUTCOME, err);

    if (!statement) {
        return err->code;
    }
    bind_int(statement, 1, outcome->num);
    bind_int(statement, 2, outcome->fate);
    bind_int(statement, 3, outcome->due_ms);
    bind_int(statement, 4, outcome->fate == FATE_WAITING ? 0 : outcome->now_ms);
    bind_int(statement, 5, outcome->attempts);
    bind_int(statement, 6, outcome->status);
    bind_text(statement, 7, outcome->answer);
    bind_text(statement, 8, outcome->headline);
    bind_text(statement, 9, outcome->body);
    return store_run(store, statement, err);
}

int ledger_retry_dead(struct ledger *ledger, const struct dead_filter *filter, int64_t now_ms,
                      struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_RETRY_DEAD, err);
    int code;

    if (!statement) {
        return err->code;
    }
    bind_dead_filter(statement, filter);
    bind_int(statement, 5, now_ms);
    code = store_run(store, statement, err);
    return code < 0 ? code : sqlite3_changes(store->db);
}

int ledger_dead_lane(struct ledger *ledger, int64_t num, struct arena *arena, const char **ret_lane,
                     struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_DEAD_LANE, err);
    int found;

    if (!statement) {
        return err->code;
    }
    bind_int(statement, 1, num);
    found = store_next(store, statement, err);
    if (found > 0) {
        *ret_lane = row_text(statement, 0, arena);
        found = store_end(store, statement, err) < 0 ? err->code : 1;
    }
    return found;
}

int ledger_save_lane(struct ledger *ledger, const struct lane_record *lane, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_SAVE_LANE, err);

    if (!statement) {
        return err->code;
    }
    bind_text(statement, 1, lane->lane);
    bind_int(statement, 2, lane->state);
    bind_text(statement, 3, lane->why);
    bind_int(statement, 4, lane->since_ms);
    bind_text(statement, 5, lane->by);
    return store_run(store, statement, err);
}

int ledger_reopen_lanes(struct ledger *ledger, const char *lane, int64_t now_ms, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_REOPEN_LANES, err);

    if (!statement) {
        return err->code;
    }
    bind_text(statement, 1, lane);
    bind_int(statement, 2, now_ms);
    return store_run(store, statement, err);
}

int ledger_reopen_dead(struct ledger *ledger, const struct dead_filter *filter, int64_t now_ms,
                       struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_REOPEN_DEAD, err);

    if (!statement) {
        return err->code;
    }
    bind_dead_filter(statement, filter);
    bind_int(statement, 5, now_ms);
    return store_run(store, statement, err);
}

int ledger_save_answer(struct ledger *ledger, const struct lane_answer *answer, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_SAVE_ANSWER, err);

    if (!statement) {
        return err->code;
    }
    bind_text(statement, 1, answer->lane);
    bind_int(statement, 2, answer->at_ms);
    bind_int(statement, 3, answer->status);
    bind_text(statement, 4, answer->answer);
    return store_run(store, statement, err);
}

int ledger_load_lane(struct ledger *ledger, const char *lane, struct arena *arena,
                     struct lane_record *ret, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_LOAD_LANE, err);
    int found;

    if (!statement) {
        return err->code;
    }
    bind_text(statement, 1, lane);
    found = store_next(store, statement, err);
    if (found > 0) {
        row_lane(statement, arena, ret);
        found = store_end(store, statement, err) < 0 ? err->code : 1;
    }
    return found;
}
