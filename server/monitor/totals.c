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

/* False when something of this machine carries it, or nothing does. */
static bool may_count(const struct network_interface *iface, char *ret_reason, size_t size)
{
    const char *reason = iface->type == NETWORK_LOOPBACK ? "loopback" : reason_of_kind(iface->kind);
    if (reason)
        put_text(ret_reason, size, reason);
    else if (iface->lower.count > 0 && strcmp(iface->kind, "veth") == 0)
        snprintf(ret_reason, size, "peer %s is on this machine", iface->lower.items[0].text);
    else if (iface->lower.count > 0)
        snprintf(ret_reason, size, "carried by %s", iface->lower.items[0].text);
    else
        return true;
    return false;
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
    char reason[64];
    for (size_t i = 0; i < interfaces->count; i++) {
        const struct network_interface *iface = &interfaces->items[i];
        if (may_count(iface, reason, sizeof(reason)) && source_of(iface) < best)
            best = source_of(iface);
    }
    return best;
}

void totals_decide(struct interface_array *interfaces)
{
    enum source best = best_source(interfaces);
    for (size_t i = 0; i < interfaces->count; i++) {
        struct network_interface *iface = &interfaces->items[i];
        char reason[sizeof(iface->not_counted_reason)];
        bool is_counted = may_count(iface, reason, sizeof(reason));
        if (is_counted && source_of(iface) != best) {
            put_text(reason, sizeof(reason), "leaves through the machine's own links");
            is_counted = false;
        }
        PUT(iface, is_counted, is_counted);
        iface->status.not_counted_reason = NETWORK_NOT_APPLICABLE;
        if (!is_counted)
            PUT_TEXT(iface, not_counted_reason, reason);
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
