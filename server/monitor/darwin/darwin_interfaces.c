#include "darwin_interfaces.h"

#include "darwin_counters.h"
#include "darwin_wire.h"
#include <stdio.h>
#include <sys/socket.h>

#define ROUTES_NS UINT64_C(1000000000)

int darwin_interfaces_init(struct darwin_interfaces *interfaces, struct darwin_ask *ask)
{
    *interfaces = (struct darwin_interfaces){.ask = ask, .ports_result = -EAGAIN};
    return darwin_radios_new(&interfaces->radios);
}

void darwin_interfaces_fini(struct darwin_interfaces *interfaces)
{
    if (!interfaces)
        return;
    darwin_radios_free(interfaces->radios);
    buffer_fini(&interfaces->answer);
    darwin_links_fini(&interfaces->links);
    darwin_routes_fini(&interfaces->routes);
    darwin_ports_fini(&interfaces->ports);
    free(interfaces->devices);
    free(interfaces->items);
}

const char *darwin_interfaces_name(const struct darwin_interfaces *interfaces, uint32_t index)
{
    for (size_t i = 0; i < interfaces->count; i++)
        if (interfaces->items[i].index == index)
            return interfaces->items[i].name;
    return NULL;
}

bool darwin_interfaces_have_radio(const struct darwin_interfaces *interfaces)
{
    for (size_t i = 0; i < interfaces->count; i++)
        if (interfaces->items[i].kind.is_wireless)
            return true;
    return false;
}

/* --- which device it is --- */

void darwin_interfaces_note_attached(struct darwin_interfaces *interfaces, const char *name)
{
    for (size_t i = 0; i < interfaces->device_count; i++)
        if (strcmp(interfaces->devices[i].name, name) == 0)
            interfaces->devices[i].is_present = false;
}

static struct darwin_device *find_device(
    struct darwin_interfaces *interfaces, const struct darwin_link *link)
{
    for (size_t i = 0; i < interfaces->device_count; i++)
        if (interfaces->devices[i].index == link->index)
            return &interfaces->devices[i];
    if (!MAKE_ROOM(interfaces->devices, interfaces->device_count, interfaces->device_capacity))
        return NULL;
    struct darwin_device *device = &interfaces->devices[interfaces->device_count++];
    *device = (struct darwin_device){.index = link->index, .ordinal = UINT32_MAX};
    return device;
}

/* Another one has the number when it was away, or has another name. */
static struct darwin_device *note_device(
    struct darwin_interfaces *interfaces, const struct darwin_link *link)
{
    struct darwin_device *device = find_device(interfaces, link);
    if (!device)
        return NULL;
    if (!device->is_present || strcmp(device->name, link->name) != 0)
        device->ordinal++;
    memcpy(device->name, link->name, sizeof(device->name));
    device->is_present = true;
    return device;
}

static bool has_link(const struct darwin_links *links, uint32_t index)
{
    for (size_t i = 0; i < links->count; i++)
        if (links->items[i].index == index)
            return true;
    return false;
}

static void part_missing(struct darwin_interfaces *interfaces)
{
    for (size_t i = 0; i < interfaces->device_count; i++)
        interfaces->devices[i].is_present &=
            has_link(&interfaces->links, interfaces->devices[i].index);
}

/* --- what is asked --- */

/* The list, or what getifaddrs(3) has of it where the kernel does not give it. */
static int read_links(struct darwin_interfaces *interfaces)
{
    static const struct darwin_table table = {
        .mib = {DARWIN_CTL_NET, DARWIN_PF_ROUTE, 0, 0, DARWIN_NET_RT_IFLIST2, 0}, .length = 6};
    size_t announced;
    int result = darwin_ask_table(interfaces->ask, &table, &interfaces->answer, &announced);
    if (result == 0)
        result = darwin_links_read((const uint8_t *)interfaces->answer.bytes,
            interfaces->answer.length, &interfaces->links);
    if (result == 0 || result == -ENOMEM)
        return result;
    return darwin_sys_list_links(interfaces->ask->sys, &interfaces->links);
}

static int read_routes_of(struct darwin_interfaces *interfaces, int family)
{
    struct darwin_table table = {
        .mib = {DARWIN_CTL_NET, DARWIN_PF_ROUTE, 0, family, DARWIN_NET_RT_DUMP, 0}, .length = 6};
    size_t announced;
    int result = darwin_ask_table(interfaces->ask, &table, &interfaces->answer, &announced);
    if (result == 0)
        result = darwin_routes_read((const uint8_t *)interfaces->answer.bytes,
            interfaces->answer.length, &interfaces->routes);
    return result;
}

/* Whatever of them cannot be read is as if there were none: no interface is the primary one then,
 * and connections show no interface. */
