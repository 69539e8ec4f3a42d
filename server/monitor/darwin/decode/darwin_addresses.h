/* darwin_addresses - sockaddrs of the BSD kind, as they follow routing messages. */
#ifndef IFPULSE_DARWIN_ADDRESSES_H
#define IFPULSE_DARWIN_ADDRESSES_H

#include "network_types.h"

#include "base.h"

/* Some of the bytes of a message. */
struct darwin_bytes {
    const uint8_t *at; /* NULL: not there */
    size_t size;
};

/* The sockaddr of that place in RTAX order among those that a bit mask says follow. */
struct darwin_bytes darwin_sockaddr_find(
    const uint8_t *addresses, size_t size, uint32_t mask, unsigned wanted);

/* An IPv4 or IPv6 address, without prefix; the scope that the kernel keeps inside link-local ones
 * is taken out. false: it is of another family, or cut short. */
MUST_CHECK bool darwin_sockaddr_read(
    struct darwin_bytes sockaddr, struct network_address *ret_address);

/* How many ones a netmask begins with. The kernel cuts masks after their last byte that is not
 * zero, and their family may be anything, so it is the address's that counts. */
uint8_t darwin_netmask_length(struct darwin_bytes sockaddr, uint8_t family);

/* fe80::/10. */
bool darwin_is_link_local(const uint8_t *ipv6);

/* 16 bytes as sockets keep them: of IPv4, also mapped into IPv6, the last four. */
struct network_address darwin_socket_address(const uint8_t *bytes, bool is_ipv6);

#endif
