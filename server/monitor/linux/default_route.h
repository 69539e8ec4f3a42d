/* default_route - through which interface leaves what has no route of its own (RTM_GETROUTE).
 *
 * The main table's, IPv4's or, where there is none, IPv6's; of several the one of least metric, of
 * several next hops the first. A router may have a million routes, so the table is not walked for
 * it: the kernel is asked for the route to an address that nobody has one to of its own. Only where
 * that is answered by another table or a more special route is the table read.
 */
#ifndef IFPULSE_DEFAULT_ROUTE_H
#define IFPULSE_DEFAULT_ROUTE_H

#include "netlink_socket.h"

struct default_route {
    uint32_t index; /* of the interface */
    uint32_t metric;
};

/* Pure. 0, or -EPROTO for what is no default route of the main table that leads out. */
MUST_CHECK int default_route_decode(
    const struct nlmsghdr *message, struct default_route *ret_route);

/* Index of the interface; 0: there is no default route. */
MUST_CHECK int default_route_read(struct netlink_socket *socket, uint32_t *ret_index);

#endif
