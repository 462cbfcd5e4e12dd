// The publisher of libheadsup against a ROUTER that the test plays itself, move by move.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "client/libheadsup/headsup.h"

#define ACCEPTED    "{\"status\":\"accepted\"}"
#define DUPLICATE   "{\"status\":\"duplicate\"}"
#define REFUSED     "{\"status\":\"refused\"}"
#define UNAVAILABLE "{\"status\":\"unavailable\"}"

enum { SOON_MS = 10000, RESEND_MS = 200, PAUSE_MS = 100, REPLIES = 64 };

struct reply {
    enum headsup_status status;
    char event[64], receipt[64];
    intptr_t user;
};

struct play {
    void *context, *router;
    char folder[64], endpoint[128];
    struct headsup_publisher *publisher;
    size_t count;
    struct reply replies[REPLIES];
};

struct request {
    unsigned char peer[16], number[16];
    int peer_size, number_size;
    char event[64];
};

static void daemon_up(struct play *play)
{
    const int none = 0, soon = SOON_MS;

    play->router = zmq_socket(play->context, ZMQ_ROUTER);
    assert_non_null(play->router);
    assert_int_equal(zmq_setsockopt(play->router, ZMQ_LINGER, &none, sizeof none), 0);
    assert_int_equal(zmq_setsockopt(play->router, ZMQ_RCVTIMEO, &soon, sizeof soon), 0);
    assert_int_equal(zmq_bind(play->router, play->endpoint), 0);
}

static void daemon_down(struct play *play)
{
    assert_int_equal(zmq_unbind(play->router, play->endpoint), 0);
    assert_int_equal(zmq_close(play->router), 0);
    play->router = NULL;
}

static int begin(void **state)
{
    struct play *play = calloc(1, sizeof *play);

    (void)snprintf(play->folder, sizeof play->folder, "/tmp/headsup-test-XXXXXX");
    assert_non_null(mkdtemp(play->folder));
    (void)snprintf(play->endpoint, sizeof play->endpoint, "ipc://%s/intake", play->folder);
    play->context = zmq_ctx_new();
    *state = play;
    return 0;
}

static int end(void **state)
{
    struct play *play = *state;
    char path[128];

    headsup_publisher_close(play->publisher);
    if (play->router) {
        (void)zmq_close(play->router);
    }
    (void)zmq_ctx_term(play->context);
    (void)snprintf(path, sizeof path, "%s/intake", play->folder);
    (void)unlink(path);
    (void)rmdir(play->folder);
    free(play);
    return 0;
}

static void open_publisher(struct play *play, size_t window, int patience_ms)
{
    struct headsup_options options = {
        .window = window,
        .resend_after_ms = RESEND_MS,
        .patience_ms = patience_ms,
        .pause_ms = PAUSE_MS,
    };

    assert_int_equal(headsup_publisher_open(play->endpoint, &options, &play->publisher), 0);
}

static void on_reply(void *context, const struct headsup_reply *reply)
{
    struct play *play = context;
    struct reply *kept = &play->replies[play->count++ % REPLIES];

    kept->status = reply->status;
    kept->user = (intptr_t)reply->user;
    (void)snprintf(kept->event, sizeof kept->event, "%.*s", (int)reply->event_size, reply->event);
    (void)snprintf(kept->receipt, sizeof kept->receipt, "%.*s", (int)reply->receipt_size,
                   reply->receipt ? reply->receipt : "");
}

static int wait_ms(struct play *play, int timeout_ms)
{
    return headsup_publisher_wait(play->publisher, timeout_ms, on_reply, play);
}

static void send_event(struct play *play, const char *event)
{
    assert_int_equal(
        headsup_publisher_send(play->publisher, event, strlen(event), (void *)(intptr_t)event[0]),
        0);
}

