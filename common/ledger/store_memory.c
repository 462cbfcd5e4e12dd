#include "common/ledger/store_memory.h"

#include <sqlite3.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/attributes.h"

enum {
    GRAIN = 64,     // bytes: what sizes are rounded up to
    SIZES_KEPT = 33 // in grains, so up to 2 KiB; larger ones go back to malloc()
};

// What lies before each piece.
struct head {
    _Alignas(max_align_t) size_t grains;
    struct head *next; // of those that are kept
};

static struct head *kept[SIZES_KEPT]; // by their grains

static int round_up(int size)
{
    return (size + GRAIN - 1) / GRAIN * GRAIN;
}

static void *take(int size)
{
    size_t grains = (size_t)round_up(size) / GRAIN;
    struct head *head;

    if (grains < SIZES_KEPT && kept[grains]) {
        head = kept[grains];
        kept[grains] = head->next;
        return head + 1;
    }
    head = malloc(sizeof *head + grains * GRAIN);
    if (!head) {
        return NULL;
    }
    head->grains = grains;
    return head + 1;
}

static void give_back(void *piece)
{
    struct head *head = (struct head *)piece - 1;

    if (head->grains < SIZES_KEPT) {
        head->next = kept[head->grains];
        kept[head->grains] = head;
    } else {
        free(head);
    }
}

static int size_of(void *piece)
{
    return (int)(((struct head *)piece - 1)->grains * GRAIN);
}

static void *resize(void *piece, int size)
{
    void *larger;

    if (size <= size_of(piece)) {
        return piece;
    }
    larger = take(size);
    if (larger) {
        memcpy(larger, piece, (size_t)size_of(piece));
        give_back(piece);
    }
    return larger;
}

static int begin(void *unused)
{
    (void)unused;
    return SQLITE_OK;
}

static void end(void *unused)
{
    (void)unused;
}

void store_memory_use(void)
{
    static const sqlite3_mem_methods methods = {.xMalloc = take,
                                                .xFree = give_back,
                                                .xRealloc = resize,
                                                .xSize = size_of,
                                                .xRoundup = round_up,
                                                .xInit = begin,
                                                .xShutdown = end};

    if (!MEMORY_IS_WATCHED) {
        (void)sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
    }
}
