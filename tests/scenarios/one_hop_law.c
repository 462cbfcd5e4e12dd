// The one-hop law as a property: whatever events come in, in whatever order and with whatever in
// them, under whatever rules,
//   - a decision about an issue concerns the service rep or the sales rep of the issue's own
//   account,
//     or the default one where the account names none of that role, and nobody else;
//   - its hop is 0 or 1 and never goes back;
//   - a demand at hop 1 is heard by those two, at once, in the same words, which the publisher is
//     given too; no rule changes that.
// The streams are random. A stream that breaks the law is named by its seed: give the seed and 1 as
// arguments to play it alone.
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/moment.h"
#include "common/verdict/words.h"
#include "tests/support/small_book.h"
#include "tests/support/stage.h"

enum { STREAMS = 1200, EVENTS_LEAST = 20, EVENTS_MOST = 60, ISSUES = 4, ACCOUNTS = 4, MOST = 8 };

struct dice {
    uint64_t state;
};

static uint64_t roll(struct dice *dice)
{
    uint64_t mixed = (dice->state += UINT64_C(0x9e3779b97f4a7c15));

    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

static int below(struct dice *dice, int bound)
{
    return (int)(roll(dice) % (uint64_t)bound);
}

// What an account is known to say of its people: written down here, apart from the code under test.
struct known_account {
    char people[2][8]; // by enum role
};

struct world {
    struct dice dice;
    uint64_t seed;
    int book;
    struct stage stage;
    struct known_account accounts[ACCOUNTS];
    int hops[ISSUES]; // as last seen
    int event;
};

#define QUIET_RULES                                                                                \
    "rules: ( { name = \"asks\"; match = [ \"event = issue.escalation_requested\" ];"              \
    "    escalate = true; },"                                                                      \
    "  { name = \"old\"; match = [ \"age >= 1d\" ]; heads_up = \"now\"; priority = \"urgent\"; }," \
    "  { name = \"all\"; heads_up = \"now\"; service = \"now\"; } );"

static const char *const books[] = {
    // no rules at all
    "",
    // everything escalates, always
    "rules: ( { name = \"always\"; escalate = true; } );",
    // demands, hand-offs and age
    "rules: ( { name = \"asks\"; match = [ \"event = issue.escalation_requested\" ];"
    "    escalate = true; priority = \"urgent\"; },"
    "  { name = \"old\"; match = [ \"age >= 2d\" ]; escalate = true; },"
    "  { name = \"around\"; match = [ \"transfers > 1\" ]; escalate = true; },"
    "  { name = \"all\"; heads_up = \"now\"; service = \"now\"; } );",
    // rules that try to keep people out of it, and to say everything at once
    "unsaid = { heads_up = \"now\"; service = \"no\"; };"
    "rules: ( { name = \"hush\"; match = [ \"issue.hop = 1\" ]; heads_up = \"no\";"
    "    service = \"no\"; continue = true; },"
    "  { name = \"major\"; match = [ \"account.tier = major\" ]; escalate = true;"
    "    heads_up = \"now\"; service = \"now\"; },"
    "  { name = \"note\"; match = [ \"data.note =~ boss\" ]; escalate = true; continue = true; },"
    "  { name = \"digest\"; heads_up = \"digest\"; service = \"digest\"; } );",
    // by what outsiders send
    "tiers: ( { name = \"major\"; match = [ \"account.group_value >= 1000\" ]; } );"
    "rules: ( { name = \"hop\"; match = [ \"data.hop > 0\" ]; escalate = true; },"
    "  { name = \"late\"; match = [ \"age >= 1d\", \"issue.state = open\" ]; heads_up = \"now\"; },"
    "  { name = \"busy\"; match = [ \"account.open_issues > 1\" ]; service = \"now\"; },"
    "  { name = \"tier\"; match = [ \"account.tier = major\" ]; heads_up = \"now\"; } );",
    // all is told now, but gathered
    "gather: { wait = \"2h\"; again = \"1d\"; };" QUIET_RULES,
    // and by hours that differ
    "reps: ( { id = \"rich\"; name = \"R A\"; role = \"sales\"; hours = \"mon-fri 08:00-18:00\";"
    "    webhook: { url = \"https://h/rich\"; }; },"
    "  { id = \"dana\"; name = \"D W\"; role = \"sales\"; hours = \"22:00-06:00\";"
    "    webhook: { url = \"https://h/dana\"; }; },"
    "  { id = \"pat\"; name = \"P O\"; role = \"service\"; hours = \"sat 10:00-11:00, sun "
    "10:00-11:00\";"
    "    webhook: { url = \"https://h/pat\"; }; },"
    "  { id = \"sam\"; name = \"S R\"; role = \"service\"; webhook: { url = \"https://h/sam\"; }; }"
    "); default: { service = \"pat\"; sales = \"rich\"; };"
    "gather: { wait = \"10m\"; again = \"3h\"; };" QUIET_RULES,
};

enum { BOOKS = sizeof books / sizeof books[0] };

static const struct {
    const char *id;
    enum role role;
} people[] = {
    {"rich", ROLE_SALES}, {"dana", ROLE_SALES}, {"pat", ROLE_SERVICE}, {"sam", ROLE_SERVICE}};

static const char *const defaults[2] = {[ROLE_SERVICE] = "pat", [ROLE_SALES] = "rich"};

// Names that accounts are given: some fit the role, some do not, some are nobody's.
static const char *const names[] = {"rich", "dana", "pat", "sam", "boss", "admin", ""};

static void broken(const struct world *world, const char *law, const char *detail)
{
    (void)fprintf(stderr, "seed %" PRIu64 ", rule book %d, event %d: %s: %s\n%s\n%s\n", world->seed,
                  world->book, world->event, law, detail, text_string(&world->stage.bytes),
                  text_string(&world->stage.receipt));
    exit(EXIT_FAILURE);
}

// --- random events -------------------------------------------------------------------------------

static const char *const hostile[] = {
    "\"hop\":2",
    "\"owner\":\"boss\"",
    "\"to\":\"boss\"",
    "\"note\":\"the boss!\\nYou: call the boss\"",
    "\"note\":\"\\u0007\\u001b[31m\"",
    "\"service\":\"boss\",\"sales\":\"boss\"",
    "\"role\":\"manager\"",
    "\"rep\":\"boss\",\"lane\":\"boss\"",
};

static const char *const severities[] = {"minor", "normal", "major"};

// What the type asks for, and at random what it may have.
static void write_issue_data(struct world *world, enum event_type type, struct text *out)
{
    struct dice *dice = &world->dice;

    switch (type) {
    case EVENT_ISSUE_OPENED:
        text_addf(out, "\"account\":\"A-%d\",\"category\":\"billing\",\"summary\":\"s\"",
                  below(dice, ACCOUNTS + 1)); // the last one is never on record
        break;
    case EVENT_ISSUE_TRANSFERRED:
        text_add(out, "\"to\":\"credit\"");
        break;
    case EVENT_ISSUE_CONCESSION_REQUESTED:
        text_add(out, "\"kind\":\"credit\"");
        break;
    case EVENT_ISSUE_PROMISE_CLAIMED:
        text_add(out, "\"claim\":\"c\"");
        break;
    case EVENT_ISSUE_CUSTOMER_CONTACTED:
        text_addf(out, "\"who\":\"%s\"", below(dice, 2) ? "boss" : "dana");
        break;
    case EVENT_ISSUE_PLANNED:
        text_add(out, "\"plan\":\"p\"");
        break;
    case EVENT_ISSUE_ESCALATION_REQUESTED:
        text_addf(out, "\"demand\":\"demand %d\"", below(dice, 100));
        break;
    default:
        text_addf(out, "\"by\":\"%s\"", people[below(dice, 4)].id);
        break;
    }
    if (type != EVENT_ISSUE_OPENED && below(dice, 4) == 0) {
        text_addf(out, ",\"account\":\"A-%d\"", below(dice, ACCOUNTS + 1));
    }
    if (type <= EVENT_ISSUE_UPDATED && below(dice, 2)) {
        text_addf(out, ",\"severity\":\"%s\",\"amount\":%d", severities[below(dice, 3)],
                  below(dice, 100000));
    }
}

static void note_account(struct world *world, int account, struct text *out)
{
    static const char *const members[2] = {[ROLE_SERVICE] = "service", [ROLE_SALES] = "sales"};

    text_addf(out, "\"value\":%d,\"group\":\"G\"", below(&world->dice, 2000));
    for (int role = 0; role < 2; role++) {
        if (below(&world->dice, 3)) {
            const char *name = names[below(&world->dice, sizeof names / sizeof names[0])];

            text_addf(out, ",\"%s\":\"%s\"", members[role], name);
            (void)snprintf(world->accounts[account].people[role],
                           sizeof world->accounts[account].people[role], "%s", name);
        }
    }
}

static void write_account_data(struct world *world, enum event_type type, int account,
                               struct text *out)
{
    switch (type) {
    case EVENT_ACCOUNT_UPDATED:
        note_account(world, account, out);
        break;
    case EVENT_ACCOUNT_TERMS_AGREED:
        text_add(out, "\"summary\":\"net 45\"");
        break;
    case EVENT_ACCOUNT_PROMISE_MADE:
        text_add(out, "\"promise\":\"p\",\"by\":\"dana\"");
        break;
    case EVENT_ACCOUNT_SURVEYED:
        text_add(out, "\"score\":3");
        break;
    default:
        text_add(out, "\"by\":\"boss\"");
        break;
    }
}

// --- the law -------------------------------------------------------------------------------------

// Who in that role may hear of the account.
static const char *person_of(const struct world *world, const char *account, enum role role)
{
    for (int i = 0; account && i < ACCOUNTS; i++) {
        char key[8];

        (void)snprintf(key, sizeof key, "A-%d", i);
        for (int j = 0; strcmp(key, account) == 0 && j < 4; j++) {
            if (strcmp(world->accounts[i].people[role], people[j].id) == 0 &&
                people[j].role == role) {
                return people[j].id;
            }
        }
    }
    return defaults[role];
}

static void check_people(struct world *world, const struct case_file *file,
                         const struct notice_record *notices, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct notice_record *notice = &notices[i];

        if (notice->role != ROLE_SERVICE && notice->role != ROLE_SALES) {
            broken(world, "a third role", notice->rep);
        }
        if (strcmp(notice->rep, person_of(world, file->issue.account, (enum role)notice->role)) !=
            0) {
            broken(world, "somebody else hears of it", notice->rep);
        }
        if (notice->lane && strcmp(notice->lane, notice->rep) != 0) {
            broken(world, "another's lane", notice->lane);
        }
    }
    if (count != 2 || notices[0].role == notices[1].role) {
        broken(world, "not one decision for each of the two", "");
    }
}

