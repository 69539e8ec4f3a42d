#include "connections.h"

#include "totals.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* How long an end may be on its way after a reading that no longer had the connection. */
#define DEPARTED_NS UINT64_C(10000000000)
enum { DEPARTED_MAX = 65536, CLOSED_MAX = 65536 };

void connections_fini(struct connections *connections)
{
    if (!connections)
        return;
    connection_array_fini(&connections->now);
    connection_array_fini(&connections->next);
    connection_array_fini(&connections->ends);
    rates_fini(&connections->rates);
    ledger_fini(&connections->ledger);
    map_fini(&connections->departed_by_identity);
    free(connections->departed);
    free(connections->listeners);
    free(connections->closed);
    *connections = (struct connections){0};
}

/* --- those that a reading no longer has --- */

static struct departed *append_departed(struct connections *connections)
{
    if (!MAKE_ROOM(
            connections->departed, connections->departed_count, connections->departed_capacity))
        return NULL;
    return &connections->departed[connections->departed_count++];
}

static void forget_departed(struct connections *connections, uint64_t now_ns)
{
    size_t old = 0, count = connections->departed_count;
    map_clear(&connections->departed_by_identity);
    while (old < count && connections->departed[old].at_ns + DEPARTED_NS < now_ns)
        old++;
    if (old == 0)
        return;
    memmove(connections->departed, connections->departed + old,
        (count - old) * sizeof(*connections->departed));
    connections->departed_count = count - old;
}

/* Only of TCP connections an end is announced, and of those that wait it was. before is the array
 * that the reading replaced; without memory its owner is not known when the end comes. */
static void keep_departed(
    struct connections *connections, const struct connection_array *before, uint64_t now_ns)
{
    const struct rates_table *entries = rates_before(&connections->rates);
    for (size_t i = 0; i < entries->count && i < before->count; i++) {
        const struct network_connection *connection = &before->items[i];
        if (entries->entries[i].is_still_there || entries->entries[i].account.is_closed ||
            connection->type != NETWORK_TCP || connection->state == NETWORK_STATE_LISTEN ||
            connection->state == NETWORK_STATE_TIME_WAIT ||
            connections->departed_count >= DEPARTED_MAX)
            continue;
        struct departed *departed = append_departed(connections);
        if (!departed)
            return;
        *departed = (struct departed){*connection, entries->entries[i].account, now_ns};
    }
}

static struct departed *find_departed(struct connections *connections, uint64_t identity)
{
    struct map *map = &connections->departed_by_identity;
    bool is_indexed = map_count(map) > 0;
    for (size_t i = 0; i < connections->departed_count && !is_indexed; i++) {
        struct map_key key = {.low = connections->departed[i].connection.identity};
        if (map_insert_index(map, key, i) < 0)
            break;
    }
    size_t at = map_find_index(map, (struct map_key){.low = identity});
    return at == MAP_ABSENT ? NULL : &connections->departed[at];
}

/* --- a reading --- */

/* Without memory some listeners are not found for what they accepted. */
static void index_listeners(struct connections *connections)
{
    connections->listener_count = 0;
    for (size_t i = 0; i < connections->now.count; i++) {
        if (connections->now.items[i].state != NETWORK_STATE_LISTEN)
            continue;
        if (!MAKE_ROOM(connections->listeners, connections->listener_count,
                connections->listener_capacity))
            return;
        connections->listeners[connections->listener_count++] = i;
    }
}

static void add_to_ledger(struct connections *connections, const struct interface_array *interfaces)
{
    ledger_begin(&connections->ledger, interfaces);
    for (size_t i = 0; i < connections->now.count; i++)
        ledger_add(&connections->ledger, &connections->now.items[i],
            &connections->rates.now.entries[i].account);
}

