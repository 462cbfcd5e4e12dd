// The way to the intake: which endpoint is meant, a publisher for it, and words for what is in the
// way.
#pragma once

#include "client/command.h"
#include "client/libheadsup/headsup.h"
#include "common/base/text.h"

struct connection {
    struct text endpoint;
    struct headsup_publisher *publisher;
};

// Opens a publisher. EXIT_DONE; or another exit status, with the words printed.
must_check int connection_open(const struct invocation *invocation,
                               const struct headsup_options *options, struct connection *ret);
void connection_finish(struct connection *connection);

// Says on standard error why nothing more can be sent; returns EXIT_UNREACHABLE.
int connection_given_up(const struct connection *connection);
// What is in the way at the moment, in a few words; NULL: nothing.
const char *connection_trouble(const struct connection *connection);
