#include "common/desk/letter.h"

#include "common/ledger/ledger_quiet.h"
#include "common/ledger/ledger_time.h"
#include "common/verdict/verdict.h"

static int load_case(const struct letter_desk *desk, const struct notice_record *record,
                     int64_t now_ms, struct case_file **ret, struct error *err)
{
    struct case_query query = {.issue_num = record->issue_num,
                               .account_key = record->issue_num ? NULL : record->account_key,
                               .wants = CASE_COUNTS | CASE_GROUP_VALUE,
                               .now_ms = now_ms};

    *ret = arena_get(desk->arena, sizeof **ret);
    return ledger_load_case(desk->ledger, &query, desk->arena, *ret, err);
}

struct notice letter_begin(const struct rulebook *rulebook, const char *to, const char *rule_name,
                           const struct case_file *file, int64_t now_ms)
{
    const struct rep *worker = rulebook_rep(rulebook, file->issue.acknowledged_by);
    const struct rule *rule = rulebook_rule(rulebook, rule_name);
    const struct rep *reader = rulebook_rep(rulebook, to);
    const struct account *account = &file->account;
    struct notice notice = {
        .worker = worker ? worker->name : NULL,
        .zone = reader ? reader->zone : NULL,
        .amounts = reader ? reader->amounts : MONEY_COMMA_POINT,
        .dates = reader ? reader->dates : DAY_TUE_24_NOV,
        .to = to,
        .rule = rule_name,
        .headline = rule ? rule->headline : NULL,
        .body = rule ? rule->body : NULL,
        .currency = rulebook->currency,
        .tier = verdict_tier(rulebook, file, now_ms),
        .file = file,
    };

    notice.service = verdict_person(rulebook, account, ROLE_SERVICE, now_ms, &notice.service_away);
    notice.sales = verdict_person(rulebook, account, ROLE_SALES, now_ms, &notice.sales_away);
    return notice;
}

static struct notice notice_of(const struct rulebook *rulebook, const struct notice_record *record,
                               const struct case_file *file, int64_t now_ms)
{
    struct notice notice = letter_begin(rulebook, record->rep, record->rule, file, now_ms);

    notice.kind = record->kind;
    notice.urgent = record->urgent;
    notice.why = record->why;
    notice.created_ms = record->created_ms;
    notice.event_source = record->event_source;
    notice.event_id = record->event_id;
    notice.words = record->words;
    notice.quiet = record->quiet;
    return notice;
}

static int write_line(const struct letter_desk *desk, const struct digest_item *item,
                      const struct notice_record *record, int64_t now_ms, struct digest_line *ret,
                      struct error *err)
{
    struct notice_record about = *record;
    struct case_file *file;
    struct notice notice;
    struct text words = {0};
    int code;

    about.issue_num = item->issue_num;
    about.account_key = item->issue_num ? NULL : item->key;
    code = load_case(desk, &about, now_ms, &file, err);
    if (code < 0) {
        return code;
    }
    notice = notice_of(desk->rulebook, record, file, now_ms);
    words_digest_line(&words, &notice, now_ms);
    *ret = (struct digest_line){.key = item->key,
                                .event_source = item->event_source,
                                .event_id = item->event_id,
                                .words = arena_copy(desk->arena, text_string(&words))};
    text_finish(&words);
    return 0;
}

enum { DIGEST_LINES = 25 };

// A digest's lines, each from its issue as it stands now.
static int write_lines(const struct letter_desk *desk, const struct notice_record *record,
                       int64_t now_ms, struct notice *notice, struct error *err)
{
    struct digest_item *items = arena_get(desk->arena, DIGEST_LINES * sizeof *items);
    struct digest_line *lines = arena_get(desk->arena, DIGEST_LINES * sizeof *lines);
    int listed =
        ledger_digest_items(desk->ledger, record->num, DIGEST_LINES, desk->arena, items, err);
    int code = 0, count = listed;

    if (listed == DIGEST_LINES) { // there may be more
        count = ledger_count_digest_items(desk->ledger, record->num, err);
    }
    if (count < 0) {
        return count;
    }
    notice->lines = lines;
    notice->line_count = (size_t)listed;
    notice->more_lines = (size_t)(count - listed);
    for (size_t i = 0; code == 0 && i < notice->line_count; i++) {
        code = write_line(desk, &items[i], record, now_ms, &lines[i], err);
    }
    return code;
}

enum { CARRIED_LISTED = 50 };

static int list_carried(const struct letter_desk *desk, const struct notice_record *record,
                        struct notice *notice, struct error *err)
{
    struct event_name *names = arena_get(desk->arena, CARRIED_LISTED * sizeof *names);
    int count =
        ledger_carried_events(desk->ledger, record->num, CARRIED_LISTED, desk->arena, names, err);

    notice->carried = names;
    notice->carried_count = count > 0 ? (size_t)count : 0;
    return count < 0 ? count : 0;
}

int letter_prepare(const struct letter_desk *desk, const struct notice_record *record,
                   int64_t now_ms, struct notice *ret, struct error *err)
{
    struct case_file *file;
    int code = load_case(desk, record, now_ms, &file, err);

    if (code < 0) {
        return code;
    }
    *ret = notice_of(desk->rulebook, record, file, now_ms);
    code = record->kind == NOTICE_DIGEST ? write_lines(desk, record, now_ms, ret, err) : 0;
    return code == 0 && record->quiet ? list_carried(desk, record, ret, err) : code;
}
