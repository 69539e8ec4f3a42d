#include "new_listeners.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define UDP_STAYS_NS UINT64_C(1000000000)
#define UDP_CLIENT_PORT_STAYS_NS UINT64_C(5000000000)
enum { FIRST_CLIENT_PORT = 32768 }; /* of Linux; others begin at 49152 */

static void places_fini(struct listening_places *places)
{
    free(places->items);
    map_fini(&places->by_key);
}

void new_listeners_fini(struct new_listeners *listeners)
{
    if (!listeners)
        return;
    places_fini(&listeners->now);
    places_fini(&listeners->next);
}

static bool is_reachable(const struct network_connection *socket)
{
    return (socket->state == NETWORK_STATE_LISTEN || socket->state == NETWORK_STATE_UNCONNECTED) &&
           socket->local_port != 0 && !network_address_is_loopback(&socket->local_address);
}

static struct map_key key_of(const struct network_connection *socket)
{
    char address[NETWORK_ADDRESS_TEXT], text[NETWORK_ADDRESS_TEXT + 96];
    network_address_format(&socket->local_address, address);
    snprintf(text, sizeof(text), "%d %s %u %u %s", socket->type, address, socket->local_port,
        network_has(socket, uid) ? socket->uid : 0,
        network_has(socket, netns) ? socket->netns : "");
    return map_key_of_text(text);
}

static bool is_due(const struct network_connection *socket, uint64_t age_ns)
{
    if (socket->type == NETWORK_TCP)
        return true;
    return age_ns >=
           (socket->local_port < FIRST_CLIENT_PORT ? UDP_STAYS_NS : UDP_CLIENT_PORT_STAYS_NS);
}

/* Of a place already known, else of one that is new now. */
static struct listening_place place_of(
    const struct new_listeners *listeners, struct map_key key, uint64_t now_ns)
{
    size_t at = map_find_index(&listeners->now.by_key, key);
    if (at != MAP_ABSENT)
        return listeners->now.items[at];
    return (struct listening_place){
        .key = key, .since_ns = now_ns, .is_announced = !listeners->has_reading};
}

static bool is_news(
    const struct listening_place *place, const struct network_connection *socket, uint64_t now_ns)
{
    return !place->is_announced && is_due(socket, now_ns - place->since_ns);
}

bool new_listeners_has_news(
    const struct new_listeners *listeners, const struct connection_array *sockets, uint64_t now_ns)
{
    for (size_t i = 0; i < sockets->count; i++) {
        const struct network_connection *socket = &sockets->items[i];
        if (!is_reachable(socket))
            continue;
        struct listening_place place = place_of(listeners, key_of(socket), now_ns);
        if (is_news(&place, socket, now_ns))
            return true;
    }
    return false;
}

static void write_message(const struct network_connection *socket, struct network_event *event)
{
    char address[NETWORK_ADDRESS_TEXT];
    bool has_name = network_has(socket, process_name), has_unit = network_has(socket, unit);
    network_address_format(&socket->local_address, address);
    /* What is longer than a sentence may be is cut. */
    int length = snprintf(event->message, sizeof(event->message),
        "%s port %u is open to other machines, at %s%s%s%s%s%s%s%s%s",
        socket->type == NETWORK_TCP ? "TCP" : "UDP", socket->local_port, address,
        network_has(socket, netns) ? " in " : "", network_has(socket, netns) ? socket->netns : "",
        has_name ? ": " : "", has_name ? socket->process_name : "",
        network_has(socket, user) ? " of user " : "", network_has(socket, user) ? socket->user : "",
        has_unit ? ", " : "", has_unit ? socket->unit : "");
    event->status.message = length < 0 ? NETWORK_ERROR : NETWORK_KNOWN;
}

static void tell(const struct network_connection *socket, struct event_log *log, int64_t wall_ms)
{
    struct network_event *event = event_log_append(log);
    PUT(event, event, NETWORK_EVENT_LISTENER_ADDED);
    PUT(event, time_ms, wall_ms);
    event_take_connection(event, socket);
    write_message(socket, event);
}

static int append_place(struct listening_places *places, const struct listening_place *place)
{
    if (!MAKE_ROOM(places->items, places->count, places->capacity))
        return -ENOMEM;
    int result = map_insert_index(&places->by_key, place->key, places->count);
    if (result == 0)
        places->items[places->count++] = *place;
    return result;
}

/* Makes the next reading's places; is_announced of those that are news is set later, when nothing
 * can fail any more. */
static int note_places(
    struct new_listeners *listeners, const struct connection_array *sockets, uint64_t now_ns)
{
    struct listening_places *next = &listeners->next;
    next->count = 0;
    map_clear(&next->by_key);
    int result = 0;
    for (size_t i = 0; i < sockets->count && result == 0; i++) {
        if (!is_reachable(&sockets->items[i]))
            continue;
        struct map_key key = key_of(&sockets->items[i]);
        struct listening_place place = place_of(listeners, key, now_ns);
        if (map_find_index(&next->by_key, key) == MAP_ABSENT)
            result = append_place(next, &place);
    }
    return result;
}

static void tell_news(struct listening_places *places, const struct connection_array *sockets,
    const struct new_listeners_time *now, struct event_log *log)
{
    for (size_t i = 0; i < sockets->count; i++) {
        const struct network_connection *socket = &sockets->items[i];
        if (!is_reachable(socket))
            continue;
        struct listening_place *place =
            &places->items[map_find_index(&places->by_key, key_of(socket))];
        if (!is_news(place, socket, now->monotonic_ns))
            continue;
        place->is_announced = true;
        tell(socket, log, now->wall_ms);
    }
}

int new_listeners_update(struct new_listeners *listeners, const struct connection_array *sockets,
    const struct new_listeners_time *now, struct event_log *log)
{
    int result = note_places(listeners, sockets, now->monotonic_ns);
    if (result < 0)
        return result;
    tell_news(&listeners->next, sockets, now, log);
    struct listening_places places = listeners->now;
    listeners->now = listeners->next;
    listeners->next = places;
    listeners->has_reading = true;
    return 0;
}
