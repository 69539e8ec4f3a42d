/* What the kernel says of connections that end, a datagram at a time. */
#include "fuzz.h"

#include "closings.h"
#include <string.h>

static void check_ended(const struct network_connection *connection)
{
    fuzz_check_record(&connection_record, connection);
    FUZZ_CHECK(connection->type == NETWORK_TCP && connection->state == NETWORK_STATE_CLOSE);
    FUZZ_CHECK(network_has(connection, local_address) && network_has(connection, local_port));
    FUZZ_CHECK(!network_has(connection, pid) && !network_has(connection, uid));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct closings closings = {0};
    CLEANUP(free_p) void *datagram = malloc(size ? size : 1);
    FUZZ_CHECK(datagram);
    if (size > 0)
        memcpy(datagram, data, size);
    closings_keep(&closings, datagram, size);
    FUZZ_CHECK(closings.ended.count == closings.hints.count && !closings.has_lost);
    FUZZ_CHECK(closings.ended.count <= size / sizeof(struct nlmsghdr));
    for (size_t i = 0; i < closings.ended.count; i++)
        check_ended(&closings.ended.items[i]);
    closings_fini(&closings);
    return 0;
}
