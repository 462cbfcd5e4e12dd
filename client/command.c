#include "client/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/moment.h"
#include "common/base/nearest.h"
#include "common/base/text.h"

// The flags that every command takes, wherever they stand.
enum global {
    GLOBAL_CONF,
    GLOBAL_ENDPOINT,
    GLOBAL_JSON,
    GLOBAL_HELP,
    GLOBAL_VERSION,
    GLOBAL_COUNT
};

static const struct flag globals[GLOBAL_COUNT] = {
    [GLOBAL_CONF] = {'c', "config", "FILE",
                     "the rule book ($HEADSUP_CONF, or /etc/headsup/headsup.conf)"},
    [GLOBAL_ENDPOINT] = {'e', "endpoint", "ENDPOINT",
                         "the intake ($HEADSUP_ENDPOINT, or the rule book's first bind)"},
    [GLOBAL_JSON] = {0, "json", NULL, "print JSON for programs instead of words for people"},
    [GLOBAL_HELP] = {'h', "help", NULL, "print this help"},
    [GLOBAL_VERSION] = {0, "version", NULL, "print the version"},
};

static size_t flag_count(const struct command *command)
{
    size_t count = 0;

    while (command && count < FLAGS_MOST && command->flags[count].name) {
        count++;
    }
    return count;
}

