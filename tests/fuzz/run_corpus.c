// Runs a fuzz entry over a folder: every regular file in it, once each, in the order of their
// names, and every beginning of the small ones. What a fuzzer once found stays found, with any
// compiler.
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/attributes.h"
#include "common/base/file.h"
#include "common/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { MOST_BYTES = 16 * 1024 * 1024, CUT_BYTES = 2048 };

// From a copy of the very size, so that a sanitizer sees each step over the end.
static void feed(const char *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);

    if (!copy) {
        abort();
    }
    if (size) {
        memcpy(copy, bytes, size);
    }
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static int feed_file(const char *folder, const char *name)
{
    struct text path = {0}, bytes = {0};
    struct error err;
    int r;

    text_addf(&path, "%s/%s", folder, name);
    r = file_read(text_string(&path), MOST_BYTES, &bytes, &err);
    if (r < 0) {
        (void)fprintf(stderr, "%s\n", err.message);
    } else {
        for (size_t size = 0; size < bytes.size && bytes.size <= CUT_BYTES; size++) {
            feed(bytes.bytes, size);
        }
        feed(bytes.bytes, bytes.size);
    }
    text_finish(&path);
    text_finish(&bytes);
    return r;
}

static int is_seed(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    struct dirent **names = NULL;
    int count, failed = 0;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    count = scandir(argv[1], &names, is_seed, alphasort);
    for (int i = 0; i < count; i++) {
        failed += feed_file(argv[1], names[i]->d_name) < 0;
        free(names[i]);
    }
    free(names);
    (void)printf("%d files\n", count);
    return count > 0 && failed == 0 ? 0 : 1;
}
