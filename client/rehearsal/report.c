#include "client/rehearsal/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/print.h"
#include "client/stories.h"
#include "client/tables.h"
#include "common/base/json_out.h"
#include "common/base/moment.h"
#include "common/ledger/records.h"
#include "common/verdict/verdict.h"

static const char *plural(int64_t count)
{
    return count == 1 ? "" : "s";
}

// --- what it was ---------------------------------------------------------------------------------

static void print_head(const struct report *report)
{
    const struct run_sums *sums = &report->tally->sums;
    char events[COUNT_BYTES], number[COUNT_BYTES], from[MOMENT_TEXT_BYTES];
    char until[MOMENT_TEXT_BYTES], span[MOMENT_TEXT_BYTES];
    struct text more = {0};

    print_line(stdout, "before: %s", report->books[BEFORE]);
    print_line(stdout, "after:  %s", report->books[AFTER]);
    if (sums->events) {
        print_line(stdout, "%s event%s, %s to %s (%s)", print_count(sums->events, events),
                   plural(sums->events), print_moment(report->from_ms, from),
                   print_moment(report->until_ms, until),
                   span_format(report->until_ms - report->from_ms, span));
    } else {
        print_line(stdout, "0 events");
    }
    if (sums->before) {
        text_addf(&more, "; %s %s", print_count(sums->before, number),
                  report->from_ledger ? "before them, for how things stood"
                                      : "before them, which made the accounts");
    }
    if (sums->refused) {
        text_addf(&more, "; %s refused", print_count(sums->refused, number));
    }
    if (sums->duplicate) {
        text_addf(&more, "; %s there twice, counted once", print_count(sums->duplicate, number));
    }
    if (sums->late) {
        text_addf(&more, "; %s out of order, taken at the moment of the event before",
                  print_count(sums->late, number));
    }
    if (sums->left_out) {
        text_addf(&more, "; %s left out: orders, and what the service made itself",
                  print_count(sums->left_out, number));
    }
    if (sums->unexplained) {
        text_addf(&more, "; %s without any decision", print_count(sums->unexplained, number));
    }
    if (more.size) {
        print_wrapped(stdout, "", text_string(&more) + 2);
    }
    (void)printf("\n");
    text_finish(&more);
}

// --- tables --------------------------------------------------------------------------------------

static const struct column rep_columns[] = {
    {"rep", "REP", COLUMN_TEXT, false},
    {"name", NULL, COLUMN_TEXT, false},
    {"role", NULL, COLUMN_TEXT, false},
    {"now_before", "AT ONCE", COLUMN_NUMBER, false},
    {"now_after", "AFTER", COLUMN_NUMBER, false},
    {"now_difference", "+/-", COLUMN_NUMBER, false},
    {"digest_before", "DIGEST", COLUMN_NUMBER, false},
    {"digest_after", "AFTER", COLUMN_NUMBER, false},
    {"digest_difference", "+/-", COLUMN_NUMBER, false},
    {"sent_before", "MESSAGES", COLUMN_NUMBER, false},
    {"sent_after", "AFTER", COLUMN_NUMBER, false},
    {"sent_difference", "+/-", COLUMN_NUMBER, false},
};

static const struct column rule_columns[] = {
    {"rep", "REP", COLUMN_TEXT, false},
    {"rule", "RULE", COLUMN_TEXT, true},
    {"kind", "KIND", COLUMN_TEXT, false},
    {"now_before", "AT ONCE", COLUMN_NUMBER, false},
    {"now_after", "AFTER", COLUMN_NUMBER, false},
    {"now_difference", "+/-", COLUMN_NUMBER, false},
    {"digest_before", "DIGEST", COLUMN_NUMBER, false},
    {"digest_after", "AFTER", COLUMN_NUMBER, false},
    {"digest_difference", "+/-", COLUMN_NUMBER, false},
    {"sent_before", NULL, COLUMN_NUMBER, false},
    {"sent_after", NULL, COLUMN_NUMBER, false},
    {"sent_difference", NULL, COLUMN_NUMBER, false},
};

