// headsup explain: what would come of an event, and how that comes about. Decided by the daemon's
// own code, on the ledger as it stands or on an empty one; nothing is recorded.

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/commands/commands.h"
#include "client/drafting.h"
#include "client/explanation.h"
#include "client/input.h"
#include "client/print.h"
#include "client/reading.h"
#include "client/receipt_words.h"
#include "client/supposed.h"
#include "client/trial/trial.h"
#include "common/base/json_out.h"
#include "common/base/moment.h"
#include "common/event/event_types.h"
#include "common/event/receipt.h"

struct explaining {
    const struct invocation *invocation;
    int64_t now_ms;
    bool offline;
    struct rulebook *rulebook;
    struct ledger *ledger;   // as it stands; or
    struct trial *trial;     // offline: with what is supposed
    struct text bytes;       // of the event
    struct event event;      // borrowed from the desk where it is an alarm
    const char *alarm_issue; // the key of the issue whose alarm is tried; NULL: an event is
    struct supposed supposed;
};

static void explaining_finish(struct explaining *explaining)
{
    if (!explaining->alarm_issue) {
        event_finish(&explaining->event);
    }
    trial_close(explaining->trial);
    ledger_close(explaining->ledger);
    rulebook_destroy(explaining->rulebook);
    supposed_finish(&explaining->supposed);
    text_finish(&explaining->bytes);
}

// --- the event -----------------------------------------------------------------------------------

// Takes the one event that the input holds.
static int take_one(struct input *input, const char *name, struct text *ret)
{
    struct input_item item;
    int code = 0, count = 0;
    enum input_result result = INPUT_WANTS;

    while (code == 0 && result != INPUT_END && count < 2) {
        result = input_next(input, &item);
        if (result == INPUT_WANTS) {
            code = input_fill(input);
        } else if (result == INPUT_EVENT) {
            count++;
            text_clear(ret);
            text_add_bytes(ret, item.bytes, item.size);
        } else if (result == INPUT_TOO_LONG) {
            code = -EFBIG;
        }
    }
    if (code < 0) {
        print_line(stderr, "headsup: %s: %s", name, strerrordesc_np(-code));
    } else if (count != 1) {
        print_line(stderr, "headsup: %s holds %s; explain takes one", name,
                   count ? "several events" : "no event");
    }
    return code == 0 && count == 1 ? EXIT_DONE : EXIT_WANTING;
}

static int read_event(const char *path, struct text *ret)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct input input;
    int status;

    if (fd < 0) {
        const char *near = event_type_nearest(path);

        print_line(stderr, "headsup: %s: no such type of event%s%s%s, and as a file: %s", path,
                   near ? " (did you mean " : "", near ? near : "", near ? "?)" : "",
                   strerrordesc_np(errno));
        return EXIT_WANTING;
    }
    input_init(&input, fd);
    status = take_one(&input, is_stdin ? "standard input" : path, ret);
    input_finish(&input);
    if (!is_stdin) {
        (void)close(fd);
    }
    return status;
}

// The words of a refusal, as the publisher would get them.
static int refuse(const struct explaining *explaining, const struct refusal *why)
{
    struct text receipt = {0};

    receipt_write_refused(&receipt, why);
    if (explaining->invocation->json) {
        (void)printf("%s\n", text_string(&receipt));
    } else {
        receipt_print(stderr, receipt.bytes, receipt.size);
    }
    text_finish(&receipt);
    return EXIT_WANTING;
}

