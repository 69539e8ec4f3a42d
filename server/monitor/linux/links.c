#include "links.h"

#include "map.h"
#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

void link_array_fini(struct link_array *array)
{
    if (!array)
        return;
    free(array->items);
    *array = (struct link_array){0};
}

/* Copies a text attribute that the kernel may or may not have terminated. */
static void copy_text(char *text, size_t size, const struct nlattr *attribute)
{
    size_t there = mnl_attr_get_payload_len(attribute);
    const char *bytes = mnl_attr_get_payload(attribute);
    size_t length = strnlen(bytes, there < size - 1 ? there : size - 1);
    memset(text, 0, size);
    memcpy(text, bytes, length);
}

static bool get_u32(const struct nlattr *attribute, uint32_t *ret_value)
{
    if (mnl_attr_get_payload_len(attribute) < sizeof(*ret_value))
        return false;
    *ret_value = mnl_attr_get_u32(attribute);
    return true;
}

static void get_index(const struct nlattr *attribute, int32_t *ret_index)
{
    uint32_t value;
    if (get_u32(attribute, &value))
        *ret_index = (int32_t)value;
}

/* Tunnels that say only in their own data what they go through, and with which attribute. */
static const struct {
    const char *kind;
    uint16_t link_attribute;
} tunnels[] = {
    {"vxlan", IFLA_VXLAN_LINK},
    {"ipip", IFLA_IPTUN_LINK},
    {"sit", IFLA_IPTUN_LINK},
    {"ip6tnl", IFLA_IPTUN_LINK},
    {"gre", IFLA_GRE_LINK},
    {"gretap", IFLA_GRE_LINK},
    {"erspan", IFLA_GRE_LINK},
    {"ip6gre", IFLA_GRE_LINK},
    {"ip6gretap", IFLA_GRE_LINK},
    {"ip6erspan", IFLA_GRE_LINK},
    {"vti", IFLA_VTI_LINK},
    {"vti6", IFLA_VTI_LINK},
    {"xfrm", IFLA_XFRM_LINK},
};

/* A link being decoded. */
struct decoding {
    struct link link;
    const struct nlattr *data; /* of its kind */
    uint16_t link_attribute;   /* looked for in data */
};

static int take_data(const struct nlattr *attribute, void *context)
{
    struct decoding *decoding = context;
    if (mnl_attr_get_type(attribute) == decoding->link_attribute)
        get_index(attribute, &decoding->link.lower_index);
    return MNL_CB_OK;
}

static void take_tunnel(struct decoding *decoding)
{
    if (!decoding->data || decoding->link.lower_index != 0)
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(tunnels); i++) {
        if (strcmp(decoding->link.kind, tunnels[i].kind) != 0)
            continue;
        decoding->link_attribute = tunnels[i].link_attribute;
        (void)mnl_attr_parse_nested(decoding->data, take_data, decoding);
        return;
    }
}

static int take_info(const struct nlattr *attribute, void *context)
{
    struct decoding *decoding = context;
    if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND)
        copy_text(decoding->link.kind, sizeof(decoding->link.kind), attribute);
    if (mnl_attr_get_type(attribute) == IFLA_INFO_DATA)
        decoding->data = attribute;
    return MNL_CB_OK;
}

static int take_attribute(const struct nlattr *attribute, void *context)
{
    struct decoding *decoding = context;
    struct link *link = &decoding->link;
    switch (mnl_attr_get_type(attribute)) {
    case IFLA_IFNAME:
        copy_text(link->name, sizeof(link->name), attribute);
        break;
    case IFLA_IFALIAS:
        copy_text(link->alias, sizeof(link->alias), attribute);
        break;
    case IFLA_ADDRESS:
        link->address_size =
            (uint8_t)netlink_copy_payload(attribute, link->address, sizeof(link->address));
        break;
    case IFLA_MTU:
        link->has_mtu = get_u32(attribute, &link->mtu_bytes);
        break;
    case IFLA_LINK:
        get_index(attribute, &link->lower_index);
        break;
    case IFLA_MASTER:
        get_index(attribute, &link->master_index);
        break;
    case IFLA_LINK_NETNSID:
        link->is_lower_outside = true;
        get_index(attribute, &link->lower_netns_id);
        break;
    case IFLA_CARRIER_CHANGES:
        link->has_carrier_changes = get_u32(attribute, &link->carrier_changes);
        break;
    case IFLA_LINKINFO:
        (void)mnl_attr_parse_nested(attribute, take_info, decoding);
        break;
    default:
        break;
    }
    return MNL_CB_OK;
}

int link_decode(const struct nlmsghdr *message, struct link *ret_link)
{
    if (message->nlmsg_type != RTM_NEWLINK ||
        mnl_nlmsg_get_payload_len(message) < sizeof(struct ifinfomsg))
        return -EPROTO;
    const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
    struct decoding decoding = {.link = {.index = header->ifi_index,
                                    .hardware_type = header->ifi_type,
                                    .flags = header->ifi_flags,
                                    .lower_netns_id = -1}};
    netlink_parse(message, sizeof(*header), take_attribute, &decoding);
    take_tunnel(&decoding);
    if (decoding.link.index <= 0 || decoding.link.name[0] == '\0')
        return -EPROTO;
    *ret_link = decoding.link;
    return 0;
}

