#include "descriptors.h"

#include "log.h"
#include "system.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

enum {
    LEAST_FDS = 48,
    FEW_FDS = 8,
    SPARE_FDS = 64,         /* for files, netlink and the like */
    HTTP_CONNECTIONS = 512, /* beside the WebSocket clients */
};

/* How many of these descriptors are for connections. Where there are few, the rest of the program
 * gets by with little more than it has. */
static unsigned connections_for(unsigned limit, unsigned spare)
{
    int64_t now = system_open_descriptors();
    unsigned others = (now > 0 ? (unsigned)now : 0) + FEW_FDS;

    if (limit >= 2 * spare)
        return limit - spare;
    return limit > others + FEW_FDS ? limit - others : FEW_FDS;
}

/* libwebsockets reserves memory by this limit and spins when it is reached, so it is ours to set.
 */
int descriptors_limit(unsigned clients, unsigned elsewhere, unsigned *ret_connections)
{
    struct rlimit limit;
    rlim_t spare = SPARE_FDS + elsewhere;
    rlim_t wanted = (rlim_t)clients + HTTP_CONNECTIONS + spare;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return -errno;
    limit.rlim_cur =
        limit.rlim_max != RLIM_INFINITY && limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        log_warning("the limit of open files cannot be set: %s", strerror(errno));
    if (limit.rlim_cur < LEAST_FDS) {
        log_error("%llu files may be open at once (RLIMIT_NOFILE); %d are the least",
            (unsigned long long)limit.rlim_cur, LEAST_FDS);
        return -EMFILE;
    }
    *ret_connections = connections_for((unsigned)limit.rlim_cur, (unsigned)spare);
    return 0;
}

/* libwebsockets has made its tables by now; the rest of the program may have what there is. */
void descriptors_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        log_info("the limit of open files cannot be raised: %s", strerror(errno));
}