static void add_numbers(struct table *table, int64_t before, int64_t after)
{
    int64_t difference = after - before;
    char one[COUNT_BYTES], other[COUNT_BYTES], number[COUNT_BYTES], words[COUNT_BYTES + 1];

    (void)snprintf(words, sizeof words, "%s%s", difference > 0 ? "+" : "",
                   print_count(difference, number));
    table_add_number(table, before, print_count(before, one));
    table_add_number(table, after, print_count(after, other));
    table_add_number(table, difference, difference ? words : "-");
}

static void add_told(struct table *table, const struct told told[SIDES])
{
    add_numbers(table, told[BEFORE].now, told[AFTER].now);
    add_numbers(table, told[BEFORE].digest, told[AFTER].digest);
    add_numbers(table, told[BEFORE].sent, told[AFTER].sent);
}

static bool is_silent(const struct told told[SIDES])
{
    return !told_sum(&told[BEFORE]) && !told_sum(&told[AFTER]) && !told[BEFORE].sent &&
           !told[AFTER].sent;
}

static struct table *rep_table(const struct report *report, bool json)
{
    struct table *table =
        table_create(rep_columns, sizeof rep_columns / sizeof rep_columns[0], json);

    for (size_t i = 0; i < report->tally->rep_count; i++) {
        const struct tally_rep *rep = &report->tally->reps[i];

        if (!json && is_silent(rep->told)) {
            continue;
        }
        table_add_row(table);
        table_add_text(table, rep->id, NULL);
        table_add_text(table, rep->name, NULL);
        table_add_text(table, story_role(rep->role), NULL);
        add_told(table, rep->told);
    }
    return table;
}

enum { RULES_PRINTED = 200, RULES_PUT = 10000, SENTENCES = 40 };

// A digest is decided of by nobody: it is sent.
static bool decided_otherwise(const struct told told[SIDES])
{
    return told[BEFORE].now != told[AFTER].now || told[BEFORE].digest != told[AFTER].digest;
}

// With all rows where json, else with those that differ.
static struct table *rule_table(const struct report *report, bool json, int64_t *ret_rest)
{
    struct table *table =
        table_create(rule_columns, sizeof rule_columns / sizeof rule_columns[0], json);
    int left = json ? RULES_PUT : RULES_PRINTED;

    *ret_rest = 0;
    for (size_t i = 0; i < report->tally->row_count; i++) {
        const struct tally_row *row = &report->tally->rows[i];

        if (!json && !decided_otherwise(row->told)) {
            continue;
        }
        if (left == 0) {
            ++*ret_rest;
            continue;
        }
        left--;
        table_add_row(table);
        table_add_text(table, row->rep, NULL);
        table_add_text(table, row->rule, NULL);
        table_add_text(table, notice_kind_name((enum notice_kind)row->notice), NULL);
        add_told(table, row->told);
    }
    return table;
}

static void print_reps(const struct report *report)
{
    cleanup_with(table_destroyp) struct table *table = rep_table(report, false);
    const struct tally *tally = report->tally;
    char before[COUNT_BYTES], after[COUNT_BYTES];
    int silent = 0;

    for (size_t i = 0; i < tally->rep_count; i++) {
        silent += is_silent(tally->reps[i].told);
    }
    table_print(table, "Nobody would have heard anything, before or after.");
    if (silent) {
        print_line(stdout, "%d more rep%s would have heard nothing, before and after.", silent,
                   plural(silent));
    }
    print_line(stdout, "Decisions to tell nobody: %s before, %s after.",
               print_count(tally->nobody[BEFORE], before),
               print_count(tally->nobody[AFTER], after));
}

static void print_rules(const struct report *report)
{
    int64_t rest;
    cleanup_with(table_destroyp) struct table *table = rule_table(report, false, &rest);
    char number[COUNT_BYTES];

    (void)printf("\nBy rep and rule, where it differs\n");
    table_print(table, "nowhere");
    if (rest) {
        print_line(stdout, "and %s more row%s; all of them: --json", print_count(rest, number),
                   plural(rest));
    }
}

