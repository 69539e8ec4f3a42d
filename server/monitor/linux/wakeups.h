/* wakeups - one descriptor for everything that the kernel tells of its own accord.
 *
 * Announcements, and what else there is, wake at once. Connections may end ten thousand times a
 * second, and nobody has to be woken for each: once some were taken, the next do not wake for
 * WAKEUPS_REST_MS. What has come by then is taken together.
 */
#ifndef IFPULSE_WAKEUPS_H
#define IFPULSE_WAKEUPS_H

#include "base.h"

enum { WAKEUPS_REST_MS = 2 };

struct wakeups {
    int fd;       /* polls readable when there is something to take */
    int closings; /* an epoll descriptor over those of all namespaces, in fd unless it rests */
    int timer;    /* ends the rest */
    bool is_resting;
};

/* On failure too, wakeups_fini is to be called. */
MUST_CHECK int wakeups_init(struct wakeups *wakeups);
void wakeups_fini(struct wakeups *wakeups);

/* Both stay watched until they are closed; what is watched already stays so too. -1 for none. */
MUST_CHECK int wakeups_add(struct wakeups *wakeups, int announcements, int closings);
/* To be called after everything was taken; had_closings: some connections had ended. */
MUST_CHECK int wakeups_settle(struct wakeups *wakeups, bool had_closings);

#endif
