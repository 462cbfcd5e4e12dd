// The rule book: what admins write, read whole and checked whole into values that nothing changes
// afterwards. libconfig stays behind this folder's names. Nothing here decides anything.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/base/zone.h"
#include "common/rulebook/formats.h"
#include "common/rulebook/matcher.h"
#include "common/rulebook/problems.h"

struct names;
// The two hops there are (DOMAIN.md O1). No key of the rule book adds a third.
enum role { ROLE_SERVICE, ROLE_SALES };

// Where notices are sent, one lane each.
struct endpoint {
    char *lane; // the rep's id, the rep's id and ".fallback", or "admin"
    char *url;  // as requests go to it: see formats.h
    char *host; // of url, for the log: the address itself is a secret
    enum payload_format format;
    char *topic;         // of ntfy; NULL: another format
    const char *mention; // of the rep whose it is, where the format is the one that it is for
    char *secret_file;   // as the rule book names it; NULL: not signed
    char *secret; // "whsec_…" as that file has it, where secrets were asked for; a second one, in
                  // rotation, on a line of its own. Never printed.
    char *ca_file, *ca; // PEM, as the file has it; NULL: the system's CAs
    char *client_cert_file, *client_cert, *client_key_file;
    char *client_key; // PEM. Never printed.
    char *proxy;      // NULL: none
    char **allow;     // private networks that are allowed
    size_t allow_count;
    bool insecure;       // http to a host that is not loopback
    bool allow_private;  // private = true: addresses in private ranges
    int concurrency;     // requests at once, 1 keeps the order
    int rate_per_minute; // 0: no limit
    int64_t rate_gap_ms; // the same as the least time between two requests, 0: none
    int64_t timeout_ms, connect_timeout_ms;
};

struct rep {
    char *id, *name;
    enum role role;
    struct endpoint webhook;
    struct endpoint *fallback; // NULL: none
    char *mention;             // how the webhook's product calls the rep; NULL: it does not
    char *stand_in;            // rep id, same role; NULL: none
    char *zone_name;           // IANA
    struct zone *zone;
    char *digest; // "08:30"
    int digest_minute;
};

enum when { WHEN_UNSAID, WHEN_NOW, WHEN_DIGEST, WHEN_NO };

struct rule {
    char *name;
    char *file; // where it stands
    int line;
    struct matcher *matchers; // all must hold; none: always
    size_t matcher_count;
    enum when heads_up, service;
    bool escalate, urgent, go_on; // go_on: continue = true
};

struct tier {
    char *name;
    struct matcher *matchers;
    size_t matcher_count;
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
    struct rep *reps;
    size_t rep_count;
    const struct rep *default_service, *default_sales;
    struct endpoint *admin; // NULL: the admin has no webhook
    struct tier *tiers;
    size_t tier_count;
    struct rule *rules;
    size_t rule_count;
    enum when unsaid_heads_up, unsaid_service;
    int64_t *retry_ms; // the schedule of the courier
    size_t retry_count;
    int64_t retry_after_cap_ms;
    int64_t *ages_ms; // every threshold that a rule sets on age, ascending
    size_t age_count;
    struct names *rep_index, *lane_index; // by id, by lane
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
const char *role_name(enum role role); // "service", "sales"
const char *when_name(enum when when); // "now", "digest", "no"
