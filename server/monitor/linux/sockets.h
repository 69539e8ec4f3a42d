/* sockets - all TCP and UDP sockets of a namespace, by three sock_diag dumps.
 */
#ifndef IFPULSE_SOCKETS_H
#define IFPULSE_SOCKETS_H

#include "map.h"
#include "netlink_socket.h"
#include "platform.h"
#include "socket_counts.h"
#include "socket_decode.h"

struct socket_hints {
    struct socket_owner_hint *items;
    size_t count, capacity;
};
void socket_hints_fini(struct socket_hints *hints);
MUST_CHECK int socket_hints_append(
    struct socket_hints *hints, const struct socket_owner_hint *hint);

struct sockets {
    struct socket_hints hints; /* of connection i */
    struct map seen;           /* a socket that changes its state meanwhile may be dumped twice */
};

void sockets_fini(struct sockets *sockets);

/* A new reading begins, into an empty array. */
void sockets_begin(struct sockets *sockets);
/* Appends every socket of the namespace that diag (NETLINK_SOCK_DIAG) was opened in, and fills
 * hints beside. With counts, which are the namespace's and may be NULL, what it has none of is not
 * looked for; a connection that is only being accepted is then seen with the first that is. */
MUST_CHECK int sockets_read(struct sockets *sockets, struct netlink_socket *diag,
    const struct socket_counts *counts, struct connection_array *ret_connections);
/* The same, but only sockets that wait for others; the kernel then walks through few. */
MUST_CHECK int sockets_read_listeners(
    struct sockets *sockets, struct netlink_socket *diag, struct connection_array *ret_connections);

#endif
