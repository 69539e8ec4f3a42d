/* new_listeners - sockets that wait for others from outside the machine, and were not there before.
 *
 * What counts is the place that is listened at, by whom: protocol, address, port, namespace and
 * user. A server that takes its place over from another, or listens with several sockets at one,
 * makes no news. UDP has no word for listening: a socket without a remote end may as well be a
 * client waiting for one answer. So it counts when it stays: for a second, or five where its port
 * is one that systems give to clients.
 */
#ifndef IFPULSE_NEW_LISTENERS_H
#define IFPULSE_NEW_LISTENERS_H

#include "event_log.h"
#include "map.h"
#include "platform.h"

struct listening_place {
    struct map_key key;
    uint64_t since_ns;
    bool is_announced;
};

struct listening_places {
    struct listening_place *items;
    size_t count, capacity;
    struct map by_key; /* to indices */
};

struct new_listeners {
    struct listening_places now, next; /* of the last reading, and being made */
    bool has_reading;                  /* what the first one shows was there before */
};

struct new_listeners_time {
    uint64_t monotonic_ns;
    int64_t wall_ms;
};

void new_listeners_fini(struct new_listeners *listeners);

/* sockets is a reading of all connections, or of the listeners alone. */

/* Whether there is something to tell; changes nothing. */
bool new_listeners_has_news(
    const struct new_listeners *listeners, const struct connection_array *sockets, uint64_t now_ns);
/* Makes an event of each, and remembers the reading. On failure the last one stays. */
MUST_CHECK int new_listeners_update(struct new_listeners *listeners,
    const struct connection_array *sockets, const struct new_listeners_time *now,
    struct event_log *log);

#endif
