#include "network_monitor.h"

#include <errno.h>

/* The network stack's own failures, among them a dump that was interrupted until we gave up. */
static bool is_of_network(int number)
{
    switch (number) {
    case ENETDOWN:
    case ENETUNREACH:
    case ENETRESET:
    case ENOBUFS:
    case EIO:
    case EPROTO:
    case EBADMSG:
    case EINTR:
    case EAGAIN:
    case ETIMEDOUT:
    case ECONNREFUSED:
    case ECONNRESET:
        return true;
    default:
        return false;
    }
}

enum network_error network_error_of(int result)
{
    switch (-result) {
    case EPERM:
    case EACCES:
        return NETWORK_ERROR_PERMISSION;
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case ENOSYS:
    case EOPNOTSUPP:
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
        return NETWORK_ERROR_NOT_AVAILABLE;
    default:
        break;
    }
    if (result >= 0)
        return NETWORK_OK;
    return is_of_network(-result) ? NETWORK_ERROR_NETWORK : NETWORK_ERROR_SYSTEM;
}

const char *network_error_text(enum network_error error)
{
    switch (error) {
    case NETWORK_OK:
        return "ok";
    case NETWORK_ERROR_NETWORK:
        return "network";
    case NETWORK_ERROR_NOT_AVAILABLE:
        return "not available";
    case NETWORK_ERROR_PERMISSION:
        return "permission";
    case NETWORK_ERROR_SYSTEM:
        break;
    }
    return "system";
}