static int read_routes(struct darwin_interfaces *interfaces, uint64_t now_ns)
{
    interfaces->routes.count = 0;
    int result = read_routes_of(interfaces, DARWIN_AF_INET);
    if (result != -ENOMEM)
        result = read_routes_of(interfaces, DARWIN_AF_INET6);
    uint32_t index = darwin_routes_default(&interfaces->routes, AF_INET);
    interfaces->primary_index =
        index ? index : darwin_routes_default(&interfaces->routes, AF_INET6);
    interfaces->routes_read_ns = now_ns;
    return result == -ENOMEM ? result : 0;
}

/* The kernel's own count; 0 where it does not say. */
static uint32_t count_interfaces(struct darwin_interfaces *interfaces)
{
    static const struct darwin_table table = {
        .mib = {DARWIN_CTL_NET, DARWIN_PF_LINK, DARWIN_NETLINK_GENERIC, DARWIN_IFMIB_SYSTEM,
            DARWIN_IFMIB_IFCOUNT},
        .length = 5};
    uint32_t count = 0;
    size_t size = sizeof(count);
    return darwin_ask_fixed(interfaces->ask, &table, &count, &size) == 0 && size == sizeof(count)
               ? count
               : 0;
}

/* Frameworks are slow, and ports change only when interfaces come and go. */
static int read_ports(struct darwin_interfaces *interfaces, bool is_needed)
{
    if (!is_needed && interfaces->ports_result != -EAGAIN)
        return 0;
    interfaces->ports.count = 0;
    interfaces->ports_result = darwin_frameworks_read_ports(&interfaces->ports);
    return interfaces->ports_result == -ENOMEM ? -ENOMEM : 0;
}

static const struct darwin_port *find_port(
    const struct darwin_interfaces *interfaces, const char *name)
{
    static const struct darwin_port none;
    for (size_t i = 0; i < interfaces->ports.count; i++)
        if (strcmp(interfaces->ports.items[i].name, name) == 0)
            return &interfaces->ports.items[i];
    return &none;
}

static int ask_functional_type(struct darwin_interfaces *interfaces, const char *name)
{
    uint8_t bytes[DARWIN_INTERFACE_ANSWER];
    size_t size;
    if (darwin_ask_interface(interfaces->ask, DARWIN_FUNCTIONAL_TYPE, name, bytes, &size) < 0)
        return -1;
    return darwin_functional_type(bytes, size);
}

static struct darwin_media ask_media(struct darwin_interfaces *interfaces, const char *name)
{
    uint8_t bytes[DARWIN_INTERFACE_ANSWER];
    size_t size = 0;
    if (darwin_ask_interface(interfaces->ask, DARWIN_MEDIA, name, bytes, &size) < 0)
        size = 0;
    return darwin_media_of(bytes, size);
}

/* --- facts --- */

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

/* bit/s; 0: not known. Software has none, whatever its driver says. */
static uint64_t speed_of(const struct darwin_interface *item)
{
    if (item->kind.type == NETWORK_LOOPBACK || item->kind.type == NETWORK_VIRTUAL)
        return 0;
    if (item->media.says_active && !item->media.is_active)
        return 0;
    return item->media.bits_per_s ? item->media.bits_per_s : item->baudrate;
}

