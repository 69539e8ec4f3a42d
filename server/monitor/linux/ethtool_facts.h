/* ethtool_facts - what only a device's driver says, one device at a time by ioctl: its name, and
 * what device_settings.h reads otherwise, for kernels that cannot be asked in that way.
 */
#ifndef IFPULSE_ETHTOOL_FACTS_H
#define IFPULSE_ETHTOOL_FACTS_H

#include "platform.h"

/* They ask by name, through any socket of the namespace. What the driver does not answer becomes
 * NETWORK_NOT_SUPPORTED; what it does not know at the moment, as the speed of a link that is down,
 * stays unavailable. */
void ethtool_read_driver(int fd, struct network_interface *iface);
/* link_bits_per_s, duplex and receive_ring. */
void ethtool_read_settings(int fd, struct network_interface *iface);

#endif
