#include "common/desk/silences.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json_out.h"
#include "common/base/moment.h"
#include "common/base/nearest.h"
#include "common/base/text.h"
#include "common/base/xalloc.h"
#include "common/ledger/ledger_silences.h"

enum { SILENCES_MOST = 1000, MATCHERS_MOST = 64, NAME_SHOWN = 80 };

// --- reading -------------------------------------------------------------------------------------

static void drop(struct silence *silence)
{
    for (size_t i = 0; i < silence->matcher_count; i++) {
        matcher_finish(&silence->matchers[i]);
    }
    free(silence->matchers);
    free(silence->name);
    free(silence->by);
    free(silence->comment);
    *silence = (struct silence){0};
}

void silences_finish(struct desk *desk)
{
    for (size_t i = 0; i < desk->silences.count; i++) {
        drop(&desk->silences.list[i]);
    }
    free(desk->silences.list);
    desk->silences = (struct silences){0};
}

// One text or an array of them; NULL behind the last.
static const char *match_at(const json_t *match, size_t i)
{
    if (json_is_string(match)) {
        return i ? NULL : json_string_value(match);
    }
    return json_string_value(json_array_get(match, i));
}

static size_t match_count(const json_t *match)
{
    return json_is_string(match) ? 1 : json_array_size(match);
}

// Reads the matchers; ret_wrong is the place of the one that is none.
static int read_matchers(const json_t *match, struct silence *ret, size_t *ret_wrong,
                         struct error *err)
{
    size_t count = match_count(match);

    ret->matchers = xcalloc(count, sizeof *ret->matchers);
    for (size_t i = 0; i < count; i++) {
        const char *written = match_at(match, i);

        *ret_wrong = i;
        if (!written || matcher_parse(written, &ret->matchers[i], err) < 0) {
            return -EINVAL;
        }
        ret->matcher_count++;
    }
    return count ? 0 : -EINVAL;
}

// One that this version cannot read keeps nothing back.
static int take(void *user, const struct silence_record *record)
{
    struct desk *desk = user;
    struct silences *silences = &desk->silences;
    struct silence silence = {.until_ms = record->until_ms};
    json_t *match = json_loads(record->match, 0, NULL);
    struct error ignored;
    size_t wrong;

    if (read_matchers(match, &silence, &wrong, &ignored) < 0) {
        drop(&silence);
    } else {
        silence.name = xstrdup(record->name);
        silence.by = xstrdup(record->by);
        silence.comment = xstrdup(record->comment);
        silences->list = xrealloc(silences->list, (silences->count + 1) * sizeof *silences->list);
        silences->list[silences->count++] = silence;
        desk->silence_wants |= desk_wanted_by(silence.matchers, silence.matcher_count);
    }
    json_decref(match);
    return 0;
}

int silences_refresh(struct desk *desk, struct error *err)
{
    int64_t undone = ledger_undone(desk->ledger);
    int code;

    if (desk->silences_known && desk->silences_undone == undone) {
        return 0;
    }
    silences_finish(desk);
    desk->silence_wants = 0;
    code = ledger_walk_silences(desk->ledger, take, desk, err);
    desk->silences_known = code == 0;
    desk->silences_undone = undone;
    return code;
}

// --- the events ----------------------------------------------------------------------------------

static const struct silence *find(const struct desk *desk, const char *name, int64_t now_ms)
{
    for (size_t i = 0; i < desk->silences.count; i++) {
        const struct silence *silence = &desk->silences.list[i];

        if (silence->until_ms > now_ms && strcmp(silence->name, name) == 0) {
            return silence;
        }
    }
    return NULL;
}

static int check_match(const struct event *event, struct refusal *why)
{
    const json_t *match = json_object_get(event->data, "match");
    struct silence silence = {0};
    struct error err = {0};
    char path[32] = "/data/match";
    size_t wrong = 0;
    int code;

    if (match_count(match) > MATCHERS_MOST) {
        return refusal_set(why, "bad_value", path, "a silence has at most %d matchers",
                           MATCHERS_MOST);
    }
    code = read_matchers(match, &silence, &wrong, &err);
    drop(&silence);
    if (code < 0) {
        if (json_is_array(match)) {
            (void)snprintf(path, sizeof path, "/data/match/%zu", wrong);
        }
        return refusal_set(why, "bad_matcher", path, "%s", err.message);
    }
    return 0;
}

