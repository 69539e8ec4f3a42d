/* darwin_types - what an interface is, and how fast its medium, from the numbers of the kernel. */
#ifndef IFPULSE_DARWIN_TYPES_H
#define IFPULSE_DARWIN_TYPES_H

#include "darwin_links.h"

struct darwin_kind {
    enum network_interface_type type;
    const char *word; /* for the datum kind; as Linux has it where both have such links */
    bool is_wireless;
};

/* functional: what SIOCGIFFUNCTIONALTYPE said, IFRTYPE_FUNCTIONAL_*; -1: it said nothing.
 * port_type: SystemConfiguration's word for it; "" where it lists no such port. */
struct darwin_kind darwin_kind_of(
    const struct darwin_link *link, int functional, const char *port_type);

/* The functional type out of a struct ifreq; -1: there is none in it. */
int darwin_functional_type(const uint8_t *bytes, size_t size);

struct darwin_media {
    bool says_active, is_active; /* whether it says if there is a link, and if there is */
    uint64_t bits_per_s;         /* 0: not known */
    bool has_duplex;
    enum network_duplex duplex;
};
/* Out of a struct ifmediareq; nothing is known of what is none. */
struct darwin_media darwin_media_of(const uint8_t *bytes, size_t size);

#endif
