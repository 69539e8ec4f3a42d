/* counts - what the server has done since it started, for those who watch the server itself. Plain
 * numbers that only grow; whoever does a thing counts it. One thread only.
 */
#ifndef IFPULSE_COUNTS_H
#define IFPULSE_COUNTS_H

#include "base.h"
#include "network_types.h"

/* Close codes are the server's own, so there are few. */
enum { COUNTS_CLOSE_CODES = 16, COUNTS_STATUS_CLASSES = 6 };

struct counts {
    uint64_t deliveries, delivered_bytes;      /* snapshots and deltas given to a client's socket */
    uint64_t events[NETWORK_EVENT_KINDS];      /* that came with observations */
    uint64_t responses[COUNTS_STATUS_CLASSES]; /* HTTP answers; [2] are those of status 2xx */
    struct {
        unsigned code; /* 0: a free place, and so are those behind it */
        uint64_t count;
    } closes[COUNTS_CLOSE_CODES]; /* WebSocket clients that the server closed */
};

static inline void counts_add_close(struct counts *counts, unsigned code)
{
    for (unsigned i = 0; i < COUNTS_CLOSE_CODES; i++) {
        if (counts->closes[i].code != 0 && counts->closes[i].code != code)
            continue;
        counts->closes[i].code = code;
        counts->closes[i].count++;
        return;
    }
}

static inline void counts_add_response(struct counts *counts, unsigned status)
{
    if (status / 100 < COUNTS_STATUS_CLASSES)
        counts->responses[status / 100]++;
}

#endif
