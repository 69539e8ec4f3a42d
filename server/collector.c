#include "collector.h"

#include "log.h"
#include "network_monitor.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct collector {
    struct collector_options options;
    struct collector_listener listener;
    struct network_monitor *monitor;
    pthread_t thread;
    int wake_fd; /* eventfd: something of the following changed */
    atomic_bool stopping, watching;
    atomic_uint asked;      /* times that watching began */
    unsigned answered;      /* the last of these that got its reading */
    uint64_t last_event;    /* newest event that went into an observation */
    int64_t connections_ms; /* monotonic time of their last reading */
    bool is_failing;        /* the last reading failed, and that was logged */
    pthread_mutex_t lock;   /* of the place for one */
    struct observation *ready;
};

static double clock_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* --- the place for one --- */

static int publish(struct collector *collector, struct observation *observation)
{
    int r = 0;

    pthread_mutex_lock(&collector->lock);
    if (collector->ready)
        r = observation_supersede(observation, collector->ready);
    collector->ready = observation; /* even so: only some older events are missing */
    pthread_mutex_unlock(&collector->lock);
    collector->listener.ready(collector->listener.context);
    return r;
}

struct observation *collector_take(struct collector *collector)
{
    struct observation *observation;

    pthread_mutex_lock(&collector->lock);
    observation = HAND_OVER(collector->ready);
    pthread_mutex_unlock(&collector->lock);
    return observation;
}

/* --- reading --- */

enum { WITH_TICK = 1, WITH_CONNECTIONS = 2 };

static int observe(struct collector *collector, int what, double started_ms)
{
    struct observation *observation = NULL;
    size_t event_count;
    const struct network_event *events;
    uint64_t last_event;
    int r;

    events = network_monitor_events(collector->monitor, &event_count);
    last_event = event_count ? events[event_count - 1].identity : collector->last_event;
    r = observation_new(
        collector->monitor, what & WITH_CONNECTIONS, collector->last_event, &observation);
    if (r < 0)
        return r;
    observation->is_tick = what & WITH_TICK;
    observation->wall_ms = (int64_t)clock_ms(CLOCK_REALTIME);
    observation->tick_ms = clock_ms(CLOCK_MONOTONIC) - started_ms;
    collector->last_event = last_event;
    return publish(collector, observation);
}

static void report_failure(struct collector *collector, const char *what, int r)
{
    if (r < 0 && !collector->is_failing)
        log_warning("%s: %s; the last reading stays and reading goes on", what, strerror(-r));
    if (r == 0 && collector->is_failing)
        log_notice("reading the network works again");
    collector->is_failing = r < 0;
}

static int read_connections(struct collector *collector)
{
    unsigned asked = atomic_load(&collector->asked);
    int r = network_monitor_refresh_connections(collector->monitor);

    collector->answered = asked;
    collector->connections_ms = (int64_t)clock_ms(CLOCK_MONOTONIC);
    return r;
}

static bool connections_due(const struct collector *collector)
{
    int64_t age_ms = (int64_t)clock_ms(CLOCK_MONOTONIC) - collector->connections_ms;

    /* Half a tick early is on time: ticks are the only moments there are. */
    return atomic_load(&collector->watching) && age_ms + collector->options.interval_ms / 2 >=
                                                    collector->options.connections_interval_ms;
}

static void tick(struct collector *collector)
{
    double started_ms = clock_ms(CLOCK_MONOTONIC);
    int what = WITH_TICK;
    int r = network_monitor_refresh(collector->monitor);

    if (r == 0 && connections_due(collector)) {
        r = read_connections(collector);
        what |= r == 0 ? WITH_CONNECTIONS : 0;
    } else if (r == 0) {
        r = network_monitor_refresh_listeners(collector->monitor);
    }
    report_failure(collector, "reading the network", r);
    r = observe(collector, what, started_ms);
    if (r < 0)
        log_error("an observation is left out: %s", strerror(-r));
}

/* Someone began to watch connections: the reading is made for them now, not at the next tick. */
static void catch_up(struct collector *collector)
{
    double started_ms = clock_ms(CLOCK_MONOTONIC);
    int r;

    if (!atomic_load(&collector->watching) || collector->answered == atomic_load(&collector->asked))
        return;
    r = read_connections(collector);
    report_failure(collector, "reading the connections", r);
    r = observe(collector, r == 0 ? WITH_CONNECTIONS : 0, started_ms);
    if (r < 0)
        log_error("an observation is left out: %s", strerror(-r));
}

