/* ethtool_facts - what only a device's driver says: its name, speed and duplex. */
#ifndef IFPULSE_ETHTOOL_FACTS_H
#define IFPULSE_ETHTOOL_FACTS_H

#include "platform.h"

/* Fills driver, link_bits_per_s and duplex by name, through any socket of the namespace. What the
 * driver does not answer becomes NETWORK_NOT_SUPPORTED; what it does not know at the moment, as the
 * speed of a link that is down, stays unavailable. */
void ethtool_facts_read(int fd, struct network_interface *iface);

#endif
