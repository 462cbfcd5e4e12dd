#include "common/rulebook/reps.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/nearest.h"
#include "common/base/xalloc.h"
#include "common/rulebook/absences.h"
#include "common/rulebook/endpoint.h"

enum { REP_ID_BYTES = 64, ABSENCES_MOST = 100 };

#define ADMIN    "admin"
#define FALLBACK ".fallback"

static void check_id(struct reader *reader, struct place place, const char *text, void *group)
{
    size_t size = strlen(text), tail = strlen(FALLBACK);

    (void)group;
    if (strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") != size ||
        size > REP_ID_BYTES) {
        reader_error(reader, place,
                     "'id' is made of letters, digits, '.', '_' and '-', at most 64 of them");
    } else if (strcmp(text, ADMIN) == 0) {
        reader_error(reader, place, "'id' cannot be admin: that is the name of the admin's lane");
    } else if (size >= tail && strcmp(text + size - tail, FALLBACK) == 0) {
        reader_error(reader, place,
                     "'id' cannot end in " FALLBACK
                     ": that is how the lanes of fallback webhooks are called");
    }
}

static void check_stand_in(struct reader *reader, struct place place, const char *text, void *group)
{
    // the rep's own role may follow below: it is filled in by check_rep
    reader_refer(reader, text, (struct reference){.place = place, .self = group});
}

static void refuse_zone(struct reader *reader, struct place place, const char *text)
{
    cleanup_with(freep) char *nearest = zone_nearest(text);

    if (nearest) {
        reader_error(reader, place, "'zone': there is no time zone '%.40s'; did you mean '%s'?",
                     text, nearest);
    } else {
        reader_error(reader, place,
                     "'zone': this system knows no time zone '%.40s'; write one such as "
                     "\"America/Chicago\" (the package tzdata has them)",
                     text);
    }
}

void reps_read_zone(struct reader *reader, struct place place, const char *text, struct zone **ret)
{
    zone_close(*ret); // of the default
    *ret = NULL;
    if (strstr(text, "..") || text[0] == '/' || zone_open(text, ret) < 0) {
        refuse_zone(reader, place, text);
    }
}

static void check_zone(struct reader *reader, struct place place, const char *text, void *group)
{
    struct rep *rep = group;

    reps_read_zone(reader, place, text, &rep->zone);
}

static void check_digest(struct reader *reader, struct place place, const char *text, void *group)
{
    struct rep *rep = group;

    if (hours_time_of_day(text, &rep->digest_minute) < 0) {
        reader_error(reader, place, "'digest' is '%.40s'; it is a time of day, such as \"08:30\"",
                     text);
    }
}

static void check_hours(struct reader *reader, struct place place, const char *text, void *group)
{
    struct rep *rep = group;

    if (hours_parse(text, &rep->hours) < 0) {
        reader_error(reader, place,
                     "'hours' are '%.80s'; they are written like \"mon-fri 08:00-18:00\", several "
                     "with commas, and none may be empty",
                     text);
    }
}

static void finish_rep(void *group)
{
    struct rep *rep = group;

    hours_destroy(rep->hours);
    zone_close(rep->zone);
}

static void prepare_rep(void *group)
{
    struct rep *rep = group;

    rep->role = (enum role) - 1; // none, until it is read
}

static char *lane_of(const char *id, const char *tail)
{
    struct text lane = {0};

    text_addf(&lane, "%s%s", id, tail);
    return lane.bytes;
}

// It is written for the webhook's product; the fallback's may be another.
static void check_mention(struct reader *reader, struct place place, struct rep *rep)
{
    enum payload_format format = rep->webhook.format;
    const char *example = formats_mention_example(format);

    if (!rep->mention) {
        return;
    }
    if (!example) {
        reader_warning(reader, place, "'mention' has no effect with the format %s",
                       formats_words.words[format]);
    } else if (formats_mention_check(format, rep->mention) < 0) {
        reader_error(reader, place, "'mention' for %s is written like \"%s\"",
                     formats_words.words[format], example);
    } else {
        rep->webhook.mention = rep->mention;
        if (rep->fallback && rep->fallback->format == format) {
            rep->fallback->mention = rep->mention;
        }
    }
}

static void check_rep(struct reader *reader, struct place place, void *group)
{
    struct rep *rep = group;
    const struct name *first;

    if (!rep->id) {
        return;
    }
    first = names_add(reader->reps, rep->id, rep, place);
    if (first) {
        reader_error(reader, place, "the id '%s' is taken by the rep at %s:%d", rep->id,
                     first->place.file, first->place.line);
    }
    check_mention(reader, place, rep);
    absences_read(reader, rep);
    rep->webhook.lane = lane_of(rep->id, "");
    if (rep->fallback) {
        rep->fallback->lane = lane_of(rep->id, FALLBACK);
    }
}