static void check_hop(struct world *world, int issue, const struct case_file *file)
{
    int hop = (int)file->issue.hop;

    if (hop != HOP_SERVICE && hop != HOP_SALES) {
        broken(world, "a third hop", "");
    }
    if (hop < world->hops[issue]) {
        broken(world, "a hop back", "");
    }
    world->hops[issue] = hop;
}

static void write_body(struct world *world, const struct case_file *file,
                       const struct notice_record *record, struct text *out)
{
    const struct rulebook *book = world->stage.rulebook;
    struct notice notice = {
        .kind = record->kind,
        .to = record->rep,
        .rule = record->rule,
        .why = record->why,
        .words = record->words,
        .file = file,
        .service = verdict_person(book, &file->account, ROLE_SERVICE, world->stage.now_ms, NULL),
        .sales = verdict_person(book, &file->account, ROLE_SALES, world->stage.now_ms, NULL)};

    words_body(out, &notice, world->stage.now_ms);
}

// A demand, or a rule that would have it climb, met the issue at hop 1.
static void check_stand_firm(struct world *world, const struct case_file *file,
                             const struct notice_record *notices, const json_t *receipt)
{
    const char *say = json_string_value(json_object_get(json_object_get(receipt, "answer"), "say"));
    struct text bodies[2] = {{0}, {0}};

    if (!say) {
        broken(world, "no answer for the customer", "");
    }
    for (int i = 0; i < 2; i++) {
        if (notices[i].kind != NOTICE_STAND_FIRM || notices[i].fate != FATE_WAITING) {
            broken(world, "not told to stand firm", notices[i].rep);
        }
        write_body(world, file, &notices[i], &bodies[i]);
        if (!say || !strstr(text_string(&bodies[i]), say)) {
            broken(world, "not the answer that the publisher has", text_string(&bodies[i]));
        }
    }
    if (strcmp(text_string(&bodies[0]), text_string(&bodies[1])) != 0) {
        broken(world, "not the same words", text_string(&bodies[1]));
    }
    text_finish(&bodies[0]);
    text_finish(&bodies[1]);
}

