/* darwin_facts - what is told of one interface, apart from its counters. */
#ifndef IFPULSE_DARWIN_FACTS_H
#define IFPULSE_DARWIN_FACTS_H

#include "darwin_interfaces.h"

/* What the frameworks have of an interface, lent; an empty one where it is no port of theirs. */
const struct darwin_port *darwin_facts_port(
    const struct darwin_interfaces *interfaces, const char *name);

/* bit/s; 0: not known. Software has none, whatever its driver says. */
uint64_t darwin_facts_speed(const struct darwin_interface *item);

/* Fills in all facts of one that was just read, and notes in item what its radio said with them. */
MUST_CHECK int darwin_facts_put(struct darwin_interfaces *interfaces,
    const struct darwin_link *link, struct darwin_interface *item, struct network_interface *iface);

#endif
