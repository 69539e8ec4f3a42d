#include "mac.h"
#include "mirrors.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- addresses, each with its length in front --- */

enum { LENGTH_IPV4 = 16, LENGTH_IPV6 = 28, LENGTH_LINK = 20 };

struct address {
    bool is_ipv6;
    uint8_t bytes[16];
    unsigned prefix;
};

static struct address parse(const char *text)
{
    struct address address = {.is_ipv6 = strchr(text, ':')};
    char host[64];
    const char *slash = strchr(text, '/');
    snprintf(host, sizeof(host), "%.*s", (int)strcspn(text, "/"), text);
    address.prefix = slash ? (unsigned)atoi(slash + 1) : address.is_ipv6 ? 128 : 32;
    if (inet_pton(address.is_ipv6 ? AF_INET6 : AF_INET, host, address.bytes) != 1)
        fail("%s is no address", text);
    return address;
}

static void add_address(struct bytes *bytes, const struct address *address, uint16_t scope)
{
    uint8_t sockaddr[LENGTH_IPV6] = {address->is_ipv6 ? LENGTH_IPV6 : LENGTH_IPV4,
        address->is_ipv6 ? MIRROR_AF_INET6 : MIRROR_AF_INET};
    memcpy(sockaddr + (address->is_ipv6 ? 8 : 4), address->bytes, address->is_ipv6 ? 16 : 4);
    /* Within the kernel a link-local address holds its interface in bytes that are zero on the
     * wire. */
    if (address->is_ipv6 && address->bytes[0] == 0xfe && address->bytes[1] == 0x80) {
        sockaddr[10] = (uint8_t)(scope >> 8);
        sockaddr[11] = (uint8_t)scope;
    }
    bytes_add(bytes, sockaddr, sockaddr[0]);
}

/* Kept without the zeroes at its end, with a family that may be anything, padded to 4. */
static void add_mask(struct bytes *bytes, const struct address *address)
{
    size_t start = address->is_ipv6 ? 8 : 4, length = start;
    uint8_t mask[32] = {0, address->is_ipv6 ? MIRROR_AF_INET6 : 0xff};
    for (unsigned bit = 0; bit < address->prefix; bit++) {
        mask[start + bit / 8] |= (uint8_t)(0x80 >> bit % 8);
        length = start + bit / 8 + 1;
    }
    mask[0] = (uint8_t)(address->prefix == 0 ? 0 : length);
    bytes_add(bytes, mask, address->prefix == 0 ? 4 : length);
    bytes_pad(bytes, 4);
}

/* --- the list of interfaces --- */

static void parse_mac(const char *text, uint8_t mac[6])
{
    unsigned parts[6];
    if (sscanf(text, "%x:%x:%x:%x:%x:%x", &parts[0], &parts[1], &parts[2], &parts[3], &parts[4],
            &parts[5]) != 6)
        fail("%s is no MAC address", text);
    for (int i = 0; i < 6; i++)
        mac[i] = (uint8_t)parts[i];
}

static void add_link_address(struct bytes *bytes, const struct mac_interface *iface)
{
    struct mirror_link_address link = {
        .family = MIRROR_AF_LINK,
        .index = iface->index,
        .type = iface->type,
        .name_length = (uint8_t)strlen(iface->name),
        .address_length = iface->mac ? 6 : 0,
    };
    memcpy(link.data, iface->name, link.name_length);
    if (iface->mac)
        parse_mac(iface->mac, (uint8_t *)link.data + link.name_length);
    size_t length = 8u + link.name_length + link.address_length;
    link.length = (uint8_t)(length < LENGTH_LINK ? LENGTH_LINK : length);
    bytes_add(bytes, &link, link.length);
    bytes_pad(bytes, 4);
}

static void set_length(struct bytes *bytes, size_t start)
{
    uint16_t length = (uint16_t)(bytes->length - start);
    memcpy(bytes->at + start, &length, sizeof(length));
}

static struct mirror_if_data data_of(
    const struct mac_interface *iface, const struct mac_counters *counters)
{
    return (struct mirror_if_data){
        .type = iface->type,
        .address_length = iface->mac ? 6 : 0,
        .mtu = iface->mtu,
        .baudrate = iface->baudrate,
        .received_packets = counters->received_packets,
        .receive_errors = counters->receive_errors,
        .sent_packets = counters->sent_packets,
        .send_errors = counters->send_errors,
        .collisions = counters->collisions,
        .received_bytes = counters->received_bytes,
        .sent_bytes = counters->sent_bytes,
        .queue_drops = counters->queue_drops,
    };
}

static void add_interface_address(struct bytes *list, const char *text, uint16_t index)
{
    struct address address = parse(text), broadcast = address;
    struct mirror_address_message message = {
        .version = MIRROR_VERSION,
        .kind = MIRROR_ADDRESS,
        .addresses = 1 << 2 | 1 << 5 | (address.is_ipv6 ? 0 : 1 << 7),
        .index = index,
    };
    size_t start = list->length;
    bytes_add(list, &message, sizeof(message));
    add_mask(list, &address);
    add_address(list, &address, index);
    if (!address.is_ipv6) {
        broadcast.bytes[3] = 255;
        add_address(list, &broadcast, index);
    }
    set_length(list, start);
}

