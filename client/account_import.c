#include "client/account_import.h"

#include <stdio.h>

#include "client/account_rows.h"
#include "client/publishing.h"
#include "client/sending.h"

static int publish(void *user, const struct text *event, int64_t line)
{
    return publishing_put(user, event->bytes, event->size, line) ? EXIT_DONE : EXIT_UNREACHABLE;
}

static void reject(void *user, int64_t line, const char *why)
{
    publishing_reject(user, line, why);
}

static void remark(void *user, int64_t line, const char *words)
{
    publishing_remark(user, line, words);
}

// The sum, and what to know of it. Returns an enum exit_status.
static int finish(struct publishing *publishing, bool again)
{
    int status = publishing_finish(publishing);

    if (status == EXIT_DONE && publishing->duplicate > 0 && !again) {
        (void)fprintf(stderr, "duplicate: imported before, word for word, and not applied again; "
                              "--again applies them\n");
    }
    return status;
}

static int import(const struct invocation *invocation, const struct text *file,
                  struct account_sink sink)
{
    enum receipts receipts = invocation->json ? RECEIPTS_ALL : RECEIPTS_NONE;
    struct publishing publishing;
    int status = publishing_open(invocation, sink.name, receipts, &publishing), sent;

    if (status != EXIT_DONE) {
        connection_finish(&publishing.connection);
        return status;
    }
    sink.user = &publishing;
    status = account_rows_read(file, &sink);
    sent = finish(&publishing, sink.again != NULL);
    return sent > status ? sent : status;
}

int account_import(const struct invocation *invocation, const char *path, bool again)
{
    struct account_sink sink = {.name = path, .event = publish, .reject = reject, .remark = remark};
    struct text file = {0};
    char uuid[UUID_BYTES];
    int status = account_rows_load(path, &file);

    if (again) {
        sink.again = sending_uuid(uuid);
    }
    if (status == EXIT_DONE) {
        status = import(invocation, &file, sink);
    }
    text_finish(&file);
    return status;
}
