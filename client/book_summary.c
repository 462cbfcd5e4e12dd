#include "client/book_summary.h"

#include <stdio.h>

#include "client/print.h"
#include "client/rule_words.h"
#include "client/tables.h"
#include "common/base/json_out.h"
#include "common/base/moment.h"

static bool is_default(const struct rulebook *rulebook, const struct rep *rep)
{
    return rep == rulebook->default_service || rep == rulebook->default_sales;
}

static const struct column columns[] = {
    {"id", "REP", COLUMN_TEXT, false},
    {"name", "NAME", COLUMN_TEXT, true},
    {"role", "ROLE", COLUMN_TEXT, false},
    {"host", "HOST", COLUMN_TEXT, true},
    {"fallback_host", NULL, COLUMN_TEXT, false},
    {"default", NULL, COLUMN_BOOL, false},
    {"reached_by", "REACHED", COLUMN_TEXT, false},
    {"digest", NULL, COLUMN_TEXT, false},
    {"hours", NULL, COLUMN_TEXT, false},
    {"zone", NULL, COLUMN_TEXT, false},
};

static struct table *table_of_reps(const struct rulebook *rulebook, bool json)
{
    struct table *table = table_create(columns, sizeof columns / sizeof columns[0], json);

    for (size_t i = 0; i < rulebook->rep_count; i++) {
        const struct rep *rep = &rulebook->reps[i];
        bool usual = is_default(rulebook, rep);

        table_add_row(table);
        table_add_text(table, rep->id, NULL);
        table_add_text(table, rep->name, NULL);
        table_add_text(table, role_name(rep->role), NULL);
        table_add_text(table, rep->webhook.host, NULL);
        table_add_text(table, rep->fallback ? rep->fallback->host : NULL, NULL);
        table_add_bool(table, usual);
        table_add_text(table, usual ? "default" : "name",
                       usual ? "by default, and by name" : "only by name");
        table_add_text(table, rep->digest, NULL);
        table_add_text(table, rep->hours_text, NULL);
        table_add_text(table, rep->zone_name, NULL);
    }
    return table;
}

static void print_reps(const struct rulebook *rulebook)
{
    cleanup_with(table_destroyp) struct table *table = table_of_reps(rulebook, false);

    table_print(table, "no reps");
}

static void print_times(const struct rulebook *rulebook)
{
    (void)printf("\nWhen each hears of it:\n");
    for (size_t i = 0; i < rulebook->rep_count; i++) {
        const struct rep *rep = &rulebook->reps[i];
        struct text words = {0};

        char lead[96]; // an id has 64 bytes

        (void)snprintf(lead, sizeof lead, "  %s: ", rep->id);
        if (rep->hours_text) {
            text_addf(&words, "%s, and at any hour of what is urgent; ", rep->hours_text);
        } else {
            text_add(&words, "at any hour; ");
        }
        text_addf(&words, "the digest at %s (%s)", rep->digest, rep->zone_name);
        print_wrapped(stdout, lead, text_string(&words));
        text_finish(&words);
    }
}

// What becomes of a flood, and what no rule says.
static void print_quiet(const struct rulebook *rulebook)
{
    const struct gather *gather = rulebook->gather;
    char wait[SPAN_TEXT_BYTES], again[SPAN_TEXT_BYTES];
    struct text words = {0};

    if (gather && gather->wait_ms) {
        text_addf(&words,
                  "Notices about one issue gather for %s, and the next message about it comes %s "
                  "later at the earliest. What is urgent goes at once.",
                  span_format_whole(gather->wait_ms, wait),
                  span_format_whole(gather->again_ms, again));
    } else {
        text_add(&words, "Nothing gathers: each notice is a message of its own.");
    }
    (void)printf("\nHow much of it:\n");
    print_wrapped(stdout, "  ", text_string(&words));
    print_wrapped(stdout, "  ",
                  "While a heads-up about an account's big issue stands open, its minor ones go "
                  "into the digest.");
    print_wrapped(stdout, "  ",
                  "A silence keeps back more, and is not in the rule book: see headsup silences.");
    text_finish(&words);
}

static void print_sources(const struct rulebook *rulebook)
{
    char span[SPAN_TEXT_BYTES];

    if (rulebook->source_count) {
        print_line(stdout, "  %s of a source from which no event came:",
                   rulebook->admin ? "The admin hears" : "The log tells");
    }
    for (size_t i = 0; i < rulebook->source_count; i++) {
        print_line(stdout, "    %s for %s", rulebook->sources[i].name,
                   span_format_whole(rulebook->sources[i].silent_after_ms, span));
    }
}

// Who is away, and who is told meanwhile.
static void print_absences(const struct rulebook *rulebook)
{
    for (size_t i = 0; i < rulebook->rep_count; i++) {
        const struct rep *rep = &rulebook->reps[i];

        for (size_t j = 0; j < rep->absence_count; j++) {
            print_line(stdout, "  %s is away from %s until %s: %s stands in for %s.", rep->id,
                       rep->absences[j].from, rep->absences[j].until, rep->stand_in, rep->id);
        }
    }
}

