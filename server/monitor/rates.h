/* rates - counters turned into speeds: growth over the monotonic time it took.
 *
 * A rate is known or unknown, and never a guess. The first sample of a counter has no rate; a
 * counter that went backwards was reset, and its rate is unknown until the next sample; whoever
 * follows an object by its identity starts anew when that changes. So there is no spike and
 * nothing negative. What a reset does not turn back grew at least as far as it shows, so the
 * other rates of the object stay.
 *
 * Samples less than PLATFORM_SHORTEST_NS apart say nothing reliable: the rates and the base they
 * were measured from stay, so that the growth is not lost but counted in the next interval.
 */
#ifndef IFPULSE_RATES_H
#define IFPULSE_RATES_H

#include "ledger.h"
#include "map.h"
#include "platform.h"

enum { RATES_COUNTERS_MAX = 8, RATES_MAX = 7 };

struct rates_sample {
    uint64_t time_ns; /* monotonic */
    uint64_t counters[RATES_COUNTERS_MAX];
    uint8_t known; /* bit i: counter i is known */
};

/* Which counters each rate adds up: bit i for counter i. */
struct rates_plan {
    uint8_t counters[RATES_MAX];
    unsigned count;
};

/* What is remembered of one object. A zeroed one has seen nothing. */
struct rates_history {
    struct rates_sample base;
    double per_s[RATES_MAX];
    uint8_t known; /* bit i: rate i is known */
    bool is_still; /* nothing grew in the last interval: with the same counters the rates stay */
};

/* Takes the next sample. */
void rates_advance(struct rates_history *history, const struct rates_plan *plan,
    const struct rates_sample *sample);

/* The histories of all interfaces, or of all connections, found by identity. */
struct rates_entry {
    uint64_t identity;
    struct rates_history history;
    int64_t first_seen_ms;                /* wall clock; 0: it was there at the first reading */
    struct account account;               /* of a connection: the ledger's */
    struct network_send_times send_times; /* of a connection, at the base of history */
    uint8_t limited_by, limited_by_status;
    bool is_still_there; /* the reading after this one had it too */
};
struct rates_table {
    struct rates_entry *entries;
    size_t count, capacity;
    struct map by_identity; /* made when it is first needed */
};
/* The last table and the one being made. Readings come in nearly the same order, so what follows
 * the one found last is looked at first; the map is for where that fails. */
struct rates {
    struct rates_table now, next;
    size_t cursor; /* in now */
    bool has_reading;
    uint64_t time_ns; /* of the last samples of the interfaces */
};

void rates_fini(struct rates *rates);
/* The entry of that identity in the last reading; its index is the record's. NULL: none, or no
 * memory. Lent until the next reading. */
struct rates_entry *rates_find(struct rates *rates, uint64_t identity);
/* The entries of the reading before the last, of which those are gone now that are not still there.
 */
const struct rates_table *rates_before(const struct rates *rates);
/* Makes the histories those of these interfaces, in their order; what is no longer there is
 * forgotten. On failure rates is as it was. */
MUST_CHECK int rates_follow_interfaces(
    struct rates *rates, const struct interface_array *interfaces);
/* Whether the speeds of the interface at that place stay as they are when its counters do: then it
 * needs no update. */
bool rates_is_still(const struct rates *rates, size_t at);
/* Fills the RATE members of the interface at that place, whose counters were read at time_ns;
 * without a record, nothing was read of it. */
void rates_update_interface(
    struct rates *rates, size_t at, struct network_interface *iface, uint64_t time_ns);
/* To be called when all that are not still have been updated. */
void rates_end_interfaces(struct rates *rates, uint64_t time_ns);
/* Fills the RATE members of every connection, whose counters were read at time_ns, opened_ms and
 * limited_by. What is no longer there is forgotten. On failure rates is as it was. */
MUST_CHECK int rates_update_connections(
    struct rates *rates, struct connection_array *connections, uint64_t time_ns, int64_t wall_ms);

#endif