int connections_refresh(struct connections *connections, struct platform *platform,
    const struct interface_array *interfaces, struct network_totals *ret_totals)
{
    struct connection_array *next = &connections->next;
    next->count = 0;
    /* Taken before the reading, because the sockets are the first thing that is read. */
    uint64_t time_ns = platform_now_ns(platform);
    int64_t wall_ms = platform_wall_ms(platform);
    int result = platform_read_connections(platform, next);
    if (result == 0)
        result = rates_update_connections(&connections->rates, next, time_ns, wall_ms);
    if (result < 0)
        return result;
    struct connection_array before = connections->now;
    connections->now = *next;
    *next = before;
    forget_departed(connections, time_ns);
    keep_departed(connections, &before, time_ns);
    index_listeners(connections);
    totals_count(&connections->now, ret_totals);
    add_to_ledger(connections, interfaces);
    return ledger_end(&connections->ledger, time_ns, ret_totals);
}

/* --- ends --- */

/* What was known of a connection, and its account. */
struct known {
    const struct network_connection *connection; /* NULL: nothing */
    struct account *account;
};

static struct known find_known(struct connections *connections, uint64_t identity)
{
    const struct rates_entry *first = connections->rates.now.entries;
    struct rates_entry *entry = rates_find(&connections->rates, identity);
    if (entry)
        return (struct known){&connections->now.items[entry - first], &entry->account};
    struct departed *departed = find_departed(connections, identity);
    if (departed)
        return (struct known){&departed->connection, &departed->account};
    return (struct known){0};
}

static bool is_any(const struct network_address *address)
{
    static const uint8_t any[16];
    return memcmp(address->bytes, any, sizeof(any)) == 0;
}

static bool is_listener_of(
    const struct network_connection *listener, const struct network_connection *end)
{
    return listener->local_port == end->local_port && listener->status.netns == end->status.netns &&
           (!network_has(end, netns) || strcmp(listener->netns, end->netns) == 0) &&
           (is_any(&listener->local_address) ||
               memcmp(&listener->local_address, &end->local_address, sizeof(end->local_address)) ==
                   0);
}

/* The listener that accepted it, if its local end is one's: one of the same family, else one over
 * IPv6 that takes IPv4 too. */
static const struct network_connection *find_listener(
    const struct connections *connections, const struct network_connection *end)
{
    const struct network_connection *other = NULL;
    for (size_t i = 0; i < connections->listener_count; i++) {
        const struct network_connection *listener =
            &connections->now.items[connections->listeners[i]];
        if (!is_listener_of(listener, end))
            continue;
        if (listener->local_address.family == end->local_address.family)
            return listener;
        if (end->local_address.family == AF_INET)
            other = listener;
    }
    return other;
}

static void take_owner(struct network_connection *end, const struct network_connection *known)
{
    TAKE(end, known, pid);
    TAKE(end, known, process_name);
    TAKE(end, known, uid);
    TAKE(end, known, user);
    TAKE(end, known, unit);
    TAKE(end, known, evidence);
}

/* Whose it was in the readings; false: nobody's, as while it waits to be accepted, or less is known
 * than was noted as it ended: its process may have closed it while it was looked for. */
static bool take_known_owner(const struct connections *connections, const struct known *known,
    struct network_connection *end)
{
    struct network_connection last = *known->connection;
    if (!network_has(&last, process_name))
        ledger_take_owner(&connections->ledger, known->account, &last);
    if (!network_has(&last, process_name) &&
        (network_has(end, process_name) || !(network_has(&last, uid) || network_has(&last, unit))))
        return false;
    take_owner(end, &last);
    return true;
}

#define TAKE_IF_MISSING(to, from, member)                                                          \
    do {                                                                                           \
        if (!network_has(to, member))                                                              \
            TAKE(to, from, member);                                                                \
    } while (0)

#define TAKE_IF_LARGER(to, from, member)                                                           \
    do {                                                                                           \
        if (network_has(from, member) &&                                                           \
            (!network_has(to, member) || (to)->member < (from)->member))                           \
            TAKE(to, from, member);                                                                \
    } while (0)

