// The events that the desk makes itself: an issue that comes of an age, a rep's hour for the
// digest, a signal. (watch.c has those about sources.) Each takes the way of every other.
#include <stdio.h>

#include "common/base/json_out.h"
#include "common/base/moment.h"
#include "common/desk/desk_private.h"
#include "common/desk/watch.h"
#include "common/event/receipt.h"
#include "common/ledger/ledger_quiet.h"
#include "common/ledger/ledger_time.h"

enum { RING_AT_ONCE = 64 };

struct event desk_own_event(struct desk *desk, enum event_type type, const char *subject,
                            int64_t at_ms, int64_t now_ms)
{
    char time[MOMENT_TEXT_BYTES], name[64];
    struct text bytes = {0};
    struct event event = {.type = type,
                          .source = subject ? ALARM_SOURCE : SIGNAL_SOURCE,
                          .subject = subject,
                          .time_ms = at_ms,
                          .received_ms = now_ms};

    // with its seq, so that it is new even where the clock went back and it rings for a second time
    event.id = arena_printf(desk->arena, "%s at %s, %lld", subject ? subject : "SIGHUP",
                            moment_format(at_ms, time), (long long)ledger_next_seq(desk->ledger));
    (void)snprintf(name, sizeof name, "headsup.%s", event_type_name(type));
    json_open_object(&bytes, NULL);
    json_put_string(&bytes, "specversion", "1.0");
    json_put_string(&bytes, "id", event.id);
    json_put_string(&bytes, "source", event.source);
    json_put_string(&bytes, "type", name);
    if (subject) {
        json_put_string(&bytes, "subject", subject);
    }
    json_put_string(&bytes, "time", time);
    json_close_object(&bytes);
    event.size = bytes.size;
    event.bytes = arena_copy_bytes(desk->arena, bytes.bytes, bytes.size);
    text_finish(&bytes);
    return event;
}

static int ring_alarm(struct desk *desk, const struct due_alarm *alarm, int64_t now_ms,
                      struct error *err)
{
    struct event event =
        desk_own_event(desk, EVENT_ALARM_RANG, alarm->issue_key, alarm->at_ms, now_ms);
    struct text receipt = {0};
    int code = desk_handle_case(desk, &event, NULL, &receipt, err);

    text_finish(&receipt);
    return code;
}

static int ring_alarms(struct desk *desk, int64_t now_ms, struct error *err)
{
    struct due_alarm alarms[RING_AT_ONCE];
    int code = 0,
        count = ledger_due_alarms(desk->ledger, now_ms, RING_AT_ONCE, desk->arena, alarms, err);

    for (int i = 0; code == 0 && i < count; i++) {
        code = ring_alarm(desk, &alarms[i], now_ms, err);
    }
    return code < 0 ? code : count;
}

// The rep whom the digest is for, or the default one of the same role where that rep is gone; or
// the stand-in of the one who is away, in ret_away.
static const struct rep *reader_of(const struct desk *desk, const struct due_digest *digest,
                                   int64_t now_ms, const struct rep **ret_away)
{
    enum role role = digest->role == ROLE_SALES ? ROLE_SALES : ROLE_SERVICE;
    struct account account = {.service = digest->rep, .sales = digest->rep};

    return verdict_person(desk->rulebook, &account, role, now_ms, ret_away);
}

int desk_add_own_event(struct desk *desk, const struct event *event,
                       const struct notice_record *unsaid, struct error *err)
{
    struct receipt receipt = {
        .id = event->id, .source = event->source, .seq = ledger_next_seq(desk->ledger)};

    text_clear(&desk->receipt);
    receipt_write_accepted(&desk->receipt, &receipt);
    text_clear(&desk->unsaid);
    if (unsaid) {
        ledger_put_unsaid(&desk->unsaid, unsaid);
    }
    return ledger_add_event(desk->ledger, event, NULL, 0, &desk->receipt, &desk->unsaid, err);
}

