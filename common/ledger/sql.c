#include "common/ledger/sql.h"

// Version 1. Moments are milliseconds since 1970, money is in minor units. The hop can be 0 or 1:
// the one-hop law, held here once more. A notice is one decision about one person, sent or not.
static const char first[] =
    "CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT;"
    "CREATE TABLE accounts ("
    "  num INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT, tier TEXT, grp TEXT,"
    "  service TEXT, sales TEXT, region TEXT, currency TEXT, value INTEGER,"
    "  terms_summary TEXT, terms_link TEXT, terms_agreed_by TEXT, terms_at_ms INTEGER NOT NULL,"
    "  kickoff_at_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX accounts_by_group ON accounts (grp, value) WHERE grp IS NOT NULL;"
    "CREATE TABLE issues ("
    "  num INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, account TEXT, category TEXT,"
    "  severity TEXT, department TEXT, currency TEXT, summary TEXT, explanation TEXT,"
    "  contact TEXT, amount INTEGER, state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4),"
    "  hop INTEGER NOT NULL CHECK (hop IN (0, 1)), opened_at_ms INTEGER NOT NULL,"
    "  state_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL, transfers INTEGER NOT NULL,"
    "  reopened INTEGER NOT NULL, demands INTEGER NOT NULL, owner TEXT, acknowledged_by TEXT,"
    "  plan TEXT, resolution TEXT, plan_due_ms INTEGER NOT NULL, opening_known INTEGER NOT NULL,"
    "  alarm_at_ms INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE INDEX issues_by_alarm ON issues (alarm_at_ms) WHERE alarm_at_ms > 0;"
    "CREATE INDEX issues_by_account ON issues (account, opened_at_ms, state);"
    "CREATE TABLE events ("
    "  seq INTEGER PRIMARY KEY, source TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL,"
    "  subject TEXT, time_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL, peer TEXT,"
    "  issue INTEGER REFERENCES issues (num), bytes BLOB NOT NULL, receipt BLOB NOT NULL,"
    "  UNIQUE (source, id)) STRICT;"
    "CREATE INDEX events_by_issue ON events (issue) WHERE issue IS NOT NULL;"
    "CREATE TABLE notices ("
    "  num INTEGER PRIMARY KEY, event INTEGER REFERENCES events (seq),"
    "  issue INTEGER REFERENCES issues (num), role INTEGER NOT NULL CHECK (role BETWEEN 0 AND 2),"
    "  kind INTEGER NOT NULL, fate INTEGER NOT NULL CHECK (fate BETWEEN 0 AND 5),"
    "  urgent INTEGER NOT NULL, rep TEXT NOT NULL, lane TEXT, rule TEXT NOT NULL,"
    "  why TEXT NOT NULL, words TEXT, created_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL,"
    "  done_ms INTEGER NOT NULL, attempts INTEGER NOT NULL, status INTEGER NOT NULL, answer TEXT,"
    "  headline TEXT, body TEXT, digest INTEGER REFERENCES notices (num)) STRICT;"
    "CREATE INDEX notices_by_event ON notices (event) WHERE event IS NOT NULL;"
    "CREATE INDEX notices_waiting ON notices (lane, due_ms) WHERE fate = 0;"
    "CREATE INDEX notices_for_digest ON notices (due_ms) WHERE fate = 3 AND digest IS NULL;"
    "CREATE INDEX notices_in_digest ON notices (digest) WHERE digest IS NOT NULL;"
    "CREATE INDEX notices_dead ON notices (lane) WHERE fate = 2;"
    "CREATE TABLE lanes ("
    "  lane TEXT PRIMARY KEY NOT NULL, state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),"
    "  why TEXT, paused_by TEXT, since_ms INTEGER NOT NULL,"
    "  answered_ms INTEGER NOT NULL DEFAULT 0, status INTEGER NOT NULL DEFAULT 0, answer TEXT,"
    "  CHECK (paused_by IS NULL OR state = 1)) STRICT;";

