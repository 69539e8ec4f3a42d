/* owners - which process holds which socket, found by looking at /proc/PID/fd as seldom as can be.
 *
 * A socket that was found stays found while its process lives; only sockets not found yet cause a
 * walk. A walk looks first at descriptors it has not seen before, and only when that is not enough
 * at all of them. A socket found last time is looked at once more at the next reading, because
 * servers accept in one process and hand over to another; after that, now and then. What nobody
 * was found to hold (the kernel's own sockets, other people's) is looked for less and less often.
 *
 * Processes are visited in the order of their pids, so that of several holders the lowest is found.
 */
#ifndef IFPULSE_OWNERS_H
#define IFPULSE_OWNERS_H

#include "map.h"
#include "platform.h"
#include "processes.h"
#include "socket_decode.h"
#include "users.h"

struct owners {
    struct map placed;      /* inode to holder */
    struct map unplaced;    /* inodes of this reading that are looked for */
    struct map hopeless;    /* inode to when to look for it again */
    struct map descriptors; /* (pid, fd) to the inode it had when last looked at */
    struct processes processes;
    struct users users;
    uint32_t reading, full_walk_at, full_walk_delay;
    bool was_denied; /* in the last walk, some process could not be looked into */
    size_t with_process, without_process; /* sockets of the last reading */
};

void owners_fini(struct owners *owners);

/* Fills pid, process_name, user and evidence of every connection; hints is beside it. */
MUST_CHECK int owners_find(struct owners *owners, struct connection_array *connections,
    const struct socket_owner_hint *hints);

#endif
