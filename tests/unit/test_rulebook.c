// The rule book as a whole: what a good one becomes, and each fault with its place and its words.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/moment.h"
#include "common/rulebook/rulebook.h"
#include "common/rulebook/settings.h"
#include "common/rulebook/source.h"
#include "tests/unit/shelf.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

// Five lines that a rule book cannot do without; what a test adds begins at line 6.
#define PEOPLE                                                                                     \
    "reps: (\n"                                                                                    \
    "  { id = \"rich\"; name = \"Rich\"; role = \"sales\"; webhook: { url = \"https://h/r\"; }; "  \
    "},\n"                                                                                         \
    "  { id = \"pat\"; name = \"Pat\"; role = \"service\"; webhook: { url = \"https://h/p\"; }; "  \
    "}\n"                                                                                          \
    ");\n"                                                                                         \
    "default: { service = \"pat\"; sales = \"rich\"; };\n"

#define RULE(inside) "rules: ( { name = \"one\";\n" inside " } );\n"
#define REP(inside)                                                                                \
    "reps: ( { id = \"a\"; name = \"A\"; role = \"sales\";\n" inside "} );\n"                      \
    "default: { service = \"a\"; sales = \"a\"; };\n"

static void load_well(struct shelf *shelf, const char *words)
{
    write_file(shelf, "book.conf", words);
    if (load(shelf, "book.conf", false) < 0) {
        fail_msg("%s", text_string(&shelf->problems.errors));
    }
    assert_int_equal(shelf->problems.error_count, 0);
}

static void expect(const char *said, const char *words, const char *book)
{
    if (!strstr(said, words)) {
        fail_msg("'%s' is not in\n%s\nof\n%s", words, said, book);
    }
}

// The book is refused with these words, and each line of them names the file.
static void refused(struct shelf *shelf, const char *words, const char *expected)
{
    write_file(shelf, "book.conf", words);
    assert_int_equal(load(shelf, "book.conf", false), -EINVAL);
    assert_null(shelf->book);
    assert_true(shelf->problems.error_count > 0);
    expect(text_string(&shelf->problems.errors), expected, words);
    assert_int_equal(strncmp(shelf->problems.errors.bytes, shelf->folder, strlen(shelf->folder)),
                     0);
}

static void warned(struct shelf *shelf, const char *words, const char *expected)
{
    load_well(shelf, words);
    expect(text_string(&shelf->problems.warnings), expected, words);
}

static void a_short_book_has_every_default(void **state)
{
    static const int64_t retry[] = {5000, 300000, 1800000, 7200000, 18000000, 36000000, 36000000};
    struct shelf *shelf = *state;
    const struct rulebook *book;
    const struct endpoint *webhook;

    load_well(shelf, PEOPLE);
    book = shelf->book;
    assert_int_equal(shelf->problems.warning_count, 0);
    assert_string_equal(book->path, path_of(shelf, "book.conf"));
    assert_int_equal(book->bind_count, 1);
    assert_string_equal(book->binds[0], "ipc:///run/headsup/intake");
    assert_int_equal(book->max_event_kib, 256);
    assert_int_equal(book->max_parts, 1024);
    assert_int_equal(book->turn_events, 512);
    assert_string_equal(book->ledger_path, "/var/lib/headsup/ledger.db");
    assert_int_equal(book->min_free_mib, 64);
    assert_string_equal(book->currency, "USD");
    assert_int_equal(book->rep_count, 2);
    assert_null(book->admin);
    assert_int_equal(book->tier_count + book->rule_count + book->age_count, 0);
    assert_int_equal(book->unsaid_heads_up, WHEN_NO);
    assert_int_equal(book->unsaid_service, WHEN_DIGEST);
    assert_int_equal(book->retry_count, COUNT_OF(retry));
    assert_memory_equal(book->retry_ms, retry, sizeof retry);
    assert_int_equal(book->retry_after_cap_ms, HOUR_MS);
    assert_ptr_equal(book->default_service, &book->reps[1]);
    assert_ptr_equal(book->default_sales, &book->reps[0]);
    webhook = &book->reps[0].webhook;
    assert_string_equal(webhook->lane, "rich");
    assert_string_equal(webhook->host, "h");
    assert_int_equal(webhook->format, FORMAT_GENERIC);
    assert_int_equal(webhook->concurrency, 1);
    assert_int_equal(webhook->rate_gap_ms, 0);
    assert_int_equal(webhook->timeout_ms, 15000);
    assert_int_equal(webhook->connect_timeout_ms, 5000);
    assert_false(webhook->insecure || webhook->allow_private);
    assert_null(webhook->secret);
    assert_null(webhook->secret_file);
}

