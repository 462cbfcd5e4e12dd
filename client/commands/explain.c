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
#include "common/base/file.h"
#include "common/base/json_out.h"
#include "common/base/moment.h"
#include "common/base/nearest.h"
#include "common/event/event_types.h"
#include "common/event/receipt.h"

enum { ACCOUNT_BYTES = 64 * 1024, ACCOUNT_MEMBERS = EVENT_MEMBERS + 1 };

struct explaining {
    const struct invocation *invocation;
    int64_t now_ms;
    struct rulebook *rulebook;
    struct ledger *ledger;
    struct text bytes; // of the event
    struct event event;
    json_t *account; // the members that --account gives, "key" among them
    struct text account_bytes;
};

static void explaining_finish(struct explaining *explaining)
{
    event_finish(&explaining->event);
    ledger_close(explaining->ledger);
    rulebook_destroy(explaining->rulebook);
    json_decref(explaining->account);
    text_finish(&explaining->bytes);
    text_finish(&explaining->account_bytes);
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

static int get_event(struct explaining *explaining)
{
    const struct invocation *invocation = explaining->invocation;
    const char *first = invocation->arguments[0];
    struct refusal why = {0};
    int status;

    if (invocation->count > 1 || event_type_of(first) != EVENT_TYPE_COUNT) {
        status = drafting_event(invocation, explaining->now_ms, &explaining->bytes);
    } else {
        status = read_event(first, &explaining->bytes);
    }
    if (status == EXIT_DONE && event_parse(explaining->bytes.bytes, explaining->bytes.size,
                                           explaining->now_ms, &explaining->event, &why) < 0) {
        status = refuse(explaining, &why);
    }
    return status;
}

// --- the account of --account --------------------------------------------------------------------

static bool account_has_member(const char *name, const char **ret_near)
{
    const struct event_member *members = event_kind_of(EVENT_ACCOUNT_UPDATED)->members;
    const char *names[ACCOUNT_MEMBERS] = {"key"};
    size_t count = 1;

    for (; count < ACCOUNT_MEMBERS && members[count - 1].name; count++) {
        names[count] = members[count - 1].name;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    *ret_near = nearest_word(name, names, count);
    return false;
}

static int check_members(const struct explaining *explaining)
{
    const char *name, *near = NULL;
    json_t *value;

    json_object_foreach(explaining->account, name, value)
    {
        (void)value;
        if (!account_has_member(name, &near)) {
            return usage_error(explaining->invocation->command, "an account has no '%s'%s%s%s",
                               name, near ? "; did you mean " : "", near ? near : "",
                               near ? "?" : "");
        }
    }
    return EXIT_DONE;
}

static int take_account_file(struct explaining *explaining, const char *path)
{
    struct text bytes = {0};
    struct error err = {0};
    json_t *read = NULL;
    int status = reading_result(file_read(path, ACCOUNT_BYTES, &bytes, &err), &err);

    if (status == EXIT_DONE) {
        read = json_loadb(text_string(&bytes), bytes.size, JSON_REJECT_DUPLICATES, NULL);
        if (!json_is_object(read) || json_object_update(explaining->account, read) < 0) {
            print_line(stderr, "headsup: %s: not a JSON object", path);
            status = EXIT_WANTING;
        }
    }
    json_decref(read);
    text_finish(&bytes);
    return status;
}

// Takes KEY=VALUE, or the members that a file holds.
static int take_account(struct explaining *explaining, const char *given)
{
    size_t size = strcspn(given, "=");
    struct text key = {0};
    int failed;

    if (given[size] != '=' || memchr(given, '/', size)) {
        return take_account_file(explaining, given);
    }
    text_add_bytes(&key, given, size);
    failed =
        json_object_set_new(explaining->account, text_string(&key), json_string(given + size + 1));
    text_finish(&key);
    return failed ? usage_error(explaining->invocation->command, "'%s' is not UTF-8", given)
                  : EXIT_DONE;
}

// The account that the event is about; NULL where it names none.
static const char *account_of(const struct event *event)
{
    return event_type_about(event->type) == ABOUT_ACCOUNT ? event->subject
                                                          : event_text(event, "account");
}

// The event that makes the account.
static void write_account(struct explaining *explaining)
{
    const char *key = json_string_value(json_object_get(explaining->account, "key"));
    struct text *out = &explaining->account_bytes;
    char *data, now[MOMENT_TEXT_BYTES];

    key = key ? key : account_of(&explaining->event);
    json_open_object(out, NULL);
    json_put_string(out, "specversion", "1.0");
    json_put_string(out, "id", "account");
    json_put_string(out, "source", "/headsup/explain");
    json_put_string(out, "type", "headsup.account.updated");
    json_put_string(out, "subject", key ? key : "the account");
    json_put_string(out, "time", moment_format(explaining->now_ms, now));
    (void)json_object_del(explaining->account, "key");
    data = json_dumps(explaining->account, JSON_COMPACT);
    if (data) {
        json_put_raw(out, "data", data, strlen(data));
        free(data);
    }
    json_close_object(out);
}

static int get_account(struct explaining *explaining)
{
    const char *given;
    int at = 0, status = EXIT_DONE;

    explaining->account = json_object();
    while (status == EXIT_DONE &&
           (given = invocation_next(explaining->invocation, "account", &at)) != NULL) {
        status = take_account(explaining, given);
    }
    if (status == EXIT_DONE) {
        status = check_members(explaining);
    }
    if (status == EXIT_DONE && invocation_has(explaining->invocation, "account")) {
        write_account(explaining);
    }
    return status;
}

// --- the trial -----------------------------------------------------------------------------------

static int open_ledger(struct explaining *explaining)
{
    const char *path = explaining->rulebook->ledger_path;
    struct error err = {0};

    if (invocation_has(explaining->invocation, "offline")) {
        return reading_result(ledger_open_memory(&explaining->ledger, &err), &err);
    }
    if (access(path, F_OK) < 0 && errno == ENOENT) {
        print_line(stderr,
                   "headsup: there is no ledger %s yet: headsupd makes it when it first starts; "
                   "without one: --offline",
                   path);
        return EXIT_WANTING;
    }
    return reading_result(ledger_open_view(path, &explaining->ledger, &err), &err);
}

// Has the desk take the account's record, on the ledger in memory.
static int make_account(struct explaining *explaining, struct desk *desk)
{
    const struct event_slice slice = {explaining->account_bytes.bytes,
                                      explaining->account_bytes.size};
    struct text receipt = {0};
    struct error err = {0};
    int status, code;

    if (!slice.size) {
        return EXIT_DONE;
    }
    code = ledger_begin(explaining->ledger, &err);
    if (code == 0) {
        code = desk_handle(desk, &slice, NULL, explaining->now_ms, &receipt, &err);
    }
    if (code == 0) {
        code = ledger_commit(explaining->ledger, &err);
    }
    status = reading_result(code, &err);
    if (status == EXIT_DONE && !strstr(text_string(&receipt), "\"status\":\"accepted\"")) {
        print_line(stderr, "headsup: the account of --account:");
        receipt_print(stderr, receipt.bytes, receipt.size);
        status = EXIT_WANTING;
    }
    text_finish(&receipt);
    return status;
}

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

static int explain(struct explaining *explaining)
{
    cleanup_with(desk_destroyp) struct desk *desk =
        desk_create(explaining->rulebook, explaining->ledger, NULL);
    struct desk_trial trial;
    struct error err = {0};
    int status = make_account(explaining, desk), code;

    if (status != EXIT_DONE) {
        return status;
    }
    code = ledger_begin_read(explaining->ledger, &err);
    if (code == 0) {
        code = desk_try(desk, &explaining->event, &trial, &err);
    }
    status = reading_result(code, &err);
    if (status == EXIT_DONE) {
        tell(explaining, &trial);
    }
    ledger_end_read(explaining->ledger);
    return status;
}

static int run(const struct invocation *invocation)
{
    cleanup_with(explaining_finish) struct explaining explaining = {.invocation = invocation,
                                                                    .now_ms = clock_wall_ms()};
    const char *at = invocation_value(invocation, "at");
    int status;

    if (at && moment_parse(at, &explaining.now_ms) < 0) {
        return usage_error(invocation->command, "--at wants a moment such as 2026-11-22T08:30:00Z");
    }
    if (invocation_has(invocation, "account") && !invocation_has(invocation, "offline")) {
        return usage_error(invocation->command,
                           "--account is for --offline; else the ledger knows the account");
    }
    status = reading_rulebook(invocation, &explaining.rulebook);
    if (status == EXIT_DONE) {
        status = get_event(&explaining);
    }
    if (status == EXIT_DONE) {
        status = get_account(&explaining);
    }
    if (status == EXIT_DONE) {
        status = open_ledger(&explaining);
    }
    return status == EXIT_DONE ? explain(&explaining) : status;
}

const struct command explain_command = {
    .name = "explain",
    .arguments = "FILE | - | TYPE [KEY=VALUE…]",
    .summary = "say what would come of an event, and why",
    .words =
        "Tries one event: a file with it in JSON, standard input (-), or words as headsup event\n"
        "takes them. Says of each rule in order what its matchers saw and whether they held, "
        "which\n"
        "rule or law decided what, what the receipt would be, and what the reps would read. It\n"
        "reads the ledger and changes nothing; no daemon is asked.",
    .example = "  headsup explain issue.opened subject=INV-7 account=xyz category=billing \\\n"
               "      summary=\"charged twice\" amount=18250\n"
               "  headsup explain --offline --account key=xyz --account value=300000 event.json\n",
    .least = 1,
    .most = -1,
    .flags = {{0, "offline", NULL, "on an empty ledger"},
              {0, "account", "KEY=VALUE",
               "offline: the account's record; or a file of JSON; several times"},
              {0, "at", "TIME", "as if it came at that moment (now)"}},
    .run = run,
};
