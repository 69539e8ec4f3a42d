/* addresses - the IP addresses of the interfaces (RTM_GETADDR), IPv4 first, else in the kernel's
 * order. */
#ifndef IFPULSE_ADDRESSES_H
#define IFPULSE_ADDRESSES_H

#include "netlink_socket.h"
#include "platform.h"

struct address {
    uint32_t index; /* of the interface */
    struct network_address address;
};

/* Pure. Of a point-to-point link it is the near end. 0, or -EPROTO where there is none. */
MUST_CHECK int address_decode(const struct nlmsghdr *message, struct address *ret_address);

/* Gives every interface, known by its identity, its list. index: of the only one there is; 0: ask
 * for those of all. */
MUST_CHECK int addresses_read(
    struct netlink_socket *socket, uint32_t index, struct interface_array *interfaces);

#endif