static void all_that_is_written_arrives(void **state)
{
    struct shelf *shelf = *state;
    const struct rulebook *book;
    const struct rep *rich;
    const struct rule *rule;

    load_well(
        shelf,
        "intake: { bind = [ \"ipc:///tmp/a\", \"ipc:///tmp/b\" ]; max_event_kib = 1024;\n"
        "  max_parts = 0x10; turn_events = 7; };\n"
        "ledger = \"sqlite:some/ledger.db\"; min_free_mib = 0; currency = \"EUR\";\n"
        "reps: ( { id = \"rich\"; name = \"Rich Ålvarez\"; role = \"sales\"; stand_in = \"dana\";\n"
        "  webhook: { url = \"HTTPS://Hooks.Example.com:8443/r?x=1\"; format = \"slack\";\n"
        "    concurrency = 3; timeout = \"1m 30s\"; connect_timeout = \"250ms\"; private = true; "
        "};\n"
        "  fallback: { url = \"http://127.8.9.1:99/r\"; rate_per_minute = 7;\n"
        "    answers = ( { status = \"404\"; do = \"again\"; }, { status = \"4xx\"; do = \"dead\"; "
        "} ); }; },\n"
        "  { id = \"dana\"; name = \"Dana\"; role = \"sales\";\n"
        "    webhook: { url = \"http://10.0.0.1/\"; insecure = true; format = \"slack\";\n"
        "      rate_per_minute = 0; allow = [ \"10.0.0.0/8\" ]; }; },\n"
        "  { id = \"pat\"; name = \"Pat\"; role = \"service\"; webhook: { url = "
        "\"http://[::1]/p\"; }; } );\n"
        "default: { service = \"pat\"; sales = \"dana\"; };\n"
        "admin: { webhook: { url = \"http://localhost/a\"; }; };\n"
        "tiers: ( { name = \"major\"; match = [ \"account.value >= 250000\", \"account.region = "
        "x\" ]; },\n"
        "         { name = \"major\"; match = ( \"account.group_value >= 1000000\" ); } );\n"
        "rules: ( { name = \"first\"; match = [ \"age >= 3d\", \"amount > 5\" ]; heads_up = "
        "\"now\";\n"
        "    service = \"no\"; escalate = true; priority = \"urgent\"; continue = true; },\n"
        "  { name = \"second\"; match = [ \"age >= 1h\", \"age < 3d\", \"age > 2h\" ];\n"
        "service = \"digest\"; } );\n"
        "unsaid: { heads_up = \"digest\"; service = \"now\"; };\n"
        "courier: { retry = [ \"10ms\", \"1s\" ]; retry_after_cap = \"0s\"; };\n");
    book = shelf->book;
    rich = rulebook_rep(book, "rich");
    assert_int_equal(shelf->problems.warning_count, 0);
    assert_int_equal(book->bind_count, 2);
    assert_string_equal(book->binds[1], "ipc:///tmp/b");
    assert_int_equal(book->max_parts, 16);
    assert_int_equal(book->turn_events, 7);
    assert_int_equal(book->min_free_mib, 0);
    assert_string_equal(book->ledger_path, path_of(shelf, "some/ledger.db"));
    assert_string_equal(rich->name, "Rich Ålvarez");
    assert_int_equal(rich->role, ROLE_SALES);
    assert_string_equal(rich->stand_in, "dana");
    assert_string_equal(rich->webhook.host, "hooks.example.com");
    assert_int_equal(rich->webhook.format, FORMAT_SLACK);
    assert_int_equal(rich->webhook.rate_gap_ms, 1000);
    assert_int_equal(rich->webhook.timeout_ms, 90000);
    assert_int_equal(rich->webhook.connect_timeout_ms, 250);
    assert_true(rich->webhook.allow_private);
    assert_string_equal(rich->fallback->host, "127.8.9.1");
    assert_int_equal(rich->fallback->rate_gap_ms, 8572);
    assert_int_equal(rich->webhook.answer_count, 0);
    assert_int_equal(rich->fallback->answer_count, 2);
    assert_string_equal(rich->fallback->answers[1].status, "4xx");
    assert_int_equal(rich->fallback->answers[0].act, ACT_AGAIN);
    assert_int_equal(rich->fallback->answers[1].act, ACT_DEAD);
    assert_int_equal(rulebook_rep(book, "dana")->webhook.rate_gap_ms, 0);
    assert_string_equal(rulebook_rep(book, "pat")->webhook.host, "::1");
    assert_ptr_equal(rulebook_lane(book, "rich"), &rich->webhook);
    assert_ptr_equal(rulebook_lane(book, "rich.fallback"), rich->fallback);
    assert_ptr_equal(rulebook_lane(book, "admin"), book->admin);
    assert_null(rulebook_lane(book, "dana.fallback"));
    assert_ptr_equal(rulebook_fallback_of(book, "rich.fallback"), rich);
    assert_null(rulebook_fallback_of(book, "dana.fallback"));
    assert_null(rulebook_rep(book, "admin"));
    assert_null(rulebook_rep(book, NULL));
    assert_null(rulebook_lane(book, NULL));
    assert_string_equal(book->default_sales->id, "dana");
    assert_int_equal(book->tier_count, 2);
    assert_int_equal(book->tiers[0].matcher_count, 2);
    rule = &book->rules[0];
    assert_string_equal(rule->name, "first");
    assert_string_equal(rule->file, book->path);
    assert_int_equal(rule->line, 17);
    assert_int_equal(rule->matchers[1].numbers[0], 500);
    assert_int_equal(rule->heads_up, WHEN_NOW);
    assert_int_equal(rule->service, WHEN_NO);
    assert_true(rule->escalate && rule->urgent && rule->go_on);
    rule = &book->rules[1];
    assert_int_equal(rule->heads_up, WHEN_UNSAID);
    assert_false(rule->escalate || rule->urgent || rule->go_on);
    assert_int_equal(book->age_count, 3);
    assert_int_equal(book->ages_ms[0], HOUR_MS);
    assert_int_equal(book->ages_ms[1], 2 * HOUR_MS + 1); // of >
    assert_int_equal(book->ages_ms[2], 3 * (int64_t)DAY_MS);
    assert_int_equal(book->unsaid_heads_up, WHEN_DIGEST);
    assert_int_equal(book->retry_count, 2);
    assert_int_equal(book->retry_ms[0], 10);
    assert_int_equal(book->retry_after_cap_ms, 0);
}

