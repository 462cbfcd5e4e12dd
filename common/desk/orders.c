#include "common/desk/orders.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/desk/silences.h"
#include "common/event/refusal.h"
#include "common/ledger/ledger_moves.h"

// --- dead letters --------------------------------------------------------------------------------

// A fallback's letters begin anew in their rep's own lane.
static const char *own_lane(const struct rulebook *rulebook, const char *lane)
{
    const struct rep *rep = rulebook_fallback_of(rulebook, lane);

    return rep ? rep->webhook.lane : lane;
}

// The lanes that an answer stopped are tried again: that one, those of the letters that are meant,
// or, where all are, all of them.
static int reopen(const struct order_scene *scene, const struct dead_filter *filter, int64_t now_ms,
                  struct error *err)
{
    const char *own = filter->lane ? own_lane(scene->rulebook, filter->lane) : NULL;
    int code;

    if (!own && (filter->status >= 0 || filter->since_ms > 0)) {
        return ledger_reopen_dead(scene->ledger, filter, now_ms, err);
    }
    code = ledger_reopen_lanes(scene->ledger, own, now_ms, err);
    return code < 0 || own == filter->lane
               ? code
               : ledger_reopen_lanes(scene->ledger, filter->lane, now_ms, err);
}

// Of a lane that the rule book has lost nobody can say here where its letters are now.
static void tell_resumed(const struct order_scene *scene, const char *lane)
{
    bool is_known = lane && rulebook_lane(scene->rulebook, lane);
    const char *own = is_known ? own_lane(scene->rulebook, lane) : NULL;

    if (scene->listener->lane_is_resumed) {
        scene->listener->lane_is_resumed(scene->listener->user, own);
    }
    if (scene->listener->lane_is_resumed && is_known && own != lane) {
        scene->listener->lane_is_resumed(scene->listener->user, lane);
    }
}

// One, a lane's, or all.
static int retry_dead(const struct order_scene *scene, const struct event *event, char *say,
                      struct error *err)
{
    const char *notice = event_text(event, "notice"), *lane = event_text(event, "lane");
    const json_t *status = json_object_get(event->data, "status");
    bool all = json_is_true(json_object_get(event->data, "all"));
    struct dead_filter filter = {
        .num = notice ? notice_id_num(notice) : 0,
        .status = json_is_number(status) ? (int32_t)json_number_value(status) : -1,
    };
    int count = 0, found = 1, code = 0;

    (void)event_moment(event, "since", &filter.since_ms);
    if (notice) {
        found = ledger_dead_lane(scene->ledger, filter.num, scene->arena, &lane, err);
    }
    filter.lane = lane;
    if (found > 0 && (lane || all)) {
        code = reopen(scene, &filter, event->received_ms, err);
        count =
            code < 0 ? code : ledger_retry_dead(scene->ledger, &filter, event->received_ms, err);
    }
    if (found < 0 || count < 0) {
        return found < 0 ? found : count;
    }
    if (found > 0 && (lane || all)) {
        tell_resumed(scene, lane);
    }
    (void)snprintf(say, ORDER_WORDS_BYTES, "%d dead letter%s will be sent again", count,
                   count == 1 ? "" : "s");
    return 0;
}

// --- lanes ---------------------------------------------------------------------------------------

static int pause_lane(const struct order_scene *scene, const struct event *event, char *say,
                      struct error *err)
{
    const char *by = event_text(event, "by");
    struct lane_record lane = {.lane = event_text(event, "lane"),
                               .state = LANE_PAUSED,
                               .why = event_text(event, "reason"),
                               .by = by ? by : event->source,
                               .since_ms = event->received_ms};
    struct lane_record before;
    int code = ledger_load_lane(scene->ledger, lane.lane, scene->arena, &before, err);

    if (code > 0 && before.state == LANE_CLOSED) {
        (void)snprintf(say, ORDER_WORDS_BYTES, "lane %.128s is closed already, and stays so",
                       lane.lane);
        return 0;
    }
    if (code >= 0) {
        code = ledger_save_lane(scene->ledger, &lane, err);
    }
    if (code == 0 && scene->listener->lane_is_paused) {
        scene->listener->lane_is_paused(scene->listener->user, lane.lane);
    }
    (void)snprintf(say, ORDER_WORDS_BYTES, "lane %.128s is paused; what it has to send waits",
                   lane.lane);
    return code;
}

