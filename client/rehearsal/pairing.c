#include "client/rehearsal/pairing.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/xalloc.h"
#include "common/ledger/records.h"

// One of the two, with what it decided in the moment that is in hand.
struct stream {
    FILE *from;
    struct arena *next_arena, *arena; // of the record to come, and of those in hand
    struct record next;
    bool ended;
    struct record *held;
    size_t count, capacity;
};

struct pairing {
    struct stream streams[SIDES];
    const struct pairing_listener *listener;
};

// --- reading -------------------------------------------------------------------------------------

static int read_next(struct stream *stream, struct error *err)
{
    int code;

    arena_reset(stream->next_arena);
    code = record_read(stream->from, stream->next_arena, &stream->next);
    if (code <= 0) {
        return error_set(err, -EPIPE, "a trial ended before its end");
    }
    if (stream->next.kind == RECORD_FAILED) {
        return error_set(err, -EIO, "a trial failed: %s", stream->next.words);
    }
    stream->ended = stream->next.kind == RECORD_END;
    return 0;
}

static void hold(struct stream *stream)
{
    const struct record *from = &stream->next;
    struct record *to;

    if (stream->count == stream->capacity) {
        stream->capacity = stream->capacity ? 2 * stream->capacity : 64;
        stream->held = xrealloc(stream->held, stream->capacity * sizeof *stream->held);
    }
    to = &stream->held[stream->count++];
    *to = *from;
    to->rep = arena_copy(stream->arena, from->rep);
    to->rule = arena_copy(stream->arena, from->rule);
    to->source = arena_copy(stream->arena, from->source);
    to->id = arena_copy(stream->arena, from->id);
    to->type = arena_copy(stream->arena, from->type);
    to->issue = arena_copy(stream->arena, from->issue);
    to->account = arena_copy(stream->arena, from->account);
    to->words = NULL;
}

// Where in the feed, and when. The end is behind everything.
static int compare_places(const struct stream *one, const struct stream *other)
{
    const struct record *a = &one->next, *b = &other->next;

    if (one->ended || other->ended) {
        return one->ended - other->ended;
    }
    if (a->position != b->position) {
        return a->position < b->position ? -1 : 1;
    }
    return a->at_ms < b->at_ms ? -1 : a->at_ms > b->at_ms;
}

// Takes from one stream all that stands at the place of its next record.
static int take_place(struct pairing *pairing, enum side side, int64_t position, int64_t at_ms,
                      struct error *err)
{
    struct stream *stream = &pairing->streams[side];
    int code = 0;

    while (code == 0 && !stream->ended && stream->next.position == position &&
           stream->next.at_ms == at_ms) {
        pairing->listener->record(pairing->listener->user, side, &stream->next);
        if (stream->next.kind == RECORD_DECIDED) {
            hold(stream);
        }
        code = read_next(stream, err);
    }
    return code;
}

// --- comparing -----------------------------------------------------------------------------------

static int compare_texts(const char *one, const char *other)
{
    return strcmp(one ? one : "", other ? other : "");
}

// Whether two are about the same thing, for the same role. What the service made itself has no id
// that both could share: its type and its issue tell it.
static int compare_subjects(const struct record *one, const struct record *other)
{
    int order = compare_texts(one->type, other->type);

    order = order ? order : compare_texts(one->issue, other->issue);
    return order ? order : one->role - other->role;
}

static int compare_held(const void *one, const void *other)
{
    const struct record *a = one, *b = other;
    int order = compare_subjects(a, b);

    order = order ? order : a->notice - b->notice;
    return order ? order : compare_texts(a->rep, b->rep);
}

static bool is_told(const struct record *record)
{
    return record->fate != FATE_UNSENT;
}

// Whether the rep hears the same, whatever rule it is by.
static bool same_for_rep(const struct record *one, const struct record *other)
{
    if (!is_told(one) && !is_told(other)) {
        return true;
    }
    return one->fate == other->fate && one->notice == other->notice &&
           one->due_ms == other->due_ms && compare_texts(one->rep, other->rep) == 0;
}