/* An end whose own process reset it has lost its counts, and others may be a byte short. */
static void take_counts(struct network_connection *end, const struct network_connection *known)
{
    TAKE_IF_MISSING(end, known, remote_port);
    TAKE_IF_MISSING(end, known, rtt_ms);
    TAKE_IF_MISSING(end, known, retransmits);
    TAKE_IF_LARGER(end, known, bytes_received);
    TAKE_IF_LARGER(end, known, bytes_sent);
}

/* What the announcement does not say. */
static void complete(const struct connections *connections, struct network_connection *end,
    const struct known *known)
{
    if (known->connection) {
        TAKE(end, known->connection, opened_ms);
        TAKE_IF_MISSING(end, known->connection, interface);
        take_counts(end, known->connection);
        if (take_known_owner(connections, known, end))
            return;
    }
    const struct network_connection *listener =
        network_has(end, pid) ? NULL : find_listener(connections, end);
    if (listener)
        take_owner(end, listener);
}

static void write_message(const struct network_connection *end, struct network_event *event)
{
    char local[NETWORK_ADDRESS_TEXT], remote[NETWORK_ADDRESS_TEXT];
    char remote_port[24] = "";
    bool has_bytes = network_has(end, bytes_received) && network_has(end, bytes_sent);
    network_address_format(&end->local_address, local);
    network_address_format(&end->remote_address, remote);
    if (network_has(end, remote_port))
        snprintf(remote_port, sizeof(remote_port), " port %u", end->remote_port);
    size_t length = (size_t)snprintf(event->message, sizeof(event->message),
        "%s port %u to %s%s%s%s%s%s: closed", local, end->local_port, remote, remote_port,
        network_has(end, netns) ? " in " : "", network_has(end, netns) ? end->netns : "",
        network_has(end, process_name) ? " of " : "",
        network_has(end, process_name) ? end->process_name : "");
    if (has_bytes && length < sizeof(event->message))
        snprintf(event->message + length, sizeof(event->message) - length,
            " after %llu bytes received and %llu sent", (unsigned long long)end->bytes_received,
            (unsigned long long)end->bytes_sent);
    event->status.message = NETWORK_KNOWN;
}

static void describe_end(const struct network_connection *end, struct network_event *event)
{
    PUT(event, event, NETWORK_EVENT_CONNECTION_CLOSED);
    event_take_connection(event, end);
    TAKE(event, end, interface);
    TAKE(event, end, bytes_received);
    TAKE(event, end, bytes_sent);
    TAKE(event, end, rtt_ms);
    TAKE(event, end, retransmits);
    TAKE(event, end, opened_ms);
    write_message(end, event);
}

static struct network_event *append_closed(struct connections *connections, struct event_log *log)
{
    if (connections->closed_count >= CLOSED_MAX)
        return NULL;
    if (!MAKE_ROOM(connections->closed, connections->closed_count, connections->closed_capacity))
        return NULL;
    struct network_event *event = &connections->closed[connections->closed_count++];
    event_init(event, ++log->last_identity);
    return event;
}

static int take_end(
    struct connections *connections, struct network_connection *end, struct event_log *log)
{
    struct known known = find_known(connections, end->identity);
    struct account nothing = {0};
    if (known.account && known.account->is_closed)
        return 0;
    complete(connections, end, &known);
    ledger_close(&connections->ledger, end, known.account ? known.account : &nothing);
    struct network_event *event = append_closed(connections, log);
    if (!event)
        return PLATFORM_OVERRUN;
    describe_end(end, event);
    return 0;
}

int connections_take_ends(
    struct connections *connections, struct platform *platform, struct event_log *log)
{
    connections->ends.count = 0;
    int result = platform_read_closed(platform, &connections->ends);
    if (result < 0 || connections->ends.count == 0)
        return result;
    int64_t wall_ms = platform_wall_ms(platform);
    for (size_t i = 0; i < connections->ends.count; i++) {
        size_t before = connections->closed_count;
        result |= take_end(connections, &connections->ends.items[i], log);
        if (connections->closed_count > before)
            PUT(&connections->closed[before], time_ms, wall_ms);
    }
    return result;
}

void connections_clear_closed(struct connections *connections)
{
    connections->closed_count = 0;
}
