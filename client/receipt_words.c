#include "client/receipt_words.h"

#include <inttypes.h>
#include <string.h>

#include "client/print.h"
#include "common/base/attributes.h"

static void decrefp(json_t **value)
{
    json_decref(*value);
}

static const char *word(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

void receipt_print_list(FILE *to, const char *words, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *line = json_string_value(json_array_get(list, i));

        print_line(to, "%s%s", words, line ? line : "");
    }
}

static void print_issue(FILE *to, const json_t *issue)
{
    const char *owner = word(issue, "owner"), *key = word(issue, "key"),
               *state = word(issue, "state");

    if (key) {
        print_line(to, "issue %s: %s, with %s%s%s%s", key, state ? state : "no state",
                   json_integer_value(json_object_get(issue, "hop")) ? "sales" : "service",
                   owner ? " (" : "", owner ? owner : "", owner ? ")" : "");
    }
}

static void print_decision(FILE *to, const json_t *decision)
{
    const char *rep = word(decision, "to"), *when = word(decision, "when");
    const char *action = word(decision, "action"), *rule = word(decision, "rule");
    const char *away = word(decision, "stands_in_for"), *held = word(decision, "held_until");

    if (!when || strcmp(when, "no") == 0) {
        print_line(to, "  %s%s  [%s]", rep ? rep : "nobody told", rep ? ": not told" : "",
                   rule ? rule : "no rule");
        return;
    }
    print_line(to, "  %s%s%s%s: %s, %s%s  [%s]", rep ? rep : "nobody", away ? " (for " : "",
               away ? away : "", away ? ")" : "", action ? action : "told",
               held                       ? "held until "
               : strcmp(when, "now") == 0 ? "now"
                                          : "in the digest",
               held ? held : "", rule ? rule : "no rule");
}

static void print_answer(FILE *to, const json_t *answer)
{
    const char *say = word(answer, "say"), *limit = word(answer, "limit");
    const json_t *alternatives = json_object_get(answer, "alternatives");

    if (say) {
        (void)fprintf(to, "answer:\n");
        print_lines(to, "  ", say);
    }
    if (limit) {
        print_line(to, "  because of: %s", limit);
    }
    for (size_t i = 0; i < json_array_size(alternatives); i++) {
        const char *alternative = json_string_value(json_array_get(alternatives, i));

        print_line(to, "  instead: %s", alternative ? alternative : "");
    }
}

static void print_terms(FILE *to, const json_t *terms)
{
    const char *summary = word(terms, "summary"), *link = word(terms, "link");
    const char *by = word(terms, "agreed_by"), *at = word(terms, "agreed_at");

    if (!summary) {
        return;
    }
    print_line(to, "terms: %s", summary);
    if (by || at) {
        print_line(to, "  agreed%s%s%s%s", by ? " by " : "", by ? by : "", at ? " on " : "",
                   at ? at : "");
    }
    if (link) {
        print_line(to, "  %s", link);
    }
}

static void print_accepted(FILE *to, const json_t *receipt)
{
    const json_t *decisions = json_object_get(receipt, "decisions");
    const char *unknown = word(receipt, "unknown");

    print_line(to, "accepted: event %" JSON_INTEGER_FORMAT " is on disk",
               json_integer_value(json_object_get(receipt, "seq")));
    if (unknown) {
        print_line(to, "no such %s is on record; the event counts all the same", unknown);
    }
    print_issue(to, json_object_get(receipt, "issue"));
    for (size_t i = 0; i < json_array_size(decisions); i++) {
        print_decision(to, json_array_get(decisions, i));
    }
    print_answer(to, json_object_get(receipt, "answer"));
    print_terms(to, json_object_get(receipt, "terms"));
    receipt_print_list(to, "warning: ", json_object_get(receipt, "warnings"));
}

static void print_other(FILE *to, const json_t *receipt, const char *status)
{
    const char *message = word(receipt, "message"), *path = word(receipt, "path");
    const char *code = word(receipt, "code");

    print_line(to, "%s: %s", status, message ? message : "no reason given");
    if (code) {
        print_line(to, "  %s%s%s", code, path ? ", at " : "", path ? path : "");
    }
    receipt_print_list(to, "error: ", json_object_get(receipt, "errors"));
}

void receipt_print(FILE *to, const char *bytes, size_t size)
{
    cleanup_with(decrefp) json_t *receipt = json_loadb(bytes, size, 0, NULL);
    const json_t *first = json_object_get(receipt, "first");
    const char *status = word(receipt, "status");

    if (!status) {
        print_line(to, "%.*s", (int)size, bytes);
    } else if (strcmp(status, "accepted") == 0) {
        print_accepted(to, receipt);
    } else if (strcmp(status, "duplicate") == 0) {
        print_line(to, "duplicate: this event was accepted before. What was said then:");
        if (json_is_object(first)) {
            print_accepted(to, first);
        }
    } else {
        print_other(to, receipt, status);
    }
}

void receipt_print_answer(FILE *to, const char *bytes, size_t size)
{
    cleanup_with(decrefp) json_t *receipt = json_loadb(bytes, size, 0, NULL);
    const json_t *first = json_object_get(receipt, "first");
    const char *say = word(json_object_get(first ? first : receipt, "answer"), "say");

    if (say) {
        print_lines(to, "", say);
    }
}
