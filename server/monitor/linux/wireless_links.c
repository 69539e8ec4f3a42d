#include "wireless_links.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/nl80211.h>
#include <string.h>

static const char family_name[] = "nl80211";

/* Top-level attributes by type; each decoder looks up those it wants. */
enum { ATTRIBUTES_MAX = 64 };
struct attributes {
    const struct nlattr *items[ATTRIBUTES_MAX];
};

static int take_attribute(const struct nlattr *attribute, void *context)
{
    struct attributes *attributes = context;
    uint16_t type = mnl_attr_get_type(attribute);
    if (type < ATTRIBUTES_MAX)
        attributes->items[type] = attribute;
    return MNL_CB_OK;
}

static bool parse(const struct nlmsghdr *message, struct attributes *ret_attributes)
{
    if (mnl_nlmsg_get_payload_len(message) < sizeof(struct genlmsghdr))
        return false;
    *ret_attributes = (struct attributes){0};
    netlink_parse(message, sizeof(struct genlmsghdr), take_attribute, ret_attributes);
    return true;
}

/* Like netlink_copy_payload, but all or nothing. */
static bool get(const struct attributes *attributes, int type, void *value, size_t size)
{
    const struct nlattr *attribute = attributes->items[type];
    return attribute && mnl_attr_get_payload_len(attribute) >= size &&
           netlink_copy_payload(attribute, value, size) == size;
}

int wireless_decode_family(const struct nlmsghdr *message, uint16_t *ret_family)
{
    struct attributes attributes;
    uint16_t family;
    if (!parse(message, &attributes) ||
        !get(&attributes, CTRL_ATTR_FAMILY_ID, &family, sizeof(family)))
        return -EPROTO;
    *ret_family = family;
    return 0;
}

int wireless_decode_interface(const struct nlmsghdr *message, struct wireless_link *ret_link)
{
    struct attributes attributes;
    struct wireless_link link = {0};
    if (!parse(message, &attributes) ||
        !get(&attributes, NL80211_ATTR_IFINDEX, &link.index, sizeof(link.index)))
        return -EPROTO;
    const struct nlattr *ssid = attributes.items[NL80211_ATTR_SSID];
    if (ssid && mnl_attr_get_payload_len(ssid) > 0) {
        netlink_copy_payload(ssid, link.ssid, sizeof(link.ssid) - 1);
        link.has_ssid = true;
    }
    *ret_link = link;
    return 0;
}

static void take_bitrate(const struct nlattr *attribute, struct wireless_link *link)
{
    struct attributes attributes = {0};
    uint32_t hundred_kbit;
    uint16_t hundred_kbit_short;
    if (mnl_attr_parse_nested(attribute, take_attribute, &attributes) < 0)
        return;
    if (get(&attributes, NL80211_RATE_INFO_BITRATE32, &hundred_kbit, sizeof(hundred_kbit)))
        link->bits_per_s = (uint64_t)hundred_kbit * 100000;
    else if (get(&attributes, NL80211_RATE_INFO_BITRATE, &hundred_kbit_short,
                 sizeof(hundred_kbit_short)))
        link->bits_per_s = (uint64_t)hundred_kbit_short * 100000;
    link->has_bitrate = link->bits_per_s > 0;
}

int wireless_decode_station(const struct nlmsghdr *message, struct wireless_link *link)
{
    struct attributes attributes, station = {0};
    if (!parse(message, &attributes) || !attributes.items[NL80211_ATTR_STA_INFO] ||
        mnl_attr_parse_nested(attributes.items[NL80211_ATTR_STA_INFO], take_attribute, &station) <
            0)
        return -EPROTO;
    if (get(&station, NL80211_STA_INFO_SIGNAL, &link->signal_dbm, sizeof(link->signal_dbm)))
        link->has_signal = true;
    if (station.items[NL80211_STA_INFO_TX_BITRATE])
        take_bitrate(station.items[NL80211_STA_INFO_TX_BITRATE], link);
    return 0;
}

static struct nlmsghdr *request(void *buffer, uint16_t family, uint8_t command)
{
    struct nlmsghdr *message = netlink_request(buffer, family);
    struct genlmsghdr *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
    header->cmd = command;
    header->version = 1;
    return message;
}

static int take_family(const struct nlmsghdr *message, void *context)
{
    return wireless_decode_family(message, context);
}

