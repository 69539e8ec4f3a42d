/* Clocks, which macOS numbers otherwise. */
#include "loader.h"

#include <errno.h>
#include <time.h>

static clockid_t clock_of(unsigned darwin)
{
    static const clockid_t clocks[] = {
        [0] = CLOCK_REALTIME,
        [4] = CLOCK_MONOTONIC_RAW,
        [5] = CLOCK_MONOTONIC_RAW, /* _APPROX */
        [6] = CLOCK_MONOTONIC,
        [8] = CLOCK_MONOTONIC_RAW, /* UPTIME_RAW: does not run during sleep */
        [9] = CLOCK_MONOTONIC_RAW,
        [12] = CLOCK_PROCESS_CPUTIME_ID,
        [16] = CLOCK_THREAD_CPUTIME_ID,
    };
    static const unsigned known =
        1u << 0 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 8 | 1u << 9 | 1u << 12 | 1u << 16;
    if (darwin > 16 || !(known >> darwin & 1))
        fatal("macOS has no clock %u", darwin);
    return clocks[darwin];
}

static int get_time(unsigned clock, struct timespec *now)
{
    return clock_gettime(clock_of(clock), now);
}

static int get_resolution(unsigned clock, struct timespec *resolution)
{
    return clock_getres(clock_of(clock), resolution);
}

static uint64_t get_nanoseconds(unsigned clock)
{
    struct timespec now;
    if (clock_gettime(clock_of(clock), &now) < 0)
        return 0;
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static uint64_t get_ticks(void)
{
    return get_nanoseconds(8);
}

/* A tick is a nanosecond, as on Intel Macs. */
static int get_tick_length(uint32_t *ratio)
{
    ratio[0] = ratio[1] = 1;
    return 0;
}

const struct shim clock_shims[] = {
    SHIM("clock_gettime", get_time),
    SHIM("clock_getres", get_resolution),
    SHIM("clock_gettime_nsec_np", get_nanoseconds),
    SHIM("mach_absolute_time", get_ticks),
    SHIM("mach_timebase_info", get_tick_length),
    SHIMS_END,
};