// --- sentences -----------------------------------------------------------------------------------

// Adds "12 fewer at once (3 instead of 15)" behind what is there.
static void add_change(struct text *out, int64_t before, int64_t after, const char *where)
{
    char one[COUNT_BYTES], other[COUNT_BYTES], number[COUNT_BYTES];

    if (before != after) {
        text_addf(out, "%s%s %s %s (%s instead of %s)", out->size ? ", " : "",
                  print_count(llabs(after - before), number), after > before ? "more" : "fewer",
                  where, print_count(after, one), print_count(before, other));
    }
}

static void print_sentence(const struct tally_rep *rep)
{
    const struct told *told = rep->told;
    struct text words = {0}, line = {0};

    add_change(&words, told[BEFORE].now, told[AFTER].now, "at once");
    add_change(&words, told[BEFORE].digest, told[AFTER].digest, "in the digest");
    if (!words.size) { // told of the same, in more messages or fewer
        add_change(&words, told[BEFORE].sent, told[AFTER].sent, "messages about the same");
    }
    text_addf(&line, "%s would have heard %s.", rep->name, text_string(&words));
    print_wrapped(stdout, "- ", text_string(&line));
    text_finish(&line);
    text_finish(&words);
}

// Of those whom it changes most.
static void print_sentences(const struct report *report)
{
    const struct tally_rep **order = tally_by_change(report->tally);
    int told = 0, rest = 0;

    (void)printf("\n");
    for (size_t i = 0; order[i] && tally_change(order[i]) > 0; i++) {
        if (told < SENTENCES) {
            print_sentence(order[i]);
            told++;
        } else {
            rest++;
        }
    }
    if (rest) {
        print_line(stdout, "and %d more rep%s, as the table has it.", rest, plural(rest));
    }
    free(order);
}

// --- the notices that differ ---------------------------------------------------------------------

static const char *how(const struct record *record)
{
    switch (record->fate) {
    case FATE_UNSENT:
        return "not told";
    case FATE_DIGEST:
        return "in the digest";
    case FATE_HELD:
        return "held for its moment";
    default:
        return "at once";
    }
}

static const char *how_name(const struct record *record)
{
    switch (record->fate) {
    case FATE_UNSENT:
        return "no";
    case FATE_DIGEST:
        return "digest";
    case FATE_HELD:
        return "held";
    default:
        return "now";
    }
}

static void print_side(const char *lead, const struct record *record)
{
    struct text words = {0};
    char until[MOMENT_TEXT_BYTES];

    if (!record) {
        print_wrapped(stdout, lead, "nothing was decided");
        return;
    }
    if (record->fate == FATE_UNSENT) {
        text_addf(&words, "%s not told, by %s", record->rep, record->rule);
    } else {
        text_addf(&words, "%s, %s %s", record->rep,
                  notice_kind_name((enum notice_kind)record->notice), how(record));
        if (record->fate == FATE_HELD || record->fate == FATE_DIGEST) {
            text_addf(&words, " (%s)", print_moment(record->due_ms, until));
        }
        text_addf(&words, ", by %s", record->rule);
    }
    print_wrapped(stdout, lead, text_string(&words));
    text_finish(&words);
}

static void print_differences(const struct report *report)
{
    const struct tally *tally = report->tally;
    char number[COUNT_BYTES], at[MOMENT_TEXT_BYTES];

    if (tally->difference_count == 0) {
        return;
    }
    (void)printf("\nNotices that differ: %s", print_count(tally->difference_count, number));
    if ((int64_t)tally->shown < tally->difference_count) {
        (void)printf(", here the first %zu", tally->shown);
    }
    (void)printf("\n");
    for (size_t i = 0; i < tally->shown; i++) {
        const struct record *before = tally->differences[i].sides[BEFORE];
        const struct record *after = tally->differences[i].sides[AFTER];
        const struct record *any = before ? before : after;

        print_line(stdout, "%s  %s%s%s%s%s  (%s, %s)", print_moment(any->at_ms, at),
                   any->type ? any->type : "-", any->issue ? " " : "", any->issue ? any->issue : "",
                   any->account ? " of " : "", any->account ? any->account : "",
                   any->source ? any->source : "-", any->id ? any->id : "-");
        print_side("    before: ", before);
        print_side("    after:  ", after);
    }
}

