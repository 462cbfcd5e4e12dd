#include "common/verdict/case_file.h"

bool issue_is_open(const struct issue *issue)
{
    return issue->known && issue->state < ISSUE_RESOLVED;
}

const char *issue_state_name(enum issue_state state)
{
    static const char *const names[ISSUE_STATE_COUNT] = {"open", "acknowledged", "planned",
                                                         "resolved", "closed"};

    return names[state];
}