static int send_digest(struct desk *desk, const struct due_digest *digest, int64_t now_ms,
                       struct error *err)
{
    const struct rep *away = NULL, *rep = reader_of(desk, digest, now_ms, &away);
    struct event event = desk_own_event(desk, EVENT_DIGEST_DUE, digest->rep, digest->at_ms, now_ms);
    char why[256];
    struct notice_record notice = {.event_seq = ledger_next_seq(desk->ledger),
                                   .role = digest->role,
                                   .kind = NOTICE_DIGEST,
                                   .fate = FATE_WAITING,
                                   .rep = rep->id,
                                   .lane = rep->webhook.lane,
                                   .rule = "law: the daily digest",
                                   .why = why,
                                   .created_ms = now_ms,
                                   .due_ms = now_ms};
    int code = desk_add_own_event(desk, &event, NULL, err);

    (void)snprintf(why, sizeof why, "%d decision%s kept for it%s%s%s%s", digest->count,
                   digest->count == 1 ? "" : "s", away ? "; " : "", away ? rep->id : "",
                   away ? " stands in for " : "", away ? away->id : "");
    if (code == 0) {
        code = ledger_add_notice(desk->ledger, &notice, err);
    }
    if (code == 0) {
        code = ledger_fill_digest(desk->ledger, notice.num, digest, now_ms, err);
    }
    if (code == 0 && desk->listener.lane_has_work) {
        desk->listener.lane_has_work(desk->listener.user, notice.lane);
    }
    return code;
}

static int ring_digests(struct desk *desk, int64_t now_ms, struct error *err)
{
    struct due_digest digests[RING_AT_ONCE];
    int code = 0,
        count = ledger_due_digests(desk->ledger, now_ms, RING_AT_ONCE, desk->arena, digests, err);

    for (int i = 0; code == 0 && i < count; i++) {
        code = send_digest(desk, &digests[i], now_ms, err);
    }
    return code < 0 ? code : count;
}

int desk_ring(struct desk *desk, int64_t now_ms, struct error *err)
{
    int alarms = ring_alarms(desk, now_ms, err);
    int digests = alarms < 0 ? alarms : ring_digests(desk, now_ms, err);
    int held = digests < 0 ? digests : hold_ring(desk, now_ms, err);
    int silent = held < 0 ? held : watch_ring(desk, now_ms, err);

    arena_reset(desk->arena);
    return silent < 0 ? silent : alarms + digests + held + silent;
}

int desk_rings_at(struct desk *desk, int64_t *ret_ms, struct error *err)
{
    int64_t alarm_ms = INT64_MAX, digest_ms = INT64_MAX, held_ms = INT64_MAX;
    int alarm = desk->rulebook->age_count ? ledger_next_alarm(desk->ledger, &alarm_ms, err) : 0;
    int digest = alarm < 0 ? alarm : ledger_next_digest(desk->ledger, &digest_ms, err);
    int held = digest < 0 || !desk->held ? digest : ledger_next_held(desk->ledger, &held_ms, err);

    if (digest < 0 || held < 0) {
        return digest < 0 ? digest : held;
    }
    desk->held = desk->rulebook->holds || (desk->held && held);
    alarm_ms = alarm ? alarm_ms : INT64_MAX;
    digest_ms = digest ? digest_ms : INT64_MAX;
    held_ms = desk->held && held ? held_ms : INT64_MAX;
    *ret_ms = watch_rings_at(desk);
    *ret_ms = alarm_ms < *ret_ms ? alarm_ms : *ret_ms;
    *ret_ms = digest_ms < *ret_ms ? digest_ms : *ret_ms;
    *ret_ms = held_ms < *ret_ms ? held_ms : *ret_ms;
    return 0;
}

int desk_reload(struct desk *desk, int64_t now_ms, struct error *err)
{
    struct event event = desk_own_event(desk, EVENT_RULEBOOK_RELOADED, NULL, now_ms, now_ms);
    struct text receipt = {0};
    int code = desk_handle_order(desk, &event, NULL, &receipt, err);

    text_finish(&receipt);
    arena_reset(desk->arena);
    return code;
}