// Version 2. A notice may be held for its moment, and be told by another, its carrier: so the table
// is made anew for its check of fates. An issue knows when its sales rep was first told at once.
static const char quiet[] =
    "CREATE TABLE notices_2 ("
    "  num INTEGER PRIMARY KEY, event INTEGER REFERENCES events (seq),"
    "  issue INTEGER REFERENCES issues (num), role INTEGER NOT NULL CHECK (role BETWEEN 0 AND 2),"
    "  kind INTEGER NOT NULL, fate INTEGER NOT NULL CHECK (fate BETWEEN 0 AND 7),"
    "  urgent INTEGER NOT NULL, rep TEXT NOT NULL, lane TEXT, rule TEXT NOT NULL,"
    "  why TEXT NOT NULL, words TEXT, created_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL,"
    "  done_ms INTEGER NOT NULL, attempts INTEGER NOT NULL, status INTEGER NOT NULL, answer TEXT,"
    "  headline TEXT, body TEXT, carrier INTEGER REFERENCES notices_2 (num), quiet TEXT,"
    "  changes INTEGER NOT NULL DEFAULT 0, CHECK (fate <> 7 OR carrier IS NOT NULL)) STRICT;"
    "INSERT INTO notices_2 SELECT num, event, issue, role, kind, fate, urgent, rep, lane, rule,"
    "  why, words, created_ms, due_ms, done_ms, attempts, status, answer, headline, body, digest,"
    "  NULL, 0 FROM notices;"
    "DROP TABLE notices;"
    "ALTER TABLE notices_2 RENAME TO notices;"
    "CREATE INDEX notices_by_event ON notices (event) WHERE event IS NOT NULL;"
    "CREATE INDEX notices_waiting ON notices (lane, due_ms) WHERE fate = 0;"
    "CREATE INDEX notices_for_digest ON notices (due_ms) WHERE fate = 3 AND carrier IS NULL;"
    "CREATE INDEX notices_carried ON notices (carrier) WHERE carrier IS NOT NULL;"
    "CREATE INDEX notices_dead ON notices (lane) WHERE fate = 2;"
    "CREATE INDEX notices_held ON notices (due_ms) WHERE fate = 6;"
    "CREATE INDEX notices_gathering ON notices (issue, role) WHERE fate = 6;"
    // when a message about the issue last went out to whoever has that role
    "CREATE TABLE told ("
    "  issue INTEGER NOT NULL REFERENCES issues (num), role INTEGER NOT NULL, rep TEXT NOT NULL,"
    "  at_ms INTEGER NOT NULL, PRIMARY KEY (issue, role)) STRICT, WITHOUT ROWID;"
    "ALTER TABLE issues ADD COLUMN heads_up_at_ms INTEGER NOT NULL DEFAULT 0;"
    "UPDATE issues SET heads_up_at_ms = coalesce((SELECT min(n.created_ms) FROM events e"
    "  JOIN notices n ON n.event = e.seq WHERE e.issue = issues.num AND n.role = 1"
    "  AND n.fate IN (0, 1, 2)), 0);"
    "CREATE INDEX issues_big ON issues (account) WHERE heads_up_at_ms > 0 AND state < 3"
    "  AND (severity IS NULL OR severity <> 'minor');";

// Version 3: the silences that hold.
static const char silences[] =
    "CREATE TABLE silences ("
    "  name TEXT PRIMARY KEY NOT NULL, match TEXT NOT NULL, since_ms INTEGER NOT NULL,"
    "  until_ms INTEGER NOT NULL, by TEXT NOT NULL, comment TEXT NOT NULL) STRICT;";

// Version 4. A notice knows since when it waits for its receiver.
static const char waits[] = "ALTER TABLE notices ADD COLUMN since_ms INTEGER NOT NULL DEFAULT 0;";

// Version 5: the sources that are watched.
static const char sources[] =
    "CREATE TABLE sources ("
    "  name TEXT PRIMARY KEY NOT NULL, since_ms INTEGER NOT NULL, heard_ms INTEGER NOT NULL,"
    "  told_ms INTEGER NOT NULL) STRICT;";

// Version 6. One index serves what is asked of an account's newest issues: each one that lies by
// the account costs an event a page of the disk.
static const char newest[] =
    "DROP INDEX issues_big;"
    "DROP INDEX issues_by_account;"
    "CREATE INDEX issues_by_account ON issues (account, opened_at_ms, state, heads_up_at_ms,"
    "  severity);";

