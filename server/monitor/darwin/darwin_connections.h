/* darwin_connections - the sockets of this Mac with their processes.
 *
 * They come from the kernel's tables, which hold all of them with the process and the bytes of
 * each. From macOS 27 on a program that does not run as root finds only its own there, without an
 * error; then the processes of its user are walked through by libproc, and the capabilities say so.
 */
#ifndef IFPULSE_DARWIN_CONNECTIONS_H
#define IFPULSE_DARWIN_CONNECTIONS_H

#include "darwin_ask.h"
#include "darwin_ends.h"
#include "darwin_interfaces.h"
#include "platform.h"
#include "users.h"

struct darwin_process_name {
    uint32_t pid;
    char text[32]; /* empty: it has ended */
};

struct darwin_connections {
    struct darwin_ask *ask; /* lent */
    struct buffer answer, pids;
    unsigned statistics_slots;
    bool is_hidden; /* the last reading had only what libproc shows */
    struct users users;
    struct darwin_process_name *names; /* of this reading */
    size_t name_count, name_capacity;
    struct map names_by_pid; /* to indices */
    struct map walked;       /* identities that the walk has seen, to indices */
    struct darwin_ends ends;
};

/* keeps ask. */
void darwin_connections_init(struct darwin_connections *connections, struct darwin_ask *ask);
void darwin_connections_fini(struct darwin_connections *connections);

/* As platform_read_connections and platform_read_listeners; interfaces lends the routes. */
MUST_CHECK int darwin_connections_read(struct darwin_connections *connections,
    const struct darwin_interfaces *interfaces, struct connection_array *ret_connections);
MUST_CHECK int darwin_connections_read_listeners(
    struct darwin_connections *connections, struct connection_array *ret_listeners);
/* Appends what libproc shows, whether it is needed or not; neither names nor interfaces. */
MUST_CHECK int darwin_connections_walk(
    struct darwin_connections *connections, struct connection_array *ret_connections);

#endif
