#include "client/rehearsal/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PART_BYTES = 65536 };

int spool_create(struct error *err)
{
    const char *folder = secure_getenv("TMPDIR");
    struct text path = {0};
    int fd;

    text_addf(&path, "%s/headsup-XXXXXX", folder && folder[0] ? folder : "/var/tmp");
    fd = mkostemp(path.bytes, O_CLOEXEC);
    if (fd < 0) {
        int code = -errno;

        (void)error_set(err, code, "cannot make a file in %s: %s",
                        folder && folder[0] ? folder : "/var/tmp", strerrordesc_np(-code));
        text_finish(&path);
        return code;
    }
    (void)unlink(path.bytes);
    text_finish(&path);
    return fd;
}

static int write_all(int fd, const char *bytes, size_t size, struct error *err)
{
    while (size) {
        ssize_t written = write(fd, bytes, size);

        if (written < 0 && errno != EINTR) {
            return error_set(err, -errno, "cannot keep what was read: %s", strerrordesc_np(errno));
        }
        bytes += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
    return 0;
}

int spool_add(int fd, const struct text *bytes, struct error *err)
{
    return write_all(fd, text_string(bytes), bytes->size, err);
}

static int copy(int from, int to, const char *name, struct error *err)
{
    char part[PART_BYTES];
    int code = 0;
    ssize_t got = 1;

    while (code == 0 && got != 0) {
        got = read(from, part, sizeof part);
        if (got > 0) {
            code = write_all(to, part, (size_t)got, err);
        } else if (got < 0 && errno != EINTR) {
            code = error_set(err, -errno, "%s: %s", name, strerrordesc_np(errno));
        }
    }
    return code;
}

int spool_open(const char *path, struct error *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    int ours, code;

    if (fd < 0 || fstat(fd, &status) < 0) {
        return error_set(err, -errno, "%s: %s", path, strerrordesc_np(errno));
    }
    if (S_ISREG(status.st_mode) && !is_stdin) {
        return fd;
    }
    ours = spool_create(err);
    code = ours < 0 ? ours : copy(fd, ours, is_stdin ? "standard input" : path, err);
    (void)close(fd);
    if (code < 0 && ours >= 0) {
        (void)close(ours);
    }
    return code < 0 ? code : ours;
}
