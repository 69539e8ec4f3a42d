#include "default_route.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* Reserved and never given to anyone: 240.0.0.1 and 4000::1. */
static const uint8_t nowhere_ipv4[4] = {240, 0, 0, 1};
static const uint8_t nowhere_ipv6[16] = {0x40, [15] = 1};

struct attributes {
    const struct nlattr *table, *interface, *metric, *next_hops;
};

static int take_attribute(const struct nlattr *attribute, void *context)
{
    struct attributes *attributes = context;
    switch (mnl_attr_get_type(attribute)) {
    case RTA_TABLE:
        attributes->table = attribute;
        break;
    case RTA_OIF:
        attributes->interface = attribute;
        break;
    case RTA_PRIORITY:
        attributes->metric = attribute;
        break;
    case RTA_MULTIPATH:
        attributes->next_hops = attribute;
        break;
    default:
        break;
    }
    return MNL_CB_OK;
}

static uint32_t read_u32(const struct nlattr *attribute, uint32_t otherwise)
{
    uint32_t value = otherwise;
    if (attribute && mnl_attr_get_payload_len(attribute) >= sizeof(value))
        memcpy(&value, mnl_attr_get_payload(attribute), sizeof(value));
    return value;
}

/* The first next hop whose interface works; 0: there is none. The whole route is only dead when all
 * of them are. */
static uint32_t first_hop(const struct nlattr *attribute)
{
    const char *at = attribute ? mnl_attr_get_payload(attribute) : NULL;
    size_t left = attribute ? mnl_attr_get_payload_len(attribute) : 0;
    struct rtnexthop hop;
    while (left >= sizeof(hop)) {
        memcpy(&hop, at, sizeof(hop));
        if (!(hop.rtnh_flags & RTNH_F_DEAD))
            return (uint32_t)hop.rtnh_ifindex;
        size_t length = RTNH_ALIGN((size_t)hop.rtnh_len);
        if (hop.rtnh_len < sizeof(hop) || length > left)
            break;
        at += length;
        left -= length;
    }
    return 0;
}

int default_route_decode(const struct nlmsghdr *message, struct default_route *ret_route)
{
    if (message->nlmsg_type != RTM_NEWROUTE ||
        mnl_nlmsg_get_payload_len(message) < sizeof(struct rtmsg))
        return -EPROTO;
    const struct rtmsg *header = mnl_nlmsg_get_payload(message);
    if (header->rtm_dst_len != 0 || header->rtm_src_len != 0 || header->rtm_type != RTN_UNICAST ||
        header->rtm_flags & (RTM_F_CLONED | RTNH_F_DEAD))
        return -EPROTO;
    struct attributes attributes = {0};
    netlink_parse(message, sizeof(*header), take_attribute, &attributes);
    struct default_route route = {
        .index = read_u32(attributes.interface, 0), .metric = read_u32(attributes.metric, 0)};
    if (route.index == 0)
        route.index = first_hop(attributes.next_hops);
    if (route.index == 0 || read_u32(attributes.table, header->rtm_table) != RT_TABLE_MAIN)
        return -EPROTO;
    *ret_route = route;
    return 0;
}

/* Keeps the best; index 0: none yet. */
static int take_route(const struct nlmsghdr *message, void *context)
{
    struct default_route route, *best = context;
    if (default_route_decode(message, &route) == 0 &&
        (best->index == 0 || route.metric < best->metric))
        *best = route;
    return 0;
}

/* Whether the kernel's answer says what the default route is, or that there is none. */
static bool ask(struct netlink_socket *socket, uint8_t family, struct default_route *best)
{
    _Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_BYTES];
    bool is_ipv4 = family == AF_INET;
    const void *nowhere = is_ipv4 ? (const void *)nowhere_ipv4 : (const void *)nowhere_ipv6;
    uint8_t size = is_ipv4 ? sizeof(nowhere_ipv4) : sizeof(nowhere_ipv6);
    struct nlmsghdr *request = netlink_request(buffer, RTM_GETROUTE);
    /* One answer, and an acknowledgement that ends it. */
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    struct rtmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
    header->rtm_family = family;
    header->rtm_dst_len = size * 8;
    header->rtm_flags = RTM_F_FIB_MATCH | RTM_F_LOOKUP_TABLE;
    mnl_attr_put(request, RTA_DST, size, nowhere);
    int result = netlink_dump(socket, request, &(struct netlink_sink){take_route, best});
    return result == -ENETUNREACH || (result == 0 && best->index != 0);
}

static int walk(struct netlink_socket *socket, uint8_t family, struct default_route *best)
{
    _Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_BYTES];
    struct nlmsghdr *request = netlink_request(buffer, RTM_GETROUTE);
    struct rtmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
    header->rtm_family = family;
    header->rtm_table = RT_TABLE_MAIN;
    header->rtm_type = RTN_UNICAST;
    int result = netlink_dump_strictly(socket, request, &(struct netlink_sink){take_route, best});
    /* There may be no such table, and a kernel without IPv6 has no route by it. */
    bool is_none = result == -ENOENT || result == -EAFNOSUPPORT || result == -EOPNOTSUPP;
    return result < 0 && !is_none ? result : 0;
}

static int read_family(struct netlink_socket *socket, uint8_t family, uint32_t *ret_index)
{
    struct default_route best = {0};
    int result = ask(socket, family, &best) ? 0 : walk(socket, family, &best);
    if (result == 0)
        *ret_index = best.index;
    return result;
}

int default_route_read(struct netlink_socket *socket, uint32_t *ret_index)
{
    uint32_t index = 0;
    int result = read_family(socket, AF_INET, &index);
    if (result == 0 && index == 0)
        result = read_family(socket, AF_INET6, &index);
    if (result == 0)
        *ret_index = index;
    return result;
}
