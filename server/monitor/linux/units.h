/* units - which systemd unit or container a control group is, by the group's id.
 *
 * A socket remembers the control group (cgroup v2) of the process that made it, and the kernel
 * tells its id to everyone: so a unit is known also of sockets whose process may not be looked at,
 * or is gone. The id is the inode of the group's folder. Folders are listed when an id comes up
 * that is not known yet, and not more than once a reading.
 */
#ifndef IFPULSE_UNITS_H
#define IFPULSE_UNITS_H

#include "map.h"
#include "network_types.h"

enum { UNIT_BYTES = sizeof(((struct network_connection *)NULL)->unit) };

struct unit {
    uint64_t cgroup;
    char name[UNIT_BYTES]; /* empty: the group belongs to no unit */
};

struct units {
    char *root; /* where cgroup v2 is mounted; NULL: nowhere */
    struct unit *items;
    size_t count, capacity;
    struct map by_cgroup;           /* to indices of items */
    uint32_t reading, next_listing; /* no listing before that reading */
    uint32_t pause;                 /* readings between the last two listings */
};

/* Finds the mount. That there is none is no failure. */
MUST_CHECK int units_init(struct units *units);
void units_fini(struct units *units);

/* A new reading begins: folders may be listed once more. */
void units_begin(struct units *units);
/* Lends the name until the next call; NULL when the group is of no unit or not visible here. */
const char *units_find(struct units *units, uint64_t cgroup);

/* The unit or container that a group's path names, such as "nginx.service", "docker:0123456789ab"
 * or "session-3.scope"; "" when it names none. Pure. */
void unit_of_path(const char *path, char ret_name[UNIT_BYTES]);

#endif
