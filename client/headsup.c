// headsup: the command line. Here are only the list of commands and the way to one of them; what a
// command does is in its own file.

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command.h"
#include "client/commands/commands.h"
#include "config.h"

// In the order of the usage.
static const struct command *const commands[] = {
    &publish_command, &event_command,     &accounts_command, &issues_command,   &show_command,
    &why_command,     &notices_command,   &retry_command,    &lanes_command,    &pause_command,
    &resume_command,  &send_test_command, &silence_command,  &silences_command, &check_command,
    &test_command,    &explain_command,   &rehearse_command, &reload_command,   &status_command,
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

// A variable of the environment, NULL where it is unset or empty.
static const char *environment(const char *name)
{
    const char *value = secure_getenv(name);

    return value && value[0] ? value : NULL;
}

static void fill_in(struct invocation *invocation)
{
    if (!invocation->conf) {
        invocation->conf = environment("HEADSUP_CONF");
    }
    if (!invocation->conf) {
        invocation->conf = HEADSUP_CONF;
    }
    if (!invocation->endpoint) {
        invocation->endpoint = environment("HEADSUP_ENDPOINT");
    }
}

int main(int argc, char **argv)
{
    struct invocation invocation;
    int status;

    // tables measure characters, whatever the user's own locale
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there is no other thread yet
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    if (!invocation_read(commands, COMMAND_COUNT, argc, (const char *const *)argv, &invocation)) {
        return EXIT_USAGE;
    }
    if (invocation.version) {
        (void)printf("headsup %s\n", HEADSUP_VERSION);
        return EXIT_DONE;
    }
    if (invocation.help || !invocation.command) {
        if (invocation.command) {
            usage_print_command(invocation.command);
        } else {
            usage_print(commands, COMMAND_COUNT);
        }
        return invocation.help ? EXIT_DONE : EXIT_USAGE;
    }
    fill_in(&invocation);
    status = invocation.command->run(&invocation);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        (void)fprintf(stderr, "headsup: cannot write standard output\n");
        return status == EXIT_DONE ? EXIT_WANTING : status;
    }
    return status;
}
