#include "supervisor.h"

#include "descriptor.h"
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_S = 1 }; /* with a manager that takes nothing; the event loop waits meanwhile */

/* "/path", or "@name" for a socket that is in no folder. Returns the length; 0: neither. */
static socklen_t write_address(const char *name, struct sockaddr_un *ret_address)
{
    size_t length = name ? strlen(name) : 0;

    if (length < 2 || length >= sizeof ret_address->sun_path || (name[0] != '/' && name[0] != '@'))
        return 0;
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(ret_address->sun_path, name, length);
    if (name[0] == '@')
        ret_address->sun_path[0] = '\0'; /* and then the length ends the name */
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (name[0] == '/'));
}

static int send_to(const struct sockaddr_un *address, socklen_t length, const char *text)
{
    struct timeval patience = {.tv_sec = PATIENCE_S};
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    int r;

    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    r = descriptor_set_private(fd);
    if (r == 0 && sendto(fd, text, strlen(text), 0, (const struct sockaddr *)address, length) < 0)
        r = -errno;
    close(fd);
    return r;
}

void supervisor_tell(const char *format, ...)
{
    static int failure; /* of the last time, which was logged */
    struct sockaddr_un address;
    socklen_t length = write_address(getenv("NOTIFY_SOCKET"), &address);
    char text[512];
    va_list arguments;
    int r;

    if (length == 0)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    r = send_to(&address, length, text);
    if (r < 0 && r != failure)
        log_warning("the service manager cannot be told anything: %s", strerror(-r));
    failure = r;
}

int64_t supervisor_watchdog_us(void)
{
    const char *period = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    long long us = period ? strtoll(period, NULL, 10) : 0;

    if (pid && strtoll(pid, NULL, 10) != getpid())
        return 0; /* meant for a process that started this one */
    return us > 0 ? us : 0;
}
