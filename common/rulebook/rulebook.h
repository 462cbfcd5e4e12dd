// The rule book: what admins write, read whole and checked whole into values that nothing changes
// afterwards. libconfig stays behind this folder's names. Nothing here decides anything.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/rulebook/matcher.h"
#include "common/rulebook/people.h"
#include "common/rulebook/problems.h"

struct names;

// How notices about one issue to one rep become one message.
struct gather {
    int64_t wait_ms;  // the first waits so long for others
    int64_t again_ms; // and the next so long after a message, at least
};

enum when { WHEN_UNSAID, WHEN_NOW, WHEN_DIGEST, WHEN_NO };

struct rule {
    char *name;
    char *file; // where it stands
    int line;
    struct matcher *matchers; // all must hold; none: always
    size_t matcher_count;
    uint64_t events;       // a bit for each type that its matchers on the event hold for
    char *headline, *body; // templates; NULL: the usual words
    enum when heads_up, service;
    bool escalate, urgent, go_on; // go_on: continue = true
};

struct tier {
    char *name;
    struct matcher *matchers;
    size_t matcher_count;
};

// A source of events whose silence the admin is told of.
struct watched {
    char *name;
    int64_t silent_after_ms;
};

struct rulebook {
    char *path;   // of the file that was read
    char **binds; // of the intake
    size_t bind_count;
    int max_event_kib; // limits of the intake
    int max_parts;
    int turn_events;   // N of a turn
    char *ledger_path; // behind "sqlite:"
    int min_free_mib;  // events are answered unavailable below it
    char *currency;
    char *zone_name; // IANA
    struct zone *zone;
    struct rep *reps;
    size_t rep_count;
    const struct rep *default_service, *default_sales;
    struct endpoint *admin; // NULL: the admin has no webhook
    char **departments;     // none: not said
    size_t department_count;
    struct tier *tiers;
    size_t tier_count;
    struct rule *rules;
    size_t rule_count;
    enum when unsaid_heads_up, unsaid_service;
    struct gather *gather; // NULL: each goes at once
    bool holds;            // a notice may have to wait: some gather, or some rep has hours
    int64_t *retry_ms;     // the schedule of the courier
    size_t retry_count;
    int64_t retry_after_cap_ms;
    int64_t *ages_ms; // those from which some matcher on age answers otherwise, ascending
    size_t age_count;
    struct watched *sources;
    size_t source_count;
    struct names *rep_index, *lane_index, *source_index; // by id, by lane, by name
    struct names *rule_index;                            // by name
};

// Reads the rule book at path with all that it includes. -EINVAL with every error in problems,
// which may hold warnings on success too. Secrets are read where with_secrets is true.
must_check int rulebook_load(const char *path, bool with_secrets, struct rulebook **ret,
                             struct problems *problems);
void rulebook_destroy(struct rulebook *rulebook);
void rulebook_destroyp(struct rulebook **rulebook);

// The rep of that id, or NULL (id may be NULL).
const struct rep *rulebook_rep(const struct rulebook *rulebook, const char *id);
// The endpoint of that lane, or NULL.
const struct endpoint *rulebook_lane(const struct rulebook *rulebook, const char *lane);
// The rep whose fallback that lane is, or NULL.
const struct rep *rulebook_fallback_of(const struct rulebook *rulebook, const char *lane);
// Who acts for the rep at that moment: himself, or while he is away the one who stands in for him.
const struct rep *rulebook_acting(const struct rulebook *rulebook, const struct rep *rep,
                                  int64_t now_ms);
// The absence that the rep is in at that moment, or NULL.
const struct absence *rulebook_absence(const struct rep *rep, int64_t now_ms);
const char *role_name(enum role role); // "service", "sales"
// The rule of that name, or NULL.
const struct rule *rulebook_rule(const struct rulebook *rulebook, const char *name);
const char *when_name(enum when when); // "now", "digest", "no"
