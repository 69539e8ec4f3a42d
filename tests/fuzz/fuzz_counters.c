/* Answers to RTM_GETSTATS, and to RTM_GETLINK read for their counters. */
#include "fuzz.h"

#include "counters.h"

static void take(const struct nlmsghdr *message, void *context)
{
    uint32_t index;
    struct rtnl_link_stats64 stats;
    (void)context;
    fuzz_mark(&index, sizeof(index));
    fuzz_mark(&stats, sizeof(stats));
    if (counters_decode(message, &index, &stats) < 0)
        FUZZ_CHECK(fuzz_is_marked(&index, sizeof(index)) && fuzz_is_marked(&stats, sizeof(stats)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_messages(data, size, take, NULL);
    return 0;
}
