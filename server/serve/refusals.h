/* refusals - the log of who was refused: a few lines of some seconds, the rest counted and said
 * once, so that nobody fills a disk from outside.
 */
#ifndef IFPULSE_REFUSALS_H
#define IFPULSE_REFUSALS_H

#include "base.h"

/* A zeroed one has nothing to say. */
struct refusals {
    int64_t since_ms; /* of the first of those that were logged of late */
    unsigned logged, counted;
};

void refusals_log(struct refusals *refusals, int64_t now_ms, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* Once a second: says how many were only counted. */
void refusals_sweep(struct refusals *refusals, int64_t now_ms);

#endif
