#include "platform.h"

#include "linux_capabilities.h"
#include "netns_others.h"
#include "owners.h"
#include "units.h"
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

struct platform {
    struct netns **namespaces; /* the first is the one the program runs in */
    size_t namespace_count;
    struct netns_others *others; /* owns all but the first; NULL: not asked for, or not allowed */
    int poll;
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
    if (platform->namespace_count > 0)
        netns_close(platform->namespaces[0]);
    free(platform->namespaces);
    netns_others_free(platform->others);
    if (platform->poll >= 0)
        close(platform->poll);
    sockets_fini(&platform->sockets);
    owners_fini(&platform->owners);
    units_fini(&platform->units);
    free(platform);
}

/* What is there already stays. */
static int add_to_poll(struct platform *platform, int fd)
{
    struct epoll_event event = {.events = EPOLLIN};
    int result = epoll_ctl(platform->poll, EPOLL_CTL_ADD, fd, &event);
    return result < 0 && errno != EEXIST ? -errno : 0;
}

static int watch_namespace(struct platform *platform, const struct netns *netns)
{
    return add_to_poll(platform, netns->announcements);
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
        reallocarray(platform->namespaces, 1 + others->count, sizeof(*namespaces));
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
        result = add_to_poll(platform, platform->others->timer);
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
    platform->poll = epoll_create1(EPOLL_CLOEXEC);
    if (platform->poll < 0)
        return -errno;
    int result = open_own_namespace(platform);
    if (result == 0 && options->other_namespaces)
        result = open_other_namespaces(platform);
    if (result == 0)
        result = units_init(&platform->units);
    if (result < 0)
        return result;
    linux_capability_put_units(&platform->capabilities[CAPABILITY_UNITS], platform->units.root);
    owners_init(&platform->owners);
    note_owners(platform);
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

/* Whether it failed and that is no matter: another namespace that cannot be read takes nothing else
 * along. It is closed at the next look. */
static bool is_tolerable(struct netns *netns, int result)
{
    if (result >= 0 || result == -ENOMEM || netns->ordinal == 0)
        return false;
    netns->trouble = result;
    return true;
}

static void cut_interfaces(struct interface_array *array, size_t count)
{
    struct interface_array rest = {.items = array->items + count, .count = array->count - count};
    interface_array_clear(&rest);
    array->count = count;
}

int platform_read_interfaces(
    struct platform *platform, enum platform_depth depth, struct interface_array *ret_interfaces)
{
    uint64_t now_ns = platform_now_ns(platform);
    int result = 0;
    for (size_t i = 0; result == 0 && i < platform->namespace_count; i++) {
        struct netns *netns = platform->namespaces[i];
        size_t before = ret_interfaces->count;
        result = netns_read_interfaces(netns, depth, now_ns, ret_interfaces);
        if (is_tolerable(netns, result)) {
            cut_interfaces(ret_interfaces, before);
            result = 0;
        }
    }
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
    for (size_t i = 0; result == 0 && i < platform->namespace_count; i++) {
        struct netns *netns = platform->namespaces[i];
        size_t before = connections->count;
        result = netns_read_connections(netns, &platform->sockets, connections);
        if (is_tolerable(netns, result)) {
            connections->count = platform->sockets.hint_count = before;
            result = 0;
        }
    }
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
    note_owners(platform);
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
    return platform->poll;
}

int platform_drain_changes(struct platform *platform, bool *ret_changed)
{
    bool has_changed = false;
    int overrun = 0;
    if (platform->others && netns_others_are_due(platform->others)) {
        int result = look_for_namespaces(platform, &has_changed);
        if (result < 0)
            return result;
    }
    for (size_t i = 0; i < platform->namespace_count; i++) {
        bool changed = false;
        int result = netns_drain_changes(platform->namespaces[i], &changed);
        if (is_tolerable(platform->namespaces[i], result))
            continue;
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