// Each row: a rule book, and what must be said of it.
static const char *const faults[][2] = {
    // names and types
    {PEOPLE "curency = \"USD\";", "book.conf:6: 'curency' is no setting; did you mean 'currency'?"},
    {PEOPLE "\n\nintake: {\n bnd = []; };",
     "book.conf:9: intake: 'bnd' is no setting; did you mean 'bind'?"},
    {PEOPLE "flux_capacitor = 1;", "book.conf:6: 'flux_capacitor' is no setting\n"},
    {PEOPLE "min_free_mib = \"64\";",
     "book.conf:6: 'min_free_mib' must be a whole number, such as min_free_mib = 64"},
    {PEOPLE "min_free_mib = 1.5;", "'min_free_mib' must be a whole number"},
    {PEOPLE "currency = 5;",
     "'currency' must be a text in double quotes, such as currency = \"USD\""},
    {PEOPLE "courier: { retry = \"5s\"; };", "courier: 'retry' must be a list of spans of time"},
    {PEOPLE "courier: { retry = [ 5 ]; };", "courier: 'retry' must be a list of spans of time"},
    {PEOPLE "courier: { retry = [ \"5s\",\n\"soon\"\n ]; };",
     "book.conf:7: courier: 'retry' is no span of time: 'soon'; write 30s, 5m, 4h or 3d"},
    {PEOPLE "courier: { retry = [ \"0s\" ]; };", "'retry' must be between 1 millisecond and"},
    {PEOPLE "courier: { retry = [ ]; };", "'retry' has 0 members; it must have at least 1"},
    {PEOPLE "courier: { retry_after_cap = 3600; };",
     "'retry_after_cap' must be a span of time in double quotes, such as retry_after_cap = \"1h\""},
    {PEOPLE "courier: { retry_after_cap = \"31d\"; };",
     "'retry_after_cap' must be between 0 milliseconds and 30 days"},
    {PEOPLE "unsaid = \"no\";", "'unsaid' must be a group, such as unsaid = { … }"},
    {PEOPLE "rules: { };", "'rules' must be a list of groups, such as rules = ( { … }, { … } )"},
    {PEOPLE "rules: ( 5 );", "book.conf:6: rule number 1: a group must stand here: { … }"},
    {PEOPLE RULE("escalate = 1;"), "book.conf:7: rule 'one': 'escalate' must be true or false"},
    {PEOPLE RULE("heads_up = \"nwo\";"),
     "rule 'one': 'heads_up' cannot be 'nwo': it is one of now, digest, no; did you mean 'now'?"},
    {PEOPLE RULE("priority = \"high\";"), "it is one of normal, urgent"},
    {PEOPLE RULE("match = \"amount > 5\";"),
     "'match' must be a list of matchers, such as match = [ \"category = billing\" ]"},
    {PEOPLE "rules: ( { heads_up = \"now\"; } );",
     "book.conf:6: rule number 1: 'name' is missing: What the rule is about"},
    {PEOPLE "tiers: ( { name = \"x\"; } );", "tier 'x': 'match' is missing"},
    {PEOPLE "tiers: ( { name = \"x\"; match = []; } );", "'match' has 0 members"},
    // numbers that do not fit
    {PEOPLE "min_free_mib = 3000000000;",
     "'min_free_mib' is 3000000000; it must be between 0 and 1048576"},
    {PEOPLE "min_free_mib = 4294967360;", "'min_free_mib' is 4294967360;"},
    {PEOPLE "min_free_mib = -1;", "'min_free_mib' is -1;"},
    {PEOPLE "min_free_mib = 0x100000040;", "'min_free_mib' is 4294967360;"},
    {PEOPLE "min_free_mib = 99999999999999999999;", "'min_free_mib' is 9223372036854775807;"},
    {PEOPLE "min_free_mib = 5L;", "'min_free_mib' is to be written without an L: 5"},
    {PEOPLE "intake: { max_event_kib = 1025; };", "'max_event_kib' is 1025; it must be between 1"},
    {PEOPLE "intake: { max_parts = 0; };", "intake: 'max_parts' is 0; it must be between 1"},
    // texts
    {PEOPLE "currency = \"\";", "'currency' is empty"},
    {PEOPLE "currency = \"usd\";", "three capital letters"},
    {PEOPLE "currency = \"\\xff\";", "'currency' is not UTF-8"},
    {PEOPLE "currency = \"a\\nb\";", "'currency' holds a control character or a line break"},
    {PEOPLE "rules: ( { name = \"a\nb\"; } );", "book.conf:6: rule 'a b': 'name' holds a control"},
    {PEOPLE "currency = \"\\xc2\\x85\";", "'currency' holds a control character"},
    {PEOPLE "ledger = \"postgres:x\";", "'ledger' is written like \"sqlite:"},
    {PEOPLE "ledger = \"sqlite:\";", "'ledger' is written like \"sqlite:"},
    // the intake
    {PEOPLE "intake: { bind = [ \"tcp://0.0.0.0:7117\" ]; };",
     "a tcp bind is open to strangers without a curve block"},
    {PEOPLE "intake: { curve: { }; };", "intake: 'curve' is not available in this version"},
    {PEOPLE "intake: { bind = [ \"ipc://@x\" ]; };", "'bind' takes addresses such as"},
    {PEOPLE "intake: { bind = [ \"ipc:///tmp/a\", \"ipc:///tmp/a\" ]; };", "one address twice"},
    {PEOPLE
     "intake: { bind = [ \"ipc:///"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaa\" ]; };",
     "at most 107 bytes"},
    // people
    {"rules: ();", "'reps' is missing: The people who are told."},
    {"rules: ();", "'default' is missing: "},
    {"reps: ();\ndefault: { service = \"x\"; sales = \"x\"; };", "'reps' has 0 members"},
    {"reps: (\n{ id = \"a b\"; } );", "book.conf:2: rep 'a b': 'id' is made of letters"},
    {"reps: ( { id = \"admin\"; } );", "rep 'admin': 'id' cannot be admin"},
    {"reps: ( { id = \"a.fallback\"; } );", "'id' cannot end in .fallback"},
    {"reps: ( { id = \"a\"; } );", "rep 'a': 'webhook' is missing"},
    {REP("webhook: { url = \"https://h/\"; }; ") "",
     "book.conf:3: default: rep 'a' has the role sales, and service is wanted here"},
    {REP("webhook: { url = \"https://h/\"; };\n stand_in = \"a\";"),
     "book.conf:3: rep 'a': a rep cannot stand in for himself"},
    {REP("webhook: { url = \"https://h/\"; };\n stand_in = \"b\";"),
     "book.conf:3: rep 'a': there is no rep 'b'"},
    {"reps: ( { id = \"a\"; role = \"sales\"; stand_in = \"b\"; },\n"
     "{ id = \"b\"; role = \"service\"; } );",
     "book.conf:1: rep 'a': rep 'b' has the role service, and sales is wanted here"},
    {"reps: ( { id = \"a\"; },\n{ id = \"a\"; } );",
     "book.conf:2: rep 'a': the id 'a' is taken by the rep at "},
    {"reps: ( { id = \"anna\"; } );\ndefault: {\n service = \"ana\";\n sales = \"zebulon\"; };",
     "book.conf:3: default: there is no rep 'ana'; did you mean 'anna'?"},
    {"reps: ( { id = \"anna\"; } );\ndefault: {\n service = \"ana\";\n sales = \"zebulon\"; };",
     "book.conf:4: default: there is no rep 'zebulon'\n"},
    // the one-hop law
    {REP("manager = \"b\";"), "'manager' is no setting: an issue goes from the service rep to the "
                              "sales rep, and that's it: above the sales rep there is nobody"},
    {"reps: ( { id = \"a\"; role = \"manager\"; } );",
     "'role' cannot be 'manager': it is one of service, sales; an issue goes from"},
    {"reps: ( { id = \"a\"; role = \"slaes\"; } );", "did you mean 'sales'?; an issue goes from"},
    {"reps: ( { id = \"a\"; role = 2; } );", "such as role = \"service\"; an issue goes from"},
    {PEOPLE RULE("escalate = \"boss\";"), "such as escalate = false; an issue goes from"},
    {PEOPLE RULE("heads_up = \"the manager\";"), "now, digest, no; an issue goes from"},
    {PEOPLE RULE("escalate_to = \"x\";"), "'escalate_to' is no setting: an issue goes from"},
    {PEOPLE "default_manager = \"x\";", "'default_manager' is no setting: an issue goes from"},
    {"default: { service = \"a\"; sales = \"b\"; vp = \"c\"; };", "'vp' is no setting: an issue"},
    {PEOPLE RULE("match = [ \"issue.hop = 2\" ];"), "a hop is 0 (service) or 1 (sales)"},
    // webhooks
    {REP("webhook: { };"), "rep 'a', webhook: 'url' is missing"},
    {REP("webhook: {\n\n url = \"ftp://h/\"; };"),
     "book.conf:4: rep 'a', webhook: 'url' must begin with https://"},
    {REP("fallback: { url = \"http://h/SECRET\"; };"),
     "rep 'a', fallback: 'url' is http to another machine"},
    {PEOPLE "admin: { webhook: { url = \"http://h/\"; }; };", "admin, webhook: 'url' is http to"},
    {REP("webhook: { url = \"https://h/\"; concurrency = 65; };"), "'concurrency' is 65;"},
    {REP("webhook: { url = \"https://h/\"; format = \"irc\"; };"), "one of generic, slack"},
    {REP("webhook: { url = \"https://h/\"; timeout = \"1h\"; };"),
     "'timeout' must be between 10 milliseconds and 10 minutes"},
    {REP("webhook: { url = \"https://h/\"; answers = ( { status = \"4x\"; do = \"dead\"; } ); };"),
     "rep 'a', webhook, answer '4x': 'status' is the status of an answer, such as \"404\""},
    {REP("webhook: { url = \"https://h/\"; answers = ( { status = \"404\"; do = \"agian\"; } ); "
         "};"),
     "one of delivered, again, dead, pause, close; did you mean 'again'?"},
    {REP("webhook: { url = \"https://h/\"; answers = ( { status = \"5xx\"; do = \"dead\"; },\n"
         "{ status = \"503\"; do = \"again\"; } ); };"),
     "rep 'a', webhook: 'answers': '503' comes too late, the '5xx' before it has all of it"},
    // rules and tiers
    {PEOPLE "rules: (\n{ name = \"x\"; },\n{ name = \"x\"; } );",
     "book.conf:8: rule 'x': the name is taken by the rule at "},
    {PEOPLE RULE("match = [\n\"event = issue.opened\",\n\"amuont > 5\"\n];"),
     "book.conf:9: rule 'one': 'amuont > 5': there is no field 'amuont'; did you mean 'amount'?"},
    {PEOPLE "tiers: ( { name = \"x\"; match = [ \"amount > 5\" ]; } );",
     "tier 'x': a tier asks about the account only"},
    {PEOPLE "tiers: ( { name = \"x\"; match = [ \"account.tier = y\" ]; } );",
     "tier 'x': a tier cannot depend on a tier"},
    {PEOPLE RULE("headline = \"{account}: {sumary}\";"),
     "rule 'one': a notice has no {sumary}; did you mean {summary}?"},
    {PEOPLE RULE("body = \"{account\";"), "rule 'one': a brace is opened and never closed"},
    {PEOPLE "zone = \"America/Chicaco\";",
     "book.conf:6: 'zone': there is no time zone 'America/Chicaco'; did you mean 'America/Ch"},
    // what is for later is checked too
    {REP("hours = \"always\";"),
     "'hours' are 'always'; they are written like \"mon-fri 08:00-18:00\""},
    {REP("hours = \"sat 08:00-08:00\";"), "and none may be empty"},
    {REP("zone = \"../etc\";"), "'zone': this system knows no time zone '../etc'; write"},
    {REP("digest = \"25:00\";"), "'digest' is '25:00'; it is a time of day"},
    {PEOPLE "gather: { wait = 30; };", "gather: 'wait' must be a span"},
    {PEOPLE "boundaries: { discount: { service = 101.0; }; };",
     "boundaries, discount: 'service' is 101; it must be between 0 and 100"},
    {PEOPLE "boundaries: { freight: { our_fault = \"owner\"; }; };", "an issue goes from"},
    {PEOPLE "sources: ( { name = \"/x\"; } );", "source '/x': 'silent_after' is missing"},
    // the syntax
    {PEOPLE "currency = \"EUR\"\n  x y;", "book.conf:7: this cannot be read: look here"},
    {PEOPLE "currency = \"EUR\";\ncurrency = \"USD\";",
     "book.conf:7: a setting stands here for the second time"},
    {PEOPLE "a = 1;\n\n/* never\n closed", "book.conf:8: a comment begins here with /* and never"},
    {PEOPLE "a = \"never\n closed;", "book.conf:6: a text begins here with \" and never ends"},
    {PEOPLE "rules: (\n{ name = \"x\";\n",
     "book.conf:7: a bracket is opened here and never closed"},
    {PEOPLE "a = ((((((((((((((((((((((((((((((((((;", "brackets are nested too deeply"},
    {PEOPLE "a = 1;\nb = \"\x01\";", "book.conf:7: a control character stands here"},
    {PEOPLE "a = 1;\n# \xff\n", "book.conf:7: this line is not UTF-8"},
    {PEOPLE "a = [ 1, \"x\" ];", "must all be of one type"},
    {PEOPLE "courier: { retry_after_cap = 5s; };", "book.conf:6: this cannot be read"},
    // files
    {PEOPLE "\n@include \"none.conf\"\n", "book.conf:7: the file cannot be read: "},
    {PEOPLE "@include \"book.conf\"\n", "does one include itself?"},
    {PEOPLE "@include \"..\"\n", "not a regular file"},
    {PEOPLE "@include \"/dev/zero\"\n", "not a regular file"},
    {PEOPLE "@include none.conf\n", "this is no include: write @include \"other.conf\""},
    {PEOPLE "@included \"none.conf\"\n", "this is no include"},
    {PEOPLE "a = 1; @include \"none.conf\"\n", "must be the first thing on its line"},
};

