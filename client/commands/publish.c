// headsup publish: a stream of events to the daemon, receipts to standard output.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/commands/commands.h"
#include "client/input.h"
#include "client/print.h"
#include "client/publishing.h"

enum { LOOK_MS = 5 }; // between two looks at the input while answers are awaited

// Reads more input, taking answers while none is there.
static int fill(struct input *input, struct publishing *publishing)
{
    struct pollfd ready = {.fd = input->fd, .events = POLLIN};

    while (publishing_pending(publishing) && !publishing->given_up && poll(&ready, 1, 0) == 0) {
        (void)fflush(stdout);
        publishing_wait(publishing, LOOK_MS);
    }
    (void)fflush(stdout);
    return publishing->given_up ? 0 : input_fill(input);
}

// Publishes what the input holds. 0, or a negative errno where it cannot be read.
static int publish_all(struct input *input, struct publishing *publishing)
{
    struct input_item item;
    int code = 0;

    while (code == 0 && !publishing->given_up) {
        switch (input_next(input, &item)) {
        case INPUT_EVENT:
            (void)publishing_put(publishing, item.bytes, item.size, item.line);
            break;
        case INPUT_EMPTY:
            publishing_remark(publishing, item.line, "an empty line; passed over");
            break;
        case INPUT_TOO_LONG:
            publishing_reject(publishing, item.line, "refused: longer than 1 MiB; not sent");
            break;
        case INPUT_WANTS:
            code = fill(input, publishing);
            break;
        case INPUT_END:
        case INPUT_AGAIN:
            return 0;
        }
    }
    return code;
}

static int publish_from(const struct invocation *invocation, int fd, const char *name)
{
    enum receipts receipts = invocation_has(invocation, "quiet") ? RECEIPTS_BAD : RECEIPTS_ALL;
    struct publishing publishing;
    struct input input;
    int status, code;

    status = publishing_open(invocation, name, receipts, &publishing);
    if (status != EXIT_DONE) {
        connection_finish(&publishing.connection);
        return status;
    }
    input_init(&input, fd);
    code = publish_all(&input, &publishing);
    status = publishing_finish(&publishing);
    if (code < 0) {
        print_line(stderr, "headsup: cannot read %s: %s", name, strerrordesc_np(-code));
        status = status == EXIT_DONE ? EXIT_WANTING : status;
    }
    input_finish(&input);
    return status;
}

static int run(const struct invocation *invocation)
{
    const char *file = invocation->count ? invocation->arguments[0] : "-";
    int fd, status;

    if (strcmp(file, "-") == 0) {
        return publish_from(invocation, STDIN_FILENO, "standard input");
    }
    fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        print_line(stderr, "headsup: %s: %s", file, strerrordesc_np(errno));
        return EXIT_WANTING;
    }
    status = publish_from(invocation, fd, file);
    (void)close(fd);
    return status;
}

const struct command publish_command = {
    .name = "publish",
    .arguments = "[FILE|-]",
    .summary = "publish events from a file or from standard input",
    .words =
        "Publishes events: JSON Lines as they come, or a JSON array, or one event over several "
        "lines.\n"
        "Receipts go to standard output as JSON Lines, in the order of the events; refusals with\n"
        "their line, and the sum, go to standard error. What gets no answer is sent again until "
        "it\n"
        "has one. Publishing the same events twice is harmless: they are answered as duplicates.",
    .example = "  headsup publish today.jsonl\n"
               "  billing-export | headsup publish --quiet --window 1024\n",
    .most = 1,
    .flags = {PUBLISHING_FLAGS, {'q', "quiet", NULL, "print only receipts of what was not stored"}},
    .run = run,
};
