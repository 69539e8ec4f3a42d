#include "ledger.h"

#include "belonging.h"
#include <errno.h>
#include <string.h>

void ledger_fini(struct ledger *ledger)
{
    if (!ledger)
        return;
    for (size_t i = 0; i < ledger->count; i++)
        free(ledger->owners[i].record.pids.items);
    free(ledger->owners);
    free(ledger->records);
    map_fini(&ledger->by_id);
    *ledger = (struct ledger){0};
}

/* --- whose a connection is --- */

static struct ledger_owner *append_owner(struct ledger *ledger)
{
    if (!MAKE_ROOM(ledger->owners, ledger->count, ledger->capacity))
        return NULL;
    struct ledger_owner *owner = &ledger->owners[ledger->count];
    memset(owner, 0, sizeof(*owner));
    return owner;
}

static struct ledger_owner *add_owner(
    struct ledger *ledger, const struct network_owner *description, struct map_key key)
{
    struct ledger_owner *owner = append_owner(ledger);
    if (!owner || map_insert_index(&ledger->by_id, key, ledger->count) < 0)
        return NULL;
    ledger->count++;
    owner->record = *description;
    owner->serial = ++ledger->last_serial;
    owner->record.status.bytes_received = owner->record.status.bytes_sent = NETWORK_NOT_SUPPORTED;
    PUT(&owner->record, closed, 0);
    owner->idle_since = ledger->reading;
    return owner;
}

/* The owner the connection had when it was last looked at; NULL: none, or that one is forgotten. */
static struct ledger_owner *last_owner(const struct ledger *ledger, const struct account *account)
{
    size_t at = account->owner_place;
    return at < ledger->count && ledger->owners[at].serial == account->owner_serial
               ? &ledger->owners[at]
               : NULL;
}

/* The same, also where that one has taken the place of another since. */
static struct ledger_owner *former_owner(const struct ledger *ledger, struct account *account)
{
    struct ledger_owner *owner = last_owner(ledger, account);
    for (size_t i = 0; !owner && account->owner_serial != 0 && i < ledger->count; i++) {
        if (ledger->owners[i].serial != account->owner_serial)
            continue;
        owner = &ledger->owners[i];
        account->owner_place = (uint32_t)i;
    }
    if (!owner)
        account->owner_serial = 0; /* not to be looked for again */
    return owner;
}

/* NULL: it belongs to nobody, or there is no memory; then its bytes stay unexplained. What a
 * process has closed and the kernel still sends belongs to whom it belonged to before. */
static struct ledger_owner *owner_of(
    struct ledger *ledger, const struct network_connection *connection, struct account *account)
{
    enum network_owner_kind kind;
    if (!belonging_kind(connection, &kind))
        return former_owner(ledger, account);
    struct ledger_owner *last = last_owner(ledger, account);
    if (last && belonging_is_to(&last->record, kind, connection))
        return last;
    struct network_owner description = {0};
    char id[NETWORK_ID_TEXT];
    belonging_describe(&description, kind, connection);
    network_owner_id(&description, id);
    struct map_key key = map_key_of_text(id);
    size_t at = map_find_index(&ledger->by_id, key);
    struct ledger_owner *owner =
        at == MAP_ABSENT ? add_owner(ledger, &description, key) : &ledger->owners[at];
    if (owner) {
        account->owner_place = (uint32_t)(owner - ledger->owners);
        account->owner_serial = owner->serial;
    }
    return owner;
}

/* --- adding up --- */

static uint64_t grow(uint64_t *account, uint64_t now)
{
    uint64_t growth = now > *account ? now - *account : 0;
    *account += growth;
    return growth;
}

static void add_growth(struct ledger_growth *sum, const struct ledger_growth *growth)
{
    sum->received += growth->received;
    sum->sent += growth->sent;
    sum->external_received += growth->external_received;
    sum->external_sent += growth->external_sent;
}

