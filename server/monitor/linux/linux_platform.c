#include "platform.h"

#include "clock.h"
#include "drop_causes.h"
#include "linux_capabilities.h"
#include "netns_others.h"
#include "owners.h"
#include "units.h"
#include "wakeups.h"
#include <errno.h>
#include <string.h>

struct platform {
    struct netns **namespaces; /* the first is the one the program runs in */
    size_t namespace_count;
    struct netns_others *others; /* owns all but the first; NULL: not asked for, or not allowed */
    struct wakeups wakeups;
    struct sockets sockets, listeners;
    struct closings closings;
    struct owners owners;
    struct units units;
    struct drop_causes drop_causes;
    struct network_capability capabilities[CAPABILITIES];
};
DEFINE_CLEANUP(struct platform, platform_close)

void platform_close(struct platform *platform)
{
    if (!platform)
        return;
    if (platform->namespace_count > 0)
        netns_close(platform->namespaces[0]);
    free(platform->namespaces);
    netns_others_free(platform->others);
    wakeups_fini(&platform->wakeups);
    sockets_fini(&platform->sockets);
    sockets_fini(&platform->listeners);
    closings_fini(&platform->closings);
    owners_fini(&platform->owners);
    units_fini(&platform->units);
    drop_causes_fini(&platform->drop_causes);
    free(platform);
}

static int watch_namespace(struct platform *platform, const struct netns *netns)
{
    return wakeups_add(&platform->wakeups, netns->announcements, netns->closings);
}

static int open_own_namespace(struct platform *platform)
{
    platform->namespaces = calloc(1, sizeof(struct netns *));
    if (!platform->namespaces)
        return -ENOMEM;
    int result = netns_open("", 0, &platform->namespaces[0]);
    platform->namespace_count = result == 0;
    return result == 0 ? watch_namespace(platform, platform->namespaces[0]) : result;
}

/* Makes namespaces anew: the own one and the others that are open. Without memory it is the own. */
static int gather_namespaces(struct platform *platform)
{
    const struct netns_others *others = platform->others;
    platform->namespace_count = 1;
    struct netns **namespaces =
        array_resize(platform->namespaces, 1 + others->count, sizeof(*namespaces));
    if (!namespaces)
        return -ENOMEM;
    platform->namespaces = namespaces;
    int result = 0;
    for (size_t i = 0; result == 0 && i < others->count; i++) {
        if (!others->items[i].netns)
            continue;
        namespaces[platform->namespace_count++] = others->items[i].netns;
        result = watch_namespace(platform, others->items[i].netns);
    }
    return result;
}

static int look_for_namespaces(struct platform *platform, bool *ret_changed)
{
    bool has_changed = false;
    int result = netns_others_look(platform->others, &has_changed);
    int gathered = gather_namespaces(platform);
    size_t refused;
    int refusal;
    size_t open = netns_others_count(platform->others, &refused, &refusal);
    linux_capability_put_namespaces(
        &platform->capabilities[CAPABILITY_NAMESPACES], open, refused, refusal);
    *ret_changed = has_changed;
    return result < 0 ? result : gathered;
}

static int open_other_namespaces(struct platform *platform)
{
    bool changed;
    if (!linux_may_enter_namespaces()) {
        linux_capability_put(&platform->capabilities[CAPABILITY_NAMESPACES], NETWORK_PERMISSION,
            "Only the own network namespace; the machine's others need CAP_SYS_ADMIN.");
        return 0;
    }
    int result = netns_others_new(&platform->others);
    if (result == 0)
        result = wakeups_add(&platform->wakeups, platform->others->timer, -1);
    return result == 0 ? look_for_namespaces(platform, &changed) : result;
}

static void note_owners(struct platform *platform)
{
    const struct owners *owners = &platform->owners;
    bool found = owners->with_process > 0 || owners->without_process == 0;
    linux_capability_put_owners(
        &platform->capabilities[CAPABILITY_OWNERS], owners->files_result, found);
    linux_capability_put_short_lived(
        &platform->capabilities[CAPABILITY_SHORT_LIVED], owners->noted_result);
}

