// The plain pipeline's first process: a turn takes all that waits, commits it, answers, and hands
// the notices to the sender; what the sender tells is marked by the next commit.
//   plain ENDPOINT LEDGER PAIR URL        lane n's webhooks go to the url with n behind it
#include "tests/bench/plain.h"

#include <cjson/cJSON.h>
#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

enum {
    TURN_EVENTS = 1024,
    WORDS_BYTES = 512, // of one member, or of the headline
    TEXT_BYTES = 1024,
    BODY_BYTES = 8192,
    MARKS_WAIT_MS = 5, // for an event whose commit takes them along
};

struct answer {
    zmq_msg_t to, words;
};

struct desk {
    zmq_pollitem_t router, pair;
    struct plain_ledger *ledger;
    struct answer answers[TURN_EVENTS]; // sent after the commit, as the jobs are
    int answer_count;
    char jobs[TURN_EVENTS * (sizeof(struct plain_job) + BODY_BYTES)];
    size_t jobs_size;
    struct plain_outcome *outcomes; // not marked yet
    size_t outcome_count, outcome_room;
};

static const struct {
    const char *name;
    int in_data, needed;
} members[PLAIN_MEMBER_COUNT] = {
    [PLAIN_SOURCE] = {"source", 0, 1},     [PLAIN_ID] = {"id", 0, 1},
    [PLAIN_TYPE] = {"type", 0, 1},         [PLAIN_SUBJECT] = {"subject", 0, 1},
    [PLAIN_ACCOUNT] = {"account", 1, 1},   [PLAIN_CATEGORY] = {"category", 1, 1},
    [PLAIN_SUMMARY] = {"summary", 1, 1},   [PLAIN_SEVERITY] = {"severity", 1, 0},
    [PLAIN_CURRENCY] = {"currency", 1, 0}, [PLAIN_DEPARTMENT] = {"department", 1, 0},
    [PLAIN_CONTACT] = {"contact", 1, 0},
};

// 0 where a member that is needed is missing, or one is too long.
static int read_event(struct plain_event *event, const cJSON *tree)
{
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(tree, "data");
    const cJSON *amount = cJSON_GetObjectItemCaseSensitive(data, "amount");
    const char *digits;

    for (int i = 0; i < PLAIN_MEMBER_COUNT; i++) {
        const cJSON *parent = members[i].in_data ? data : tree;
        const char *words =
            cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(parent, members[i].name));

        if (words ? strlen(words) >= WORDS_BYTES / 2 : members[i].needed) {
            return 0;
        }
        event->members[i] = words ? words : "";
    }
    event->amount = cJSON_IsNumber(amount) ? llround(amount->valuedouble * 100) : 0;
    digits = strpbrk(event->members[PLAIN_ACCOUNT], "0123456789");
    event->lane = digits ? (int)(strtoul(digits, NULL, 10) % PLAIN_LANES) : 0;
    return 1;
}

// The words as JSON has them between its quotes; cut where there is no more room.
static const char *escaped(char *out, size_t room, const char *words)
{
    size_t used = 0;

    for (; *words && used + 7 < room; words++) {
        unsigned char byte = (unsigned char)*words;

        if (byte < 0x20) {
            used += (size_t)snprintf(out + used, room - used, "\\u%04x", byte);
        } else {
            if (byte == '"' || byte == '\\') {
                out[used++] = '\\';
            }
            out[used++] = *words;
        }
    }
    out[used] = '\0';
    return out;
}

