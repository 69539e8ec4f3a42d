#include "network_monitor.h"

#include "connections.h"
#include "event_log.h"
#include "interfaces.h"
#include "new_listeners.h"
#include "platform.h"
#include "system.h"
#include "totals.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* What can be read, and whether the last try worked: an override of the capability of that name. */
struct source {
    const char *name;
    int error; /* 0 or -errno */
};

struct network_monitor {
    struct platform *platform;
    struct interfaces interfaces;
    uint64_t refreshed_ns; /* of the last reading of counters */
    struct connections connections;
    struct connection_array listeners;
    struct new_listeners new_listeners;
    struct network_totals totals;
    struct event_log events;
    struct source interface_source, connection_source;
    struct network_capability *capabilities;
    size_t capability_count;
};
DEFINE_CLEANUP(struct network_monitor, network_monitor_close)

const char *network_version(void)
{
    return IFPULSE_VERSION;
}

void network_monitor_close(struct network_monitor *monitor)
{
    if (!monitor)
        return;
    platform_close(monitor->platform);
    interfaces_fini(&monitor->interfaces);
    connections_fini(&monitor->connections);
    connection_array_fini(&monitor->listeners);
    new_listeners_fini(&monitor->new_listeners);
    event_log_fini(&monitor->events);
    free(monitor->capabilities);
    free(monitor);
}

static void mark_error(struct network_capability *capability, const struct source *source)
{
    if (source->error == 0 || strcmp(capability->name, source->name) != 0)
        return;
    capability->status = NETWORK_ERROR;
    snprintf(capability->detail, sizeof(capability->detail),
        "The last reading failed (%s); what is shown is older.", system_error_text(-source->error));
}

/* Copies the platform's capabilities and marks those whose last reading failed. A copy without
 * memory keeps the older one. */
static void update_capabilities(struct network_monitor *monitor)
{
    size_t count;
    const struct network_capability *now = platform_capabilities(monitor->platform, &count);
    if (count > monitor->capability_count) {
        struct network_capability *larger =
            array_resize(monitor->capabilities, count, sizeof(*larger));
        if (!larger)
            return;
        monitor->capabilities = larger;
    }
    monitor->capability_count = count;
    for (size_t i = 0; i < count; i++) {
        monitor->capabilities[i] = now[i];
        mark_error(&monitor->capabilities[i], &monitor->interface_source);
        mark_error(&monitor->capabilities[i], &monitor->connection_source);
    }
}

static int note_result(struct network_monitor *monitor, struct source *source, int result)
{
    source->error = result < 0 ? result : 0;
    update_capabilities(monitor);
    return result;
}

static int take_ends(struct network_monitor *monitor)
{
    int result = connections_take_ends(&monitor->connections, monitor->platform, &monitor->events);
    if (result == PLATFORM_OVERRUN)
        network_monitor_note(monitor, NETWORK_EVENT_OVERRUN,
            "More connections ended at once than could be followed; the sums by owner lack some of "
            "their bytes.");
    return result < 0 ? result : 0;
}

/* What the counted interfaces carried since the last refresh, for the ledger to compare with. */
static void add_totals(struct network_monitor *monitor)
{
    uint64_t now_ns = platform_now_ns(monitor->platform);
    if (now_ns >= monitor->refreshed_ns + PLATFORM_SHORTEST_NS)
        ledger_add_totals(&monitor->connections.ledger, &monitor->totals,
            (double)(now_ns - monitor->refreshed_ns) / 1e9);
    monitor->refreshed_ns = now_ns;
}

static int refresh(struct network_monitor *monitor)
{
    connections_clear_closed(&monitor->connections);
    event_log_begin(&monitor->events);
    int result = interfaces_refresh(&monitor->interfaces, monitor->platform, &monitor->events);
    if (result == 0) {
        totals_sum(&monitor->interfaces.reading.interfaces, &monitor->totals);
        add_totals(monitor);
    }
    return result == 0 ? take_ends(monitor) : result;
}

int network_monitor_refresh(struct network_monitor *monitor)
{
    return note_result(monitor, &monitor->interface_source, refresh(monitor));
}

static int find_new_listeners(
    struct network_monitor *monitor, const struct connection_array *sockets)
{
    struct new_listeners_time now = {
        platform_now_ns(monitor->platform), platform_wall_ms(monitor->platform)};
    return new_listeners_update(&monitor->new_listeners, sockets, &now, &monitor->events);
}

/* Ends come first: they are joined to what the last reading had. */
static int refresh_connections(struct network_monitor *monitor)
{
    int result = take_ends(monitor);
    if (result == 0)
        result = connections_refresh(&monitor->connections, monitor->platform,
            &monitor->interfaces.reading.interfaces, &monitor->totals);
    return result == 0 ? find_new_listeners(monitor, &monitor->connections.now) : result;
}

int network_monitor_refresh_connections(struct network_monitor *monitor)
{
    return note_result(monitor, &monitor->connection_source, refresh_connections(monitor));
}

static int read_listeners(struct network_monitor *monitor)
{
    monitor->listeners.count = 0;
    return platform_read_listeners(monitor->platform, &monitor->listeners);
}

