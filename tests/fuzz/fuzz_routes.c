/* Answers to RTM_GETROUTE, read for the default route and for the way to one address. */
#include "fuzz.h"

#include "default_route.h"
#include "paths.h"

static void take(const struct nlmsghdr *message, void *context)
{
    struct default_route route;
    uint32_t index;
    (void)context;
    fuzz_mark(&route, sizeof(route));
    fuzz_mark(&index, sizeof(index));
    if (default_route_decode(message, &route) < 0)
        FUZZ_CHECK(fuzz_is_marked(&route, sizeof(route)));
    else
        FUZZ_CHECK(route.index != 0);
    if (!path_decode(message, &index))
        FUZZ_CHECK(fuzz_is_marked(&index, sizeof(index)));
    else
        FUZZ_CHECK(index != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_messages(data, size, take, NULL);
    return 0;
}
