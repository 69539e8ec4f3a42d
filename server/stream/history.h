/* history - the rates of the past, for as long as they are kept.
 *
 * Of every interface, of the totals and of the owners that move most. Near the present there is a
 * value for every tick: what the counters grew by from one tick to the next, whatever was read in
 * between. Farther back there are steps of some ten seconds, with mean, least and largest. Ticks
 * are counted by a clock that only grows, so that a wall clock that is set makes no hole and no
 * fold.
 *
 * A tick that came late is spread over the ticks it took, up to one of those longer steps; where
 * nothing was read for longer, the machine slept or a counter was reset, it is unknown what was.
 *
 * What is kept of interfaces takes no more than three quarters of the bytes allowed, what is kept
 * of owners the rest. Where that is not enough, interfaces that are gone are forgotten, the one
 * that went first first; then what is oldest. No clock and no system in here.
 */
#ifndef IFPULSE_HISTORY_H
#define IFPULSE_HISTORY_H

#include "base.h"
#include "model.h"
#include "observation.h"
#include "subjects.h"

struct history_limits {
    uint32_t fine_s;   /* how far a value for every tick reaches back */
    uint32_t coarse_s; /* and how far the longer steps */
    size_t bytes;
};

/* The rates, in the order in which they are told. Totals have all, interfaces those in front of
 * HISTORY_UNEXPLAINED_DOWNLOAD, owners the first two. */
enum history_rate {
    HISTORY_DOWNLOAD,
    HISTORY_UPLOAD,
    HISTORY_PACKETS_RECEIVED,
    HISTORY_PACKETS_SENT,
    HISTORY_RECEIVE_ERRORS,
    HISTORY_SEND_ERRORS,
    HISTORY_DROPS,
    HISTORY_UNEXPLAINED_DOWNLOAD,
    HISTORY_UNEXPLAINED_UPLOAD,
    HISTORY_RATES
};
/* Their keys in the stream. */
extern const char *const history_rate_keys[HISTORY_RATES];

enum { HISTORY_OWNERS_MAX = 1000 };

struct history {
    struct history_limits limits;
    uint32_t tick_ms;
    int64_t first;   /* the first tick that there can be a value for; 0: nothing was observed */
    int64_t last;    /* the last one */
    int64_t sampled; /* the last one at which counters were read */
    double read_ms;  /* and when that was, by a clock that stops while the machine sleeps */
    int64_t last_wall_ms; /* time of the last one */
    int64_t owners_read;  /* the tick of the last reading of connections; 0: there was none */
    int64_t observations;
    struct subject *touched;    /* interfaces with news since the last tick */
    struct subject *totals;     /* NULL: there was no memory for it yet */
    struct subjects interfaces; /* the totals' memory is theirs too */
    struct subjects owners;
};

void history_init(struct history *history, const struct history_limits *limits, uint32_t tick_ms);
void history_fini(struct history *history);

/* Takes in each observation, after the model has. slept_ms: for how long altogether the clock of
 * due_ms stood still because the machine slept. What there is no memory for is unknown later. */
void history_update(struct history *history, const struct model *model,
    const struct observation *observation, int64_t slept_ms);

/* The interface or owner of that key, or the totals, with its tracks up to date; NULL: nothing is
 * kept of it. Lent until the next update. */
struct subject *history_find(struct history *history, enum topic topic, struct map_key key);
/* The same by its id as the stream writes it, without the quotes. */
struct subject *history_find_id(struct history *history, enum topic topic, const char *id);

/* Which rates there are of a topic, as bits; 0: none. */
unsigned history_rates(enum topic topic);

/* What all that is kept takes. */
size_t history_bytes(const struct history *history);

#endif
