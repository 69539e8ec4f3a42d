#include "rates.h"

#include "send_limits.h"
#include <errno.h>
#include <string.h>

/* The growth of the plan's counters together; false when one is unknown or went backwards. */
static bool growth_between(const struct rates_sample *from, const struct rates_sample *to,
    uint8_t counters, double *ret_growth)
{
    if ((from->known & to->known & counters) != counters)
        return false;
    double growth = 0;
    for (unsigned i = 0; i < RATES_COUNTERS_MAX; i++) {
        if (!(counters & 1u << i))
            continue;
        if (to->counters[i] < from->counters[i])
            return false;
        growth += (double)(to->counters[i] - from->counters[i]);
    }
    *ret_growth = growth;
    return true;
}

void rates_advance(
    struct rates_history *history, const struct rates_plan *plan, const struct rates_sample *sample)
{
    const struct rates_sample *base = &history->base;
    bool is_first = base->known == 0;
    /* A clock that steps back makes no interval either. */
    if (!is_first &&
        (sample->time_ns < base->time_ns || sample->time_ns - base->time_ns < PLATFORM_SHORTEST_NS))
        return;
    history->known = 0;
    history->is_still = base->known == sample->known &&
                        memcmp(base->counters, sample->counters, sizeof(base->counters)) == 0;
    double elapsed_s = (double)(sample->time_ns - base->time_ns) / 1e9;
    for (unsigned i = 0; i < plan->count && !is_first; i++) {
        double growth;
        if (!growth_between(base, sample, plan->counters[i], &growth))
            continue;
        history->per_s[i] = growth / elapsed_s;
        history->known |= (uint8_t)(1u << i);
    }
    history->base = *sample;
}

static void table_fini(struct rates_table *table)
{
    free(table->entries);
    map_fini(&table->by_identity);
}

void rates_fini(struct rates *rates)
{
    if (!rates)
        return;
    table_fini(&rates->now);
    table_fini(&rates->next);
    *rates = (struct rates){0};
}

static int index_table(struct rates_table *table)
{
    int result = 0;
    if (map_count(&table->by_identity) > 0)
        return 0;
    for (size_t i = 0; result == 0 && i < table->count; i++)
        result = map_insert_index(
            &table->by_identity, (struct map_key){.low = table->entries[i].identity}, i);
    return result;
}

struct rates_entry *rates_find(struct rates *rates, uint64_t identity)
{
    struct rates_table *now = &rates->now;
    if (index_table(now) < 0)
        return NULL;
    size_t at = map_find_index(&now->by_identity, (struct map_key){.low = identity});
    return at == MAP_ABSENT ? NULL : &now->entries[at];
}

const struct rates_table *rates_before(const struct rates *rates)
{
    return &rates->next;
}

static int start_next(struct rates *rates, size_t count)
{
    struct rates_table *next = &rates->next;
    next->count = 0;
    rates->cursor = 0;
    if (count <= next->capacity)
        return 0;
    struct rates_entry *entries = array_resize(next->entries, count, sizeof(*entries));
    if (!entries)
        return -ENOMEM;
    next->entries = entries;
    next->capacity = count;
    return 0;
}

static void end_next(struct rates *rates)
{
    struct rates_table now = rates->now;
    rates->now = rates->next;
    rates->next = now;
    map_clear(&rates->now.by_identity);
    rates->has_reading = true;
}

/* The object as the last table knew it; NULL: it is new. */
static int find_before(struct rates *rates, uint64_t identity, struct rates_entry **ret_entry)
{
    struct rates_table *now = &rates->now;
    size_t at = rates->cursor;
    if (at >= now->count || now->entries[at].identity != identity) {
        int result = index_table(now);
        if (result < 0)
            return result;
        at = map_find_index(&now->by_identity, (struct map_key){.low = identity});
    }
    *ret_entry = at == MAP_ABSENT ? NULL : &now->entries[at];
    rates->cursor = at == MAP_ABSENT ? rates->cursor : at + 1;
    return 0;
}

/* The object's entry in the next table, as the last one knew it. start_next made the room. */
static int append_entry(
    struct rates *rates, uint64_t identity, int64_t wall_ms, struct rates_entry **ret_entry)
{
    struct rates_entry *before;
    int result = find_before(rates, identity, &before);
    if (result < 0)
        return result;
    struct rates_entry *entry = &rates->next.entries[rates->next.count++];
    if (before) {
        *entry = *before;
        before->is_still_there = true;
    } else
        *entry = (struct rates_entry){
            .identity = identity, .first_seen_ms = rates->has_reading ? wall_ms : 0};
    entry->is_still_there = false;
    *ret_entry = entry;
    return 0;
}

#define SAMPLE(sample, i, record, member)                                                          \
    do {                                                                                           \
        (sample)->counters[i] = (record)->member;                                                  \
        (sample)->known |= (uint8_t)(network_has(record, member) << (i));                          \
    } while (0)

#define PUT_RATE(record, member, history, i)                                                       \
    do {                                                                                           \
        bool is_known_ = (history)->known >> (i)&1;                                                \
        (record)->member = is_known_ ? (history)->per_s[i] : 0;                                    \
        (record)->status.member = is_known_ ? NETWORK_KNOWN : NETWORK_UNAVAILABLE;                 \
    } while (0)

