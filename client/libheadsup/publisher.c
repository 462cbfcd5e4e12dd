// The window: what was sent and not answered yet, in a ring, and the law of its order. An event
// goes out again only together with all that came after it, or alone while the daemon asks to wait.
#include "client/libheadsup/headsup.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/libheadsup/receipt_status.h"
#include "client/libheadsup/wire.h"

enum {
    WINDOW_USUAL = 64,
    WINDOW_MOST = 4096,
    WINDOW_BYTES_USUAL = 16 * 1024 * 1024,
    RESEND_AFTER_MS = 5000,
    PATIENCE_MS = 60000,
    PAUSE_MS = 1000,
    PAUSE_GROWTH = 30, // the longest pause, in first pauses
    CONNECT_PAUSE_MS = 50,
    CONNECT_PAUSE_MOST_MS = 1000,
    SLOT_KEEPS_BYTES = 16 * 1024, // of its memory, for the next event
};

enum slot_state { SLOT_WAITING, SLOT_SENT, SLOT_DONE };

struct slot {
    enum slot_state state;
    enum headsup_status status; // of SLOT_DONE, or HEADSUP_UNAVAILABLE of one that waits again
    char *event;
    size_t size, capacity;
    char *receipt; // owned; of one that was answered before its turn
    size_t receipt_size;
    void *user;
    int64_t sent_ms;
};

