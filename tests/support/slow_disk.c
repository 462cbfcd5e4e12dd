// Preloaded into headsupd by the crash tests: each write to a file waits a moment first, so that a
// crash after the receipt and before the commit, were there such a moment, is hit every time.
#undef _FILE_OFFSET_BITS // with it both names would be one
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef ssize_t write_at(int file, const void *bytes, size_t size, off_t at);

static void wait_a_moment(int file)
{
    struct stat status;
    int before = errno;

    if (file > 2 && fstat(file, &status) == 0 && S_ISREG(status.st_mode)) {
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    errno = before;
}

static ssize_t write_through(const char *name, int file, const void *bytes, size_t size, off_t at)
{
    void *found = dlsym(RTLD_NEXT, name);
    write_at *real;

    memcpy(&real, &found, sizeof real);
    wait_a_moment(file);
    return real ? real(file, bytes, size, at) : -1;
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t at)
{
    return write_through("pwrite", file, bytes, size, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off_t at)
{
    return write_through("pwrite64", file, bytes, size, at);
}
