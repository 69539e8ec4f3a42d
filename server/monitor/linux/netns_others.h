/* netns_others - the machine's other network namespaces, each opened while something refers to it.
 *
 * A namespace is entered by a thread of its own, which opens the sockets there and ends: so no
 * thread has to find back, and none that observes can be left in the wrong namespace.
 *
 * Our sockets keep a namespace alive. One that nothing else refers to any more is therefore closed
 * at the next look, once a second: for so long its interfaces, and the other ends of its veths, may
 * outlive it.
 */
#ifndef IFPULSE_NETNS_OTHERS_H
#define IFPULSE_NETNS_OTHERS_H

#include "netns.h"
#include "netns_discovery.h"

struct netns_other {
    uint64_t inode;
    struct netns *netns;    /* NULL: not open */
    int refusal;            /* why not, -errno; 0: not tried yet */
    uint32_t since;         /* the look that saw it first */
    uint32_t try_at, pause; /* the look at which to try again, and how long after the last */
};

struct netns_others {
    struct netns_discovery discovery;
    int timer; /* polls readable when it is time for a look */
    uint16_t last_ordinal;
    struct netns_other *items; /* in the order in which they were seen */
    size_t count, capacity;
    struct map by_inode; /* to items */
};

MUST_CHECK int netns_others_new(struct netns_others **ret_others);
/* Accepts NULL. */
void netns_others_free(struct netns_others *others);
DEFINE_CLEANUP(struct netns_others, netns_others_free)

/* Whether it is time for a look; says so once. */
bool netns_others_are_due(struct netns_others *others);
/* Looks: closes what is gone and opens what is new. Also on failure some may have been closed.
 * ret_changed: whether any was opened or closed. */
MUST_CHECK int netns_others_look(struct netns_others *others, bool *ret_changed);

/* How many are open and how many could not be; ret_refusal: why the first of those, 0 or -errno. */
size_t netns_others_count(const struct netns_others *others, size_t *ret_refused, int *ret_refusal);

/* Pure. What a namespace is called for its process, whose /proc/PID/cgroup that is: its container
 * or service, "docker:0123456789ab"; "" when it is in none. */
void netns_name_of_cgroups(const char *text, char *ret_name, size_t size);

#endif
