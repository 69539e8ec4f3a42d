#include "queue_drops.h"

#include "clock.h"
#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

static const uint64_t PAUSE_NS = UINT64_C(5000000000);
enum { PAUSE_PER_LISTING = 500 }; /* so that listing takes at most 0.2 % of the time */

void queue_drops_fini(struct queue_drops *drops)
{
    if (!drops)
        return;
    free(drops->queues);
    *drops = (struct queue_drops){0};
}

struct decoding {
    struct gnet_stats_queue stats;
    bool is_found;
};

static int take_stats(const struct nlattr *attribute, void *context)
{
    struct decoding *decoding = context;
    if (mnl_attr_get_type(attribute) == TCA_STATS_QUEUE)
        decoding->is_found = netlink_copy_payload(attribute, &decoding->stats,
                                 sizeof(decoding->stats)) == sizeof(decoding->stats);
    return MNL_CB_OK;
}

static int take_attribute(const struct nlattr *attribute, void *context)
{
    if (mnl_attr_get_type(attribute) == TCA_STATS2)
        (void)mnl_attr_parse_nested(attribute, take_stats, context);
    return MNL_CB_OK;
}

int queue_decode(const struct nlmsghdr *message, uint32_t *ret_index, uint32_t *ret_drops)
{
    if (message->nlmsg_type != RTM_NEWQDISC ||
        mnl_nlmsg_get_payload_len(message) < sizeof(struct tcmsg))
        return -EPROTO;
    const struct tcmsg *header = mnl_nlmsg_get_payload(message);
    struct decoding decoding = {0};
    netlink_parse(message, sizeof(*header), take_attribute, &decoding);
    if (header->tcm_parent != TC_H_ROOT || header->tcm_ifindex <= 0 || !decoding.is_found)
        return -EPROTO;
    *ret_index = (uint32_t)header->tcm_ifindex;
    *ret_drops = decoding.stats.drops;
    return 0;
}

/* The queue of that identity, looked for from where the last one was found. */
static struct queue *find(const struct queue_drops *drops, uint64_t identity, size_t *cursor)
{
    for (size_t i = *cursor; i < drops->count; i++)
        if (drops->queues[i].identity == identity) {
            *cursor = i + 1;
            return &drops->queues[i];
        }
    return NULL;
}

/* Makes the queues those of the interfaces. */
static int follow(struct queue_drops *drops, const struct interface_array *interfaces)
{
    struct queue *queues = calloc(interfaces->count + 1, sizeof(*queues));
    size_t cursor = 0;
    if (!queues)
        return -ENOMEM;
    for (size_t i = 0; i < interfaces->count; i++) {
        uint64_t identity = interfaces->items[i].identity;
        const struct queue *before = find(drops, identity, &cursor);
        queues[i] = before ? *before : (struct queue){.identity = identity};
    }
    free(drops->queues);
    drops->queues = queues;
    drops->count = interfaces->count;
    return 0;
}

struct listing {
    struct queue_drops *drops;
    const struct map *by_index;
};

static int take_queue(const struct nlmsghdr *message, void *context)
{
    struct listing *listing = context;
    uint32_t index, counted;
    if (queue_decode(message, &index, &counted) < 0)
        return 0;
    size_t at = map_find_index(listing->by_index, (struct map_key){.low = index});
    if (at >= listing->drops->count)
        return 0;
    struct queue *queue = &listing->drops->queues[at];
    /* Less than before: another discipline, or one that was reset. */
    queue->total += counted >= queue->counted ? counted - queue->counted : counted;
    queue->counted = counted;
    queue->is_known = true;
    return 0;
}

void queue_drops_read(struct queue_drops *drops, struct netlink_socket *socket,
    const struct interface_array *interfaces, const struct map *by_index)
{
    uint64_t start_ns = clock_monotonic_ns();
    if (start_ns < drops->due_ns)
        return;
    _Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_BYTES];
    struct nlmsghdr *request = netlink_request(buffer, RTM_GETQDISC);
    struct listing listing = {drops, by_index};
    mnl_nlmsg_put_extra_header(request, sizeof(struct tcmsg));
    int result = follow(drops, interfaces);
    if (result == 0)
        result = netlink_dump(socket, request, &(struct netlink_sink){take_queue, &listing});
    (void)result;
    uint64_t took_ns = clock_monotonic_ns() - start_ns, pause_ns = took_ns * PAUSE_PER_LISTING;
    drops->due_ns = start_ns + (pause_ns > PAUSE_NS ? pause_ns : PAUSE_NS);
}

void queue_drops_put(
    const struct queue_drops *drops, struct interface_sample *samples, size_t count)
{
    size_t cursor = 0;
    for (size_t i = 0; i < count; i++) {
        const struct queue *queue = find(drops, samples[i].identity, &cursor);
        if (queue && queue->is_known)
            PUT(&samples[i], queue_drops, queue->total);
    }
}
