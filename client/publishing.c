#include "client/publishing.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/print.h"
#include "client/sending.h"
#include "common/base/moment.h"

enum { WINDOW_USUAL = 64, WINDOW_MOST = 4096, PATIENCE_S = 60, FLUSH_MS = 100 };

int publishing_open(const struct invocation *invocation, const char *name, enum receipts receipts,
                    struct publishing *ret)
{
    struct headsup_options options = {0};
    int64_t window;

    *ret = (struct publishing){.name = name, .receipts = receipts};
    if (!invocation_number(invocation, "window",
                           (struct number_range){1, WINDOW_MOST, WINDOW_USUAL}, &window) ||
        !sending_patience(invocation, PATIENCE_S, &options.patience_ms)) {
        return EXIT_USAGE;
    }
    options.window = (size_t)window;
    // receipts that scroll by are progress enough
    ret->progress.wanted =
        isatty(STDERR_FILENO) && (receipts != RECEIPTS_ALL || !isatty(STDOUT_FILENO));
    ret->begun_ms = ret->progress.shown_ms = ret->flushed_ms = clock_mono_ms();
    return connection_open(invocation, &options, &ret->connection);
}

static void show_progress(struct publishing *publishing)
{
    int64_t now = clock_mono_ms(), took = now - publishing->begun_ms;
    int64_t done = publishing->accepted + publishing->duplicate + publishing->refused;
    const char *trouble = connection_trouble(&publishing->connection);
    char count[COUNT_BYTES], rate[COUNT_BYTES], refused[COUNT_BYTES];

    if (now - publishing->flushed_ms >= FLUSH_MS) {
        (void)fflush(stdout);
        publishing->flushed_ms = now;
    }
    if (!progress_due(&publishing->progress)) {
        return;
    }
    (void)fprintf(stderr, "%s published, %s/s, %s refused%s%s", print_count(done, count),
                  print_count(took ? done * SECOND_MS / took : 0, rate),
                  print_count(publishing->refused, refused), trouble ? "; " : "",
                  trouble ? trouble : "");
}

void publishing_remark(struct publishing *publishing, int64_t line, const char *words)
{
    progress_clear(&publishing->progress);
    print_line(stderr, "%s:%" PRId64 ": %s", publishing->name, line, words);
}

void publishing_reject(struct publishing *publishing, int64_t line, const char *why)
{
    publishing->refused++;
    publishing_remark(publishing, line, why);
}

static void remark_refused(struct publishing *publishing, const struct headsup_reply *reply,
                           int64_t line)
{
    json_t *receipt = json_loadb(reply->receipt, reply->receipt_size, 0, NULL);
    const char *message = json_string_value(json_object_get(receipt, "message"));
    const char *path = json_string_value(json_object_get(receipt, "path"));

    progress_clear(&publishing->progress);
    print_line(stderr, "%s:%" PRId64 ": refused: %s%s%s", publishing->name, line,
               message ? message : "no reason given", path ? "; at " : "", path ? path : "");
    json_decref(receipt);
}

static void print_receipt(const struct headsup_reply *reply, int64_t line)
{
    const char *left = reply->receipt;
    size_t size = reply->receipt_size;

    if (!left) {
        (void)printf("{\"status\":\"unsent\",\"line\":%" PRId64 "}\n", line);
        return;
    }
    while (size) { // one receipt, one line
        const char *end = memchr(left, '\n', size);
        size_t part = end ? (size_t)(end - left) : size;

        (void)fwrite(left, 1, part, stdout);
        part += end != NULL;
        left += part;
        size -= part;
    }
    (void)putchar('\n');
}

static void on_reply(void *context, const struct headsup_reply *reply)
{
    struct publishing *publishing = context;
    int64_t line = (int64_t)(intptr_t)reply->user;
    bool good = reply->status == HEADSUP_ACCEPTED || reply->status == HEADSUP_DUPLICATE;

    switch (reply->status) {
    case HEADSUP_ACCEPTED:
        publishing->accepted++;
        break;
    case HEADSUP_DUPLICATE:
        publishing->duplicate++;
        break;
    case HEADSUP_REFUSED:
        publishing->refused++;
        remark_refused(publishing, reply, line);
        break;
    case HEADSUP_NO_RECEIPT:
        publishing_reject(publishing, line, "the answer is no receipt; is that headsupd?");
        return;
    case HEADSUP_UNAVAILABLE:
    case HEADSUP_UNSENT:
        publishing->unsent++;
        publishing->given_up = true;
        break;
    }
    if (publishing->receipts == RECEIPTS_ALL || (publishing->receipts == RECEIPTS_BAD && !good)) {
        print_receipt(reply, line);
    }
}

bool publishing_pending(const struct publishing *publishing)
{
    return headsup_publisher_pending(publishing->connection.publisher) > 0;
}

void publishing_wait(struct publishing *publishing, int timeout_ms)
{
    (void)headsup_publisher_wait(publishing->connection.publisher, timeout_ms, on_reply,
                                 publishing);
    show_progress(publishing);
}

bool publishing_put(struct publishing *publishing, const char *event, size_t size, int64_t line)
{
    int code = -EAGAIN;

    while (!publishing->given_up) {
        code = headsup_publisher_send(publishing->connection.publisher, event, size,
                                      (void *)(intptr_t)line);
        if (code != -EAGAIN) {
            break;
        }
        publishing_wait(publishing, PROGRESS_EVERY_MS);
    }
    if (code == -ENOMEM) {
        publishing_reject(publishing, line, "out of memory");
    }
    return !publishing->given_up;
}

static void print_sum(struct publishing *publishing)
{
    int64_t all =
        publishing->accepted + publishing->duplicate + publishing->refused + publishing->unsent;
    char total[COUNT_BYTES], accepted[COUNT_BYTES], duplicate[COUNT_BYTES], refused[COUNT_BYTES];
    char unsent[COUNT_BYTES];

    progress_clear(&publishing->progress);
    (void)fprintf(
        stderr, "%s event%s: %s accepted, %s duplicate, %s refused", print_count(all, total),
        all == 1 ? "" : "s", print_count(publishing->accepted, accepted),
        print_count(publishing->duplicate, duplicate), print_count(publishing->refused, refused));
    if (publishing->unsent) {
        (void)fprintf(stderr, ", %s unsent", print_count(publishing->unsent, unsent));
    }
    (void)fprintf(stderr, "\n");
}

int publishing_finish(struct publishing *publishing)
{
    int status = EXIT_DONE;

    while (publishing_pending(publishing)) {
        publishing_wait(publishing, PROGRESS_EVERY_MS);
    }
    (void)fflush(stdout);
    print_sum(publishing);
    if (publishing->given_up) {
        status = connection_given_up(&publishing->connection);
        (void)fprintf(stderr, "headsup: publish the same again later; what was stored already is "
                              "answered as duplicate\n");
    } else if (publishing->refused) {
        status = EXIT_WANTING;
    }
    connection_finish(&publishing->connection);
    return status;
}
