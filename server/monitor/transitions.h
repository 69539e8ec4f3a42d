/* transitions - what happened between two readings of the interfaces, as events.
 *
 * An interface is followed by its id, its name in its namespace, as people do. A new one counts as
 * down and without addresses before, one that is gone as down and without addresses afterwards; so
 * whoever adds the events up arrives at the reading. Another device under the same name is a
 * counter_reset.
 *
 * What came and went between the readings shows in carrier_changes: of a link that went down and
 * came back there are both events, once, however often it did.
 */
#ifndef IFPULSE_TRANSITIONS_H
#define IFPULSE_TRANSITIONS_H

#include "event_log.h"
#include "reading.h"

struct transitions_time {
    int64_t wall_ms;  /* stamp of the events */
    uint64_t span_ms; /* it all happened in that time */
};

/* Both readings are aligned or indexed, and after has what was told of its interfaces before, which
 * is brought up to date. Appends the events: those of interfaces that are gone first, the others in
 * the later reading's order, that of the default route last. */
void transitions_find(const struct reading *before, struct reading *after,
    const struct transitions_time *time, struct event_log *log);
/* The event of an interface whose counters turned back: one, however many did. */
void transitions_reset(
    const struct network_interface *iface, int64_t wall_ms, struct event_log *log);
/* The event of a system that could not tell all it had to. */
void transitions_overrun(int64_t wall_ms, struct event_log *log);

#endif
