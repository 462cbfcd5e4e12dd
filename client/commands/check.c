// headsup check: reads a rule book and says everything that is wrong with it, and who would hear
// what.

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/book_summary.h"
#include "client/commands/commands.h"
#include "client/print.h"
#include "common/base/json_out.h"
#include "common/rulebook/rulebook.h"

static void print_json(const char *file, const struct problems *problems,
                       const struct rulebook *rulebook)
{
    struct text out = {0};

    json_open_object(&out, NULL);
    json_put_string(&out, "file", file);
    json_put_lines(&out, "errors", text_string(&problems->errors));
    json_put_lines(&out, "warnings", text_string(&problems->warnings));
    if (rulebook) {
        book_summary_put(rulebook, &out);
    } else {
        json_put_string(&out, "summary", NULL);
    }
    json_close_object(&out);
    (void)printf("%s\n", text_string(&out));
    text_finish(&out);
}

static void print_words(const char *file, const struct problems *problems)
{
    print_lines(stdout, "error: ", text_string(&problems->errors));
    print_lines(stdout, "warning: ", text_string(&problems->warnings));
    print_line(stdout, "%s: %zu error%s, %zu warning%s", file, problems->error_count,
               problems->error_count == 1 ? "" : "s", problems->warning_count,
               problems->warning_count == 1 ? "" : "s");
}

static int run(const struct invocation *invocation)
{
    const char *file = invocation->count ? invocation->arguments[0] : invocation->conf;
    struct rulebook *rulebook = NULL;
    struct problems problems = {0};
    int code = rulebook_load(file, false, &rulebook, &problems);

    if (invocation->json) {
        print_json(file, &problems, rulebook);
    } else {
        if (rulebook && !invocation_has(invocation, "quiet")) {
            book_summary_print(rulebook);
        }
        print_words(file, &problems);
    }
    if (problems.warning_count && invocation_has(invocation, "strict")) {
        code = -EINVAL;
    }
    rulebook_destroy(rulebook);
    problems_finish(&problems);
    return code < 0 ? EXIT_WANTING : EXIT_DONE;
}

const struct command check_command = {
    .name = "check",
    .arguments = "[FILE]",
    .summary = "say what is wrong with a rule book, and who would hear what",
    .words =
        "Reads a rule book with all that it includes, and prints every error and warning with\n"
        "its file and line; without errors, also who would hear what. Changes nothing, and asks "
        "no\n"
        "daemon. Exit status 1 with errors; with --strict, with warnings too.",
    .example = "  headsup check /etc/headsup/headsup.conf && systemctl reload headsupd\n",
    .most = 1,
    .flags = {{0, "strict", NULL, "warnings count as errors"},
              {'q', "quiet", NULL, "only what is wrong, not who would hear what"}},
    .run = run,
};
