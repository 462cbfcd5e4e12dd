#include "common/verdict/words_occasion.h"

#include <string.h>

enum { NAME_BYTES = 120 };

bool words_occasion_of_account(enum notice_kind kind)
{
    return kind == NOTICE_KICK_OFF || kind == NOTICE_CHECK_IN || kind == NOTICE_MEETING;
}

bool words_occasion_headline(struct text *out, const struct notice *notice)
{
    const struct account *account = &notice->file->account;

    switch (notice->kind) {
    case NOTICE_KICK_OFF:
        text_add(out, account->kickoff_at_ms   ? ": to ship, and no terms on record"
                      : account->terms_summary ? ": to ship, and no kick-off held"
                                               : ": to ship, no kick-off held, no terms on record");
        return true;
    case NOTICE_REVIEW:
        text_add(out, ", review call due: ");
        return true;
    case NOTICE_CHECK_IN:
        text_add(out, ": check-in call due");
        return true;
    case NOTICE_MEETING:
        text_add(out, ": time to sit together");
        return true;
    default:
        return false;
    }
}

// The other of the account's two people, as far as there is another.
static void add_other(struct text *out, const struct notice *notice)
{
    const struct rep *other = notice->sales;

    if (other && notice->to && strcmp(other->id, notice->to) == 0) {
        other = notice->service;
    }
    text_add_line(out, other ? other->name : "the other of you two", NAME_BYTES);
}

bool words_occasion_to_do(struct text *out, const struct notice *notice)
{
    switch (notice->kind) {
    case NOTICE_KICK_OFF:
        text_add(out, "see with ");
        add_other(out, notice);
        text_add(out, " that the kick-off is held and the terms are on record before the first "
                      "shipment. Until then this comes again with each.");
        return true;
    case NOTICE_REVIEW:
        text_add(out, "call ");
        text_add_line(out,
                      notice->file->issue.contact ? notice->file->issue.contact : "the customer",
                      NAME_BYTES);
        text_add(out, ": has it stayed mended, and are the bills right? Put the call on record.");
        return true;
    case NOTICE_CHECK_IN:
        text_add(out, "call the customer, ask how it goes, and put the call on record.");
        return true;
    case NOTICE_MEETING:
        text_add(out, "meet with ");
        add_other(out, notice);
        text_add(out, " and those who handled the issues: who did what, how long it took, what the "
                      "customer did late, and how this account is served from now on.");
        return true;
    default:
        return false;
    }
}
