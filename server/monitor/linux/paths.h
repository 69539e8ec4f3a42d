/* paths - which interface leads from one address to another, as the kernel decides it.
 *
 * It is asked once for each pair of addresses that connections have, as if this program sent from
 * one to the other: rules that look at a packet's user, mark or port may decide otherwise. No more
 * than PATHS_ASKED are asked for in a reading, and the rest in the next ones. When links, addresses
 * or the default route change, and now and then for the other routes, which may change thousands of
 * times a second, all are asked for anew, and taken as they were until their turn comes. What no
 * connection has used for a while is forgotten.
 */
#ifndef IFPULSE_PATHS_H
#define IFPULSE_PATHS_H

#include "map.h"
#include "netlink_socket.h"
#include "network_types.h"

enum { PATHS_ASKED = 512, PATHS_MAX = 65536 };

struct path {
    struct network_address from, to;
    uint32_t interface_index; /* 0: none leads there, or it was not asked for yet */
    uint32_t age;             /* when it was asked for */
    uint32_t used;            /* in which reading */
};

struct paths {
    struct path *items;
    size_t count, capacity;
    struct map by_ends; /* to indices of items */
    size_t cursor;      /* behind the one found last: readings come in nearly the same order */
    uint32_t reading;
    uint32_t age;           /* what was asked for in an earlier one is asked for anew */
    bool is_stale;          /* there will be a new age, once all of this one were asked for */
    bool is_behind;         /* in the last reading that looked for any, not all were */
    unsigned looked, asked; /* in this reading, for how many */
};

void paths_fini(struct paths *paths);
/* A new reading begins. */
void paths_begin(struct paths *paths);
/* Routes, links or addresses have changed. */
void paths_forget(struct paths *paths);
/* The index of the interface that leads there; 0 when that is not known. route is of
 * NETLINK_ROUTE. */
uint32_t paths_find(struct paths *paths, struct netlink_socket *route,
    const struct network_address *from, const struct network_address *to);

/* Whether the answer to the question names an interface. Pure. */
bool path_decode(const struct nlmsghdr *message, uint32_t *ret_interface_index);

#endif
