/* links - what the kernel says of its network devices (RTM_GETLINK), decoded and put in words.
 *
 * Counters are not read here: facts change seldom and are kept, counters are read every tick
 * (counters.h).
 */
#ifndef IFPULSE_LINKS_H
#define IFPULSE_LINKS_H

#include "netlink_socket.h"
#include "platform.h"

struct link {
    int32_t index, lower_index, master_index; /* 0: none */
    bool is_lower_outside;                    /* lower_index belongs to another namespace, */
    int32_t lower_netns_id;                   /* which has this number here; -1: none yet */
    uint16_t hardware_type;                   /* ARPHRD_* */
    uint32_t flags;                           /* IFF_* */
    char name[16], kind[64];                  /* kind is empty for plain devices */
    char alias[64];                           /* empty: none was given; cut at that */
    uint8_t address[32];
    uint8_t address_size;
    uint32_t mtu_bytes, carrier_changes;
    bool has_mtu, has_carrier_changes;
};

struct link_array {
    struct link *items;
    size_t count, capacity;
};
void link_array_fini(struct link_array *array);

/* Pure. 0, or -EPROTO for a message that no kernel sends. */
MUST_CHECK int link_decode(const struct nlmsghdr *message, struct link *ret_link);

/* Fills ret_links anew. */
MUST_CHECK int links_read(struct netlink_socket *socket, struct link_array *ret_links);
/* The one of that index. -ENODEV: there is none. */
MUST_CHECK int link_read(struct netlink_socket *socket, int32_t index, struct link *ret_link);

/* What the link tells of an interface: all facts but addresses, lower, and what ethtool, sysfs and
 * nl80211 know. Pure. */
void link_describe(const struct link *link, struct network_interface *iface);

/* The lists of interfaces that carry each one's traffic; interfaces[i] is links[i]. */
MUST_CHECK int links_connect(const struct link_array *links, struct interface_array *interfaces);

#endif
