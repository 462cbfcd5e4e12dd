#include "daemon/reload.h"

#include <errno.h>
#include <string.h>

#include "common/base/log.h"
#include "common/ledger/ledger.h"
#include "common/ledger/ledger_time.h"
#include "daemon/notify.h"

static bool same_binds(const struct rulebook *left, const struct rulebook *right)
{
    for (size_t i = 0; i < left->bind_count && i < right->bind_count; i++) {
        if (strcmp(left->binds[i], right->binds[i]) != 0) {
            return false;
        }
    }
    return left->bind_count == right->bind_count;
}

// What cannot change while the daemon runs stays as it is, and that is said.
static void warn_of_restart(struct reload *reload)
{
    struct problems *problems = &reload->problems;
    const char *path = reload->fresh->path;

    if (strcmp(reload->old->ledger_path, reload->fresh->ledger_path) != 0) {
        problems_add(problems, PROBLEM_WARNING, path, 0,
                     "ledger: the change needs a restart; until then it stays %s",
                     reload->old->ledger_path);
    }
    if (!same_binds(reload->old, reload->fresh)) {
        problems_add(problems, PROBLEM_WARNING, path, 0,
                     "intake.bind: the change needs a restart; until then it stays as it is");
    }
}

static void log_lines(void (*log)(const char *format, ...), const char *lines)
{
    while (*lines) {
        int size = (int)strcspn(lines, "\n");

        log("%.*s", size, lines);
        lines += size;
        lines += *lines == '\n';
    }
}

static void read_book(struct reload *reload)
{
    notify_reloading();
    reload->tried = true;
    if (rulebook_load(reload->old->path, true, &reload->fresh, &reload->problems) < 0) {
        log_lines(log_error, text_string(&reload->problems.errors));
        log_error("desk: the changed rule book %s is refused with %zu error%s; the old one stays",
                  reload->old->path, reload->problems.error_count,
                  reload->problems.error_count == 1 ? "" : "s");
    } else {
        warn_of_restart(reload);
    }
    log_lines(log_warning, text_string(&reload->problems.warnings));
}

int reload_try(void *user, struct text *say, const struct problems **ret_problems)
{
    struct reload *reload = user;

    if (!reload->tried) {
        read_book(reload);
    }
    *ret_problems = &reload->problems;
    if (!reload->fresh) {
        return -EINVAL;
    }
    text_addf(say, "the rule book of %s is in force: %zu rule%s, %zu rep%s", reload->fresh->path,
              reload->fresh->rule_count, reload->fresh->rule_count == 1 ? "" : "s",
              reload->fresh->rep_count, reload->fresh->rep_count == 1 ? "" : "s");
    return 0;
}

int reload_record(struct reload *reload, int64_t now_ms, struct error *err)
{
    const struct rulebook *fresh = reload->fresh;
    int code;

    if (!fresh) {
        return 0;
    }
    code = ledger_arm_alarms(reload->ledger, fresh->ages_ms, fresh->age_count, now_ms, err);
    return code < 0 ? code : outbox_record_rulebook(reload->outbox, fresh, now_ms, err);
}

void reload_drop(struct reload *reload)
{
    rulebook_destroy(reload->fresh);
    reload->fresh = NULL;
}

// Keeps the settings that cannot change while the daemon runs.
static void keep_fixed(struct rulebook *fresh, struct rulebook *old)
{
    struct rulebook kept = *old;

    old->ledger_path = fresh->ledger_path;
    fresh->ledger_path = kept.ledger_path;
    old->binds = fresh->binds;
    old->bind_count = fresh->bind_count;
    fresh->binds = kept.binds;
    fresh->bind_count = kept.bind_count;
}

static void take_over(struct reload *reload, struct rulebook **rulebook)
{
    struct rulebook *fresh = reload->fresh;

    keep_fixed(fresh, *rulebook);
    desk_take_rulebook(reload->desk, fresh);
    outbox_take_rulebook(reload->outbox, fresh);
    intake_take_rulebook(reload->intake, fresh);
    rulebook_destroy(*rulebook);
    *rulebook = fresh;
    reload->old = fresh;
    reload->fresh = NULL;
    log_info("desk: the rule book of %s is in force: rules=%zu reps=%zu", fresh->path,
             fresh->rule_count, fresh->rep_count);
}

bool reload_finish(struct reload *reload, struct rulebook **rulebook)
{
    bool taken = reload->fresh != NULL;

    if (taken) {
        take_over(reload, rulebook);
    }
    if (reload->tried) {
        notify_send("READY=1\nSTATUS=taking events");
    }
    problems_finish(&reload->problems);
    reload->tried = false;
    return taken;
}
