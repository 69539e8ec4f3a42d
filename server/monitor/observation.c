#include "observation.h"

#include <errno.h>
#include <string.h>

void observation_free(struct observation *observation)
{
    if (!observation)
        return;
    for (size_t i = 0; i < observation->interface_count; i++) {
        free(observation->interfaces[i].addresses.items);
        free(observation->interfaces[i].lower.items);
    }
    free(observation->interfaces);
    for (size_t i = 0; i < observation->owner_count; i++)
        free(observation->owners[i].pids.items);
    free(observation->connections);
    free(observation->owners);
    free(observation->events);
    free(observation->closed);
    free(observation->capabilities);
    free(observation);
}

/* A copy that the caller frees; NULL for nothing, which is no failure. */
static int copy_items(const void *items, size_t count, size_t size, void *ret_items)
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

/* Replaces the lists of a record just copied by lists of its own. On failure it has none. */
static int copy_lists(struct network_interface *iface)
{
    struct network_address_list addresses = iface->addresses;
    struct network_name_list lower = iface->lower;
    iface->addresses.items = NULL;
    iface->lower.items = NULL;
    int result = copy_items(
        addresses.items, addresses.count, sizeof(*addresses.items), &iface->addresses.items);
    if (result == 0)
        result = copy_items(lower.items, lower.count, sizeof(*lower.items), &iface->lower.items);
    return result;
}

static int copy_interfaces(const struct network_monitor *monitor, struct observation *observation)
{
    size_t count;
    const struct network_interface *items = network_monitor_interfaces(monitor, &count);
    int result = copy_items(items, count, sizeof(*items), &observation->interfaces);
    /* interface_count follows the copies whose lists are their own, so that a failure frees only
     * those. */
    while (result == 0 && observation->interface_count < count)
        result = copy_lists(&observation->interfaces[observation->interface_count++]);
    return result;
}

static int copy_connections(const struct network_monitor *monitor, struct observation *observation)
{
    const struct network_connection *items =
        network_monitor_connections(monitor, &observation->connection_count);
    return copy_items(
        items, observation->connection_count, sizeof(*items), &observation->connections);
}

static int copy_owners(const struct network_monitor *monitor, struct observation *observation)
{
    size_t count;
    const struct network_owner *items = network_monitor_owners(monitor, &count);
    int result = copy_items(items, count, sizeof(*items), &observation->owners);
    while (result == 0 && observation->owner_count < count) {
        struct network_number_list *pids = &observation->owners[observation->owner_count++].pids;
        const uint32_t *numbers = pids->items;
        pids->items = NULL;
        result = copy_items(numbers, pids->count, sizeof(*numbers), &pids->items);
    }
    return result;
}

/* Those of a list of events that came after one that the caller has. */
static int copy_newer(const struct network_event *items, size_t count, uint64_t after_event,
    struct network_event **ret_items)
{
    while (count > 0 && items->identity <= after_event) {
        items++;
        count--;
    }
    return copy_items(items, count, sizeof(*items), ret_items);
}

static size_t count_newer(const struct network_event *items, size_t count, uint64_t after_event)
{
    size_t older = 0;
    while (older < count && items[older].identity <= after_event)
        older++;
    return count - older;
}

static int copy_events(
    const struct network_monitor *monitor, uint64_t after_event, struct observation *observation)
{
    size_t count;
    const struct network_event *items = network_monitor_events(monitor, &count);
    observation->event_count = count_newer(items, count, after_event);
    int result = copy_newer(items, count, after_event, &observation->events);
    if (result < 0)
        return result;
    items = network_monitor_closed(monitor, &count);
    observation->closed_count = count_newer(items, count, after_event);
    return copy_newer(items, count, after_event, &observation->closed);
}

static int copy_capabilities(const struct network_monitor *monitor, struct observation *observation)
{
    const struct network_capability *items =
        network_monitor_capabilities(monitor, &observation->capability_count);
    return copy_items(
        items, observation->capability_count, sizeof(*items), &observation->capabilities);
}

int observation_new(const struct network_monitor *monitor, enum observation_scope scope,
    uint64_t after_event, struct observation **ret_observation)
{
    CLEANUP(observation_free_p)
    struct observation *observation = calloc(1, sizeof(*observation));
    if (!observation)
        return -ENOMEM;
    observation->totals = *network_monitor_totals(monitor);
    int result = copy_interfaces(monitor, observation);
    size_t sockets;
    network_monitor_connections(monitor, &sockets);
    observation->socket_count = (uint32_t)sockets;
    observation->has_connections = scope != OBSERVATION_WITHOUT_CONNECTIONS;
    if (result == 0 && scope == OBSERVATION_WITH_CONNECTIONS)
        result = copy_connections(monitor, observation);
    if (result == 0 && observation->has_connections)
        result = copy_owners(monitor, observation);
    if (result == 0)
        result = copy_events(monitor, after_event, observation);
    if (result == 0)
        result = copy_capabilities(monitor, observation);
    if (result == 0)
        *ret_observation = HAND_OVER(observation);
    return result;
}

struct events {
    struct network_event *items;
    size_t count;
};

/* Puts those of older in front that newer, asked from the same place, has not itself. */
static int join_events(struct events *newer, const struct events *older)
{
    uint64_t first = newer->count > 0 ? newer->items[0].identity : UINT64_MAX;
    size_t missing = 0;
    while (missing < older->count && older->items[missing].identity < first)
        missing++;
    if (missing == 0)
        return 0;
    size_t count = missing + newer->count;
    struct network_event *items = reallocarray(newer->items, count, sizeof(*items));
    if (!items)
        return -ENOMEM;
    if (newer->count > 0)
        memmove(items + missing, items, newer->count * sizeof(*items));
    memcpy(items, older->items, missing * sizeof(*items));
    *newer = (struct events){items, count};
    return 0;
}

static int join_all_events(struct observation *newer, const struct observation *older)
{
    struct events events = {newer->events, newer->event_count};
    struct events closed = {newer->closed, newer->closed_count};
    int result = join_events(&events, &(struct events){older->events, older->event_count});
    int closed_result = join_events(&closed, &(struct events){older->closed, older->closed_count});
    newer->events = events.items;
    newer->event_count = events.count;
    newer->closed = closed.items;
    newer->closed_count = closed.count;
    return result < 0 ? result : closed_result;
}

int observation_supersede(struct observation *newer, struct observation *older)
{
    CLEANUP(observation_free_p) struct observation *owned = older;
    if (!owned)
        return 0;
    int result = join_all_events(newer, owned);
    if (owned->is_tick && !newer->is_tick) {
        newer->is_tick = true;
        newer->tick_ms = owned->tick_ms;
    }
    newer->is_change = newer->is_change || owned->is_change;
    if (!newer->has_connections && owned->has_connections) {
        newer->connections = HAND_OVER(owned->connections);
        newer->connection_count = owned->connection_count;
        newer->owners = HAND_OVER(owned->owners);
        newer->owner_count = owned->owner_count;
        owned->owner_count = 0;
        newer->has_connections = true;
        owned->connection_count = 0;
    }
    return result;
}