/* What comes in before somebody accepts the connection waits in its account for an owner. */
static void add_bytes(struct ledger *ledger, struct ledger_owner *owner,
    const struct network_connection *connection, struct account *account)
{
    struct ledger_growth growth = {0};
    if (!owner)
        return;
    if (network_has(connection, bytes_received))
        growth.received = grow(&account->bytes_received, connection->bytes_received);
    if (network_has(connection, bytes_sent))
        growth.sent = grow(&account->bytes_sent, connection->bytes_sent);
    if (growth.received == 0 && growth.sent == 0)
        return;
    if (account->is_external) {
        growth.external_received = growth.received;
        growth.external_sent = growth.sent;
    }
    owner->record.bytes_received += growth.received;
    owner->record.bytes_sent += growth.sent;
    add_growth(&owner->growth, &growth);
    add_growth(&ledger->growth, &growth);
}

static void count_state(struct network_owner *owner, const struct network_connection *connection)
{
    owner->connections++;
    owner->udp += connection->type == NETWORK_UDP;
    switch (connection->state) {
    case NETWORK_STATE_ESTABLISHED:
        owner->established++;
        break;
    case NETWORK_STATE_LISTEN:
        owner->listening++;
        break;
    case NETWORK_STATE_UNCONNECTED:
        owner->unconnected++;
        break;
    case NETWORK_STATE_SYN_SENT:
    case NETWORK_STATE_SYN_RECEIVED:
    case NETWORK_STATE_NEW_SYN_RECEIVED:
        owner->opening++;
        break;
    case NETWORK_STATE_CLOSE_WAIT:
        owner->close_wait++;
        break;
    default:
        owner->closing++;
        break;
    }
}

/* Connections of one process mostly follow each other; what is double all the same goes when the
 * reading ends. Without memory a pid is missing. */
static void add_pid(struct ledger_owner *owner, uint32_t pid)
{
    struct network_number_list *pids = &owner->record.pids;
    if (pids->count > 0 && pids->items[pids->count - 1] == pid)
        return;
    if (pids->count == owner->pid_capacity) {
        uint32_t larger = owner->pid_capacity ? owner->pid_capacity * 2 : 4;
        uint32_t *items = array_resize(pids->items, larger, sizeof(*items));
        if (!items)
            return;
        pids->items = items;
        owner->pid_capacity = larger;
    }
    pids->items[pids->count++] = pid;
}

/* The first member of a reading says who it is; what another says otherwise is not known of all. */
static void merge_member(struct ledger_owner *owner, const struct network_connection *connection)
{
    struct network_owner *record = &owner->record;
    if (owner->members++ == 0) {
        belonging_describe(record, record->kind, connection);
        return;
    }
    belonging_merge(record, connection);
}

/* A TCP socket has bytes to be counted also while it has moved none; not where nobody may see them.
 */
static void note_bytes(struct ledger_owner *owner, const struct network_connection *connection)
{
    bool is_hidden = connection->status.bytes_received == NETWORK_PERMISSION;
    if (owner->has_bytes)
        return;
    if (is_hidden)
        owner->record.status.bytes_received = owner->record.status.bytes_sent = NETWORK_PERMISSION;
    if (is_hidden || (connection->type != NETWORK_TCP && !network_has(connection, bytes_received)))
        return;
    owner->has_bytes = true;
    PUT(&owner->record, bytes_received, owner->record.bytes_received);
    PUT(&owner->record, bytes_sent, owner->record.bytes_sent);
}

void ledger_begin(struct ledger *ledger, const struct interface_array *interfaces)
{
    outward_begin(&ledger->outward, interfaces);
    ledger->reading++;
    for (size_t i = 0; i < ledger->count; i++) {
        struct ledger_owner *owner = &ledger->owners[i];
        struct network_owner *record = &owner->record;
        record->connections = record->established = record->listening = 0;
        record->udp = record->unconnected = record->opening = 0;
        record->close_wait = record->closing = 0;
        record->pids.count = 0;
        owner->members = 0;
    }
}

