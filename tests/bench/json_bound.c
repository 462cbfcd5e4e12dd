// The bound of a rehearsal: the file's events parsed, each by itself, and nothing done with them.
//   json_bound FILE         prints events a second
#include "tests/bench/board.h"

#include <err.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    int64_t begun_ns = board_now_ns();
    char *line = NULL;
    size_t room = 0;
    long events = 0;
    ssize_t size;

    if (!file) {
        err(2, "json_bound FILE");
    }
    while ((size = getline(&line, &room, file)) > 0) {
        json_t *event = json_loadb(line, (size_t)size, JSON_REJECT_DUPLICATES, NULL);

        if (!event) {
            errx(1, "line %ld is no JSON", events + 1);
        }
        json_decref(event);
        events++;
    }
    printf("%.0f\n", (double)events * 1e9 / (double)(board_now_ns() - begun_ns));
    free(line);
    (void)fclose(file);
    return 0;
}
