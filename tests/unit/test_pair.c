#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "daemon/pair.h"

struct ends {
    char folder[64], endpoint[96];
    void *context;
    struct pair *desk, *courier;
};

static int open_ends(void **state)
{
    static struct ends ends;
    struct error err;

    ends = (struct ends){.folder = "/tmp/headsup-pair-XXXXXX"};
    assert_non_null(mkdtemp(ends.folder));
    (void)snprintf(ends.endpoint, sizeof ends.endpoint, "ipc://%s/pair", ends.folder);
    ends.context = zmq_ctx_new();
    assert_int_equal(pair_bind(ends.context, ends.endpoint, &ends.desk, &err), 0);
    assert_int_equal(pair_connect(NULL, ends.endpoint, &ends.courier, &err), 0);
    *state = &ends;
    return 0;
}

static int close_ends(void **state)
{
    struct ends *ends = *state;
    char path[96];

    pair_close(ends->courier);
    pair_close(ends->desk);
    (void)zmq_ctx_term(ends->context);
    (void)snprintf(path, sizeof path, "%s/pair", ends->folder);
    (void)unlink(path); // libzmq leaves it
    (void)snprintf(path, sizeof path, "%s/pair2", ends->folder);
    (void)unlink(path);
    return rmdir(ends->folder);
}

// Waits up to 2 s for a message.
static int receive(struct pair *pair, struct pair_message *ret)
{
    int rc = 0;

    for (int i = 0; i < 200 && rc == 0; i++) {
        rc = pair_receive(pair, ret);
        if (rc == 0) {
            zmq_pollitem_t item = {.socket = pair_socket(pair), .events = ZMQ_POLLIN};

            (void)zmq_poll(&item, 1, 10);
        }
    }
    return rc;
}

// A courier greets first: then both ends are there.
static void greet(struct ends *ends)
{
    struct pair_message message = {0};

    assert_int_equal(pair_send_plain(ends->courier, PAIR_HELLO), 0);
    assert_int_equal(receive(ends->desk, &message), 1);
    assert_int_equal(message.kind, PAIR_HELLO);
    pair_message_finish(&message);
    assert_null(message.frame);
    pair_message_finish(&message);
}

static void nothing_goes_before_the_other_is_there(void **state)
{
    struct ends *ends = *state;
    struct error err;
    struct pair *lonely;
    char endpoint[110];

    (void)snprintf(endpoint, sizeof endpoint, "%s2", ends->endpoint);
    assert_int_equal(pair_bind(ends->context, endpoint, &lonely, &err), 0);
    assert_int_equal(pair_send_stop(lonely, 5), -EAGAIN);
    pair_close(lonely);
}

