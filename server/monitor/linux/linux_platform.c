#include "platform.h"

#include "addresses.h"
#include "announcements.h"
#include "counters.h"
#include "device_facts.h"
#include "ethtool_facts.h"
#include "links.h"
#include "linux_capabilities.h"
#include "owners.h"
#include "sockets.h"
#include "units.h"
#include "wireless_links.h"
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Facts are read again when they were announced to have changed, and this often anyway. */
#define RECONCILE_NS UINT64_C(60000000000)

struct platform {
    struct netlink_socket route;
    int announcements, ioctl_socket;
    struct wireless wireless;
    struct sockets sockets;
    struct owners owners;
    struct units units;
    struct counters_reader counters;
    struct link_array links;
    struct interface_array facts; /* kept; without counters */
    struct map name_by_index;     /* to facts */
    struct map gone;              /* by ifindex, how many devices that had it are no more */
    bool is_stale;
    uint64_t facts_ns;
    struct network_capability capabilities[CAPABILITIES];
};
DEFINE_CLEANUP(struct platform, platform_close)

void platform_close(struct platform *platform)
{
    if (!platform)
        return;
    netlink_close(&platform->route);
    wireless_fini(&platform->wireless);
    sockets_fini(&platform->sockets);
    owners_fini(&platform->owners);
    units_fini(&platform->units);
    link_array_fini(&platform->links);
    interface_array_fini(&platform->facts);
    map_fini(&platform->name_by_index);
    map_fini(&platform->gone);
    if (platform->announcements >= 0)
        close(platform->announcements);
    if (platform->ioctl_socket >= 0)
        close(platform->ioctl_socket);
    free(platform);
}

static int open_sockets(struct platform *platform)
{
    platform->ioctl_socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (platform->ioctl_socket < 0)
        return -errno;
    /* Joined before anything is read, so that no change falls between. */
    int result = announcements_open(&platform->announcements);
    if (result == 0)
        result = netlink_open(&platform->route, NETLINK_ROUTE);
    if (result == 0)
        result = wireless_init(&platform->wireless);
    if (result == 0)
        result = sockets_init(&platform->sockets);
    if (result == 0)
        result = units_init(&platform->units);
    linux_capability_put_units(&platform->capabilities[CAPABILITY_UNITS], platform->units.root);
    return result;
}

int platform_open(const struct platform_options *options, struct platform **ret_platform)
{
    (void)options;
    CLEANUP(platform_close_p) struct platform *platform = calloc(1, sizeof(*platform));
    if (!platform)
        return -ENOMEM;
    platform->announcements = -1;
    platform->ioctl_socket = -1;
    platform->is_stale = true;
    platform->counters.socket = &platform->route;
    linux_capabilities_init(platform->capabilities);
    int result = open_sockets(platform);
    if (result == 0)
        *ret_platform = HAND_OVER(platform);
    return result;
}

