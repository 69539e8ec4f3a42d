/* owner_search - which process holds which socket, found by looking at /proc/PID/fd as seldom as
 * can be.
 *
 * A socket that was found stays found while its process lives; only sockets not found yet cause a
 * walk. A walk looks first at descriptors it has not seen before, and only when that is not enough
 * at all of them. A socket found last time is looked at once more at the next reading, because
 * servers accept in one process and hand over to another; after that, now and then. What nobody
 * was found to hold (the kernel's own sockets, other people's) is looked for less and less often.
 *
 * Processes are visited in the order of their pids, so that of several holders the lowest is found.
 */
#ifndef IFPULSE_OWNER_SEARCH_H
#define IFPULSE_OWNER_SEARCH_H

#include "map.h"
#include "processes.h"
#include "socket_decode.h"

struct owner_search {
    struct map placed;      /* inode to holder */
    struct map unplaced;    /* inodes of this reading that are looked for */
    struct map hopeless;    /* inode to when to look for it again */
    struct map descriptors; /* (pid, fd) to the inode it had when last looked at */
    struct processes processes;
    uint32_t *pids; /* of the sockets of this reading; 0: not found */
    size_t capacity;
    uint32_t reading, full_walk_at, full_walk_delay;
    bool was_denied; /* in the last walk, some process could not be looked into */
};

void owner_search_fini(struct owner_search *search);

/* A new reading: looks for the holders of these sockets. */
MUST_CHECK int owner_search_update(
    struct owner_search *search, const struct socket_owner_hint *hints, size_t count);
/* Lends the process that holds the socket at that index of the last update, until the next call;
 * NULL when none was found. */
const struct process *owner_search_find(struct owner_search *search, size_t index);

#endif