static void every_fault_is_told_with_its_place(void **state)
{
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        refused(*state, faults[i][0], faults[i][1]);
    }
}

static void every_error_is_told_in_one_run(void **state)
{
    struct shelf *shelf = *state;

    refused(shelf,
            "curency = \"USD\";\nintake: { max_parts = -1; };\n"
            "reps: ( { id = \"a\"; name = \"A\"; role = \"sales\"; webhook: { url = "
            "\"https://h/\"; }; } );\n"
            "default: { service = \"b\"; sales = \"a\"; };\n"
            "rules: ( { name = \"x\"; match = [ \"a = b\", \"c = d\" ]; hedas_up = \"now\"; } );\n",
            "");
    assert_int_equal(shelf->problems.error_count, 6);
    expect(shelf->problems.errors.bytes, "book.conf:1: 'curency'", "");
    expect(shelf->problems.errors.bytes, "book.conf:2: intake: 'max_parts'", "");
    expect(shelf->problems.errors.bytes, "book.conf:4: default: there is no rep 'b'", "");
    expect(shelf->problems.errors.bytes, "book.conf:5: rule 'x': 'a = b': there is no field", "");
    expect(shelf->problems.errors.bytes, "book.conf:5: rule 'x': 'c = d': there is no field", "");
    expect(shelf->problems.errors.bytes, "did you mean 'heads_up'?", "");
}

