// All SQL of the ledger, by name. In the common subset of SQLite and PostgreSQL where that costs
// nothing.
#pragma once

enum sql {
    SQL_BEGIN,
    SQL_BEGIN_READ,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_FIND_EVENT,
    SQL_ADD_EVENT,
    SQL_LOAD_ISSUE,
    SQL_LOAD_ISSUE_BY_NUM,
    SQL_ADD_ISSUE,
    SQL_SAVE_ISSUE,
    SQL_DUE_ALARMS,
    SQL_NEXT_ALARM,
    SQL_LOAD_ACCOUNT,
    SQL_ADD_ACCOUNT,
    SQL_SAVE_ACCOUNT,
    SQL_ACCOUNT_COUNTS,
    SQL_GROUP_VALUE,
    SQL_NEXT_NOTICE,
    SQL_ADD_NOTICE,
    SQL_DUE_NOTICES,
    SQL_DUE_NUMS,
    SQL_NEXT_DUE,
    SQL_DECISIONS_SINCE,
    SQL_WAITING_NOTICES,
    SQL_NEXT_WAITING,
    SQL_DUE_DIGESTS,
    SQL_NEXT_DIGEST,
    SQL_FILL_DIGEST,
    SQL_DIGEST_ITEMS,
    SQL_COUNT_DIGEST_ITEMS,
    SQL_DUE_HELD,
    SQL_NEXT_HELD,
    SQL_HELD_ROWS,
    SQL_HELD_DUE,
    SQL_HOLD_ON,
    SQL_DROP_HELD,
    SQL_CARRY_HELD,
    SQL_RELEASE,
    SQL_LOAD_TOLD,
    SQL_SAVE_TOLD,
    SQL_WAS_TOLD,
    SQL_CARRIED_EVENTS,
    SQL_SAVE_HEADS_UP,
    SQL_LOAD_BIG,
    SQL_SAVE_OUTCOME,
    SQL_RETRY_DEAD,
    SQL_DEAD_LANE,
    SQL_SAVE_LANE,
    SQL_REOPEN_LANES,
    SQL_REOPEN_DEAD,
    SQL_SAVE_ANSWER,
    SQL_LOAD_LANE,
    SQL_WAITING_LANE,
    SQL_MOVE_NOTICE,
    SQL_KEEP_FOR_DIGEST,
    SQL_HASTEN_LANE,
    SQL_SAVE_SILENCE,
    SQL_DROP_SILENCE,
    SQL_PRUNE_SILENCES,
    SQL_EACH_SILENCE,
    SQL_SAVE_SOURCE,
    SQL_DROP_SOURCE,
    SQL_EACH_SOURCE,
    SQL_COUNT // the writer's; the reader prepares its own as it needs them
};

extern const char *const sql_texts[SQL_COUNT];

// The columns that row_issue(), row_account(), row_notice(), row_event() and row_lane() take, in
// order.
#define ISSUE_COLUMNS                                                                              \
    "i.num, i.key, i.account, i.category, i.severity, i.department, i.currency, i.summary, "       \
    "i.explanation, i.contact, i.amount, i.state, i.hop, i.opened_at_ms, i.state_at_ms, "          \
    "i.updated_at_ms, i.transfers, i.reopened, i.demands, i.owner, i.acknowledged_by, i.plan, "    \
    "i.resolution, i.plan_due_ms, i.opening_known, i.alarm_at_ms, "                                \
    "i.heads_up_at_ms"
#define ACCOUNT_COLUMNS                                                                            \
    "a.num, a.key, a.name, a.tier, a.grp, a.service, a.sales, a.region, a.currency, a.value, "     \
    "a.terms_summary, a.terms_link, a.terms_agreed_by, a.terms_at_ms, a.kickoff_at_ms"
#define NOTICE_COLUMNS                                                                             \
    "n.num, n.event, n.issue, n.role, n.kind, n.fate, n.urgent, n.rep, n.lane, n.rule, n.why, "    \
    "n.created_ms, n.due_ms, n.done_ms, n.attempts, n.status, n.answer, n.headline, n.body, "      \
    "n.words, n.carrier, n.quiet, n.changes, n.since_ms, e.source, e.id, e.type, e.subject"
// Notices, and the decisions that told nobody: of those an event has a JSON array.
#define DECISIONS                                                                                  \
    "(SELECT num, event, issue, role, kind, fate, urgent, rep, lane, rule, why, created_ms, "      \
    "due_ms, done_ms, attempts, status, answer, headline, body, words, carrier, quiet, changes, "  \
    "since_ms FROM notices UNION ALL SELECT -(x.seq * 16 + u.key), x.seq, x.issue, "               \
    "u.value ->> 'role', u.value ->> 'kind', 4, u.value ->> 'urgent', u.value ->> 'rep', NULL, "   \
    "u.value ->> 'rule', u.value ->> 'why', x.received_ms, x.received_ms, x.received_ms, 0, 0, "   \
    "NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 FROM events x, json_each(x.unsaid) u)"
#define EVENT_COLUMNS                                                                              \
    "e.seq, e.time_ms, e.received_ms, e.source, e.id, e.type, e.subject, e.peer, e.bytes, "        \
    "e.receipt"
#define LANE_COLUMNS                                                                               \
    "l.lane, l.state, l.why, l.since_ms, l.paused_by, l.answered_ms, l.status, l.answer"
#define SOURCE_COLUMNS  "s.name, s.since_ms, s.heard_ms, s.told_ms"
#define SILENCE_COLUMNS "s.name, s.match, s.since_ms, s.until_ms, s.by, s.comment"

// Which dead letters a dead_filter means: num, lane, status, since, each after the other.
#define DEAD_MEANT                                                                                 \
    "fate = 2 AND (?1 = 0 OR num = ?1) AND (?2 IS NULL OR lane = ?2) AND (?3 < 0 OR status = ?3)"  \
    " AND done_ms >= ?4"

// Which held notices a held_group means: issue, role, and the nums from and to.
#define HELD_MEANT                                                                                 \
    "fate = 6 AND carrier IS NULL AND issue IS ?1 AND role = ?2 AND num BETWEEN ?3 AND ?4"

// Notices that wait, are dead, held, or kept for a digest: their index serves who has these words.
#define IS_OPEN "(fate = 0 OR fate = 2 OR fate = 6 OR (fate = 3 AND carrier IS NULL))"

// The migrations, in order; migration i brings a ledger from version i to i + 1.
extern const char *const sql_migrations[];
extern const int sql_migration_count;
enum { SQL_APPLICATION_ID = 0x48445550 }; // "HDUP"