struct span {
    struct record *from;
    size_t count;
};

static void drop(struct span *span, size_t i)
{
    span->count--;
    memmove(&span->from[i], &span->from[i + 1], (span->count - i) * sizeof *span->from);
}

// Takes the same out of both.
static void cross_out(struct span *before, struct span *after)
{
    for (size_t i = 0; i < before->count;) {
        size_t j = 0;

        while (j < after->count && !same_for_rep(&before->from[i], &after->from[j])) {
            j++;
        }
        if (j < after->count) {
            drop(before, i);
            drop(after, j);
        } else {
            i++;
        }
    }
}

// Decisions about one thing for one role, of both sides: few.
static void compare_spans(const struct pairing *pairing, struct span before, struct span after)
{
    size_t most;

    cross_out(&before, &after);
    most = before.count > after.count ? before.count : after.count;
    for (size_t i = 0; i < most; i++) {
        const struct difference difference = {
            {i < before.count ? &before.from[i] : NULL, i < after.count ? &after.from[i] : NULL}};
        bool told = false;

        for (int side = 0; side < SIDES; side++) {
            told = told || (difference.sides[side] && is_told(difference.sides[side]));
        }
        if (told) {
            pairing->listener->difference(pairing->listener->user, &difference);
        }
    }
}

static struct span span_at(const struct stream *stream, size_t at, const struct record *about)
{
    struct span span = {stream->held ? stream->held + at : NULL, 0};

    while (at + span.count < stream->count &&
           compare_subjects(&stream->held[at + span.count], about) == 0) {
        span.count++;
    }
    return span;
}

static void compare_all(struct pairing *pairing)
{
    struct stream *one = &pairing->streams[BEFORE], *other = &pairing->streams[AFTER];
    size_t i = 0, j = 0;

    for (int side = 0; side < SIDES; side++) {
        struct stream *stream = &pairing->streams[side];

        if (stream->count) {
            qsort(stream->held, stream->count, sizeof *stream->held, compare_held);
        }
    }
    while (i < one->count || j < other->count) {
        const struct record *first = i < one->count ? &one->held[i] : &other->held[j];
        struct span before, after;

        if (j < other->count && compare_subjects(&other->held[j], first) < 0) {
            first = &other->held[j];
        }
        before = span_at(one, i, first);
        after = span_at(other, j, first);
        i += before.count;
        j += after.count;
        compare_spans(pairing, before, after);
    }
    for (int side = 0; side < SIDES; side++) {
        pairing->streams[side].count = 0;
        arena_reset(pairing->streams[side].arena);
    }
}

// --- both ----------------------------------------------------------------------------------------

static int read_all(struct pairing *pairing, struct error *err)
{
    struct stream *one = &pairing->streams[BEFORE], *other = &pairing->streams[AFTER];
    int code = read_next(one, err);

    if (code == 0) {
        code = read_next(other, err);
    }
    while (code == 0 && !(one->ended && other->ended)) {
        // a copy: reading moves it
        const struct record place = compare_places(one, other) <= 0 ? one->next : other->next;

        code = take_place(pairing, BEFORE, place.position, place.at_ms, err);
        if (code == 0) {
            code = take_place(pairing, AFTER, place.position, place.at_ms, err);
        }
        compare_all(pairing);
    }
    for (int side = 0; code == 0 && side < SIDES; side++) {
        pairing->listener->record(pairing->listener->user, (enum side)side,
                                  &pairing->streams[side].next);
    }
    return code;
}

int pairing_read(FILE *const streams[SIDES], const struct pairing_listener *listener,
                 struct error *err)
{
    struct pairing pairing = {.listener = listener};
    int code;

    for (int side = 0; side < SIDES; side++) {
        pairing.streams[side] = (struct stream){
            .from = streams[side], .next_arena = arena_create(), .arena = arena_create()};
    }
    code = read_all(&pairing, err);
    for (int side = 0; side < SIDES; side++) {
        arena_destroy(pairing.streams[side].next_arena);
        arena_destroy(pairing.streams[side].arena);
        free(pairing.streams[side].held);
    }
    return code;
}
