#include "tests/unit/shelf.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

int open_shelf(void **state)
{
    struct shelf *shelf = test_calloc(1, sizeof *shelf);

    (void)snprintf(shelf->folder, sizeof shelf->folder, "/tmp/rulebook.XXXXXX");
    *state = shelf;
    return mkdtemp(shelf->folder) ? 0 : -1;
}

static void clear(struct shelf *shelf)
{
    rulebook_destroy(shelf->book);
    shelf->book = NULL;
    problems_finish(&shelf->problems);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

int close_shelf(void **state)
{
    struct shelf *shelf = *state;

    clear(shelf);
    text_finish(&shelf->path);
    (void)nftw(shelf->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    test_free(shelf);
    return 0;
}

const char *path_of(struct shelf *shelf, const char *name)
{
    text_clear(&shelf->path);
    text_addf(&shelf->path, "%s/%s", shelf->folder, name);
    return shelf->path.bytes;
}

void write_bytes(struct shelf *shelf, const char *name, const char *bytes, size_t size, mode_t mode)
{
    int fd = open(path_of(shelf, name), O_WRONLY | O_CREAT | O_TRUNC, mode);

    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(write(fd, bytes, size), size);
    assert_int_equal(close(fd), 0);
}

void write_file(struct shelf *shelf, const char *name, const char *words)
{
    write_bytes(shelf, name, words, strlen(words), 0600);
}

void make_folder(struct shelf *shelf, const char *name)
{
    assert_int_equal(mkdir(path_of(shelf, name), 0700), 0);
}

int load(struct shelf *shelf, const char *name, bool with_secrets)
{
    clear(shelf);
    return rulebook_load(path_of(shelf, name), with_secrets, &shelf->book, &shelf->problems);
}
