#include "daemon/pair_form.h"

#include <string.h>

// Says that the other end is this program, and of this form: a daemon that was replaced on disk
// while it ran may start a courier of another version.
#define PAIR_MARK UINT32_C(0x48550005)
#define NO_TEXT   UINT32_MAX // in sizes: the text is NULL

size_t draft_size(const struct draft *draft)
{
    size_t total = sizeof(struct pair_head);

    for (int i = 0; i < PAIR_TEXTS; i++) {
        const struct slice *text = &draft->texts[i];

        if (text->bytes && text->size > PAIR_TEXT_BYTES) {
            return 0;
        }
        total += text->bytes ? text->size + 1 : 0;
    }
    return total;
}

void draft_write(const struct draft *draft, char *room)
{
    struct pair_head head = {.mark = PAIR_MARK, .kind = draft->kind};
    char *at = room + sizeof head;

    memcpy(head.numbers, draft->numbers, sizeof head.numbers);
    for (int i = 0; i < PAIR_TEXTS; i++) {
        const struct slice *text = &draft->texts[i];

        head.sizes[i] = text->bytes ? (uint32_t)text->size : NO_TEXT;
        if (text->bytes) {
            memcpy(at, text->bytes, text->size);
            at += text->size;
            *at++ = '\0';
        }
    }
    *at = '\0';
    memcpy(room, &head, sizeof head);
}

// Reads the message that begins here into the draft: its texts lie one after the other, and end in
// a NUL each. Returns its size; 0 where it is none.
static size_t read_draft(const char *bytes, size_t size, struct draft *ret)
{
    struct pair_head head;
    size_t at = sizeof head;

    if (size < sizeof head) {
        return 0;
    }
    memcpy(&head, bytes, sizeof head);
    if (head.mark != PAIR_MARK || head.kind < PAIR_LANE || head.kind > PAIR_ALIVE) {
        return 0;
    }
    *ret = (struct draft){.kind = (enum pair_kind)head.kind};
    memcpy(ret->numbers, head.numbers, sizeof ret->numbers);
    for (int i = 0; i < PAIR_TEXTS; i++) {
        uint32_t length = head.sizes[i];

        if (length == NO_TEXT) {
            continue;
        }
        if (length > PAIR_TEXT_BYTES || size - at <= length || bytes[at + length] != '\0') {
            return 0;
        }
        ret->texts[i] = (struct slice){bytes + at, length};
        at += (size_t)length + 1;
    }
    return at;
}

// True where the first `count` texts are there and are strings.
static bool has_strings(const struct draft *draft, int count)
{
    for (int i = 0; i < count; i++) {
        const struct slice *text = &draft->texts[i];

        if (!text->bytes || memchr(text->bytes, '\0', text->size)) {
            return false;
        }
    }
    return true;
}

static bool fits(int64_t number, int64_t least, int64_t most)
{
    return number >= least && number <= most;
}

static bool read_lane(const struct draft *draft, struct pair_lane *ret)
{
    const int64_t *numbers = draft->numbers;

    if (!has_strings(draft, 2) || !fits(numbers[2], 1, INT32_MAX)) {
        return false;
    }
    *ret = (struct pair_lane){
        .lane = draft->texts[0].bytes,
        .url = draft->texts[1].bytes,
        .secret = draft->texts[2].bytes,
        .ca = draft->texts[3].bytes,
        .client_cert = draft->texts[4].bytes,
        .client_key = draft->texts[5].bytes,
        .proxy = draft->texts[6].bytes,
        .allow = draft->texts[7].bytes,
        .answers = draft->texts[8].bytes,
        .insecure = numbers[0] != 0,
        .allow_private = numbers[1] != 0,
        .concurrency = (int32_t)numbers[2],
        .rate_gap_ms = numbers[3],
        .timeout_ms = numbers[4],
        .connect_timeout_ms = numbers[5],
    };
    return fits(ret->rate_gap_ms, 0, INT32_MAX) && fits(ret->timeout_ms, 1, INT32_MAX) &&
           fits(ret->connect_timeout_ms, 1, INT32_MAX);
}

static bool read_job(const struct draft *draft, struct pair_job *ret)
{
    if (!has_strings(draft, 3) || !draft->texts[3].bytes) {
        return false;
    }
    *ret = (struct pair_job){
        .num = draft->numbers[0],
        .lane = draft->texts[0].bytes,
        .notice_id = draft->texts[1].bytes,
        .content_type = draft->texts[2].bytes,
        .body = draft->texts[3].bytes,
        .body_size = draft->texts[3].size,
        .failures_heard = draft->numbers[1],
    };
    return true;
}

static bool read_outcome(const struct draft *draft, struct pair_outcome *ret)
{
    const int64_t *numbers = draft->numbers;

    if (!has_strings(draft, 2) || !fits(numbers[1], SEND_DELIVERED, SEND_UNTRIED) ||
        !fits(numbers[2], 0, INT32_MAX) || !fits(numbers[3], -1, INT64_MAX / 2)) {
        return false;
    }
    *ret = (struct pair_outcome){
        .num = numbers[0],
        .lane = draft->texts[0].bytes,
        .result = (int32_t)numbers[1],
        .status = (int32_t)numbers[2],
        .retry_after_ms = numbers[3],
        .took_ms = numbers[4],
        .answer = draft->texts[1].bytes,
    };
    return true;
}

static bool read_message(const struct draft *draft, struct pair_message *ret)
{
    ret->kind = draft->kind;
    switch (draft->kind) {
    case PAIR_LANE:
        return read_lane(draft, &ret->lane);
    case PAIR_SHUT:
        ret->shut = draft->texts[0].bytes;
        return has_strings(draft, 1);
    case PAIR_JOB:
        return read_job(draft, &ret->job);
    case PAIR_OUTCOME:
        return read_outcome(draft, &ret->outcome);
    case PAIR_RECALL:
        ret->recalled = draft->texts[0].bytes;
        return has_strings(draft, 1);
    case PAIR_STOP:
        ret->deadline_ms = draft->numbers[0];
        return fits(ret->deadline_ms, 0, INT32_MAX);
    case PAIR_HELLO:
    case PAIR_ALIVE:
        return true;
    }
    return false;
}

size_t pair_form_read(const char *bytes, size_t size, struct pair_message *ret)
{
    struct draft draft;
    size_t read = read_draft(bytes, size, &draft);

    return read && read_message(&draft, ret) ? read : 0;
}
