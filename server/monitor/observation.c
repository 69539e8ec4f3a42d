#include "observation.h"

#include <errno.h>
#include <string.h>

void observation_free(struct observation *observation)
{
    if (!observation)
        return;
    free(observation->interfaces);
    free(observation->lists);
    for (size_t i = 0; i < observation->owner_count; i++)
        free(observation->owners[i].pids.items);
    free(observation->connections);
    free(observation->owners);
    free(observation->events);
    free(observation->closed);
    free(observation->capabilities);
    free(observation);
}

/* Returns what lies behind the copy. */
static void *place_items(void *place, const void *items, size_t size)
{
    if (size > 0)
        memcpy(place, items, size);
    return (char *)place + size;
}

/* Their lists side by side in one piece: one allocation for each would cost more than the rest. */
static int copy_lists(struct observation *observation)
{
    size_t addresses = 0, names = 0;
    for (size_t i = 0; i < observation->interface_count; i++) {
        addresses += observation->interfaces[i].addresses.count;
        names += observation->interfaces[i].lower.count;
    }
    struct network_address *address = malloc(
        addresses * sizeof(struct network_address) + names * sizeof(struct network_name) + 1);
    if (!address)
        return -ENOMEM;
    observation->lists = address;
    struct network_name *name = (struct network_name *)(address + addresses);
    for (size_t i = 0; i < observation->interface_count; i++) {
        struct network_interface *iface = &observation->interfaces[i];
        const void *addresses_of = iface->addresses.items, *names_of = iface->lower.items;
        iface->addresses.items = address;
        iface->lower.items = name;
        address = place_items(address, addresses_of, iface->addresses.count * sizeof(*address));
        name = place_items(name, names_of, iface->lower.count * sizeof(*name));
    }
    return 0;
}

static int copy_interfaces(
    const struct network_monitor *monitor, uint64_t after_revision, struct observation *observation)
{
    size_t count;
    const struct network_interface *items = network_monitor_interfaces(monitor, &count);
    for (size_t i = 0; i < count; i++)
        observation->interface_count += items[i].revision > after_revision;
    observation->revision = network_monitor_revision(monitor);
    observation->has_all_interfaces = observation->interface_count == count;
    observation->interfaces = calloc(observation->interface_count + 1, sizeof(*items));
    if (!observation->interfaces)
        return -ENOMEM;
    struct network_interface *next = observation->interfaces;
    for (size_t i = 0; i < count; i++)
        if (items[i].revision > after_revision)
            *next++ = items[i];
    return copy_lists(observation);
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

int observation_new(const struct network_monitor *monitor, const struct observation_wish *wish,
    struct observation **ret_observation)
{
    CLEANUP(observation_free_p)
    struct observation *observation = calloc(1, sizeof(*observation));
    if (!observation)
        return -ENOMEM;
    observation->totals = *network_monitor_totals(monitor);
    int result = copy_interfaces(monitor, wish->after_revision, observation);
    size_t sockets;
    network_monitor_connections(monitor, &sockets);
    observation->socket_count = (uint32_t)sockets;
    observation->has_connections = wish->scope != OBSERVATION_WITHOUT_CONNECTIONS;
    if (result == 0 && wish->scope == OBSERVATION_WITH_CONNECTIONS)
        result = copy_connections(monitor, observation);
    if (result == 0 && observation->has_connections)
        result = copy_owners(monitor, observation);
    if (result == 0)
        result = copy_events(monitor, wish->after_event, observation);
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
    struct network_event *items = array_resize(newer->items, count, sizeof(*items));
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
