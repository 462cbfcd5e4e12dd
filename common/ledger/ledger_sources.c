#include "common/ledger/ledger_sources.h"

#include "common/ledger/ledger_private.h"
#include "common/ledger/rows.h"

int ledger_save_source(struct ledger *ledger, const struct source_record *source, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_SAVE_SOURCE, err);

    if (!statement) {
        return err->code;
    }
    bind_text(statement, 1, source->name);
    bind_int(statement, 2, source->since_ms);
    bind_int(statement, 3, source->heard_ms);
    bind_int(statement, 4, source->told_ms);
    return store_run(store, statement, err);
}

int ledger_drop_source(struct ledger *ledger, const char *name, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_DROP_SOURCE, err);

    if (!statement) {
        return err->code;
    }
    bind_text(statement, 1, name);
    return store_run(store, statement, err);
}

int ledger_walk_sources(struct ledger *ledger, on_source *callback, void *user, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_EACH_SOURCE, err);
    int more;

    if (!statement) {
        return err->code;
    }
    while ((more = store_next(store, statement, err)) > 0) {
        struct source_record source;
        int code;

        row_source(statement, &source);
        code = callback(user, &source);
        if (code != 0) {
            return store_end(store, statement, err) < 0 ? err->code : code;
        }
    }
    return more;
}
