// What rules cost, beside the bound of the parts, in one line of JSON:
// - reading and checking a rule book of so many rules of four matchers : libconfig alone reading it
// - deciding one event by a thousand rules of four matchers : storing one event, in turns of 64
//     rule_cost FOLDER [RULES]
// Ratios only: the machine's speed drifts.
#include <err.h>
#include <libconfig.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/base/moment.h"
#include "common/desk/desk.h"
#include "common/rulebook/rulebook.h"
#include "tests/support/happenings.h"
#include "tests/support/small_book.h"

enum { DECIDING = 1000, BATCH = 64, BATCHES = 16, DECISIONS = 400, ROUNDS = 5 };

static const char opened[] =
    "\"account\":\"XYZ\",\"category\":\"billing\",\"severity\":\"major\",\"amount\":18250,"
    "\"summary\":\"The customer was charged twice for the same delivery\"";

// Rules of which none matches that event: each fails at one of its matchers, all four in turn; or,
// at the worst, at the last, a pattern.
static void write_rules(struct text *out, int count, bool worst)
{
    text_add(out, small_book_people);
    text_add(out, "rules: (\n");
    for (int i = 0; i < count; i++) {
        int fails = worst ? 3 : i % 4;

        text_addf(out,
                  "%s{ name = \"rule %d\"; match = [ \"event = issue.%s\", \"category in %s, c%d\","
                  " \"amount >= %d\", \"summary =~ (?i)word%d\" ]; heads_up = \"now\"; }\n",
                  i ? "," : "", i, fails == 0 ? "closed" : "opened",
                  fails == 1 ? "shipment" : "billing", i, fails == 2 ? 20000 + i : i, i);
    }
    text_add(out, ");\n");
}

struct span {                // in milliseconds
    double whole, computing; // the disk's waits are in whole alone
};

static double clock_ms(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec * SECOND_MS + (double)now.tv_nsec / 1e6;
}

static struct span spent(void)
{
    return (struct span){clock_ms(CLOCK_MONOTONIC), clock_ms(CLOCK_PROCESS_CPUTIME_ID)};
}

static struct span since(struct span from, double parts)
{
    struct span now = spent();

    return (struct span){(now.whole - from.whole) / parts,
                         (now.computing - from.computing) / parts};
}

static void write_file(const char *path, const struct text *words)
{
    FILE *file = fopen(path, "w");

    if (!file || fwrite(words->bytes, 1, words->size, file) != words->size || fclose(file) != 0) {
        err(1, "%s", path);
    }
}

// --- reading -------------------------------------------------------------------------------------

static struct span read_bare(const char *path)
{
    struct span from = spent();
    config_t config;

    config_init(&config);
    if (config_read_file(&config, path) != CONFIG_TRUE) {
        errx(1, "libconfig: %s", config_error_text(&config));
    }
    config_destroy(&config);
    return since(from, 1);
}

static struct span read_whole(const char *path, struct rulebook **ret)
{
    struct span from = spent();
    struct problems problems = {0};

    if (rulebook_load(path, false, ret, &problems) < 0) {
        errx(1, "%s", text_string(&problems.errors));
    }
    problems_finish(&problems);
    return since(from, 1);
}

// --- deciding and storing ------------------------------------------------------------------------

static struct span decide(const struct rulebook *book)
{
    struct happenings happenings = {0};
    const struct event *event = happen(&happenings, EVENT_ISSUE_OPENED, 0, opened);
    struct arena *arena = arena_create();
    struct case_file file = {.account = {.known = true, .key = "XYZ"}};
    struct verdict verdict;
    struct span from = spent();
    struct span each;

    for (int i = 0; i < DECISIONS; i++) {
        verdict_decide(book, &file, event, HAPPENINGS_NOW_MS, arena, &verdict);
        arena_reset(arena);
    }
    each = since(from, DECISIONS);
    happenings_finish(&happenings);
    arena_destroy(arena);
    return each;
}

static void must(int code, const struct error *error)
{
    if (code < 0) {
        errx(1, "%s", error->message);
    }
}

