// headsup why: why somebody was told of an event, or was not.

#include <stdio.h>
#include <string.h>

#include "client/commands/commands.h"
#include "client/print.h"
#include "client/reading.h"
#include "client/stories.h"
#include "common/base/json_out.h"

struct asking {
    struct ledger_reader *reader;
    bool json;
    int64_t only;               // num of the one notice that is asked for; 0: all of the event
    bool heard[ROLE_ADMIN + 1]; // of whom something was decided
    bool told;                  // somebody was, or is to be
    struct text out;
    struct error err;
};

static int tell_decision(void *user, const struct notice_record *notice)
{
    struct asking *asking = user;
    const char *prefix = ledger_reader_prefix(asking->reader);

    if (asking->only && asking->only != notice->num) {
        return 0;
    }
    if (notice->role >= 0 && notice->role <= ROLE_ADMIN) {
        asking->heard[notice->role] = true;
    }
    asking->told = asking->told || (notice->fate != FATE_UNSENT && notice->fate != FATE_DROPPED);
    if (asking->json) {
        story_put_decision(&asking->out, prefix, notice);
    } else {
        story_print_decision(stdout, prefix, notice, true);
    }
    return 0;
}

// Nothing decided is an answer too.
static void tell_silence(const struct asking *asking)
{
    for (int role = ROLE_SERVICE; role <= ROLE_SALES && !asking->only; role++) {
        if (!asking->heard[role] && !asking->json) {
            print_line(stdout, "  %s: nothing was to be decided", story_role(role));
        }
    }
    if (!asking->told && !asking->only && !asking->json) {
        print_line(stdout, "  So nobody was told; each line above has its reason.");
    }
}

static int tell_event(void *user, const struct event_record *event)
{
    struct asking *asking = user;
    struct notice_filter filter = {.fate = -1, .with_unsent = true, .event_seq = event->seq};
    int code;

    memset(asking->heard, 0, sizeof asking->heard);
    asking->told = false;
    if (asking->json) {
        json_open_object(&asking->out, NULL);
        story_put_event(&asking->out, "event", event);
        json_open_array(&asking->out, "decisions");
    } else {
        story_print_event(stdout, event);
    }
    code = ledger_each_notice(asking->reader, &filter, tell_decision, asking, &asking->err);
    tell_silence(asking);
    if (asking->json) {
        json_close_array(&asking->out);
        json_put_bool(&asking->out, "told", asking->told);
        json_close_object(&asking->out);
    }
    return code;
}

// A notice that no event caused: one of the admin's.
static int tell_lone(struct asking *asking, const struct notice_record *notice)
{
    if (asking->json) {
        json_open_object(&asking->out, NULL);
        json_put_string(&asking->out, "event", NULL);
        json_open_array(&asking->out, "decisions");
    }
    (void)tell_decision(asking, notice);
    if (asking->json) {
        json_close_array(&asking->out);
        json_close_object(&asking->out);
    }
    return 0;
}

static int tell_notice(void *user, const struct notice_record *notice)
{
    struct asking *asking = user;
    int code;

    asking->only = notice->num;
    if (!notice->event_source || !notice->event_id) {
        return tell_lone(asking, notice);
    }
    code = ledger_get_events(asking->reader, notice->event_source, notice->event_id, tell_event,
                             asking, &asking->err);
    return code < 0 ? code : 0;
}

static bool is_notice_id(const char *id)
{
    return strncmp(id, "hn_", 3) == 0 && notice_id_num(id) > 0;
}

// How many were found, or a negative errno.
static int ask(struct asking *asking, const struct invocation *invocation)
{
    const char *id = invocation->arguments[invocation->count - 1];
    const char *source = invocation->count == 2 ? invocation->arguments[0] : NULL;
    const char *prefix = ledger_reader_prefix(asking->reader);

    if (source || !is_notice_id(id)) {
        return ledger_get_events(asking->reader, source, id, tell_event, asking, &asking->err);
    }
    if (strncmp(id, prefix, strlen(prefix)) != 0) {
        print_line(stderr, "headsup: the notices of this ledger begin with %s", prefix);
        return 0;
    }
    return ledger_get_notice(asking->reader, notice_id_num(id), tell_notice, asking, &asking->err);
}

static int run(const struct invocation *invocation)
{
    struct asking asking = {.json = invocation->json};
    struct reading reading;
    int status = reading_open(invocation, &reading), found = 0;

    if (status == EXIT_DONE) {
        asking.reader = reading.reader;
        json_open_array(&asking.out, NULL);
        found = ask(&asking, invocation);
        json_close_array(&asking.out);
        status = reading_result(found, &asking.err);
    }
    if (status == EXIT_DONE && found == 0) {
        print_line(stderr, "headsup: no such notice or event is on record: %s",
                   invocation->arguments[invocation->count - 1]);
        status = EXIT_WANTING;
    } else if (status == EXIT_DONE && asking.json) {
        (void)printf("%s\n", text_string(&asking.out));
    }
    text_finish(&asking.out);
    reading_finish(&reading);
    return status;
}

const struct command why_command = {
    .name = "why",
    .arguments = "NOTICE | EVENT | SOURCE ID",
    .summary = "say why somebody was told, or was not",
    .words =
        "Says what was decided about an event for the service rep and for the sales rep: by which\n"
        "rule or law, what its matchers saw, what became of it and what was sent. An event is "
        "named\n"
        "by its number, by its id, or by its source and id; a notice by its own id.",
    .example = "  headsup why hn_kq3v9x2a_17\n"
               "  headsup why /home-office/billing charge-2291\n",
    .least = 1,
    .most = 2,
    .run = run,
};
