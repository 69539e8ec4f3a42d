/* drops - packets that were dropped, made into events that say why and what helps.
 *
 * What interfaces count is compared sample by sample, what the system counts once a second. A cause
 * makes an event at once when it first comes up. While it goes on its numbers add up for ten
 * seconds, and then for twice as long each time, up to ten minutes: trouble that lasts must not
 * push everything else out of the log. After a pause as long without it, it is new again.
 */
#ifndef IFPULSE_DROPS_H
#define IFPULSE_DROPS_H

#include "event_log.h"
#include "map.h"
#include "platform.h"

/* A cause that came up, of an interface or of the system. */
struct drop {
    uint64_t identity; /* of the interface; 0: the system's */
    unsigned cause;
    char interface[16], netns[32]; /* its names */
    uint32_t receive_ring;         /* 0: not known */
    uint64_t pending;              /* not told of yet */
    uint64_t next_ns, pause_ns;    /* no event before next_ns; pause_ns before that was the last */
};

struct drops {
    struct drop *items;
    size_t count, capacity;
    struct map by_key;     /* (identity, cause) to indices of items */
    uint64_t *last_counts; /* of the system's causes */
    size_t cause_count;
    uint64_t causes_ns; /* when they were last read; 0: never */
};

void drops_fini(struct drops *drops);

/* Takes what an interface's drop and error counters will have grown by when the sample is put into
 * it. Without memory that is not told of. */
void drops_compare(struct drops *drops, const struct network_interface *iface,
    const struct interface_sample *sample);
/* Whether the system's causes are to be read again. */
bool drops_are_due(const struct drops *drops, uint64_t now_ns);
/* Takes what they have grown by; the first time they are what was there. */
void drops_take_causes(
    struct drops *drops, const struct platform_drop_cause *causes, size_t count, uint64_t now_ns);

struct drops_time {
    uint64_t now_ns; /* monotonic */
    int64_t wall_ms; /* stamp of the events */
};
/* Appends the events that are due. causes: those last taken. */
void drops_tell(struct drops *drops, const struct platform_drop_cause *causes,
    const struct drops_time *time, struct event_log *log);

#endif
