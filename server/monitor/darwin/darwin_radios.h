/* darwin_radios - what the radios last said, asked for by a thread of its own.
 *
 * Asking one takes a system service's time, which may be long; whoever samples finds the last
 * answer instead. The thread asks by itself every few seconds, so that also one who samples seldom
 * finds a fresh answer, and up to once a second while it is woken. It is there from the first radio
 * on: a machine without Wi-Fi has none.
 *
 * All functions are for the owner's thread.
 */
#ifndef IFPULSE_DARWIN_RADIOS_H
#define IFPULSE_DARWIN_RADIOS_H

#include "darwin_frameworks.h"

#include <stdint.h>

/* How old an answer may be, in ns of CLOCK_MONOTONIC: an older one says nothing of now. */
#define DARWIN_RADIOS_STALE_NS UINT64_C(10000000000)

struct darwin_radios;

MUST_CHECK int darwin_radios_new(struct darwin_radios **ret_radios);
/* Waits no longer than a moment for a question under way: a thread that hangs in the system's
 * service is left behind, and touches nothing but what it owns. Accepts NULL. */
void darwin_radios_free(struct darwin_radios *radios);

/* Which interfaces are wireless, instead of those of the last call; answers of those that stay are
 * kept. New ones are asked about at once, if not within a second of the last time. -ENOMEM only: a
 * thread that cannot be had is no answer, and is tried for again at the next call. */
MUST_CHECK int darwin_radios_watch(
    struct darwin_radios *radios, const char *const *names, size_t count);

/* Wants the radios asked again: within a second, and once, however often it is called till then.
 * Never blocks. */
void darwin_radios_wake(struct darwin_radios *radios);

/* What the radio last said, or the error with which that failed (see darwin_frameworks_read_radio);
 * -EAGAIN when it has not answered yet, or not for DARWIN_RADIOS_STALE_NS; -ENODEV when it is not
 * watched; why there is no thread. Never blocks. */
MUST_CHECK int darwin_radios_find(
    struct darwin_radios *radios, const char *name, struct darwin_radio *ret_radio);

#endif