static void put_absences(const struct rulebook *rulebook, struct text *out)
{
    json_open_array(out, "away");
    for (size_t i = 0; i < rulebook->rep_count; i++) {
        const struct rep *rep = &rulebook->reps[i];

        for (size_t j = 0; j < rep->absence_count; j++) {
            json_open_object(out, NULL);
            json_put_string(out, "rep", rep->id);
            json_put_string(out, "from", rep->absences[j].from);
            json_put_string(out, "until", rep->absences[j].until);
            json_put_string(out, "stand_in", rep->stand_in);
            json_close_object(out);
        }
    }
    json_close_array(out);
}

static void put_gather(const struct rulebook *rulebook, struct text *out)
{
    if (rulebook->gather) {
        json_open_object(out, "gather");
        json_put_int(out, "wait_ms", rulebook->gather->wait_ms);
        json_put_int(out, "again_ms", rulebook->gather->again_ms);
        json_close_object(out);
    } else {
        json_put_string(out, "gather", NULL);
    }
}

static void put_sources(const struct rulebook *rulebook, struct text *out)
{
    json_open_array(out, "sources");
    for (size_t i = 0; i < rulebook->source_count; i++) {
        json_open_object(out, NULL);
        json_put_string(out, "name", rulebook->sources[i].name);
        json_put_int(out, "silent_after_ms", rulebook->sources[i].silent_after_ms);
        json_close_object(out);
    }
    json_close_array(out);
}

static void print_rule(const struct rulebook *rulebook, size_t i)
{
    const struct rule *rule = &rulebook->rules[i];
    struct text words = {0};
    char lead[32];

    (void)snprintf(lead, sizeof lead, "%3zu. ", i + 1);
    print_wrapped(stdout, lead, rule->name);
    for (size_t j = 0; j < rule->matcher_count; j++) {
        print_wrapped(stdout, j ? "      and  " : "      when ", rule->matchers[j].written);
    }
    if (rule->matcher_count == 0) {
        print_line(stdout, "      always");
    }
    rule_words_add(&words, rulebook, rule);
    print_wrapped(stdout, "      => ", text_string(&words));
    text_finish(&words);
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

void book_summary_print(const struct rulebook *rulebook)
{
    print_reps(rulebook);
    print_line(stdout, "%zu rep%s, %zu tier%s, %zu rule%s", rulebook->rep_count,
               plural(rulebook->rep_count), rulebook->tier_count, plural(rulebook->tier_count),
               rulebook->rule_count, plural(rulebook->rule_count));
    (void)printf("By name: for the accounts whose record names them.\n");
    print_times(rulebook);
    print_absences(rulebook);
    (void)printf("\nWho would hear what, tried from the top:\n");
    for (size_t i = 0; i < rulebook->rule_count; i++) {
        print_rule(rulebook, i);
    }
    print_line(stdout, "  What no rule says of an issue: sales %s, service %s.",
               rule_words_when(rulebook->unsaid_heads_up),
               rule_words_when(rulebook->unsaid_service));
    print_line(stdout, "  What no rule says of an account's record: nobody is told.");
    print_quiet(rulebook);
    print_sources(rulebook);
    (void)printf("\n");
}

static void put_rules(const struct rulebook *rulebook, struct text *out)
{
    json_open_array(out, "rules");
    for (size_t i = 0; i < rulebook->rule_count; i++) {
        const struct rule *rule = &rulebook->rules[i];
        struct text words = {0};

        rule_words_add(&words, rulebook, rule);
        json_open_object(out, NULL);
        json_put_string(out, "rule", rule->name);
        json_put_string(out, "file", rule->file);
        json_put_int(out, "line", rule->line);
        json_open_array(out, "matchers");
        for (size_t j = 0; j < rule->matcher_count; j++) {
            json_put_string(out, NULL, rule->matchers[j].written);
        }
        json_close_array(out);
        json_put_string(out, "heads_up", when_name(rule->heads_up));
        json_put_string(out, "service", when_name(rule->service));
        json_put_bool(out, "escalate", rule->escalate);
        json_put_bool(out, "urgent", rule->urgent);
        json_put_bool(out, "continue", rule->go_on);
        json_put_string(out, "words", text_string(&words));
        json_close_object(out);
        text_finish(&words);
    }
    json_close_array(out);
}

void book_summary_put(const struct rulebook *rulebook, struct text *out)
{
    cleanup_with(table_destroyp) struct table *reps = table_of_reps(rulebook, true);

    json_open_object(out, "summary");
    table_put(reps, out, "reps");
    put_absences(rulebook, out);
    put_gather(rulebook, out);
    put_sources(rulebook, out);
    json_put_int(out, "tiers", (int64_t)rulebook->tier_count);
    put_rules(rulebook, out);
    json_open_object(out, "unsaid");
    json_put_string(out, "heads_up", when_name(rulebook->unsaid_heads_up));
    json_put_string(out, "service", when_name(rulebook->unsaid_service));
    json_close_object(out);
    json_close_object(out);
}
