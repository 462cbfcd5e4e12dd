#include "common/ledger/rows.h"

#include <stddef.h>
#include <string.h>

#include "common/ledger/store.h"

const char *row_text(sqlite3_stmt *row, int column, struct arena *arena)
{
    const char *text = (const char *)sqlite3_column_text(row, column);

    if (!text || !arena) {
        return text;
    }
    return arena_copy_bytes(arena, text, (size_t)sqlite3_column_bytes(row, column));
}

static bool known(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) != SQLITE_NULL;
}

void row_issue(sqlite3_stmt *row, struct arena *arena, struct issue *ret)
{
    *ret = (struct issue){
        .known = true,
        .num = sqlite3_column_int64(row, 0),
        .key = row_text(row, 1, arena),
        .account = row_text(row, 2, arena),
        .category = row_text(row, 3, arena),
        .severity = row_text(row, 4, arena),
        .department = row_text(row, 5, arena),
        .currency = row_text(row, 6, arena),
        .summary = row_text(row, 7, arena),
        .explanation = row_text(row, 8, arena),
        .contact = row_text(row, 9, arena),
        .has_amount = known(row, 10),
        .amount_minor = sqlite3_column_int64(row, 10),
        .state = (enum issue_state)sqlite3_column_int(row, 11),
        .hop = (enum hop)sqlite3_column_int(row, 12),
        .opened_at_ms = sqlite3_column_int64(row, 13),
        .state_at_ms = sqlite3_column_int64(row, 14),
        .updated_at_ms = sqlite3_column_int64(row, 15),
        .transfers = sqlite3_column_int(row, 16),
        .reopened = sqlite3_column_int(row, 17),
        .demands = sqlite3_column_int(row, 18),
        .owner = row_text(row, 19, arena),
        .acknowledged_by = row_text(row, 20, arena),
        .plan = row_text(row, 21, arena),
        .resolution = row_text(row, 22, arena),
        .plan_due_ms = sqlite3_column_int64(row, 23),
        .opening_known = sqlite3_column_int(row, 24) != 0,
        .alarm_at_ms = sqlite3_column_int64(row, 25),
        .heads_up_at_ms = sqlite3_column_int64(row, 26),
    };
}

void row_account(sqlite3_stmt *row, struct arena *arena, struct account *ret)
{
    *ret = (struct account){
        .known = true,
        .num = sqlite3_column_int64(row, 0),
        .key = row_text(row, 1, arena),
        .name = row_text(row, 2, arena),
        .tier = row_text(row, 3, arena),
        .group = row_text(row, 4, arena),
        .service = row_text(row, 5, arena),
        .sales = row_text(row, 6, arena),
        .region = row_text(row, 7, arena),
        .currency = row_text(row, 8, arena),
        .has_value = known(row, 9),
        .value_minor = sqlite3_column_int64(row, 9),
        .terms_summary = row_text(row, 10, arena),
        .terms_link = row_text(row, 11, arena),
        .terms_agreed_by = row_text(row, 12, arena),
        .terms_at_ms = sqlite3_column_int64(row, 13),
        .kickoff_at_ms = sqlite3_column_int64(row, 14),
    };
}

void row_notice(sqlite3_stmt *row, struct arena *arena, struct notice_record *ret)
{
    *ret = (struct notice_record){
        .num = sqlite3_column_int64(row, 0),
        .event_seq = sqlite3_column_int64(row, 1),
        .issue_num = sqlite3_column_int64(row, 2),
        .role = sqlite3_column_int(row, 3),
        .kind = (enum notice_kind)sqlite3_column_int(row, 4),
        .fate = (enum fate)sqlite3_column_int(row, 5),
        .urgent = sqlite3_column_int(row, 6) != 0,
        .rep = row_text(row, 7, arena),
        .lane = row_text(row, 8, arena),
        .rule = row_text(row, 9, arena),
        .why = row_text(row, 10, arena),
        .created_ms = sqlite3_column_int64(row, 11),
        .due_ms = sqlite3_column_int64(row, 12),
        .done_ms = sqlite3_column_int64(row, 13),
        .attempts = sqlite3_column_int(row, 14),
        .status = sqlite3_column_int(row, 15),
        .answer = row_text(row, 16, arena),
        .headline = row_text(row, 17, arena),
        .body = row_text(row, 18, arena),
        .words = row_text(row, 19, arena),
        .carrier_num = sqlite3_column_int64(row, 20),
        .quiet = row_text(row, 21, arena),
        .changes = (unsigned)sqlite3_column_int64(row, 22),
        .since_ms = sqlite3_column_int64(row, 23),
        .event_source = row_text(row, 24, arena),
        .event_id = row_text(row, 25, arena),
        .event_type = row_text(row, 26, arena),
    };
    if (!ret->issue_num && ret->event_type && strncmp(ret->event_type, "account.", 8) == 0) {
        ret->account_key = row_text(row, 27, arena);
    } else if (sqlite3_column_count(row) > 28) { // the reader asks for these too
        ret->issue_key = row_text(row, 28, arena);
        ret->account_key = row_text(row, 29, arena);
    }
}

void row_silence(sqlite3_stmt *row, struct silence_record *ret)
{
    *ret = (struct silence_record){
        .name = row_text(row, 0, NULL),
        .match = row_text(row, 1, NULL),
        .since_ms = sqlite3_column_int64(row, 2),
        .until_ms = sqlite3_column_int64(row, 3),
        .by = row_text(row, 4, NULL),
        .comment = row_text(row, 5, NULL),
    };
}

void row_source(sqlite3_stmt *row, struct source_record *ret)
{
    *ret = (struct source_record){
        .name = row_text(row, 0, NULL),
        .since_ms = sqlite3_column_int64(row, 1),
        .heard_ms = sqlite3_column_int64(row, 2),
        .told_ms = sqlite3_column_int64(row, 3),
    };
}

void row_event(sqlite3_stmt *row, struct event_record *ret)
{
    *ret = (struct event_record){
        .seq = sqlite3_column_int64(row, 0),
        .time_ms = sqlite3_column_int64(row, 1),
        .received_ms = sqlite3_column_int64(row, 2),
        .source = row_text(row, 3, NULL),
        .id = row_text(row, 4, NULL),
        .type = row_text(row, 5, NULL),
        .subject = row_text(row, 6, NULL),
        .peer = row_text(row, 7, NULL),
        .bytes = sqlite3_column_blob(row, 8),
        .receipt = sqlite3_column_blob(row, 9),
        .size = (size_t)sqlite3_column_bytes(row, 8),
        .receipt_size = (size_t)sqlite3_column_bytes(row, 9),
    };
}

void row_lane(sqlite3_stmt *row, struct arena *arena, struct lane_record *ret)
{
    *ret = (struct lane_record){
        .lane = row_text(row, 0, arena),
        .state = (enum lane_state)sqlite3_column_int(row, 1),
        .why = row_text(row, 2, arena),
        .since_ms = sqlite3_column_int64(row, 3),
        .by = row_text(row, 4, arena),
        .answered_ms = sqlite3_column_int64(row, 5),
        .status = sqlite3_column_int(row, 6),
        .answer = row_text(row, 7, arena),
    };
}

void bind_dead_filter(sqlite3_stmt *statement, const struct dead_filter *filter)
{
    bind_int(statement, 1, filter->num);
    bind_text(statement, 2, filter->lane);
    bind_int(statement, 3, filter->status);
    bind_int(statement, 4, filter->since_ms);
}
