#include "wakeups.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int watch(int epoll, int operation, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (fd < 0 || epoll_ctl(epoll, operation, fd, &event) == 0)
        return 0;
    return errno == EEXIST ? 0 : -errno;
}

int wakeups_init(struct wakeups *wakeups)
{
    *wakeups = (struct wakeups){.fd = epoll_create1(EPOLL_CLOEXEC),
        .closings = epoll_create1(EPOLL_CLOEXEC),
        .timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
    if (wakeups->fd < 0 || wakeups->closings < 0 || wakeups->timer < 0)
        return -errno;
    int result = watch(wakeups->fd, EPOLL_CTL_ADD, wakeups->timer, EPOLLIN);
    if (result == 0)
        result = watch(wakeups->fd, EPOLL_CTL_ADD, wakeups->closings, EPOLLIN);
    return result;
}

void wakeups_fini(struct wakeups *wakeups)
{
    if (!wakeups)
        return;
    int fds[] = {wakeups->fd, wakeups->closings, wakeups->timer};
    for (size_t i = 0; i < ARRAY_LENGTH(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

int wakeups_add(struct wakeups *wakeups, int announcements, int closings)
{
    int result = watch(wakeups->fd, EPOLL_CTL_ADD, announcements, EPOLLIN);
    if (result == 0)
        result = watch(wakeups->closings, EPOLL_CTL_ADD, closings, EPOLLIN);
    return result;
}

static int rest(struct wakeups *wakeups)
{
    struct itimerspec after = {.it_value.tv_nsec = WAKEUPS_REST_MS * 1000000};
    if (timerfd_settime(wakeups->timer, 0, &after, NULL) < 0)
        return -errno;
    int result = wakeups->is_resting ? 0 : watch(wakeups->fd, EPOLL_CTL_MOD, wakeups->closings, 0);
    wakeups->is_resting |= result == 0;
    return result;
}

int wakeups_settle(struct wakeups *wakeups, bool had_closings)
{
    uint64_t times;
    if (had_closings)
        return rest(wakeups);
    if (!wakeups->is_resting || read(wakeups->timer, &times, sizeof(times)) < 0)
        return 0; /* the rest is not over */
    wakeups->is_resting = false;
    return watch(wakeups->fd, EPOLL_CTL_MOD, wakeups->closings, EPOLLIN);
}
