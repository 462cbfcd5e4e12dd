#include "client/trial/receipt_check.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 1024 };

struct sides {
    struct text *expected, *got;
};

static const char *member(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void differ(const struct sides *sides, const char *name, const char *expected,
                   const char *got)
{
    text_addf(sides->expected, "%s: ", name);
    text_add_line(sides->expected, expected, LINE_BYTES);
    text_add_char(sides->expected, '\n');
    text_addf(sides->got, "%s: ", name);
    text_add_line(sides->got, got ? got : "none", LINE_BYTES);
    text_add_char(sides->got, '\n');
}

static void compare(const struct sides *sides, const char *name, const char *expected,
                    const char *got)
{
    if (expected && strcmp(expected, got ? got : "none") != 0) {
        differ(sides, name, expected, got);
    }
}

static void compare_hop(const struct sides *sides, int64_t expected, const json_t *got)
{
    static const char *const hops[] = {"0", "1"};
    bool known = json_is_integer(got);

    if (expected >= 0 && (!known || json_integer_value(got) != expected)) {
        differ(sides, "hop", hops[expected], known ? hops[json_integer_value(got) != 0] : NULL);
    }
}

// --- decisions -----------------------------------------------------------------------------------

static bool same(const char *expected, const json_t *decision, const char *name)
{
    const char *got = member(decision, name);

    return !expected || (got && strcmp(expected, got) == 0);
}

static bool decision_fits(const struct script_decision *expected, const json_t *got)
{
    return same(expected->to, got, "to") && same(expected->action, got, "action") &&
           same(expected->when, got, "when") && same(expected->rule, got, "rule");
}

static void describe(struct text *out, const char *to, const char *what, const char *rule)
{
    text_add(out, "decision: ");
    text_add_line(out, to ? to : "-", LINE_BYTES);
    text_addf(out, " %s, by ", what ? what : "-");
    text_add_line(out, rule ? rule : "-", LINE_BYTES);
    text_add_char(out, '\n');
}

// What was decided, in two words; the buffer has WHAT_BYTES.
enum { WHAT_BYTES = 64 };
static const char *what_of(const char *when, const char *action, char *buffer)
{
    (void)snprintf(buffer, WHAT_BYTES, "%s %s", when ? when : "-", action ? action : "-");
    return buffer;
}

static void compare_decisions(const struct sides *sides, const struct script_receipt *expected,
                              const json_t *decisions)
{
    bool differs = json_array_size(decisions) != expected->decision_count;
    char what[WHAT_BYTES];

    for (size_t i = 0; i < expected->decision_count && !differs; i++) {
        differs = !decision_fits(&expected->decisions[i], json_array_get(decisions, i));
    }
    for (size_t i = 0; i < expected->decision_count && differs; i++) {
        const struct script_decision *one = &expected->decisions[i];

        describe(sides->expected, one->to, what_of(one->when, one->action, what), one->rule);
    }
    for (size_t i = 0; i < json_array_size(decisions) && differs; i++) {
        const json_t *one = json_array_get(decisions, i);

        describe(sides->got, member(one, "to"),
                 what_of(member(one, "when"), member(one, "action"), what), member(one, "rule"));
    }
    if (differs && expected->decision_count == 0) {
        text_add(sides->expected, "decision: none\n");
    }
}

static void compare_members(const struct sides *sides, const struct script_receipt *expected,
                            const json_t *receipt)
{
    const json_t *issue = json_object_get(receipt, "issue");
    const json_t *answer = json_object_get(receipt, "answer");

    compare(sides, "code", expected->code, member(receipt, "code"));
    compare(sides, "answer", expected->answer, member(answer, "say"));
    compare(sides, "limit", expected->limit, member(answer, "limit"));
    compare(sides, "unknown", expected->unknown, member(receipt, "unknown"));
    compare(sides, "state", expected->state, member(issue, "state"));
    compare_hop(sides, expected->hop, json_object_get(issue, "hop"));
    compare(sides, "owner", expected->owner, member(issue, "owner"));
    compare(sides, "terms", expected->terms, member(json_object_get(receipt, "terms"), "summary"));
    if (expected->decisions) {
        compare_decisions(sides, expected, json_object_get(receipt, "decisions"));
    }
}

bool receipt_check(const struct script_receipt *expected, const char *receipt, size_t size,
                   struct text *ret_expected, struct text *ret_got)
{
    const struct sides sides = {ret_expected, ret_got};
    json_t *read = json_loadb(receipt, size, 0, NULL);
    // what duplicates say of the issue is in the receipt that came first
    const json_t *first = json_object_get(read, "first");
    const char *status = expected && expected->status ? expected->status
                         : expected && expected->code ? "refused"
                                                      : "accepted";

    compare(&sides, "status", status, member(read, "status"));
    if (ret_got->size && member(read, "message")) {
        text_addf(ret_got, "message: %s\n", member(read, "message"));
    }
    if (expected) {
        compare_members(&sides, expected, first ? first : read);
    }
    json_decref(read);
    return ret_expected->size == 0 && ret_got->size == 0;
}
