// The case file: what the ledger knows that bears on one event. Values only; the strings live in
// the arena of whoever made it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct account {
    bool known;  // false: no record; only key is set, where the event had one
    int64_t num; // of the ledger's row, 0: not stored yet
    const char *key, *name, *tier, *group, *service, *sales, *region, *currency;
    bool has_value;
    int64_t value_minor; // a year's worth
    const char *terms_summary, *terms_link, *terms_agreed_by;
    int64_t terms_at_ms, kickoff_at_ms; // 0: never
};

enum issue_state {
    ISSUE_OPEN,
    ISSUE_ACKNOWLEDGED,
    ISSUE_PLANNED,
    ISSUE_RESOLVED,
    ISSUE_CLOSED,
    ISSUE_STATE_COUNT
};

// The two values there are: DESIGN.md, section 4.
enum hop { HOP_SERVICE = 0, HOP_SALES = 1 };

struct issue {
    bool known;                // false: no event about it was ever accepted
    bool opening_known;        // false: events about it came, its opening did not (yet)
    int64_t num;               // of the ledger's row, 0: not stored yet
    const char *key, *account; // account: key, NULL where no event named one
    const char *category, *severity, *department, *currency, *summary, *explanation, *contact;
    bool has_amount;
    int64_t amount_minor;
    enum issue_state state;
    enum hop hop;
    int64_t opened_at_ms;  // time of the opening event, or of the first event there was
    int64_t state_at_ms;   // time of the event that set the state
    int64_t updated_at_ms; // time of the newest event that set a field
    int32_t transfers, reopened, demands;
    const char *owner; // rep id: who works on it, by hop
    const char *acknowledged_by, *plan, *resolution;
    int64_t plan_due_ms;    // 0: none
    int64_t alarm_at_ms;    // when it comes of the next age that a rule asks about; 0: of none
    int64_t heads_up_at_ms; // when its sales rep was first told of it at once; 0: never
};

struct case_file {
    struct account account;
    struct issue issue;
    int64_t group_value_minor; // worth of the account's group, itself included
    int32_t open_issues,
        recent_issues; // of the account; recent: opened in the last 90 days. Capped.
    const char *big;   // looked up for a minor issue: the key of another of the account that stands
                       // open, is not minor, and was told to the sales rep at once; NULL: none
};

enum { CASE_COUNT_CAP = 30, CASE_RECENT_DAYS = 90 };

bool issue_is_open(const struct issue *issue);        // known, and neither resolved nor closed
const char *issue_state_name(enum issue_state state); // "open", "acknowledged" …