/* A listener's process is not in that reading. A new one is rare, and then all are read. */
static int refresh_listeners(struct network_monitor *monitor)
{
    int result = read_listeners(monitor);
    if (result < 0)
        return result;
    if (new_listeners_has_news(
            &monitor->new_listeners, &monitor->listeners, platform_now_ns(monitor->platform)))
        return refresh_connections(monitor);
    return find_new_listeners(monitor, &monitor->listeners);
}

int network_monitor_refresh_listeners(struct network_monitor *monitor)
{
    return note_result(monitor, &monitor->connection_source, refresh_listeners(monitor));
}

int network_monitor_open(struct network_monitor **ret_monitor)
{
    return network_monitor_open_with(&(struct network_options){0}, ret_monitor);
}

int network_monitor_open_with(
    const struct network_options *options, struct network_monitor **ret_monitor)
{
    struct platform_options wanted = {.other_namespaces = options->other_namespaces};
    CLEANUP(network_monitor_close_p)
    struct network_monitor *monitor = calloc(1, sizeof(*monitor));
    if (!monitor)
        return -ENOMEM;
    monitor->interface_source.name = "interfaces";
    monitor->connection_source.name = "connections";
    int result = event_log_init(&monitor->events);
    if (result == 0)
        result = platform_open(&wanted, &monitor->platform);
    if (result == 0)
        result = interfaces_open(&monitor->interfaces, monitor->platform);
    if (result < 0)
        return result;
    totals_sum(&monitor->interfaces.reading.interfaces, &monitor->totals);
    monitor->refreshed_ns = platform_now_ns(monitor->platform);
    /* What listens now was there before. Where that cannot be read, the first reading that can be
     * is the one that counts. */
    if (read_listeners(monitor) == 0)
        result = find_new_listeners(monitor, &monitor->listeners);
    if (result < 0)
        return result;
    update_capabilities(monitor);
    *ret_monitor = HAND_OVER(monitor);
    return 0;
}

static int follow(struct network_monitor *monitor, bool *ret_changed)
{
    event_log_begin(&monitor->events);
    int result =
        interfaces_follow(&monitor->interfaces, monitor->platform, &monitor->events, ret_changed);
    if (result == 0)
        totals_sum(&monitor->interfaces.reading.interfaces, &monitor->totals);
    return result;
}

int network_monitor_follow(struct network_monitor *monitor, bool *ret_changed)
{
    return note_result(monitor, &monitor->interface_source, follow(monitor, ret_changed));
}

int network_monitor_follow_fd(const struct network_monitor *monitor)
{
    return platform_change_fd(monitor->platform);
}

const struct network_interface *network_monitor_interfaces(
    const struct network_monitor *monitor, size_t *ret_count)
{
    *ret_count = monitor->interfaces.reading.interfaces.count;
    return monitor->interfaces.reading.interfaces.items;
}

uint64_t network_monitor_facts_revision(const struct network_monitor *monitor)
{
    return monitor->interfaces.facts_revision;
}

uint64_t network_monitor_revision(const struct network_monitor *monitor)
{
    return monitor->interfaces.revision;
}

const struct network_interface *network_monitor_find(
    const struct network_monitor *monitor, const char *name)
{
    const struct interface_array *interfaces = &monitor->interfaces.reading.interfaces;
    for (size_t i = 0; i < interfaces->count; i++)
        if (!network_has(&interfaces->items[i], netns) &&
            strcmp(interfaces->items[i].name, name) == 0)
            return &interfaces->items[i];
    return NULL;
}

const struct network_connection *network_monitor_connections(
    const struct network_monitor *monitor, size_t *ret_count)
{
    *ret_count = monitor->connections.now.count;
    return monitor->connections.now.items;
}

const struct network_totals *network_monitor_totals(const struct network_monitor *monitor)
{
    return &monitor->totals;
}

double network_monitor_total_download_speed(const struct network_monitor *monitor)
{
    const struct network_totals *totals = &monitor->totals;
    return network_has(totals, download_bytes_per_s) ? totals->download_bytes_per_s : NAN;
}

double network_monitor_total_upload_speed(const struct network_monitor *monitor)
{
    const struct network_totals *totals = &monitor->totals;
    return network_has(totals, upload_bytes_per_s) ? totals->upload_bytes_per_s : NAN;
}

const struct network_event *network_monitor_events(
    const struct network_monitor *monitor, size_t *ret_count)
{
    return event_log_items(&monitor->events, ret_count);
}

const struct network_owner *network_monitor_owners(
    const struct network_monitor *monitor, size_t *ret_count)
{
    *ret_count = monitor->connections.ledger.record_count;
    return monitor->connections.ledger.records;
}

const struct network_event *network_monitor_closed(
    const struct network_monitor *monitor, size_t *ret_count)
{
    *ret_count = monitor->connections.closed_count;
    return monitor->connections.closed;
}

void network_monitor_note(
    struct network_monitor *monitor, enum network_event_kind kind, const char *sentence)
{
    struct network_event *event = event_log_append(&monitor->events);
    PUT(event, event, kind);
    PUT(event, time_ms, platform_wall_ms(monitor->platform));
    PUT_TEXT(event, message, sentence);
}

const struct network_capability *network_monitor_capabilities(
    const struct network_monitor *monitor, size_t *ret_count)
{
    *ret_count = monitor->capability_count;
    return monitor->capabilities;
}
