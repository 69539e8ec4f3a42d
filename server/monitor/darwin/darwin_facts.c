#include "darwin_facts.h"

#include "darwin_wire.h"
#include <stdio.h>
#include <sys/socket.h>

const struct darwin_port *darwin_facts_port(
    const struct darwin_interfaces *interfaces, const char *name)
{
    static const struct darwin_port none;
    for (size_t i = 0; i < interfaces->ports.count; i++)
        if (strcmp(interfaces->ports.items[i].name, name) == 0)
            return &interfaces->ports.items[i];
    return &none;
}

uint64_t darwin_facts_speed(const struct darwin_interface *item)
{
    if (item->kind.type == NETWORK_LOOPBACK || item->kind.type == NETWORK_VIRTUAL)
        return 0;
    if (item->media.says_active && !item->media.is_active)
        return 0;
    return item->media.bits_per_s ? item->media.bits_per_s : item->baudrate;
}

static void put_flags(struct network_interface *iface, const struct darwin_link *link,
    const struct darwin_media *media)
{
    bool is_up = link->flags & IFF_IS_UP;
    bool is_running = link->flags & IFF_IS_RUNNING;
    /* A port without a cable keeps its running flag. */
    if (media->says_active)
        is_running &= media->is_active;
    PUT(iface, is_up, is_up);
    PUT(iface, is_active, is_up && is_running);
    PUT(iface, is_point_to_point, (link->flags & IFF_IS_POINTOPOINT) != 0);
    PUT(iface, supports_broadcast, (link->flags & IFF_IS_BROADCAST) != 0);
    PUT(iface, supports_multicast, (link->flags & IFF_IS_MULTICAST) != 0);
}

static void put_mac(struct network_interface *iface, const struct darwin_link *link)
{
    char text[3 * sizeof(link->mac)] = "";
    if (link->mac_length == 0) {
        iface->status.mac_address = NETWORK_NOT_APPLICABLE;
        return;
    }
    for (unsigned i = 0; i < link->mac_length; i++)
        snprintf(text + 3 * i, sizeof(text) - 3 * i, "%02x%s", link->mac[i],
            i + 1 < link->mac_length ? ":" : "");
    PUT_TEXT(iface, mac_address, text);
}

/* IPv4 first, and else in the kernel's order. */
static int put_addresses(struct network_interface *iface, const struct darwin_links *links,
    const struct darwin_link *link)
{
    const struct network_address *addresses = links->addresses + link->first_address;
    if (link->address_count > 0) {
        iface->addresses.items = calloc(link->address_count, sizeof(*addresses));
        if (!iface->addresses.items)
            return -ENOMEM;
    }
    for (int is_ipv6 = 0; is_ipv6 < 2; is_ipv6++)
        for (size_t i = 0; i < link->address_count; i++)
            if ((addresses[i].family == AF_INET6) == is_ipv6)
                iface->addresses.items[iface->addresses.count++] = addresses[i];
    iface->status.addresses = NETWORK_KNOWN;
    return 0;
}

/* The one below a VLAN. What carries a bridge or a bond is not asked: by its kind alone it does not
 * count. */
static int put_lower(struct darwin_interfaces *interfaces, struct network_interface *iface,
    const struct darwin_link *link)
{
    uint8_t bytes[DARWIN_INTERFACE_ANSWER];
    char parent[VLAN_PARENT_SIZE] = "";
    size_t size;
    iface->status.lower = NETWORK_KNOWN;
    if (link->type != IFT_IS_L2VLAN ||
        darwin_ask_interface(interfaces->ask, DARWIN_VLAN, link->name, bytes, &size) < 0 ||
        size < VLAN_SIZE)
        return 0;
    memcpy(parent, bytes + VLAN_PARENT, sizeof(parent) - 1);
    for (size_t i = 0; i < interfaces->links.count && iface->lower.count == 0; i++) {
        if (strcmp(interfaces->links.items[i].name, parent) != 0)
            continue;
        iface->lower.items = calloc(1, sizeof(*iface->lower.items));
        if (!iface->lower.items)
            return -ENOMEM;
        memcpy(iface->lower.items[0].text, parent, sizeof(parent));
        iface->lower.count = 1;
    }
    return 0;
}

