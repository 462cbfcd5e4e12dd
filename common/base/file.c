#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void closep(const int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
}

static int read_all(int fd, const char *path, size_t max_bytes, struct text *ret, struct error *err)
{
    const size_t step = (size_t)64 * 1024;

    for (;;) {
        ssize_t got = read(fd, text_room(ret, step), step);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return error_set(err, -errno, "%s: %s", path, strerrordesc_np(errno));
        }
        ret->size += (size_t)got;
        ret->bytes[ret->size] = '\0';
        if (got == 0) {
            return 0;
        }
        if (ret->size > max_bytes) {
            return error_set(err, -EFBIG, "%s: larger than %zu bytes", path, max_bytes);
        }
    }
}

int file_read(const char *path, size_t max_bytes, struct text *ret, struct error *err)
{
    // O_NONBLOCK: a pipe without a writer must not hold us
    cleanup_with(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;

    if (fd < 0 || fstat(fd, &status) < 0) {
        return error_set(err, -errno, "%s: %s", path, strerrordesc_np(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        return error_set(err, -EINVAL, "%s: not a regular file", path);
    }
    return read_all(fd, path, max_bytes, ret, err);
}
