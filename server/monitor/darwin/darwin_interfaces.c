#include "darwin_interfaces.h"

#include "darwin_counters.h"
#include "darwin_facts.h"
#include "darwin_wire.h"
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
            darwin_facts_port(interfaces, link->name)->type),
        .media = ask_media(interfaces, link->name),
        .baudrate = link->baudrate,
    };
    memcpy(item->name, link->name, sizeof(item->name));
    return darwin_facts_put(interfaces, link, item, iface);
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
        if (darwin_facts_speed(item) > 0)
            PUT(&read, link_bits_per_s, darwin_facts_speed(item));
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