static void follow(struct collector *collector)
{
    double started_ms = clock_ms(CLOCK_MONOTONIC);
    bool changed = false;
    int r = network_monitor_follow(collector->monitor, &changed);

    report_failure(collector, "following the network's changes", r);
    if (changed && observe(collector, 0, started_ms) < 0)
        log_error("an observation is left out: no memory");
}

/* --- the thread --- */

static void wait_until(struct collector *collector, double deadline_ms)
{
    struct pollfd fds[] = {
        {.fd = collector->wake_fd, .events = POLLIN},
        {.fd = network_monitor_follow_fd(collector->monitor), .events = POLLIN},
    };
    double left_ms = deadline_ms - clock_ms(CLOCK_MONOTONIC);
    struct timespec timeout = {0};
    uint64_t wakes;

    if (left_ms > 0) {
        timeout.tv_sec = (time_t)(left_ms / 1e3);
        timeout.tv_nsec = (long)((left_ms - (double)timeout.tv_sec * 1e3) * 1e6);
    }
    if (ppoll(fds, ARRAY_LENGTH(fds), &timeout, NULL) <= 0)
        return;
    if (fds[0].revents && read(collector->wake_fd, &wakes, sizeof wakes) > 0)
        catch_up(collector);
    if (fds[1].revents)
        follow(collector);
}

static void *run(void *argument)
{
    struct collector *collector = argument;
    double interval_ms = collector->options.interval_ms;
    double deadline_ms = clock_ms(CLOCK_MONOTONIC) + interval_ms;

    while (!atomic_load(&collector->stopping)) {
        double now_ms = clock_ms(CLOCK_MONOTONIC);

        if (now_ms < deadline_ms) {
            wait_until(collector, deadline_ms);
            continue;
        }
        tick(collector);
        while (deadline_ms <= clock_ms(CLOCK_MONOTONIC))
            deadline_ms += interval_ms;
    }
    return NULL;
}

static void wake(struct collector *collector)
{
    uint64_t one = 1;

    /* Fails only when the counter is full, and then the thread is awake already. */
    if (write(collector->wake_fd, &one, sizeof one) < 0)
        return;
}

void collector_watch_connections(struct collector *collector, bool watch)
{
    if (atomic_exchange(&collector->watching, watch) == watch || !watch)
        return;
    atomic_fetch_add(&collector->asked, 1);
    wake(collector);
}

void collector_free(struct collector *collector)
{
    if (!collector)
        return;
    network_monitor_close(collector->monitor);
    observation_free(collector->ready);
    if (collector->wake_fd >= 0)
        close(collector->wake_fd);
    pthread_mutex_destroy(&collector->lock);
    free(collector);
}
DEFINE_CLEANUP(struct collector, collector_free)

int collector_start(const struct collector_options *options,
    const struct collector_listener *listener, struct collector **ret_collector)
{
    struct collector *collector CLEANUP(collector_free_p) = calloc(1, sizeof *collector);
    int r;

    if (!collector)
        return -ENOMEM;
    pthread_mutex_init(&collector->lock, NULL);
    collector->options = *options;
    collector->listener = *listener;
    collector->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (collector->wake_fd < 0)
        return -errno;
    r = network_monitor_open_with(&options->network, &collector->monitor);
    /* Once, also when nobody watches: bytes by owner count from here. Where it fails, from the first
     * that does not. */
    if (r == 0 && network_monitor_refresh_connections(collector->monitor) < 0)
        log_notice("the connections cannot be read yet");
    if (r == 0)
        r = observe(collector, WITH_TICK, clock_ms(CLOCK_MONOTONIC));
    if (r < 0)
        return r;
    r = pthread_create(&collector->thread, NULL, run, collector);
    if (r > 0)
        return -r;
    *ret_collector = HAND_OVER(collector);
    return 0;
}

void collector_stop(struct collector *collector)
{
    if (!collector)
        return;
    atomic_store(&collector->stopping, true);
    wake(collector);
    pthread_join(collector->thread, NULL);
}
