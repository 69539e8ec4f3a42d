#include "network_monitor.h"

#include "connections.h"
#include "drops.h"
#include "event_log.h"
#include "new_listeners.h"
#include "platform.h"
#include "reading.h"
#include "totals.h"
#include "transitions.h"
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
    struct reading reading, next;              /* next is being made of new facts; they swap */
    struct sample_array samples, last_samples; /* they swap too */
    bool is_stale;                             /* the facts of reading are out of date */
    uint64_t current_ns;                       /* until then they were not */
    uint64_t revision, facts_revision;
    struct rates interface_rates;
    uint64_t refreshed_ns; /* of the last reading of counters */
    struct connections connections;
    struct connection_array listeners;
    struct new_listeners new_listeners;
    struct network_totals totals;
    struct drops drops;
    const struct platform_drop_cause *drop_causes; /* as last read; the platform's */
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
    reading_fini(&monitor->reading);
    reading_fini(&monitor->next);
    sample_array_fini(&monitor->samples);
    sample_array_fini(&monitor->last_samples);
    connections_fini(&monitor->connections);
    connection_array_fini(&monitor->listeners);
    new_listeners_fini(&monitor->new_listeners);
    rates_fini(&monitor->interface_rates);
    drops_fini(&monitor->drops);
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
        "The last reading failed (%s); what is shown is older.", strerrordesc_np(-source->error));
}

/* Copies the platform's capabilities and marks those whose last reading failed. A copy without
 * memory keeps the older one. */
