/* connections - the sockets of the last reading, and what is remembered of them from reading to
 * reading: their rates, their owners' sums, and how those ended that are gone.
 *
 * The end of a connection is announced apart from the readings, without an owner and often after a
 * reading no longer had it. So what a reading misses stays known for a while, as departed, and the
 * announcement is joined to it by identity. Of a connection that no reading ever had, the owner is
 * what the system names, else that of the listener at its local end, which accepted it.
 */
#ifndef IFPULSE_CONNECTIONS_H
#define IFPULSE_CONNECTIONS_H

#include "event_log.h"
#include "ledger.h"
#include "rates.h"

/* A connection that the last readings did not have, and whose end was not announced yet. */
struct departed {
    struct network_connection connection;
    struct account account;
    uint64_t at_ns;
};

struct connections {
    struct connection_array now, next; /* next is being made; they swap */
    struct rates rates;                /* entry i is of now's item i */
    struct ledger ledger;
    struct departed *departed; /* the oldest first */
    size_t departed_count, departed_capacity;
    struct map departed_by_identity; /* to indices; made when it is first needed */
    size_t *listeners;               /* indices of now's TCP listeners */
    size_t listener_count, listener_capacity;
    struct connection_array ends; /* being taken in */
    struct network_event *closed; /* as they are lent */
    size_t closed_count, closed_capacity;
};

void connections_fini(struct connections *connections);

/* Reads them anew. interfaces and totals are those of the last reading of interfaces. On failure
 * everything stays as it was. */
MUST_CHECK int connections_refresh(struct connections *connections, struct platform *platform,
    const struct interface_array *interfaces, struct network_totals *ret_totals);

/* Takes in those that ended since the last call: adds them to closed, numbered in the log's order,
 * and to their owners. PLATFORM_OVERRUN: some were lost. */
MUST_CHECK int connections_take_ends(
    struct connections *connections, struct platform *platform, struct event_log *log);
/* Forgets those lent as closed. */
void connections_clear_closed(struct connections *connections);

#endif