static const struct rates_plan interface_plan = {
    .counters = {1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5, 1 << 6 | 1 << 7}, .count = 7};

static struct rates_sample sample_interface(const struct network_interface *iface, uint64_t time_ns)
{
    struct rates_sample sample = {.time_ns = time_ns};
    SAMPLE(&sample, 0, iface, bytes_received);
    SAMPLE(&sample, 1, iface, bytes_sent);
    SAMPLE(&sample, 2, iface, packets_received);
    SAMPLE(&sample, 3, iface, packets_sent);
    SAMPLE(&sample, 4, iface, receive_errors);
    SAMPLE(&sample, 5, iface, send_errors);
    SAMPLE(&sample, 6, iface, receive_drops);
    SAMPLE(&sample, 7, iface, send_drops);
    return sample;
}

static void put_interface_rates(
    struct network_interface *iface, const struct rates_history *history)
{
    PUT_RATE(iface, download_bytes_per_s, history, 0);
    PUT_RATE(iface, upload_bytes_per_s, history, 1);
    PUT_RATE(iface, receive_packets_per_s, history, 2);
    PUT_RATE(iface, send_packets_per_s, history, 3);
    PUT_RATE(iface, receive_errors_per_s, history, 4);
    PUT_RATE(iface, send_errors_per_s, history, 5);
    PUT_RATE(iface, drops_per_s, history, 6);
}

int rates_follow_interfaces(struct rates *rates, const struct interface_array *interfaces)
{
    int result = start_next(rates, interfaces->count);
    for (size_t i = 0; result == 0 && i < interfaces->count; i++) {
        struct rates_entry *entry;
        result = append_entry(rates, interfaces->items[i].identity, 0, &entry);
    }
    if (result == 0)
        end_next(rates);
    return result;
}

bool rates_is_still(const struct rates *rates, size_t at)
{
    return rates->now.entries[at].history.is_still;
}

/* While it was still, its counters were at every reading what they are in its base. */
static void wake(const struct rates *rates, struct rates_history *history)
{
    if (history->is_still)
        history->base.time_ns = rates->time_ns;
    history->is_still = false;
}

void rates_update_interface(
    struct rates *rates, size_t at, struct network_interface *iface, uint64_t time_ns)
{
    struct rates_history *history = &rates->now.entries[at].history;
    wake(rates, history);
    if (!iface)
        return;
    struct rates_sample sample = sample_interface(iface, time_ns);
    rates_advance(history, &interface_plan, &sample);
    put_interface_rates(iface, history);
}

void rates_end_interfaces(struct rates *rates, uint64_t time_ns)
{
    rates->time_ns = time_ns;
}

static const struct rates_plan connection_plan = {.counters = {1 << 0, 1 << 1}, .count = 2};

static void put_connection(struct network_connection *connection, const struct rates_entry *entry)
{
    PUT_RATE(connection, download_bytes_per_s, &entry->history, 0);
    PUT_RATE(connection, upload_bytes_per_s, &entry->history, 1);
    /* Where the bytes are never to be had, neither is their rate, and for the same reason. */
    if (!network_has(connection, bytes_received))
        connection->status.download_bytes_per_s = connection->status.bytes_received;
    if (!network_has(connection, bytes_sent))
        connection->status.upload_bytes_per_s = connection->status.bytes_sent;
    if (entry->first_seen_ms != 0)
        PUT(connection, opened_ms, entry->first_seen_ms);
    connection->limited_by = entry->limited_by;
    connection->status.limited_by = entry->limited_by_status;
}

/* Over the same interval as the speeds. */
static void judge(
    const struct network_connection *connection, uint64_t elapsed_ns, struct rates_entry *entry)
{
    enum network_limited_by limit = NETWORK_LIMITED_BY_APPLICATION;
    bool is_judged =
        send_limits_judge(&entry->send_times, &connection->send_times, elapsed_ns, &limit);
    entry->limited_by = (uint8_t)limit;
    entry->limited_by_status = is_judged ? NETWORK_KNOWN : connection->status.limited_by;
    entry->send_times = connection->send_times;
}

static void advance_connection(
    const struct network_connection *connection, uint64_t time_ns, struct rates_entry *entry)
{
    struct rates_sample sample = {.time_ns = time_ns};
    uint64_t base_ns = entry->history.base.time_ns;
    SAMPLE(&sample, 0, connection, bytes_received);
    SAMPLE(&sample, 1, connection, bytes_sent);
    rates_advance(&entry->history, &connection_plan, &sample);
    if (entry->history.base.time_ns != base_ns)
        judge(connection, time_ns - base_ns, entry);
}

int rates_update_connections(
    struct rates *rates, struct connection_array *connections, uint64_t time_ns, int64_t wall_ms)
{
    int result = start_next(rates, connections->count);
    for (size_t i = 0; result == 0 && i < connections->count; i++) {
        struct network_connection *connection = &connections->items[i];
        struct rates_entry *entry;
        result = append_entry(rates, connection->identity, wall_ms, &entry);
        if (result < 0)
            break;
        advance_connection(connection, time_ns, entry);
        put_connection(connection, entry);
    }
    if (result == 0)
        end_next(rates);
    return result;
}
