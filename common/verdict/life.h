// How an event changes what is on record: the life of an issue, and of an account. Pure. The hop is
// not moved here (verdict.c does).
//
//              acknowledged      planned        resolved       closed
//      OPEN ----------> ACKNOWLEDGED ----> PLANNED ----> RESOLVED ----> CLOSED
//       ^  each may also be skipped, forwards                |            |
//       +------------------------ reopened ------------------+------------+
//
// Events may come late: a state is set only by an event that happened no earlier than the one that
// set the present state, and a field likewise. An empty text says nothing of an issue; of an
// account it takes the word away.
#pragma once

#include "common/event/event.h"
#include "common/verdict/case_file.h"

// The key of the account that the issue belongs to once the event is applied; NULL: none was named.
// Any event may name it first; only an opening or an update changes it.
const char *issue_account_after(const struct issue *issue, const struct event *event);
void issue_apply(struct issue *issue, const struct event *event);
void account_apply(struct account *account, const struct event *event);