void mac_add_interface(struct bytes *list, const struct mac_interface *iface)
{
    struct mirror_if_message message = {
        .version = MIRROR_VERSION,
        .kind = MIRROR_INTERFACE,
        .addresses = 1 << 4,
        .flags = iface->flags,
        .index = iface->index,
        .queue_limit = 128,
        .data = data_of(iface, &iface->counters[0]),
    };
    /* Cut for programs that are not Apple's: whoever shows these shows nonsense. */
    message.data.received_bytes = (uint32_t)message.data.received_bytes & ~1023u;
    message.data.sent_bytes = (uint32_t)message.data.sent_bytes & ~1023u;
    size_t start = list->length;
    bytes_add(list, &message, sizeof(message));
    add_link_address(list, iface);
    set_length(list, start);
    for (size_t i = 0; i < 5 && iface->addresses[i]; i++)
        add_interface_address(list, iface->addresses[i], iface->index);
}

void mac_add_multicast(struct bytes *list, uint16_t index)
{
    struct address group = parse("224.0.0.1");
    struct mirror_multicast_message message = {
        .version = MIRROR_VERSION,
        .kind = MIRROR_MULTICAST,
        .addresses = 1 << 5,
        .index = index,
        .references = 1,
    };
    size_t start = list->length;
    bytes_add(list, &message, sizeof(message));
    add_address(list, &group, index);
    set_length(list, start);
}

void mac_answer_count(unsigned nth, uint32_t count)
{
    answer(nth, &count, sizeof(count), "sysctl.4.18.0.1.1");
}

/* --- one by one --- */

static void answer_counters(const struct mac_interface *iface)
{
    for (unsigned i = 0; i < 3; i++) {
        const struct mac_counters *counters = &iface->counters[i];
        if (i > 0 && counters->received_packets == 0)
            break;
        struct mirror_if_mib mib = {
            .flags = (uint32_t)iface->flags,
            .queue_drops = counters->send_drops,
            .data = data_of(iface, counters),
        };
        strncpy(mib.name, iface->name, sizeof(mib.name) - 1);
        answer(i + 1, &mib, sizeof(mib), "sysctl.4.18.0.2.%u.1", iface->index);
    }
}

static void answer_functional_type(const struct mac_interface *iface)
{
    struct mirror_if_request request = {.value = (uint32_t)iface->functional};
    strncpy(request.name, iface->name, sizeof(request.name) - 1);
    if (iface->functional == REFUSED)
        answer_error(1, "ENXIO", "interface.functional_type.%s", iface->name);
    else
        answer(1, &request, sizeof(request), "interface.functional_type.%s", iface->name);
}

static void answer_media(const struct mac_interface *iface, unsigned nth)
{
    struct mirror_media_request request = {
        .current = MEDIA_ETHERNET,
        .status = iface->media_status,
        .active = iface->media,
        .count = 1,
    };
    strncpy(request.name, iface->name, sizeof(request.name) - 1);
    if (iface->media_status == REFUSED)
        answer_error(nth, "EOPNOTSUPP", "interface.media.%s", iface->name);
    else
        answer(nth, &request, sizeof(request), "interface.media.%s", iface->name);
}

void mac_answer_second_media(const struct mac_interface *iface)
{
    answer_media(iface, 2);
}

static void answer_vlan(const struct mac_interface *iface)
{
    struct mirror_vlan_request request = {.tag = 7};
    if (!iface->parent) {
        answer_error(1, "EINVAL", "interface.vlan.%s", iface->name);
        return;
    }
    strncpy(request.parent, iface->parent, sizeof(request.parent) - 1);
    answer(1, &request, sizeof(request), "interface.vlan.%s", iface->name);
}

void mac_answer_details(const struct mac_interface *iface)
{
    answer_counters(iface);
    answer_functional_type(iface);
    answer_media(iface, 1);
    answer_vlan(iface);
}

void mac_answer_interfaces(const struct mac_interface *interfaces, size_t count)
{
    struct bytes list = {.length = 0};
    for (size_t i = 0; i < count; i++) {
        mac_add_interface(&list, &interfaces[i]);
        mac_add_multicast(&list, interfaces[i].index);
        mac_answer_details(&interfaces[i]);
    }
    answer(1, list.at, list.length, MAC_LIST);
    mac_answer_count(1, (uint32_t)count);
}

/* --- routes --- */

static void add_route(struct bytes *bytes, bool is_ipv6, const struct mac_route *route)
{
    struct address destination = parse(route->destination ? route->destination
                                       : is_ipv6          ? "::/0"
                                                          : "0.0.0.0/0");
    struct mirror_route_message message = {
        .version = MIRROR_VERSION,
        .kind = MIRROR_ROUTE,
        .index = route->interface,
        .flags = route->flags,
        .addresses = 1 << 0 | 1 << 1 | 1 << 2, /* destination, gateway, mask */
    };
    struct address gateway = parse(is_ipv6 ? "fe80::1" : "192.0.2.1");
    size_t start = bytes->length;
    bytes_add(bytes, &message, sizeof(message));
    add_address(bytes, &destination, 0);
    add_address(bytes, &gateway, route->interface);
    add_mask(bytes, &destination);
    set_length(bytes, start);
}

void mac_answer_routes(bool is_ipv6, const struct mac_route *routes, size_t count)
{
    struct bytes bytes = {.length = 0};
    for (size_t i = 0; i < count; i++)
        add_route(&bytes, is_ipv6, &routes[i]);
    answer(1, bytes.at, bytes.length, "sysctl.4.17.0.%d.1.0",
        is_ipv6 ? MIRROR_AF_INET6 : MIRROR_AF_INET);
}

/* --- the routing socket --- */

void mac_answer_route_event(unsigned nth, uint8_t kind, uint16_t index)
{
    struct mirror_old_if_message message = {
        .length =
            kind == ROUTE_NEW_ADDRESS ? sizeof(struct mirror_address_message) : sizeof(message),
        .version = MIRROR_VERSION,
        .kind = kind,
        .index = index,
    };
    answer(nth, &message, message.length, "event");
}