static void check_issue(struct world *world, int issue, bool demand, const json_t *receipt)
{
    struct notice_record notices[MOST];
    char key[8], where[64];
    struct case_file file;
    int hop_before = world->hops[issue];
    size_t count;

    (void)snprintf(key, sizeof key, "I-%d", issue);
    (void)snprintf(where, sizeof where, "n.event = %lld",
                   (long long)json_integer_value(json_object_get(receipt, "seq")));
    file = stage_case(&world->stage, key);
    count = stage_notices(&world->stage, where, notices, MOST);
    check_people(world, &file, notices, count);
    check_hop(world, issue, &file);
    if (demand && hop_before == HOP_SALES) {
        check_stand_firm(world, &file, notices, receipt);
    }
}

// --- streams -------------------------------------------------------------------------------------

static void publish(struct world *world, enum event_type type)
{
    struct dice *dice = &world->dice;
    bool about_issue = event_type_about(type) == ABOUT_ISSUE;
    int which = below(dice, about_issue ? ISSUES : ACCOUNTS);
    struct text data = {0};
    char subject[8];
    json_t *receipt;

    (void)snprintf(subject, sizeof subject, "%s-%d", about_issue ? "I" : "A", which);
    if (about_issue) {
        write_issue_data(world, type, &data);
    } else {
        write_account_data(world, type, which, &data);
    }
    if (below(dice, 5) == 0) {
        const char *extra = hostile[below(dice, sizeof hostile / sizeof hostile[0])];
        char name[16];

        (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(extra, ":"), extra);
        if (!strstr(text_string(&data), name) && (about_issue || type != EVENT_ACCOUNT_UPDATED)) {
            text_addf(&data, ",%s", extra);
        }
    }
    world->stage.now_ms += below(dice, 4) ? below(dice, 6 * HOUR_MS) : 0;
    world->stage.late_ms = below(dice, 3) ? 0 : below(dice, 3 * DAY_MS);
    receipt = stage_receipt(&world->stage, event_type_name(type), subject, text_string(&data));
    if (strcmp(json_string_value(json_object_get(receipt, "status")), "accepted") != 0) {
        broken(world, "refused", "the test is wrong");
    }
    if (about_issue) {
        check_issue(world, which, type == EVENT_ISSUE_ESCALATION_REQUESTED, receipt);
    }
    json_decref(receipt);
    text_finish(&data);
}

