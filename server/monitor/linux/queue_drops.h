/* queue_drops - what the queueing disciplines in front of the devices have dropped (RTM_GETQDISC).
 *
 * Of each device the root alone, which has what its classes and queues dropped added up. The kernel
 * counts in 32 bits and anew with every new discipline; here it is added up from the first sight.
 * A host with many queues has thousands of disciplines, so they are listed every few seconds, and
 * more seldom where that takes long.
 */
#ifndef IFPULSE_QUEUE_DROPS_H
#define IFPULSE_QUEUE_DROPS_H

#include "map.h"
#include "netlink_socket.h"
#include "platform.h"

struct queue {
    uint64_t identity; /* of the interface */
    uint64_t total;
    uint32_t counted; /* by the kernel, when last looked at */
    bool is_known;
};

struct queue_drops {
    struct queue *queues; /* of the interfaces, in their order */
    size_t count;
    uint64_t due_ns;
};

void queue_drops_fini(struct queue_drops *drops);
/* Lists them when it is time. interfaces are found by their index in by_index. Where it fails what
 * is known stays. */
void queue_drops_read(struct queue_drops *drops, struct netlink_socket *socket,
    const struct interface_array *interfaces, const struct map *by_index);
/* Fills queue_drops of samples, which are in the order of the interfaces. */
void queue_drops_put(
    const struct queue_drops *drops, struct interface_sample *samples, size_t count);

/* Pure. 0, or -EPROTO for what is no root, or does not count. */
MUST_CHECK int queue_decode(
    const struct nlmsghdr *message, uint32_t *ret_index, uint32_t *ret_drops);

#endif
