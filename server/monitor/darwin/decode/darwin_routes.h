/* darwin_routes - the routing table of one family, and which interface it leads through. */
#ifndef IFPULSE_DARWIN_ROUTES_H
#define IFPULSE_DARWIN_ROUTES_H

#include "base.h"
#include "network_types.h"

struct darwin_route {
    struct network_address destination; /* with its prefix length; 0: the default route */
    uint32_t interface_index;
};
struct darwin_routes {
    struct darwin_route *items; /* the longest prefixes first */
    size_t count, capacity;
};
void darwin_routes_fini(struct darwin_routes *routes);

/* Adds the routes of an answer to sysctl NET_RT_DUMP that sockets take which are not bound to an
 * interface. -EBADMSG where lengths do not fit; routes may hold a part then. */
MUST_CHECK int darwin_routes_read(const uint8_t *bytes, size_t size, struct darwin_routes *routes);

/* The interface that an address is reached through; 0: none. */
uint32_t darwin_routes_find(
    const struct darwin_routes *routes, const struct network_address *address);
/* The interface of the default route of that family; 0: there is none. */
uint32_t darwin_routes_default(const struct darwin_routes *routes, uint8_t family);

#endif