static void put_medium(struct network_interface *iface, const struct darwin_interface *item)
{
    bool has_medium = item->kind.type != NETWORK_LOOPBACK && item->kind.type != NETWORK_VIRTUAL;
    uint8_t unknown = has_medium ? NETWORK_UNAVAILABLE : NETWORK_NOT_APPLICABLE;
    uint64_t speed = darwin_facts_speed(item);
    iface->status.link_bits_per_s = iface->status.duplex = unknown;
    if (item->kind.is_wireless)
        iface->status.duplex = NETWORK_NOT_APPLICABLE;
    else if (has_medium && item->media.has_duplex && item->media.is_active)
        PUT(iface, duplex, item->media.duplex);
    if (speed > 0 && !item->kind.is_wireless)
        PUT(iface, link_bits_per_s, speed);
}

static void put_port(struct network_interface *iface, const struct darwin_interfaces *interfaces)
{
    const struct darwin_port *port = darwin_facts_port(interfaces, iface->name);
    bool was_asked = interfaces->ports_result == 0;
    iface->status.driver = iface->status.alias =
        was_asked ? NETWORK_NOT_APPLICABLE : NETWORK_NOT_SUPPORTED;
    if (port->driver[0])
        PUT_TEXT(iface, driver, port->driver);
    if (port->title[0])
        PUT_TEXT(iface, alias, port->title);
}

/* Its signal and speed come with the samples. */
static void put_radio(struct network_interface *iface, struct darwin_interfaces *interfaces,
    struct darwin_interface *item)
{
    struct darwin_radio radio;
    PUT(iface, is_wireless, item->kind.is_wireless);
    iface->status.signal_dbm = iface->status.ssid = iface->status.frequency_mhz =
        NETWORK_NOT_APPLICABLE;
    if (!item->kind.is_wireless)
        return;
    iface->status.signal_dbm = iface->status.ssid = iface->status.frequency_mhz =
        NETWORK_UNAVAILABLE;
    if (darwin_radios_find(interfaces->radios, item->name, &radio) < 0 || !radio.is_joined)
        return;
    if (radio.frequency_mhz > 0)
        PUT(iface, frequency_mhz, radio.frequency_mhz);
    if (radio.ssid[0])
        PUT_TEXT(iface, ssid, radio.ssid);
    else
        iface->status.ssid = NETWORK_PERMISSION; /* Location Services */
    item->frequency_mhz = radio.frequency_mhz;
    memcpy(item->ssid, radio.ssid, sizeof(item->ssid));
}

/* What macOS has no such thing of. */
static void put_absent(struct network_interface *iface)
{
    iface->status.netns = NETWORK_NOT_APPLICABLE;
    iface->status.link_netns_id = NETWORK_NOT_APPLICABLE;
    iface->status.receive_ring = NETWORK_NOT_SUPPORTED;
    iface->status.carrier_changes = NETWORK_NOT_SUPPORTED;
}

int darwin_facts_put(struct darwin_interfaces *interfaces, const struct darwin_link *link,
    struct darwin_interface *item, struct network_interface *iface)
{
    iface->identity = item->identity;
    PUT_TEXT(iface, name, link->name);
    PUT(iface, type, item->kind.type);
    PUT_TEXT(iface, kind, item->kind.word);
    PUT(iface, is_loopback, item->kind.type == NETWORK_LOOPBACK);
    PUT(iface, is_primary, link->index == interfaces->primary_index);
    PUT(iface, mtu_bytes, link->mtu_bytes);
    put_flags(iface, link, &item->media);
    put_mac(iface, link);
    put_medium(iface, item);
    put_port(iface, interfaces);
    put_radio(iface, interfaces, item);
    put_absent(iface);
    int result = put_addresses(iface, &interfaces->links, link);
    return result == 0 ? put_lower(interfaces, iface, link) : result;
}