// Takes one request off the ROUTER; the publisher is given its turns meanwhile.
static bool take(struct play *play, struct request *ret, int timeout_ms)
{
    zmq_pollitem_t item = {.socket = play->router, .events = ZMQ_POLLIN};
    char empty[8];
    int size;

    for (int waited = 0; zmq_poll(&item, 1, 5) == 0; waited += 10) {
        if (waited >= timeout_ms) {
            return false;
        }
        (void)wait_ms(play, 5);
    }
    ret->peer_size = zmq_recv(play->router, ret->peer, sizeof ret->peer, 0);
    ret->number_size = zmq_recv(play->router, ret->number, sizeof ret->number, 0);
    assert_int_equal(zmq_recv(play->router, empty, sizeof empty, 0), 0);
    size = zmq_recv(play->router, ret->event, sizeof ret->event - 1, 0);
    assert_true(size >= 0 && size < (int)sizeof ret->event);
    ret->event[size] = '\0';
    assert_int_equal(ret->number_size, 8);
    return true;
}

static struct request expect(struct play *play, const char *event)
{
    struct request request = {0};

    assert_true(take(play, &request, SOON_MS));
    assert_string_equal(request.event, event);
    return request;
}

static void expect_nothing(struct play *play, int for_ms)
{
    struct request request = {0};

    assert_false(take(play, &request, for_ms));
}

static void answer(struct play *play, const struct request *request, const char *receipt)
{
    assert_true(zmq_send(play->router, request->peer, (size_t)request->peer_size, ZMQ_SNDMORE) > 0);
    assert_int_equal(zmq_send(play->router, request->number, 8, ZMQ_SNDMORE), 8);
    assert_int_equal(zmq_send(play->router, "", 0, ZMQ_SNDMORE), 0);
    assert_true(zmq_send(play->router, receipt, strlen(receipt), 0) >= 0);
}

static void expect_replies(struct play *play, size_t count)
{
    for (int i = 0; i < 200 && play->count < count; i++) {
        (void)wait_ms(play, 10);
    }
    assert_int_equal(play->count, count);
}

static void test_a_receipt_comes_back_with_its_event(void **state)
{
    struct play *play = *state;
    struct request request;

    daemon_up(play);
    open_publisher(play, 4, 0);
    send_event(play, "a");
    assert_int_equal(headsup_publisher_pending(play->publisher), 1);
    request = expect(play, "a");
    answer(play, &request, ACCEPTED);
    expect_replies(play, 1);
    assert_int_equal(play->replies[0].status, HEADSUP_ACCEPTED);
    assert_string_equal(play->replies[0].event, "a");
    assert_string_equal(play->replies[0].receipt, ACCEPTED);
    assert_int_equal(play->replies[0].user, 'a');
    assert_int_equal(headsup_publisher_pending(play->publisher), 0);
    assert_int_equal(wait_ms(play, -1), 0); // nothing pending: does not wait
}

static void test_the_window_bounds_what_is_under_way(void **state)
{
    struct play *play = *state;
    struct request request;

    daemon_up(play);
    open_publisher(play, 2, 0);
    send_event(play, "a");
    send_event(play, "b");
    assert_int_equal(headsup_publisher_send(play->publisher, "c", 1, NULL), -EAGAIN);
    request = expect(play, "a");
    answer(play, &request, ACCEPTED);
    expect_replies(play, 1);
    send_event(play, "c");
    (void)expect(play, "b");
    (void)expect(play, "c");
}

static void test_the_bytes_of_the_window_are_bounded_too(void **state)
{
    struct headsup_options options = {.window = 8, .window_bytes = 10};
    struct play *play = *state;

    assert_int_equal(headsup_publisher_open(play->endpoint, &options, &play->publisher), 0);
    assert_int_equal(headsup_publisher_send(play->publisher, "0123456789abcdef", 16, NULL), 0);
    assert_int_equal(headsup_publisher_send(play->publisher, "x", 1, NULL), -EAGAIN);
}

