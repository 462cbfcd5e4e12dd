#include "daemon/json_pool.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

// A sanitizer watches each piece by itself, and is to go on doing so.
#if defined __SANITIZE_ADDRESS__
#define POOLED false
#elif defined __has_feature
#define POOLED (!__has_feature(address_sanitizer))
#else
#define POOLED true
#endif

enum { POOL_BYTES = 64 * 1024, GRAIN = 16 };

static struct {
    _Alignas(GRAIN) char bytes[POOL_BYTES];
    size_t used, pieces; // that are out
} pool;

static void *take(size_t size)
{
    size_t whole = (size + GRAIN - 1) / GRAIN * GRAIN;
    char *piece = pool.bytes + pool.used;

    if (whole < size || whole > POOL_BYTES - pool.used) {
        return malloc(size);
    }
    pool.used += whole;
    pool.pieces++;
    return piece;
}

static void give_back(void *piece)
{
    const char *at = piece;

    if (at < pool.bytes || at >= pool.bytes + POOL_BYTES) {
        free(piece);
    } else if (--pool.pieces == 0) {
        pool.used = 0;
    }
}

void json_pool_use(void)
{
    if (POOLED) {
        json_set_alloc_funcs(take, give_back);
    }
}