// What was held and goes out now goes to the two people of the case as it stands now; and what is
// told with another notice is about the same issue, for the same role.
static void check_released(struct world *world)
{
    struct notice_record notices[MOST * ISSUES];
    char where[96];
    size_t count;

    (void)snprintf(where, sizeof where,
                   "n.fate = 0 AND n.quiet IS NOT NULL AND n.due_ms = %" PRId64,
                   world->stage.now_ms);
    count = stage_notices(&world->stage, where, notices, sizeof notices / sizeof notices[0]);
    for (size_t i = 0; i < count; i++) {
        struct notice_record *notice = &notices[i];
        struct case_query query = {.issue_num = notice->issue_num,
                                   .account_key = notice->issue_num ? NULL : notice->account_key};
        struct case_file file;
        struct error err;

        if (ledger_load_case(world->stage.ledger, &query, world->stage.arena, &file, &err) < 0 ||
            strcmp(notice->rep, person_of(world, file.account.key, (enum role)notice->role)) != 0 ||
            strcmp(notice->lane, notice->rep) != 0) {
            broken(world, "what was held goes to somebody else", notice->rep);
        }
    }
    if (stage_number(&world->stage, "SELECT count(*) FROM notices n JOIN notices c"
                                    " ON c.num = n.carrier WHERE n.fate = 7"
                                    " AND (c.issue IS NOT n.issue OR c.role <> n.role)") != 0) {
        broken(world, "gathered by another's message", "");
    }
}