static void test_replies_are_handed_over_in_the_order_of_the_events(void **state)
{
    struct play *play = *state;
    struct request first, second, third;

    daemon_up(play);
    open_publisher(play, 4, 0);
    send_event(play, "a");
    send_event(play, "b");
    send_event(play, "c");
    first = expect(play, "a");
    second = expect(play, "b");
    third = expect(play, "c");
    answer(play, &third, REFUSED);
    answer(play, &second, DUPLICATE);
    assert_int_equal(wait_ms(play, RESEND_MS / 3), 0);
    answer(play, &first, ACCEPTED);
    expect_replies(play, 3);
    assert_int_equal(play->replies[0].status, HEADSUP_ACCEPTED);
    assert_int_equal(play->replies[1].status, HEADSUP_DUPLICATE);
    assert_string_equal(play->replies[1].receipt, DUPLICATE);
    assert_int_equal(play->replies[2].status, HEADSUP_REFUSED);
    assert_string_equal(play->replies[2].event, "c");
}

static void test_silence_sends_all_again_on_a_new_connection(void **state)
{
    struct play *play = *state;
    struct request old, again;

    daemon_up(play);
    open_publisher(play, 4, -1);
    send_event(play, "a");
    send_event(play, "b");
    old = expect(play, "a");
    (void)expect(play, "b");
    again = expect(play, "a");
    assert_memory_not_equal(old.peer, again.peer, 5);
    assert_memory_not_equal(old.number, again.number, 8);
    answer(play, &again, ACCEPTED);
    again = expect(play, "b");
    answer(play, &again, ACCEPTED);
    expect_replies(play, 2);
}

static void test_a_lost_reply_is_asked_for_again_although_later_ones_came(void **state)
{
    struct play *play = *state;
    struct request request;

    daemon_up(play);
    open_publisher(play, 4, -1);
    send_event(play, "a");
    send_event(play, "b");
    (void)expect(play, "a");
    request = expect(play, "b");
    answer(play, &request, ACCEPTED);
    request = expect(play, "a");
    answer(play, &request, DUPLICATE);
    expect_replies(play, 2);
    assert_int_equal(play->replies[0].status, HEADSUP_DUPLICATE);
    assert_int_equal(play->replies[1].status, HEADSUP_ACCEPTED);
    expect_nothing(play, RESEND_MS);
}

static void test_a_lost_reply_is_asked_for_again_while_others_go_on(void **state)
{
    struct play *play = *state;
    struct request request;
    bool again = false;

    daemon_up(play);
    open_publisher(play, 64, -1);
    send_event(play, "a");
    (void)expect(play, "a");
    for (int i = 0; i < 60 && !again; i++) {
        send_event(play, "x");
        assert_true(take(play, &request, SOON_MS));
        answer(play, &request, ACCEPTED);
        again = strcmp(request.event, "a") == 0;
        (void)wait_ms(play, 1);
        (void)poll(NULL, 0, 10);
        (void)wait_ms(play, 1);
    }
    assert_true(again);
}

static void test_nothing_newer_goes_out_on_a_connection_that_was_lost_unseen(void **state)
{
    struct play *play = *state;

    daemon_up(play);
    open_publisher(play, 4, -1);
    send_event(play, "a");
    (void)expect(play, "a");
    daemon_down(play);
    daemon_up(play);
    assert_int_equal(poll(NULL, 0, 300), 0); // time enough for a socket that connects by itself
    send_event(play, "b");
    (void)expect(play, "a");
    (void)expect(play, "b");
}

static void test_a_daemon_that_comes_back_gets_the_rest_in_order(void **state)
{
    struct play *play = *state;
    struct request request;

    daemon_up(play);
    open_publisher(play, 4, -1);
    send_event(play, "a");
    send_event(play, "b");
    request = expect(play, "a");
    answer(play, &request, ACCEPTED);
    expect_replies(play, 1);
    (void)expect(play, "b");
    daemon_down(play);
    (void)wait_ms(play, 50);
    send_event(play, "c"); // while nobody is there
    (void)wait_ms(play, 100);
    assert_int_equal(headsup_publisher_trouble(play->publisher), HEADSUP_NOBODY_THERE);
    daemon_up(play);
    request = expect(play, "b");
    answer(play, &request, DUPLICATE);
    request = expect(play, "c");
    answer(play, &request, ACCEPTED);
    expect_replies(play, 3);
    assert_int_equal(headsup_publisher_trouble(play->publisher), HEADSUP_NO_TROUBLE);
}

