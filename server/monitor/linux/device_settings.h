/* device_settings - speed, duplex and receive ring of devices, by the generic netlink family
 * "ethtool" (Linux 5.6): all devices in two dumps, or one in two questions.
 *
 * A device whose driver knows none of these is in no answer.
 */
#ifndef IFPULSE_DEVICE_SETTINGS_H
#define IFPULSE_DEVICE_SETTINGS_H

#include "map.h"
#include "netlink_socket.h"
#include "platform.h"

struct device_setting {
    uint32_t index;
    bool has_modes, has_ring; /* which of the two answers it has had */
    uint32_t megabits_per_s;  /* 0: not known, as while the link is down */
    bool is_half_duplex, is_full_duplex;
    uint32_t receive_ring; /* 0: the driver does not say */
};

/* Pure. Adds what the message says to a setting, which is zeroed or of the same device. 0, or
 * -EPROTO for what is neither of the two answers. */
MUST_CHECK int device_setting_decode(
    const struct nlmsghdr *message, struct device_setting *setting);

struct device_settings {
    struct netlink_socket *socket; /* NETLINK_GENERIC */
    uint16_t family;               /* 0: the kernel has none */
    struct device_setting *items;
    size_t count, capacity;
    struct map by_index; /* to items */
};

/* keeps socket. */
void device_settings_init(struct device_settings *settings, struct netlink_socket *socket);
void device_settings_fini(struct device_settings *settings);

/* Asks for all devices, or, with an index, for that one. -EOPNOTSUPP: the kernel does not know how,
 * or a driver is in its way. */
MUST_CHECK int device_settings_read(struct device_settings *settings, uint32_t index);
/* Fills link_bits_per_s, duplex and receive_ring of an interface from what was read. */
void device_settings_put(const struct device_settings *settings, struct network_interface *iface);

#endif
