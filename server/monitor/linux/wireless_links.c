#include "wireless_links.h"

#include "generic_family.h"
#include <errno.h>
#include <linux/nl80211.h>
#include <string.h>

int wireless_decode_interface(const struct nlmsghdr *message, struct wireless_link *ret_link)
{
    struct generic_attributes attributes;
    struct wireless_link link = {0};
    uint32_t type;
    if (!generic_parse(message, &attributes) ||
        !generic_get(&attributes, NL80211_ATTR_IFINDEX, &link.index, sizeof(link.index)))
        return -EPROTO;
    if (generic_get(&attributes, NL80211_ATTR_IFTYPE, &type, sizeof(type)))
        link.is_client = type == NL80211_IFTYPE_STATION || type == NL80211_IFTYPE_P2P_CLIENT;
    link.has_frequency = generic_get(
        &attributes, NL80211_ATTR_WIPHY_FREQ, &link.frequency_mhz, sizeof(link.frequency_mhz));
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
    struct generic_attributes attributes;
    uint32_t hundred_kbit;
    uint16_t hundred_kbit_short;
    if (!generic_parse_nested(attribute, &attributes))
        return;
    if (generic_get(&attributes, NL80211_RATE_INFO_BITRATE32, &hundred_kbit, sizeof(hundred_kbit)))
        link->bits_per_s = (uint64_t)hundred_kbit * 100000;
    else if (generic_get(&attributes, NL80211_RATE_INFO_BITRATE, &hundred_kbit_short,
                 sizeof(hundred_kbit_short)))
        link->bits_per_s = (uint64_t)hundred_kbit_short * 100000;
    link->has_bitrate = link->bits_per_s > 0;
}

int wireless_decode_station(const struct nlmsghdr *message, struct wireless_link *link)
{
    struct generic_attributes attributes, station;
    if (!generic_parse(message, &attributes) ||
        !generic_parse_nested(attributes.items[NL80211_ATTR_STA_INFO], &station))
        return -EPROTO;
    if (generic_get(&station, NL80211_STA_INFO_SIGNAL, &link->signal_dbm, sizeof(link->signal_dbm)))
        link->has_signal = true;
    if (station.items[NL80211_STA_INFO_TX_BITRATE])
        take_bitrate(station.items[NL80211_STA_INFO_TX_BITRATE], link);
    return 0;
}

void wireless_init(struct wireless *wireless, struct netlink_socket *socket)
{
    *wireless = (struct wireless){.socket = socket};
}

void wireless_fini(struct wireless *wireless)
{
    if (!wireless)
        return;
    free(wireless->links.items);
    free(wireless->next.items);
    *wireless = (struct wireless){0};
}

static int take_interface(const struct nlmsghdr *message, void *context)
{
    struct wireless_link_array *links = context;
    struct wireless_link link;
    if (wireless_decode_interface(message, &link) < 0)
        return 0; /* a P2P device without a network interface */
    if (!MAKE_ROOM(links->items, links->count, links->capacity))
        return -ENOMEM;
    links->items[links->count++] = link;
    return 0;
}

static int read_links(struct wireless *wireless, struct wireless_link_array *links)
{
    _Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_BYTES];
    struct nlmsghdr *request = generic_request(buffer, wireless->family, NL80211_CMD_GET_INTERFACE);
    links->count = 0;
    return netlink_dump(wireless->socket, request, &(struct netlink_sink){take_interface, links});
}

int wireless_read(struct wireless *wireless)
{
    wireless->links.count = 0;
    int result = generic_find_family(wireless->socket, NL80211_GENL_NAME, &wireless->family);
    if (result == 0 && wireless->family != 0)
        result = read_links(wireless, &wireless->links);
    return result < 0 ? result : 0;
}

static bool is_same(const struct wireless_link *one, const struct wireless_link *other)
{
    return one->index == other->index && one->is_client == other->is_client &&
           one->has_ssid == other->has_ssid && one->has_frequency == other->has_frequency &&
           one->frequency_mhz == other->frequency_mhz &&
           memcmp(one->ssid, other->ssid, sizeof(one->ssid)) == 0;
}

int wireless_look(struct wireless *wireless, bool *ret_changed)
{
    bool has_changed = false;
    if (wireless->links.count > 0) {
        int result = read_links(wireless, &wireless->next);
        if (result < 0)
            return result;
        has_changed = wireless->next.count != wireless->links.count;
        for (size_t i = 0; !has_changed && i < wireless->links.count; i++)
            has_changed = !is_same(&wireless->links.items[i], &wireless->next.items[i]);
    }
    *ret_changed = has_changed;
    return 0;
}

static struct wireless_link *find_link(const struct wireless *wireless, uint64_t identity)
{
    for (size_t i = 0; i < wireless->links.count; i++)
        if (wireless->links.items[i].index == (identity & UINT32_MAX))
            return &wireless->links.items[i];
    return NULL;
}

void wireless_put_facts(const struct wireless *wireless, struct network_interface *iface)
{
    const struct wireless_link *link = find_link(wireless, iface->identity);
    uint8_t otherwise = link ? NETWORK_UNAVAILABLE : NETWORK_NOT_APPLICABLE;
    iface->status.signal_dbm = link && !link->is_client ? NETWORK_NOT_APPLICABLE : otherwise;
    iface->status.ssid = otherwise;
    iface->status.frequency_mhz = otherwise;
    if (!link)
        return;
    PUT(iface, is_wireless, true);
    PUT(iface, type, NETWORK_WIFI);
    if (link->has_ssid)
        PUT_TEXT(iface, ssid, link->ssid);
    if (link->has_frequency)
        PUT(iface, frequency_mhz, link->frequency_mhz);
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
    struct nlmsghdr *request = generic_request(buffer, wireless->family, NL80211_CMD_GET_STATION);
    mnl_attr_put_u32(request, NL80211_ATTR_IFINDEX, link->index);
    link->has_signal = link->has_bitrate = false;
    if (netlink_dump(wireless->socket, request, &(struct netlink_sink){take_station, link}) < 0)
        link->has_signal = link->has_bitrate = false;
}

void wireless_put_signals(struct wireless *wireless, struct interface_sample *samples, size_t count)
{
    for (size_t i = 0; wireless->links.count > 0 && i < count; i++) {
        struct wireless_link *link = find_link(wireless, samples[i].identity);
        /* Whoever is an access point hears many, and none of them is its own signal. */
        if (!link || !link->is_client)
            continue;
        read_station(wireless, link);
        samples[i].has_radio = true;
        if (link->has_signal)
            PUT(&samples[i], signal_dbm, link->signal_dbm);
        if (link->has_bitrate)
            PUT(&samples[i], link_bits_per_s, link->bits_per_s);
    }
}
