// The words of a notice: a headline and a body in plain text, in the order of DOMAIN.md H3, from
// the case as it stands at the moment of sending. Pure. The payload formats wrap them, each in its
// way.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/text.h"
#include "common/verdict/case_file.h"
#include "common/verdict/verdict.h"

// One line of a digest: what it is about, and its words.
struct digest_line {
    const char *key;                     // of the issue or the account
    const char *event_source, *event_id; // of one of the events behind it
    const char *words;
};

// One of the events behind a notice.
struct event_name {
    const char *source, *id;
};

// A notice about to be sent, with all that its words and its payload need. All borrowed.
struct notice {
    const char *id; // stable: "hn_…"; no '.' in it (Standard Webhooks)
    enum notice_kind kind;
    enum notice_kind shown; // of a test: the kind whose words it has
    bool urgent;
    const char *to; // rep id, or "admin"
    const char *rule, *why;
    const char *headline, *body; // the rule's templates; NULL: the usual words
    int64_t created_ms;
    const char *event_source, *event_id; // what caused it
    const struct event_name *carried;    // and what else it tells of
    size_t carried_count;                // that are listed
    const char *quiet;                   // why it comes after a wait; NULL: there was none
    const char *words;                   // the event's own (a demand, a note); NULL: none
    const char *tier;                    // of the account; NULL: none
    const char *currency;                // of amounts that name none; NULL: it is left out
    const struct case_file *file;        // issue.known false: about no issue
    const struct digest_line *lines;     // of a digest, an issue each
    size_t line_count;                   // that are listed
    size_t more_lines;                   // how many more there are than are listed
    const struct zone *zone;             // the reader's, for dates; NULL: UTC
    enum money_form amounts;             // likewise
    enum day_form dates;                 // likewise
    const char *worker;                  // who took it on, by name; NULL: as the event named him
    const struct rep *service, *sales;   // who works on it; NULL for the admin's notices
    const struct rep *service_away, *sales_away; // for whom they stand in; NULL: for nobody
};

// A day as the reader's calendar has it. The buffer has MOMENT_TEXT_BYTES.
const char *words_day(const struct notice *notice, int64_t ms, int64_t now_ms, char *buffer);

// The answer that both people give to a demand for somebody higher; the same words for all.
void words_stand_firm(struct text *out, const struct rep *sales);

// One issue in a digest's line: "XYZ Co. (major): charged twice. Billing, $18,250.00, open 2 days."
void words_digest_line(struct text *out, const struct notice *notice, int64_t now_ms);

void words_headline(struct text *out, const struct notice *notice, int64_t now_ms);
// Lines with '\n' between them, none at the end. Starts with H3's second line.
void words_body(struct text *out, const struct notice *notice, int64_t now_ms);
// How much of the body can be left out where room is short: lines of a digest, or bytes of what a
// rule's template says. 0: nothing.
size_t words_body_spare(const struct notice *notice);
// The body without so much of that. A digest's last line says how many lines are left out.
void words_body_without(struct text *out, const struct notice *notice, int64_t now_ms,
                        size_t left_out);
