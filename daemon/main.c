// headsupd: reads the rule book and runs the desk; as "headsupd --courier …" it is the courier.
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/rulebook/rulebook.h"
#include "config.h"
#include "daemon/courier/courier.h"
#include "daemon/json_pool.h"
#include "daemon/turn.h"

static const char usage[] =
    "usage: headsupd [-c FILE] [-v]\n"
    "  -c FILE     the rule book (default: $HEADSUP_CONF, or " HEADSUP_CONF ")\n"
    "  -v          log more\n"
    "  --version   say which version this is\n"
    "It runs in the foreground and logs to standard error.\n";

// Dice for everybody who asks libc: libzmq takes its first routing id from rand().
static void seed(void)
{
    unsigned start = 0;

    if (getentropy(&start, sizeof start) < 0) {
        start = (unsigned)getpid();
    }
    srand(start);
    json_object_seed(0);
}

static int run_courier(char **arguments)
{
    int code;

    log_set_name("courier");
    code = courier_run(arguments[2], (pid_t)strtol(arguments[3], NULL, 10));
    return code < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run_desk(const char *path)
{
    cleanup_with(rulebook_destroyp) struct rulebook *rulebook = NULL;
    struct problems problems = {0};
    struct error err = {0};
    int code = rulebook_load(path, true, &rulebook, &problems);

    (void)fputs(text_string(&problems.errors), stderr);
    (void)fputs(text_string(&problems.warnings), stderr);
    problems_finish(&problems);
    if (code < 0) {
        log_error("the rule book %s is refused", path);
        return EXIT_FAILURE;
    }
    code = turn_run(&rulebook, &err);
    if (code < 0) {
        log_error("%s", err.message);
        return EXIT_FAILURE;
    }
    log_info("stopped");
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"version", no_argument, NULL, 'V'}, {"help", no_argument, NULL, 'h'}, {0}};
    const char *path = getenv("HEADSUP_CONF"); // NOLINT(concurrency-mt-unsafe): no thread yet
    int option;

    seed();
    if (sodium_init() < 0) {
        return EXIT_FAILURE;
    }
    if (argc == 4 && strcmp(argv[1], "--courier") == 0) {
        return run_courier(argv);
    }
    log_set_name("headsupd");
    json_pool_use();
    path = path ? path : HEADSUP_CONF;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no thread yet
    while ((option = getopt_long(argc, argv, "c:vh", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            path = optarg;
            break;
        case 'v':
            log_set_level(LOG_DEBUG);
            break;
        case 'V':
            (void)puts("headsupd " HEADSUP_VERSION);
            return EXIT_SUCCESS;
        case 'h':
            (void)fputs(usage, stdout);
            return EXIT_SUCCESS;
        default:
            (void)fputs(usage, stderr);
            return 2;
        }
    }
    return run_desk(path);
}