// Version 7. Each index costs every notice, whether the notice is in it or not: two for what six
// had been for. What is held or kept for a digest has no lane.
static const char fewer[] =
    "DROP INDEX notices_waiting; DROP INDEX notices_for_digest; DROP INDEX notices_carried;"
    "DROP INDEX notices_dead; DROP INDEX notices_held; DROP INDEX notices_gathering;"
    "UPDATE notices SET lane = NULL WHERE fate IN (3, 6) AND lane IS NOT NULL;"
    "CREATE INDEX notices_open ON notices (fate, lane, due_ms) WHERE " IS_OPEN ";"
    "CREATE INDEX notices_tied ON notices (carrier, issue, role)"
    "  WHERE carrier IS NOT NULL OR fate = 6;";

// Version 8. A decision that tells nobody goes nowhere: it is on record with its event, as
// DECISIONS reads it. Older ones are notices.
static const char unsaid[] = "ALTER TABLE events ADD COLUMN unsaid TEXT;";

const char *const sql_migrations[] = {first,   quiet,  silences, waits,
                                      sources, newest, fewer,    unsaid};
const int sql_migration_count = sizeof sql_migrations / sizeof sql_migrations[0];

// What waits for a lane after a place: the rest of its moment, and later ones. By a pair of both
// SQLite would walk through all that were given out of that moment.
#define DUE_OF_LANE " WHERE " IS_OPEN " AND n.fate = 0 AND n.lane = ?1 AND n.due_ms <= ?2 AND "
#define DUE_AFTER(what)                                                                            \
    "SELECT " what DUE_OF_LANE "n.due_ms = ?4 AND n.num > ?5 UNION ALL "                           \
    "SELECT " what DUE_OF_LANE "n.due_ms > ?4 ORDER BY n.due_ms, n.num LIMIT ?3"

