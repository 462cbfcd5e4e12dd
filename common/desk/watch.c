#include "common/desk/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/moment.h"
#include "common/base/xalloc.h"
#include "common/ledger/ledger_sources.h"
#include "common/rulebook/names.h"

enum { TOLD_AT_ONCE = 64, WHY_BYTES = 1536 };

void watch_finish(struct desk *desk)
{
    free(desk->watch.heard);
    desk->watch = (struct watch){0};
}

void watch_forget(struct desk *desk)
{
    watch_finish(desk);
}

// When it is silent for too long. What is read from the ledger may be a minute behind.
static int64_t due_of(const struct watched *watched, const struct heard *heard)
{
    int64_t last_ms = heard->heard_ms ? heard->heard_ms : heard->since_ms;

    return last_ms + watched->silent_after_ms +
           (heard->heard_ms && !heard->live ? (int64_t)MINUTE_MS : 0);
}

static int save(struct desk *desk, size_t i, struct error *err)
{
    struct heard *heard = &desk->watch.heard[i];
    struct source_record record = {.name = desk->rulebook->sources[i].name,
                                   .since_ms = heard->since_ms,
                                   .heard_ms = heard->heard_ms,
                                   .told_ms = heard->told_ms};

    heard->saved_ms = heard->heard_ms;
    return ledger_save_source(desk->ledger, &record, err);
}

// --- as the ledger has it ------------------------------------------------------------------------

struct loading {
    struct desk *desk;
    struct text strangers; // names that the rule book does not have any more, each with its end
    int64_t now_ms;
};

static int take(void *user, const struct source_record *record)
{
    struct loading *loading = user;
    const struct name *found = names_find(loading->desk->rulebook->source_index, record->name);
    int64_t now_ms = loading->now_ms;

    if (!found) {
        text_add_bytes(&loading->strangers, record->name, strlen(record->name) + 1);
        return 0;
    }
    // a clock that was put back since must not put the watch off
    loading->desk->watch.heard[found->number] = (struct heard){
        .since_ms = record->since_ms < now_ms ? record->since_ms : now_ms,
        .heard_ms = record->heard_ms < now_ms ? record->heard_ms : now_ms,
        .saved_ms = record->heard_ms,
        .told_ms = record->told_ms,
    };
    return 0;
}

static int drop_strangers(struct loading *loading, struct error *err)
{
    const struct text *names = &loading->strangers;
    int code = 0;

    for (size_t at = 0; code == 0 && at < names->size; at += strlen(names->bytes + at) + 1) {
        code = ledger_drop_source(loading->desk->ledger, names->bytes + at, err);
    }
    return code;
}

// Sees to it that what is in hand is what the ledger has; a source that is new is on record from
// now on.
static int refresh(struct desk *desk, int64_t now_ms, struct error *err)
{
    struct watch *watch = &desk->watch;
    struct loading loading = {.desk = desk, .now_ms = now_ms};
    int64_t undone = ledger_undone(desk->ledger);
    int code;

    if (watch->known && watch->undone == undone) {
        return 0;
    }
    watch_finish(desk);
    watch->heard = xcalloc(desk->rulebook->source_count, sizeof *watch->heard);
    code = ledger_walk_sources(desk->ledger, take, &loading, err);
    if (code == 0) {
        code = drop_strangers(&loading, err);
    }
    for (size_t i = 0; code == 0 && i < desk->rulebook->source_count; i++) {
        if (!watch->heard[i].since_ms) {
            watch->heard[i].since_ms = now_ms;
            code = save(desk, i, err);
        }
    }
    text_finish(&loading.strangers);
    watch->known = code == 0;
    watch->undone = undone;
    return code;
}

// --- heard, and silent ---------------------------------------------------------------------------

