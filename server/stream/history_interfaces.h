/* history_interfaces - what interfaces did from one tick to the next, by their counters.
 *
 * An observation has only those that changed: what is known of the others stays.
 */
#ifndef IFPULSE_HISTORY_INTERFACES_H
#define IFPULSE_HISTORY_INTERFACES_H

#include "history.h"

enum { HISTORY_INTERFACE_RATES = HISTORY_DROPS + 1 };

struct history_tick {
    int64_t from, last; /* the ticks that it tells of */
    double elapsed_s;   /* between its reading and the one before */
    /* Of the interfaces that the totals include: */
    double sums[HISTORY_INTERFACE_RATES];
    unsigned known, unknown; /* bit per rate: of some it is known; of some it is not */
};

/* Notes counters, and who is there, of any observation. */
void history_note_interfaces(struct history *history, const struct observation *observation);
/* At a tick: what the counters grew by since the one before. Adds up for the totals. */
void history_sample_interfaces(struct history *history, struct history_tick *tick);
/* Instead, too long after the tick before: what there was since then is nobody's. */
void history_resume_interfaces(struct history *history, int64_t tick);

#endif
