/* counters - every device's 64-bit counters, once a tick (RTM_GETSTATS; RTM_GETLINK where the
 * kernel is older than 4.7).
 */
#ifndef IFPULSE_COUNTERS_H
#define IFPULSE_COUNTERS_H

#include "netlink_socket.h"
#include "platform.h"
#include <linux/if_link.h>

/* Which device a message is of, and what it has counted. Pure; -EPROTO where there is nothing. */
MUST_CHECK int counters_decode(
    const struct nlmsghdr *message, uint32_t *ret_index, struct rtnl_link_stats64 *ret_stats);

struct counters_reader {
    struct netlink_socket *socket;
    bool lacks_getstats; /* found out at the first try */
};

/* Appends a sample of each of the interfaces, known by identity, in their order; those that the
 * kernel no longer has have none. ret_missed: whether the kernel showed or lacked any, so that the
 * facts are out of date. */
MUST_CHECK int counters_read(struct counters_reader *reader,
    const struct interface_array *interfaces, struct sample_array *ret_samples, bool *ret_missed);

#endif