int platform_open(const struct platform_options *options, struct platform **ret_platform)
{
    CLEANUP(platform_close_p) struct platform *platform = calloc(1, sizeof(*platform));
    if (!platform)
        return -ENOMEM;
    linux_capabilities_init(platform->capabilities);
    int result = wakeups_init(&platform->wakeups);
    int opened = drop_causes_init(&platform->drop_causes);
    if (result == 0)
        result = opened;
    if (result == 0)
        result = open_own_namespace(platform);
    if (result == 0 && options->other_namespaces)
        result = open_other_namespaces(platform);
    if (result == 0)
        result = units_init(&platform->units);
    if (result < 0)
        return result;
    linux_capability_put_units(&platform->capabilities[CAPABILITY_UNITS], platform->units.root);
    linux_capability_put_closings(
        &platform->capabilities[CAPABILITY_CLOSINGS], platform->namespaces[0]->closings_result);
    owners_init(&platform->owners);
    note_owners(platform);
    *ret_platform = HAND_OVER(platform);
    return 0;
}

uint64_t platform_now_ns(struct platform *platform)
{
    (void)platform;
    return clock_monotonic_ns();
}

int64_t platform_wall_ms(struct platform *platform)
{
    (void)platform;
    return clock_wall_ms();
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

/* Whether it failed and that is no matter: another namespace that cannot be read takes nothing else
 * along. It is closed at the next look. */
static bool is_tolerable(struct netns *netns, int result)
{
    if (result >= 0 || result == -ENOMEM || netns->ordinal == 0)
        return false;
    netns->trouble = result;
    netns->stale.all = true; /* its interfaces go */
    return true;
}

static void cut_interfaces(struct interface_array *array, size_t count)
{
    struct interface_array rest = {.items = array->items + count, .count = array->count - count};
    interface_array_clear(&rest);
    array->count = count;
}

int platform_read_interfaces(struct platform *platform, struct interface_array *ret_interfaces)
{
    uint64_t now_ns = platform_now_ns(platform);
    int result = 0;
    for (size_t i = 0; result == 0 && i < platform->namespace_count; i++) {
        struct netns *netns = platform->namespaces[i];
        size_t before = ret_interfaces->count;
        if (netns->trouble < 0) {
            netns->stale.all = false;
            continue;
        }
        result = netns_read_interfaces(netns, now_ns, ret_interfaces);
        if (is_tolerable(netns, result)) {
            cut_interfaces(ret_interfaces, before);
            result = 0;
        }
    }
    note_wireless(platform);
    return result;
}

int platform_read_samples(struct platform *platform, struct sample_array *ret_samples)
{
    int changed = 0;
    for (size_t i = 0; i < platform->namespace_count; i++) {
        size_t before = ret_samples->count;
        struct netns *netns = platform->namespaces[i];
        int result = netns->trouble < 0 ? 0 : netns_read_samples(netns, ret_samples);
        if (is_tolerable(netns, result))
            result = PLATFORM_CHANGED;
        if (result < 0)
            return result;
        if (netns->trouble < 0)
            ret_samples->count = before;
        changed |= result;
    }
    return changed;
}

static void put_unit(
    struct platform *platform, struct network_connection *connection, uint64_t cgroup)
{
    const char *unit = cgroup ? units_find(&platform->units, cgroup) : NULL;
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
        put_unit(platform, &connections->items[i], platform->sockets.hints.items[i].cgroup);
}

static void note_connections(struct platform *platform, int result)
{
    struct network_capability *capability = &platform->capabilities[CAPABILITY_CONNECTIONS];
    if (result == -ENOENT || result == -EPROTONOSUPPORT)
        linux_capability_put(capability, NETWORK_NOT_SUPPORTED,
            "The kernel lacks sock_diag (modules inet_diag, tcp_diag and udp_diag).");
}

/* netns_read_connections or netns_read_listeners. */
static int read_sockets(struct platform *platform, struct sockets *sockets,
    int (*read)(struct netns *, struct sockets *, struct connection_array *),
    struct connection_array *connections)
{
    int result = 0;
    sockets_begin(sockets);
    for (size_t i = 0; result == 0 && i < platform->namespace_count; i++) {
        struct netns *netns = platform->namespaces[i];
        size_t before = connections->count;
        result = read(netns, sockets, connections);
        if (is_tolerable(netns, result)) {
            connections->count = sockets->hints.count = before;
            result = 0;
        }
    }
    return result;
}

int platform_read_connections(struct platform *platform, struct connection_array *ret_connections)
{
    int result =
        read_sockets(platform, &platform->sockets, netns_read_connections, ret_connections);
    if (result < 0) {
        note_connections(platform, result);
        return result;
    }
    result = owners_find(&platform->owners, ret_connections, platform->sockets.hints.items);
    if (result < 0)
        return result;
    put_units(platform, ret_connections);
    note_owners(platform);
    return 0;
}

/* Of a listener only what its socket itself says. */
static void put_listener_owner(
    struct platform *platform, struct network_connection *connection, uint64_t cgroup)
{
    if (!network_has(connection, uid))
        return;
    PUT(connection, evidence, NETWORK_EVIDENCE_UID);
    const char *user = users_find(&platform->owners.users, connection->uid);
    if (user)
        PUT_TEXT(connection, user, user);
    put_unit(platform, connection, cgroup);
}

int platform_read_listeners(struct platform *platform, struct connection_array *ret_listeners)
{
    struct sockets *sockets = &platform->listeners;
    int result = read_sockets(platform, sockets, netns_read_listeners, ret_listeners);
    units_begin(&platform->units);
    for (size_t i = 0; result == 0 && i < ret_listeners->count; i++)
        put_listener_owner(platform, &ret_listeners->items[i], sockets->hints.items[i].cgroup);
    return result;
}

/* Of one that was noted as it opened or closed; of another nothing is known here. */
static void put_noted(struct platform *platform, struct network_connection *connection,
    const struct socket_owner_hint *hint)
{
    struct noted_owner noted;
    if (!owners_find_noted(&platform->owners, connection, &noted))
        return;
    put_unit(platform, connection, noted.cgroup);
    if (noted.fin != FIN_NOT_KNOWN && hint->received > 0)
        connection->bytes_received = hint->received - (noted.fin == FIN_CAME);
}

/* At once, because the kernel keeps only so many in mind. */
static void put_all_noted(struct platform *platform, size_t first)
{
    struct closings *closings = &platform->closings;
    for (size_t i = first; i < closings->ended.count; i++)
        put_noted(platform, &closings->ended.items[i], &closings->hints.items[i]);
}

static int drain_closings(struct platform *platform, bool *ret_any)
{
    size_t first = platform->closings.ended.count;
    bool any = false;
    for (size_t i = 0; i < platform->namespace_count; i++) {
        struct netns *netns = platform->namespaces[i];
        bool some = false;
        int result = netns_drain_closings(netns, &platform->closings, &some);
        if (result < 0 && !is_tolerable(netns, result))
            return result;
        any |= some;
    }
    put_all_noted(platform, first);
    *ret_any = any;
    return 0;
}

int platform_read_closed(struct platform *platform, struct connection_array *ret_closed)
{
    struct closings *closings = &platform->closings;
    bool any;
    int result = drain_closings(platform, &any);
    if (result < 0)
        return result;
    for (size_t i = 0; i < closings->ended.count; i++) {
        struct network_connection *connection = connection_array_append(ret_closed);
        if (!connection)
            return -ENOMEM;
        *connection = closings->ended.items[i];
    }
    result = closings->has_lost ? PLATFORM_OVERRUN : 0;
    closings_clear(closings);
    return result;
}

const struct platform_drop_cause *platform_read_drop_causes(
    struct platform *platform, size_t *ret_count)
{
    bool found = drop_causes_read(&platform->drop_causes);
    linux_capability_put_drops(&platform->capabilities[CAPABILITY_DROPS], found);
    *ret_count = DROP_CAUSES;
    return platform->drop_causes.causes;
}

int platform_change_fd(const struct platform *platform)
{
    return platform->wakeups.fd;
}

/* What ended in a namespace is taken before that may be found to be gone. */
static int settle_closings(struct platform *platform)
{
    bool had_closings;
    int result = drain_closings(platform, &had_closings);
    return result == 0 ? wakeups_settle(&platform->wakeups, had_closings) : result;
}

int platform_drain_changes(struct platform *platform, bool *ret_changed)
{
    uint64_t now_ns = platform_now_ns(platform);
    bool has_changed = false;
    int overrun = 0, settled = settle_closings(platform);
    if (settled < 0)
        return settled;
    if (platform->others && netns_others_are_due(platform->others)) {
        int result = look_for_namespaces(platform, &has_changed);
        if (result < 0)
            return result;
    }
    for (size_t i = 0; i < platform->namespace_count; i++) {
        struct netns *netns = platform->namespaces[i];
        bool changed = false;
        int result = netns->trouble < 0 ? 0 : netns_drain_changes(netns, now_ns, &changed);
        if (netns->trouble < 0 || is_tolerable(netns, result)) {
            has_changed |= netns->stale.all;
            continue;
        }
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

int platform_capture(const char *folder, size_t *ret_count)
{
    (void)folder;
    (void)ret_count;
    return -ENOTSUP;
}