static void put_medium(struct network_interface *iface, const struct darwin_interface *item)
{
    bool has_medium = item->kind.type != NETWORK_LOOPBACK && item->kind.type != NETWORK_VIRTUAL;
    uint8_t unknown = has_medium ? NETWORK_UNAVAILABLE : NETWORK_NOT_APPLICABLE;
    uint64_t speed = speed_of(item);
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
    const struct darwin_port *port = find_port(interfaces, iface->name);
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

static int put_facts(struct darwin_interfaces *interfaces, const struct darwin_link *link,
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

static int read_one(struct darwin_interfaces *interfaces, const struct darwin_link *link,
    struct interface_array *ret_interfaces)
{
    const struct darwin_device *device = note_device(interfaces, link);
    struct network_interface *iface = interface_array_append(ret_interfaces);
    if (!device || !iface || !MAKE_ROOM(interfaces->items, interfaces->count, interfaces->capacity))
        return -ENOMEM;
    struct darwin_interface *item = &interfaces->items[interfaces->count++];
    *item = (struct darwin_interface){
        .identity = (uint64_t)device->ordinal << 32 | link->index,
        .index = link->index,
        .kind = darwin_kind_of(link, ask_functional_type(interfaces, link->name),
            find_port(interfaces, link->name)->type),
        .media = ask_media(interfaces, link->name),
        .baudrate = link->baudrate,
    };
    memcpy(item->name, link->name, sizeof(item->name));
    return put_facts(interfaces, link, item, iface);
}

static int watch_radios(struct darwin_interfaces *interfaces)
{
    CLEANUP(free_p) const char **names = calloc(interfaces->count + 1, sizeof(*names));
    size_t count = 0;
    if (!names)
        return -ENOMEM;
    for (size_t i = 0; i < interfaces->count; i++)
        if (interfaces->items[i].kind.is_wireless)
            names[count++] = interfaces->items[i].name;
    return darwin_radios_watch(interfaces->radios, names, count);
}

static bool has_new_links(const struct darwin_interfaces *interfaces)
{
    if (interfaces->links.count != interfaces->count)
        return true;
    for (size_t i = 0; i < interfaces->count; i++)
        if (strcmp(interfaces->links.items[i].name, interfaces->items[i].name) != 0)
            return true;
    return false;
}

int darwin_interfaces_read(
    struct darwin_interfaces *interfaces, uint64_t now_ns, struct interface_array *ret_interfaces)
{
    uint32_t announced = count_interfaces(interfaces);
    int result = read_links(interfaces);
    if (result == 0)
        result = read_routes(interfaces, now_ns);
    if (result == 0)
        result = read_ports(interfaces, has_new_links(interfaces));
    if (result < 0)
        return result;
    part_missing(interfaces);
    interfaces->count = 0;
    for (size_t i = 0; result == 0 && i < interfaces->links.count; i++)
        result = read_one(interfaces, &interfaces->links.items[i], ret_interfaces);
    interfaces->announced = announced;
    return result == 0 ? watch_radios(interfaces) : result;
}

/* --- samples --- */

/* Whether what the radio says of its network is not what was told with the facts. */
static bool put_radio_sample(struct darwin_interfaces *interfaces,
    const struct darwin_interface *item, struct interface_sample *sample)
{
    struct darwin_radio radio = {0};
    sample->has_radio = true;
    sample->status.signal_dbm = sample->status.link_bits_per_s = NETWORK_UNAVAILABLE;
    bool is_joined =
        darwin_radios_find(interfaces->radios, item->name, &radio) == 0 && radio.is_joined;
    if (is_joined && radio.signal_dbm != 0)
        PUT(sample, signal_dbm, radio.signal_dbm);
    if (is_joined && radio.transmit_mbit_per_s > 0)
        PUT(sample, link_bits_per_s, (uint64_t)(radio.transmit_mbit_per_s * 1e6));
    if (!is_joined)
        memset(&radio, 0, sizeof(radio));
    return radio.frequency_mhz != item->frequency_mhz || strcmp(radio.ssid, item->ssid) != 0;
}

/* Only links where stations wait for each other have any. */
static void put_collisions(const struct darwin_interface *item, struct interface_sample *sample)
{
    if (item->kind.type != NETWORK_ETHERNET)
        sample->status.collisions = NETWORK_NOT_APPLICABLE;
}

/* 0, PLATFORM_CHANGED or -errno. */
static int sample_one(struct darwin_interfaces *interfaces, const struct darwin_interface *item,
    struct sample_array *ret_samples)
{
    struct darwin_table table = {.mib = {DARWIN_CTL_NET, DARWIN_PF_LINK, DARWIN_NETLINK_GENERIC,
                                     DARWIN_IFMIB_IFDATA, (int)item->index, DARWIN_IFDATA_GENERAL},
        .length = 6};
    uint8_t bytes[IFMD_SIZE + 64];
    size_t size = sizeof(bytes);
    struct interface_sample read = {.identity = item->identity};
    int result = darwin_ask_fixed(interfaces->ask, &table, bytes, &size);
    if (result == 0)
        result = darwin_counters_read(bytes, size, item->name, &read);
    if (result == -ENOENT || result == -ENXIO || result == DARWIN_COUNTERS_OF_ANOTHER)
        return PLATFORM_CHANGED;
    if (result < 0)
        return result;
    put_collisions(item, &read);
    bool has_changed = item->kind.is_wireless && put_radio_sample(interfaces, item, &read);
    if (!item->kind.is_wireless) {
        read.status.signal_dbm = NETWORK_NOT_APPLICABLE;
        if (speed_of(item) > 0)
            PUT(&read, link_bits_per_s, speed_of(item));
    }
    struct interface_sample *sample = sample_array_append(ret_samples);
    if (!sample)
        return -ENOMEM;
    *sample = read;
    return has_changed ? PLATFORM_CHANGED : 0;
}

/* Whether the default route leads elsewhere by now. */
static int look_at_routes(struct darwin_interfaces *interfaces, uint64_t now_ns)
{
    uint32_t before = interfaces->primary_index;
    if (now_ns < interfaces->routes_read_ns + ROUTES_NS)
        return 0;
    int result = read_routes(interfaces, now_ns);
    if (result < 0)
        return result;
    return interfaces->primary_index != before ? PLATFORM_CHANGED : 0;
}

int darwin_interfaces_sample(
    struct darwin_interfaces *interfaces, uint64_t now_ns, struct sample_array *ret_samples)
{
    int changed = look_at_routes(interfaces, now_ns);
    if (changed < 0)
        return changed;
    if (interfaces->announced != 0 && count_interfaces(interfaces) != interfaces->announced)
        changed = PLATFORM_CHANGED;
    darwin_radios_wake(interfaces->radios);
    for (size_t i = 0; i < interfaces->count; i++) {
        int result = sample_one(interfaces, &interfaces->items[i], ret_samples);
        if (result < 0)
            return result;
        changed |= result;
    }
    return changed;
}
