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
    free(observation->connections);
    free(observation->events);
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
    observation->has_connections = true;
    return copy_items(
        items, observation->connection_count, sizeof(*items), &observation->connections);
}

static int copy_events(
    const struct network_monitor *monitor, uint64_t after_event, struct observation *observation)
{
    size_t count;
    const struct network_event *items = network_monitor_events(monitor, &count);
    while (count > 0 && items->identity <= after_event) {
        items++;
        count--;
    }
    observation->event_count = count;
    return copy_items(items, count, sizeof(*items), &observation->events);
}

static int copy_capabilities(const struct network_monitor *monitor, struct observation *observation)
{
    const struct network_capability *items =
        network_monitor_capabilities(monitor, &observation->capability_count);
    return copy_items(
        items, observation->capability_count, sizeof(*items), &observation->capabilities);
}

int observation_new(const struct network_monitor *monitor, bool with_connections,
    uint64_t after_event, struct observation **ret_observation)
{
    CLEANUP(observation_free_p)
    struct observation *observation = calloc(1, sizeof(*observation));
    if (!observation)
        return -ENOMEM;
    observation->totals = *network_monitor_totals(monitor);
    int result = copy_interfaces(monitor, observation);
    if (result == 0 && with_connections)
        result = copy_connections(monitor, observation);
    if (result == 0)
        result = copy_events(monitor, after_event, observation);
    if (result == 0)
        result = copy_capabilities(monitor, observation);
    if (result == 0)
        *ret_observation = HAND_OVER(observation);
    return result;
}

/* Puts those of older's events in front that newer, asked from the same place, has not itself. */
static int join_events(struct observation *newer, const struct observation *older)
{
    uint64_t first = newer->event_count > 0 ? newer->events[0].identity : UINT64_MAX;
    size_t missing = 0;
    while (missing < older->event_count && older->events[missing].identity < first)
        missing++;
    if (missing == 0)
        return 0;
    size_t count = missing + newer->event_count;
    struct network_event *events = reallocarray(newer->events, count, sizeof(*events));
    if (!events)
        return -ENOMEM;
    memmove(events + missing, events, newer->event_count * sizeof(*events));
    memcpy(events, older->events, missing * sizeof(*events));
    newer->events = events;
    newer->event_count = count;
    return 0;
}

int observation_supersede(struct observation *newer, struct observation *older)
{
    CLEANUP(observation_free_p) struct observation *owned = older;
    if (!owned)
        return 0;
    int result = join_events(newer, owned);
    if (owned->is_tick && !newer->is_tick) {
        newer->is_tick = true;
        newer->tick_ms = owned->tick_ms;
    }
    if (!newer->has_connections && owned->has_connections) {
        newer->connections = HAND_OVER(owned->connections);
        newer->connection_count = owned->connection_count;
        newer->has_connections = true;
        owned->connection_count = 0;
    }
    return result;
}