void ledger_add(
    struct ledger *ledger, const struct network_connection *connection, struct account *account)
{
    if (account->is_closed) /* what is left of it waits and moves nothing */
        return;
    struct ledger_owner *owner = owner_of(ledger, connection, account);
    account->is_external = outward_is(&ledger->outward, connection);
    if (ledger->time_ns == 0) { /* the first reading */
        account->bytes_received =
            network_has(connection, bytes_received) ? connection->bytes_received : 0;
        account->bytes_sent = network_has(connection, bytes_sent) ? connection->bytes_sent : 0;
    }
    account->is_open = true;
    add_bytes(ledger, owner, connection, account);
    if (!owner)
        return;
    count_state(&owner->record, connection);
    note_bytes(owner, connection);
    if (network_has(connection, pid))
        add_pid(owner, connection->pid);
    if (owner->record.kind == NETWORK_OWNER_CONTAINER || owner->record.kind == NETWORK_OWNER_UNIT)
        merge_member(owner, connection);
    owner->idle_since = ledger->reading;
}

void ledger_close(
    struct ledger *ledger, const struct network_connection *connection, struct account *account)
{
    if (ledger->time_ns == 0 || account->is_closed)
        return;
    struct ledger_owner *owner = owner_of(ledger, connection, account);
    if (!account->is_open)
        account->is_external = outward_is(&ledger->outward, connection);
    add_bytes(ledger, owner, connection, account);
    account->is_closed = true;
    if (!owner)
        return;
    note_bytes(owner, connection);
    owner->record.closed++;
    owner->idle_since = ledger->reading;
}

void ledger_take_owner(
    const struct ledger *ledger, struct account *account, struct network_connection *ret_connection)
{
    const struct ledger_owner *owner = former_owner(ledger, account);
    if (!owner)
        return;
    TAKE(ret_connection, &owner->record, process_name);
    TAKE(ret_connection, &owner->record, uid);
    TAKE(ret_connection, &owner->record, user);
    TAKE(ret_connection, &owner->record, unit);
}

static void add_total(struct ledger_total *total, double bytes_per_s, double elapsed_s)
{
    total->bytes += bytes_per_s * elapsed_s;
    total->elapsed_s += elapsed_s;
}

void ledger_add_totals(struct ledger *ledger, const struct network_totals *totals, double elapsed_s)
{
    if (network_has(totals, download_bytes_per_s))
        add_total(&ledger->received, totals->download_bytes_per_s, elapsed_s);
    if (network_has(totals, upload_bytes_per_s))
        add_total(&ledger->sent, totals->upload_bytes_per_s, elapsed_s);
}

/* --- the end of a reading --- */

static int compare_numbers(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return (a > b) - (a < b);
}

static void sort_pids(struct network_number_list *pids)
{
    if (pids->count < 2)
        return;
    qsort(pids->items, pids->count, sizeof(*pids->items), compare_numbers);
    uint32_t kept = 1;
    for (uint32_t i = 1; i < pids->count; i++)
        if (pids->items[i] != pids->items[kept - 1])
            pids->items[kept++] = pids->items[i];
    pids->count = kept;
}

static void put_gauges(struct network_owner *record)
{
    PUT(record, connections, record->connections);
    PUT(record, established, record->established);
    PUT(record, listening, record->listening);
    PUT(record, udp, record->udp);
    PUT(record, unconnected, record->unconnected);
    PUT(record, opening, record->opening);
    PUT(record, close_wait, record->close_wait);
    PUT(record, closing, record->closing);
    sort_pids(&record->pids);
    /* Where no process is seen that is not the same as there being none. */
    bool has_pids = record->pids.count > 0 || record->connections == 0;
    record->status.pids = has_pids ? NETWORK_KNOWN : NETWORK_UNAVAILABLE;
}

static void put_speeds(struct ledger_owner *owner, double elapsed_s)
{
    struct network_owner *record = &owner->record;
    const struct ledger_growth *growth = &owner->growth;
    if (!owner->has_bytes)
        return;
    PUT(record, download_bytes_per_s, (double)growth->received / elapsed_s);
    PUT(record, upload_bytes_per_s, (double)growth->sent / elapsed_s);
    PUT(record, external_download_bytes_per_s, (double)growth->external_received / elapsed_s);
    PUT(record, external_upload_bytes_per_s, (double)growth->external_sent / elapsed_s);
    owner->growth = (struct ledger_growth){0};
}

