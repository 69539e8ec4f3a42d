/* answer - bytes as the kernel writes them, put together from the mirrors (tests/darwin/scenario).
 */
#ifndef IFPULSE_TEST_ANSWER_H
#define IFPULSE_TEST_ANSWER_H

#include "mirrors.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct answer {
    uint8_t bytes[16384];
    size_t size;
};

static inline void answer_add(struct answer *answer, const void *bytes, size_t size)
{
    cr_assert_leq(answer->size + size, sizeof(answer->bytes));
    memcpy(answer->bytes + answer->size, bytes, size);
    answer->size += size;
}

/* A copy of its first bytes, no longer than it says, so that a byte too many is found. */
static inline uint8_t *answer_cut(const struct answer *answer, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    cr_assert_not_null(copy);
    memcpy(copy, answer->bytes, size);
    return copy;
}

#endif
