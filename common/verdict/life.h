// How an event changes what is on record: the life of an issue, and of an account. Pure. The hop is
// not moved here (verdict.c does).
//
//              acknowledged      planned        resolved       closed
//      OPEN ----------> ACKNOWLEDGED ----> PLANNED ----> RESOLVED ----> CLOSED
//       ^  each may also be skipped, forwards                |            |
//       +------------------------ reopened ------------------+------------+
//
// Events may come late: a state is set only by an event that happened no earlier than the one that
// set the present state, and a field likewise.
#pragma once

#include "common/event/event.h"
#include "common/verdict/case_file.h"

void issue_apply(struct issue *issue, const struct event *event);
void account_apply(struct account *account, const struct event *event);