// Says in the event which case is meant, as --issue and --account name it. What is no event is left
// to event_parse() to complain of.
static void name_case(struct explaining *explaining, const char *issue, const char *account)
{
    json_t *event = json_loadb(text_string(&explaining->bytes), explaining->bytes.size, 0, NULL);
    const char *type = json_string_value(json_object_get(event, "type"));
    enum event_type known = type ? event_type_of(type) : EVENT_TYPE_COUNT;
    bool about_issue = known != EVENT_TYPE_COUNT && event_type_about(known) == ABOUT_ISSUE;
    const char *subject = about_issue ? issue : account;
    char *words = NULL;

    if (known != EVENT_TYPE_COUNT) {
        if (subject) {
            (void)json_object_set_new(event, "subject", json_string(subject));
        }
        if (about_issue && account) {
            if (!json_object_get(event, "data")) {
                (void)json_object_set_new(event, "data", json_object());
            }
            (void)json_object_set_new(json_object_get(event, "data"), "account",
                                      json_string(account));
        }
        words = json_dumps(event, JSON_COMPACT);
    }
    if (words) {
        text_clear(&explaining->bytes);
        text_add(&explaining->bytes, words);
        free(words);
    }
    json_decref(event);
}

static int parse_event(struct explaining *explaining)
{
    struct refusal why = {0};

    return event_parse(explaining->bytes.bytes, explaining->bytes.size, explaining->now_ms,
                       &explaining->event, &why) < 0
               ? refuse(explaining, &why)
               : EXIT_DONE;
}

static int get_event(struct explaining *explaining)
{
    const struct invocation *invocation = explaining->invocation;
    const char *first = invocation->count ? invocation->arguments[0] : NULL;
    int status;

    if (!first) {
        return EXIT_DONE;
    }
    if (invocation->count > 1 || event_type_of(first) != EVENT_TYPE_COUNT) {
        status = drafting_event(invocation, explaining->now_ms, &explaining->bytes);
    } else {
        status = read_event(first, &explaining->bytes);
    }
    if (status != EXIT_DONE) {
        return status;
    }
    if (explaining->offline) {
        name_case(explaining, json_string_value(json_object_get(explaining->supposed.issue, "key")),
                  NULL);
    } else {
        name_case(explaining, invocation_value(invocation, "issue"),
                  invocation_value(invocation, "account"));
    }
    return parse_event(explaining);
}

// --- the case ------------------------------------------------------------------------------------

// The account that the event is about; NULL where it names none.
static const char *account_of(const struct event *event)
{
    if (!event->root) {
        return NULL;
    }
    return event_type_about(event->type) == ABOUT_ACCOUNT ? event->subject
                                                          : event_text(event, "account");
}

// Puts on the trial what is supposed. Strictly before now, as all of it has happened.
static int suppose(struct explaining *explaining)
{
    struct supposed_event events[SUPPOSED_EVENTS];
    struct text receipt = {0};
    struct error err = {0};
    int status = EXIT_DONE;
    size_t count;

    if (explaining->supposed.issue && !json_object_get(explaining->supposed.issue, "key") &&
        explaining->event.root && event_type_about(explaining->event.type) == ABOUT_ISSUE) {
        (void)json_object_set_new(explaining->supposed.issue, "key",
                                  json_string(explaining->event.subject));
    }
    count = supposed_write(&explaining->supposed, account_of(&explaining->event),
                           explaining->now_ms - 1, events);
    for (size_t i = 0; i < count; i++) {
        const struct event_slice slice = {events[i].bytes.bytes, events[i].bytes.size};

        text_clear(&receipt);
        if (status == EXIT_DONE) {
            status = reading_result(
                trial_event(explaining->trial, &slice, events[i].at_ms, &receipt, &err), &err);
        }
        if (status == EXIT_DONE && !strstr(text_string(&receipt), "\"status\":\"accepted\"")) {
            print_line(stderr, "headsup: what --account and --issue say:");
            receipt_print(stderr, receipt.bytes, receipt.size);
            status = EXIT_WANTING;
        }
        text_finish(&events[i].bytes);
    }
    text_finish(&receipt);
    return status;
}

