#include "common/ledger/ledger_silences.h"

#include "common/ledger/ledger_private.h"
#include "common/ledger/rows.h"

int ledger_save_silence(struct ledger *ledger, const struct silence_record *silence,
                        struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_SAVE_SILENCE, err);

    if (!statement) {
        return err->code;
    }
    bind_text(statement, 1, silence->name);
    bind_text(statement, 2, silence->match);
    bind_int(statement, 3, silence->since_ms);
    bind_int(statement, 4, silence->until_ms);
    bind_text(statement, 5, silence->by);
    bind_text(statement, 6, silence->comment);
    return store_run(store, statement, err);
}

int ledger_drop_silence(struct ledger *ledger, const char *name, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_DROP_SILENCE, err);

    if (!statement) {
        return err->code;
    }
    bind_text(statement, 1, name);
    return store_run(store, statement, err);
}

int ledger_prune_silences(struct ledger *ledger, int64_t now_ms, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_PRUNE_SILENCES, err);

    if (!statement) {
        return err->code;
    }
    bind_int(statement, 1, now_ms);
    return store_run(store, statement, err);
}

int ledger_walk_silences(struct ledger *ledger, on_silence *callback, void *user, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_EACH_SILENCE, err);
    int more;

    if (!statement) {
        return err->code;
    }
    while ((more = store_next(store, statement, err)) > 0) {
        struct silence_record silence;
        int code;

        row_silence(statement, &silence);
        code = callback(user, &silence);
        if (code != 0) {
            return store_end(store, statement, err) < 0 ? err->code : code;
        }
    }
    return more;
}
