/* darwin_sockets - sockets as the kernel's tables and libproc show them.
 *
 * Each socket of net.inet.{tcp,udp}.pcblist_n is a row of records: the protocol's block, the
 * socket, its two buffers, its statistics and, of TCP, the connection. What a kernel adds at their
 * ends is passed over, and what an older one lacks is not known.
 */
#ifndef IFPULSE_DARWIN_SOCKETS_H
#define IFPULSE_DARWIN_SOCKETS_H

#include "platform.h"

struct darwin_sockets_rules {
    enum network_connection_type type; /* which table it is: NETWORK_TCP or NETWORK_UDP */
    unsigned statistics_slots;         /* how many add up to all bytes: 4 up to Darwin 23, then 1 */
    int32_t own_pid;                   /* to count others' sockets */
};

struct darwin_sockets_summary {
    uint32_t announced; /* sockets of the system, as the table's head says */
    uint32_t of_others; /* read here, of another process than the own */
};

/* Appends a connection for each socket. Names of processes and users, and the interface, are the
 * caller's to find. -EBADMSG where lengths do not fit: ret_connections may hold a part then. */
MUST_CHECK int darwin_sockets_read(const uint8_t *bytes, size_t size,
    const struct darwin_sockets_rules *rules, struct connection_array *ret_connections,
    struct darwin_sockets_summary *ret_summary);

/* A struct socket_fdinfo of libproc, which has neither bytes nor times.
 * DARWIN_SOCKET_OF_ANOTHER_KIND: neither TCP nor UDP over IP, or not bound to anything yet. */
enum { DARWIN_SOCKET_OF_ANOTHER_KIND = 1 };
MUST_CHECK int darwin_process_socket_read(
    const uint8_t *bytes, size_t size, int32_t pid, struct network_connection *ret_connection);

#endif
