#include "collector.h"

#include "budget.h"
#include "descriptor.h"
#include "log.h"
#include "network_monitor.h"
#include "system.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct collector {
    struct collector_options options;
    struct collector_listener listener;
    struct network_monitor *monitor;
    pthread_t thread;
    int wake_fds[2]; /* a pipe: something of the following changed */
    atomic_bool stopping, watching;
    atomic_uint lens_ms;      /* 0: none */
    atomic_uint asked;        /* times that watching began */
    unsigned answered;        /* the last of these that got its reading */
    uint64_t last_event;      /* newest event that went into an observation */
    atomic_llong expected_ms; /* monotonic; when the thread is to do something, or began to */
    double start_ms;          /* monotonic; what is due is counted from here */
    double read_ms;           /* monotonic time of the last reading of interfaces that worked */
    int64_t due_ms;           /* when the last reading was */
    int64_t tick_ms;          /* when the last tick was */
    int64_t done_ms; /* when the last reading had been made: what was due before is left out */
    int64_t connections_ms; /* monotonic time of the last reading of connections */
    unsigned readings;      /* of them since the last tick */
    double reading_ms;      /* CPU time of these */
    struct budget budget;
    bool is_failing;      /* the last reading failed, and that was logged */
    pthread_mutex_t lock; /* of the following */
    struct observation *ready;
    uint64_t taken_revision; /* of the last observation that was taken; 0: all is wanted */
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
    if (observation)
        collector->taken_revision = observation->revision;
    pthread_mutex_unlock(&collector->lock);
    return observation;
}

void collector_want_all(struct collector *collector)
{
    pthread_mutex_lock(&collector->lock);
    collector->taken_revision = 0;
    pthread_mutex_unlock(&collector->lock);
}

static uint64_t taken_revision(struct collector *collector)
{
    uint64_t revision;

    pthread_mutex_lock(&collector->lock);
    revision = collector->taken_revision;
    pthread_mutex_unlock(&collector->lock);
    return revision;
}

/* --- reading --- */

enum { WITH_TICK = 1, WITH_CONNECTIONS = 2, WITH_CHANGE = 4 };

static bool lists_connections(const struct collector *collector)
{
    return collector->budget.pace.collection != NETWORK_COLLECTION_OWNERS;
}

static enum observation_scope scope_of(const struct collector *collector, int what)
{
    if (!(what & WITH_CONNECTIONS))
        return OBSERVATION_WITHOUT_CONNECTIONS;
    return lists_connections(collector) ? OBSERVATION_WITH_CONNECTIONS : OBSERVATION_WITH_OWNERS;
}

static void describe(
    const struct collector *collector, int what, double started_ms, struct observation *observation)
{
    observation->is_tick = what & WITH_TICK;
    observation->is_change = what & WITH_CHANGE;
    observation->read_ms = collector->read_ms;
    observation->due_ms = collector->due_ms;
    observation->connections_interval_ms = collector->budget.pace.interval_ms;
    observation->collection = collector->budget.pace.collection;
    observation->wall_ms = (int64_t)clock_ms(CLOCK_REALTIME);
    observation->tick_ms = clock_ms(CLOCK_MONOTONIC) - started_ms;
}

static uint64_t newest_event(const struct collector *collector)
{
    size_t count, closed_count;
    const struct network_event *events = network_monitor_events(collector->monitor, &count);
    const struct network_event *closed = network_monitor_closed(collector->monitor, &closed_count);
    uint64_t newest = collector->last_event;

    if (count > 0 && events[count - 1].identity > newest)
        newest = events[count - 1].identity;
    if (closed_count > 0 && closed[closed_count - 1].identity > newest)
        newest = closed[closed_count - 1].identity;
    return newest;
}

static int observe(struct collector *collector, int what, double started_ms)
{
    struct observation *observation = NULL;
    uint64_t last_event = newest_event(collector);
    int r;

    r = observation_new(collector->monitor,
        &(struct observation_wish){.scope = scope_of(collector, what),
            .after_event = collector->last_event,
            .after_revision = taken_revision(collector)},
        &observation);
    if (r < 0)
        return r;
    describe(collector, what, started_ms, observation);
    collector->last_event = last_event;
    return publish(collector, observation);
}

static void report_failure(struct collector *collector, const char *what, int r)
{
    if (r < 0 && !collector->is_failing)
        log_warning(
            "%s: %s; the last reading stays and reading goes on", what, system_error_text(-r));
    if (r == 0 && collector->is_failing)
        log_notice("reading the network works again");
    collector->is_failing = r < 0;
}

