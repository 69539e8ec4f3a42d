/* announcements - the kernel's word that a link or an address has changed, as it happens.
 *
 * Only that something changed is taken from it; what, is read anew. So a lost announcement costs
 * nothing but the reading, and ENOBUFS is no disaster: it is an announcement too.
 */
#ifndef IFPULSE_ANNOUNCEMENTS_H
#define IFPULSE_ANNOUNCEMENTS_H

#include "base.h"

/* Opens a socket that is in the groups. */
MUST_CHECK int announcements_open(int *ret_fd);
/* Takes what has come, a bounded number of messages. 0, -errno, or PLATFORM_OVERRUN. */
MUST_CHECK int announcements_drain(int fd, bool *ret_changed);

#endif
