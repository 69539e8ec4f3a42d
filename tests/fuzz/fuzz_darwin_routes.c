/* macOS: the routing table, and what tells of changes. */
#include "fuzz.h"

#include "darwin_changes.h"
#include "darwin_routes.h"
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct darwin_routes routes = {0};
    struct darwin_change change = {0};
    if (darwin_routes_read(data, size, &routes) == 0) {
        for (size_t i = 0; i < routes.count; i++) {
            const struct network_address *to = &routes.items[i].destination;
            FUZZ_CHECK(to->prefix_length <= (to->family == AF_INET ? 32 : 128));
            FUZZ_CHECK(
                i == 0 || routes.items[i - 1].destination.prefix_length >= to->prefix_length);
            (void)darwin_routes_find(&routes, to);
        }
        (void)darwin_routes_default(&routes, AF_INET);
        (void)darwin_routes_default(&routes, AF_INET6);
    }
    darwin_routes_fini(&routes);
    darwin_change_read_event(data, size, &change);
    darwin_change_read_route(data, size, &change);
    FUZZ_CHECK(fuzz_is_terminated(change.attached, sizeof(change.attached)));
    return 0;
}