/* A reading may take in a change before the kernel's word of it has woken anyone. */
static int read_interfaces(struct collector *collector, int *what)
{
    uint64_t before = network_monitor_facts_revision(collector->monitor);
    int r = network_monitor_refresh(collector->monitor);

    /* After it, because counters are the last thing that is read. */
    if (r == 0)
        collector->read_ms = clock_ms(CLOCK_MONOTONIC);
    *what |= network_monitor_facts_revision(collector->monitor) != before ? WITH_CHANGE : 0;
    return r;
}

static int read_connections(struct collector *collector)
{
    unsigned asked = atomic_load(&collector->asked);
    double cpu_ms = clock_ms(CLOCK_THREAD_CPUTIME_ID);
    int r = network_monitor_refresh_connections(collector->monitor);

    collector->reading_ms += clock_ms(CLOCK_THREAD_CPUTIME_ID) - cpu_ms;
    collector->readings++;
    collector->answered = asked;
    collector->connections_ms = (int64_t)clock_ms(CLOCK_MONOTONIC);
    return r;
}

static bool connections_due(const struct collector *collector)
{
    int64_t age_ms = (int64_t)clock_ms(CLOCK_MONOTONIC) - collector->connections_ms;

    /* Half a tick early is on time: ticks are the only moments there are. */
    return atomic_load(&collector->watching) &&
           age_ms + collector->options.interval_ms / 2 >= collector->budget.pace.interval_ms;
}

static void publish_reading(struct collector *collector, int what, double started_ms)
{
    int r = observe(collector, what, started_ms);

    if (r < 0)
        log_error("an observation is left out: %s", system_error_text(-r));
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
    publish_reading(collector, r == 0 ? WITH_CONNECTIONS : 0, started_ms);
}

static void follow(struct collector *collector)
{
    double started_ms = clock_ms(CLOCK_MONOTONIC);
    bool changed = false;
    int r = network_monitor_follow(collector->monitor, &changed);

    report_failure(collector, "following the network's changes", r);
    if (changed)
        publish_reading(collector, WITH_CHANGE, started_ms);
}

/* --- the budget --- */

static void tell_pace(struct collector *collector)
{
    char sentence[BUDGET_SENTENCE_BYTES];
    size_t connections;

    network_monitor_connections(collector->monitor, &connections);
    budget_explain(&collector->budget, connections, sentence);
    network_monitor_note(collector->monitor, NETWORK_EVENT_OVER_BUDGET, sentence);
    log_notice("%s", sentence);
}

/* Where connections are no longer listed, that is to be seen at once: returns WITH_CONNECTIONS. */
static int keep_to_budget(struct collector *collector)
{
    struct budget_tick tick = {
        .wall_ms = clock_ms(CLOCK_MONOTONIC),
        .cpu_ms = clock_ms(CLOCK_PROCESS_CPUTIME_ID),
        .readings = collector->readings,
        .reading_ms = collector->reading_ms,
        .is_watched = atomic_load(&collector->watching),
        .ends_round = connections_due(collector),
    };

    collector->readings = 0;
    collector->reading_ms = 0;
    if (!budget_advance(&collector->budget, &tick))
        return 0;
    tell_pace(collector);
    return lists_connections(collector) ? 0 : WITH_CONNECTIONS;
}

/* --- ticks, and looks through the lens in between --- */

static void tick(struct collector *collector)
{
    double started_ms = clock_ms(CLOCK_MONOTONIC);
    int what = WITH_TICK | keep_to_budget(collector);
    int r = read_interfaces(collector, &what);

    if (r == 0 && connections_due(collector)) {
        r = read_connections(collector);
        what |= r == 0 ? WITH_CONNECTIONS : 0;
    } else if (r == 0) {
        r = network_monitor_refresh_listeners(collector->monitor);
    }
    report_failure(collector, "reading the network", r);
    publish_reading(collector, what, started_ms);
}

static void look(struct collector *collector)
{
    double started_ms = clock_ms(CLOCK_MONOTONIC);
    int what = 0;
    int r = read_interfaces(collector, &what);

    report_failure(collector, "reading the network", r);
    publish_reading(collector, what, started_ms);
}

static int64_t since_start_ms(const struct collector *collector)
{
    return (int64_t)(clock_ms(CLOCK_MONOTONIC) - collector->start_ms);
}

/* What is due now, once, however much of it came late. */
static void read_due(struct collector *collector, int64_t now_ms, int64_t lens_ms)
{
    int64_t tick_due_ms = now_ms - now_ms % collector->options.interval_ms;
    int64_t look_due_ms = lens_ms ? now_ms - now_ms % lens_ms : 0;

    collector->due_ms = tick_due_ms > look_due_ms ? tick_due_ms : look_due_ms;
    if (tick_due_ms > collector->tick_ms) {
        collector->tick_ms = tick_due_ms;
        tick(collector);
    } else {
        look(collector);
    }
    collector->done_ms = since_start_ms(collector);
}