static int resume_lane(const struct order_scene *scene, const struct event *event, char *say,
                       struct error *err)
{
    struct lane_record lane = {
        .lane = event_text(event, "lane"), .state = LANE_OPEN, .since_ms = event->received_ms};
    int code = ledger_save_lane(scene->ledger, &lane, err);

    if (code == 0) {
        code = ledger_hasten_lane(scene->ledger, lane.lane, true, event->received_ms, err);
    }
    if (code == 0 && scene->listener->lane_is_resumed) {
        scene->listener->lane_is_resumed(scene->listener->user, lane.lane);
    }
    (void)snprintf(say, ORDER_WORDS_BYTES, "lane %.128s is open; what waits for it goes out",
                   lane.lane);
    return code;
}

// --- tests ---------------------------------------------------------------------------------------

// Goes to that rep's lane as every notice does; no issue comes into it.
static void decide_test(const struct rulebook *rulebook, const struct event *event,
                        struct order_result *ret)
{
    const struct rep *rep = rulebook_rep(rulebook, event_text(event, "rep"));
    const char *by = event_text(event, "by");
    struct notice_record *notice = &ret->notice;

    (void)snprintf(ret->why, sizeof ret->why, "%.128s asked for a test", by ? by : event->source);
    notice->role = rep ? (int)rep->role : ROLE_ADMIN;
    notice->kind = NOTICE_TEST;
    notice->fate = FATE_WAITING;
    notice->rep = rep ? rep->id : "admin";
    notice->lane = rep ? rep->webhook.lane : rulebook->admin->lane;
    notice->rule = "law: a test was asked for";
    notice->words = event_text(event, "kind");
}

// --- which order ---------------------------------------------------------------------------------

int order_check(const struct rulebook *rulebook, const struct event *event, struct refusal *why)
{
    bool of_lane = event->type == EVENT_LANE_PAUSED || event->type == EVENT_LANE_RESUMED;
    const char *lane = of_lane ? event_text(event, "lane") : NULL;
    const char *rep = event->type == EVENT_NOTICE_TEST_REQUESTED ? event_text(event, "rep") : NULL;

    if (lane && !rulebook_lane(rulebook, lane)) {
        (void)refusal_set(why, "bad_value", "/data/lane",
                          "the rule book has no lane '%s': a lane is called as its rep is, as "
                          "REP.fallback, or admin",
                          lane);
        refusal_name(why, event->id, event->source);
        return -EINVAL;
    }
    if (rep && !rulebook_rep(rulebook, rep) && !(strcmp(rep, "admin") == 0 && rulebook->admin)) {
        (void)refusal_set(why, "bad_value", "/data/rep", "the rule book has no rep '%s'", rep);
        refusal_name(why, event->id, event->source);
        return -EINVAL;
    }
    return 0;
}

// What an order leaves on record that nobody hears of.
static void tell_nobody(const struct event *event, struct order_result *ret)
{
    (void)snprintf(ret->why, sizeof ret->why, "%s", ret->say[0] ? ret->say : "on record");
    ret->notice = (struct notice_record){
        .role = ROLE_ADMIN,
        .kind = NOTICE_OWNER,
        .fate = FATE_UNSENT,
        .rep = "admin",
        .rule = "law: an order tells nobody",
        .created_ms = event->received_ms,
        .due_ms = event->received_ms,
    };
}

int order_carry_out(const struct order_scene *scene, const struct event *event,
                    struct order_result *ret, struct error *err)
{
    int code = 0;

    *ret = (struct order_result){0};
    switch (event->type) {
    case EVENT_NOTICE_RETRIED:
        code = retry_dead(scene, event, ret->say, err);
        break;
    case EVENT_LANE_PAUSED:
        code = pause_lane(scene, event, ret->say, err);
        break;
    case EVENT_LANE_RESUMED:
        code = resume_lane(scene, event, ret->say, err);
        break;
    case EVENT_SILENCE_SET:
    case EVENT_SILENCE_LIFTED:
        code = silences_carry_out(scene->desk, event, ret->say, sizeof ret->say, err);
        break;
    default:
        break;
    }
    tell_nobody(event, ret);
    if (event->type == EVENT_NOTICE_TEST_REQUESTED) {
        decide_test(scene->rulebook, event, ret);
    }
    ret->notice.why = ret->why;
    return code;
}
