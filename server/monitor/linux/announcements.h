/* announcements - the kernel's word that a link or an address has changed, as it happens.
 *
 * Only that something changed is taken from it, and which devices went; the rest is read anew. So a
 * lost announcement costs little but the reading, and ENOBUFS is no disaster: it is an announcement
 * too. That a device went has to be heard: another may have its name and its index at once.
 */
#ifndef IFPULSE_ANNOUNCEMENTS_H
#define IFPULSE_ANNOUNCEMENTS_H

#include "base.h"
#include "map.h"

/* Opens a socket that is in the groups. */
MUST_CHECK int announcements_open(int *ret_fd);
/* Takes what has come, a bounded number of messages. gone counts, by ifindex, the devices that
 * went. 0, -errno, or PLATFORM_OVERRUN. */
MUST_CHECK int announcements_drain(int fd, struct map *gone, bool *ret_changed);

#endif
