// Preloaded into headsupd by the crash tests: while the file that HELD_DISK names is there, no sync
// of the ledger's log comes to its end; where it is not empty, each one fails.
#include <aio.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef int error_of(const struct aiocb *request);

static int held(void)
{
    const char *path = getenv("HELD_DISK");
    struct stat status;

    if (!path || stat(path, &status) < 0) {
        return 0;
    }
    return status.st_size ? EIO : EINPROGRESS;
}

int aio_error(const struct aiocb *request)
{
    void *found = dlsym(RTLD_NEXT, "aio_error64");
    error_of *real;
    int error;

    memcpy(&real, &found, sizeof real);
    error = real ? real(request) : ENOSYS;
    return error ? error : held();
}

int fdatasync(int file)
{
    int error;

    (void)file; // what a test asks for is an order, not a disk
    while ((error = held()) == EINPROGRESS) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    errno = error;
    return error ? -1 : 0;
}

int aio_suspend(const struct aiocb *const list[], int count, const struct timespec *timeout)
{
    (void)list;
    (void)count;
    (void)timeout;
    return nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}
