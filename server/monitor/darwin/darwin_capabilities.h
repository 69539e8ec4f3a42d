/* darwin_capabilities - what this process can see on this Mac, in sentences. */
#ifndef IFPULSE_DARWIN_CAPABILITIES_H
#define IFPULSE_DARWIN_CAPABILITIES_H

#include "base.h"
#include "network_types.h"

enum darwin_capability {
    DARWIN_INTERFACES,
    DARWIN_CONNECTIONS,
    DARWIN_OWNERS,
    DARWIN_WIRELESS,
    DARWIN_UNITS,
    DARWIN_NAMESPACES,
    DARWIN_SHORT_LIVED,
    DARWIN_CLOSINGS,
    DARWIN_DROPS,
    DARWIN_EVENTS,
    DARWIN_PORTS,
    DARWIN_CAPABILITIES
};

/* Of what does not change, or is not known yet. */
void darwin_capabilities_init(struct network_capability capabilities[DARWIN_CAPABILITIES]);

/* is_hidden: the system shows only what the own user's processes have. */
void darwin_capabilities_put_sockets(
    struct network_capability capabilities[DARWIN_CAPABILITIES], bool is_hidden);
/* result: of asking a radio, 0 or -errno; -EAGAIN: not yet. */
void darwin_capabilities_put_wireless(
    struct network_capability *capability, bool has_radio, int result, bool has_ssid);
/* result: of opening what tells of changes. */
void darwin_capabilities_put_events(
    struct network_capability *capability, int result, bool is_route);
/* result: of asking SystemConfiguration. */
void darwin_capabilities_put_ports(struct network_capability *capability, int result);

#endif