const char *const sql_texts[SQL_COUNT] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_BEGIN_READ] = "BEGIN",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_FIND_EVENT] = "SELECT seq, bytes, receipt FROM events WHERE source = ?1 AND id = ?2",
    [SQL_ADD_EVENT] =
        "INSERT INTO events (seq, source, id, type, subject, time_ms, received_ms,"
        " peer, issue, bytes, receipt, unsaid) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,"
        " ?9, ?10, ?11, ?12)",
    [SQL_LOAD_ISSUE] = "SELECT " ISSUE_COLUMNS " FROM issues i WHERE i.key = ?1",
    [SQL_LOAD_ISSUE_BY_NUM] = "SELECT " ISSUE_COLUMNS " FROM issues i WHERE i.num = ?1",
    [SQL_ADD_ISSUE] =
        "INSERT INTO issues (key, account, category, severity, department, currency, summary,"
        " explanation, contact, amount, state, hop, opened_at_ms, state_at_ms, updated_at_ms,"
        " transfers, reopened, demands, owner, acknowledged_by, plan, resolution, plan_due_ms,"
        " opening_known, alarm_at_ms, heads_up_at_ms) VALUES (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
        " ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27)",
    [SQL_SAVE_ISSUE] =
        "UPDATE issues SET account = ?3, category = ?4, severity = ?5, department = ?6,"
        " currency = ?7, summary = ?8, explanation = ?9, contact = ?10, amount = ?11, state = ?12,"
        " hop = ?13, opened_at_ms = ?14, state_at_ms = ?15, updated_at_ms = ?16, transfers = ?17,"
        " reopened = ?18, demands = ?19, owner = ?20, acknowledged_by = ?21, plan = ?22,"
        " resolution = ?23, plan_due_ms = ?24, opening_known = ?25, alarm_at_ms = ?26,"
        " heads_up_at_ms = ?27 WHERE num = ?1",
    // the literal alarm_at_ms > 0 lets the partial index serve
    [SQL_DUE_ALARMS] = "SELECT key, alarm_at_ms FROM issues WHERE alarm_at_ms > 0"
                       " AND alarm_at_ms <= ?1 ORDER BY alarm_at_ms LIMIT ?2",
    [SQL_NEXT_ALARM] = "SELECT min(alarm_at_ms) FROM issues WHERE alarm_at_ms > 0",
    [SQL_LOAD_ACCOUNT] = "SELECT " ACCOUNT_COLUMNS " FROM accounts a WHERE a.key = ?1",
    [SQL_ADD_ACCOUNT] =
        "INSERT INTO accounts (key, name, tier, grp, service, sales, region, currency, value,"
        " terms_summary, terms_link, terms_agreed_by, terms_at_ms, kickoff_at_ms)"
        " VALUES (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    [SQL_SAVE_ACCOUNT] =
        "UPDATE accounts SET name = ?3, tier = ?4, grp = ?5, service = ?6, sales = ?7,"
        " region = ?8, currency = ?9, value = ?10, terms_summary = ?11, terms_link = ?12,"
        " terms_agreed_by = ?13, terms_at_ms = ?14, kickoff_at_ms = ?15 WHERE num = ?1",
    // of the newest issues only, so that an account with a million costs no more
    [SQL_ACCOUNT_COUNTS] =
        "SELECT state, opened_at_ms FROM issues WHERE account = ?1 ORDER BY opened_at_ms DESC"
        " LIMIT ?2",
    // of as many as cannot overflow the sum, whatever their values
    [SQL_GROUP_VALUE] = "SELECT sum(value) FROM (SELECT value FROM accounts WHERE grp = ?1"
                        " LIMIT 90000)",
    // as SQLite numbers the next row
    [SQL_NEXT_NOTICE] = "SELECT coalesce(max(num), 0) + 1 FROM notices",
    [SQL_ADD_NOTICE] =
        "INSERT INTO notices (event, issue, role, kind, fate, urgent, rep, lane, rule, why, words,"
        " created_ms, due_ms, done_ms, quiet, changes, attempts, status) VALUES (?1, ?2, ?3, ?4,"
        " ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, 0, 0)",
    // the literal fate = 0 lets the partial index serve
    [SQL_DUE_NOTICES] =
        DUE_AFTER(NOTICE_COLUMNS " FROM notices n LEFT JOIN events e ON e.seq = n.event"),
    // the same, from the index alone
    [SQL_DUE_NUMS] = DUE_AFTER("n.num, n.due_ms FROM notices n"),
    [SQL_NEXT_DUE] = "SELECT min(due_ms) FROM notices WHERE " IS_OPEN " AND fate = 0 AND lane = ?1"
                     " AND due_ms > ?2",
    // of any lane
    [SQL_DECISIONS_SINCE] =
        "SELECT " NOTICE_COLUMNS ", i.key, i.account FROM " DECISIONS " n"
        " LEFT JOIN events e ON e.seq = n.event"
        " LEFT JOIN issues i ON i.num = n.issue"
        " WHERE n.event > ?1 AND n.event <= ?1 + ?2 ORDER BY n.event, n.role DESC, n.num",
    [SQL_WAITING_NOTICES] = "SELECT " NOTICE_COLUMNS ", i.key, i.account FROM notices n"
                            " LEFT JOIN events e ON e.seq = n.event"
                            " LEFT JOIN issues i ON i.num = n.issue"
                            " WHERE " IS_OPEN " AND n.fate = 0 AND n.due_ms <= ?1"
                            " ORDER BY n.due_ms, n.num LIMIT ?2",
    [SQL_NEXT_WAITING] = "SELECT min(due_ms) FROM notices WHERE " IS_OPEN " AND fate = 0",
    [SQL_DUE_DIGESTS] = "SELECT rep, role, count(*), min(due_ms) FROM notices WHERE " IS_OPEN
                        " AND fate = 3 AND lane IS NULL AND due_ms <= ?1 GROUP BY rep, role"
                        " ORDER BY min(due_ms) LIMIT ?2",
    [SQL_NEXT_DIGEST] =
        "SELECT min(due_ms) FROM notices WHERE " IS_OPEN " AND fate = 3 AND lane IS NULL",
    [SQL_FILL_DIGEST] =
        "UPDATE notices SET carrier = ?1, done_ms = ?2 WHERE " IS_OPEN
        " AND fate = 3 AND lane IS NULL AND due_ms <= ?2 AND rep = ?3 AND role = ?4",
    [SQL_DIGEST_ITEMS] = "SELECT n.issue, e.subject, count(*), e.source, e.id FROM notices n"
                         " JOIN events e ON e.seq = n.event WHERE n.carrier = ?1"
                         " GROUP BY coalesce(n.issue, -n.num) ORDER BY min(n.num) LIMIT ?2",
    [SQL_COUNT_DIGEST_ITEMS] = "SELECT count(DISTINCT coalesce(issue, -num)) FROM notices"
                               " WHERE carrier = ?1",
    // what is held for an issue and a role, or where there is no issue that one notice: ?3 to ?4
    [SQL_DUE_HELD] =
        "SELECT " NOTICE_COLUMNS " FROM notices n LEFT JOIN events e ON e.seq = n.event"
        " WHERE " IS_OPEN
        " AND n.fate = 6 AND n.lane IS NULL AND n.due_ms <= ?1 ORDER BY n.due_ms, n.num LIMIT ?2",
    [SQL_NEXT_HELD] =
        "SELECT min(due_ms) FROM notices WHERE " IS_OPEN " AND fate = 6 AND lane IS NULL",
    [SQL_HELD_ROWS] =
        "SELECT num, kind, changes, words, due_ms FROM notices WHERE " HELD_MEANT " ORDER BY num",
    // num > 0 says nothing, but that makes the index by issue look better to SQLite than the other
    [SQL_HELD_DUE] = "SELECT min(due_ms) FROM notices WHERE fate = 6 AND carrier IS NULL"
                     " AND issue = ?1 AND role = ?2 AND num > 0",
    [SQL_HOLD_ON] = "UPDATE notices SET rep = ?5, due_ms = ?6, quiet = ?7 WHERE " HELD_MEANT,
    [SQL_DROP_HELD] = "UPDATE notices SET fate = 5, done_ms = ?5, quiet = ?6,"
                      " why = why || '; ' || ?6 WHERE " HELD_MEANT,
    [SQL_CARRY_HELD] = "UPDATE notices SET fate = 7, done_ms = ?5, carrier = ?6 WHERE " HELD_MEANT
                       " AND num <> ?6",
    [SQL_RELEASE] = "UPDATE notices SET fate = 0, rep = ?2, lane = ?3, kind = ?4, words = ?5,"
                    " quiet = ?6, why = why || '; ' || ?6, due_ms = ?7 WHERE num = ?1 AND fate = 6",
    [SQL_LOAD_TOLD] = "SELECT at_ms FROM told WHERE issue = ?1 AND role = ?2 AND rep = ?3",
    [SQL_SAVE_TOLD] = "INSERT INTO told (issue, role, rep, at_ms) VALUES (?1, ?2, ?3, ?4)"
                      " ON CONFLICT (issue, role) DO UPDATE SET rep = excluded.rep,"
                      " at_ms = excluded.at_ms",
    [SQL_WAS_TOLD] = "SELECT 1 FROM events e JOIN notices n ON n.event = e.seq WHERE e.issue = ?1"
                     " AND n.role = ?2 AND n.rep = ?3 AND (n.fate IN (0, 1, 2, 7)"
                     " OR (n.fate = 3 AND n.carrier IS NOT NULL)) LIMIT 1",
    [SQL_CARRIED_EVENTS] = "SELECT e.source, e.id FROM notices n JOIN events e ON e.seq = n.event"
                           " WHERE n.carrier = ?1 ORDER BY n.issue, n.role, n.num LIMIT ?2",
    [SQL_SAVE_HEADS_UP] = "UPDATE issues SET heads_up_at_ms = ?2 WHERE num = ?1"
                          " AND heads_up_at_ms = 0",
    // of the newest issues only, which the index alone can tell
    [SQL_LOAD_BIG] = "SELECT key FROM issues WHERE num = (SELECT num FROM (SELECT num, state,"
                     " heads_up_at_ms, severity FROM issues WHERE account = ?1"
                     " ORDER BY opened_at_ms DESC LIMIT ?3) WHERE num <> ?2 AND state < 3"
                     " AND heads_up_at_ms > 0 AND (severity IS NULL OR severity <> 'minor')"
                     " ORDER BY heads_up_at_ms LIMIT 1)",
    [SQL_SAVE_OUTCOME] =
        "UPDATE notices SET fate = ?2, due_ms = ?3, done_ms = ?4, attempts = ?5,"
        " status = ?6, answer = ?7, headline = coalesce(?8, headline), body = coalesce(?9, body),"
        " since_ms = CASE attempts WHEN 0 THEN due_ms ELSE since_ms END"
        " WHERE num = ?1",
    // in the rep's own lane, whichever it died in
    [SQL_RETRY_DEAD] = "UPDATE notices SET fate = 0, lane = rep, due_ms = ?5, done_ms = 0,"
                       " attempts = 0"
                       " WHERE " IS_OPEN " AND " DEAD_MEANT,
    [SQL_DEAD_LANE] = "SELECT lane FROM notices WHERE fate = 2 AND num = ?1",
    [SQL_SAVE_LANE] = "INSERT INTO lanes (lane, state, why, since_ms, paused_by)"
                      " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (lane) DO UPDATE SET"
                      " state = excluded.state, why = excluded.why, since_ms = excluded.since_ms,"
                      " paused_by = CASE excluded.state WHEN 1 THEN"
                      " coalesce(excluded.paused_by, paused_by) ELSE NULL END",
    [SQL_REOPEN_LANES] = "UPDATE lanes SET state = 0, why = NULL, since_ms = ?2"
                         " WHERE state <> 0 AND paused_by IS NULL AND (?1 IS NULL OR lane = ?1)",
    [SQL_REOPEN_DEAD] = "UPDATE lanes SET state = 0, why = NULL, since_ms = ?5"
                        " WHERE state <> 0 AND paused_by IS NULL AND lane IN"
                        " (SELECT lane FROM notices WHERE " IS_OPEN " AND " DEAD_MEANT
                        " UNION SELECT rep FROM notices WHERE " IS_OPEN " AND " DEAD_MEANT ")",
    [SQL_SAVE_ANSWER] = "INSERT INTO lanes (lane, state, since_ms, answered_ms, status, answer)"
                        " VALUES (?1, 0, ?2, ?2, ?3, ?4) ON CONFLICT (lane) DO UPDATE SET"
                        " answered_ms = excluded.answered_ms, status = excluded.status,"
                        " answer = excluded.answer",
    [SQL_LOAD_LANE] = "SELECT " LANE_COLUMNS " FROM lanes l WHERE l.lane = ?1",
    [SQL_WAITING_LANE] =
        "SELECT min(lane) FROM notices WHERE " IS_OPEN " AND fate = 0 AND lane > ?1",
    // what waits for its first try waits for its own moment, not for a receiver
    [SQL_MOVE_NOTICE] = "UPDATE notices SET rep = ?2, lane = ?3, why = why || '; ' || ?4,"
                        " due_ms = CASE WHEN attempts > 0 AND due_ms > ?5 THEN ?5 ELSE due_ms END,"
                        " attempts = 0 WHERE num = ?1 AND fate = 0",
    [SQL_KEEP_FOR_DIGEST] = "UPDATE notices SET fate = 3, lane = NULL, due_ms = ?2,"
                            " why = why || '; ' || ?3 WHERE num = ?1 AND fate = 0",
    // likewise; as of when it was due first, so that the lane has its order again
    [SQL_HASTEN_LANE] =
        "UPDATE notices SET due_ms = CASE WHEN since_ms BETWEEN 1 AND ?2"
        " THEN since_ms ELSE ?2 END, attempts = CASE WHEN ?3 THEN 0 ELSE attempts"
        " END WHERE " IS_OPEN " AND fate = 0 AND lane = ?1 AND due_ms > ?2 AND attempts > 0",
    [SQL_SAVE_SILENCE] =
        "INSERT INTO silences (name, match, since_ms, until_ms, by, comment)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (name) DO UPDATE SET match = excluded.match,"
        " since_ms = excluded.since_ms, until_ms = excluded.until_ms, by = excluded.by,"
        " comment = excluded.comment",
    [SQL_DROP_SILENCE] = "DELETE FROM silences WHERE name = ?1",
    [SQL_PRUNE_SILENCES] = "DELETE FROM silences WHERE until_ms <= ?1",
    [SQL_EACH_SILENCE] = "SELECT " SILENCE_COLUMNS " FROM silences s ORDER BY s.until_ms, s.name",
    [SQL_SAVE_SOURCE] =
        "INSERT INTO sources (name, since_ms, heard_ms, told_ms) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT (name) DO UPDATE SET since_ms = excluded.since_ms,"
        " heard_ms = excluded.heard_ms, told_ms = excluded.told_ms",
    [SQL_DROP_SOURCE] = "DELETE FROM sources WHERE name = ?1",
    [SQL_EACH_SOURCE] = "SELECT " SOURCE_COLUMNS " FROM sources s ORDER BY s.name",
};