static void a_book_that_is_not_there(void **state)
{
    struct shelf *shelf = *state;

    assert_int_equal(load(shelf, "none.conf", false), -EINVAL);
    expect(shelf->problems.errors.bytes, "none.conf: the file cannot be read: ", "");
    expect(shelf->problems.errors.bytes, "No such file", "");
}

static void warns_of_what_can_never_be(void **state)
{
    struct shelf *shelf = *state;

    warned(shelf,
           PEOPLE "rules: (\n{ name = \"a\"; match = [ \"amount > 5\" ]; },\n"
                  "{ name = \"b\"; match = [ \"category = x\", \"amount  >  5.00\" ]; } );",
           "book.conf:8: rule 'b' can never be reached: rule 'a' at ");
    warned(shelf,
           PEOPLE "rules: (\n{ name = \"a\"; match = [ \"category in x, y\" ]; },\n"
                  "{ name = \"b\"; match = [ \"category in y,x\" ]; } );",
           "book.conf:8: rule 'b' can never be reached: rule 'a' at ");
    warned(shelf, PEOPLE "rules: (\n{ name = \"a\"; },\n{ name = \"b\"; },\n{ name = \"c\"; } );",
           "book.conf:8: rule 'b' and the 1 after it can never be reached: rule 'a' at ");
    assert_int_equal(shelf->problems.warning_count, 1);
    load_well(shelf,
              PEOPLE "rules: ( { name = \"a\"; match = [ \"amount > 5\" ]; continue = true;\n"
                     "heads_up = \"now\"; },\n"
                     "{ name = \"b\"; match = [ \"amount > 5\" ]; },\n"
                     "{ name = \"c\"; match = [ \"amount >= 5\" ]; },\n"
                     "{ name = \"e\"; match = [ \"data.a = 5\", \"amount = 1\" ]; },\n"
                     "{ name = \"f\"; match = [ \"data.b = 5\", \"amount = 1\" ]; },\n"
                     "{ name = \"g\"; match = [ \"amount = 1\" ]; },\n"
                     "{ name = \"h\"; match = [ \"summary =~ a\", \"summary !~ b\" ]; },\n"
                     "{ name = \"i\"; match = [ \"summary =~ a\", \"summary !~ c\" ]; },\n"
                     "{ name = \"j\"; match = [ \"summary !~ b\", \"summary !~ c\" ]; },\n"
                     "{ name = \"k\"; } );");
    assert_int_equal(shelf->problems.warning_count, 0);
    warned(shelf,
           PEOPLE "tiers: ( { name = \"major\"; match = [ \"account.value > 5\" ]; } );\n"
                  "rules: ( { name = \"a\"; match = [ \"account.tier = mayor\" ]; } );",
           "book.conf:7: rule 'a': the rule book has no tier 'mayor'; did you mean 'major'?");
}

