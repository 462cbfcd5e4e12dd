#include "daemon/courier/stall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/moment.h"

enum { STALL_MS = 50, FRESH_MS = 5, NS_PER_MS = 1000000, US_PER_MS = 1000, US_PER_S = 1000000 };

void stall_watch_init(struct stall_watch *watch)
{
    *watch = (struct stall_watch){.fd = open("/proc/self/schedstat", O_RDONLY | O_CLOEXEC)};
}

void stall_watch_finish(struct stall_watch *watch)
{
    if (watch->fd >= 0) {
        (void)close(watch->fd);
        watch->fd = -1;
    }
}

// How long we were ready to run and did not: the second number of three.
static int64_t waited_ns(const struct stall_watch *watch)
{
    char line[96], *end;
    ssize_t size = watch->fd >= 0 ? pread(watch->fd, line, sizeof line - 1, 0) : -1;

    if (size <= 0) {
        return 0;
    }
    line[size] = '\0';
    errno = 0;
    (void)strtoll(line, &end, 10);
    return strtoll(end, NULL, 10);
}

static int64_t microseconds(struct timeval time)
{
    return (int64_t)time.tv_sec * US_PER_S + time.tv_usec;
}

static void ask(struct stall_watch *watch)
{
    struct rusage used = {0};

    (void)getrusage(RUSAGE_THREAD, &used);
    watch->waited_ns = waited_ns(watch);
    watch->worked_us = microseconds(used.ru_utime) + microseconds(used.ru_stime);
    watch->page_reads = used.ru_majflt;
}

// A busy loop does not ask at each turn: an old answer errs by its age at most.
void stall_watch_begin(struct stall_watch *watch)
{
    watch->began_mono_ms = clock_mono_ms();
    if (watch->began_mono_ms - watch->asked_mono_ms >= FRESH_MS) {
        watch->asked_mono_ms = watch->began_mono_ms;
        ask(watch);
    }
}

void stall_watch_end(const struct stall_watch *watch)
{
    int64_t took_ms = clock_mono_ms() - watch->began_mono_ms;
    struct stall_watch now = {.fd = watch->fd};

    if (!watch->began_mono_ms || took_ms <= STALL_MS) {
        return; // nearly always: the kernel is not asked
    }
    ask(&now);
    took_ms -= (now.waited_ns - watch->waited_ns) / NS_PER_MS;
    if (took_ms > STALL_MS) {
        log_warning("the loop stood still for %lld ms: lanes were held up (at work for %lld ms of "
                    "them, %ld pages read from disk)",
                    (long long)took_ms, (long long)((now.worked_us - watch->worked_us) / US_PER_MS),
                    now.page_reads - watch->page_reads);
    }
}
