// The public header of libheadsup in the C of 1999 and in C++ (test_public_header.cpp is this
// file): it compiles, and what it declares can be called.
#include "client/libheadsup/headsup.h"

#include <stdio.h>

static void on_reply(void *context, const struct headsup_reply *reply)
{
    (void)context;
    (void)reply;
}

int main(void)
{
    struct headsup_publisher *publisher = NULL;
    static struct headsup_options options;
    int right;

    options.patience_ms = -1;
    right = headsup_publisher_open("nonsense", &options, &publisher) < 0 && !publisher &&
            headsup_publisher_open("ipc:///nonexistent/intake", &options, &publisher) == 0 &&
            headsup_publisher_send(publisher, "{}", 2, NULL) == 0 &&
            headsup_publisher_pending(publisher) == 1 &&
            headsup_publisher_wait(publisher, 0, on_reply, NULL) == 0 &&
            headsup_publisher_trouble(publisher) != HEADSUP_NOT_LET_IN;
    headsup_publisher_close(publisher);
    printf("1..1\n%sok 1 - the public header\n", right ? "" : "not ");
    return 0;
}