static void handle(struct desk *desk, int number, int64_t now_ms)
{
    char event[1024];
    struct text receipt = {0};
    struct error error = {0};
    struct event_slice slice = {.bytes = event};

    slice.size = (size_t)snprintf(event, sizeof event,
                                  "{\"specversion\":\"1.0\",\"id\":\"e%d\",\"source\":\"/bench\","
                                  "\"type\":\"headsup.issue.opened\",\"subject\":\"I-%d\","
                                  "\"data\":{%s}}",
                                  number, number, opened);
    must(desk_handle(desk, &slice, "uid:1000", now_ms, &receipt, &error), &error);
    text_finish(&receipt);
}

// By a rule book with no rule, into a ledger of its own: what is left is storing.
static struct span store(const char *folder, int round)
{
    struct rulebook *book = small_book(small_book_people);
    struct ledger *ledger;
    struct error error = {0};
    struct desk *desk;
    char path[4096];
    int64_t now_ms = clock_wall_ms();
    struct span from, each;

    (void)snprintf(path, sizeof path, "%s/rule_cost-%d.db", folder, round);
    if (access(path, F_OK) == 0) {
        errx(1, "%s is there already: what it holds would be duplicates", path);
    }
    must(ledger_open(path, &ledger, &error), &error);
    desk = desk_create(book, ledger, NULL);
    from = spent();
    for (int i = 0; i < BATCHES; i++) {
        must(ledger_begin(ledger, &error), &error);
        for (int j = 0; j < BATCH; j++) {
            handle(desk, i * BATCH + j, now_ms);
        }
        must(ledger_commit(ledger, &error), &error);
    }
    each = since(from, BATCH * BATCHES);
    desk_destroy(desk);
    ledger_close(ledger);
    rulebook_destroy(book);
    return each;
}

static struct rulebook *book_of(const char *path, int rules, bool worst)
{
    struct rulebook *book = NULL;
    struct text words = {0};

    write_rules(&words, rules, worst);
    write_file(path, &words);
    (void)read_whole(path, &book);
    text_finish(&words);
    return book;
}

static void keep_least(struct span *least, struct span other)
{
    least->whole = other.whole < least->whole ? other.whole : least->whole;
    least->computing = other.computing < least->computing ? other.computing : least->computing;
}

int main(int count, char **arguments)
{
    int rules = count > 2 ? atoi(arguments[2]) : 10000; // NOLINT(cert-err34-c): our own caller's
    struct span bare = {1e9, 1e9}, whole = bare, mixed = bare, worst = bare, storing = bare;
    struct rulebook *mixed_book, *worst_book, *book;
    char path[4096];

    if (count < 2) {
        errx(2, "usage: rule_cost FOLDER [RULES]");
    }
    (void)snprintf(path, sizeof path, "%s/rule_cost.conf", arguments[1]);
    mixed_book = book_of(path, DECIDING, false);
    worst_book = book_of(path, DECIDING, true);
    rulebook_destroy(book_of(path, rules, false));
    for (int i = 0; i < ROUNDS; i++) { // each beside the others, and the best of each
        keep_least(&bare, read_bare(path));
        keep_least(&whole, read_whole(path, &book));
        rulebook_destroy(book);
        keep_least(&mixed, decide(mixed_book));
        keep_least(&worst, decide(worst_book));
        keep_least(&storing, store(arguments[1], i));
    }
    (void)printf("{\"rules\": %d, \"check_ms\": %.0f, \"check_to_libconfig\": %.2f, "
                 "\"decide_us\": %.1f, \"decide_worst_us\": %.1f, \"store_us\": %.1f, "
                 "\"decide_to_store\": %.2f, \"decide_worst_to_store\": %.2f, "
                 "\"decide_to_store_computing\": %.2f}\n",
                 rules, whole.whole, whole.computing / (bare.computing > 1 ? bare.computing : 1),
                 mixed.whole * 1000, worst.whole * 1000, storing.whole * 1000,
                 mixed.whole / storing.whole, worst.whole / storing.whole,
                 mixed.computing / storing.computing);
    rulebook_destroy(mixed_book);
    rulebook_destroy(worst_book);
    return 0;
}
