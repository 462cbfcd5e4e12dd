#include "daemon/courier_child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/moment.h"

enum {
    PAUSE_FIRST_MS = 100,
    PAUSE_MOST_MS = 30 * SECOND_MS,
    STEADY_MS = MINUTE_MS,
    SILENT_MS = MINUTE_MS,
    NICENESS = 10, // of one that gives way, more than ours …
    WAY_MS = 100   // … and for how long
};

static void socket_path(const struct courier_child *child, char *ret, size_t size)
{
    (void)snprintf(ret, size, "%s/courier.%d", child->directory, child->generation % 2);
}

// Forks and executes this program as a courier. Between the two only what is safe in the child of a
// process with threads.
static pid_t spawn(char *endpoint)
{
    char name[] = "headsupd", flag[] = "--courier", parent[24];
    char *const arguments[] = {name, flag, endpoint, parent, NULL};
    sigset_t none;
    pid_t pid;

    (void)snprintf(parent, sizeof parent, "%ld", (long)getpid());
    (void)sigemptyset(&none);
    pid = fork();
    if (pid == 0) {
        (void)pthread_sigmask(SIG_SETMASK, &none, NULL);
        (void)execv("/proc/self/exe", arguments);
        _exit(127);
    }
    return pid;
}

int courier_child_start(struct courier_child *child, int64_t now_mono_ms, struct error *err)
{
    char path[120], endpoint[128];
    int code;

    if (child->pid || now_mono_ms < child->start_at_mono_ms) {
        return 0;
    }
    child->generation++;
    socket_path(child, path, sizeof path);
    (void)unlink(path);
    (void)snprintf(endpoint, sizeof endpoint, "ipc://%s", path);
    code = pair_bind(child->zmq_context, endpoint, &child->pair, err);
    if (code < 0) {
        return code;
    }
    child->pid = spawn(endpoint);
    if (child->pid < 0) {
        code = error_set(err, -errno, "the courier cannot be started: %s", strerrordesc_np(errno));
        child->pid = 0;
        pair_close(child->pair);
        child->pair = NULL;
        return code;
    }
    child->alive_mono_ms = now_mono_ms;
    child->ready = false;
    log_info("desk: courier started, process %ld", (long)child->pid);
    return 0;
}

static void forget(struct courier_child *child)
{
    char path[120];

    child->pid = 0;
    child->ready = child->gives_way = false;
    pair_close(child->pair);
    child->pair = NULL;
    socket_path(child, path, sizeof path);
    (void)unlink(path);
}

static void say_how_it_ended(const struct courier_child *child, int status)
{
    if (child->stopping) {
        log_info("desk: the courier ended");
    } else if (WIFSIGNALED(status)) {
        log_warning("desk: the courier died of signal %d; starting it again", WTERMSIG(status));
    } else {
        log_warning("desk: the courier ended with status %d; starting it again",
                    WEXITSTATUS(status));
    }
}

bool courier_child_reap(struct courier_child *child, int64_t now_mono_ms)
{
    bool was_courier = false;
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != child->pid) {
            continue;
        }
        was_courier = true;
        say_how_it_ended(child, status);
        // one that ran well for a while starts again at once
        if (now_mono_ms - child->start_at_mono_ms > STEADY_MS) {
            child->pause_ms = 0;
        }
        child->start_at_mono_ms = now_mono_ms + child->pause_ms;
        child->pause_ms = child->pause_ms ? child->pause_ms * 2 : PAUSE_FIRST_MS;
        child->pause_ms = child->pause_ms < PAUSE_MOST_MS ? child->pause_ms : PAUSE_MOST_MS;
        forget(child);
    }
    return was_courier;
}

void courier_child_end(const struct courier_child *child, const char *why)
{
    log_error("desk: the courier %s; ending it", why);
    if (child->pid) {
        (void)kill(child->pid, SIGKILL);
    }
}

// Of its thread that sends: the others do little.
static bool set_niceness(const struct courier_child *child, int above_ours)
{
    int ours;

    errno = 0;
    ours = getpriority(PRIO_PROCESS, 0);
    return !errno && setpriority(PRIO_PROCESS, (id_t)child->pid, ours + above_ours) == 0;
}

// Tries the smallest step, which does no harm where it cannot be taken back.
static void try_to_give_way(struct courier_child *child)
{
    child->may_give = set_niceness(child, 1) && set_niceness(child, 0);
    child->may_not_give = !child->may_give;
    if (child->may_not_give) {
        log_info("desk: the courier does not give way under load, for that could not be taken "
                 "back; LimitNICE=20 in the unit allows it");
    }
}

void courier_child_give_way(struct courier_child *child, int64_t now_mono_ms)
{
    child->way_mono_ms = now_mono_ms + WAY_MS;
    if (!child->pid || child->gives_way || child->may_not_give) {
        return;
    }
    if (!child->may_give) {
        try_to_give_way(child);
    }
    child->gives_way = child->may_give && set_niceness(child, NICENESS);
}

void courier_child_watch(struct courier_child *child, int64_t now_mono_ms)
{
    if (child->pid && now_mono_ms - child->alive_mono_ms > SILENT_MS) {
        courier_child_end(child, "says nothing");
        child->alive_mono_ms = now_mono_ms;
    }
    if (child->gives_way && now_mono_ms >= child->way_mono_ms) {
        child->gives_way = !set_niceness(child, 0);
    }
}

void courier_child_kill(struct courier_child *child)
{
    if (child->pid) {
        (void)kill(child->pid, SIGKILL);
        (void)waitpid(child->pid, NULL, 0);
    }
    forget(child);
}