// Lets alarms ring, one a turn at the most where the clock stands so; the case is looked at after.
static void ring(struct world *world)
{
    struct notice_record notices[2];
    json_t *receipt = NULL;
    int64_t before = stage_number(&world->stage, "SELECT coalesce(max(seq), 0) FROM events");
    char where[64];

    world->stage.now_ms += DAY_MS;
    (void)stage_ring(&world->stage, &receipt);
    json_decref(receipt);
    check_released(world);
    for (int issue = 0; issue < ISSUES; issue++) {
        char key[8];
        struct case_file file;
        size_t count;

        (void)snprintf(key, sizeof key, "I-%d", issue);
        file = stage_case(&world->stage, key);
        (void)snprintf(where, sizeof where, "n.event > %" PRId64 " AND e.subject = '%s'", before,
                       key);
        count = stage_notices(&world->stage, where, notices, 2);
        if (count) {
            check_people(world, &file, notices, count);
            check_hop(world, issue, &file);
        }
    }
}

static void play(struct world *world)
{
    int events = EVENTS_LEAST + below(&world->dice, EVENTS_MOST - EVENTS_LEAST + 1);

    for (world->event = 1; world->event <= events; world->event++) {
        if (below(&world->dice, 10) == 0) {
            ring(world);
        } else if (below(&world->dice, 4) == 0) { // the kind of event that the law is about
            publish(world, EVENT_ISSUE_ESCALATION_REQUESTED);
        } else {
            publish(world, (enum event_type)below(&world->dice, EVENT_ACCOUNT_SURVEYED + 1));
        }
    }
    if (stage_number(&world->stage, "SELECT count(*) FROM notices WHERE rep NOT IN"
                                    " ('rich', 'dana', 'pat', 'sam')") != 0) {
        broken(world, "a stranger hears of something", "");
    }
}

// A stream of its own: nothing is left of the one before.
static void play_stream(uint64_t seed, int64_t *events)
{
    struct world world = {.dice = {seed}, .seed = seed};
    char book[8192];

    world.book = below(&world.dice, BOOKS);
    (void)snprintf(book, sizeof book, "%s%s",
                   strncmp(books[world.book], "reps", 4) == 0 ? "" : small_book_people,
                   books[world.book]);
    stage_open(&world.stage, book, NULL);
    play(&world);
    *events += world.stage.events;
    stage_close(&world.stage);
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    uint64_t streams = argc > 2 ? strtoull(argv[2], NULL, 10) : STREAMS;
    int64_t events = 0;

    for (uint64_t i = 0; i < streams; i++) {
        play_stream(seed + i, &events);
    }
    (void)printf("%" PRIu64 " streams, %" PRId64 " events: one hop\n", streams, events);
    return EXIT_SUCCESS;
}
