/* descriptor - flags of descriptors, set by what every system has: SOCK_CLOEXEC and the like are
 * not among it. The moment in between does no harm: this program starts no other.
 */
#ifndef IFPULSE_DESCRIPTOR_H
#define IFPULSE_DESCRIPTOR_H

#include "base.h"

#include <fcntl.h>

/* No program that is started inherits it. */
MUST_CHECK static inline int descriptor_set_private(int fd)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
}

/* And whoever reads or writes it gets EAGAIN instead of waiting. */
MUST_CHECK static inline int descriptor_set_private_nonblocking(int fd)
{
    int r = descriptor_set_private(fd);
    int flags = fcntl(fd, F_GETFL);

    if (r < 0)
        return r;
    return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

#endif