static int64_t mono_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// What is held must not come too soon; how late it comes is the machine's affair.
static void test_unavailable_holds_all_that_is_newer(void **state)
{
    struct play *play = *state;
    struct request first, second;
    int64_t begun_ms;

    daemon_up(play);
    open_publisher(play, 8, -1);
    send_event(play, "a");
    send_event(play, "b");
    first = expect(play, "a");
    second = expect(play, "b");
    begun_ms = mono_ms();
    answer(play, &first, UNAVAILABLE);
    answer(play, &second, UNAVAILABLE);
    (void)wait_ms(play, 10);
    send_event(play, "c");
    first = expect(play, "a"); // alone, to see whether it can go on
    assert_true(mono_ms() - begun_ms >= PAUSE_MS / 3);
    assert_int_equal(headsup_publisher_trouble(play->publisher), HEADSUP_NOT_FOR_NOW);
    begun_ms = mono_ms();
    answer(play, &first, UNAVAILABLE);
    first = expect(play, "a");                                    // nor did another come before it
    assert_true(mono_ms() - begun_ms >= PAUSE_MS + PAUSE_MS / 3); // the pause has grown
    answer(play, &first, ACCEPTED);
    for (const char *next = "bc"; *next; next++) {
        char event[2] = {*next, '\0'};

        second = expect(play, event);
        answer(play, &second, ACCEPTED);
    }
    expect_replies(play, 3);
    assert_string_equal(play->replies[2].event, "c");
}

static void test_patience_ends(void **state)
{
    struct play *play = *state;
    struct request request;

    daemon_up(play);
    open_publisher(play, 4, 3 * RESEND_MS);
    send_event(play, "a");
    send_event(play, "b");
    (void)expect(play, "a");
    request = expect(play, "b");
    answer(play, &request, ACCEPTED);
    expect_replies(play, 2);
    assert_int_equal(play->replies[0].status, HEADSUP_UNSENT);
    assert_string_equal(play->replies[0].receipt, "");
    assert_int_equal(play->replies[1].status, HEADSUP_ACCEPTED); // what came is not thrown away
    assert_int_equal(headsup_publisher_pending(play->publisher), 0);
}

static void test_giving_up_on_unavailable_hands_over_what_it_said(void **state)
{
    struct play *play = *state;
    struct request request;

    daemon_up(play);
    open_publisher(play, 4, PAUSE_MS * 3 / 2);
    send_event(play, "a");
    request = expect(play, "a");
    answer(play, &request, UNAVAILABLE);
    expect_replies(play, 1);
    assert_int_equal(play->replies[0].status, HEADSUP_UNAVAILABLE);
    assert_string_equal(play->replies[0].receipt, UNAVAILABLE);
}

static void test_nobody_there_is_given_up_too(void **state)
{
    struct play *play = *state;

    open_publisher(play, 4, 100);
    send_event(play, "a");
    assert_int_equal(poll(NULL, 0, 150), 0); // the caller's own pause is no silence of the daemon's
    assert_int_equal(wait_ms(play, 20), 0);
    expect_replies(play, 1);
    assert_int_equal(play->replies[0].status, HEADSUP_UNSENT);
    assert_int_equal(headsup_publisher_trouble(play->publisher), HEADSUP_NOBODY_THERE);
}

static void test_what_is_no_reply_of_ours_is_passed_over(void **state)
{
    struct play *play = *state;
    struct request request, odd;

    daemon_up(play);
    open_publisher(play, 4, 0);
    send_event(play, "a");
    request = expect(play, "a");
    odd = request;
    odd.number[7] ^= 1; // another event
    answer(play, &odd, REFUSED);
    odd = request;
    odd.number[1] ^= 1; // another connection
    answer(play, &odd, REFUSED);
    assert_true(zmq_send(play->router, request.peer, (size_t)request.peer_size, ZMQ_SNDMORE) > 0);
    assert_int_equal(zmq_send(play->router, "junk", 4, 0), 4);
    answer(play, &request, "what?");
    answer(play, &request, ACCEPTED); // a second answer to the same
    expect_replies(play, 1);
    assert_int_equal(play->replies[0].status, HEADSUP_NO_RECEIPT);
    assert_int_equal(wait_ms(play, 20), 0);
}