static int check_until(const struct event *event, struct refusal *why)
{
    char until[MOMENT_TEXT_BYTES], now[MOMENT_TEXT_BYTES];
    int64_t until_ms = 0;

    (void)event_moment(event, "until", &until_ms);
    if (until_ms <= event->received_ms) {
        return refusal_set(why, "bad_time", "/data/until",
                           "a silence ends in the future: data.until says %s, and it is %s now",
                           moment_format(until_ms, until), moment_format(event->received_ms, now));
    }
    return 0;
}

// As many as hold may be replaced; no more may be added.
static int check_room(const struct desk *desk, const struct event *event, struct refusal *why)
{
    size_t alive = 0;

    for (size_t i = 0; i < desk->silences.count; i++) {
        alive += desk->silences.list[i].until_ms > event->received_ms;
    }
    if (alive < SILENCES_MOST || find(desk, event->subject, event->received_ms)) {
        return 0;
    }
    return refusal_set(why, "too_many", "/subject",
                       "there are %d silences already, and no more may hold at once: lift some "
                       "(headsup silences lists them)",
                       SILENCES_MOST);
}

static int check_known(const struct desk *desk, const struct event *event, struct refusal *why)
{
    const struct silences *silences = &desk->silences;
    const char **names, *nearest;

    if (find(desk, event->subject, event->received_ms)) {
        return 0;
    }
    names = xcalloc(silences->count, sizeof *names);
    for (size_t i = 0; i < silences->count; i++) {
        bool holds = silences->list[i].until_ms > event->received_ms;

        names[i] = holds ? silences->list[i].name : NULL;
    }
    nearest = nearest_word(event->subject, names, silences->count);
    (void)refusal_set(why, "bad_value", "/subject", "no silence '%s' holds%s%s%s", event->subject,
                      nearest ? "; did you mean '" : "", nearest ? nearest : "",
                      nearest ? "'?" : "");
    free(names);
    return -EINVAL;
}

int silences_check(const struct desk *desk, const struct event *event, struct refusal *why)
{
    int code = 0;

    if (event->type == EVENT_SILENCE_SET) {
        code = check_match(event, why);
        code = code < 0 ? code : check_until(event, why);
        code = code < 0 ? code : check_room(desk, event, why);
    } else if (event->type == EVENT_SILENCE_LIFTED) {
        code = check_known(desk, event, why);
    }
    if (code < 0) {
        refusal_name(why, event->id, event->source);
    }
    return code;
}

static int set(struct desk *desk, const struct event *event, char *say, size_t size,
               struct error *err)
{
    const json_t *match = json_object_get(event->data, "match");
    const char *by = event_text(event, "by");
    struct silence_record record = {.name = event->subject,
                                    .by = by ? by : event->source,
                                    .comment = event_text(event, "comment"),
                                    .since_ms = event->received_ms};
    char until[MOMENT_TEXT_BYTES];
    struct text list = {0};
    int code;

    json_open_array(&list, NULL);
    for (size_t i = 0; i < match_count(match); i++) {
        json_put_string(&list, NULL, match_at(match, i));
    }
    json_close_array(&list);
    record.match = text_string(&list);
    (void)event_moment(event, "until", &record.until_ms);
    code = ledger_save_silence(desk->ledger, &record, err);
    (void)snprintf(say, size, "silence %.*s holds until %s, of %zu matcher%s",
                   (int)utf8_cut(record.name, strlen(record.name), NAME_SHOWN), record.name,
                   moment_format(record.until_ms, until), match_count(match),
                   match_count(match) == 1 ? "" : "s");
    text_finish(&list);
    return code;
}

int silences_carry_out(struct desk *desk, const struct event *event, char *say, size_t size,
                       struct error *err)
{
    int code = ledger_prune_silences(desk->ledger, event->received_ms, err);

    if (code == 0 && event->type == EVENT_SILENCE_SET) {
        code = set(desk, event, say, size, err);
    } else if (code == 0) {
        code = ledger_drop_silence(desk->ledger, event->subject, err);
        (void)snprintf(say, size, "silence %.*s is lifted",
                       (int)utf8_cut(event->subject, strlen(event->subject), NAME_SHOWN),
                       event->subject);
    }
    desk->silences_known = false;
    return code;
}
