#include "netns.h"

#include "netns_facts.h"
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Facts are read again when they were announced to have changed, and this often anyway. */
#define RECONCILE_NS UINT64_C(60000000000)

void netns_close(struct netns *netns)
{
    if (!netns)
        return;
    netlink_close(&netns->route);
    netlink_close(&netns->diag);
    netlink_close(&netns->generic);
    paths_fini(&netns->paths);
    wireless_fini(&netns->wireless);
    device_settings_fini(&netns->settings);
    queue_drops_fini(&netns->queue_drops);
    link_array_fini(&netns->links);
    interface_array_fini(&netns->facts);
    map_fini(&netns->by_index);
    map_fini(&netns->gone);
    if (netns->announcements >= 0)
        close(netns->announcements);
    if (netns->ioctl_socket >= 0)
        close(netns->ioctl_socket);
    if (netns->closings >= 0)
        close(netns->closings);
    socket_counts_close(&netns->socket_counts);
    free(netns);
}

static int open_sockets(struct netns *netns)
{
    netns->ioctl_socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (netns->ioctl_socket < 0)
        return -errno;
    /* Joined before anything is read, so that no change falls between. */
    int result = announcements_open(&netns->announcements);
    if (result == 0)
        result = netlink_open(&netns->route, NETLINK_ROUTE);
    if (result == 0)
        result = netlink_open(&netns->diag, NETLINK_SOCK_DIAG);
    if (result == 0)
        result = netlink_open(&netns->generic, NETLINK_GENERIC);
    if (result == 0 && netns->ordinal != 0)
        socket_counts_open(&netns->socket_counts);
    /* Without them all else works. */
    netns->closings_result = closings_open(&netns->closings);
    return result;
}

int netns_open(const char *name, uint16_t ordinal, struct netns **ret_netns)
{
    CLEANUP(netns_close_p) struct netns *netns = calloc(1, sizeof(*netns));
    if (!netns)
        return -ENOMEM;
    put_text(netns->name, sizeof(netns->name), name);
    netns->ordinal = ordinal;
    netns->announcements = -1;
    netns->ioctl_socket = -1;
    netns->closings = -1;
    netns->socket_counts = (struct socket_counts_files){-1, -1};
    netns->stale.all = true;
    netns->counters.socket = &netns->route;
    wireless_init(&netns->wireless, &netns->generic);
    device_settings_init(&netns->settings, &netns->generic);
    int result = open_sockets(netns);
    if (result == 0)
        *ret_netns = HAND_OVER(netns);
    return result;
}

int netns_read_interfaces(
    struct netns *netns, uint64_t now_ns, struct interface_array *ret_interfaces)
{
    if (netns_is_stale(netns))
        paths_forget(&netns->paths);
    int result = netns_facts_update(netns, now_ns);
    for (size_t i = 0; result == 0 && i < netns->facts.count; i++)
        result = interface_array_append_copy(ret_interfaces, &netns->facts.items[i]);
    return result;
}

int netns_read_samples(struct netns *netns, struct sample_array *ret_samples)
{
    size_t first = ret_samples->count;
    bool has_missed = false, has_roamed = false;
    queue_drops_read(&netns->queue_drops, &netns->route, &netns->facts, &netns->by_index);
    int result = counters_read(&netns->counters, &netns->facts, ret_samples, &has_missed);
    if (result < 0)
        return result;
    struct interface_sample *own = ret_samples->items + first;
    size_t count = ret_samples->count - first;
    queue_drops_put(&netns->queue_drops, own, count);
    /* Radios change networks and signals all the time and unannounced. */
    if (wireless_look(&netns->wireless, &has_roamed) == 0)
        wireless_put_signals(&netns->wireless, own, count);
    netns->stale.all |= has_missed || has_roamed;
    return has_missed || has_roamed ? PLATFORM_CHANGED : 0;
}

/* 0: not known. */
static uint32_t interface_of(struct netns *netns, const struct network_connection *connection,
    const struct socket_owner_hint *hint)
{
    if (hint->interface_index != 0)
        return hint->interface_index;
    return paths_find(
        &netns->paths, &netns->route, &connection->local_address, &connection->remote_address);
}

static void put_interface(struct netns *netns, struct network_connection *connection,
    const struct socket_owner_hint *hint)
{
    if (hint->interface_index == 0 && !network_has(connection, remote_address)) {
        connection->status.interface = NETWORK_NOT_APPLICABLE;
        return;
    }
    size_t at = map_find_index(
        &netns->by_index, (struct map_key){.low = interface_of(netns, connection, hint)});
    if (at != MAP_ABSENT)
        PUT_TEXT(connection, interface, netns->facts.items[at].name);
}

static void put_place(struct netns *netns, struct network_connection *connection,
    const struct socket_owner_hint *hint)
{
    put_interface(netns, connection, hint);
    PUT_NETNS(netns, connection);
}

int netns_read_connections(
    struct netns *netns, struct sockets *sockets, struct connection_array *ret_connections)
{
    size_t first = ret_connections->count;
    struct socket_counts counts;
    bool is_counted = socket_counts_read(&netns->socket_counts, &counts);
    int result = sockets_read(sockets, &netns->diag, is_counted ? &counts : NULL, ret_connections);
    paths_begin(&netns->paths);
    for (size_t i = first; result == 0 && i < ret_connections->count; i++)
        put_place(netns, &ret_connections->items[i], &sockets->hints.items[i]);
    return result;
}

int netns_read_listeners(
    struct netns *netns, struct sockets *sockets, struct connection_array *ret_listeners)
{
    size_t first = ret_listeners->count;
    int result = sockets_read_listeners(sockets, &netns->diag, ret_listeners);
    paths_begin(&netns->paths);
    for (size_t i = first; result == 0 && i < ret_listeners->count; i++)
        put_place(netns, &ret_listeners->items[i], &sockets->hints.items[i]);
    return result;
}

int netns_drain_closings(struct netns *netns, struct closings *closings, bool *ret_any)
{
    size_t first = closings->ended.count, count = 0;
    int result = closings_drain(closings, netns->closings, &count);
    for (size_t i = first; i < closings->ended.count; i++)
        put_place(netns, &closings->ended.items[i], &closings->hints.items[i]);
    if (result == 0)
        *ret_any = count > 0;
    return result;
}

int netns_drain_changes(struct netns *netns, uint64_t now_ns, bool *ret_changed)
{
    int result = announcements_drain(netns->announcements, &netns->gone, &netns->stale);
    if (result < 0)
        return result;
    netns->stale.all |= now_ns - netns->facts_ns >= RECONCILE_NS;
    *ret_changed = netns_is_stale(netns);
    if (*ret_changed)
        paths_forget(&netns->paths);
    return result;
}
