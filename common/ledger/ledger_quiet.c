#include "common/ledger/ledger_quiet.h"

#include "common/ledger/ledger_private.h"
#include "common/ledger/rows.h"

// The statement with HELD_MEANT bound; NULL with err set.
static sqlite3_stmt *prepare_for(struct ledger *ledger, enum sql which,
                                 const struct held_group *group, struct error *err)
{
    sqlite3_stmt *statement = store_prepare(ledger_store(ledger), which, err);

    if (statement) {
        bind_known(statement, 1, group->issue_num != 0, group->issue_num);
        bind_int(statement, 2, group->role);
        bind_int(statement, 3, group->issue_num ? 0 : group->num);
        bind_int(statement, 4, group->issue_num ? INT64_MAX : group->num);
    }
    return statement;
}

int ledger_due_held(struct ledger *ledger, int64_t now_ms, int limit, struct arena *arena,
                    struct notice_record *ret, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_DUE_HELD, err);
    int count = 0, more;

    if (!statement) {
        return err->code;
    }
    bind_int(statement, 1, now_ms);
    bind_int(statement, 2, limit);
    while ((more = store_next(store, statement, err)) > 0) {
        row_notice(statement, arena, &ret[count++]);
    }
    return more < 0 ? more : count;
}

int ledger_next_held(struct ledger *ledger, int64_t *ret_ms, struct error *err)
{
    return ledger_next_moment(ledger, SQL_NEXT_HELD, ret_ms, err);
}

int ledger_sum_held(struct ledger *ledger, const struct held_group *group, struct arena *arena,
                    struct held_sum *ret, struct error *err)
{
    sqlite3_stmt *statement = prepare_for(ledger, SQL_HELD_ROWS, group, err);
    int more;

    if (!statement) {
        return err->code;
    }
    *ret = (struct held_sum){0};
    while ((more = store_next(ledger_store(ledger), statement, err)) > 0) {
        enum notice_kind kind = (enum notice_kind)sqlite3_column_int(statement, 1);

        if (ret->count++ == 0) {
            ret->first_num = sqlite3_column_int64(statement, 0);
            ret->kind = kind;
        }
        ret->kind = kind < ret->kind ? kind : ret->kind; // they stand in that order
        ret->changes |= (unsigned)sqlite3_column_int64(statement, 2);
        if (sqlite3_column_type(statement, 3) != SQLITE_NULL) {
            ret->words = row_text(statement, 3, arena);
        }
    }
    return more;
}

// The first column of the one row that a statement gives: 1 and ret, 0 where there is none or it
// is NULL, or a negative errno.
static int one_number(struct ledger *ledger, sqlite3_stmt *statement, int64_t *ret,
                      struct error *err)
{
    int found = store_next(ledger_store(ledger), statement, err);

    if (found > 0) {
        found = sqlite3_column_type(statement, 0) != SQLITE_NULL;
        *ret = sqlite3_column_int64(statement, 0);
        found = store_end(ledger_store(ledger), statement, err) < 0 ? err->code : found;
    }
    return found;
}

int ledger_held_due(struct ledger *ledger, int64_t issue_num, int role, int64_t *ret_ms,
                    struct error *err)
{
    sqlite3_stmt *statement = store_prepare(ledger_store(ledger), SQL_HELD_DUE, err);
    int found;

    if (!statement) {
        return err->code;
    }
    bind_int(statement, 1, issue_num);
    bind_int(statement, 2, role);
    *ret_ms = 0;
    found = one_number(ledger, statement, ret_ms, err);
    return found < 0 ? found : 0;
}

int ledger_hold_on(struct ledger *ledger, const struct held_group *group, const char *rep,
                   int64_t due_ms, const char *quiet, struct error *err)
{
    sqlite3_stmt *statement = prepare_for(ledger, SQL_HOLD_ON, group, err);

    if (!statement) {
        return err->code;
    }
    bind_text(statement, 5, rep);
    bind_int(statement, 6, due_ms);
    bind_text(statement, 7, quiet);
    return store_run(ledger_store(ledger), statement, err);
}

int ledger_drop_held(struct ledger *ledger, const struct held_group *group, int64_t now_ms,
                     const char *quiet, struct error *err)
{
    sqlite3_stmt *statement = prepare_for(ledger, SQL_DROP_HELD, group, err);

    if (!statement) {
        return err->code;
    }
    bind_int(statement, 5, now_ms);
    bind_text(statement, 6, quiet);
    return store_run(ledger_store(ledger), statement, err);
}

