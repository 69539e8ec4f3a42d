#include "counters.h"

#include "map.h"
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

static void put_counters(const struct rtnl_link_stats64 *stats, struct interface_sample *sample)
{
    PUT(sample, bytes_received, stats->rx_bytes);
    PUT(sample, bytes_sent, stats->tx_bytes);
    PUT(sample, packets_received, stats->rx_packets);
    PUT(sample, packets_sent, stats->tx_packets);
    PUT(sample, receive_errors, stats->rx_errors);
    PUT(sample, send_errors, stats->tx_errors);
    PUT(sample, receive_drops, stats->rx_dropped + stats->rx_missed_errors);
    PUT(sample, send_drops, stats->tx_dropped);
    PUT(sample, collisions, stats->collisions);
    PUT(sample, receive_missed, stats->rx_missed_errors);
    PUT(sample, receive_overruns, stats->rx_over_errors + stats->rx_fifo_errors);
}

/* Looks for one attribute at the top level. */
struct wanted {
    uint16_t type;
    const struct nlattr *found;
};

static int take_attribute(const struct nlattr *attribute, void *context)
{
    struct wanted *wanted = context;
    if (mnl_attr_get_type(attribute) == wanted->type)
        wanted->found = attribute;
    return MNL_CB_OK;
}

int counters_decode(
    const struct nlmsghdr *message, uint32_t *ret_index, struct rtnl_link_stats64 *ret_stats)
{
    size_t size = mnl_nlmsg_get_payload_len(message), header_size;
    struct wanted wanted = {0};
    uint32_t index;
    if (message->nlmsg_type == RTM_NEWSTATS && size >= sizeof(struct if_stats_msg)) {
        index = ((const struct if_stats_msg *)mnl_nlmsg_get_payload(message))->ifindex;
        header_size = sizeof(struct if_stats_msg);
        wanted.type = IFLA_STATS_LINK_64;
    } else if (message->nlmsg_type == RTM_NEWLINK && size >= sizeof(struct ifinfomsg)) {
        index = (uint32_t)((const struct ifinfomsg *)mnl_nlmsg_get_payload(message))->ifi_index;
        header_size = sizeof(struct ifinfomsg);
        wanted.type = IFLA_STATS64;
    } else {
        return -EPROTO;
    }
    netlink_parse(message, header_size, take_attribute, &wanted);
    struct rtnl_link_stats64 stats;
    /* Everything up to that has been there since the struct was; the rest may be absent. */
    if (!wanted.found || netlink_copy_payload(wanted.found, &stats, sizeof(stats)) <
                             offsetof(struct rtnl_link_stats64, tx_aborted_errors))
        return -EPROTO;
    *ret_stats = stats;
    *ret_index = index;
    return 0;
}

struct filling {
    const struct interface_array *interfaces;
    struct sample_array *samples;
    struct map by_index;
    size_t next; /* where the interface after the last one found lies: mostly the next one too */
    bool has_missed;
};

static uint32_t index_of(const struct network_interface *iface)
{
    return (uint32_t)iface->identity;
}

static int index_interfaces(struct filling *filling)
{
    int result = 0;
    if (map_count(&filling->by_index) > 0)
        return 0;
    for (size_t i = 0; result == 0 && i < filling->interfaces->count; i++)
        result = map_insert_index(&filling->by_index,
            (struct map_key){.low = index_of(&filling->interfaces->items[i])}, i);
    return result;
}

/* Both dumps go through the devices in one order, so the map is made only when that fails. What is
 * not found from here on is new, or an interrupted dump's second look: ret_at is MAP_ABSENT. */
static int find_interface(struct filling *filling, uint32_t index, size_t *ret_at)
{
    size_t at = filling->next;
    if (at >= filling->interfaces->count || index_of(&filling->interfaces->items[at]) != index) {
        filling->has_missed = true;
        int result = index_interfaces(filling);
        if (result < 0)
            return result;
        at = map_find_index(&filling->by_index, (struct map_key){.low = index});
        if (at < filling->next)
            at = MAP_ABSENT;
    }
    filling->next = at == MAP_ABSENT ? filling->next : at + 1;
    *ret_at = at;
    return 0;
}

static int take_counters(const struct nlmsghdr *message, void *context)
{
    struct filling *filling = context;
    struct rtnl_link_stats64 stats;
    uint32_t index;
    size_t at;
    if (counters_decode(message, &index, &stats) < 0)
        return 0;
    int result = find_interface(filling, index, &at);
    if (result < 0 || at == MAP_ABSENT)
        return result;
    struct interface_sample *sample = sample_array_append(filling->samples);
    if (!sample)
        return -ENOMEM;
    sample->identity = filling->interfaces->items[at].identity;
    put_counters(&stats, sample);
    return 0;
}

static int dump_stats(struct netlink_socket *socket, const struct netlink_sink *sink)
{
    _Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_BYTES];
    struct nlmsghdr *request = netlink_request(buffer, RTM_GETSTATS);
    struct if_stats_msg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
    header->filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
    return netlink_dump(socket, request, sink);
}

static int dump_links(struct netlink_socket *socket, const struct netlink_sink *sink)
{
    _Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_BYTES];
    struct nlmsghdr *request = netlink_request(buffer, RTM_GETLINK);
    mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
    return netlink_dump(socket, request, sink);
}

static int dump(struct counters_reader *reader, const struct netlink_sink *sink)
{
    if (!reader->lacks_getstats) {
        int result = dump_stats(reader->socket, sink);
        if (result != -EOPNOTSUPP && result != -EINVAL)
            return result;
        reader->lacks_getstats = true;
    }
    return dump_links(reader->socket, sink);
}

int counters_read(struct counters_reader *reader, const struct interface_array *interfaces,
    struct sample_array *ret_samples, bool *ret_missed)
{
    struct filling filling = {.interfaces = interfaces, .samples = ret_samples};
    int result = dump(reader, &(struct netlink_sink){take_counters, &filling});
    map_fini(&filling.by_index);
    if (result < 0)
        return result;
    /* An interrupted dump is good enough: what it missed is read again with the facts. */
    *ret_missed =
        result == NETLINK_INTERRUPTED || filling.has_missed || filling.next < interfaces->count;
    return 0;
}
