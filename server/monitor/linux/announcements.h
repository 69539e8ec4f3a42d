/* announcements - the kernel's word that a link, an address or the default route has changed, as it
 * happens.
 *
 * Only which devices changed is taken from it, and which went; the rest is read anew. So a lost
 * announcement costs little but the reading, and ENOBUFS is no disaster: it is an announcement too.
 * That a device went has to be heard: another may have its name and its index at once. Of
 * routes none but the main table's default routes are let through: a router's table may change
 * thousands of times a second.
 */
#ifndef IFPULSE_ANNOUNCEMENTS_H
#define IFPULSE_ANNOUNCEMENTS_H

#include "base.h"
#include "map.h"

/* Opens a socket that is in the groups. */
MUST_CHECK int announcements_open(int *ret_fd);
/* What is out of date now: everything, or some devices, and with either the default route too,
 * because it goes with a link unannounced; or that alone. */
enum { ANNOUNCED_DEVICES_MAX = 16 };
struct announced {
    bool all, route;
    uint32_t devices[ANNOUNCED_DEVICES_MAX]; /* by ifindex, each once */
    unsigned device_count;
};
/* Takes what has come, a bounded number of messages, and adds what they were about, also when it
 * fails. gone counts, by ifindex, the devices that went. 0, -errno, or PLATFORM_OVERRUN. */
MUST_CHECK int announcements_drain(int fd, struct map *gone, struct announced *announced);

#endif