// The notice as its webhook has it, behind the jobs that are there.
static void add_job(struct desk *desk, const struct plain_event *event, int64_t number)
{
    struct plain_job job = {.notice = number, .lane = (uint32_t)event->lane};
    char *body = desk->jobs + desk->jobs_size + sizeof job;
    const char *const *texts = event->members;
    char source[WORDS_BYTES], id[WORDS_BYTES], subject[WORDS_BYTES], account[WORDS_BYTES];
    char category[WORDS_BYTES], currency[WORDS_BYTES];
    char headline[2 * WORDS_BYTES], text[2 * TEXT_BYTES];
    int size = snprintf(
        body, BODY_BYTES,
        "{\"specversion\":\"1.0\",\"type\":\"plain.notice\",\"id\":\"notice-%lld\",\"source\":"
        "\"/plain\",\"subject\":\"%s\",\"datacontenttype\":\"application/json\",\"data\":{\"kind\":"
        "\"heads_up\",\"to\":\"sales-%d\",\"account\":{\"key\":\"%s\",\"name\":null},\"issue\":{"
        "\"key\":\"%s\",\"state\":\"open\",\"category\":\"%s\",\"amount\":%.2f,\"currency\":"
        "\"%s\"},\"headline\":\"%s\",\"body\":\"%s\",\"reason\":{\"rule\":\"every one\",\"why\":"
        "\"%s\"},\"events\":[{\"source\":\"%s\",\"id\":\"%s\"}]}}",
        (long long)number, escaped(subject, sizeof subject, texts[PLAIN_SUBJECT]), event->lane,
        escaped(account, sizeof account, texts[PLAIN_ACCOUNT]), subject,
        escaped(category, sizeof category, texts[PLAIN_CATEGORY]), (double)event->amount / 100,
        escaped(currency, sizeof currency, texts[PLAIN_CURRENCY]),
        escaped(headline, sizeof headline, event->headline),
        escaped(text, sizeof text, event->text), event->why,
        escaped(source, sizeof source, texts[PLAIN_SOURCE]),
        escaped(id, sizeof id, texts[PLAIN_ID]));

    if (size < 0 || size >= BODY_BYTES) {
        errx(1, "a body of %d bytes", size);
    }
    job.size = (uint32_t)size;
    memcpy(desk->jobs + desk->jobs_size, &job, sizeof job);
    desk->jobs_size += sizeof job + job.size;
}

// Stores the event with what follows from it; in a word, what became of it.
static const char *handle(struct desk *desk, const struct plain_event *read)
{
    struct plain_event event = *read;
    const char *const *texts = event.members;
    char headline[WORDS_BYTES], text[TEXT_BYTES];
    int64_t number;

    (void)snprintf(headline, sizeof headline, "%s: %s", texts[PLAIN_ACCOUNT], texts[PLAIN_SUMMARY]);
    (void)snprintf(text, sizeof text,
                   "%s, %s %.2f, open for less than a minute.\nWorking on it: pat (%s).\n"
                   "Contact: %s.\nYou: nothing to do now.",
                   texts[PLAIN_CATEGORY], texts[PLAIN_CURRENCY], (double)event.amount / 100,
                   texts[PLAIN_DEPARTMENT], texts[PLAIN_CONTACT]);
    event.headline = headline;
    event.text = text;
    event.why = "event = issue.opened (issue.opened)";
    number = plain_ledger_add(desk->ledger, &event);
    if (number == 0) {
        return "duplicate";
    }
    add_job(desk, &event, number);
    return "accepted";
}

static void make_answer(struct answer *answer, const struct plain_event *event, const char *status)
{
    char id[WORDS_BYTES], source[WORDS_BYTES], words[3 * WORDS_BYTES];
    int size = snprintf(words, sizeof words, "{\"id\":\"%s\",\"source\":\"%s\",\"status\":\"%s\"}",
                        escaped(id, sizeof id, event->members[PLAIN_ID]),
                        escaped(source, sizeof source, event->members[PLAIN_SOURCE]), status);

    if (zmq_msg_init_size(&answer->words, (size_t)size) < 0) {
        err(1, "zmq_msg_init_size");
    }
    memcpy(zmq_msg_data(&answer->words), words, (size_t)size);
}

static void handle_bytes(struct desk *desk, struct answer *answer, const char *bytes, size_t size)
{
    cJSON *tree = cJSON_ParseWithLength(bytes, size);
    struct plain_event event = {.bytes = bytes, .size = size};

    if (read_event(&event, tree)) {
        make_answer(answer, &event, handle(desk, &event));
    } else {
        event.members[PLAIN_ID] = event.members[PLAIN_SOURCE] = "";
        make_answer(answer, &event, "refused");
    }
    cJSON_Delete(tree);
}

// Takes what is left of the message; the number of its frames, the last one in event.
static int take_frames(void *router, zmq_msg_t *event)
{
    int frames = 0;

    do {
        if (zmq_msg_recv(event, router, 0) < 0) {
            err(1, "zmq_msg_recv");
        }
        frames++;
    } while (zmq_msg_more(event));
    return frames;
}