uint64_t platform_now_ns(struct platform *platform)
{
    (void)platform;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

int64_t platform_wall_ms(struct platform *platform)
{
    (void)platform;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Tells a device from an earlier one with the same index. */
static uint64_t generation_of(const struct platform *platform, int32_t index)
{
    size_t gone = map_find_index(&platform->gone, (struct map_key){.low = (uint64_t)index});
    return gone == MAP_ABSENT ? 0 : gone;
}

static int describe_links(struct platform *platform)
{
    interface_array_clear(&platform->facts);
    map_clear(&platform->name_by_index);
    for (size_t i = 0; i < platform->links.count; i++) {
        const struct link *link = &platform->links.items[i];
        struct network_interface *iface = interface_array_append(&platform->facts);
        if (!iface)
            return -ENOMEM;
        link_describe(link, iface);
        iface->identity |= generation_of(platform, link->index) << 32;
        device_facts_read(iface);
        ethtool_facts_read(platform->ioctl_socket, iface);
        int result = map_insert_index(
            &platform->name_by_index, (struct map_key){.low = (uint64_t)link->index}, i);
        if (result < 0)
            return result;
    }
    return 0;
}

/* Wireless facts are an extra: without them interfaces are shown all the same. */
static void read_wireless(struct platform *platform)
{
    struct network_capability *capability = &platform->capabilities[CAPABILITY_WIRELESS];
    int result = wireless_read_facts(&platform->wireless, &platform->facts);
    if (result < 0)
        linux_capability_put(capability, NETWORK_ERROR, "Asking nl80211 failed.");
    else
        linux_capability_put_wireless(capability, platform->wireless.family != 0);
}

static int read_facts(struct platform *platform)
{
    int result = links_read(&platform->route, &platform->links);
    if (result == 0)
        result = describe_links(platform);
    if (result == 0)
        result = links_connect(&platform->links, &platform->facts);
    if (result == 0)
        result = addresses_read(&platform->route, &platform->facts);
    if (result == 0)
        read_wireless(platform);
    return result;
}

static int update_facts(struct platform *platform)
{
    uint64_t now_ns = platform_now_ns(platform);
    if (!platform->is_stale && now_ns - platform->facts_ns < RECONCILE_NS)
        return 0;
    platform->is_stale = true;
    int result = read_facts(platform);
    if (result < 0)
        return result;
    platform->is_stale = false;
    platform->facts_ns = now_ns;
    return 0;
}

static int copy_list(const void *items, uint32_t count, size_t size, void *ret_items)
{
    void *copy = NULL;
    if (count > 0) {
        copy = malloc(count * size);
        if (!copy)
            return -ENOMEM;
        memcpy(copy, items, count * size);
    }
    memcpy(ret_items, &copy, sizeof(copy));
    return 0;
}

static int append_copy(struct interface_array *array, const struct network_interface *fact)
{
    struct network_interface *iface = interface_array_append(array);
    if (!iface)
        return -ENOMEM;
    *iface = *fact;
    iface->addresses.items = NULL;
    iface->lower.items = NULL;
    int result = copy_list(fact->addresses.items, fact->addresses.count,
        sizeof(*fact->addresses.items), &iface->addresses.items);
    if (result == 0)
        result = copy_list(
            fact->lower.items, fact->lower.count, sizeof(*fact->lower.items), &iface->lower.items);
    return result;
}

/* Signals change all the time and unannounced, so they are read with the counters; where that
 * fails they are unknown and the rest is not. */
static int read_counters(struct platform *platform, struct interface_array *interfaces)
{
    bool has_missed = false;
    if (wireless_read_signal(&platform->wireless, interfaces) < 0)
        platform->is_stale = true;
    int result = counters_read(&platform->counters, interfaces, &has_missed);
    if (has_missed)
        platform->is_stale = true;
    return result;
}

int platform_read_interfaces(
    struct platform *platform, enum platform_depth depth, struct interface_array *ret_interfaces)
{
    int result = update_facts(platform);
    for (size_t i = 0; result == 0 && i < platform->facts.count; i++)
        result = append_copy(ret_interfaces, &platform->facts.items[i]);
    if (result == 0 && depth == PLATFORM_FACTS_AND_COUNTERS)
        result = read_counters(platform, ret_interfaces);
    return result;
}

static void put_interface(struct platform *platform, struct network_connection *connection,
    const struct socket_owner_hint *hint)
{
    if (hint->interface_index == 0) {
        connection->status.interface = NETWORK_NOT_APPLICABLE;
        return;
    }
    size_t at =
        map_find_index(&platform->name_by_index, (struct map_key){.low = hint->interface_index});
    if (at != MAP_ABSENT)
        PUT_TEXT(connection, interface, platform->facts.items[at].name);
}

static void put_unit(struct platform *platform, struct network_connection *connection,
    const struct socket_owner_hint *hint)
{
    const char *unit = hint->cgroup ? units_find(&platform->units, hint->cgroup) : NULL;
    if (!unit)
        return;
    PUT_TEXT(connection, unit, unit);
    if (!network_has(connection, pid))
        PUT(connection, evidence, NETWORK_EVIDENCE_UNIT);
}

static void put_units(struct platform *platform, struct connection_array *connections)
{
    units_begin(&platform->units);
    for (size_t i = 0; i < connections->count; i++)
        put_unit(platform, &connections->items[i], &platform->sockets.hints[i]);
}

static void note_connections(struct platform *platform, int result)
{
    struct network_capability *capability = &platform->capabilities[CAPABILITY_CONNECTIONS];
    if (result == -ENOENT || result == -EPROTONOSUPPORT)
        linux_capability_put(capability, NETWORK_NOT_SUPPORTED,
            "The kernel lacks sock_diag (modules inet_diag, tcp_diag and udp_diag).");
}

int platform_read_connections(struct platform *platform, struct connection_array *ret_connections)
{
    int result = sockets_read(&platform->sockets, ret_connections);
    if (result < 0) {
        note_connections(platform, result);
        return result;
    }
    for (size_t i = 0; i < ret_connections->count; i++)
        put_interface(platform, &ret_connections->items[i], &platform->sockets.hints[i]);
    result = owners_find(&platform->owners, ret_connections, platform->sockets.hints);
    if (result < 0)
        return result;
    put_units(platform, ret_connections);
    linux_capability_put_owners(&platform->capabilities[CAPABILITY_OWNERS],
        platform->owners.with_process > 0 || platform->owners.without_process == 0);
    return 0;
}

int platform_read_listeners(struct platform *platform, struct connection_array *ret_listeners)
{
    (void)platform, (void)ret_listeners;
    return 0;
}

int platform_read_closed(struct platform *platform, struct connection_array *ret_closed)
{
    (void)platform, (void)ret_closed;
    return 0;
}

const struct platform_drop_cause *platform_read_drop_causes(
    struct platform *platform, size_t *ret_count)
{
    (void)platform;
    *ret_count = 0;
    return NULL;
}

int platform_change_fd(const struct platform *platform)
{
    return platform->announcements;
}

int platform_drain_changes(struct platform *platform, bool *ret_changed)
{
    bool has_changed = false;
    int result = announcements_drain(platform->announcements, &platform->gone, &has_changed);
    if (result < 0)
        return result;
    platform->is_stale |= has_changed;
    *ret_changed = has_changed;
    return result;
}

const struct network_capability *platform_capabilities(struct platform *platform, size_t *ret_count)
{
    *ret_count = CAPABILITIES;
    return platform->capabilities;
}
