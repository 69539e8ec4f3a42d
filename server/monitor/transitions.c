#include "transitions.h"

#include <stdio.h>
#include <string.h>

/* Where the events of one comparison go. */
struct report {
    struct event_log *log;
    struct transitions_time time;
    const struct network_interface *iface; /* that it is about, then or now */
};

static struct network_event *add_event(
    const struct report *report, enum network_event_kind kind, const char *what)
{
    struct network_event *event = event_log_append(report->log);
    PUT(event, event, kind);
    PUT(event, time_ms, report->time.wall_ms);
    PUT_TEXT(event, interface, report->iface->name);
    if (network_has(report->iface, netns))
        PUT_TEXT(event, netns, report->iface->netns);
    char id[NETWORK_ID_TEXT];
    network_interface_id(report->iface, id);
    snprintf(event->message, sizeof(event->message), "%.64s: %s", id, what);
    event->status.message = NETWORK_KNOWN;
    return event;
}

static void add_address_event(const struct report *report, enum network_event_kind kind,
    const struct network_address *address)
{
    char text[NETWORK_ADDRESS_TEXT], what[NETWORK_ADDRESS_TEXT + 32];
    network_address_format(address, text);
    snprintf(what, sizeof(what), "address %s was %s", text,
        kind == NETWORK_EVENT_ADDRESS_ADDED ? "added" : "removed");
    struct network_event *event = add_event(report, kind, what);
    PUT(event, address, *address);
}

/* Lists keep their order from reading to reading, so the search starts where the last one ended;
 * that keeps a long list from costing its square. */
static bool has_address(
    const struct network_address_list *list, const struct network_address *address, uint32_t *hint)
{
    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t at = (*hint + i) % list->count;
        if (memcmp(&list->items[at], address, sizeof(*address)) == 0) {
            *hint = at + 1;
            return true;
        }
    }
    return false;
}

/* One event for each address of list that is not in other. */
static void compare_addresses(const struct report *report, enum network_event_kind kind,
    const struct network_address_list *list, const struct network_address_list *other)
{
    uint32_t hint = 0;
    for (uint32_t i = 0; i < list->count; i++)
        if (!has_address(other, &list->items[i], &hint))
            add_address_event(report, kind, &list->items[i]);
}

/* How often the carrier went and came back, or came and went again, without being seen. What is
 * switched off has no carrier to tell of. */
static uint32_t take_unseen_flaps(const struct network_interface *was, struct network_interface *is)
{
    uint32_t told = is->carrier_changes_told, seen = was->is_active != is->is_active;
    is->carrier_changes_told = is->carrier_changes;
    if (!network_has(was, carrier_changes) || !network_has(is, carrier_changes) || !was->is_up ||
        !is->is_up || is->carrier_changes < told + seen)
        return 0;
    uint32_t unseen = is->carrier_changes - told - seen;
    /* An odd one is of a change that is yet to be seen: is_active follows the carrier later. */
    is->carrier_changes_told -= unseen % 2;
    return unseen / 2;
}

static void describe_span(uint64_t span_ms, char *text, size_t size)
{
    if (span_ms < 10000)
        snprintf(text, size, "%llu ms", (unsigned long long)(span_ms > 0 ? span_ms : 1));
    else
        snprintf(text, size, "%llu s", (unsigned long long)(span_ms / 1000));
}

/* A pair of events, so that whoever adds them up is where the reading is. */
static void add_flaps(
    const struct report *report, const struct network_interface *was, uint32_t flaps)
{
    char span[32], times[32] = "", what[128];
    if (flaps > 1)
        snprintf(times, sizeof(times), " %u times", flaps);
    describe_span(report->time.span_ms, span, sizeof(span));
    snprintf(what, sizeof(what), "link %s%s, in the last %s",
        was->is_active ? "went down and came back" : "came up and went down again", times, span);
    bool was_active = was->is_active;
    add_event(report, was_active ? NETWORK_EVENT_LINK_DOWN : NETWORK_EVENT_LINK_UP, what);
    add_event(report, was_active ? NETWORK_EVENT_LINK_UP : NETWORK_EVENT_LINK_DOWN,
        was_active ? "link is up again" : "link is down again");
}

static void compare_links(
    const struct report *report, const struct network_interface *was, struct network_interface *is)
{
    uint32_t flaps = was->identity == is->identity ? take_unseen_flaps(was, is) : 0;
    if (flaps > 0)
        add_flaps(report, was, flaps);
    if (was->is_active && !is->is_active)
        add_event(report, NETWORK_EVENT_LINK_DOWN, "link is down");
    if (!was->is_active && is->is_active)
        add_event(report, NETWORK_EVENT_LINK_UP, "link is up");
}

static void compare(
    const struct report *report, const struct network_interface *was, struct network_interface *is)
{
    if (was->identity != is->identity)
        add_event(report, NETWORK_EVENT_COUNTER_RESET,
            "another interface has this name now; its counters start anew");
    compare_addresses(report, NETWORK_EVENT_ADDRESS_REMOVED, &was->addresses, &is->addresses);
    compare_links(report, was, is);
    compare_addresses(report, NETWORK_EVENT_ADDRESS_ADDED, &is->addresses, &was->addresses);
}

