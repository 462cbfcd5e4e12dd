// The part of ledger.h that deals with digests: what was kept for them, and what went out with
// each.
#include "common/ledger/ledger.h"
#include "common/ledger/ledger_private.h"
#include "common/ledger/rows.h"

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
        ret[count++] = (struct due_digest){.rep = row_text(statement, 0, arena),
                                           .role = sqlite3_column_int(statement, 1),
                                           .count = sqlite3_column_int(statement, 2),
                                           .at_ms = sqlite3_column_int64(statement, 3)};
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
        ret[count++] = (struct digest_item){.issue_num = sqlite3_column_int64(statement, 0),
                                            .key = row_text(statement, 1, arena),
                                            .count = sqlite3_column_int(statement, 2),
                                            .event_source = row_text(statement, 3, arena),
                                            .event_id = row_text(statement, 4, arena)};
    }
    return more < 0 ? more : count;
}
