/* clock - what time it is, by the two clocks there are. */
#ifndef IFPULSE_CLOCK_H
#define IFPULSE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Of no date, and never turned back. */
static inline uint64_t clock_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* Since 1970 UTC. */
static inline int64_t clock_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
