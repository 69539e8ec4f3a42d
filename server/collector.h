/* collector - the thread that looks at the network, so that the event loop never waits for the
 * kernel.
 *
 * It owns the monitor. What passes to the event loop is one immutable observation through a place
 * for one: a newer one replaces an older that was not taken, after the older's events were moved
 * into it. Between ticks, a change the kernel announces makes an observation at once.
 *
 * Ticks are due at the multiples of their interval, counted from the start. Through the lens,
 * interfaces are read at the multiples of a shorter one as well, and nothing else is. So whatever
 * multiple of one of the two someone wants to see, there is a reading for it; one that would come
 * too late is left out, not made up. The budget says how often connections are read, if not with
 * every tick, and whether they are listed.
 */
#ifndef IFPULSE_COLLECTOR_H
#define IFPULSE_COLLECTOR_H

#include "base.h"
#include "observation.h"

struct collector;

struct collector_options {
    uint32_t interval_ms;
    uint32_t connections_interval_ms;
    struct network_options network;
    double cpu_budget_percent; /* of a core; 0: no limit */
};

/* Called on the collector's thread when an observation lies ready. */
struct collector_listener {
    void (*ready)(void *context);
    void *context;
};

/* Opens the monitor, makes the first observation (collector_take finds it) and starts the thread.
 * keeps listener's context. */
MUST_CHECK int collector_start(const struct collector_options *options,
    const struct collector_listener *listener, struct collector **ret_collector);
/* Ends the thread; a reading under way is finished first. What is asked of the collector after
 * that has no effect. Accepts NULL. */
void collector_stop(struct collector *collector);
/* Of a stopped one. Accepts NULL. */
void collector_free(struct collector *collector);

/* Whether connections are read with the ticks. Turning it on reads them at once. */
void collector_watch_connections(struct collector *collector, bool watch);

/* Reads interfaces in this interval too; 0: with the ticks alone. Takes effect at once. */
void collector_set_lens(struct collector *collector, uint32_t lens_ms);

/* For how long the reading that is being made has lasted, or the next one is overdue; 0 while the
 * thread waits for its time. Of a thread that is stuck, it grows. */
int64_t collector_late_ms(struct collector *collector);

/* Takes the newest observation; NULL when there is none that was not taken. The caller owns it. Of
 * the interfaces it has only those that changed since the one taken before. */
struct observation *collector_take(struct collector *collector);
/* What was taken did not fit: the next observation that is made has all interfaces. */
void collector_want_all(struct collector *collector);

#endif
