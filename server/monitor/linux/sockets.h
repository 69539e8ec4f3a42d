/* sockets - all TCP and UDP sockets of the namespace, by three sock_diag dumps.
 */
#ifndef IFPULSE_SOCKETS_H
#define IFPULSE_SOCKETS_H

#include "map.h"
#include "netlink_socket.h"
#include "platform.h"
#include "socket_decode.h"

struct sockets {
    struct netlink_socket netlink;
    struct socket_owner_hint *hints; /* of connection i */
    size_t hint_count, hint_capacity;
    struct map seen; /* a socket that changes its state meanwhile may be dumped twice */
};

MUST_CHECK int sockets_init(struct sockets *sockets);
void sockets_fini(struct sockets *sockets);

/* Appends every socket and fills hints beside. */
MUST_CHECK int sockets_read(struct sockets *sockets, struct connection_array *ret_connections);

#endif
