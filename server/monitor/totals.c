#include "totals.h"

#include <stdio.h>
#include <string.h>

/* Link kinds that never count, whatever carries them. */
static const struct {
    const char *kind, *reason;
} kinds_not_counted[] = {
    {"bridge", "its ports carry the traffic"},
    {"openvswitch", "its ports carry the traffic"},
    {"bond", "its members carry the traffic"},
    {"team", "its members carry the traffic"},
    {"vrf", "its members carry the traffic"},
    {"hsr", "its members carry the traffic"},
    {"dummy", "leads nowhere"},
    {"ifb", "shapes what other interfaces carry"},
    {"nlmon", "shows netlink messages, no traffic"},
    {"vcan", "leads nowhere"},
};

/* What a namespace's bytes are counted on: the first of these it has. */
enum source { SOURCE_HARDWARE, SOURCE_OUTSIDE, SOURCE_TUNNEL, SOURCE_NONE };

static const char *reason_of_kind(const char *kind)
{
    for (size_t i = 0; i < ARRAY_LENGTH(kinds_not_counted); i++)
        if (strcmp(kind, kinds_not_counted[i].kind) == 0)
            return kinds_not_counted[i].reason;
    return NULL;
}

/* What keeps it out of the totals whatever else there is, as a format for the name of its first
 * lower interface; NULL: nothing does. */
static const char *obstacle_of(const struct network_interface *iface)
{
    const char *reason = iface->type == NETWORK_LOOPBACK ? "loopback" : reason_of_kind(iface->kind);
    if (reason || iface->lower.count == 0)
        return reason;
    return strcmp(iface->kind, "veth") == 0 ? "peer %s is on this machine" : "carried by %s";
}

static enum source source_of(const struct network_interface *iface)
{
    if (iface->type != NETWORK_VIRTUAL)
        return SOURCE_HARDWARE;
    return iface->is_linked_outside ? SOURCE_OUTSIDE : SOURCE_TUNNEL;
}

static enum source best_source(const struct interface_array *interfaces)
{
    enum source best = SOURCE_NONE;
    for (size_t i = 0; i < interfaces->count; i++) {
        const struct network_interface *iface = &interfaces->items[i];
        if (source_of(iface) < best && !obstacle_of(iface))
            best = source_of(iface);
    }
    return best;
}

static void put_reason(struct network_interface *iface, const char *format)
{
    size_t size = sizeof(iface->not_counted_reason);
    memset(iface->not_counted_reason, 0, size);
    /* The formats are those of obstacle_of and of kinds_not_counted: at most one %s. */
    if (iface->lower.count > 0)
        snprintf(iface->not_counted_reason, size, format, iface->lower.items[0].text);
    else
        put_text(iface->not_counted_reason, size, format);
    iface->status.not_counted_reason = NETWORK_KNOWN;
}

void totals_decide(struct interface_array *interfaces)
{
    enum source best = best_source(interfaces);
    for (size_t i = 0; i < interfaces->count; i++) {
        struct network_interface *iface = &interfaces->items[i];
        const char *obstacle = obstacle_of(iface);
        if (!obstacle && source_of(iface) != best)
            obstacle = "leaves through the machine's own links";
        PUT(iface, is_counted, !obstacle);
        iface->status.not_counted_reason = NETWORK_NOT_APPLICABLE;
        if (obstacle)
            put_reason(iface, obstacle);
    }
}

#define ADD(totals, iface, member)                                                                 \
    do {                                                                                           \
        if (network_has(iface, member))                                                            \
            PUT(totals, member, (totals)->member + (iface)->member);                               \
    } while (0)

static void add_interface(struct network_totals *totals, const struct network_interface *iface)
{
    ADD(totals, iface, download_bytes_per_s);
    ADD(totals, iface, upload_bytes_per_s);
    ADD(totals, iface, receive_packets_per_s);
    ADD(totals, iface, send_packets_per_s);
    ADD(totals, iface, receive_errors_per_s);
    ADD(totals, iface, send_errors_per_s);
    ADD(totals, iface, drops_per_s);
    ADD(totals, iface, bytes_received);
    ADD(totals, iface, bytes_sent);
}

void totals_sum(const struct interface_array *interfaces, struct network_totals *ret_totals)
{
    struct network_totals totals = {
        .connections = ret_totals->connections, .established = ret_totals->established};
    totals.status.connections = ret_totals->status.connections;
    totals.status.established = ret_totals->status.established;
    for (size_t i = 0; i < interfaces->count; i++)
        if (interfaces->items[i].is_counted)
            add_interface(&totals, &interfaces->items[i]);
    *ret_totals = totals;
}

void totals_count(const struct connection_array *connections, struct network_totals *ret_totals)
{
    uint32_t established = 0;
    for (size_t i = 0; i < connections->count; i++)
        established += connections->items[i].state == NETWORK_STATE_ESTABLISHED;
    PUT(ret_totals, connections, (uint32_t)connections->count);
    PUT(ret_totals, established, established);
}