static const char *const role_list[] = {[ROLE_SERVICE] = "service", [ROLE_SALES] = "sales"};
const struct setting_words role_words = {role_list, 2};

const char *role_name(enum role role)
{
    return role == ROLE_SERVICE ? "service" : "sales";
}

static const char *const amount_list[] = {[MONEY_COMMA_POINT] = "1,234.50",
                                          [MONEY_POINT_COMMA] = "1.234,50",
                                          [MONEY_SPACE_COMMA] = "1 234,50",
                                          [MONEY_QUOTE_POINT] = "1'234.50"};
static const struct setting_words amount_words = {amount_list, 4};

static const char *const date_list[] = {[DAY_TUE_24_NOV] = "Tue 24 Nov",
                                        [DAY_TUE_NOV_24] = "Tue Nov 24",
                                        [DAY_24_11] = "24.11",
                                        [DAY_2026_11_24] = "2026-11-24"};
static const struct setting_words date_words = {date_list, DAY_FORM_COUNT};

static const struct setting rep_settings[] = {
    {.name = "id",
     .type = SETTING_TEXT,
     .required = true,
     .check = check_id,
     STORED_IN(struct rep, id),
     .help = "The short name by which accounts and commands know the rep."},
    {.name = "name",
     .type = SETTING_TEXT,
     .required = true,
     .max = 128,
     STORED_IN(struct rep, name),
     .help = "The name as people read it in a notice."},
    {.name = "role",
     .type = SETTING_WORD,
     .required = true,
     .law = true,
     .words = &role_words,
     STORED_IN(struct rep, role),
     .help = "What the rep does for accounts: service, or sales."},
    {.name = "webhook",
     .type = SETTING_GROUP,
     .required = true,
     .group = &endpoint_group,
     STORED_IN(struct rep, webhook),
     .help = "Where the rep's notices are sent."},
    {.name = "fallback",
     .type = SETTING_GROUP,
     .by_pointer = true,
     .group = &endpoint_group,
     STORED_IN(struct rep, fallback),
     .help = "A second webhook of the same rep, tried when the first is dead."},
    {.name = "stand_in",
     .type = SETTING_TEXT,
     .check = check_stand_in,
     STORED_IN(struct rep, stand_in),
     .help = "The id of the rep of the same role who takes over in absence."},
    {.name = "away",
     .type = SETTING_GROUPS,
     .max = ABSENCES_MOST,
     .group = &absence_group,
     LISTED_IN(struct rep, absences, absence_count),
     .help = "When the rep is away: what is for him then goes to his stand_in."},
    {.name = "zone",
     .type = SETTING_TEXT,
     .def = "\"UTC\"",
     .check = check_zone,
     STORED_IN(struct rep, zone_name),
     .help = "The rep's time zone, such as America/Chicago."},
    {.name = "amounts",
     .type = SETTING_WORD,
     .def = "\"1,234.50\"",
     .words = &amount_words,
     STORED_IN(struct rep, amounts),
     .help = "How amounts are written for the rep: 1,234.50, 1.234,50, 1 234,50 or 1'234.50."},
    {.name = "dates",
     .type = SETTING_WORD,
     .def = "\"Tue 24 Nov\"",
     .words = &date_words,
     STORED_IN(struct rep, dates),
     .help = "How days are written for the rep: Tue 24 Nov, Tue Nov 24, 24.11 or 2026-11-24."},
    {.name = "digest",
     .type = SETTING_TEXT,
     .def = "\"08:00\"",
     .check = check_digest,
     STORED_IN(struct rep, digest),
     .help = "The time of day at which the rep's digest is sent, such as 08:30."},
    {.name = "hours",
     .type = SETTING_TEXT,
     .check = check_hours,
     STORED_IN(struct rep, hours_text),
     .help = "When the rep may be disturbed by what is not urgent, such as mon-fri 08:00-18:00."},
    {.name = "mention",
     .type = SETTING_TEXT,
     .max = 128,
     STORED_IN(struct rep, mention),
     .help =
         "How the webhook's product calls the rep by name, for escalations and what is urgent."},
};

const struct setting_group rep_group = {
    .title = "rep",
    .named = "id",
    .settings = rep_settings,
    .count = sizeof rep_settings / sizeof rep_settings[0],
    .size = sizeof(struct rep),
    .prepare = prepare_rep,
    .finish = finish_rep,
    .check = check_rep,
};