static void warns_once_of_what_has_no_effect_yet(void **state)
{
    static const char *const names[] = {"follow_through", "boundaries"};
    struct shelf *shelf = *state;
    char expected[64];

    load_well(
        shelf,
        "reps: ( { id = \"rich\"; name = \"R\"; role = \"sales\";\n"
        "webhook: { url = \"https://h/\"; }; zone = \"America/Chicago\"; digest = \"08:30\";\n"
        "hours = \"mon-fri 08:00-18:00, sat 09:00-12:00\"; },\n"
        "{ id = \"pat\"; name = \"P\"; role = \"service\"; webhook: { url = \"https://h/\"; };\n"
        "zone = \"UTC\"; digest = \"00:00\"; hours = \"08:00-24:00\"; } );\n"
        "default: { service = \"pat\"; sales = \"rich\"; };\n"
        "rules: ( { name = \"one\"; heads_up = \"now\"; headline = \"{account}\"; body = "
        "\"a\\nb\"; } );\n"
        "gather: { wait = \"0s\"; again = \"5m\"; };\n"
        "follow_through: { acknowledge_within = \"4h\"; };\n"
        "boundaries: { gross_profit_floor = 18; discount: { service = 2.5; };\n"
        "  freight: { our_fault = \"sales\"; }; alternatives = [ \"x\" ]; };\n");
    assert_int_equal(shelf->problems.warning_count, COUNT_OF(names));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        (void)snprintf(expected, sizeof expected, "'%s' has no effect in this version", names[i]);
        expect(shelf->problems.warnings.bytes, expected, "the book");
    }
    expect(shelf->problems.warnings.bytes, "book.conf:9: 'follow_through' has no effect", "");
}

