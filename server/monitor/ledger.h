/* ledger - who moved how many bytes: connections added up by owner, those that are gone included.
 *
 * Every connection has an account: how much of it was added to its owner so far. A reading adds
 * what it grew by, its end adds the rest; so each byte is added once, whenever it is read, and
 * nothing is lost of a connection that began and ended between two readings. What was there before
 * the first reading counts from then on.
 *
 * An owner is kept after its last connection, so that its bytes stay to be seen, until there are
 * LEDGER_IDLE_KEPT such; then the one that has been idle longest goes.
 */
#ifndef IFPULSE_LEDGER_H
#define IFPULSE_LEDGER_H

#include "map.h"
#include "outward.h"
#include "platform.h"

enum { LEDGER_IDLE_KEPT = 1024 };

/* What is remembered of one connection. A zeroed one is of a connection not seen yet. */
struct account {
    uint64_t bytes_received, bytes_sent; /* added to an owner, or there before the first reading */
    uint32_t owner_place,
        owner_serial; /* where its owner was last, and that it is the same; 0: none */
    bool is_open;     /* it was in a reading */
    bool is_external; /* goes through a counted interface */
    bool is_closed;   /* its end was added */
};

/* Bytes both ways since the last reading. */
struct ledger_growth {
    uint64_t received, sent, external_received, external_sent;
};

/* What the counted interfaces carried one way since the last reading. */
struct ledger_total {
    double bytes, elapsed_s;
};

struct ledger_owner {
    struct network_owner record;
    uint32_t serial; /* from 1; never used again */
    struct ledger_growth growth;
    bool has_bytes; /* had sockets whose bytes are counted: of TCP, and on macOS of UDP */
    uint32_t pid_capacity;
    uint32_t members; /* connections of this reading whose process, or user, was looked at */
    uint32_t idle_since;
};

struct ledger {
    struct ledger_owner *owners;
    size_t count, capacity;
    struct map by_id;              /* to indices of owners */
    struct network_owner *records; /* as they are lent, in the order of owners */
    size_t record_count;
    struct ledger_growth growth; /* of all owners */
    struct ledger_total received, sent;
    uint64_t time_ns; /* of the last reading; 0: there was none */
    uint32_t reading, last_serial;
    struct outward outward;
};

void ledger_fini(struct ledger *ledger);

/* A reading of all connections: begin, every connection, end. interfaces is kept until the end. */
void ledger_begin(struct ledger *ledger, const struct interface_array *interfaces);
void ledger_add(
    struct ledger *ledger, const struct network_connection *connection, struct account *account);
/* Makes the owners' records, and the unexplained speeds of totals. -ENOMEM: there
 * are no records until the next reading. */
MUST_CHECK int ledger_end(
    struct ledger *ledger, uint64_t time_ns, struct network_totals *ret_totals);

/* The connection has ended, with these last counts. */
void ledger_close(
    struct ledger *ledger, const struct network_connection *connection, struct account *account);

/* Gives a connection that nobody holds any more the name, user and unit of the owner it had. */
void ledger_take_owner(const struct ledger *ledger, struct account *account,
    struct network_connection *ret_connection);

/* What the counted interfaces carried in the last elapsed_s. */
void ledger_add_totals(
    struct ledger *ledger, const struct network_totals *totals, double elapsed_s);

#endif