static void the_file_is_for_its_user_alone(void **state)
{
    struct ends *ends = *state;
    struct stat status;
    mode_t mask = umask(022);

    (void)umask(mask);
    assert_int_equal(stat(ends->endpoint + strlen("ipc://"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_not_equal(mask, 0177); // the process has its own mask back
}

static void a_lane_arrives_whole(void **state)
{
    struct ends *ends = *state;
    struct pair_lane lane = {.lane = "rich",
                             .url = "https://h.example/x",
                             .secret = "whsec_abc",
                             .ca = "CA",
                             .client_key = "KEY",
                             .proxy = "http://p:1",
                             .allow = "10.0.0.0/8",
                             .answers = "404 1\n",
                             .insecure = 1,
                             .concurrency = 3,
                             .rate_gap_ms = 250,
                             .timeout_ms = 15000,
                             .connect_timeout_ms = 5000};
    struct pair_message message = {0};

    greet(ends);
    assert_int_equal(pair_send_lane(ends->desk, &lane), 0);
    lane.secret = NULL;
    assert_int_equal(pair_send_lane(ends->desk, &lane), 0);
    assert_int_equal(receive(ends->courier, &message), 1);
    assert_int_equal(message.kind, PAIR_LANE);
    assert_string_equal(message.lane.lane, "rich");
    assert_string_equal(message.lane.url, "https://h.example/x");
    assert_string_equal(message.lane.secret, "whsec_abc");
    assert_string_equal(message.lane.ca, "CA");
    assert_null(message.lane.client_cert);
    assert_string_equal(message.lane.client_key, "KEY");
    assert_string_equal(message.lane.proxy, "http://p:1");
    assert_string_equal(message.lane.allow, "10.0.0.0/8");
    assert_string_equal(message.lane.answers, "404 1\n");
    assert_int_equal(message.lane.insecure, 1);
    assert_int_equal(message.lane.allow_private, 0);
    assert_int_equal(message.lane.concurrency, 3);
    assert_int_equal(message.lane.rate_gap_ms, 250);
    assert_int_equal(message.lane.timeout_ms, 15000);
    assert_int_equal(message.lane.connect_timeout_ms, 5000);
    pair_message_finish(&message);
    assert_int_equal(receive(ends->courier, &message), 1);
    assert_null(message.lane.secret);
    pair_message_finish(&message);
}

static void a_job_and_its_outcome_arrive_whole(void **state)
{
    struct ends *ends = *state;
    const char body[] = "any\0bytes";
    struct pair_job job = {INT64_MAX, "rich", "hn_1", "application/json", body, sizeof body - 1, 7};
    struct pair_outcome outcome = {INT64_MIN, "", SEND_UNTRIED, 503, -1, 12, "späte Antwort"};
    struct pair_message message = {0};

    greet(ends);
    assert_int_equal(pair_send_job(ends->desk, &job), 0);
    assert_int_equal(pair_flush(ends->desk), 0);
    assert_int_equal(receive(ends->courier, &message), 1);
    assert_int_equal(message.kind, PAIR_JOB);
    assert_true(message.job.num == INT64_MAX);
    assert_string_equal(message.job.lane, "rich");
    assert_string_equal(message.job.notice_id, "hn_1");
    assert_string_equal(message.job.content_type, "application/json");
    assert_int_equal(message.job.body_size, sizeof body - 1);
    assert_memory_equal(message.job.body, body, sizeof body);
    assert_true(message.job.failures_heard == 7);
    pair_message_finish(&message);
    assert_int_equal(pair_send_outcome(ends->courier, &outcome), 0);
    assert_int_equal(pair_flush(ends->courier), 0);
    assert_int_equal(receive(ends->desk, &message), 1);
    assert_int_equal(message.kind, PAIR_OUTCOME);
    assert_true(message.outcome.num == INT64_MIN);
    assert_string_equal(message.outcome.lane, "");
    assert_int_equal(message.outcome.result, SEND_UNTRIED);
    assert_int_equal(message.outcome.status, 503);
    assert_int_equal(message.outcome.retry_after_ms, -1);
    assert_int_equal(message.outcome.took_ms, 12);
    assert_string_equal(message.outcome.answer, "späte Antwort");
    pair_message_finish(&message);
}

static void the_rest_arrives_too(void **state)
{
    struct ends *ends = *state;
    struct pair_message message = {0};

    greet(ends);
    assert_int_equal(pair_send_shut(ends->desk, "rich.fallback"), 0);
    assert_int_equal(receive(ends->courier, &message), 1);
    assert_int_equal(message.kind, PAIR_SHUT);
    assert_string_equal(message.shut, "rich.fallback");
    pair_message_finish(&message);
    assert_int_equal(pair_send_stop(ends->desk, 4000), 0);
    assert_int_equal(receive(ends->courier, &message), 1);
    assert_int_equal(message.kind, PAIR_STOP);
    assert_int_equal(message.deadline_ms, 4000);
    pair_message_finish(&message);
    assert_int_equal(pair_send_recall(ends->desk, "rich"), 0);
    assert_int_equal(receive(ends->courier, &message), 1);
    assert_int_equal(message.kind, PAIR_RECALL);
    assert_string_equal(message.recalled, "rich");
    pair_message_finish(&message);
    assert_int_equal(pair_send_plain(ends->courier, PAIR_ALIVE), 0);
    assert_int_equal(receive(ends->desk, &message), 1);
    assert_int_equal(message.kind, PAIR_ALIVE);
    pair_message_finish(&message);
    assert_int_equal(pair_receive(ends->desk, &message), 0);
}

static void too_long_a_text_is_not_sent(void **state)
{
    struct ends *ends = *state;
    char *body = calloc(1, (size_t)PAIR_TEXT_BYTES + 1);
    struct pair_job job = {1, "rich", "hn_1", "text/plain", body, (size_t)PAIR_TEXT_BYTES + 1, 0};
    struct pair_message message = {0};

    greet(ends);
    assert_int_equal(pair_send_job(ends->desk, &job), -EMSGSIZE);
    job.body_size--;
    assert_int_equal(pair_send_job(ends->desk, &job), 0);
    assert_int_equal(pair_flush(ends->desk), 0);
    assert_int_equal(receive(ends->courier, &message), 1);
    assert_int_equal(message.job.body_size, PAIR_TEXT_BYTES);
    pair_message_finish(&message);
    free(body);
}

// Fills the pair until it says stop; nothing is lost then, and nothing comes twice.
static void a_full_pair_says_so(void **state)
{
    struct ends *ends = *state;
    char body[4001];
    struct pair_job job = {0, "rich", "hn_1", "text/plain", body, sizeof body - 1, 0};
    struct pair_message message = {0};
    int64_t sent = 0, got = 0;

    memset(body, 'x', sizeof body - 1);
    body[sizeof body - 1] = '\0';
    greet(ends);
    while (sent < 200000) {
        job.num = sent;
        if (pair_send_job(ends->desk, &job) == -EAGAIN) {
            break;
        }
        sent++;
    }
    assert_in_range(sent, 1024, 199999);
    assert_true(pair_has_unsent(ends->desk));
    assert_int_equal(pair_send_stop(ends->desk, 7), -EAGAIN); // nor does anything else go
    while (got < sent && receive(ends->courier, &message) == 1) {
        assert_int_equal(message.job.num, got);
        pair_message_finish(&message);
        got++;
        (void)!pair_flush(ends->desk);
    }
    assert_int_equal(got, sent);
    assert_false(pair_has_unsent(ends->desk));
    assert_int_equal(pair_receive(ends->courier, &message), 0);
}

// Jobs wait for company, and go before whatever is sent after them; each is good for itself.
static void jobs_go_together_in_their_order(void **state)
{
    struct ends *ends = *state;
    struct pair_job job = {1, "rich", "hn_1", "text/plain", "body", 4, 0};
    struct pair_message first = {0}, second = {0}, third = {0};

    greet(ends);
    assert_int_equal(pair_send_job(ends->desk, &job), 0);
    assert_true(pair_has_unsent(ends->desk));
    job.num = 2;
    assert_int_equal(pair_send_job(ends->desk, &job), 0);
    assert_int_equal(pair_flush(ends->desk), 0);
    assert_false(pair_has_unsent(ends->desk));
    assert_int_equal(pair_flush(ends->desk), 0); // does nothing
    job.num = 3;
    assert_int_equal(pair_send_job(ends->desk, &job), 0);
    assert_int_equal(pair_send_stop(ends->desk, 5), 0);
    assert_int_equal(receive(ends->courier, &first), 1);
    assert_true(pair_in_hand(ends->courier));
    assert_int_equal(pair_receive(ends->courier, &second), 1); // there already
    assert_false(pair_in_hand(ends->courier));
    assert_int_equal(receive(ends->courier, &third), 1);
    pair_message_finish(&first);
    assert_int_equal(second.job.num, 2);
    assert_string_equal(second.job.body, "body"); // of the same frame as the one let go
    assert_int_equal(third.job.num, 3);
    assert_int_equal(receive(ends->courier, &first), 1);
    assert_int_equal(first.kind, PAIR_STOP);
    pair_message_finish(&first);
    pair_message_finish(&second);
    pair_message_finish(&third);
    assert_int_equal(pair_send_job(ends->desk, &job), 0); // unsent, and in hand at the end
    assert_int_equal(pair_send_job(ends->desk, &job), 0);
    assert_int_equal(pair_flush(ends->desk), 0);
    assert_int_equal(receive(ends->courier, &first), 1);
    pair_message_finish(&first);
    assert_int_equal(pair_send_job(ends->desk, &job), 0);
}

// Nothing leaves a held end; once it is released all comes, in its order. What is too much is
// refused.
static void what_is_held_goes_when_released(void **state)
{
    struct ends *ends = *state;
    char body[4001];
    struct pair_job job = {0, "rich", "hn_1", "text/plain", body, sizeof body - 1, 0};
    struct pair_message message = {0};
    int64_t sent = 0;

    memset(body, 'x', sizeof body - 1);
    body[sizeof body - 1] = '\0';
    greet(ends);
    pair_hold(ends->desk);
    assert_int_equal(pair_send_recall(ends->desk, "rich"), 0);
    while (sent < 100000 && pair_send_job(ends->desk, &job) == 0) {
        job.num = ++sent;
    }
    assert_in_range(sent, 256, 4096);
    assert_int_equal(pair_flush(ends->desk), 0);
    assert_true(pair_has_unsent(ends->desk));
    assert_int_equal(pair_receive(ends->courier, &message), 0);
    assert_int_equal(pair_release(ends->desk), 0);
    assert_false(pair_has_unsent(ends->desk));
    assert_int_equal(receive(ends->courier, &message), 1);
    assert_int_equal(message.kind, PAIR_RECALL);
    pair_message_finish(&message);
    for (int64_t i = 0; i < sent; i++) {
        assert_int_equal(receive(ends->courier, &message), 1);
        assert_int_equal(message.job.num, i);
        pair_message_finish(&message);
    }
    assert_int_equal(pair_send_job(ends->desk, &job), 0); // and as before
    assert_int_equal(pair_flush(ends->desk), 0);
    assert_int_equal(receive(ends->courier, &message), 1);
    pair_message_finish(&message);
    assert_int_equal(pair_receive(ends->courier, &message), 0);
}

static void the_last_words_are_heard(void **state)
{
    struct ends *ends = *state;
    struct pair_outcome outcome = {.lane = "rich", .answer = "ok"};
    struct pair_message message = {0};
    int count = 0;

    greet(ends);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(pair_send_outcome(ends->courier, &outcome), 0);
    }
    pair_close(ends->courier);
    ends->courier = NULL;
    while (count < 1000 && receive(ends->desk, &message) == 1) {
        pair_message_finish(&message);
        count++;
    }
    assert_int_equal(count, 1000);
}

// Edge-triggered: whoever drains before each wait misses nothing.
static void the_descriptor_wakes(void **state)
{
    struct ends *ends = *state;
    struct pair_message message = {0};
    struct pollfd item;

    greet(ends);
    item = (struct pollfd){.fd = pair_fd(ends->courier), .events = POLLIN};
    assert_true(item.fd >= 0);
    for (int i = 0; i < 20; i++) {
        int rc;

        assert_int_equal(pair_receive(ends->courier, &message), 0);
        assert_int_equal(pair_send_stop(ends->desk, i), 0);
        do { // an edge may be about libzmq's own affairs
            assert_int_equal(poll(&item, 1, 2000), 1);
            rc = pair_receive(ends->courier, &message);
        } while (rc == 0);
        assert_int_equal(rc, 1);
        assert_int_equal(message.deadline_ms, i);
        pair_message_finish(&message);
    }
}

// A peer that speaks the frames itself, to say them wrongly.
struct raw_end {
    void *context, *socket;
    struct pair *desk;
    char endpoint[110];
};

static void raw_open(struct raw_end *raw, struct ends *ends)
{
    struct error err;

    (void)snprintf(raw->endpoint, sizeof raw->endpoint, "%s2", ends->endpoint);
    assert_int_equal(pair_bind(ends->context, raw->endpoint, &raw->desk, &err), 0);
    raw->context = zmq_ctx_new();
    raw->socket = zmq_socket(raw->context, ZMQ_PAIR);
    assert_int_equal(zmq_connect(raw->socket, raw->endpoint), 0);
}

static void raw_close(struct raw_end *raw)
{
    int none = 0;

    (void)zmq_setsockopt(raw->socket, ZMQ_LINGER, &none, sizeof none);
    (void)zmq_close(raw->socket);
    (void)zmq_ctx_term(raw->context);
    pair_close(raw->desk);
}

static int raw_send(struct raw_end *raw, const void *bytes, size_t size)
{
    struct pair_message message = {0};
    int rc;

    assert_int_equal(zmq_send(raw->socket, bytes, size, 0), (int)size);
    rc = receive(raw->desk, &message);
    pair_message_finish(&message);
    return rc;
}

// The frame of an outcome, as it is on the wire.
struct outcome_frame {
    uint32_t mark, kind, sizes[10];
    int64_t numbers[6];
    char texts[8];
};

static void a_malformed_frame_is_refused(void **state)
{
    static const struct outcome_frame good = {0x48550005,
                                              PAIR_OUTCOME,
                                              {4, 2, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX,
                                               UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX},
                                              {7, SEND_AGAIN, 503, -1, 3, 0},
                                              {'r', 'i', 'c', 'h', '\0', 'o', 'k', '\0'}};
    struct outcome_frame frame;
    char both[2 * sizeof good];
    struct raw_end raw;

    raw_open(&raw, *state);
    assert_int_equal(raw_send(&raw, &good, sizeof good), 1);
    for (size_t size = 0; size < sizeof good; size++) { // cut anywhere
        assert_int_equal(raw_send(&raw, &good, size), -EPROTO);
    }
#define WRONG(change)                                                                              \
    frame = good;                                                                                  \
    change;                                                                                        \
    assert_int_equal(raw_send(&raw, &frame, sizeof frame), -EPROTO)
    WRONG(frame.mark++);
    WRONG(frame.kind = 0);
    WRONG(frame.kind = 99);
    WRONG(frame.kind = PAIR_JOB); // its texts are not all there
    WRONG(frame.kind = PAIR_LANE);
    WRONG(frame.sizes[0] = 3); // the texts do not end where they should
    WRONG(frame.sizes[0] = 5);
    WRONG(frame.sizes[0] = 7);
    WRONG(frame.sizes[1] = UINT32_MAX); // no answer
    WRONG(frame.sizes[1] = UINT32_MAX - 1);
    WRONG(frame.sizes[2] = 0);    // a text beyond the end
    WRONG(frame.texts[1] = '\0'); // no string
    WRONG(frame.texts[7] = 'x');  // no end
    WRONG(frame.numbers[1] = SEND_UNTRIED + 1);
    WRONG(frame.numbers[1] = -1);
    WRONG(frame.numbers[2] = -1);
    WRONG(frame.numbers[2] = INT64_C(1) << 32);
    WRONG(frame.numbers[3] = -2);
#undef WRONG
    memcpy(both, &good, sizeof good); // one that is right, and one that is not
    memcpy(both + sizeof good, &frame, sizeof frame);
    assert_int_equal(raw_send(&raw, both, sizeof both), 1);
    assert_int_equal(pair_receive(raw.desk, &(struct pair_message){0}), -EPROTO);
    assert_int_equal(raw_send(&raw, both, sizeof both - 1), 1); // cut
    assert_int_equal(pair_receive(raw.desk, &(struct pair_message){0}), -EPROTO);
    assert_int_equal(pair_receive(raw.desk, &(struct pair_message){0}), 0);
    assert_int_equal(raw_send(&raw, &good, sizeof good), 1);
    raw_close(&raw);
}

static void a_message_of_many_frames_is_refused(void **state)
{
    struct pair_message message = {0};
    struct raw_end raw;

    raw_open(&raw, *state);
    assert_int_equal(zmq_send(raw.socket, "a", 1, ZMQ_SNDMORE), 1);
    assert_int_equal(zmq_send(raw.socket, "b", 1, 0), 1);
    assert_int_equal(receive(raw.desk, &message), -EPROTO);
    raw_close(&raw);
}

static void a_place_that_cannot_be_bound_is_said(void **state)
{
    struct ends *ends = *state;
    struct error err = {0};
    struct pair *pair = NULL;

    assert_true(pair_bind(ends->context, "ipc:///nonexistent/folder/pair", &pair, &err) < 0);
    assert_null(pair);
    assert_non_null(strstr(err.message, "/nonexistent/folder/pair"));
    assert_true(pair_connect(NULL, "nonsense", &pair, &err) < 0);
    assert_null(pair);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_ends, close_ends)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_goes_before_the_other_is_there),
        TEST(the_file_is_for_its_user_alone),
        TEST(a_lane_arrives_whole),
        TEST(a_job_and_its_outcome_arrive_whole),
        TEST(the_rest_arrives_too),
        TEST(too_long_a_text_is_not_sent),
        TEST(a_full_pair_says_so),
        TEST(jobs_go_together_in_their_order),
        TEST(what_is_held_goes_when_released),
        TEST(the_last_words_are_heard),
        TEST(the_descriptor_wakes),
        TEST(a_malformed_frame_is_refused),
        TEST(a_message_of_many_frames_is_refused),
        TEST(a_place_that_cannot_be_bound_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