int usage_error(const struct command *command, const char *format, ...)
{
    struct text words = {0};
    char message[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    text_add_line(&words, message, sizeof message);
    (void)fprintf(stderr, "headsup: %s\nTry: headsup %s%s--help\n", text_string(&words),
                  command ? command->name : "", command ? " " : "");
    text_finish(&words);
    return EXIT_USAGE;
}

static void set_global(struct invocation *invocation, enum global global, const char *value)
{
    switch (global) {
    case GLOBAL_CONF:
        invocation->conf = value;
        break;
    case GLOBAL_ENDPOINT:
        invocation->endpoint = value;
        break;
    case GLOBAL_JSON:
        invocation->json = true;
        break;
    case GLOBAL_HELP:
        invocation->help = true;
        break;
    case GLOBAL_VERSION:
    case GLOBAL_COUNT:
        invocation->version = true;
        break;
    }
}

struct cursor {
    int argc, at;
    const char *const *argv;
    const struct command *const *commands;
    size_t command_count;
};

static bool flag_is(const struct flag *flag, const char *name, size_t size)
{
    return strlen(flag->name) == size && memcmp(flag->name, name, size) == 0;
}

// Finds a flag by its long name (letter 0) or its letter, among the global ones and the command's.
static const struct flag *find_flag(const struct command *command, char letter, const char *name,
                                    size_t size)
{
    size_t count = flag_count(command);

    for (size_t i = 0; i < count + GLOBAL_COUNT; i++) {
        const struct flag *flag = i < count ? &command->flags[i] : &globals[i - count];

        if (letter ? flag->letter == letter : flag_is(flag, name, size)) {
            return flag;
        }
    }
    return NULL;
}

static bool unknown_flag(const struct command *command, const char *word, size_t size)
{
    const char *names[FLAGS_MOST + GLOBAL_COUNT];
    size_t count = flag_count(command), all = count + GLOBAL_COUNT;
    struct text typed = {0};
    const char *near;

    for (size_t i = 0; i < all; i++) {
        names[i] = i < count ? command->flags[i].name : globals[i - count].name;
    }
    text_add_bytes(&typed, word, size);
    near = strncmp(word, "--", 2) == 0 ? nearest_word(text_string(&typed) + 2, names, all) : NULL;
    if (near) {
        (void)usage_error(command, "no option %s; did you mean --%s?", text_string(&typed), near);
    } else {
        (void)usage_error(command, "no option %s%s", text_string(&typed),
                          command ? "" : " before a command");
    }
    text_finish(&typed);
    return false;
}

// Stores a flag; value is what stands in the same word behind it, or NULL.
static bool take_flag(struct invocation *invocation, struct cursor *cursor, const struct flag *flag,
                      const char *value)
{
    if (!flag->argument && value) {
        (void)usage_error(invocation->command, "--%s takes no value", flag->name);
        return false;
    }
    if (flag->argument && !value) {
        if (cursor->at == cursor->argc) {
            (void)usage_error(invocation->command, "--%s wants a value: %s", flag->name,
                              flag->argument);
            return false;
        }
        value = cursor->argv[cursor->at++];
    }
    if (flag >= globals && flag < globals + GLOBAL_COUNT) {
        set_global(invocation, (enum global)(flag - globals), value);
    } else {
        invocation->values[flag - invocation->command->flags] = value ? value : "";
    }
    if (invocation->given_count < ARGUMENTS_MOST) {
        invocation->given[invocation->given_count].flag = flag;
        invocation->given[invocation->given_count++].value = value ? value : "";
    }
    return true;
}

static bool take_long(struct invocation *invocation, struct cursor *cursor, const char *word)
{
    size_t size = strcspn(word + 2, "=");
    const struct flag *flag = find_flag(invocation->command, 0, word + 2, size);

    if (!flag) {
        return unknown_flag(invocation->command, word, size + 2);
    }
    return take_flag(invocation, cursor, flag, word[size + 2] == '=' ? word + size + 3 : NULL);
}

// Takes "-n 5", "-n5", or several letters in a row.
static bool take_letters(struct invocation *invocation, struct cursor *cursor, const char *word)
{
    for (const char *at = word + 1; *at; at++) {
        const struct flag *flag = find_flag(invocation->command, *at, NULL, 0);

        if (!flag) {
            return unknown_flag(invocation->command, word, strlen(word));
        }
        if (flag->argument) {
            return take_flag(invocation, cursor, flag, at[1] ? at + 1 : NULL);
        }
        if (!take_flag(invocation, cursor, flag, NULL)) {
            return false;
        }
    }
    return true;
}

static bool take_command(struct invocation *invocation, const struct cursor *cursor,
                         const char *word)
{
    const char *names[64];
    size_t count = cursor->command_count < 64 ? cursor->command_count : 64;
    const char *near;

    for (size_t i = 0; i < count; i++) {
        names[i] = cursor->commands[i]->name;
        if (strcmp(names[i], word) == 0) {
            invocation->command = cursor->commands[i];
            return true;
        }
    }
    near = nearest_word(word, names, count);
    if (near) {
        (void)usage_error(NULL, "no command %s; did you mean %s?", word, near);
    } else {
        (void)usage_error(NULL, "no command %s", word);
    }
    return false;
}

static bool take_word(struct invocation *invocation, struct cursor *cursor, const char *word)
{
    if (!invocation->command) {
        return take_command(invocation, cursor, word);
    }
    if (invocation->count == ARGUMENTS_MOST) {
        (void)usage_error(invocation->command, "more than %d arguments", ARGUMENTS_MOST);
        return false;
    }
    invocation->arguments[invocation->count++] = word;
    return true;
}

static bool right_count(const struct invocation *invocation)
{
    const struct command *command = invocation->command;

    if (!command || invocation->help || invocation->version) {
        return true;
    }
    if (invocation->count < command->least) {
        (void)usage_error(command, "%s wants %s", command->name, command->arguments);
        return false;
    }
    if (command->most >= 0 && invocation->count > command->most) {
        (void)usage_error(command, "%s takes no '%s'", command->name,
                          invocation->arguments[command->most]);
        return false;
    }
    return true;
}

bool invocation_read(const struct command *const *commands, size_t command_count, int argc,
                     const char *const *argv, struct invocation *ret)
{
    struct cursor cursor = {argc, 1, argv, commands, command_count};
    bool words_only = false;

    *ret = (struct invocation){0};
    while (cursor.at < argc) {
        const char *word = argv[cursor.at++];
        bool taken;

        if (!words_only && strcmp(word, "--") == 0) {
            words_only = true;
            continue;
        }
        if (words_only || word[0] != '-' || word[1] == '\0') {
            taken = take_word(ret, &cursor, word);
        } else if (word[1] == '-') {
            taken = take_long(ret, &cursor, word);
        } else {
            taken = take_letters(ret, &cursor, word);
        }
        if (!taken) {
            return false;
        }
    }
    return right_count(ret);
}

const char *invocation_value(const struct invocation *invocation, const char *name)
{
    size_t count = flag_count(invocation->command);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(invocation->command->flags[i].name, name) == 0) {
            return invocation->values[i];
        }
    }
    return NULL;
}

