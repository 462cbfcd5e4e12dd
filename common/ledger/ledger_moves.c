#include "common/ledger/ledger_moves.h"

#include "common/ledger/ledger_private.h"
#include "common/ledger/rows.h"

int ledger_waiting_lane(struct ledger *ledger, const char *after, struct arena *arena,
                        const char **ret_lane, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_WAITING_LANE, err);
    int found;

    if (!statement) {
        return err->code;
    }
    bind_text(statement, 1, after);
    found = store_next(store, statement, err);
    if (found > 0) {
        found = sqlite3_column_type(statement, 0) != SQLITE_NULL;
        *ret_lane = found ? row_text(statement, 0, arena) : NULL;
        found = store_end(store, statement, err) < 0 ? err->code : found;
    }
    return found;
}

int ledger_move_notice(struct ledger *ledger, const struct notice_move *move, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_MOVE_NOTICE, err);

    if (!statement) {
        return err->code;
    }
    bind_int(statement, 1, move->num);
    bind_text(statement, 2, move->rep);
    bind_text(statement, 3, move->lane);
    bind_text(statement, 4, move->why);
    bind_int(statement, 5, move->now_ms);
    return store_run(store, statement, err);
}

int ledger_keep_for_digest(struct ledger *ledger, int64_t num, int64_t digest_ms, const char *why,
                           struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_KEEP_FOR_DIGEST, err);

    if (!statement) {
        return err->code;
    }
    bind_int(statement, 1, num);
    bind_int(statement, 2, digest_ms);
    bind_text(statement, 3, why);
    return store_run(store, statement, err);
}

int ledger_hasten_lane(struct ledger *ledger, const char *lane, bool anew, int64_t now_ms,
                       struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_HASTEN_LANE, err);

    if (!statement) {
        return err->code;
    }
    bind_text(statement, 1, lane);
    bind_int(statement, 2, now_ms);
    bind_int(statement, 3, anew);
    return store_run(store, statement, err);
}
