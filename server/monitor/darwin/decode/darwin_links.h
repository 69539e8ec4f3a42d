/* darwin_links - the kernel's list of interfaces and their addresses: NET_RT_IFLIST2.
 *
 * Its byte counters are of no use: programs that Apple did not sign get them cut to 32 bits and to
 * whole KiB (bsd/net/rtsock.c), so counters are asked one by one: darwin_counters.h.
 */
#ifndef IFPULSE_DARWIN_LINKS_H
#define IFPULSE_DARWIN_LINKS_H

#include "base.h"
#include "network_types.h"

struct darwin_link {
    uint32_t index;
    uint32_t flags; /* IFF_* */
    uint32_t mtu_bytes;
    uint8_t type; /* IFT_* */
    uint8_t mac_length;
    uint8_t mac[8];
    char name[16];
    uint64_t baudrate; /* bit/s as the driver says; 0: it does not */
    size_t first_address, address_count;
};

/* Items keep the kernel's order; addresses of one are together, IPv4 and IPv6 mixed. */
struct darwin_links {
    struct darwin_link *items;
    size_t count, capacity;
    struct network_address *addresses;
    size_t address_count, address_capacity;
};
void darwin_links_fini(struct darwin_links *links);

/* Makes links anew from what sysctl answered. Records that are of no interest or not understood are
 * passed over; -EBADMSG where lengths do not fit, and then, as without memory, links holds a part.
 */
MUST_CHECK int darwin_links_read(const uint8_t *bytes, size_t size, struct darwin_links *links);

#endif
