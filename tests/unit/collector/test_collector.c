/* The collector on the scripted network. */
#include "collector.h"

#include <criterion/criterion.h>
#include <semaphore.h>
#include <time.h>

static sem_t ready;

static void on_ready(void *context)
{
    (void)context;
    sem_post(&ready);
}

static struct collector *start(uint32_t interval_ms)
{
    struct collector_options options = {
        .interval_ms = interval_ms, .connections_interval_ms = interval_ms};
    struct collector_listener listener = {on_ready, NULL};
    struct collector *collector;

    sem_init(&ready, 0, 0);
    cr_assert_eq(collector_start(&options, &listener, &collector), 0);
    return collector;
}

static void stop(struct collector *collector)
{
    collector_stop(collector);
    collector_free(collector);
}

/* The next observation; the test fails when none comes for long. */
static struct observation *next(struct collector *collector)
{
    struct timespec limit;
    struct observation *observation = NULL;

    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 20;
    while (!observation) {
        cr_assert_eq(sem_timedwait(&ready, &limit), 0, "nothing was observed");
        observation = collector_take(collector);
    }
    return observation;
}

enum { NEVER_MS = 3600000 };

Test(collector, has_the_first_observation_when_it_has_started)
{
    struct collector *collector = start(NEVER_MS);
    struct observation *observation = collector_take(collector);

    cr_assert_not_null(observation);
    cr_assert_gt(observation->interface_count, 0);
    cr_assert_not(observation->has_connections, "nobody watches connections");
    observation_free(observation);
    cr_assert_null(collector_take(collector), "it is given away once");
    stop(collector);
}

static void assert_connections_come(struct collector *collector)
{
    struct observation *observation;
    bool has_connections = false;

    while (!has_connections) {
        observation = next(collector);
        has_connections = observation->has_connections;
        if (has_connections)
            cr_assert_gt(observation->connection_count, 0);
        observation_free(observation);
    }
}

Test(collector, reads_connections_at_once_when_someone_begins_to_watch)
{
    struct collector *collector = start(NEVER_MS);

    collector_watch_connections(collector, true);
    assert_connections_come(collector);
    stop(collector);
}

/* The thread may see only the end of it: watched all the time, and yet to be read anew. */
Test(collector, reads_them_again_when_watching_ended_and_began_in_one_moment)
{
    struct collector *collector = start(NEVER_MS);

    collector_watch_connections(collector, true);
    assert_connections_come(collector);
    for (int i = 0; i < 20; i++) {
        collector_watch_connections(collector, false);
        collector_watch_connections(collector, true);
        assert_connections_come(collector);
    }
    stop(collector);
}

Test(collector, ticks_and_reads_connections_only_while_they_are_watched)
{
    struct collector *collector = start(50);

    for (int i = 0; i < 3; i++) {
        struct observation *observation = next(collector);

        cr_assert_not(observation->has_connections);
        observation_free(observation);
    }
    collector_watch_connections(collector, true);
    for (int i = 0; i < 3; i++)
        assert_connections_come(collector);
    stop(collector);
}

Test(collector, stops_at_once_also_in_the_longest_pause)
{
    for (int i = 0; i < 20; i++)
        stop(start(NEVER_MS));
}