static void add_removed(const struct report *report, const struct network_interface *was)
{
    struct network_interface nothing = {.identity = was->identity};
    compare(report, was, &nothing);
    add_event(report, NETWORK_EVENT_INTERFACE_REMOVED, "interface is gone");
}

static void add_new(const struct report *report, struct network_interface *is)
{
    struct network_interface nothing = {.identity = is->identity};
    char what[sizeof(is->kind) + 32];
    snprintf(what, sizeof(what), "new interface (%s)", is->kind);
    add_event(report, NETWORK_EVENT_INTERFACE_ADDED, what);
    compare(report, &nothing, is);
}

static void compare_aligned(
    const struct report *report, const struct reading *before, struct reading *after)
{
    struct report each = *report;
    for (size_t i = 0; i < after->interfaces.count; i++) {
        each.iface = &after->interfaces.items[i];
        compare(&each, &before->interfaces.items[i], &after->interfaces.items[i]);
    }
}

static void compare_by_id(
    const struct report *report, const struct reading *before, struct reading *after)
{
    struct report each = *report;
    for (size_t i = 0; i < before->interfaces.count; i++) {
        const struct network_interface *was = &before->interfaces.items[i];
        each.iface = was;
        if (!reading_find_same(after, was))
            add_removed(&each, was);
    }
    for (size_t i = 0; i < after->interfaces.count; i++) {
        struct network_interface *is = &after->interfaces.items[i];
        const struct network_interface *was = reading_find_same(before, is);
        each.iface = is;
        if (was)
            compare(&each, was, is);
        else
            add_new(&each, is);
    }
}

static bool is_primary(const struct network_interface *iface)
{
    return network_has(iface, is_primary) && iface->is_primary;
}

/* The interface of the default route in the namespace of another; NULL: there is none, or, with
 * ret_is_known false, none is known. */
static const struct network_interface *find_primary(
    const struct reading *reading, const struct network_interface *other, bool *ret_is_known)
{
    *ret_is_known = false;
    for (size_t i = 0; i < reading->interfaces.count; i++) {
        const struct network_interface *iface = &reading->interfaces.items[i];
        if (!network_has(iface, is_primary) || strcmp(iface->netns, other->netns) != 0)
            continue;
        *ret_is_known = true;
        if (iface->is_primary)
            return iface;
    }
    return NULL;
}

/* A sentence of its own, with the interface's id in the middle. */
static void add_route_event(const struct report *report, const char *begin, const char *end)
{
    char id[NETWORK_ID_TEXT];
    network_interface_id(report->iface, id);
    struct network_event *event = add_event(report, NETWORK_EVENT_ROUTE_CHANGED, "");
    snprintf(event->message, sizeof(event->message), "%s%.64s%s", begin, id, end);
}

static void compare_route(const struct report *report, const struct network_interface *was)
{
    char end[sizeof(was->name) + 16] = "";
    if (was && strcmp(was->name, report->iface->name) == 0)
        return;
    if (was)
        snprintf(end, sizeof(end), " (was %s)", was->name);
    add_route_event(report, "default route now leaves through ", end);
}

static void compare_routes(
    const struct report *report, const struct reading *before, const struct reading *after)
{
    struct report each = *report;
    bool is_known;
    for (size_t i = 0; i < before->interfaces.count; i++) {
        each.iface = &before->interfaces.items[i];
        if (is_primary(each.iface) && !find_primary(after, each.iface, &is_known) && is_known)
            add_route_event(&each, "there is no default route any more (it left through ", ")");
    }
    for (size_t i = 0; i < after->interfaces.count; i++) {
        each.iface = &after->interfaces.items[i];
        if (is_primary(each.iface))
            compare_route(&each, find_primary(before, each.iface, &is_known));
    }
}

void transitions_find(const struct reading *before, struct reading *after,
    const struct transitions_time *time, struct event_log *log)
{
    struct report report = {.log = log, .time = *time};
    if (reading_is_aligned(before, after))
        compare_aligned(&report, before, after);
    else
        compare_by_id(&report, before, after);
    compare_routes(&report, before, after);
}

void transitions_reset(
    const struct network_interface *iface, int64_t wall_ms, struct event_log *log)
{
    struct report report = {.log = log, .time.wall_ms = wall_ms, .iface = iface};
    add_event(&report, NETWORK_EVENT_COUNTER_RESET, "its counters were reset");
}

void transitions_overrun(int64_t wall_ms, struct event_log *log)
{
    struct network_event *event = event_log_append(log);
    PUT(event, event, NETWORK_EVENT_OVERRUN);
    PUT(event, time_ms, wall_ms);
    PUT_TEXT(event, message,
        "The system announced more changes than could be followed; everything was read again.");
}
