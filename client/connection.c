#include "client/connection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/print.h"
#include "client/reading.h"

// The address at which a bind is reached from this host: "tcp://*:7117" means all of its own.
static void add_reachable(struct text *out, const char *bind)
{
    static const char *const any[] = {"tcp://*:", "tcp://0.0.0.0:", "tcp://[::]:"};

    for (size_t i = 0; i < sizeof any / sizeof any[0]; i++) {
        if (strncmp(bind, any[i], strlen(any[i])) == 0) {
            text_addf(out, "tcp://127.0.0.1:%s", bind + strlen(any[i]));
            return;
        }
    }
    text_add(out, bind);
}

static int choose_endpoint(const struct invocation *invocation, struct text *ret)
{
    struct rulebook *rulebook = NULL;
    int status;

    if (invocation->endpoint) {
        text_add(ret, invocation->endpoint);
        return EXIT_DONE;
    }
    status = reading_rulebook(invocation, &rulebook);
    if (status == EXIT_DONE) {
        add_reachable(ret, rulebook->bind_count ? rulebook->binds[0] : "");
    }
    rulebook_destroyp(&rulebook);
    return status;
}

int connection_open(const struct invocation *invocation, const struct headsup_options *options,
                    struct connection *ret)
{
    int status, code;

    *ret = (struct connection){0};
    status = choose_endpoint(invocation, &ret->endpoint);
    if (status != EXIT_DONE) {
        return status;
    }
    code = headsup_publisher_open(text_string(&ret->endpoint), options, &ret->publisher);
    if (code < 0) {
        return usage_error(invocation->command, "cannot use the endpoint '%s': %s",
                           text_string(&ret->endpoint), strerrordesc_np(-code));
    }
    return EXIT_DONE;
}

void connection_finish(struct connection *connection)
{
    headsup_publisher_close(connection->publisher);
    text_finish(&connection->endpoint);
    *connection = (struct connection){0};
}

// Why nobody takes connections: of a socket in the file system more can be said.
static const char *absence(const char *endpoint)
{
    static const char scheme[] = "ipc://";

    if (strncmp(endpoint, scheme, strlen(scheme)) == 0 &&
        access(endpoint + strlen(scheme), W_OK) < 0) {
        return errno == ENOENT   ? "there is no such socket; is headsupd running?"
               : errno == EACCES ? "this user may not use that socket"
                                 : "that socket cannot be used";
    }
    return "nobody takes connections there; is headsupd running?";
}

const char *connection_trouble(const struct connection *connection)
{
    switch (headsup_publisher_trouble(connection->publisher)) {
    case HEADSUP_NOBODY_THERE:
        return absence(text_string(&connection->endpoint));
    case HEADSUP_NOT_LET_IN:
        return "headsupd does not let this user publish";
    case HEADSUP_NO_ANSWER:
        return "connected, but no answer comes";
    case HEADSUP_NOT_FOR_NOW:
        return "headsupd cannot store anything for now; its log says why";
    case HEADSUP_NO_TROUBLE:
        break;
    }
    return NULL;
}

int connection_given_up(const struct connection *connection)
{
    const char *trouble = connection_trouble(connection);

    print_line(stderr, "headsup: gave up on %s: %s", text_string(&connection->endpoint),
               trouble ? trouble : "no answer");
    return EXIT_UNREACHABLE;
}
