#include "drops.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define SECOND_NS UINT64_C(1000000000)
static const uint64_t SHORTEST_PAUSE_NS = 10 * SECOND_NS, LONGEST_PAUSE_NS = 600 * SECOND_NS;

/* What interfaces count. */
enum interface_cause {
    CAUSE_MISSED,
    CAUSE_OVERRUNS,
    CAUSE_RECEIVE,
    CAUSE_SEND,
    CAUSE_QUEUE,
    CAUSE_RECEIVE_ERRORS,
    CAUSE_SEND_ERRORS,
    INTERFACE_CAUSES
};

static const struct {
    const char *one, *many, *why;
} interface_causes[INTERFACE_CAUSES] = {
    [CAUSE_MISSED] = {"packet was dropped", "packets were dropped",
        "its receive ring was full; a longer ring (ethtool -G) or more CPU for its interrupts "
        "helps"},
    [CAUSE_OVERRUNS] = {"packet was dropped", "packets were dropped",
        "the device could not hand them over as quickly as they came; flow control, or a faster "
        "bus or device, helps"},
    [CAUSE_RECEIVE] = {"packet received was dropped", "packets received were dropped",
        "they were of a protocol or VLAN that nothing here takes, which does no harm, or memory "
        "ran "
        "out"},
    [CAUSE_SEND] = {"packet to be sent was dropped", "packets to be sent were dropped",
        "the device or its other end was not ready, or had no room"},
    [CAUSE_QUEUE] = {"packet to be sent was dropped", "packets to be sent were dropped",
        "the queue in front of the device was full, or its rules say so; a longer queue or a "
        "higher "
        "rate (tc qdisc) helps"},
    [CAUSE_RECEIVE_ERRORS] = {"packet was received damaged", "packets were received damaged",
        "a cable, a plug, a radio disturbed, or two ends that disagree on speed or duplex may be "
        "why"},
    [CAUSE_SEND_ERRORS] = {"packet could not be sent", "packets could not be sent",
        "the link was lost meanwhile, or two ends disagree on duplex"},
};

void drops_fini(struct drops *drops)
{
    if (!drops)
        return;
    free(drops->items);
    free(drops->last_counts);
    map_fini(&drops->by_key);
    *drops = (struct drops){0};
}

static struct map_key key_of(uint64_t identity, unsigned cause)
{
    return (struct map_key){.high = cause + 1, .low = identity};
}

/* NULL without memory. */
static struct drop *append(struct drops *drops, uint64_t identity, unsigned cause)
{
    if (!MAKE_ROOM(drops->items, drops->count, drops->capacity))
        return NULL;
    if (map_insert_index(&drops->by_key, key_of(identity, cause), drops->count) < 0)
        return NULL;
    struct drop *drop = &drops->items[drops->count++];
    *drop = (struct drop){.identity = identity, .cause = cause};
    return drop;
}

static struct drop *find(struct drops *drops, uint64_t identity, unsigned cause)
{
    size_t at = map_find_index(&drops->by_key, key_of(identity, cause));
    return at == MAP_ABSENT ? append(drops, identity, cause) : &drops->items[at];
}

static void add(struct drops *drops, const struct network_interface *iface,
    enum interface_cause cause, uint64_t grown)
{
    struct drop *drop = grown > 0 ? find(drops, iface->identity, cause) : NULL;
    if (!drop)
        return;
    drop->pending += grown;
    drop->receive_ring = network_has(iface, receive_ring) ? iface->receive_ring : 0;
    put_text(drop->interface, sizeof(drop->interface), iface->name);
    put_text(drop->netns, sizeof(drop->netns), network_has(iface, netns) ? iface->netns : "");
}

/* What a counter will have grown by; 0 where that is not known. */
#define GROWN(iface, sample, member)                                                               \
    (network_has(iface, member) && network_has(sample, member) &&                                  \
                (sample)->member > (iface)->member                                                 \
            ? (sample)->member - (iface)->member                                                   \
            : 0)

void drops_compare(struct drops *drops, const struct network_interface *iface,
    const struct interface_sample *sample)
{
    uint64_t missed = GROWN(iface, sample, receive_missed);
    uint64_t received = GROWN(iface, sample, receive_drops);
    add(drops, iface, CAUSE_MISSED, missed);
    add(drops, iface, CAUSE_OVERRUNS, GROWN(iface, sample, receive_overruns));
    /* What was missed is counted among the drops too. */
    add(drops, iface, CAUSE_RECEIVE, received > missed ? received - missed : 0);
    add(drops, iface, CAUSE_SEND, GROWN(iface, sample, send_drops));
    add(drops, iface, CAUSE_QUEUE, GROWN(iface, sample, queue_drops));
    add(drops, iface, CAUSE_RECEIVE_ERRORS, GROWN(iface, sample, receive_errors));
    add(drops, iface, CAUSE_SEND_ERRORS, GROWN(iface, sample, send_errors));
}