int watch_hear(struct desk *desk, const struct event *event, struct error *err)
{
    const struct name *found;
    struct heard *heard;
    int code;

    if (!desk->rulebook->source_count) {
        return 0;
    }
    found = names_find(desk->rulebook->source_index, event->source);
    code = found ? refresh(desk, event->received_ms, err) : 0;
    if (!found || code < 0) {
        return code;
    }
    heard = &desk->watch.heard[found->number];
    heard->heard_ms = event->received_ms;
    heard->live = true;
    if (!heard->told_ms && heard->heard_ms - heard->saved_ms < MINUTE_MS &&
        heard->heard_ms >= heard->saved_ms) {
        return 0;
    }
    if (heard->told_ms) {
        heard->told_ms = 0;
        desk->watch.next_ms = 0; // it is watched again
    }
    return save(desk, found->number, err);
}

static void write_why(const struct desk *desk, const struct watched *watched,
                      const struct heard *heard, char *why)
{
    char span[SPAN_TEXT_BYTES], at[MOMENT_TEXT_BYTES];

    (void)snprintf(
        why, WHY_BYTES, "no event came from %s for %s: %s %s%s", watched->name,
        span_format_whole(watched->silent_after_ms, span),
        heard->heard_ms ? "the last one came at"
                        : "none ever came since the rule book named it, at",
        moment_format((heard->heard_ms ? heard->heard_ms : heard->since_ms) / SECOND_MS * SECOND_MS,
                      at),
        desk->rulebook->admin ? "" : "; the rule book has no webhook for the admin");
}

static int tell(struct desk *desk, size_t i, int64_t now_ms, struct error *err)
{
    const struct watched *watched = &desk->rulebook->sources[i];
    struct heard *heard = &desk->watch.heard[i];
    const struct endpoint *admin = desk->rulebook->admin;
    struct event event =
        desk_own_event(desk, EVENT_SOURCE_SILENT, watched->name, due_of(watched, heard), now_ms);
    char why[WHY_BYTES];
    struct notice_record notice = {.event_seq = ledger_next_seq(desk->ledger),
                                   .role = ROLE_ADMIN,
                                   .kind = NOTICE_SOURCE_SILENT,
                                   .fate = admin ? FATE_WAITING : FATE_UNSENT,
                                   .rep = "admin",
                                   .lane = admin ? admin->lane : NULL,
                                   .rule = "law: a source fell silent",
                                   .why = why,
                                   .created_ms = now_ms,
                                   .due_ms = now_ms};
    int code;

    write_why(desk, watched, heard, why);
    heard->told_ms = now_ms;
    code = desk_add_own_event(desk, &event, admin ? NULL : &notice, err);
    if (code == 0 && admin) {
        code = ledger_add_notice(desk->ledger, &notice, err);
    }
    if (code == 0) {
        code = save(desk, i, err);
    }
    if (code == 0 && admin && desk->listener.lane_has_work) {
        desk->listener.lane_has_work(desk->listener.user, notice.lane);
    }
    if (code == 0 && desk->listener.source_is_silent) {
        desk->listener.source_is_silent(desk->listener.user, why);
    }
    return code;
}

int watch_ring(struct desk *desk, int64_t now_ms, struct error *err)
{
    struct watch *watch = &desk->watch;
    int64_t next_ms = INT64_MAX;
    int code, count = 0;

    // those that the rule book named before are taken off the record
    code = refresh(desk, now_ms, err);
    if (code < 0 || now_ms < watch->next_ms) {
        return code;
    }
    for (size_t i = 0; code == 0 && i < desk->rulebook->source_count; i++) {
        int64_t due_ms = due_of(&desk->rulebook->sources[i], &watch->heard[i]);

        if (watch->heard[i].told_ms) {
            continue;
        }
        if (due_ms <= now_ms && count < TOLD_AT_ONCE) {
            code = tell(desk, i, now_ms, err);
            count++;
        } else {
            next_ms = due_ms < next_ms ? due_ms : next_ms;
        }
    }
    watch->next_ms = next_ms;
    return code < 0 ? code : count;
}

int64_t watch_rings_at(const struct desk *desk)
{
    if (!desk->rulebook->source_count) {
        return INT64_MAX;
    }
    return desk->watch.known && desk->watch.undone == ledger_undone(desk->ledger)
               ? desk->watch.next_ms
               : 0;
}