/* The two are read a moment apart, so that a little less than nothing may remain: that is nothing.
 */
static double remainder_of(const struct ledger_total *total, double explained_per_s)
{
    double remainder = total->bytes / total->elapsed_s - explained_per_s;
    return remainder > 0 ? remainder : 0;
}

static void put_unexplained(
    struct ledger *ledger, double elapsed_s, struct network_totals *ret_totals)
{
    const struct ledger_growth *growth = &ledger->growth;
    if (ledger->received.elapsed_s > 0)
        PUT(ret_totals, unexplained_download_bytes_per_s,
            remainder_of(&ledger->received, (double)growth->external_received / elapsed_s));
    if (ledger->sent.elapsed_s > 0)
        PUT(ret_totals, unexplained_upload_bytes_per_s,
            remainder_of(&ledger->sent, (double)growth->external_sent / elapsed_s));
    ledger->growth = (struct ledger_growth){0};
    ledger->received = ledger->sent = (struct ledger_total){0};
}

static void end_period(struct ledger *ledger, uint64_t time_ns, struct network_totals *ret_totals)
{
    bool is_first = ledger->time_ns == 0;
    if (!is_first && time_ns < ledger->time_ns + PLATFORM_SHORTEST_NS)
        return;
    double elapsed_s = (double)(time_ns - ledger->time_ns) / 1e9;
    for (size_t i = 0; i < ledger->count && !is_first; i++)
        put_speeds(&ledger->owners[i], elapsed_s);
    if (!is_first)
        put_unexplained(ledger, elapsed_s, ret_totals);
    ledger->time_ns = time_ns;
}

/* Another owner takes the place of one that goes, so hints and indices change. */
static void remove_owner(struct ledger *ledger, size_t at)
{
    char id[NETWORK_ID_TEXT];
    struct ledger_owner *owner = &ledger->owners[at], *last = &ledger->owners[ledger->count - 1];
    network_owner_id(&owner->record, id);
    map_remove(&ledger->by_id, map_key_of_text(id));
    free(owner->record.pids.items);
    ledger->count--;
    if (owner == last)
        return;
    *owner = *last;
    network_owner_id(&owner->record, id);
    /* The key is there already, so this needs no memory. */
    if (map_insert_index(&ledger->by_id, map_key_of_text(id), at) < 0)
        return;
}

/* Came and went without a byte: there is nothing to keep. */
static bool is_blank(const struct network_owner *record)
{
    return record->connections == 0 && record->closed == 0 && record->bytes_received == 0 &&
           record->bytes_sent == 0;
}

static void forget_idle(struct ledger *ledger)
{
    size_t idle = 0;
    for (size_t i = ledger->count; i-- > 0;) {
        if (is_blank(&ledger->owners[i].record))
            remove_owner(ledger, i);
        else
            idle += ledger->owners[i].record.connections == 0;
    }
    for (; idle > LEDGER_IDLE_KEPT; idle--) {
        size_t oldest = MAP_ABSENT;
        for (size_t i = 0; i < ledger->count; i++) {
            if (ledger->owners[i].record.connections == 0 &&
                (oldest == MAP_ABSENT ||
                    ledger->owners[i].idle_since < ledger->owners[oldest].idle_since))
                oldest = i;
        }
        remove_owner(ledger, oldest);
    }
}

int ledger_end(struct ledger *ledger, uint64_t time_ns, struct network_totals *ret_totals)
{
    outward_begin(&ledger->outward, NULL);
    ledger->record_count = 0;
    for (size_t i = 0; i < ledger->count; i++)
        put_gauges(&ledger->owners[i].record);
    end_period(ledger, time_ns, ret_totals);
    forget_idle(ledger);
    struct network_owner *records =
        array_resize(ledger->records, ledger->count + 1, sizeof(*records));
    if (!records)
        return -ENOMEM;
    ledger->records = records;
    for (size_t i = 0; i < ledger->count; i++)
        records[i] = ledger->owners[i].record;
    ledger->record_count = ledger->count;
    return 0;
}
