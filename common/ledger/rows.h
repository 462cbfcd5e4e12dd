// Rows into values. Internal to this folder. Strings are copied into the arena; where arena is NULL
// they are SQLite's, and valid until the next step.
#pragma once

#include <sqlite3.h>

#include "common/base/arena.h"
#include "common/ledger/records.h"
#include "common/ledger/standing.h"
#include "common/verdict/case_file.h"

const char *row_text(sqlite3_stmt *row, int column, struct arena *arena);
// Binds what DEAD_MEANT asks for.
void bind_dead_filter(sqlite3_stmt *statement, const struct dead_filter *filter);
void row_issue(sqlite3_stmt *row, struct arena *arena, struct issue *ret);     // ISSUE_COLUMNS
void row_account(sqlite3_stmt *row, struct arena *arena, struct account *ret); // ACCOUNT_COLUMNS
void row_notice(sqlite3_stmt *row, struct arena *arena, struct notice_record *ret);
void row_lane(sqlite3_stmt *row, struct arena *arena, struct lane_record *ret); // LANE_COLUMNS
void row_silence(sqlite3_stmt *row, struct silence_record *ret);                // SILENCE_COLUMNS
void row_source(sqlite3_stmt *row, struct source_record *ret);                  // SOURCE_COLUMNS
void row_event(sqlite3_stmt *row, struct event_record *ret);                    // EVENT_COLUMNS
