// The settings by which an endpoint's answers mean something else than they do everywhere.
#pragma once

#include <stddef.h>

#include "common/rulebook/settings.h"

// What becomes of a notice and of its lane.
enum answer_act { ACT_DELIVERED, ACT_AGAIN, ACT_DEAD, ACT_PAUSE, ACT_CLOSE };

struct answer_rule {
    char *status; // "404", or "5xx" for all of a kind
    enum answer_act act;
};

extern const struct setting_group answer_group;

// Notes each rule that can never hold, as one before it has all of its answers.
void answers_check(struct reader *reader, struct place place, const struct answer_rule *rules,
                   size_t count);
