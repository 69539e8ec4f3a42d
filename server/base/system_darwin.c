#include "system.h"

#include "clock.h"

#include <fcntl.h>
#include <libproc.h>
#include <stdio.h>
#include <sys/event.h>
#include <sys/sysctl.h>
#include <unistd.h>

bool system_name(char *ret_name, size_t size)
{
    char version[64];
    size_t length = sizeof version;

    if (sysctlbyname("kern.osproductversion", version, &length, NULL, 0) < 0)
        return false;
    snprintf(ret_name, size, "macOS %.*s", (int)strnlen(version, length), version);
    return true;
}

/* Room for any path: less is refused. */
bool system_program_path(char *ret_path, size_t size)
{
    char path[PROC_PIDPATHINFO_MAXSIZE];
    int length = proc_pidpath(getpid(), path, sizeof path);

    if (length <= 0 || (size_t)length >= size)
        return false;
    memcpy(ret_path, path, (size_t)length);
    ret_path[length] = '\0';
    return true;
}

int64_t system_resident_bytes(void)
{
    struct proc_taskinfo task;
    int size = proc_pidinfo(getpid(), PROC_PIDTASKINFO, 0, &task, sizeof task);

    return size == (int)sizeof task ? (int64_t)task.pti_resident_size : -1;
}

/* Without a buffer it says how many there may be, which is more than there are. */
int64_t system_open_descriptors(void)
{
    int size = proc_pidinfo(getpid(), PROC_PIDLISTFDS, 0, NULL, 0);
    void *list CLEANUP(free_p) = size > 0 ? malloc((size_t)size) : NULL;

    if (!list)
        return -1;
    size = proc_pidinfo(getpid(), PROC_PIDLISTFDS, 0, list, size);
    return size > 0 ? size / (int64_t)sizeof(struct proc_fdinfo) : -1;
}

/* CLOCK_MONOTONIC goes on while the machine sleeps; here it is CLOCK_UPTIME_RAW that does not. */
int64_t system_stood_still_ms(void)
{
    return 0;
}

/* There is no ppoll. Rather late by less than a millisecond than awake too early, and then again.
 */
int system_poll(struct pollfd *fds, size_t count, uint64_t span_ns)
{
    uint64_t span_ms = (span_ns + 999999) / 1000000;

    return poll(fds, (nfds_t)count, span_ms < INT32_MAX ? (int)span_ms : INT32_MAX);
}

/* TCP_NOPUSH holds back, but ending it sends nothing: what waits would wait for the next write. */
void system_cork(int socket, bool is_corked)
{
    (void)socket;
    (void)is_corked;
}

/* strerror(3) writes into memory that all threads share. */
const char *system_error_text(int error)
{
    return error > 0 && error < sys_nerr ? sys_errlist[error] : "unknown error";
}

int system_timer_open(int *ret_timer)
{
    int queue = kqueue();

    if (queue < 0)
        return -errno;
    fcntl(queue, F_SETFD, FD_CLOEXEC);
    *ret_timer = queue;
    return 0;
}

/* The queue's clock is another, and stands still in sleep: so it is told a span. What went off and
 * was not taken goes with what is deleted. */
int system_timer_set(int timer, uint64_t at_ns)
{
    uint64_t now_ns = clock_monotonic_ns();
    struct kevent event = {.ident = 1, .filter = EVFILT_TIMER, .flags = EV_DELETE};

    if (kevent(timer, &event, 1, NULL, 0, NULL) < 0 && errno != ENOENT)
        return -errno;
    event.flags = EV_ADD | EV_ONESHOT;
    event.fflags = NOTE_NSECONDS;
    event.data = at_ns > now_ns ? (intptr_t)(at_ns - now_ns) : 1;
    return kevent(timer, &event, 1, NULL, 0, NULL) < 0 ? -errno : 0;
}

int system_timer_take(int timer, bool *ret_went_off)
{
    const struct timespec at_once = {0};
    struct kevent event;
    int count = kevent(timer, NULL, 0, &event, 1, &at_once);

    if (count < 0 && errno != EINTR)
        return -errno;
    *ret_went_off = count > 0;
    return 0;
}
