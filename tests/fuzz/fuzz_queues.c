/* Answers to RTM_GETQDISC. */
#include "fuzz.h"

#include "queue_drops.h"

static void take(const struct nlmsghdr *message, void *context)
{
    uint32_t index, drops;
    (void)context;
    fuzz_mark(&index, sizeof(index));
    fuzz_mark(&drops, sizeof(drops));
    if (queue_decode(message, &index, &drops) < 0)
        FUZZ_CHECK(fuzz_is_marked(&index, sizeof(index)) && fuzz_is_marked(&drops, sizeof(drops)));
    else
        FUZZ_CHECK(index > 0 && index <= INT32_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_messages(data, size, take, NULL);
    return 0;
}
