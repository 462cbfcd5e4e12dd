#include "client/reading.h"

#include <stdio.h>

#include "client/print.h"

enum { ERRORS_SHOWN = 3 };

static void print_problems(const struct invocation *invocation, const struct problems *problems)
{
    if (problems->error_count <= ERRORS_SHOWN) {
        print_lines(stderr, "headsup: ", text_string(&problems->errors));
    }
    print_line(stderr, "headsup: the rule book %s has %zu error%s%s", invocation->conf,
               problems->error_count, problems->error_count == 1 ? "" : "s",
               problems->error_count <= ERRORS_SHOWN ? "" : "; to see them: headsup check");
}

int reading_rulebook(const struct invocation *invocation, struct rulebook **ret)
{
    struct problems problems = {0};
    int code = rulebook_load(invocation->conf, false, ret, &problems);

    if (code < 0) {
        print_problems(invocation, &problems);
    }
    problems_finish(&problems);
    return code < 0 ? EXIT_WANTING : EXIT_DONE;
}

int reading_open(const struct invocation *invocation, struct reading *ret)
{
    struct error err = {0};
    int status;

    *ret = (struct reading){0};
    status = reading_rulebook(invocation, &ret->rulebook);
    if (status != EXIT_DONE) {
        return status;
    }
    return reading_result(ledger_reader_open(ret->rulebook->ledger_path, &ret->reader, &err), &err);
}

void reading_finish(struct reading *reading)
{
    ledger_reader_closep(&reading->reader);
    rulebook_destroyp(&reading->rulebook);
    *reading = (struct reading){0};
}

int reading_result(int code, const struct error *err)
{
    if (code >= 0) {
        return EXIT_DONE;
    }
    print_line(stderr, "headsup: %s", err->message[0] ? err->message : "the ledger cannot be read");
    return EXIT_WANTING;
}