static void check_default_service(struct reader *reader, struct place place, const char *text,
                                  void *group)
{
    struct rulebook *book = group;

    reader_refer(
        reader, text,
        (struct reference){.place = place, .role = ROLE_SERVICE, .ret = &book->default_service});
}

static void check_default_sales(struct reader *reader, struct place place, const char *text,
                                void *group)
{
    struct rulebook *book = group;

    reader_refer(
        reader, text,
        (struct reference){.place = place, .role = ROLE_SALES, .ret = &book->default_sales});
}

static const struct setting default_settings[] = {
    {.name = "service",
     .type = SETTING_TEXT,
     .required = true,
     .check = check_default_service,
     .help = "The id of the service rep of accounts that have none on record."},
    {.name = "sales",
     .type = SETTING_TEXT,
     .required = true,
     .check = check_default_sales,
     .help = "The id of the sales rep of accounts that have none on record."},
};

const struct setting_group default_group = {
    .title = "default",
    .settings = default_settings,
    .count = sizeof default_settings / sizeof default_settings[0],
    .size = sizeof(struct rulebook),
};

static const char *nearest_rep(const struct rulebook *book, const char *id)
{
    const char **ids = xcalloc(book->rep_count, sizeof *ids);
    const char *nearest;

    for (size_t i = 0; i < book->rep_count; i++) {
        ids[i] = book->reps[i].id;
    }
    nearest = nearest_word(id, ids, book->rep_count);
    free(ids);
    return nearest;
}

static void settle(struct reader *reader, const struct rulebook *book,
                   const struct reference *reference)
{
    const struct name *found = names_find(reader->reps, reference->id);
    const struct rep *rep = found ? found->thing : NULL;
    enum role role = reference->self ? reference->self->role : reference->role;
    struct problems *problems = reader->problems;
    const char *file = reference->place.file, *nearest;
    int line = reference->place.line;

    if (!rep) {
        nearest = nearest_rep(book, reference->id);
        problems_add(problems, PROBLEM_ERROR, file, line, "%s: there is no rep '%.80s'%s%s%s",
                     reference->owner, reference->id, nearest ? "; did you mean '" : "",
                     nearest ? nearest : "", nearest ? "'?" : "");
    } else if (rep == reference->self) {
        problems_add(problems, PROBLEM_ERROR, file, line, "%s: a rep cannot stand in for himself",
                     reference->owner);
    } else if ((unsigned)rep->role <= ROLE_SALES && (unsigned)role <= ROLE_SALES &&
               rep->role != role) {
        problems_add(problems, PROBLEM_ERROR, file, line,
                     "%s: rep '%s' has the role %s, and %s is wanted here", reference->owner,
                     rep->id, role_name(rep->role), role_name(role));
    } else if (reference->ret) {
        *reference->ret = rep;
    }
}

static void add_lane(struct rulebook *book, const struct endpoint *endpoint)
{
    if (endpoint && endpoint->lane) {
        (void)names_add(book->lane_index, endpoint->lane, endpoint, (struct place){0});
    }
}

void reps_settle(struct reader *reader, struct rulebook *book)
{
    for (size_t i = 0; i < reader->reference_count; i++) {
        settle(reader, book, &reader->references[i]);
    }
    book->rep_index = reader->reps; // the book's from here on
    reader->reps = NULL;
    book->lane_index = names_create();
    for (size_t i = 0; i < book->rep_count; i++) {
        add_lane(book, &book->reps[i].webhook);
        add_lane(book, book->reps[i].fallback);
    }
    absences_settle(reader, book);
    if (book->admin) {
        book->admin->lane = xstrdup(ADMIN);
        add_lane(book, book->admin);
    }
}

const struct rep *rulebook_rep(const struct rulebook *rulebook, const char *id)
{
    const struct name *found = id ? names_find(rulebook->rep_index, id) : NULL;

    return found ? found->thing : NULL;
}

const struct endpoint *rulebook_lane(const struct rulebook *rulebook, const char *lane)
{
    const struct name *found = lane ? names_find(rulebook->lane_index, lane) : NULL;

    return found ? found->thing : NULL;
}

const struct rep *rulebook_fallback_of(const struct rulebook *rulebook, const char *lane)
{
    size_t size = strlen(lane), tail = strlen(FALLBACK);
    char id[REP_ID_BYTES + 1];

    // no rep's id ends so
    if (size <= tail || size - tail >= sizeof id || strcmp(lane + size - tail, FALLBACK) != 0 ||
        !rulebook_lane(rulebook, lane)) {
        return NULL;
    }
    memcpy(id, lane, size - tail);
    id[size - tail] = '\0';
    return rulebook_rep(rulebook, id);
}