static void many_problems_are_counted_and_not_all_listed(void **state)
{
    struct shelf *shelf = *state;
    struct text book = {0};

    for (int i = 0; i < 3000; i++) {
        text_addf(&book, "k%d = 1;\n", i);
    }
    refused(shelf, book.bytes, "there are more, which are not listed");
    assert_int_equal(shelf->problems.error_count, 3002); // and no reps, and no default
    assert_true(shelf->problems.errors.size < 100000);
    text_finish(&book);
}

static void thousands_of_rules_and_reps_load_fast(void **state)
{
    enum { RULES = 5000, REPS = 2000 };
    struct shelf *shelf = *state;
    struct text book = {0};
    int64_t started;
    char id[16];

    text_add(&book, "reps: (\n");
    for (int i = 0; i < REPS; i++) {
        text_addf(&book,
                  "%s{ id = \"r%d\"; name = \"R\"; role = \"%s\"; webhook: { url = \"https://h/\"; "
                  "};",
                  i ? "," : "", i, i % 2 ? "sales" : "service");
        if (i >= 2) {
            text_addf(&book, "stand_in = \"r%d\";", i - 2);
        }
        text_add(&book, " }\n");
    }
    text_add(&book, ");\ndefault: { service = \"r0\"; sales = \"r1\"; };\nrules: (\n");
    for (int i = 0; i < RULES; i++) {
        text_addf(&book,
                  "%s{ name = \"rule %d\"; match = [ \"category = c%d\", \"amount > %d\", "
                  "\"event = issue.opened\" ]; heads_up = \"now\"; }\n",
                  i ? "," : "", i, i % 50, RULES - i);
    }
    text_add(&book, ");\n");
    started = clock_mono_ms();
    load_well(shelf, book.bytes);
    assert_true(clock_mono_ms() - started < 2000);
    assert_int_equal(shelf->problems.warning_count, 0);
    assert_int_equal(shelf->book->rule_count, RULES);
    for (int i = 0; i < REPS; i++) {
        (void)snprintf(id, sizeof id, "r%d", i);
        assert_ptr_equal(rulebook_rep(shelf->book, id), &shelf->book->reps[i]);
        assert_ptr_equal(rulebook_lane(shelf->book, id), &shelf->book->reps[i].webhook);
    }
    for (size_t i = 0; i < RULES; i++) {
        assert_int_equal(shelf->book->rules[i].line, REPS + 5 + i);
    }
    text_finish(&book);
}

