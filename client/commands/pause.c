// headsup pause and headsup resume: a person stops a lane, and lets it go on.

#include <stdio.h>

#include "client/commands/commands.h"
#include "client/ordering.h"
#include "common/base/json_out.h"

static int order(const struct invocation *invocation, const char *type)
{
    struct text event = {0};
    int status;

    ordering_open(&event, type, NULL);
    json_put_string(&event, "lane", invocation->arguments[0]);
    if (invocation_has(invocation, "why")) {
        json_put_string(&event, "reason", invocation_value(invocation, "why"));
    }
    ordering_close(&event);
    status = ordering_run(invocation, &event);
    text_finish(&event);
    return status;
}

static int run_pause(const struct invocation *invocation)
{
    return order(invocation, "lane.paused");
}

static int run_resume(const struct invocation *invocation)
{
    return order(invocation, "lane.resumed");
}

const struct command pause_command = {
    .name = "pause",
    .arguments = "LANE",
    .summary = "stop a lane, and keep what it has to send",
    .words =
        "Has a lane stand still: its notices wait, and none is lost. What is being sent at that\n"
        "moment is finished. It stays so over a restart of the daemon, until headsup resume.",
    .example = "  headsup pause rich --why \"moves to another workspace\"\n",
    .least = 1,
    .most = 1,
    .flags = {{'w', "why", "WORDS", "the reason, for those who look at the lane"},
              {0, "patience", "S", "give up after S seconds without an answer (10; 0: never)"}},
    .run = run_pause,
};

const struct command resume_command = {
    .name = "resume",
    .arguments = "LANE",
    .summary = "let a lane go on that is paused or closed",
    .words = "Opens a lane again, whoever or whatever stopped it, and sends what waits for it.",
    .example = "  headsup resume rich\n",
    .least = 1,
    .most = 1,
    .flags = {{0, "patience", "S", "give up after S seconds without an answer (10; 0: never)"}},
    .run = run_resume,
};