static void update_capabilities(struct network_monitor *monitor)
{
    size_t count;
    const struct network_capability *now = platform_capabilities(monitor->platform, &count);
    if (count > monitor->capability_count) {
        struct network_capability *larger =
            reallocarray(monitor->capabilities, count, sizeof(*larger));
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

static void swap_readings(struct network_monitor *monitor)
{
    struct reading reading = monitor->reading;
    monitor->reading = monitor->next;
    monitor->next = reading;
}

/* Makes the two readings ready to be compared. */
static int align_readings(struct network_monitor *monitor)
{
    if (reading_is_aligned(&monitor->reading, &monitor->next))
        return 0;
    int result = reading_index(&monitor->reading);
    return result == 0 ? reading_index(&monitor->next) : result;
}

/* Reads new facts into next, with the counters and speeds of now. */
static int read_facts(struct network_monitor *monitor)
{
    reading_clear(&monitor->next);
    int result = platform_read_interfaces(monitor->platform, &monitor->next.interfaces);
    if (result == 0)
        result = align_readings(monitor);
    if (result == 0)
        reading_carry_counters(&monitor->next, &monitor->reading);
    return result;
}

static int read_samples(struct network_monitor *monitor)
{
    monitor->samples.count = 0;
    return platform_read_samples(monitor->platform, &monitor->samples);
}

/* What came or went since the facts were read is read once more, and else at the next refresh: a
 * network that changes all the time must be shown too. PLATFORM_CHANGED leaves is_stale set. */
static int read_all(struct network_monitor *monitor)
{
    int result = PLATFORM_CHANGED;
    for (int i = 0; i < 2 && result == PLATFORM_CHANGED; i++) {
        result = monitor->is_stale ? read_facts(monitor) : 0;
        if (result == 0)
            result = read_samples(monitor);
        monitor->is_stale |= result == PLATFORM_CHANGED;
    }
    if (result < 0 || !monitor->is_stale)
        return result;
    int followed = rates_follow_interfaces(&monitor->interface_rates, &monitor->next.interfaces);
    return followed < 0 ? followed : result;
}

/* The next reading becomes the one that is lent. Returns whether that is another. */
static bool publish_facts(struct network_monitor *monitor)
{
    totals_decide(&monitor->next.interfaces);
    bool has_changed = reading_mark_changes(&monitor->next, &monitor->reading, ++monitor->revision);
    if (has_changed)
        monitor->facts_revision = monitor->revision;
    swap_readings(monitor);
    monitor->is_stale = false;
    monitor->current_ns = platform_now_ns(monitor->platform);
    return has_changed;
}

/* Mostly most interfaces are idle, so those are not even looked at. */
static bool is_idle(const struct network_monitor *monitor, size_t at, size_t sample_at)
{
    const struct sample_array *last = &monitor->last_samples;
    return rates_is_still(&monitor->interface_rates, at) && sample_at < last->count &&
           memcmp(&last->items[sample_at], &monitor->samples.items[sample_at],
               sizeof(*last->items)) == 0;
}

static void publish_sample(
    struct network_monitor *monitor, size_t at, const struct interface_sample *sample)
{
    struct network_interface *iface = &monitor->reading.interfaces.items[at];
    drops_compare(&monitor->drops, iface, sample);
    if (reading_put_sample(iface, sample))
        transitions_reset(iface, platform_wall_ms(monitor->platform), &monitor->events);
    iface->revision = monitor->revision;
}

/* Both are in the same order; an interface without a sample is gone, and keeps what it had. */
static void publish_samples(struct network_monitor *monitor, uint64_t time_ns)
{
    struct interface_array *interfaces = &monitor->reading.interfaces;
    struct sample_array *samples = &monitor->samples;
    monitor->revision++;
    for (size_t i = 0, j = 0; i < interfaces->count; i++) {
        struct network_interface *iface = &interfaces->items[i];
        bool has_sample = j < samples->count && samples->items[j].identity == iface->identity;
        if (has_sample && is_idle(monitor, i, j)) {
            j++;
            continue;
        }
        if (has_sample)
            publish_sample(monitor, i, &samples->items[j++]);
        rates_update_interface(&monitor->interface_rates, i, has_sample ? iface : NULL, time_ns);
    }
    rates_end_interfaces(&monitor->interface_rates, time_ns);
    struct sample_array last = monitor->last_samples;
    monitor->last_samples = *samples;
    *samples = last;
}

static void tell_drops(struct network_monitor *monitor)
{
    struct drops_time time = {
        platform_now_ns(monitor->platform), platform_wall_ms(monitor->platform)};
    if (drops_are_due(&monitor->drops, time.now_ns)) {
        size_t count;
        monitor->drop_causes = platform_read_drop_causes(monitor->platform, &count);
        drops_take_causes(&monitor->drops, monitor->drop_causes, count, time.now_ns);
    }
    drops_tell(&monitor->drops, monitor->drop_causes, &time, &monitor->events);
}

static void find_transitions(struct network_monitor *monitor)
{
    uint64_t now_ns = platform_now_ns(monitor->platform);
    struct transitions_time time = {.wall_ms = platform_wall_ms(monitor->platform),
        .span_ms = (now_ns - monitor->current_ns) / 1000000};
    transitions_find(&monitor->reading, &monitor->next, &time, &monitor->events);
}

static int drain(struct network_monitor *monitor)
{
    bool has_changed = false;
    int result = platform_drain_changes(monitor->platform, &has_changed);
    if (result == PLATFORM_OVERRUN)
        transitions_overrun(platform_wall_ms(monitor->platform), &monitor->events);
    monitor->is_stale |= has_changed || result == PLATFORM_OVERRUN;
    if (!monitor->is_stale)
        monitor->current_ns = platform_now_ns(monitor->platform);
    return result < 0 ? result : 0;
}

/* The first reading makes no events: it is what was there. Once all is read nothing can fail. */
static int read_and_publish(struct network_monitor *monitor, bool is_first)
{
    int result = read_all(monitor);
    if (result < 0)
        return result;
    /* Taken after the reading, because counters are the last thing that is read. */
    uint64_t time_ns = platform_now_ns(monitor->platform);
    if (monitor->is_stale && !is_first)
        find_transitions(monitor);
    if (monitor->is_stale)
        publish_facts(monitor);
    publish_samples(monitor, time_ns);
    totals_sum(&monitor->reading.interfaces, &monitor->totals);
    tell_drops(monitor);
    monitor->is_stale = result == PLATFORM_CHANGED;
    return 0;
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
    int result = drain(monitor);
    if (result == 0)
        result = read_and_publish(monitor, false);
    if (result == 0)
        add_totals(monitor);
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
            &monitor->reading.interfaces, &monitor->totals);
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
    monitor->is_stale = true;
    monitor->interface_source.name = "interfaces";
    monitor->connection_source.name = "connections";
    int result = event_log_init(&monitor->events);
    if (result == 0)
        result = platform_open(&wanted, &monitor->platform);
    if (result == 0)
        result = read_and_publish(monitor, true);
    if (result < 0)
        return result;
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

static int follow_facts(struct network_monitor *monitor, bool *ret_changed)
{
    int result = read_facts(monitor);
    if (result == 0)
        result = rates_follow_interfaces(&monitor->interface_rates, &monitor->next.interfaces);
    if (result < 0)
        return result;
    find_transitions(monitor);
    *ret_changed = publish_facts(monitor);
    totals_sum(&monitor->reading.interfaces, &monitor->totals);
    return 0;
}

static int follow(struct network_monitor *monitor, bool *ret_changed)
{
    uint64_t last_event = monitor->events.last_identity;
    bool has_changed = false;
    event_log_begin(&monitor->events);
    int result = drain(monitor);
    if (result == 0 && monitor->is_stale)
        result = follow_facts(monitor, &has_changed);
    if (result < 0)
        return result;
    *ret_changed = has_changed || monitor->events.last_identity != last_event;
    return 0;
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
    *ret_count = monitor->reading.interfaces.count;
    return monitor->reading.interfaces.items;
}

uint64_t network_monitor_facts_revision(const struct network_monitor *monitor)
{
    return monitor->facts_revision;
}

uint64_t network_monitor_revision(const struct network_monitor *monitor)
{
    return monitor->revision;
}

const struct network_interface *network_monitor_find(
    const struct network_monitor *monitor, const char *name)
{
    const struct interface_array *interfaces = &monitor->reading.interfaces;
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
