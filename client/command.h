// A command of the command line, as one value: its name, its flags and its help, all in one place,
// so that parsing and usage cannot disagree. And an invocation: what a person asked for.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attributes.h"

enum exit_status { EXIT_DONE = 0, EXIT_WANTING = 1, EXIT_USAGE = 2, EXIT_UNREACHABLE = 3 };

enum { FLAGS_MOST = 8, ARGUMENTS_MOST = 512 };

struct flag {
    char letter;          // 0: has only a long name
    const char *name;     // without the dashes
    const char *argument; // what the usage calls it; NULL: takes none
    const char *words;
};

struct invocation;

struct command {
    const char *name;
    const char *arguments; // of the usage line
    const char *summary;   // one line, for the list of commands
    const char *words;     // what one should know, in the command's help
    const char *example;
    int least, most; // arguments; most -1: any number
    struct flag flags[FLAGS_MOST];
    int (*run)(const struct invocation *invocation); // returns an enum exit_status
};

struct invocation {
    const struct command *command; // NULL: none was named
    const char *conf;              // the rule book
    const char *endpoint;          // NULL: the rule book's first bind
    bool json, help, version;
    int count;
    const char *arguments[ARGUMENTS_MOST];
    const char *values[FLAGS_MOST]; // beside command->flags; NULL: not given. The last, of several
    int given_count;                // all values of flags, in their order
    struct {
        const struct flag *flag;
        const char *value;
    } given[ARGUMENTS_MOST];
};

// Reads the command line. False with the words for it on standard error where it is wrong.
must_check bool invocation_read(const struct command *const *commands, size_t command_count,
                                int argc, const char *const *argv, struct invocation *ret);

// The value of a flag: NULL where it was not given, "" where it takes none.
const char *invocation_value(const struct invocation *invocation, const char *name);
bool invocation_has(const struct invocation *invocation, const char *name);
// The next value of a flag that may be given several times, NULL behind the last. at begins with 0.
const char *invocation_next(const struct invocation *invocation, const char *name, int *at);
// A flag that is a whole number. False with the words for it on standard error.
struct number_range {
    int64_t least, most, usual;
};
must_check bool invocation_number(const struct invocation *invocation, const char *name,
                                  struct number_range range, int64_t *ret);

// The flag --since: a span before now_ms, or a moment; ret_ms is left where it is not given. False
// with the words for it on standard error.
must_check bool invocation_since(const struct invocation *invocation, int64_t now_ms,
                                 int64_t *ret_ms);

// Says what is wrong with the command line and where help is; returns EXIT_USAGE.
int usage_error(const struct command *command, const char *format, ...) printf_like(2, 3);
void usage_print(const struct command *const *commands, size_t command_count);
void usage_print_command(const struct command *command);
