/* socket_decode - one answer of sock_diag as a connection.
 *
 * Pure: bytes in, record out; whatever their length, nothing outside them is read. struct tcp_info
 * has grown with every kernel, so each member is looked at only where the kernel sent it.
 */
#ifndef IFPULSE_SOCKET_DECODE_H
#define IFPULSE_SOCKET_DECODE_H

#include "platform.h"
#include <libmnl/libmnl.h>

/* What else the answer says, which is not yet a datum. */
struct socket_owner_hint {
    uint64_t inode; /* 0: the socket belongs to nobody */
    uint32_t interface_index;
    uint64_t cgroup;   /* 0: not said */
    uint64_t received; /* of one that ended: bytes_received, and a FIN if one came; 0: not said */
};

/* protocol is IPPROTO_TCP or IPPROTO_UDP, which the answer does not repeat. 0, or -EPROTO for what
 * is no answer; the outputs are then untouched. */
MUST_CHECK int socket_decode(const struct nlmsghdr *message, uint8_t protocol,
    struct network_connection *ret_connection, struct socket_owner_hint *ret_hint);

/* One message of the groups SKNLGRP_INET_TCP_DESTROY and _INET6_: a socket that is no more. The
 * kernel says neither who owned it nor in which state it was, and its state is NETWORK_STATE_CLOSE.
 * Byte counts are missing where its own process reset the connection. 0, -EPROTO, or
 * SOCKET_NEVER_OPEN for a listener and for what never got an answer. */
enum { SOCKET_NEVER_OPEN = 1 };
MUST_CHECK int socket_decode_ended(const struct nlmsghdr *message,
    struct network_connection *ret_connection, struct socket_owner_hint *ret_hint);

#endif
