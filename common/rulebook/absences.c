#include "common/rulebook/absences.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/xalloc.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void check_absence(struct reader *reader, struct place place, void *group)
{
    struct absence *absence = group;

    (void)reader;
    absence->file = xstrdup(place.file);
    absence->line = place.line;
}

static void finish_absence(void *group)
{
    struct absence *absence = group;

    free(absence->file);
}

static const struct setting absence_settings[] = {
    {.name = "from",
     .type = SETTING_TEXT,
     .required = true,
     STORED_IN(struct absence, from),
     .help = "The first day, or the moment at which it begins, in the rep's own zone."},
    {.name = "until",
     .type = SETTING_TEXT,
     .required = true,
     STORED_IN(struct absence, until),
     .help = "The last day, or the moment at which the rep is back, in the rep's own zone."},
};

const struct setting_group absence_group = {
    .title = "away",
    .settings = absence_settings,
    .count = COUNT_OF(absence_settings),
    .size = sizeof(struct absence),
    .check = check_absence,
    .finish = finish_absence,
};

static struct place place_of(const struct absence *absence)
{
    return (struct place){absence->file, absence->line};
}

static void read_moment(struct reader *reader, const struct rep *rep, const struct absence *absence,
                        bool end, int64_t *ret_ms)
{
    const char *text = end ? absence->until : absence->from;

    if (text && zone_moment(rep->zone, text, end, ret_ms) < 0) {
        reader_error(reader, place_of(absence),
                     "away: '%s' is a day or a moment in the rep's own zone, such as "
                     "\"2026-12-24\" or \"2026-12-24T12:00\"",
                     end ? "until" : "from");
    }
}

void absences_read(struct reader *reader, struct rep *rep)
{
    for (size_t i = 0; i < rep->absence_count && rep->zone; i++) {
        struct absence *absence = &rep->absences[i];

        read_moment(reader, rep, absence, false, &absence->from_ms);
        read_moment(reader, rep, absence, true, &absence->until_ms);
        if (absence->from_ms && absence->until_ms && absence->from_ms >= absence->until_ms) {
            reader_error(reader, place_of(absence), "away: it ends ('%s') before it begins ('%s')",
                         absence->until, absence->from);
        }
    }
    if (rep->absence_count && !rep->stand_in) {
        reader_error(reader, place_of(&rep->absences[0]),
                     "'away' needs a 'stand_in', who is told meanwhile");
    }
}

const struct absence *rulebook_absence(const struct rep *rep, int64_t now_ms)
{
    for (size_t i = 0; i < rep->absence_count; i++) {
        if (rep->absences[i].from_ms <= now_ms && now_ms < rep->absences[i].until_ms) {
            return &rep->absences[i];
        }
    }
    return NULL;
}

const struct rep *rulebook_acting(const struct rulebook *rulebook, const struct rep *rep,
                                  int64_t now_ms)
{
    const struct rep *stand_in =
        rulebook_absence(rep, now_ms) ? rulebook_rep(rulebook, rep->stand_in) : NULL;

    // of the same role: checked when the book was read, and never taken on trust
    return stand_in && stand_in->role == rep->role ? stand_in : rep;
}

static void check_overlaps(struct reader *reader, const struct rep *rep, const struct rep *stand_in)
{
    for (size_t i = 0; i < rep->absence_count; i++) {
        const struct absence *absence = &rep->absences[i];

        for (size_t j = 0; j < stand_in->absence_count; j++) {
            const struct absence *other = &stand_in->absences[j];

            if (absence->from_ms < other->until_ms && other->from_ms < absence->until_ms) {
                problems_add(reader->problems, PROBLEM_ERROR, absence->file, absence->line,
                             "rep '%s': his stand-in '%s' is away too, from %s until %s (%s:%d)",
                             rep->id, stand_in->id, other->from, other->until, other->file,
                             other->line);
            }
        }
    }
}

enum mark { UNSEEN, ON_THE_WAY, SEEN };

static size_t number_of(const struct rulebook *book, const struct rep *rep)
{
    return (size_t)(rep - book->reps);
}

// Tells of the circle that begins and ends with that rep, at the place of his setting.
static void tell_circle(struct reader *reader, const struct rulebook *book, const struct rep *first)
{
    struct text chain = {0};
    const struct rep *rep = first;
    const struct place *place = NULL;

    for (size_t i = 0; i < reader->reference_count; i++) {
        if (reader->references[i].self == first) {
            place = &reader->references[i].place;
        }
    }
    text_add(&chain, first->id);
    do {
        rep = rulebook_rep(book, rep->stand_in);
        text_addf(&chain, " -> %s", rep->id);
    } while (rep != first && chain.size < 400);
    problems_add(reader->problems, PROBLEM_ERROR, place ? place->file : NULL,
                 place ? place->line : 0,
                 "rep '%s': the stand-ins go round in a circle: %s%s; with all of them away nobody "
                 "would be told",
                 first->id, chain.bytes, rep == first ? "" : " …");
    text_finish(&chain);
}

// Each chain is followed once: what it meets on its own way is a circle.
static void check_circles(struct reader *reader, const struct rulebook *book)
{
    enum mark *marks = xcalloc(book->rep_count, sizeof *marks);

    for (size_t i = 0; i < book->rep_count; i++) {
        const struct rep *rep = &book->reps[i];

        while (rep && marks[number_of(book, rep)] == UNSEEN) {
            marks[number_of(book, rep)] = ON_THE_WAY;
            rep = rulebook_rep(book, rep->stand_in);
        }
        if (rep && marks[number_of(book, rep)] == ON_THE_WAY &&
            rulebook_rep(book, rep->stand_in) != rep) { // of oneself is told elsewhere
            tell_circle(reader, book, rep);
        }
        for (rep = &book->reps[i]; rep && marks[number_of(book, rep)] == ON_THE_WAY;
             rep = rulebook_rep(book, rep->stand_in)) {
            marks[number_of(book, rep)] = SEEN;
        }
    }
    free(marks);
}

void absences_settle(struct reader *reader, const struct rulebook *book)
{
    for (size_t i = 0; i < book->rep_count; i++) {
        const struct rep *stand_in = rulebook_rep(book, book->reps[i].stand_in);

        if (stand_in && book->reps[i].id) {
            check_overlaps(reader, &book->reps[i], stand_in);
        }
    }
    check_circles(reader, book);
}
