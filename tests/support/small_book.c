#include "tests/support/small_book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char small_book_people[] = "reps: ("
                                 "  { id = \"rich\"; name = \"Rich Alvarez\"; role = \"sales\";"
                                 "    webhook: { url = \"https://hooks.example.com/rich\"; }; },"
                                 "  { id = \"dana\"; name = \"Dana Whitfield\"; role = \"sales\";"
                                 "    webhook: { url = \"https://hooks.example.com/dana\"; }; },"
                                 "  { id = \"pat\"; name = \"Pat Okafor\"; role = \"service\";"
                                 "    webhook: { url = \"https://hooks.example.com/pat\"; }; },"
                                 "  { id = \"sam\"; name = \"Sam Reyes\"; role = \"service\";"
                                 "    webhook: { url = \"https://hooks.example.com/sam\"; }; }"
                                 ");\n"
                                 "default: { service = \"pat\"; sales = \"rich\"; };\n";

struct rulebook *small_book(const char *words)
{
    char path[] = "/tmp/headsup-book-XXXXXX";
    int fd = mkstemp(path);
    size_t size = strlen(words);
    struct problems problems = {0};
    struct rulebook *book = NULL;
    int code;

    if (fd < 0 || write(fd, words, size) != (ssize_t)size) {
        abort();
    }
    (void)close(fd);
    code = rulebook_load(path, false, &book, &problems);
    (void)unlink(path);
    if (code < 0) {
        (void)fputs(text_string(&problems.errors), stderr);
        abort();
    }
    problems_finish(&problems);
    return book;
}
