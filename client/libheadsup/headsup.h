// libheadsup: publishes events to headsupd and hands back a receipt for each. A publisher keeps
// what was not answered and sends it again, in order, until it is: events are sent at least once,
// and (source, id) makes a second sending harmless. It never logs and never ends the program.
//
// A publisher belongs to one thread. Functions that can fail return 0 or a negative errno.
#ifndef HEADSUP_H
#define HEADSUP_H

#include <stddef.h>

#if defined(__GNUC__)
#define HEADSUP_API __attribute__((visibility("default")))
#else
#define HEADSUP_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct headsup_publisher;

// Zeroed means: all as usual.
struct headsup_options {
    size_t window;       // events without an answer at most, 1 to 4096; 0: 64
    size_t window_bytes; // their bytes together at most; 0: 16 MiB. One event always fits.
    int resend_after_ms; // silence after which all is sent again on a new connection; 0: 5000
    int patience_ms;     // silence after which it gives up; 0: 60000, below 0: never
    int pause_ms;        // the first pause after `unavailable`; it doubles up to 30 times. 0: 1000
    size_t reserved[4];  // zero
};

enum headsup_status {
    HEADSUP_ACCEPTED,    // on disk
    HEADSUP_DUPLICATE,   // it was on disk before
    HEADSUP_REFUSED,     // never to be stored; the receipt says why
    HEADSUP_UNAVAILABLE, // given up: the daemon could not store it for now
    HEADSUP_UNSENT,      // given up: no answer came. It may have been stored all the same.
    HEADSUP_NO_RECEIPT   // answered, but not with a receipt: is that headsupd?
};

// What became of one event; everything in it is valid during the call only.
struct headsup_reply {
    enum headsup_status status; // of an array of events: of the worst among them
    const char *receipt;        // the receipt, or an array of them, as it came; NULL if none did
    size_t receipt_size;
    const char *event; // as it was given to headsup_publisher_send()
    size_t event_size;
    void *user; // likewise
};

// Takes one reply. It may send, but neither wait nor close.
typedef void headsup_on_reply(void *context, const struct headsup_reply *reply);

// What is in the way at the moment, for words to people.
enum headsup_trouble {
    HEADSUP_NO_TROUBLE,
    HEADSUP_NOBODY_THERE, // nobody takes connections at the endpoint
    HEADSUP_NOT_LET_IN,   // the daemon refuses this user or this key
    HEADSUP_NO_ANSWER,    // connected, and nothing comes back
    HEADSUP_NOT_FOR_NOW   // the daemon answers that it cannot store anything for now
};

// Opens a publisher for an endpoint such as "ipc:///run/headsup/intake"; options may be NULL. It
// succeeds with nobody there yet. -EINVAL for an endpoint or options that cannot be.
HEADSUP_API int headsup_publisher_open(const char *endpoint, const struct headsup_options *options,
                                       struct headsup_publisher **ret_publisher);

// Takes a copy of one event (or one JSON array of events) and sends it as soon as it can; user
// comes back with the reply. -EAGAIN while the window is full: wait first. -EINVAL for size 0.
HEADSUP_API int headsup_publisher_send(struct headsup_publisher *publisher, const void *event,
                                       size_t size, void *user);

// Waits until replies are there, at most timeout_ms (below 0: as long as it takes), and hands them
// over in the order in which the events were sent. Returns how many; 0 when time is up or nothing
// is pending; -EINTR after a signal.
HEADSUP_API int headsup_publisher_wait(struct headsup_publisher *publisher, int timeout_ms,
                                       headsup_on_reply *on_reply, void *context);

// How many events were sent whose replies were not handed over yet.
HEADSUP_API size_t headsup_publisher_pending(const struct headsup_publisher *publisher);

HEADSUP_API enum headsup_trouble
headsup_publisher_trouble(const struct headsup_publisher *publisher);

// Forgets what is pending. NULL is allowed.
HEADSUP_API void headsup_publisher_close(struct headsup_publisher *publisher);

#ifdef __cplusplus
}
#endif

#endif