struct headsup_publisher {
    struct wire *wire;
    struct slot *slots; // a ring: event n is in slots[n % window]
    size_t window, window_bytes, bytes;
    int resend_after_ms, patience_ms, first_pause_ms;
    uint64_t first, next;     // pending: first <= n < next
    uint64_t cursor;          // all before it were sent or answered
    uint64_t newest_answered; // of this connection
    size_t in_flight;
    int64_t heard_ms;    // when anything last came back, or the connection stood
    int64_t answered_ms; // when an event was last settled, or the first one was pending
    int64_t left_ms;     // when the caller last left wait: its own pauses do not count as silence
    bool holding;        // the daemon asked to wait
    bool probing;        // one event is out alone, to see whether it can go on
    uint64_t probe;
    int64_t hold_until_ms;
    int pause_ms;
    int64_t connect_at_ms, connecting_ms;
    int connect_pause_ms;
    enum headsup_trouble trouble;
};

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t earlier(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

static struct slot *slot_of(struct headsup_publisher *publisher, uint64_t number)
{
    return &publisher->slots[number % publisher->window];
}

static bool options_sound(const struct headsup_options *options)
{
    return options->window <= WINDOW_MOST && options->resend_after_ms >= 0 &&
           options->pause_ms >= 0 && options->pause_ms <= INT_MAX / PAUSE_GROWTH;
}

static void take_options(struct headsup_publisher *publisher, const struct headsup_options *options)
{
    publisher->window = options->window ? options->window : WINDOW_USUAL;
    publisher->window_bytes = options->window_bytes ? options->window_bytes : WINDOW_BYTES_USUAL;
    publisher->resend_after_ms =
        options->resend_after_ms ? options->resend_after_ms : RESEND_AFTER_MS;
    publisher->patience_ms = options->patience_ms ? options->patience_ms : PATIENCE_MS;
    publisher->first_pause_ms = options->pause_ms ? options->pause_ms : PAUSE_MS;
    publisher->pause_ms = publisher->first_pause_ms;
    publisher->connect_pause_ms = CONNECT_PAUSE_MS;
}

int headsup_publisher_open(const char *endpoint, const struct headsup_options *options,
                           struct headsup_publisher **ret_publisher)
{
    static const struct headsup_options usual = {0};
    struct headsup_publisher *publisher;
    int code;

    options = options ? options : &usual;
    if (!endpoint || !options_sound(options)) {
        return -EINVAL;
    }
    publisher = calloc(1, sizeof *publisher);
    if (!publisher) {
        return -ENOMEM;
    }
    take_options(publisher, options);
    publisher->slots = calloc(publisher->window, sizeof *publisher->slots);
    code = publisher->slots ? wire_create(endpoint, (int)publisher->window, &publisher->wire)
                            : -ENOMEM;
    if (code == 0) {
        code = wire_connect(publisher->wire);
        publisher->connecting_ms = now_ms();
    }
    if (code < 0) {
        headsup_publisher_close(publisher);
        return code;
    }
    *ret_publisher = publisher;
    return 0;
}

void headsup_publisher_close(struct headsup_publisher *publisher)
{
    if (!publisher) {
        return;
    }
    wire_destroy(publisher->wire);
    for (size_t i = 0; publisher->slots && i < publisher->window; i++) {
        free(publisher->slots[i].event);
        free(publisher->slots[i].receipt);
    }
    free(publisher->slots);
    free(publisher);
}

size_t headsup_publisher_pending(const struct headsup_publisher *publisher)
{
    return (size_t)(publisher->next - publisher->first);
}

enum headsup_trouble headsup_publisher_trouble(const struct headsup_publisher *publisher)
{
    return publisher->trouble;
}

// Sends what one slot holds. False where the wire takes no more for now.
static bool transmit(struct headsup_publisher *publisher, uint64_t number, int64_t now)
{
    struct slot *slot = slot_of(publisher, number);

    if (wire_send(publisher->wire, number, slot->event, slot->size) < 0) {
        return false;
    }
    slot->state = SLOT_SENT;
    slot->sent_ms = now;
    if (publisher->in_flight++ == 0) {
        publisher->heard_ms = now;
    }
    return true;
}

// While the daemon asks to wait: nothing until the pause is over, and then the oldest alone.
static void send_probe(struct headsup_publisher *publisher, int64_t now)
{
    uint64_t number = publisher->first;

    if (publisher->probing || now < publisher->hold_until_ms) {
        return;
    }
    while (number < publisher->next && slot_of(publisher, number)->state != SLOT_WAITING) {
        number++;
    }
    if (number < publisher->next && transmit(publisher, number, now)) {
        publisher->probing = true;
        publisher->probe = number;
    }
}

static void send_waiting(struct headsup_publisher *publisher, int64_t now)
{
    if (publisher->holding) {
        send_probe(publisher, now);
        return;
    }
    for (; publisher->cursor < publisher->next; publisher->cursor++) {
        if (slot_of(publisher, publisher->cursor)->state == SLOT_WAITING &&
            !transmit(publisher, publisher->cursor, now)) {
            return;
        }
    }
}

static int slot_fill(struct slot *slot, const void *event, size_t size, void *user)
{
    if (size > slot->capacity) {
        char *bytes = malloc(size);

        if (!bytes) {
            return -ENOMEM;
        }
        free(slot->event);
        slot->event = bytes;
        slot->capacity = size;
    }
    memcpy(slot->event, event, size);
    slot->size = size;
    slot->user = user;
    slot->state = SLOT_WAITING;
    slot->status = HEADSUP_UNSENT;
    return 0;
}

int headsup_publisher_send(struct headsup_publisher *publisher, const void *event, size_t size,
                           void *user)
{
    size_t pending = headsup_publisher_pending(publisher);
    int64_t now = now_ms();
    int code;

    if (!event || size == 0) {
        return -EINVAL;
    }
    if (pending == publisher->window ||
        (pending && (publisher->bytes > publisher->window_bytes ||
                     size > publisher->window_bytes - publisher->bytes))) {
        return -EAGAIN;
    }
    code = slot_fill(slot_of(publisher, publisher->next), event, size, user);
    if (code < 0) {
        return code;
    }
    if (pending == 0) {
        publisher->answered_ms = publisher->left_ms = now;
    }
    publisher->next++;
    publisher->bytes += size;
    send_waiting(publisher, now);
    return 0;
}

// Hands over the reply of the first pending event and forgets it.
static void deliver_first(struct headsup_publisher *publisher, const struct headsup_reply *answer,
                          headsup_on_reply *on_reply, void *context)
{
    struct slot *slot = slot_of(publisher, publisher->first);
    struct headsup_reply reply = *answer;

    reply.event = slot->event;
    reply.event_size = slot->size;
    reply.user = slot->user;
    on_reply(context, &reply);
    publisher->bytes -= slot->size;
    free(slot->receipt);
    slot->receipt = NULL;
    if (slot->capacity > SLOT_KEEPS_BYTES) {
        free(slot->event);
        slot->event = NULL;
        slot->capacity = 0;
    }
    publisher->first++;
    if (publisher->cursor < publisher->first) {
        publisher->cursor = publisher->first;
    }
}

// Hands over those that were answered before their turn, which has come.
static int deliver_done(struct headsup_publisher *publisher, headsup_on_reply *on_reply,
                        void *context)
{
    int count = 0;

    while (publisher->first < publisher->next &&
           slot_of(publisher, publisher->first)->state == SLOT_DONE) {
        const struct slot *slot = slot_of(publisher, publisher->first);
        struct headsup_reply reply = {slot->status, slot->receipt, slot->receipt_size, NULL, 0,
                                      NULL};

        deliver_first(publisher, &reply, on_reply, context);
        count++;
    }
    return count;
}

static bool slot_keep_receipt(struct slot *slot, const char *bytes, size_t size)
{
    char *copy = malloc(size ? size : 1);

    if (!copy) {
        return false;
    }
    memcpy(copy, bytes, size);
    free(slot->receipt);
    slot->receipt = copy;
    slot->receipt_size = size;
    return true;
}

// The daemon cannot store this one now: it waits, and so does all that comes after it.
static void hold(struct headsup_publisher *publisher, uint64_t number, const char *bytes,
                 size_t size, int64_t now)
{
    struct slot *slot = slot_of(publisher, number);
    bool again = publisher->probing && publisher->probe == number;

    slot->state = SLOT_WAITING;
    if (slot_keep_receipt(slot, bytes, size)) {
        slot->status = HEADSUP_UNAVAILABLE;
    }
    publisher->trouble = HEADSUP_NOT_FOR_NOW;
    if (publisher->holding && !again) {
        return;
    }
    if (again) {
        publisher->pause_ms = (int)earlier((int64_t)publisher->pause_ms * 2,
                                           (int64_t)publisher->first_pause_ms * PAUSE_GROWTH);
    }
    publisher->holding = true;
    publisher->probing = false;
    publisher->hold_until_ms = now + publisher->pause_ms;
}

// An event is settled: what waited for it may go on.
static void settle(struct headsup_publisher *publisher, uint64_t number, int64_t now)
{
    slot_of(publisher, number)->state = SLOT_DONE;
    publisher->answered_ms = now;
    publisher->connect_pause_ms = CONNECT_PAUSE_MS;
    if (publisher->probing && publisher->probe == number) {
        publisher->holding = publisher->probing = false;
        publisher->pause_ms = publisher->first_pause_ms;
        publisher->cursor = publisher->first;
    }
    if (!publisher->holding) {
        publisher->trouble = HEADSUP_NO_TROUBLE;
    }
}

struct answer {
    uint64_t number;
    const char *bytes;
    size_t size;
};

// Takes one reply. Returns how many were handed over.
static int take_reply(struct headsup_publisher *publisher, const struct answer *answer, int64_t now,
                      headsup_on_reply *on_reply, void *context)
{
    struct slot *slot = slot_of(publisher, answer->number);
    struct headsup_reply reply = {.receipt = answer->bytes, .receipt_size = answer->size};

    reply.status = receipt_status(answer->bytes, answer->size);
    publisher->in_flight--;
    publisher->heard_ms = now;
    if (answer->number > publisher->newest_answered) {
        publisher->newest_answered = answer->number;
    }
    if (reply.status == HEADSUP_UNAVAILABLE) {
        hold(publisher, answer->number, answer->bytes, answer->size, now);
        return 0;
    }
    if (answer->number != publisher->first) {
        if (!slot_keep_receipt(slot, answer->bytes, answer->size)) {
            publisher->in_flight++; // no memory: as if it had not come; it will be asked for again
            return 0;
        }
        slot->status = reply.status;
        settle(publisher, answer->number, now);
        return 0;
    }
    settle(publisher, answer->number, now);
    deliver_first(publisher, &reply, on_reply, context);
    return 1 + deliver_done(publisher, on_reply, context);
}

// Takes all replies that are there.
static int take_replies(struct headsup_publisher *publisher, int64_t now,
                        headsup_on_reply *on_reply, void *context)
{
    struct answer answer;
    uint64_t number;
    int count = 0;

    while (wire_receive(publisher->wire, &number, &answer.bytes, &answer.size) > 0) {
        // the wire carries the low 48 bits
        answer.number =
            publisher->first + ((number - publisher->first) & ((UINT64_C(1) << 48) - 1));
        if (answer.number < publisher->next &&
            slot_of(publisher, answer.number)->state == SLOT_SENT) {
            count += take_reply(publisher, &answer, now, on_reply, context);
        }
    }
    return count;
}

// Drops the connection: what was sent and not answered waits to be sent again.
static void disconnect(struct headsup_publisher *publisher)
{
    wire_disconnect(publisher->wire);
    for (uint64_t i = publisher->first; i < publisher->next; i++) {
        if (slot_of(publisher, i)->state == SLOT_SENT) {
            slot_of(publisher, i)->state = SLOT_WAITING;
        }
    }
    publisher->in_flight = 0;
    publisher->cursor = publisher->first;
    publisher->newest_answered = 0;
    publisher->probing = false;
}

// Drops the connection and sets when the next one is tried.
static void reconnect_later(struct headsup_publisher *publisher, enum headsup_trouble trouble,
                            int64_t now)
{
    disconnect(publisher);
    publisher->trouble = trouble;
    publisher->connect_at_ms = now + publisher->connect_pause_ms;
    publisher->connect_pause_ms *= 2;
    if (publisher->connect_pause_ms > CONNECT_PAUSE_MOST_MS) {
        publisher->connect_pause_ms = CONNECT_PAUSE_MOST_MS;
    }
}

// True where an answer should have come by now: nothing came back for long, or what was sent after
// the oldest one was answered and it was not.
static bool silent_too_long(struct headsup_publisher *publisher, int64_t now)
{
    const struct slot *oldest = NULL;
    uint64_t number = publisher->first;

    if (publisher->in_flight == 0) {
        return false;
    }
    while (slot_of(publisher, number)->state != SLOT_SENT) {
        number++;
    }
    oldest = slot_of(publisher, number);
    if (now - oldest->sent_ms < publisher->resend_after_ms) {
        return false;
    }
    return now - publisher->heard_ms >= publisher->resend_after_ms ||
           publisher->newest_answered > number;
}

static void keep_connected(struct headsup_publisher *publisher, int64_t now)
{
    switch (wire_state(publisher->wire)) {
    case WIRE_CLOSED:
        if (now >= publisher->connect_at_ms && wire_connect(publisher->wire) == 0) {
            publisher->connecting_ms = now;
        }
        break;
    case WIRE_CONNECTING:
        if (now - publisher->connecting_ms >= publisher->resend_after_ms) {
            reconnect_later(publisher, HEADSUP_NO_ANSWER, now);
        }
        break;
    case WIRE_READY:
        if (silent_too_long(publisher, now)) {
            reconnect_later(publisher, HEADSUP_NO_ANSWER, now);
        }
        break;
    case WIRE_BROKEN:
        reconnect_later(publisher, HEADSUP_NOBODY_THERE, now);
        break;
    case WIRE_REFUSED:
        reconnect_later(publisher, HEADSUP_NOT_LET_IN, now);
        break;
    }
}

// Where patience is over: tells the caller of each that is pending what is known of it.
static int give_up(struct headsup_publisher *publisher, int64_t now, headsup_on_reply *on_reply,
                   void *context)
{
    int count = 0;

    if (publisher->patience_ms < 0 || publisher->first == publisher->next ||
        now - publisher->answered_ms < publisher->patience_ms) {
        return 0;
    }
    disconnect(publisher);
    for (uint64_t end = publisher->next; publisher->first < end; count++) {
        const struct slot *slot = slot_of(publisher, publisher->first);
        struct headsup_reply reply = {slot->status, slot->receipt, slot->receipt_size, NULL, 0,
                                      NULL};

        deliver_first(publisher, &reply, on_reply, context);
    }
    publisher->holding = false;
    publisher->pause_ms = publisher->first_pause_ms;
    return count;
}

// When something falls due by itself.
static int64_t next_due(const struct headsup_publisher *publisher, enum wire_state state,
                        int64_t deadline)
{
    int64_t due = deadline;

    if (publisher->patience_ms >= 0) {
        due = earlier(due, publisher->answered_ms + publisher->patience_ms);
    }
    if (publisher->holding && !publisher->probing && state == WIRE_READY) {
        due = earlier(due, publisher->hold_until_ms);
    }
    if (state == WIRE_CLOSED) {
        due = earlier(due, publisher->connect_at_ms);
    } else if (state == WIRE_CONNECTING) {
        due = earlier(due, publisher->connecting_ms + publisher->resend_after_ms);
    } else if (publisher->in_flight > 0) {
        due = earlier(due, publisher->heard_ms + publisher->resend_after_ms);
    }
    return due;
}

// One round: everything that can be done without waiting. Returns how many replies were handed
// over.
static int turn(struct headsup_publisher *publisher, int64_t now, headsup_on_reply *on_reply,
                void *context)
{
    int count = take_replies(publisher, now, on_reply, context);

    if (count == 0) {
        keep_connected(publisher, now);
        count = give_up(publisher, now, on_reply, context);
    }
    send_waiting(publisher, now);
    return count;
}

int headsup_publisher_wait(struct headsup_publisher *publisher, int timeout_ms,
                           headsup_on_reply *on_reply, void *context)
{
    int64_t now = now_ms(), deadline = timeout_ms < 0 ? INT64_MAX : now + timeout_ms, due;
    int code = 0;

    if (publisher->first == publisher->next) {
        return 0;
    }
    publisher->answered_ms = earlier(now, publisher->answered_ms + (now - publisher->left_ms));
    while (code == 0) {
        code = turn(publisher, now, on_reply, context);
        if (code != 0 || publisher->first == publisher->next || now >= deadline) {
            break;
        }
        due = next_due(publisher, wire_state(publisher->wire), deadline);
        code = wire_poll(publisher->wire, due <= now ? 1 : (int)earlier(due - now, INT_MAX));
        now = now_ms();
    }
    publisher->left_ms = now;
    return code;
}