void report_print(const struct report *report)
{
    print_head(report);
    if (report->tally->sums.events == 0) {
        (void)printf("There was no event to rehearse.\n");
        return;
    }
    if (tally_same(report->tally) && tally_same_rules(report->tally)) {
        (void)printf("Nothing would have changed.\n\n");
        print_reps(report);
        return;
    }
    print_reps(report);
    if (tally_same(report->tally)) {
        (void)printf("\nNobody would have heard anything else; but by other rules.\n");
    } else {
        print_sentences(report);
    }
    print_rules(report);
    print_differences(report);
}

// --- JSON ----------------------------------------------------------------------------------------

static void put_sums(const struct report *report, struct text *out)
{
    const struct run_sums *sums = &report->tally->sums;
    char from[MOMENT_TEXT_BYTES], until[MOMENT_TEXT_BYTES];

    json_put_string(out, "before", report->books[BEFORE]);
    json_put_string(out, "after", report->books[AFTER]);
    json_put_string(out, "from", moment_format(report->from_ms, from));
    json_put_string(out, "until", moment_format(report->until_ms, until));
    json_put_bool(out, "same", tally_same(report->tally));
    json_put_int(out, "events", sums->events);
    json_put_int(out, "earlier_events", sums->before);
    json_put_int(out, "refused", sums->refused);
    json_put_int(out, "duplicate", sums->duplicate);
    json_put_int(out, "late", sums->late);
    json_put_int(out, "left_out", sums->left_out);
    json_put_int(out, "unexplained", sums->unexplained);
    json_put_int(out, "nobody_before", report->tally->nobody[BEFORE]);
    json_put_int(out, "nobody_after", report->tally->nobody[AFTER]);
}

static void put_side(struct text *out, const char *name, const struct record *record)
{
    char due[MOMENT_TEXT_BYTES];

    if (!record) {
        json_put_string(out, name, NULL);
        return;
    }
    json_open_object(out, name);
    json_put_string(out, "rep", record->rep);
    json_put_string(out, "role", story_role(record->role));
    json_put_string(out, "kind", notice_kind_name((enum notice_kind)record->notice));
    json_put_string(out, "when", how_name(record));
    json_put_string(out, "due", story_moment(record->due_ms, due));
    json_put_string(out, "rule", record->rule);
    json_close_object(out);
}

static void put_differences(const struct tally *tally, struct text *out)
{
    char at[MOMENT_TEXT_BYTES];

    json_put_int(out, "differences_count", tally->difference_count);
    json_open_array(out, "differences");
    for (size_t i = 0; i < tally->shown; i++) {
        const struct difference *difference = &tally->differences[i];
        const struct record *any =
            difference->sides[BEFORE] ? difference->sides[BEFORE] : difference->sides[AFTER];

        json_open_object(out, NULL);
        json_put_string(out, "at", moment_format(any->at_ms, at));
        json_put_string(out, "source", any->source);
        json_put_string(out, "id", any->id);
        json_put_string(out, "type", any->type);
        json_put_string(out, "issue", any->issue);
        json_put_string(out, "account", any->account);
        put_side(out, "before", difference->sides[BEFORE]);
        put_side(out, "after", difference->sides[AFTER]);
        json_close_object(out);
    }
    json_close_array(out);
}

void report_put(const struct report *report, struct text *out)
{
    int64_t rest;
    cleanup_with(table_destroyp) struct table *reps = rep_table(report, true);
    cleanup_with(table_destroyp) struct table *rules = rule_table(report, true, &rest);

    json_open_object(out, NULL);
    put_sums(report, out);
    table_put(reps, out, "reps");
    json_put_int(out, "rules_count", (int64_t)report->tally->row_count);
    table_put(rules, out, "rules");
    put_differences(report->tally, out);
    json_close_object(out);
}
