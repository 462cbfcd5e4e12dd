#include "common/rulebook/answers.h"

#include <stdbool.h>
#include <string.h>

#include "common/rulebook/reader.h"

static void check_status(struct reader *reader, struct place place, const char *text, void *group)
{
    bool good = strlen(text) == 3 && text[0] >= '2' && text[0] <= '5' &&
                (strcmp(text + 1, "xx") == 0 || strspn(text + 1, "0123456789") == 2);

    (void)group;
    if (!good) {
        reader_error(reader, place,
                     "'status' is the status of an answer, such as \"404\", or \"5xx\" for all "
                     "that begin with 5");
    }
}

static bool covers(const char *rule, const char *status)
{
    return strcmp(rule, status) == 0 || (rule[0] == status[0] && strcmp(rule + 1, "xx") == 0);
}

void answers_check(struct reader *reader, struct place place, const struct answer_rule *rules,
                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i && rules[i].status; j++) {
            if (rules[j].status && covers(rules[j].status, rules[i].status)) {
                reader_error(reader, place,
                             "'answers': '%s' comes too late, the '%s' before it has all of it",
                             rules[i].status, rules[j].status);
                return;
            }
        }
    }
}

static const char *const act_list[] = {[ACT_DELIVERED] = "delivered",
                                       [ACT_AGAIN] = "again",
                                       [ACT_DEAD] = "dead",
                                       [ACT_PAUSE] = "pause",
                                       [ACT_CLOSE] = "close"};
static const struct setting_words act_words = {act_list, sizeof act_list / sizeof act_list[0]};

static const struct setting answer_settings[] = {
    {.name = "status",
     .type = SETTING_TEXT,
     .required = true,
     .check = check_status,
     STORED_IN(struct answer_rule, status),
     .help = "The status of the answer, such as 404, or 5xx for all that begin with 5."},
    {.name = "do",
     .type = SETTING_WORD,
     .required = true,
     .words = &act_words,
     STORED_IN(struct answer_rule, act),
     .help = "What follows: delivered, again on schedule, dead letter, or the lane is paused or "
             "closed."},
};

const struct setting_group answer_group = {
    .title = "answer",
    .named = "status",
    .settings = answer_settings,
    .count = sizeof answer_settings / sizeof answer_settings[0],
    .size = sizeof(struct answer_rule),
};
