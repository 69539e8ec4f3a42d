/* interfaces - those of the last reading, and what is remembered of them from reading to reading:
 * their rates, what was dropped, and whether their facts are still true.
 *
 * Facts are read when the platform says that they may have changed, counters at every refresh. What
 * is read lies beside what is lent until nothing can fail any more.
 */
#ifndef IFPULSE_INTERFACES_H
#define IFPULSE_INTERFACES_H

#include "drops.h"
#include "event_log.h"
#include "rates.h"
#include "reading.h"

struct interfaces {
    struct reading reading, next;              /* next is being made of new facts; they swap */
    struct sample_array samples, last_samples; /* they swap too */
    bool is_stale;                             /* the facts of reading are out of date */
    uint64_t current_ns;                       /* until then they were not */
    uint64_t revision, facts_revision;         /* as network_monitor.h says */
    struct rates rates;                        /* entry i is of reading's item i */
    struct drops drops;
    const struct platform_drop_cause *drop_causes; /* as last read; the platform's */
};

/* Takes the first reading, which makes no events: it is what was there. interfaces is zeroed. */
MUST_CHECK int interfaces_open(struct interfaces *interfaces, struct platform *platform);
void interfaces_fini(struct interfaces *interfaces);

/* Reads them anew and appends what happened. On failure everything stays as it was. */
MUST_CHECK int interfaces_refresh(
    struct interfaces *interfaces, struct platform *platform, struct event_log *log);
/* Takes in the facts that were announced to have changed, and nothing where none were. ret_changed:
 * whether interfaces or the log differ now. On failure the interfaces stay as they were. */
MUST_CHECK int interfaces_follow(struct interfaces *interfaces, struct platform *platform,
    struct event_log *log, bool *ret_changed);

#endif
