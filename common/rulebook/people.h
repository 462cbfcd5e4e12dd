// The people of a rule book, and where each is told: values that nothing changes after the book was
// read.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/moment.h"
#include "common/base/money.h"
#include "common/base/zone.h"
#include "common/rulebook/answers.h"
#include "common/rulebook/formats.h"
#include "common/rulebook/hours.h"

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
    int64_t expire_after_ms;     // how long a heads-up may wait; 0: ever
    struct answer_rule *answers; // the first that fits decides
    size_t answer_count;
};

// A time in which a rep is away.
struct absence {
    char *from, *until; // as they are written
    char *file;         // where it stands
    int line;
    int64_t from_ms, until_ms; // the first moment of it, and the first after it
};

struct rep {
    char *id, *name;
    enum role role;
    struct endpoint webhook;
    struct endpoint *fallback; // NULL: none
    char *mention;             // how the webhook's product calls the rep; NULL: it does not
    char *stand_in;            // rep id, same role; NULL: none
    struct absence *absences;
    size_t absence_count;
    char *zone_name; // IANA
    struct zone *zone;
    enum money_form amounts; // how he reads them
    enum day_form dates;     // likewise
    char *digest;            // "08:30"
    int digest_minute;
    char *hours_text;    // as written; NULL: every hour
    struct hours *hours; // likewise
};
