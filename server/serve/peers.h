/* peers - the addresses that clients come from, and what each has used up of late.
 *
 * An address is an IPv4 address or the /64 of an IPv6 one, for within that a single client chooses
 * freely. Everything about one is found in constant time. The table is bounded: an address from
 * which nothing is connected is forgotten a minute after it was last seen, or sooner when room is
 * needed.
 */
#ifndef IFPULSE_PEERS_H
#define IFPULSE_PEERS_H

#include "map.h"

#include <sys/socket.h>

enum {
    PEERS_FORGOTTEN_MS = 60000,
    PEERS_DELAY_FIRST_MS = 250,
    PEERS_DELAY_MOST_MS = 8000,
};

/* How many a second on average, and how many at once. */
struct peers_rate {
    uint32_t per_s, burst;
};

struct peers_bucket {
    double tokens;
    int64_t filled_ms;
};

struct peer {
    struct map_key key;
    struct peer *next, *previous; /* while nothing is connected: the longest so, first */
    char text[64];                /* for the log: the address, or "…/64" */
    unsigned connections;         /* of any kind, now */
    unsigned clients;             /* of these, WebSocket clients */
    int64_t seen_ms;
    struct peers_bucket requests, arrivals;
    unsigned failures; /* wrong tokens of late */
    int64_t failed_ms;
};

struct peers {
    struct map map;
    struct peer *idle_first, *idle_last;
    size_t most;
    struct peers_rate rate; /* of requests, and of arrivals */
};

void peers_init(struct peers *peers, size_t most, const struct peers_rate *rate);
void peers_fini(struct peers *peers);

/* The address, known or new; NULL without memory. Lent until the next call of any function here,
 * unless it is connected. */
struct peer *peers_find(struct peers *peers, const struct sockaddr *address, int64_t now_ms);
/* A connection begins, or ends. */
void peers_connect(struct peers *peers, struct peer *peer);
void peers_disconnect(struct peers *peers, struct peer *peer, int64_t now_ms);
/* Now and then: forgets. */
void peers_sweep(struct peers *peers, int64_t now_ms);

/* Whether it may open a connection, or ask something, now; then that is counted. */
MUST_CHECK bool peers_may_arrive(const struct peers *peers, struct peer *peer, int64_t now_ms);
MUST_CHECK bool peers_may_ask(const struct peers *peers, struct peer *peer, int64_t now_ms);

/* A wrong token came from there. Returns for how long the answer is to be held back: each counts
 * when it comes, so many at once are slowed no less than one after the other. */
int64_t peers_fail(struct peer *peer, int64_t now_ms);

#endif
