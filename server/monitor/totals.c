#include "totals.h"

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

/* Of which each is the other's lower one. */
static bool is_pair(const char *kind)
{
    return strcmp(kind, "veth") == 0 || strcmp(kind, "netkit") == 0;
}

/* Why an interface does not count: a sentence, with the name of its first lower interface in the
 * middle where there is an after. */
struct obstacle {
    const char *before, *after;
};

/* What keeps it out of the totals whatever else there is; before is NULL when nothing does. */
static struct obstacle obstacle_of(const struct network_interface *iface)
{
    if (network_has(iface, netns))
        return (struct obstacle){"in another network namespace", NULL};
    const char *reason = iface->type == NETWORK_LOOPBACK ? "loopback" : reason_of_kind(iface->kind);
    if (reason || iface->lower.count == 0)
        return (struct obstacle){reason, NULL};
    if (is_pair(iface->kind))
        return (struct obstacle){"peer ", " is on this machine"};
    return (struct obstacle){"carried by ", ""};
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
        if (source_of(iface) < best && !obstacle_of(iface).before)
            best = source_of(iface);
    }
    return best;
}

/* Written for every interface at every reading, so without a format. */
static void put_reason(struct network_interface *iface, struct obstacle obstacle)
{
    const char *pieces[] = {
        obstacle.before, obstacle.after ? iface->lower.items[0].text : "", obstacle.after};
    size_t length = 0, room = sizeof(iface->not_counted_reason) - 1;
    memset(iface->not_counted_reason, 0, room + 1);
    for (size_t i = 0; i < ARRAY_LENGTH(pieces) && pieces[i]; i++) {
        size_t size = strnlen(pieces[i], room - length);
        memcpy(iface->not_counted_reason + length, pieces[i], size);
        length += size;
    }
    iface->status.not_counted_reason = NETWORK_KNOWN;
}

void totals_decide(struct interface_array *interfaces)
{
    enum source best = best_source(interfaces);
    for (size_t i = 0; i < interfaces->count; i++) {
        struct network_interface *iface = &interfaces->items[i];
        struct obstacle obstacle = obstacle_of(iface);
        if (!obstacle.before && source_of(iface) != best)
            obstacle = (struct obstacle){"leaves through the machine's own links", NULL};
        PUT(iface, is_counted, !obstacle.before);
        iface->status.not_counted_reason = NETWORK_NOT_APPLICABLE;
        if (obstacle.before)
            put_reason(iface, obstacle);
    }
}

static const struct network_interface *find_here(
    const struct interface_array *interfaces, const char *name)
{
    for (size_t i = 0; i < interfaces->count; i++) {
        const struct network_interface *iface = &interfaces->items[i];
        if (!network_has(iface, netns) && strcmp(iface->name, name) == 0)
            return iface;
    }
    return NULL;
}

/* Bridges over bonds over VLANs, and no deeper: a circle must end too. */
enum { CARRY_DEPTH = 4 };

static bool carries(const struct interface_array *interfaces, const char *name, int depth)
{
    const struct network_interface *iface = find_here(interfaces, name);
    if (!iface || iface->type == NETWORK_LOOPBACK)
        return false;
    if (iface->is_counted)
        return true;
    for (uint32_t i = 0; depth > 0 && i < iface->lower.count; i++)
        if (carries(interfaces, iface->lower.items[i].text, depth - 1))
            return true;
    /* What a tunnel takes leaves again, wrapped, by a link of the machine's. */
    return iface->lower.count == 0 && iface->type == NETWORK_VIRTUAL &&
           !reason_of_kind(iface->kind) && !is_pair(iface->kind);
}

bool totals_carry(const struct interface_array *interfaces, const char *name)
{
    return carries(interfaces, name, CARRY_DEPTH);
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
    totals.unexplained_download_bytes_per_s = ret_totals->unexplained_download_bytes_per_s;
    totals.unexplained_upload_bytes_per_s = ret_totals->unexplained_upload_bytes_per_s;
    totals.status.unexplained_download_bytes_per_s =
        ret_totals->status.unexplained_download_bytes_per_s;
    totals.status.unexplained_upload_bytes_per_s =
        ret_totals->status.unexplained_upload_bytes_per_s;
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
