#include "client/rehearsal/tally.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/moment.h"
#include "common/base/xalloc.h"
#include "common/ledger/records.h"

struct tally_private {
    struct arena *arena;         // of what is kept
    void *row_index, *rep_index; // trees of struct tally_row and tally_rep, by their names
    struct tally_row **rows;     // in the order in which they came
    struct tally_rep **reps;
    size_t row_room, rep_room, row_count, rep_count;
};

static int compare_reps(const void *one, const void *other)
{
    const struct tally_rep *a = one, *b = other;

    return strcmp(a->id, b->id);
}

static int compare_rows(const void *one, const void *other)
{
    const struct tally_row *a = one, *b = other;
    int order = strcmp(a->rep, b->rep);

    order = order ? order : strcmp(a->rule, b->rule);
    return order ? order : a->notice - b->notice;
}

// Finds it in the tree, or adds it there. For what fails only where memory is out.
static void *tree_find(const void *key, void **tree, int (*compare)(const void *, const void *))
{
    void *node = tsearch(key, tree, compare);

    if (!node) {
        abort();
    }
    return *(void **)node;
}

static struct tally_rep *find_rep(struct tally *tally, const char *id, int role)
{
    struct tally_private *own = tally->private;
    const struct tally_rep key = {.id = id};
    void *node = tfind(&key, &own->rep_index, compare_reps);
    struct tally_rep *rep;

    if (node) {
        return *(struct tally_rep **)node;
    }
    rep = arena_get(own->arena, sizeof *rep);
    rep->id = rep->name = arena_copy(own->arena, id);
    rep->role = role;
    if (own->rep_count == own->rep_room) {
        own->rep_room = own->rep_room ? 2 * own->rep_room : 64;
        own->reps = xrealloc(own->reps, own->rep_room * sizeof(struct tally_rep *));
    }
    own->reps[own->rep_count++] = rep;
    return tree_find(rep, &own->rep_index, compare_reps);
}

static struct tally_row *find_row(struct tally *tally, const struct record *record)
{
    struct tally_private *own = tally->private;
    const struct tally_row key = {
        .rep = record->rep, .rule = record->rule, .notice = record->notice};
    void *node = tfind(&key, &own->row_index, compare_rows);
    struct tally_row *row;

    if (node) {
        return *(struct tally_row **)node;
    }
    row = arena_get(own->arena, sizeof *row);
    row->rep = find_rep(tally, record->rep, record->role)->id;
    row->rule = arena_copy(own->arena, record->rule);
    row->notice = record->notice;
    if (own->row_count == own->row_room) {
        own->row_room = own->row_room ? 2 * own->row_room : 256;
        own->rows = xrealloc(own->rows, own->row_room * sizeof(struct tally_row *));
    }
    own->rows[own->row_count++] = row;
    return tree_find(row, &own->row_index, compare_rows);
}

struct tally *tally_create(const struct rulebook *const books[SIDES], int64_t first_ms,
                           size_t shown_most)
{
    struct tally *tally = xcalloc(1, sizeof *tally);

    tally->private = xcalloc(1, sizeof *tally->private);
    tally->private->arena = arena_create();
    tally->first_day = first_ms / DAY_MS;
    tally->shown_most = shown_most;
    tally->differences = xcalloc(shown_most ? shown_most : 1, sizeof *tally->differences);
    for (int side = 0; side < SIDES; side++) {
        for (size_t i = 0; i < books[side]->rep_count; i++) {
            const struct rep *rep = &books[side]->reps[i];
            struct tally_rep *ours = find_rep(tally, rep->id, rep->role);

            ours->name = arena_copy(tally->private->arena, rep->name);
            ours->role = rep->role;
        }
    }
    return tally;
}

static void leave_alone(void *node)
{
    (void)node;
}

void tally_destroy(struct tally *tally)
{
    if (tally) {
        struct tally_private *own = tally->private;

        for (size_t i = 0; i < own->rep_count; i++) {
            free(own->reps[i]->days);
        }
        tdestroy(own->row_index, leave_alone);
        tdestroy(own->rep_index, leave_alone);
        arena_destroy(own->arena);
        free(own->rows);
        free(own->reps);
        free(own);
        free(tally->rows);
        free(tally->reps);
        free(tally->differences);
        free(tally);
    }
}

void tally_destroyp(struct tally **tally)
{
    tally_destroy(*tally);
}

static void add_day(const struct tally *tally, struct tally_rep *rep, enum side side, int64_t at_ms)
{
    int64_t day = at_ms / DAY_MS - tally->first_day;

    day = day < 0 ? 0 : day >= TALLY_DAYS ? TALLY_DAYS - 1 : day;
    if (day >= rep->day_count) {
        int64_t count = day + 1 > 2 * rep->day_count ? day + 1 : 2 * rep->day_count;

        rep->days = xrealloc(rep->days, (size_t)count * sizeof *rep->days);
        memset(rep->days + rep->day_count, 0, (size_t)(count - rep->day_count) * sizeof *rep->days);
        rep->day_count = count;
    }
    rep->days[day][side]++;
}

