/* socket_holders - which process holds which socket, of the whole machine, found by inode.
 *
 * The kernel's BPF program (bpf/socket_holders.bpf.c) writes a record for each descriptor that is a
 * socket; here they become a table. Pure: bytes in, table out. From one reading to the next little
 * changes, and often nothing: a table of the same bytes is left as it is.
 */
#ifndef IFPULSE_SOCKET_HOLDERS_H
#define IFPULSE_SOCKET_HOLDERS_H

#include "bpf/records.h"
#include "map.h"

struct socket_holders {
    struct socket_holder *items; /* as the kernel wrote them */
    size_t count, capacity;
    struct map by_inode; /* to indices of items */
};

void socket_holders_fini(struct socket_holders *holders);

/* Makes the table one of these records. Of what is no whole record, or names no process, nothing
 * is kept. -ENOMEM leaves the table empty. */
MUST_CHECK int socket_holders_parse(struct socket_holders *holders, const void *bytes, size_t size);

/* Lends the holder, of several the one with the lowest pid, until the next parse; NULL: none. */
const struct socket_holder *socket_holders_find(
    const struct socket_holders *holders, uint64_t inode);

#endif