/* -ENOENT: the kernel has no such family now; a module may bring it later. */
static int find_family(struct wireless *wireless)
{
    _Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_BYTES];
    struct nlmsghdr *message = request(buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
    /* One answer, and an acknowledgement that ends it. */
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, family_name);
    wireless->family = 0;
    int result = netlink_dump(
        &wireless->netlink, message, &(struct netlink_sink){take_family, &wireless->family});
    return result == -ENOENT ? 0 : result;
}

int wireless_init(struct wireless *wireless)
{
    *wireless = (struct wireless){0};
    return netlink_open(&wireless->netlink, NETLINK_GENERIC);
}

void wireless_fini(struct wireless *wireless)
{
    if (!wireless)
        return;
    netlink_close(&wireless->netlink);
    free(wireless->links);
    *wireless = (struct wireless){0};
}

static int take_interface(const struct nlmsghdr *message, void *context)
{
    struct wireless *wireless = context;
    struct wireless_link link;
    if (wireless_decode_interface(message, &link) < 0)
        return 0; /* a P2P device without a network interface */
    if (wireless->count == wireless->capacity) {
        size_t larger = wireless->capacity ? wireless->capacity * 2 : 4;
        struct wireless_link *links = reallocarray(wireless->links, larger, sizeof(*links));
        if (!links)
            return -ENOMEM;
        wireless->links = links;
        wireless->capacity = larger;
    }
    wireless->links[wireless->count++] = link;
    return 0;
}

static struct wireless_link *find_link(struct wireless *wireless, uint64_t identity)
{
    for (size_t i = 0; i < wireless->count; i++)
        if (wireless->links[i].index == (identity & UINT32_MAX))
            return &wireless->links[i];
    return NULL;
}

static void put_facts(const struct wireless_link *link, struct network_interface *iface)
{
    PUT(iface, is_wireless, true);
    PUT(iface, type, NETWORK_WIFI);
    if (link->has_ssid)
        PUT_TEXT(iface, ssid, link->ssid);
}

int wireless_read_facts(struct wireless *wireless, struct interface_array *interfaces)
{
    wireless->count = 0;
    int result = find_family(wireless);
    if (result == 0 && wireless->family != 0) {
        _Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_BYTES];
        struct nlmsghdr *message = request(buffer, wireless->family, NL80211_CMD_GET_INTERFACE);
        result = netlink_dump(
            &wireless->netlink, message, &(struct netlink_sink){take_interface, wireless});
    }
    if (result < 0)
        return result;
    for (size_t i = 0; i < interfaces->count; i++) {
        struct network_interface *iface = &interfaces->items[i];
        const struct wireless_link *link = find_link(wireless, iface->identity);
        iface->status.signal_dbm = link ? NETWORK_UNAVAILABLE : NETWORK_NOT_APPLICABLE;
        iface->status.ssid = link ? NETWORK_UNAVAILABLE : NETWORK_NOT_APPLICABLE;
        if (link)
            put_facts(link, iface);
    }
    return 0;
}

static int take_station(const struct nlmsghdr *message, void *context)
{
    int result = wireless_decode_station(message, context);
    return result == -EPROTO ? 0 : result; /* a station without numbers */
}

/* An interface that is gone or not joined has no station. */
static void read_station(struct wireless *wireless, struct wireless_link *link)
{
    _Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_BYTES];
    struct nlmsghdr *message = request(buffer, wireless->family, NL80211_CMD_GET_STATION);
    mnl_attr_put_u32(message, NL80211_ATTR_IFINDEX, link->index);
    link->has_signal = false;
    link->has_bitrate = false;
    if (netlink_dump(&wireless->netlink, message, &(struct netlink_sink){take_station, link}) < 0)
        link->has_signal = link->has_bitrate = false;
}

static void put_signal(const struct wireless_link *link, struct interface_sample *sample)
{
    sample->has_radio = true;
    if (link->has_signal)
        PUT(sample, signal_dbm, link->signal_dbm);
    if (link->has_bitrate)
        PUT(sample, link_bits_per_s, link->bits_per_s);
}

void wireless_put_signals(struct wireless *wireless, struct interface_sample *samples, size_t count)
{
    for (size_t i = 0; wireless->count > 0 && i < count; i++) {
        struct wireless_link *link = find_link(wireless, samples[i].identity);
        if (!link)
            continue;
        read_station(wireless, link);
        put_signal(link, &samples[i]);
    }
}
