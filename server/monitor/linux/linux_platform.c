#include "platform.h"

#include "linux_capabilities.h"
#include "netns.h"
#include "owners.h"
#include "units.h"
#include <errno.h>
#include <string.h>
#include <time.h>

struct platform {
    struct netns **namespaces; /* the first is the one the program runs in */
    size_t namespace_count;
    struct sockets sockets;
    struct owners owners;
    struct units units;
    struct network_capability capabilities[CAPABILITIES];
};
DEFINE_CLEANUP(struct platform, platform_close)

void platform_close(struct platform *platform)
{
    if (!platform)
        return;
    for (size_t i = 0; i < platform->namespace_count; i++)
        netns_close(platform->namespaces[i]);
    free(platform->namespaces);
    sockets_fini(&platform->sockets);
    owners_fini(&platform->owners);
    units_fini(&platform->units);
    free(platform);
}

static int open_own_namespace(struct platform *platform)
{
    platform->namespaces = calloc(1, sizeof(struct netns *));
    if (!platform->namespaces)
        return -ENOMEM;
    int result = netns_open("", 0, &platform->namespaces[0]);
    platform->namespace_count = result == 0;
    return result;
}

int platform_open(const struct platform_options *options, struct platform **ret_platform)
{
    (void)options;
    CLEANUP(platform_close_p) struct platform *platform = calloc(1, sizeof(*platform));
    if (!platform)
        return -ENOMEM;
    linux_capabilities_init(platform->capabilities);
    int result = open_own_namespace(platform);
    if (result == 0)
        result = units_init(&platform->units);
    if (result < 0)
        return result;
    linux_capability_put_units(&platform->capabilities[CAPABILITY_UNITS], platform->units.root);
    *ret_platform = HAND_OVER(platform);
    return 0;
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

static void note_wireless(struct platform *platform)
{
    struct network_capability *capability = &platform->capabilities[CAPABILITY_WIRELESS];
    const struct netns *own = platform->namespaces[0];
    if (own->wireless_result < 0)
        linux_capability_put(capability, NETWORK_ERROR, "Asking nl80211 failed.");
    else
        linux_capability_put_wireless(capability, own->wireless.family != 0);
}

int platform_read_interfaces(
    struct platform *platform, enum platform_depth depth, struct interface_array *ret_interfaces)
{
    uint64_t now_ns = platform_now_ns(platform);
    int result = 0;
    for (size_t i = 0; result == 0 && i < platform->namespace_count; i++)
        result = netns_read_interfaces(platform->namespaces[i], depth, now_ns, ret_interfaces);
    note_wireless(platform);
    return result;
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

static int read_sockets(struct platform *platform, struct connection_array *connections)
{
    int result = 0;
    sockets_begin(&platform->sockets);
    for (size_t i = 0; result == 0 && i < platform->namespace_count; i++)
        result = netns_read_connections(platform->namespaces[i], &platform->sockets, connections);
    return result;
}

int platform_read_connections(struct platform *platform, struct connection_array *ret_connections)
{
    int result = read_sockets(platform, ret_connections);
    if (result < 0) {
        note_connections(platform, result);
        return result;
    }
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
    return platform->namespaces[0]->announcements;
}

int platform_drain_changes(struct platform *platform, bool *ret_changed)
{
    bool has_changed = false;
    int overrun = 0;
    for (size_t i = 0; i < platform->namespace_count; i++) {
        bool changed = false;
        int result = netns_drain_changes(platform->namespaces[i], &changed);
        if (result < 0)
            return result;
        overrun |= result;
        has_changed |= changed;
    }
    *ret_changed = has_changed;
    return overrun;
}

const struct network_capability *platform_capabilities(struct platform *platform, size_t *ret_count)
{
    *ret_count = CAPABILITIES;
    return platform->capabilities;
}