static int open_trial(struct explaining *explaining)
{
    const struct trial_listener nobody = {0};
    struct error err = {0};
    int status = reading_result(
        trial_open(explaining->rulebook, TRIAL_IN_MEMORY, &nobody, &explaining->trial, &err), &err);

    if (status == EXIT_DONE) {
        status = suppose(explaining);
    }
    return status == EXIT_DONE
               ? reading_result(trial_pass(explaining->trial, explaining->now_ms - 1, &err), &err)
               : status;
}

static int open_ledger(struct explaining *explaining)
{
    const char *path = explaining->rulebook->ledger_path;
    struct error err = {0};

    if (access(path, F_OK) < 0 && errno == ENOENT) {
        print_line(stderr,
                   "headsup: there is no ledger %s yet: headsupd makes it when it first starts; "
                   "without one: --offline",
                   path);
        return EXIT_WANTING;
    }
    return reading_result(ledger_open_view(path, &explaining->ledger, &err), &err);
}

// --- the moment ----------------------------------------------------------------------------------

// A span of --at: true, and how long it is.
static bool is_span(const char *at, int64_t *ret_ms)
{
    return at && at[0] == '+' && span_parse(at + 1, ret_ms) == 0;
}

static int read_moment(struct explaining *explaining)
{
    const char *at = invocation_value(explaining->invocation, "at");
    int64_t span_ms = 0;

    if (is_span(at, &span_ms)) {
        if (explaining->invocation->count) {
            explaining->now_ms += span_ms;
        } else if (explaining->offline) { // from the opening, and over, as an alarm has it
            explaining->supposed.age_ms = span_ms + 1;
        }
    } else if (at && moment_parse(at, &explaining->now_ms) < 0) {
        return usage_error(explaining->invocation->command,
                           "--at wants a moment such as 2026-11-22T08:30:00Z, or +3d");
    }
    return EXIT_DONE;
}

// When the alarm of an issue on the ledger is tried: at the age that --at gives, at its moment, or
// else when it rings next.
static int settle_alarm(struct explaining *explaining)
{
    const char *at = invocation_value(explaining->invocation, "at");
    const struct case_query query = {.issue_key = explaining->alarm_issue,
                                     .now_ms = explaining->now_ms};
    cleanup_with(arena_destroyp) struct arena *arena = arena_create();
    struct case_file file;
    struct error err = {0};
    int64_t span_ms = 0;
    int status =
        reading_result(ledger_load_case(explaining->ledger, &query, arena, &file, &err), &err);

    if (status == EXIT_DONE && !file.issue.known) {
        print_line(stderr, "headsup: there is no issue %s on record", explaining->alarm_issue);
        status = EXIT_WANTING;
    }
    if (status != EXIT_DONE) {
        return status;
    }
    if (is_span(at, &span_ms)) {
        explaining->now_ms = file.issue.opened_at_ms + span_ms + 1;
    } else if (!at && file.issue.alarm_at_ms) {
        explaining->now_ms = file.issue.alarm_at_ms;
    }
    return EXIT_DONE;
}

// --- the trial -----------------------------------------------------------------------------------

static void tell(const struct explaining *explaining, const struct desk_trial *trial)
{
    const struct explanation explanation = {explaining->rulebook, &explaining->event, trial};
    struct text out = {0};

    if (explaining->invocation->json) {
        explanation_put(&explanation, &out);
        (void)printf("%s\n", text_string(&out));
    } else {
        explanation_print(&explanation, stdout);
    }
    text_finish(&out);
}

static int try_on(struct explaining *explaining, struct desk *desk)
{
    struct desk_trial trial;
    struct error err = {0};
    int code, status;

    if (explaining->alarm_issue) {
        code = desk_try_alarm(desk, explaining->alarm_issue, explaining->now_ms, &explaining->event,
                              &trial, &err);
    } else {
        code = desk_try(desk, &explaining->event, &trial, &err);
    }
    status = reading_result(code, &err);
    if (status == EXIT_DONE) {
        tell(explaining, &trial);
    }
    return status;
}

