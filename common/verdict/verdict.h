// The verdict: (rule book, silences, case file, event, now) -> effects. Pure: no I/O, no clock, no
// dice, no log. Here, and nowhere else, an issue moves its one hop (DOMAIN.md O1).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/event/event.h"
#include "common/rulebook/rulebook.h"
#include "common/verdict/case_file.h"

struct silences;

enum notice_kind {
    NOTICE_HEADS_UP,
    NOTICE_OWNER,
    NOTICE_ESCALATION,
    NOTICE_HANDED_OVER,
    NOTICE_STAND_FIRM,
    NOTICE_KICK_OFF,
    NOTICE_REVIEW,
    NOTICE_CHECK_IN,
    NOTICE_MEETING,
    NOTICE_DIGEST,
    NOTICE_DEAD_LETTER,
    NOTICE_SOURCE_SILENT,
    NOTICE_TEST,
    NOTICE_KIND_COUNT
};

// One thing decided about one of the account's two people: to tell now, in the digest, or not.
struct decision {
    enum role role;
    const struct rep *rep;
    const struct rep *away; // for whom rep stands in; NULL: for nobody
    enum notice_kind kind;  // of the notice, where when is not WHEN_NO
    enum when when;
    bool urgent;
    const char *rule; // the rule's name, "unsaid" or "law: …"
    const char *why;  // in words, with the values that the matchers saw
};

enum { VERDICT_DECISIONS = 4 };

struct verdict {
    struct issue issue;     // as it stands after the event
    struct account account; // likewise
    bool save_issue, save_account;
    const char
        *unknown; // "account", "issue" or NULL: what the event named and nobody had on record
    const char *answer,
        *answer_limit; // what to tell the customer, and by what law; NULL: not asked
    // the account's own two people, or the default ones; while one is away, his stand-in, and he
    const struct rep *service, *sales, *service_away, *sales_away;
    size_t decision_count;
    struct decision decisions[VERDICT_DECISIONS];
};

// Decides one event about an issue or an account, with no silence set. Strings of ret live in
// arena, in the event or in the rule book.
void verdict_decide(const struct rulebook *rulebook, const struct case_file *file,
                    const struct event *event, int64_t now_ms, struct arena *arena,
                    struct verdict *ret);

// What a verdict is asked for.
struct verdict_question {
    const struct rulebook *rulebook;
    const struct silences *silences; // NULL: none
    const struct case_file *file;
    const struct event *event;
    int64_t now_ms;
};

struct verdict_trace;

// The same, and writes down how it came about (trace.h), in arena too. trace NULL: nothing is.
void verdict_explain(const struct verdict_question *question, struct arena *arena,
                     struct verdict_trace *trace, struct verdict *ret);

// Whom to tell in a role at that moment: the account's own person, as far as the rule book knows
// one of that role by that id, or else the default one; while he is away, his stand-in. ret_away is
// then he, else NULL; it may be NULL itself.
const struct rep *verdict_person(const struct rulebook *rulebook, const struct account *account,
                                 enum role role, int64_t now_ms, const struct rep **ret_away);
const char *notice_kind_name(enum notice_kind kind); // "heads_up" …
// The tier of the case file's account: its own word, or the first of the rule book's that matches.
const char *verdict_tier(const struct rulebook *rulebook, const struct case_file *file,
                         int64_t now_ms);
