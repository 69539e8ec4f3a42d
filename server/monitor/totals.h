/* totals - which interfaces count, and their sums: every byte that enters or leaves the machine
 * once.
 *
 * Hardware counts (bond members and bridge ports too), and what other interfaces of this machine
 * carry does not. Where a namespace has no hardware, as in a container, the links that lead out of
 * it count (a veth whose peer is elsewhere); where it has none of those either, its tunnels.
 * Interfaces of other namespaces never count, not even hardware that was given to one: the totals
 * are of what goes through this one.
 * With no counted interface there are no sums, which is not the same as sums of zero.
 */
#ifndef IFPULSE_TOTALS_H
#define IFPULSE_TOTALS_H

#include "platform.h"

/* Sets is_counted and not_counted_reason of every interface. */
void totals_decide(struct interface_array *interfaces);
/* Whether what goes through the interface of that name, in this namespace, goes through a counted
 * one: itself, one that it is made of, or as a tunnel. */
bool totals_carry(const struct interface_array *interfaces, const char *name);
/* Fills ret_totals but for connections, established and the unexplained
 * speeds, which keep what they are. A sum is over
 * the counted interfaces that have the datum; known when there is at least one. */
void totals_sum(const struct interface_array *interfaces, struct network_totals *ret_totals);
void totals_count(const struct connection_array *connections, struct network_totals *ret_totals);

#endif