static void more_than_the_bounds_is_refused(void **state)
{
    struct shelf *shelf = *state;
    struct text book = {0};

    text_add(&book, PEOPLE "tiers: ( {}");
    for (int i = 0; i < 1000; i++) {
        text_add(&book, ",{}");
    }
    text_add(&book, ");\n");
    refused(shelf, book.bytes,
            "book.conf:6: 'tiers' has 1001 members; it must have at least 0 and at most 1000");
    text_clear(&book);
    while (book.size <= SOURCE_FILE_BYTES) {
        text_add(&book, "# a comment, and many more of them, until the file is far too large\n");
    }
    refused(shelf, book.bytes, "larger than 4194304 bytes");
    text_finish(&book);
}

static void hold_group(void *user, const struct setting_group *group, const struct setting *setting)
{
    (void)user;
    assert_non_null(group->title);
    assert_non_null(setting->name);
    assert_true((setting->type == SETTING_GROUP || setting->type == SETTING_GROUPS) ==
                (setting->group != NULL));
    assert_true((setting->type == SETTING_WORD) == (setting->words != NULL));
    assert_false(setting->required && setting->def);
    assert_false(setting->later && setting->size);
    assert_true(setting->min <= setting->max || setting->max == 0);
}

static void the_tables_are_sound(void **state)
{
    (void)state;
    settings_each(hold_group, NULL);
}

static void names_of_words(void **state)
{
    (void)state;
    assert_string_equal(role_name(ROLE_SERVICE), "service");
    assert_string_equal(role_name(ROLE_SALES), "sales");
    assert_string_equal(when_name(WHEN_NOW), "now");
    assert_string_equal(when_name(WHEN_DIGEST), "digest");
    assert_string_equal(when_name(WHEN_NO), "no");
}

#define SHELF_TEST(test) cmocka_unit_test_setup_teardown(test, open_shelf, close_shelf)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHELF_TEST(a_short_book_has_every_default),
        SHELF_TEST(all_that_is_written_arrives),
        SHELF_TEST(every_fault_is_told_with_its_place),
        SHELF_TEST(every_error_is_told_in_one_run),
        SHELF_TEST(a_book_that_is_not_there),
        SHELF_TEST(warns_of_what_can_never_be),
        SHELF_TEST(warns_once_of_what_has_no_effect_yet),
        SHELF_TEST(many_problems_are_counted_and_not_all_listed),
        SHELF_TEST(thousands_of_rules_and_reps_load_fast),
        SHELF_TEST(more_than_the_bounds_is_refused),
        cmocka_unit_test(the_tables_are_sound),
        cmocka_unit_test(names_of_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