static int take_link(const struct nlmsghdr *message, void *context)
{
    struct link_array *links = context;
    if (message->nlmsg_type != RTM_NEWLINK)
        return 0;
    if (!MAKE_ROOM(links->items, links->count, links->capacity))
        return -ENOMEM;
    int result = link_decode(message, &links->items[links->count]);
    if (result == 0)
        links->count++;
    return result;
}

/* An interrupted dump may show a link twice; the later one is newer. */
static int keep_latest(struct link_array *links)
{
    CLEANUP(map_fini) struct map seen = {0};
    size_t kept = 0;
    for (size_t i = 0; i < links->count; i++) {
        struct map_key key = {.low = (uint64_t)links->items[i].index};
        size_t at = map_find_index(&seen, key);
        if (at == MAP_ABSENT) {
            at = kept++;
            int result = map_insert_index(&seen, key, at);
            if (result < 0)
                return result;
        }
        links->items[at] = links->items[i];
    }
    links->count = kept;
    return 0;
}

int links_read(struct netlink_socket *socket, struct link_array *ret_links)
{
    int result = NETLINK_INTERRUPTED;
    for (int i = 0; i < NETLINK_TRIES && result == NETLINK_INTERRUPTED; i++) {
        _Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_BYTES];
        struct nlmsghdr *request = netlink_request(buffer, RTM_GETLINK);
        mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
        mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
        ret_links->count = 0;
        result = netlink_dump(socket, request, &(struct netlink_sink){take_link, ret_links});
    }
    return result == NETLINK_INTERRUPTED ? keep_latest(ret_links) : result;
}

static int take_one(const struct nlmsghdr *message, void *context)
{
    return link_decode(message, context);
}

int link_read(struct netlink_socket *socket, int32_t index, struct link *ret_link)
{
    _Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_BYTES];
    struct nlmsghdr *request = netlink_request(buffer, RTM_GETLINK);
    struct link link = {0};
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    struct ifinfomsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
    header->ifi_index = index;
    mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    int result = netlink_dump(socket, request, &(struct netlink_sink){take_one, &link});
    if (result == 0)
        *ret_link = link;
    return result;
}

static const struct {
    uint16_t hardware_type;
    bool is_tunnel; /* its "hardware address" is an IP address */
    const char *name;
} hardware_names[] = {
    {ARPHRD_ETHER, false, "ether"},
    {ARPHRD_LOOPBACK, false, "loopback"},
    {ARPHRD_INFINIBAND, false, "infiniband"},
    {ARPHRD_IEEE1394, false, "ieee1394"},
    {ARPHRD_IEEE802154, false, "ieee802.15.4"},
    {ARPHRD_IEEE80211, false, "ieee802.11"},
    {ARPHRD_IEEE80211_PRISM, false, "ieee802.11/prism"},
    {ARPHRD_IEEE80211_RADIOTAP, false, "ieee802.11/radiotap"},
    {ARPHRD_PPP, false, "ppp"},
    {ARPHRD_SLIP, false, "slip"},
    {ARPHRD_CAN, false, "can"},
    {ARPHRD_RAWIP, false, "rawip"},
    {ARPHRD_NONE, false, "none"},
    {ARPHRD_VOID, false, "void"},
    {ARPHRD_NETLINK, false, "netlink"},
    {ARPHRD_TUNNEL, true, "ipip"},
    {ARPHRD_TUNNEL6, true, "tunnel6"},
    {ARPHRD_SIT, true, "sit"},
    {ARPHRD_IPGRE, true, "gre"},
    {ARPHRD_IP6GRE, true, "gre6"},
    {ARPHRD_PIMREG, true, "pimreg"},
};

static bool is_tunnel(uint16_t hardware_type)
{
    for (size_t i = 0; i < ARRAY_LENGTH(hardware_names); i++)
        if (hardware_names[i].hardware_type == hardware_type)
            return hardware_names[i].is_tunnel;
    return false;
}

static void put_kind(const struct link *link, struct network_interface *iface)
{
    char text[16];
    const char *kind = link->kind[0] != '\0' ? link->kind : NULL;
    for (size_t i = 0; !kind && i < ARRAY_LENGTH(hardware_names); i++)
        if (hardware_names[i].hardware_type == link->hardware_type)
            kind = hardware_names[i].name;
    if (!kind) {
        snprintf(text, sizeof(text), "arphrd-%u", link->hardware_type);
        kind = text;
    }
    PUT_TEXT(iface, kind, kind);
}

