/* closings - the TCP connections that end, as the kernel tells of each.
 *
 * The kernel sends a socket's last counts to whoever is in its namespace's groups for destroyed TCP
 * sockets, also of connections that lived too short to be in any reading, and needs no privilege
 * for it. It is one message for each end of a connection. Messages wait in the receive buffer,
 * which holds only some hundreds where this user may not have more, so they are taken out as they
 * come and kept here until they are asked for. The groups for UDP are not joined: their messages
 * have no counts.
 */
#ifndef IFPULSE_CLOSINGS_H
#define IFPULSE_CLOSINGS_H

#include "sockets.h"

/* Of all namespaces. */
struct closings {
    struct connection_array ended;
    struct socket_hints hints; /* of ended i */
    bool has_lost;             /* some that ended are not in it */
};

void closings_fini(struct closings *closings);

/* Opens a socket of the namespace that the calling thread is in. */
MUST_CHECK int closings_open(int *ret_fd);
/* Takes what has come to that socket; -1 for none. *ret_count: how many messages there were. */
MUST_CHECK int closings_drain(struct closings *closings, int fd, size_t *ret_count);
/* The same of one datagram. Pure, but for memory. */
void closings_keep(struct closings *closings, const void *datagram, size_t size);
/* Forgets those that have ended, and that some were lost. */
void closings_clear(struct closings *closings);

#endif