int ledger_carry_held(struct ledger *ledger, const struct held_group *group, int64_t carrier_num,
                      int64_t now_ms, struct error *err)
{
    sqlite3_stmt *statement = prepare_for(ledger, SQL_CARRY_HELD, group, err);

    if (!statement) {
        return err->code;
    }
    bind_int(statement, 5, now_ms);
    bind_int(statement, 6, carrier_num);
    return store_run(ledger_store(ledger), statement, err);
}

int ledger_release(struct ledger *ledger, const struct notice_record *notice, struct error *err)
{
    sqlite3_stmt *statement = store_prepare(ledger_store(ledger), SQL_RELEASE, err);

    if (!statement) {
        return err->code;
    }
    bind_int(statement, 1, notice->num);
    bind_text(statement, 2, notice->rep);
    bind_text(statement, 3, notice->lane);
    bind_int(statement, 4, notice->kind);
    bind_text(statement, 5, notice->words);
    bind_text(statement, 6, notice->quiet);
    bind_int(statement, 7, notice->due_ms);
    return store_run(ledger_store(ledger), statement, err);
}

// A statement about an issue, a role and a rep.
static sqlite3_stmt *prepare_told(struct ledger *ledger, enum sql which, int64_t issue_num,
                                  int role, const char *rep, struct error *err)
{
    sqlite3_stmt *statement = store_prepare(ledger_store(ledger), which, err);

    if (statement) {
        bind_int(statement, 1, issue_num);
        bind_int(statement, 2, role);
        bind_text(statement, 3, rep);
    }
    return statement;
}

int ledger_load_told(struct ledger *ledger, int64_t issue_num, int role, const char *rep,
                     int64_t *ret_ms, struct error *err)
{
    sqlite3_stmt *statement = prepare_told(ledger, SQL_LOAD_TOLD, issue_num, role, rep, err);
    int found;

    if (!statement) {
        return err->code;
    }
    *ret_ms = 0;
    found = one_number(ledger, statement, ret_ms, err);
    return found < 0 ? found : 0;
}

int ledger_save_told(struct ledger *ledger, int64_t issue_num, int role, const char *rep,
                     int64_t at_ms, struct error *err)
{
    sqlite3_stmt *statement = prepare_told(ledger, SQL_SAVE_TOLD, issue_num, role, rep, err);

    if (!statement) {
        return err->code;
    }
    bind_int(statement, 4, at_ms);
    return store_run(ledger_store(ledger), statement, err);
}

int ledger_was_told(struct ledger *ledger, int64_t issue_num, int role, const char *rep,
                    struct error *err)
{
    sqlite3_stmt *statement = prepare_told(ledger, SQL_WAS_TOLD, issue_num, role, rep, err);
    int64_t one;

    return statement ? one_number(ledger, statement, &one, err) : err->code;
}

int ledger_save_heads_up(struct ledger *ledger, int64_t issue_num, int64_t at_ms, struct error *err)
{
    sqlite3_stmt *statement = store_prepare(ledger_store(ledger), SQL_SAVE_HEADS_UP, err);

    if (!statement) {
        return err->code;
    }
    bind_int(statement, 1, issue_num);
    bind_int(statement, 2, at_ms);
    case_cache_note_heads_up(ledger_cases(ledger), issue_num, at_ms);
    return store_run(ledger_store(ledger), statement, err);
}

int ledger_load_big(struct ledger *ledger, const char *account, int64_t issue_num,
                    struct arena *arena, const char **ret_key, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_LOAD_BIG, err);
    int found;

    if (!statement) {
        return err->code;
    }
    bind_text(statement, 1, account);
    bind_int(statement, 2, issue_num);
    bind_int(statement, 3, BIG_AMONG);
    found = store_next(store, statement, err);
    if (found > 0) {
        *ret_key = row_text(statement, 0, arena);
        found = store_end(store, statement, err);
    }
    return found < 0 ? found : 0;
}

int ledger_carried_events(struct ledger *ledger, int64_t notice_num, int limit, struct arena *arena,
                          struct event_name *ret, struct error *err)
{
    struct store *store = ledger_store(ledger);
    sqlite3_stmt *statement = store_prepare(store, SQL_CARRIED_EVENTS, err);
    int count = 0, more;

    if (!statement) {
        return err->code;
    }
    bind_int(statement, 1, notice_num);
    bind_int(statement, 2, limit);
    while ((more = store_next(store, statement, err)) > 0) {
        ret[count].source = row_text(statement, 0, arena);
        ret[count++].id = row_text(statement, 1, arena);
    }
    return more < 0 ? more : count;
}
