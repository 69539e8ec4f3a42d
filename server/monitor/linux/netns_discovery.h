/* netns_discovery - which network namespaces there are beside the own one: those that a process is
 * in, and those that are bound to a path, as by "ip netns add".
 *
 * The kernel has no list of them. What neither refers to any more counts as gone, also while it
 * lives on, as it does as long as anyone has a socket in it.
 *
 * To look at a process costs a microsecond or two. So it is looked at when it is new, once more the
 * next time, because what becomes a container does so in its first moments, and later now and then;
 * but one process of each namespace every time, so that the last one's end is noticed at once.
 */
#ifndef IFPULSE_NETNS_DISCOVERY_H
#define IFPULSE_NETNS_DISCOVERY_H

#include "map.h"
#include <stdio.h>

struct netns_reference {
    uint64_t inode;   /* of the namespace: no other has it while this one lives */
    const char *path; /* where it is bound, in /run/netns if there too; NULL: nowhere */
    uint32_t pid;     /* the lowest process that is known to be in it; 0: none */
};

struct netns_mount {
    uint64_t inode;
    char *path;
};

struct netns_process {
    uint32_t pid, looks; /* how often it was there */
    uint64_t inode;      /* when last looked at; 0: it would not say */
};

struct netns_process_array {
    struct netns_process *items; /* by ascending pid, as /proc has them */
    size_t count, capacity;
};

struct netns_discovery {
    uint64_t own_inode;
    FILE *mount_table; /* NULL: there is none to be read */
    bool is_mount_table_read;
    struct netns_mount *mounts;
    size_t mount_count, mount_capacity;
    struct netns_process_array processes, earlier;
    uint32_t looks;
    struct netns_reference *references; /* one for each namespace */
    size_t reference_count, reference_capacity;
    struct map by_inode; /* to references */
};

/* The own one is that of the calling thread. */
void netns_discovery_init(struct netns_discovery *discovery);
void netns_discovery_fini(struct netns_discovery *discovery);

/* Makes the references anew. 0 or -ENOMEM; where /proc is not mounted there are none. */
MUST_CHECK int netns_discovery_look(struct netns_discovery *discovery);
/* Lends the reference to a namespace until the next look; NULL: it has none. */
const struct netns_reference *netns_discovery_find(
    const struct netns_discovery *discovery, uint64_t inode);

/* Pure: "net:[4026531840]", as links in /proc/PID/ns and the mount table name a namespace; 0 for
 * anything else. */
uint64_t netns_parse_link(const char *text);

#endif
