/* netns - one network namespace, through sockets that were opened in it.
 *
 * A netlink socket speaks of the namespace it was opened in, whichever namespace its owner is in
 * later; so each namespace is a set of sockets and what was learnt through them. There is always
 * the one the program runs in; others are there when they were asked for.
 */
#ifndef IFPULSE_NETNS_H
#define IFPULSE_NETNS_H

#include "announcements.h"
#include "closings.h"
#include "counters.h"
#include "device_settings.h"
#include "links.h"
#include "map.h"
#include "netlink_socket.h"
#include "paths.h"
#include "platform.h"
#include "queue_drops.h"
#include "socket_counts.h"
#include "sockets.h"
#include "wireless_links.h"

/* How many descriptors one has open, at most. */
enum { NETNS_DESCRIPTORS = 8 };

struct netns {
    char name[32];    /* empty: the one the program runs in */
    uint16_t ordinal; /* tells its interfaces' identities from others'; 0: the program's own */
    struct netlink_socket route, diag, generic;
    int announcements, ioctl_socket;
    int closings;        /* -1: there is none */
    int closings_result; /* of opening it: 0 or -errno */
    struct paths paths;
    struct socket_counts_files socket_counts; /* of another one */
    struct wireless wireless;
    struct device_settings settings;
    int wireless_result, settings_result; /* of their last readings */
    struct counters_reader counters;
    struct queue_drops queue_drops;
    struct link_array links;
    struct interface_array facts; /* kept; without counters */
    struct map by_index;          /* to facts */
    struct map gone;              /* by ifindex, how many devices that had it are no more */
    int trouble;                  /* of another one: why it cannot be read, -errno */
    struct announced stale;       /* what of the facts is out of date */
    uint64_t facts_ns;
};

/* Opens its sockets in the namespace that the calling thread is in. name may be empty. */
MUST_CHECK int netns_open(const char *name, uint16_t ordinal, struct netns **ret_netns);
/* Accepts NULL. */
void netns_close(struct netns *netns);
DEFINE_CLEANUP(struct netns, netns_close)

/* Whether anything is to be read of its interfaces. */
static inline bool netns_is_stale(const struct netns *netns)
{
    return netns->stale.all || netns->stale.route || netns->stale.device_count > 0;
}

/* What platform_read_interfaces says, of this namespace. now_ns is monotonic. */
MUST_CHECK int netns_read_interfaces(
    struct netns *netns, uint64_t now_ns, struct interface_array *ret_interfaces);
/* What platform_read_samples says, of this namespace. */
MUST_CHECK int netns_read_samples(struct netns *netns, struct sample_array *ret_samples);

/* Appends this namespace's sockets, with interface and netns; sockets keeps the hints beside. */
MUST_CHECK int netns_read_connections(
    struct netns *netns, struct sockets *sockets, struct connection_array *ret_connections);

/* The same of its sockets that wait for others. */
MUST_CHECK int netns_read_listeners(
    struct netns *netns, struct sockets *sockets, struct connection_array *ret_listeners);

/* What platform_drain_changes says, of this namespace. now_ns is monotonic. */
MUST_CHECK int netns_drain_changes(struct netns *netns, uint64_t now_ns, bool *ret_changed);
/* Takes its connections that have ended, with interface and netns. *ret_any: whether there were
 * messages about some. */
MUST_CHECK int netns_drain_closings(struct netns *netns, struct closings *closings, bool *ret_any);

#endif