static int explain_on_ledger(struct explaining *explaining)
{
    cleanup_with(desk_destroyp) struct desk *desk = NULL;
    struct error err = {0};
    int status = open_ledger(explaining);

    if (status == EXIT_DONE) {
        status = reading_result(ledger_begin_read(explaining->ledger, &err), &err);
    }
    if (status == EXIT_DONE && explaining->alarm_issue) {
        status = settle_alarm(explaining);
    }
    if (status == EXIT_DONE) {
        desk = desk_create(explaining->rulebook, explaining->ledger, NULL);
        status = try_on(explaining, desk);
    }
    if (explaining->ledger) {
        ledger_end_read(explaining->ledger);
    }
    return status;
}

static int explain_offline(struct explaining *explaining)
{
    int status = open_trial(explaining);

    return status == EXIT_DONE ? try_on(explaining, trial_desk(explaining->trial)) : status;
}

static int check_flags(const struct invocation *invocation, bool offline)
{
    const char *const flags[] = {"account", "issue"};

    if (!invocation->count && !invocation_has(invocation, "issue")) {
        return usage_error(invocation->command, "which event, or which issue (--issue)?");
    }
    for (size_t i = 0; i < 2 && !offline; i++) {
        const char *value = invocation_value(invocation, flags[i]);

        if (value && strchr(value, '=')) {
            return usage_error(invocation->command,
                               "--%s KEY=VALUE is for --offline; else --%s KEY, and the ledger "
                               "knows the rest",
                               flags[i], flags[i]);
        }
    }
    return EXIT_DONE;
}

static int run(const struct invocation *invocation)
{
    cleanup_with(explaining_finish) struct explaining explaining = {
        .invocation = invocation,
        .now_ms = clock_wall_ms(),
        .offline = invocation_has(invocation, "offline")};
    int status = check_flags(invocation, explaining.offline);

    if (status == EXIT_DONE && explaining.offline) {
        status = supposed_read(invocation, &explaining.supposed);
    }
    if (status == EXIT_DONE) {
        status = read_moment(&explaining);
    }
    if (status == EXIT_DONE) {
        status = reading_rulebook(invocation, &explaining.rulebook);
    }
    if (status == EXIT_DONE) {
        status = get_event(&explaining);
    }
    if (status != EXIT_DONE) {
        return status;
    }
    if (!invocation->count) {
        explaining.alarm_issue = explaining.offline ? supposed_issue(&explaining.supposed)
                                                    : invocation_value(invocation, "issue");
    }
    return explaining.offline ? explain_offline(&explaining) : explain_on_ledger(&explaining);
}

const struct command explain_command = {
    .name = "explain",
    .arguments = "[FILE | - | TYPE [KEY=VALUE…]]",
    .summary = "say what would come of an event, or of an issue's age, and why",
    .words =
        "Tries one event: a file with it in JSON, standard input (-), or words as headsup event\n"
        "takes them. Says of each rule in order what its matchers saw and whether they held, "
        "which\n"
        "rule or law decided what, what the receipt would be, and what the reps would read. It\n"
        "reads the ledger and changes nothing; no daemon is asked. Without an event, it is the\n"
        "issue of --issue that comes of an age.",
    .example = "  headsup explain issue.opened subject=INV-7 account=xyz category=billing \\\n"
               "      summary=\"charged twice\" amount=18250\n"
               "  headsup explain issue.escalation_requested --issue INV-7\n"
               "  headsup explain --issue INV-7 --at +3d\n"
               "  headsup explain --offline --account value=300000 --account terms=\"net 45\" "
               "event.json\n",
    .most = -1,
    .flags = {{0, "offline", NULL, "on an empty ledger"},
              {0, "account", "KEY", "the account; offline KEY=VALUE or a file, several times"},
              {0, "issue", "KEY", "the issue; offline KEY=VALUE or a file, several times"},
              {0, "at", "TIME", "at that moment (now) or +3d; without an event, at that age"}},
    .run = run,
};