const char *invocation_next(const struct invocation *invocation, const char *name, int *at)
{
    while (*at < invocation->given_count) {
        int i = (*at)++;

        if (strcmp(invocation->given[i].flag->name, name) == 0) {
            return invocation->given[i].value;
        }
    }
    return NULL;
}

bool invocation_has(const struct invocation *invocation, const char *name)
{
    return invocation_value(invocation, name) != NULL;
}

bool invocation_number(const struct invocation *invocation, const char *name,
                       struct number_range range, int64_t *ret)
{
    const char *value = invocation_value(invocation, name);
    char *end = NULL;
    long long number;

    if (!value) {
        *ret = range.usual;
        return true;
    }
    errno = 0;
    number = strtoll(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || number < range.least || number > range.most) {
        (void)usage_error(invocation->command, "--%s wants a whole number from %lld to %lld", name,
                          (long long)range.least, (long long)range.most);
        return false;
    }
    *ret = number;
    return true;
}

static void print_flag(const struct flag *flag)
{
    char names[64];

    (void)snprintf(names, sizeof names, "%c%c%s --%s%s%s", flag->letter ? '-' : ' ',
                   flag->letter ? flag->letter : ' ', flag->letter ? "," : " ", flag->name,
                   flag->argument ? " " : "", flag->argument ? flag->argument : "");
    (void)printf("  %-26s %s\n", names, flag->words);
}

static void print_globals(void)
{
    (void)printf("\nOptions of every command, before or after its name:\n");
    for (size_t i = 0; i < GLOBAL_COUNT; i++) {
        print_flag(&globals[i]);
    }
}

bool invocation_since(const struct invocation *invocation, int64_t now_ms, int64_t *ret_ms)
{
    const char *value = invocation_value(invocation, "since");
    int64_t span_ms;

    if (!value || moment_parse(value, ret_ms) == 0) {
        return true;
    }
    if (span_parse(value, &span_ms) == 0) {
        *ret_ms = now_ms - span_ms;
        return true;
    }
    (void)usage_error(invocation->command,
                      "--since wants a span such as 2h, or a moment such as "
                      "2026-11-22T08:30:00Z; got '%s'",
                      value);
    return false;
}

void usage_print(const struct command *const *commands, size_t command_count)
{
    (void)printf("Usage: headsup [OPTION…] COMMAND [ARGUMENT…]\n\n"
                 "Tells field reps what goes wrong at their accounts, before the client does.\n\n"
                 "Commands:\n");
    for (size_t i = 0; i < command_count; i++) {
        (void)printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
    }
    print_globals();
    (void)printf("\nExit status: 0 done; 1 refused or found wanting; 2 wrong usage; "
                 "3 the daemon cannot be reached.\n"
                 "headsup COMMAND --help says more.\n");
}

void usage_print_command(const struct command *command)
{
    size_t count = flag_count(command);

    (void)printf("Usage: headsup %s%s%s%s\n\n%s\n", command->name, count ? " [OPTION…]" : "",
                 command->arguments[0] ? " " : "", command->arguments, command->words);
    if (count) {
        (void)printf("\nOptions:\n");
        for (size_t i = 0; i < count; i++) {
            print_flag(&command->flags[i]);
        }
    }
    print_globals();
    (void)printf("\nFor example:\n%s", command->example);
}
