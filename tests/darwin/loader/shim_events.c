/* kqueue(2), as far as one timer goes: a queue is a timerfd. */
#include "loader.h"

#include <stdbool.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

struct darwin_event {
    uint64_t ident;
    int16_t filter;
    uint16_t flags;
    uint32_t details;
    int64_t data;
    void *user_data;
};
enum { FILTER_TIMER = -7, FLAGS_ADD_ONCE = 0x11, IN_NANOSECONDS = 0x4 };

static int open_queue(void)
{
    return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
}

static int set_timer(int queue, const struct darwin_event *event)
{
    struct itimerspec span = {
        .it_value = {.tv_sec = event->data / 1000000000, .tv_nsec = event->data % 1000000000}};
    if (event->filter != FILTER_TIMER || event->flags != FLAGS_ADD_ONCE ||
        event->details != IN_NANOSECONDS)
        fatal("kevent filter %d with flags %#x is not known here", event->filter, event->flags);
    return timerfd_settime(queue, 0, &span, NULL);
}

/* How many events there are: one, when the timer has gone off since it was asked last. */
static int change_and_take(int queue, const struct darwin_event *changes, int change_count,
    struct darwin_event *events, int room, const struct timespec *wait)
{
    uint64_t times;
    if (change_count == 1 && room == 0)
        return set_timer(queue, changes);
    if (change_count != 0 || room < 1 || !wait || wait->tv_sec || wait->tv_nsec)
        fatal("kevent with %d changes is not known here", change_count);
    if (read(queue, &times, sizeof(times)) != (ssize_t)sizeof(times))
        return 0;
    memset(events, 0, sizeof(*events));
    events->ident = 1;
    events->filter = FILTER_TIMER;
    events->data = (int64_t)times;
    return 1;
}

const struct shim event_shims[] = {
    SHIM("kqueue", open_queue),
    SHIM("kevent", change_and_take),
    SHIMS_END,
};
