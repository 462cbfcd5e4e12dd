#include "common/verdict/case_file.h"

const char *issue_state_name(enum issue_state state)
{
    static const char *const names[ISSUE_STATE_COUNT] = {"open", "acknowledged", "planned",
                                                         "resolved", "closed"};

    return names[state];
}