void tally_add(struct tally *tally, enum side side, const struct record *record)
{
    struct tally_row *row;
    struct tally_rep *rep;

    if (record->kind == RECORD_END && side == AFTER) {
        tally->sums = record->sums;
    }
    if (record->kind == RECORD_DECIDED && record->fate == FATE_UNSENT) {
        tally->nobody[side]++;
        return;
    }
    if (record->kind != RECORD_DECIDED && record->kind != RECORD_SENT) {
        return;
    }
    row = find_row(tally, record);
    rep = find_rep(tally, record->rep, record->role);
    if (record->kind == RECORD_SENT) {
        row->told[side].sent++;
        rep->told[side].sent++;
        add_day(tally, rep, side, record->at_ms);
    } else if (record->fate == FATE_DIGEST) {
        row->told[side].digest++;
        rep->told[side].digest++;
    } else {
        row->told[side].now++;
        rep->told[side].now++;
    }
}

static const struct record *keep(struct arena *arena, const struct record *record)
{
    struct record *copy;

    if (!record) {
        return NULL;
    }
    copy = arena_get(arena, sizeof *copy);
    *copy = *record;
    copy->rep = arena_copy(arena, record->rep);
    copy->rule = arena_copy(arena, record->rule);
    copy->source = arena_copy(arena, record->source);
    copy->id = arena_copy(arena, record->id);
    copy->type = arena_copy(arena, record->type);
    copy->issue = arena_copy(arena, record->issue);
    copy->account = arena_copy(arena, record->account);
    return copy;
}

void tally_differ(struct tally *tally, const struct difference *difference)
{
    tally->difference_count++;
    if (tally->shown < tally->shown_most) {
        struct difference *to = &tally->differences[tally->shown++];

        for (int side = 0; side < SIDES; side++) {
            to->sides[side] = keep(tally->private->arena, difference->sides[side]);
        }
    }
}

void tally_finish(struct tally *tally)
{
    struct tally_private *own = tally->private;

    tally->reps = xcalloc(own->rep_count ? own->rep_count : 1, sizeof *tally->reps);
    tally->rows = xcalloc(own->row_count ? own->row_count : 1, sizeof *tally->rows);
    for (size_t i = 0; i < own->rep_count; i++) {
        tally->reps[i] = *own->reps[i];
    }
    for (size_t i = 0; i < own->row_count; i++) {
        tally->rows[i] = *own->rows[i];
    }
    tally->rep_count = own->rep_count;
    tally->row_count = own->row_count;
    qsort(tally->reps, tally->rep_count, sizeof *tally->reps, compare_reps);
    qsort(tally->rows, tally->row_count, sizeof *tally->rows, compare_rows);
}

int64_t told_sum(const struct told *told)
{
    return told->now + told->digest;
}

bool told_same(const struct told told[SIDES])
{
    return told[BEFORE].now == told[AFTER].now && told[BEFORE].digest == told[AFTER].digest &&
           told[BEFORE].sent == told[AFTER].sent;
}

bool tally_same(const struct tally *tally)
{
    bool same = tally->difference_count == 0;

    for (size_t i = 0; i < tally->rep_count; i++) {
        same = same && told_same(tally->reps[i].told);
    }
    return same;
}

bool tally_same_rules(const struct tally *tally)
{
    bool same = true;

    for (size_t i = 0; i < tally->row_count; i++) {
        same = same && told_same(tally->rows[i].told);
    }
    return same;
}

int64_t tally_change(const struct tally_rep *rep)
{
    return llabs(rep->told[AFTER].now - rep->told[BEFORE].now) +
           llabs(rep->told[AFTER].digest - rep->told[BEFORE].digest) +
           llabs(rep->told[AFTER].sent - rep->told[BEFORE].sent);
}

static int compare_changes(const void *one, const void *other)
{
    const struct tally_rep *const *a = one, *const *b = other;
    int64_t difference = tally_change(*b) - tally_change(*a);

    return difference > 0 ? 1 : difference < 0 ? -1 : strcmp((*a)->id, (*b)->id);
}

const struct tally_rep **tally_by_change(const struct tally *tally)
{
    const struct tally_rep **order = xcalloc(tally->rep_count + 1, sizeof(struct tally_rep *));

    for (size_t i = 0; i < tally->rep_count; i++) {
        order[i] = &tally->reps[i];
    }
    qsort(order, tally->rep_count, sizeof(struct tally_rep *), compare_changes);
    return order;
}