static void test_wrong_use_is_refused(void **state)
{
    struct headsup_options wide = {.window = 4097};
    struct headsup_publisher *publisher = NULL;
    struct play *play = *state;

    assert_int_equal(headsup_publisher_open("nonsense", NULL, &publisher), -EINVAL);
    assert_int_equal(headsup_publisher_open(NULL, NULL, &publisher), -EINVAL);
    assert_int_equal(headsup_publisher_open(play->endpoint, &wide, &publisher), -EINVAL);
    assert_null(publisher);
    open_publisher(play, 1, 0);
    assert_int_equal(headsup_publisher_send(play->publisher, "", 0, NULL), -EINVAL);
    headsup_publisher_close(NULL);
}

// The library's own calls for memory are counted by the linker's --wrap; the n-th fails.
static int calls_left = -1;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
char *__real_strdup(const char *string);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
char *__wrap_strdup(const char *string);

static bool fails_now(void)
{
    return calls_left >= 0 && calls_left-- == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

char *__wrap_strdup(const char *string)
{
    return fails_now() ? NULL : __real_strdup(string);
}

static void test_no_memory_is_an_error_and_no_end(void **state)
{
    struct play *play = *state;
    int failures = 0, code = -ENOMEM;

    for (int n = 0; code != 0; n++) {
        calls_left = n;
        code = headsup_publisher_open(play->endpoint, NULL, &play->publisher);
        if (code == 0) {
            calls_left = 0;
            assert_int_equal(headsup_publisher_send(play->publisher, "a", 1, NULL), -ENOMEM);
            assert_int_equal(headsup_publisher_send(play->publisher, "a", 1, NULL), 0);
        } else {
            assert_int_equal(code, -ENOMEM);
            failures++;
        }
        calls_left = -1;
    }
    assert_int_equal(failures, 4); // publisher, slots, wire, endpoint
}

static void test_a_reply_that_finds_no_memory_is_asked_for_again(void **state)
{
    struct play *play = *state;
    struct request first, second;

    daemon_up(play);
    open_publisher(play, 4, -1);
    send_event(play, "a");
    send_event(play, "b");
    first = expect(play, "a");
    second = expect(play, "b");
    answer(play, &second, ACCEPTED); // before its turn: it must be kept
    calls_left = 0;
    (void)wait_ms(play, 20);
    assert_int_equal(calls_left, -1);
    answer(play, &first, ACCEPTED);
    expect_replies(play, 1);
    second = expect(play, "b");
    answer(play, &second, DUPLICATE);
    expect_replies(play, 2);
    assert_int_equal(play->replies[1].status, HEADSUP_DUPLICATE);
}

#define played(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        played(test_a_receipt_comes_back_with_its_event),
        played(test_the_window_bounds_what_is_under_way),
        played(test_the_bytes_of_the_window_are_bounded_too),
        played(test_replies_are_handed_over_in_the_order_of_the_events),
        played(test_silence_sends_all_again_on_a_new_connection),
        played(test_a_lost_reply_is_asked_for_again_although_later_ones_came),
        played(test_a_lost_reply_is_asked_for_again_while_others_go_on),
        played(test_nothing_newer_goes_out_on_a_connection_that_was_lost_unseen),
        played(test_a_daemon_that_comes_back_gets_the_rest_in_order),
        played(test_unavailable_holds_all_that_is_newer),
        played(test_patience_ends),
        played(test_giving_up_on_unavailable_hands_over_what_it_said),
        played(test_nobody_there_is_given_up_too),
        played(test_what_is_no_reply_of_ours_is_passed_over),
        played(test_wrong_use_is_refused),
        played(test_no_memory_is_an_error_and_no_end),
        played(test_a_reply_that_finds_no_memory_is_asked_for_again),
    };

    return cmocka_run_group_tests_name("publisher", tests, NULL, NULL);
}
