#include "client/supposed.h"

#include <stdlib.h>
#include <string.h>

#include "client/print.h"
#include "client/reading.h"
#include "common/base/file.h"
#include "common/base/json_out.h"
#include "common/base/moment.h"
#include "common/base/money.h"
#include "common/base/nearest.h"
#include "common/event/event.h"
#include "common/event/event_types.h"

enum { FILE_BYTES = 64 * 1024, NAMES_MOST = EVENT_MEMBERS + 4 };

static const char unnamed_account[] = "the account", unnamed_issue[] = "the issue";

// What may be supposed beside the members of the event that brings it about.
static const char *const account_extras[] = {"key", "group_value", "terms"};
static const char *const issue_extras[] = {"key", "age"};

// --- reading -------------------------------------------------------------------------------------

// All that may be said of it, into names; how many.
static size_t list_names(enum event_type type, const char *const *extras, size_t extra_count,
                         const char *names[NAMES_MOST])
{
    const struct event_member *members = event_kind_of(type)->members;
    size_t count = 0;

    for (size_t i = 0; i < extra_count; i++) {
        names[count++] = extras[i];
    }
    for (; members->name && count < NAMES_MOST; members++) {
        names[count++] = members->name;
    }
    return count;
}

static int check_members(const struct invocation *invocation, const char *what, const json_t *given,
                         const char *const *names, size_t count)
{
    json_t *object = json_copy((json_t *)(uintptr_t)given), *value;
    const char *name;
    int status = EXIT_DONE;

    json_object_foreach(object, name, value)
    {
        const char *near = NULL;
        size_t i = 0;

        while (i < count && strcmp(names[i], name) != 0) {
            i++;
        }
        if (i == count) {
            near = nearest_word(name, names, count);
            status = usage_error(invocation->command, "an %s has no '%s'%s%s%s", what, name,
                                 near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
            break;
        }
    }
    json_decref(object);
    return status;
}

static int take_file(json_t *into, const char *path)
{
    struct text bytes = {0};
    struct error err = {0};
    json_t *read = NULL;
    int status = reading_result(file_read(path, FILE_BYTES, &bytes, &err), &err);

    if (status == EXIT_DONE) {
        read = json_loadb(text_string(&bytes), bytes.size, JSON_REJECT_DUPLICATES, NULL);
        if (!json_is_object(read) || json_object_update(into, read) < 0) {
            print_line(stderr, "headsup: %s: not a JSON object", path);
            status = EXIT_WANTING;
        }
    }
    json_decref(read);
    text_finish(&bytes);
    return status;
}

// Takes KEY=VALUE, or the members that a file holds.
static int take(const struct invocation *invocation, json_t *into, const char *given)
{
    size_t size = strcspn(given, "=");
    struct text key = {0};
    int failed;

    if (given[size] != '=' || memchr(given, '/', size)) {
        return take_file(into, given);
    }
    text_add_bytes(&key, given, size);
    failed = json_object_set_new(into, text_string(&key), json_string(given + size + 1));
    text_finish(&key);
    return failed ? usage_error(invocation->command, "'%s' is not UTF-8", given) : EXIT_DONE;
}

static int take_flag(const struct invocation *invocation, const char *flag, json_t **ret)
{
    const char *given;
    int at = 0, status = EXIT_DONE;

    if (!invocation_has(invocation, flag)) {
        return EXIT_DONE;
    }
    *ret = json_object();
    while (status == EXIT_DONE && (given = invocation_next(invocation, flag, &at)) != NULL) {
        status = take(invocation, *ret, given);
    }
    return status;
}

static int take_age(const struct invocation *invocation, struct supposed *supposed)
{
    const json_t *age = json_object_get(supposed->issue, "age");

    if (age &&
        (!json_is_string(age) || span_parse(json_string_value(age), &supposed->age_ms) < 0)) {
        return usage_error(invocation->command, "the age of an issue is a span such as 3d");
    }
    return EXIT_DONE;
}

int supposed_read(const struct invocation *invocation, struct supposed *ret)
{
    const char *names[NAMES_MOST];
    size_t count = list_names(EVENT_ACCOUNT_UPDATED, account_extras, 3, names);
    int status;

    *ret = (struct supposed){0};
    status = take_flag(invocation, "account", &ret->account);
    if (status == EXIT_DONE) {
        status = take_flag(invocation, "issue", &ret->issue);
    }
    if (status == EXIT_DONE) {
        status = check_members(invocation, "account", ret->account, names, count);
    }
    count = list_names(EVENT_ISSUE_OPENED, issue_extras, 2, names);
    if (status == EXIT_DONE) {
        status = check_members(invocation, "issue", ret->issue, names, count);
    }
    return status == EXIT_DONE ? take_age(invocation, ret) : status;
}

void supposed_finish(struct supposed *supposed)
{
    json_decref(supposed->account);
    json_decref(supposed->issue);
    *supposed = (struct supposed){0};
}

const char *supposed_issue(const struct supposed *supposed)
{
    const char *key = json_string_value(json_object_get(supposed->issue, "key"));

    return key || !supposed->issue ? key : unnamed_issue;
}

// --- writing -------------------------------------------------------------------------------------

// Writes one event and gives data up.
static void write_event(struct supposed_event *ret, enum event_type type, const char *subject,
                        json_t *data, int64_t at_ms)
{
    char *words = json_dumps(data, JSON_COMPACT), name[64], at[MOMENT_TEXT_BYTES];
    struct text *out = &ret->bytes;

    *ret = (struct supposed_event){.at_ms = at_ms};
    (void)snprintf(name, sizeof name, "headsup.%s", event_type_name(type));
    json_open_object(out, NULL);
    json_put_string(out, "specversion", "1.0");
    json_put_string(out, "id", subject);
    json_put_string(out, "source",
                    event_type_about(type) == ABOUT_ISSUE ? "/headsup/explain/issue"
                    : type == EVENT_ACCOUNT_UPDATED       ? "/headsup/explain/account"
                                                          : "/headsup/explain/terms");
    json_put_string(out, "type", name);
    json_put_string(out, "subject", subject);
    json_put_string(out, "time", moment_format(at_ms, at));
    if (words) {
        json_put_raw(out, "data", words, strlen(words));
    }
    json_close_object(out);
    free(words);
    json_decref(data);
}

// The rest of the account's group: another account that makes up what the group is worth.
static json_t *rest_of_group(json_t *account, const json_t *group_value)
{
    const json_t *value = json_object_get(account, "value");
    int64_t group_minor = 0, own_minor = 0;
    char rest[MONEY_TEXT_BYTES];

    if (!json_object_get(account, "group")) {
        (void)json_object_set_new(account, "group", json_string("the group"));
    }
    // what is no money is answered with the words of a refusal
    if (event_money_of(group_value, &group_minor) < 0) {
        return json_pack("{s:O}", "value", (json_t *)(uintptr_t)group_value);
    }
    if (value && event_money_of(value, &own_minor) < 0) {
        own_minor = 0;
    }
    return json_pack("{s:s, s:O}", "value", money_format(group_minor - own_minor, rest), "group",
                     json_object_get(account, "group"));
}

static size_t write_account(const struct supposed *supposed, const char *key, int64_t at_ms,
                            struct supposed_event *ret)
{
    json_t *account = json_copy(supposed->account);
    json_t *group_value = json_incref(json_object_get(account, "group_value"));
    json_t *terms = json_incref(json_object_get(account, "terms"));
    size_t count = 0;

    (void)json_object_del(account, "key");
    (void)json_object_del(account, "group_value");
    (void)json_object_del(account, "terms");
    if (group_value) {
        write_event(&ret[count++], EVENT_ACCOUNT_UPDATED, "the rest of the group",
                    rest_of_group(account, group_value), at_ms);
    }
    write_event(&ret[count++], EVENT_ACCOUNT_UPDATED, key, account, at_ms);
    if (terms) {
        write_event(&ret[count++], EVENT_ACCOUNT_TERMS_AGREED, key,
                    json_pack("{s:O}", "summary", terms), at_ms);
    }
    json_decref(group_value);
    json_decref(terms);
    return count;
}

static void write_issue(const struct supposed *supposed, const char *account_key, int64_t at_ms,
                        struct supposed_event *ret)
{
    json_t *issue = json_copy(supposed->issue);

    (void)json_object_del(issue, "key");
    (void)json_object_del(issue, "age");
    if (!json_object_get(issue, "account")) {
        (void)json_object_set_new(issue, "account", json_string(account_key));
    }
    if (!json_object_get(issue, "summary")) {
        (void)json_object_set_new(issue, "summary", json_string("…"));
    }
    write_event(ret, EVENT_ISSUE_OPENED, supposed_issue(supposed), issue, at_ms);
}

size_t supposed_write(const struct supposed *supposed, const char *account_key, int64_t now_ms,
                      struct supposed_event ret[SUPPOSED_EVENTS])
{
    const char *own = json_string_value(json_object_get(supposed->account, "key"));
    const char *named = json_string_value(json_object_get(supposed->issue, "account"));
    const char *key = own ? own : account_key ? account_key : named ? named : unnamed_account;
    size_t count = 0;

    if (supposed->account) {
        count = write_account(supposed, key, now_ms - supposed->age_ms, ret);
    }
    if (supposed->issue) {
        write_issue(supposed, key, now_ms - supposed->age_ms, &ret[count++]);
    }
    return count;
}