bool drops_are_due(const struct drops *drops, uint64_t now_ns)
{
    return drops->causes_ns == 0 || now_ns - drops->causes_ns >= SECOND_NS;
}

static bool has_counts(struct drops *drops, size_t count)
{
    if (drops->cause_count == count)
        return true;
    uint64_t *counts = calloc(count, sizeof(*counts));
    if (!counts)
        return false;
    free(drops->last_counts);
    drops->last_counts = counts;
    drops->cause_count = count;
    for (size_t i = 0; i < count; i++)
        counts[i] = UINT64_MAX;
    return true;
}

void drops_take_causes(
    struct drops *drops, const struct platform_drop_cause *causes, size_t count, uint64_t now_ns)
{
    drops->causes_ns = now_ns;
    for (size_t i = 0; has_counts(drops, count) && i < count; i++) {
        uint64_t last = drops->last_counts[i], now = causes[i].count;
        drops->last_counts[i] = now;
        if (last == UINT64_MAX || now == UINT64_MAX || now <= last)
            continue;
        struct drop *drop = find(drops, 0, (unsigned)i);
        if (drop)
            drop->pending += now - last;
    }
}

static struct network_event *append_event(
    const struct drop *drop, const struct drops_time *time, struct event_log *log)
{
    struct network_event *event = event_log_append(log);
    PUT(event, event, NETWORK_EVENT_DROPS);
    PUT(event, time_ms, time->wall_ms);
    if (drop->interface[0] != '\0')
        PUT_TEXT(event, interface, drop->interface);
    if (drop->netns[0] != '\0')
        PUT_TEXT(event, netns, drop->netns);
    event->status.message = NETWORK_KNOWN;
    return event;
}

static void tell_of_interface(
    const struct drop *drop, const struct drops_time *time, struct event_log *log)
{
    struct network_event *event = append_event(drop, time, log);
    const char *what =
        drop->pending == 1 ? interface_causes[drop->cause].one : interface_causes[drop->cause].many;
    char ring[48] = "";
    if (drop->cause == CAUSE_MISSED && drop->receive_ring > 0)
        snprintf(ring, sizeof(ring), "; it has room for %" PRIu32, drop->receive_ring);
    PUT(event, packets, drop->pending);
    snprintf(event->message, sizeof(event->message), "%s%s%s: %" PRIu64 " %s: %s%s", drop->netns,
        drop->netns[0] != '\0' ? "/" : "", drop->interface, drop->pending, what,
        interface_causes[drop->cause].why, ring);
}

static void tell_of_system(const struct drop *drop, const struct platform_drop_cause *cause,
    const struct drops_time *time, struct event_log *log)
{
    struct network_event *event = append_event(drop, time, log);
    if (cause->is_drop)
        PUT(event, packets, drop->pending);
    snprintf(event->message, sizeof(event->message), "%" PRIu64 " %s: %s", drop->pending,
        drop->pending == 1 ? cause->one : cause->many, cause->why);
}

/* The last takes its place. */
static void forget(struct drops *drops, size_t at)
{
    struct drop *drop = &drops->items[at], *last = &drops->items[--drops->count];
    (void)map_remove(&drops->by_key, key_of(drop->identity, drop->cause));
    if (drop == last)
        return;
    *drop = *last;
    /* It is there, so there is room for it. */
    (void)!map_insert_index(&drops->by_key, key_of(drop->identity, drop->cause), at);
}

static void tell(struct drop *drop, const struct platform_drop_cause *causes,
    const struct drops_time *time, struct event_log *log)
{
    if (drop->identity != 0)
        tell_of_interface(drop, time, log);
    else
        tell_of_system(drop, &causes[drop->cause], time, log);
    drop->pending = 0;
    drop->pause_ns = drop->pause_ns == 0 ? SHORTEST_PAUSE_NS : 2 * drop->pause_ns;
    if (drop->pause_ns > LONGEST_PAUSE_NS)
        drop->pause_ns = LONGEST_PAUSE_NS;
    drop->next_ns = time->now_ns + drop->pause_ns;
}

void drops_tell(struct drops *drops, const struct platform_drop_cause *causes,
    const struct drops_time *time, struct event_log *log)
{
    for (size_t i = 0; i < drops->count;) {
        struct drop *drop = &drops->items[i];
        if (drop->pending > 0 && time->now_ns >= drop->next_ns)
            tell(drop, causes, time, log);
        if (drop->pending == 0 && time->now_ns >= drop->next_ns + drop->pause_ns)
            forget(drops, i);
        else
            i++;
    }
}
