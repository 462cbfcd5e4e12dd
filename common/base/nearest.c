#include "common/base/nearest.h"

#include <string.h>

enum { LONGEST = 48 };

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

// Optimal string alignment distance, in three rows.
static unsigned distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    unsigned rows[3][LONGEST + 1];

    for (size_t j = 0; j <= b_size; j++) {
        rows[0][j] = (unsigned)j;
    }
    for (size_t i = 1; i <= a_size; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i - 1) % 3], *twice = rows[(i + 1) % 3];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_size; j++) {
            unsigned best = above[j - 1] + (a[i - 1] != b[j - 1]);

            best = smaller(best, smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = smaller(best, twice[j - 2] + 1);
            }
            row[j] = best;
        }
    }
    return rows[a_size % 3][b_size];
}

const char *nearest_word(const char *typed, const char *const *words, size_t count)
{
    size_t size = strlen(typed);
    unsigned best = (unsigned)(size / 3 + 2);
    const char *found = NULL;

    if (size == 0 || size > LONGEST) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        size_t other = words[i] ? strlen(words[i]) : LONGEST + 1;
        unsigned edits;

        if (other > LONGEST) {
            continue;
        }
        edits = distance(typed, size, words[i], other);
        if (edits < best) {
            best = edits;
            found = words[i];
        }
    }
    return found;
}
