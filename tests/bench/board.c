#include "tests/bench/board.h"

#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct board *board_map(const char *path, int make)
{
    int file = open(path, O_RDWR | O_CLOEXEC | (make ? O_CREAT : 0), 0600);
    void *board;

    if (file < 0 || (make && ftruncate(file, sizeof(struct board)) < 0)) {
        err(1, "%s", path);
    }
    board = mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (board == MAP_FAILED) {
        err(1, "mmap");
    }
    close(file);
    return board;
}