/* Without sysfs and nl80211, which may say better: wifi and cellular. */
static enum network_interface_type type_of(const struct link *link)
{
    if (link->hardware_type == ARPHRD_LOOPBACK)
        return NETWORK_LOOPBACK;
    if (strcmp(link->kind, "wwan") == 0 || strcmp(link->kind, "rmnet") == 0)
        return NETWORK_CELLULAR;
    if (link->kind[0] != '\0' || is_tunnel(link->hardware_type) ||
        link->hardware_type == ARPHRD_NETLINK)
        return NETWORK_VIRTUAL;
    return link->hardware_type == ARPHRD_ETHER ? NETWORK_ETHERNET : NETWORK_OTHER;
}

static void put_mac_address(const struct link *link, struct network_interface *iface)
{
    iface->status.mac_address = NETWORK_NOT_APPLICABLE;
    if (link->address_size == 0 || link->hardware_type == ARPHRD_LOOPBACK ||
        is_tunnel(link->hardware_type))
        return;
    char text[sizeof(iface->mac_address)];
    size_t length = 0;
    for (uint8_t i = 0; i < link->address_size && length + 4 < sizeof(text); i++)
        length += (size_t)snprintf(
            text + length, sizeof(text) - length, "%s%02x", i > 0 ? ":" : "", link->address[i]);
    PUT_TEXT(iface, mac_address, text);
}

void link_describe(const struct link *link, struct network_interface *iface)
{
    iface->identity = (uint64_t)link->index;
    iface->is_linked_outside = link->is_lower_outside;
    PUT_TEXT(iface, name, link->name);
    PUT(iface, type, type_of(link));
    put_kind(link, iface);
    iface->status.alias = NETWORK_NOT_APPLICABLE;
    if (link->alias[0] != '\0')
        PUT_TEXT(iface, alias, link->alias);
    PUT(iface, is_up, (link->flags & IFF_UP) != 0);
    PUT(iface, is_active, (link->flags & IFF_UP) && (link->flags & IFF_RUNNING));
    PUT(iface, is_loopback, (link->flags & IFF_LOOPBACK) != 0);
    PUT(iface, is_wireless, false);
    PUT(iface, is_point_to_point, (link->flags & IFF_POINTOPOINT) != 0);
    PUT(iface, supports_broadcast, (link->flags & IFF_BROADCAST) != 0);
    PUT(iface, supports_multicast, (link->flags & IFF_MULTICAST) != 0);
    put_mac_address(link, iface);
    iface->status.link_netns_id =
        link->is_lower_outside ? NETWORK_UNAVAILABLE : NETWORK_NOT_APPLICABLE;
    if (link->lower_netns_id >= 0)
        PUT(iface, link_netns_id, link->lower_netns_id);
    if (link->has_mtu)
        PUT(iface, mtu_bytes, link->mtu_bytes);
    if (link->has_carrier_changes)
        PUT(iface, carrier_changes, link->carrier_changes);
    iface->status.addresses = NETWORK_KNOWN;
    iface->status.lower = NETWORK_KNOWN;
}

/* Calls connect(upper, lower) for every pair: a link under its own lower link, and a port or
 * member under its master. */
struct pairs {
    const struct link_array *links;
    struct interface_array *interfaces;
    struct map by_index;
};

static struct network_interface *find_upper(struct pairs *pairs, int32_t index)
{
    size_t at = map_find_index(&pairs->by_index, (struct map_key){.low = (uint64_t)index});
    return index <= 0 || at == MAP_ABSENT ? NULL : &pairs->interfaces->items[at];
}

static void append_lower(struct network_interface *upper, const struct network_interface *lower)
{
    if (upper->lower.items)
        memcpy(upper->lower.items[upper->lower.count].text, lower->name, sizeof(lower->name));
    upper->lower.count++;
}

static void visit_pairs(struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->links->count; i++) {
        const struct link *link = &pairs->links->items[i];
        struct network_interface *iface = &pairs->interfaces->items[i];
        const struct network_interface *lower =
            link->is_lower_outside ? NULL : find_upper(pairs, link->lower_index);
        if (lower && lower != iface)
            append_lower(iface, lower);
        struct network_interface *master = find_upper(pairs, link->master_index);
        if (master && master != iface)
            append_lower(master, iface);
    }
}

static int allocate_lists(struct interface_array *interfaces)
{
    for (size_t i = 0; i < interfaces->count; i++) {
        struct network_name_list *lower = &interfaces->items[i].lower;
        uint32_t count = lower->count;
        lower->count = 0;
        if (count == 0)
            continue;
        lower->items = calloc(count, sizeof(*lower->items));
        if (!lower->items)
            return -ENOMEM;
    }
    return 0;
}

int links_connect(const struct link_array *links, struct interface_array *interfaces)
{
    struct pairs pairs = {.links = links, .interfaces = interfaces};
    int result = 0;
    for (size_t i = 0; result == 0 && i < links->count; i++)
        result = map_insert_index(
            &pairs.by_index, (struct map_key){.low = (uint64_t)links->items[i].index}, i);
    if (result == 0) {
        visit_pairs(&pairs); /* counts */
        result = allocate_lists(interfaces);
    }
    if (result == 0)
        visit_pairs(&pairs); /* fills */
    map_fini(&pairs.by_index);
    return result;
}
