#include "client/rehearsal/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/input.h"
#include "common/base/moment.h"
#include "common/event/event.h"
#include "common/ledger/ledger_reader.h"
#include "common/verdict/case_file.h"

struct feeding {
    const struct feed *feed;
    on_feed_item *callback;
    void *user;
    struct run_sums *sums;
    int64_t now_ms; // of files: the clock, which does not go back
};

// --- the ledger ----------------------------------------------------------------------------------

static bool comes_from_outside(const char *name)
{
    enum event_type type = event_type_of(name);

    return type != EVENT_TYPE_COUNT && event_type_about(type) != ABOUT_THE_SERVICE;
}

static int take_record(void *user, const struct event_record *event)
{
    struct feeding *feeding = user;
    const struct feed_item item = {.bytes = event->bytes,
                                   .size = event->size,
                                   .number = event->seq,
                                   .at_ms = event->received_ms,
                                   .done = event->seq,
                                   .counted = event->received_ms >= feeding->feed->since_ms};

    if (!comes_from_outside(event->type)) {
        feeding->sums->left_out += item.counted;
        return 0;
    }
    return feeding->callback(feeding->user, &item);
}

static int feed_ledger(struct feeding *feeding, struct error *err)
{
    const struct feed *feed = feeding->feed;
    cleanup_with(ledger_reader_closep) struct ledger_reader *reader = NULL;
    const struct past_query query = {
        .since_ms = feed->since_ms,
        .until_seq = feed->until_seq,
        .opened_ms =
            feed->long_past ? feed->since_ms - INT64_C(1) * CASE_RECENT_DAYS * DAY_MS : INT64_MAX};
    int code = ledger_reader_open(feed->ledger_path, &reader, err);

    return code < 0 ? code : ledger_each_past_event(reader, &query, take_record, feeding, err);
}

// --- files ---------------------------------------------------------------------------------------

// What of a file's event is known before it is handled.
struct look {
    bool timed; // it says when it happened
    int64_t time_ms;
    bool is_order;
};

static struct look look_at(const struct feed *feed, const struct input_item *item)
{
    struct event event = {0};
    struct refusal why;
    struct look look = {0};

    if (event_parse(item->bytes, item->size, feed->now_ms, &event, &why) == 0) {
        look.timed = json_object_get(event.root, "time") != NULL;
        look.time_ms = event.time_ms;
        look.is_order = event_type_about(event.type) == ABOUT_THE_SERVICE;
        event_finish(&event);
    }
    return look;
}

static int take_item(struct feeding *feeding, const struct input_item *item,
                     const struct feed_item *ready)
{
    struct feed_item ours = *ready;
    struct look look = {0};

    if (!ours.wrong) {
        look = look_at(feeding->feed, item);
    }
    if (look.is_order) {
        feeding->sums->left_out++;
        return 0;
    }
    if (ours.counted && look.timed) {
        feeding->sums->late += look.time_ms < feeding->now_ms;
        feeding->now_ms = look.time_ms > feeding->now_ms ? look.time_ms : feeding->now_ms;
    }
    ours.at_ms = feeding->now_ms;
    return feeding->callback(feeding->user, &ours);
}

static int feed_input(struct feeding *feeding, struct input *input, bool counted)
{
    struct input_item item;
    int code = 0;

    while (code == 0) {
        enum input_result result = input_next(input, &item);
        struct feed_item ours = {.counted = counted};

        switch (result) {
        case INPUT_EVENT:
        case INPUT_TOO_LONG:
            ours.bytes = item.bytes;
            ours.size = item.size;
            ours.number = item.line;
            ours.done = counted ? lseek(input->fd, 0, SEEK_CUR) : 0;
            ours.wrong = result == INPUT_TOO_LONG ? "longer than 1 MiB" : NULL;
            code = take_item(feeding, &item, &ours);
            break;
        case INPUT_WANTS:
            code = input_fill(input);
            break;
        case INPUT_END:
            return 0;
        case INPUT_EMPTY:
        case INPUT_AGAIN:
            break;
        }
    }
    return code;
}

// Another description of the same file, with a place of its own in it.
static int reopen(int fd, struct error *err)
{
    char path[32];
    int again;

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    again = open(path, O_RDONLY | O_CLOEXEC);
    return again < 0
               ? error_set(err, -errno, "cannot read the events again: %s", strerrordesc_np(errno))
               : again;
}

static int feed_file(struct feeding *feeding, int fd, bool counted, struct error *err)
{
    struct input input;
    int again = reopen(fd, err), code;

    if (again < 0) {
        return again;
    }
    input_init(&input, again);
    code = feed_input(feeding, &input, counted);
    input_finish(&input);
    (void)close(again);
    if (code < 0 && !err->code) {
        return error_set(err, code, "cannot read the events: %s", strerrordesc_np(-code));
    }
    return code;
}

int feed_each(const struct feed *feed, on_feed_item *callback, void *user, struct run_sums *sums,
              struct error *err)
{
    struct feeding feeding = {feed, callback, user, sums, feed->first_ms};
    int code = 0;

    err->code = 0;
    if (feed->ledger_path) {
        return feed_ledger(&feeding, err);
    }
    if (feed->accounts_fd >= 0) {
        code = feed_file(&feeding, feed->accounts_fd, false, err);
    }
    return code == 0 ? feed_file(&feeding, feed->events_fd, true, err) : code;
}

// --- the first moment ----------------------------------------------------------------------------

struct first {
    int64_t at_ms;
};

static int take_first(void *user, const struct feed_item *item)
{
    struct first *first = user;

    first->at_ms = item->at_ms;
    return item->at_ms > 0;
}

int feed_first_moment(int fd, int64_t now_ms, int64_t *ret_ms, struct error *err)
{
    const struct feed feed = {.accounts_fd = -1, .events_fd = fd, .now_ms = now_ms};
    struct run_sums sums = {0};
    struct first first = {0};
    int code = feed_each(&feed, take_first, &first, &sums, err);

    *ret_ms = first.at_ms > 0 ? first.at_ms : now_ms;
    return code < 0 ? code : 0;
}
