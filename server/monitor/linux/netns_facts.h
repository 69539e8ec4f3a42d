/* netns_facts - what is known of a namespace's interfaces, kept until the kernel says otherwise.
 *
 * Of a device that was announced to have changed only that one is asked for: with a thousand others
 * a link that goes down would else be told of ten milliseconds later. Whatever changes the list of
 * devices, or how they hang together, is read as a whole.
 */
#ifndef IFPULSE_NETNS_FACTS_H
#define IFPULSE_NETNS_FACTS_H

#include "netns.h"

/* Brings netns->facts up to date with netns->stale. now_ns is monotonic. On failure what is stale
 * stays so. */
MUST_CHECK int netns_facts_update(struct netns *netns, uint64_t now_ns);

#define PUT_NETNS(netns_, record)                                                                  \
    do {                                                                                           \
        if ((netns_)->name[0] != '\0')                                                             \
            PUT_TEXT(record, netns, (netns_)->name);                                               \
        else                                                                                       \
            (record)->status.netns = NETWORK_NOT_APPLICABLE;                                       \
    } while (0)

#endif