// Takes a request: who asks, an empty frame, the event; 0 where none is there. What is no such
// thing gets no answer.
static int take_request(struct desk *desk)
{
    void *router = desk->router.socket;
    struct answer *answer = &desk->answers[desk->answer_count];
    zmq_msg_t event;

    (void)zmq_msg_init(&answer->to);
    if (zmq_msg_recv(&answer->to, router, ZMQ_DONTWAIT) < 0) {
        return 0;
    }
    (void)zmq_msg_init(&event);
    if (zmq_msg_more(&answer->to) && take_frames(router, &event) == 2) {
        handle_bytes(desk, answer, zmq_msg_data(&event), zmq_msg_size(&event));
        desk->answer_count++;
    } else {
        (void)zmq_msg_close(&answer->to);
    }
    (void)zmq_msg_close(&event);
    return 1;
}

static void take_outcomes(struct desk *desk)
{
    zmq_msg_t message;

    (void)zmq_msg_init(&message);
    while (zmq_msg_recv(&message, desk->pair.socket, ZMQ_DONTWAIT) >= 0) {
        size_t count = zmq_msg_size(&message) / sizeof desk->outcomes[0];

        if (desk->outcome_count + count > desk->outcome_room) {
            desk->outcome_room = 2 * (desk->outcome_count + count);
            desk->outcomes = realloc(desk->outcomes, desk->outcome_room * sizeof desk->outcomes[0]);
            if (desk->outcomes == NULL) {
                err(1, "realloc");
            }
        }
        memcpy(desk->outcomes + desk->outcome_count, zmq_msg_data(&message),
               count * sizeof desk->outcomes[0]);
        desk->outcome_count += count;
    }
    (void)zmq_msg_close(&message);
}

static void commit(struct desk *desk)
{
    for (size_t i = 0; i < desk->outcome_count; i++) {
        plain_ledger_mark(desk->ledger, &desk->outcomes[i]);
    }
    desk->outcome_count = 0;
    plain_ledger_commit(desk->ledger);
}

// Now that it is on disk.
static void tell(struct desk *desk)
{
    for (int i = 0; i < desk->answer_count; i++) {
        struct answer *answer = &desk->answers[i];

        if (zmq_msg_send(&answer->to, desk->router.socket, ZMQ_SNDMORE) < 0 ||
            zmq_send(desk->router.socket, "", 0, ZMQ_SNDMORE) < 0 ||
            zmq_msg_send(&answer->words, desk->router.socket, 0) < 0) {
            err(1, "zmq_msg_send");
        }
    }
    desk->answer_count = 0;
    if (desk->jobs_size > 0 && zmq_send(desk->pair.socket, desk->jobs, desk->jobs_size, 0) < 0) {
        err(1, "zmq_send");
    }
    desk->jobs_size = 0;
}

static void turn(struct desk *desk)
{
    plain_ledger_begin(desk->ledger);
    while (desk->answer_count < TURN_EVENTS && take_request(desk)) {
    }
    commit(desk);
    tell(desk);
}

static void *bind_socket(void *context, int type, const char *endpoint)
{
    void *socket = zmq_socket(context, type);

    if (zmq_setsockopt(socket, ZMQ_SNDHWM, &(int){0}, sizeof(int)) < 0 ||
        zmq_setsockopt(socket, ZMQ_RCVHWM, &(int){0}, sizeof(int)) < 0 ||
        zmq_bind(socket, endpoint) < 0) {
        err(1, "%s", endpoint);
    }
    return socket;
}

int main(int count, char **arguments)
{
    static struct desk desk;
    void *context;

    if (count != 5) {
        errx(2, "usage: plain ENDPOINT LEDGER PAIR URL");
    }
    // before there is a context, for its threads would not be in the child
    switch (fork()) {
    case -1:
        err(1, "fork");
    case 0:
        plain_send(arguments[3], arguments[4]);
        return 0;
    default:
        break;
    }
    desk.ledger = plain_ledger_open(arguments[2]);
    context = zmq_ctx_new();
    desk.pair = (zmq_pollitem_t){.socket = bind_socket(context, ZMQ_PAIR, arguments[3]),
                                 .events = ZMQ_POLLIN};
    desk.router = (zmq_pollitem_t){.socket = bind_socket(context, ZMQ_ROUTER, arguments[1]),
                                   .events = ZMQ_POLLIN};
    for (;;) {
        zmq_pollitem_t items[] = {desk.router, desk.pair};
        int ready = zmq_poll(items, 2, desk.outcome_count > 0 ? MARKS_WAIT_MS : -1);

        take_outcomes(&desk);
        if (items[0].revents || ready == 0 || desk.outcome_count >= TURN_EVENTS) {
            turn(&desk);
        }
    }
}
