#include "common/rulebook/book.h"

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "common/base/moment.h"
#include "common/rulebook/absences.h"
#include "common/rulebook/endpoint.h"
#include "common/rulebook/later.h"
#include "common/rulebook/reader.h"
#include "common/rulebook/reps.h"
#include "common/rulebook/rules.h"
#include "common/rulebook/watched.h"

enum {
    BINDS_MOST = 16,
    RETRIES_MOST = 32,
    REPS_MOST = 10000,
    SOURCES_MOST = 1000,
    DEPARTMENTS_MOST = 1000,
    RULES_MOST = 20000,
    TIERS_MOST = 1000
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void check_bind(struct reader *reader, struct place place, const char *text, void *group)
{
    const char *path = text + strlen("ipc://");
    struct sockaddr_un address;

    (void)group;
    if (strncmp(text, "tcp://", 6) == 0) {
        reader_error(reader, place,
                     "a tcp bind is open to strangers without a curve block, which is not "
                     "available in this version: bind an ipc address");
    } else if (strncmp(text, "ipc://", 6) != 0 || path[0] != '/') {
        reader_error(reader, place, "'bind' takes addresses such as \"ipc:///run/headsup/intake\"");
    } else if (strlen(path) >= sizeof address.sun_path) {
        reader_error(reader, place, "the path of an ipc address has at most %zu bytes",
                     sizeof address.sun_path - 1);
    }
}

static const struct setting intake_settings[] = {
    {.name = "bind",
     .type = SETTING_TEXTS,
     .def = "[ \"ipc:///run/headsup/intake\" ]",
     .min = 1,
     .max = BINDS_MOST,
     .check = check_bind,
     LISTED_IN(struct rulebook, binds, bind_count),
     .help = "The addresses at which events are received."},
    {.name = "curve",
     .type = SETTING_ABSENT,
     .help = "The keys without which no tcp address is bound; not available in this version."},
    {.name = "max_event_kib",
     .type = SETTING_INTEGER,
     .def = "256",
     .min = 1,
     .max = 1024,
     STORED_IN(struct rulebook, max_event_kib),
     .help = "The size, in KiB, up to which one event is taken."},
    {.name = "max_parts",
     .type = SETTING_INTEGER,
     .def = "1024",
     .min = 1,
     .max = 65536,
     STORED_IN(struct rulebook, max_parts),
     .help = "How many frames one request may have."},
    {.name = "turn_events",
     .type = SETTING_INTEGER,
     .def = "512",
     .min = 1,
     .max = 65536,
     STORED_IN(struct rulebook, turn_events),
     .help = "At most so many events are recorded in one transaction."},
};

static const struct setting_group intake_group = {.title = "intake",
                                                  .settings = intake_settings,
                                                  .count = COUNT_OF(intake_settings),
                                                  .size = sizeof(struct rulebook)};

static const struct setting admin_settings[] = {
    {.name = "webhook",
     .type = SETTING_GROUP,
     .by_pointer = true,
     .group = &endpoint_group,
     STORED_IN(struct rulebook, admin),
     .help = "Where the admin is told of what cannot be delivered; never of a case."},
};

static const struct setting_group admin_group = {.title = "admin",
                                                 .settings = admin_settings,
                                                 .count = COUNT_OF(admin_settings),
                                                 .size = sizeof(struct rulebook)};

static const struct setting unsaid_settings[] = {
    {.name = "heads_up",
     .type = SETTING_WORD,
     .def = "\"no\"",
     .words = &when_words,
     STORED_IN(struct rulebook, unsaid_heads_up),
     .help = "When the sales rep is told where no rule says it: now, digest, or no."},
    {.name = "service",
     .type = SETTING_WORD,
     .def = "\"digest\"",
     .words = &when_words,
     STORED_IN(struct rulebook, unsaid_service),
     .help = "When the service rep is told where no rule says it: now, digest, or no."},
};

static const struct setting_group unsaid_group = {.title = "unsaid",
                                                  .settings = unsaid_settings,
                                                  .count = COUNT_OF(unsaid_settings),
                                                  .size = sizeof(struct rulebook)};

static const struct setting courier_settings[] = {
    {.name = "retry",
     .type = SETTING_SPANS,
     .def = "[ \"5s\", \"5m\", \"30m\", \"2h\", \"5h\", \"10h\", \"10h\" ]",
     .min = 1,
     .max = RETRIES_MOST,
     LISTED_IN(struct rulebook, retry_ms, retry_count),
     .help = "The waits before each further try of a notice that could not be delivered."},
    {.name = "retry_after_cap",
     .type = SETTING_SPAN,
     .def = "\"1h\"",
     .max = 30 * (int64_t)DAY_MS,
     STORED_IN(struct rulebook, retry_after_cap_ms),
     .help = "The longest wait that a receiver may ask for."},
};

static const struct setting_group courier_group = {.title = "courier",
                                                   .settings = courier_settings,
                                                   .count = COUNT_OF(courier_settings),
                                                   .size = sizeof(struct rulebook)};

static const struct setting gather_settings[] = {
    {.name = "wait",
     .type = SETTING_SPAN,
     .def = "\"30s\"",
     .max = DAY_MS,
     STORED_IN(struct gather, wait_ms),
     .help =
         "How long the first notice about an issue waits for others to join it; 0s: none waits."},
    {.name = "again",
     .type = SETTING_SPAN,
     .def = "\"5m\"",
     .max = 7 * (int64_t)DAY_MS,
     STORED_IN(struct gather, again_ms),
     .help = "How long after a message the next about the same issue waits at least."},
};

static const struct setting_group gather_group = {.title = "gather",
                                                  .settings = gather_settings,
                                                  .count = COUNT_OF(gather_settings),
                                                  .size = sizeof(struct gather)};

static void check_ledger(struct reader *reader, struct place place, const char *text, void *group)
{
    struct rulebook *book = group;
    const char *path = text + strlen("sqlite:");

    if (strncmp(text, "sqlite:", strlen("sqlite:")) != 0 || *path == '\0') {
        reader_error(reader, place,
                     "'ledger' is written like \"sqlite:/var/lib/headsup/ledger.db\"");
    } else if (book) {
        book->ledger_path = source_resolve(book->path, path);
    }
}

static void check_currency(struct reader *reader, struct place place, const char *text, void *group)
{
    (void)group;
    if (strlen(text) != 3 || strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3) {
        reader_error(reader, place, "'currency' is three capital letters, such as \"USD\"");
    }
}

static void check_zone(struct reader *reader, struct place place, const char *text, void *group)
{
    struct rulebook *book = group;

    reps_read_zone(reader, place, text, &book->zone);
}

static const struct setting book_settings[] = {
    {.name = "intake",
     .type = SETTING_GROUP,
     .group = &intake_group,
     .help = "Where events are received, and how much of them."},
    {.name = "ledger",
     .type = SETTING_TEXT,
     .def = "\"sqlite:/var/lib/headsup/ledger.db\"",
     .check = check_ledger,
     .help = "Where everything is recorded; a relative path begins at the rule book's folder."},
    {.name = "min_free_mib",
     .type = SETTING_INTEGER,
     .def = "64",
     .max = 1048576,
     STORED_IN(struct rulebook, min_free_mib),
     .help = "The free space, in MiB, below which events are answered unavailable."},
    {.name = "currency",
     .type = SETTING_TEXT,
     .def = "\"USD\"",
     .check = check_currency,
     STORED_IN(struct rulebook, currency),
     .help = "The currency of amounts that name none: three capital letters."},
    {.name = "zone",
     .type = SETTING_TEXT,
     .def = "\"UTC\"",
     .check = check_zone,
     STORED_IN(struct rulebook, zone_name),
     .help = "The time zone in which hour and weekday of matchers are meant."},
    {.name = "reps",
     .type = SETTING_GROUPS,
     .required = true,
     .min = 1,
     .max = REPS_MOST,
     .group = &rep_group,
     LISTED_IN(struct rulebook, reps, rep_count),
     .help = "The people who are told."},
    {.name = "default",
     .type = SETTING_GROUP,
     .required = true,
     .group = &default_group,
     .help = "Who looks after accounts that have no rep on record."},
    {.name = "admin",
     .type = SETTING_GROUP,
     .group = &admin_group,
     .help = "Where the one who keeps the daemon running is told."},
    {.name = "departments",
     .type = SETTING_TEXTS,
     .max = DEPARTMENTS_MOST,
     LISTED_IN(struct rulebook, departments, department_count),
     .help = "The departments there are, so that a rule which names another is warned of."},
    {.name = "tiers",
     .type = SETTING_GROUPS,
     .max = TIERS_MOST,
     .group = &tier_group,
     LISTED_IN(struct rulebook, tiers, tier_count),
     .help = "How accounts are sorted by their worth; the first entry that matches decides."},
    {.name = "rules",
     .type = SETTING_GROUPS,
     .max = RULES_MOST,
     .group = &rule_group,
     LISTED_IN(struct rulebook, rules, rule_count),
     .help = "Who is told of what, tried from the top; the first rule that matches decides."},
    {.name = "unsaid",
     .type = SETTING_GROUP,
     .group = &unsaid_group,
     .help = "What holds where no rule says it."},
    {.name = "courier",
     .type = SETTING_GROUP,
     .group = &courier_group,
     .help = "How notices are tried again."},
    {.name = "gather",
     .type = SETTING_GROUP,
     .by_pointer = true,
     .group = &gather_group,
     STORED_IN(struct rulebook, gather),
     .help = "How notices about one issue gather into one message; without it each goes at once."},
    {.name = "follow_through",
     .type = SETTING_GROUP,
     .later = true,
     .group = &follow_through_group,
     .help = "What falls due in the life of an issue and of an account."},
    {.name = "boundaries",
     .type = SETTING_GROUP,
     .later = true,
     .group = &boundaries_group,
     .help = "What service and sales may grant a customer."},
    {.name = "sources",
     .type = SETTING_GROUPS,
     .max = SOURCES_MOST,
     .group = &source_group,
     LISTED_IN(struct rulebook, sources, source_count),
     .help = "The sources whose silence the admin is told of."},
};

static void check_book(struct reader *reader, struct place place, void *group)
{
    struct rulebook *book = group;

    book->source_index = reader->sources; // the book's from here on
    reader->sources = NULL;
    book->rule_index = reader->rules;
    reader->rules = NULL;
    if (book->source_count && !book->admin) {
        reader_warning(reader, place,
                       "'sources' are watched, and nobody is told: the admin has no webhook");
    }

    for (size_t i = 0; i < book->bind_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (book->binds[i] && book->binds[j] && strcmp(book->binds[i], book->binds[j]) == 0) {
                reader_error(reader, place, "the intake binds one address twice");
            }
        }
    }
}

static void finish_book(void *group)
{
    struct rulebook *book = group;

    zone_close(book->zone);
    free(book->path);
    free(book->ledger_path);
    free(book->ages_ms);
    names_destroy(book->rep_index);
    names_destroy(book->lane_index);
    names_destroy(book->source_index);
    names_destroy(book->rule_index);
}

const struct setting_group book_group = {
    .title = "top level",
    .settings = book_settings,
    .count = COUNT_OF(book_settings),
    .size = sizeof(struct rulebook),
    .check = check_book,
    .finish = finish_book,
};

void settings_each(void (*callback)(void *user, const struct setting_group *group,
                                    const struct setting *setting),
                   void *user)
{
    static const struct setting_group *const groups[] = {
        &book_group,     &intake_group,         &rep_group,        &absence_group,
        &endpoint_group, &answer_group,         &default_group,    &admin_group,
        &tier_group,     &rule_group,           &unsaid_group,     &courier_group,
        &gather_group,   &follow_through_group, &boundaries_group, &discount_group,
        &freight_group,  &payment_days_group,   &source_group,
    };

    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        for (size_t j = 0; j < groups[i]->count; j++) {
            callback(user, groups[i], &groups[i]->settings[j]);
        }
    }
}
