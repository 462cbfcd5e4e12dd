#include "client/rule_words.h"

const char *rule_words_when(enum when when)
{
    switch (when) {
    case WHEN_NOW:
        return "now";
    case WHEN_DIGEST:
        return "in the digest";
    case WHEN_NO:
        return "not told";
    case WHEN_UNSAID:
        break;
    }
    return "unsaid";
}

// "to sales now", "sales not told"
static void add_one(struct text *out, const char *role, enum when when)
{
    text_addf(out, when == WHEN_NO ? "%s %s" : "to %s %s", role, rule_words_when(when));
}

static void add_role(struct text *out, const struct rule *rule, enum role role, enum when unsaid)
{
    enum when when = role == ROLE_SALES ? rule->heads_up : rule->service;

    if (when != WHEN_UNSAID) {
        add_one(out, role_name(role), when);
    } else if (rule->go_on) {
        text_addf(out, "%s unsaid here", role_name(role));
    } else {
        add_one(out, role_name(role), unsaid);
        text_add(out, " (unsaid)");
    }
}

void rule_words_add(struct text *out, const struct rulebook *rulebook, const struct rule *rule)
{
    if (rule->escalate) {
        text_add(out, "escalates: the one hop from service to sales, both told now");
    } else {
        add_role(out, rule, ROLE_SALES, rulebook->unsaid_heads_up);
        text_add(out, "; ");
        add_role(out, rule, ROLE_SERVICE, rulebook->unsaid_service);
    }
    if (rule->urgent) {
        text_add(out, "; urgent");
    }
    if (rule->go_on) {
        text_add(out, "; the rules below are tried too");
    }
}