/* --- the thread --- */

static void expect(struct collector *collector, double at_ms)
{
    atomic_store(&collector->expected_ms, (long long)at_ms);
}

int64_t collector_late_ms(struct collector *collector)
{
    int64_t late_ms =
        (int64_t)clock_ms(CLOCK_MONOTONIC) - (int64_t)atomic_load(&collector->expected_ms);

    return late_ms > 0 ? late_ms : 0;
}

static int64_t next_multiple(int64_t interval_ms, int64_t after_ms)
{
    return after_ms - after_ms % interval_ms + interval_ms;
}

static int64_t next_due_ms(const struct collector *collector, int64_t lens_ms)
{
    int64_t due_ms = next_multiple(collector->options.interval_ms, collector->done_ms);

    if (lens_ms && next_multiple(lens_ms, collector->done_ms) < due_ms)
        due_ms = next_multiple(lens_ms, collector->done_ms);
    return due_ms;
}

static void wait_until(struct collector *collector, double deadline_ms)
{
    struct pollfd fds[] = {
        {.fd = collector->wake_fds[0], .events = POLLIN},
        {.fd = network_monitor_follow_fd(collector->monitor), .events = POLLIN},
    };
    double left_ms = deadline_ms - clock_ms(CLOCK_MONOTONIC);
    char wakes[64];

    expect(collector, deadline_ms);
    if (system_poll(fds, ARRAY_LENGTH(fds), left_ms > 0 ? (uint64_t)(left_ms * 1e6) : 0) <= 0)
        return;
    expect(collector, clock_ms(CLOCK_MONOTONIC));
    if (fds[0].revents && read(collector->wake_fds[0], wakes, sizeof wakes) > 0)
        catch_up(collector);
    if (fds[1].revents)
        follow(collector);
}

static void *run(void *argument)
{
    struct collector *collector = argument;

    while (!atomic_load(&collector->stopping)) {
        int64_t lens_ms = atomic_load(&collector->lens_ms);
        int64_t due_ms = next_due_ms(collector, lens_ms), now_ms = since_start_ms(collector);

        if (now_ms < due_ms)
            wait_until(collector, collector->start_ms + (double)due_ms);
        else
            read_due(collector, now_ms, lens_ms);
        expect(collector, clock_ms(CLOCK_MONOTONIC));
    }
    return NULL;
}

static void wake(struct collector *collector)
{
    /* Fails only when the pipe is full, and then the thread is awake already. */
    if (write(collector->wake_fds[1], "", 1) < 0)
        return;
}

void collector_watch_connections(struct collector *collector, bool watch)
{
    if (atomic_exchange(&collector->watching, watch) == watch || !watch)
        return;
    atomic_fetch_add(&collector->asked, 1);
    wake(collector);
}

void collector_set_lens(struct collector *collector, uint32_t lens_ms)
{
    if (atomic_exchange(&collector->lens_ms, lens_ms) != lens_ms)
        wake(collector);
}

void collector_free(struct collector *collector)
{
    if (!collector)
        return;
    network_monitor_close(collector->monitor);
    observation_free(collector->ready);
    for (int i = 0; i < 2; i++) {
        if (collector->wake_fds[i] > 0)
            close(collector->wake_fds[i]);
    }
    pthread_mutex_destroy(&collector->lock);
    free(collector);
}
DEFINE_CLEANUP(struct collector, collector_free)

static int open_wake_fds(int fds[2])
{
    int r;

    if (pipe(fds) < 0)
        return -errno;
    r = descriptor_set_private_nonblocking(fds[0]);
    return r < 0 ? r : descriptor_set_private_nonblocking(fds[1]);
}

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
    budget_init(&collector->budget, options->cpu_budget_percent, options->connections_interval_ms);
    r = open_wake_fds(collector->wake_fds);
    if (r < 0)
        return r;
    r = network_monitor_open_with(&options->network, &collector->monitor);
    collector->read_ms = clock_ms(CLOCK_MONOTONIC);
    /* Once, also when nobody watches: bytes by owner count from here. Where it fails, from the
     * first that does not. */
    if (r == 0 && network_monitor_refresh_connections(collector->monitor) < 0)
        log_notice("the connections cannot be read yet");
    if (r == 0)
        r = observe(collector, WITH_TICK, clock_ms(CLOCK_MONOTONIC));
    if (r < 0)
        return r;
    collector->start_ms = clock_ms(CLOCK_MONOTONIC);
    expect(collector, collector->start_ms);
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
