/* The collector on the scripted network. */
#include "collector.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

static int ready[2]; /* a pipe with a byte for each time it was */

static void on_ready(void *context)
{
    (void)context;
    cr_assert_eq(write(ready[1], "", 1), 1);
}

static struct collector *start(uint32_t interval_ms)
{
    struct collector_options options = {
        .interval_ms = interval_ms, .connections_interval_ms = interval_ms};
    struct collector_listener listener = {on_ready, NULL};
    struct collector *collector;

    cr_assert_eq(pipe(ready), 0);
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
    struct pollfd waiting = {.fd = ready[0], .events = POLLIN};
    struct observation *observation = NULL;
    char byte;

    while (!observation) {
        cr_assert_eq(poll(&waiting, 1, 20000), 1, "nothing was observed");
        cr_assert_eq(read(ready[0], &byte, 1), 1);
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

static int64_t next_due(struct collector *collector)
{
    struct observation *observation = next(collector);
    int64_t due_ms = observation->due_ms;

    cr_assert_not(observation->is_tick);
    observation_free(observation);
    return due_ms;
}

Test(collector, reads_at_the_multiples_of_the_lens_from_at_once_on)
{
    struct collector *collector = start(NEVER_MS);
    int64_t before_ms = 0;

    observation_free(collector_take(collector));
    for (uint32_t lens_ms = 50; lens_ms <= 150; lens_ms += 50) {
        collector_set_lens(collector, lens_ms);
        (void)next_due(collector); /* may still be of the lens before */
        for (int i = 0; i < 4; i++) {
            int64_t due_ms = next_due(collector);

            cr_assert_eq(due_ms % lens_ms, 0, "%lld", (long long)due_ms);
            cr_assert_gt(due_ms, before_ms);
            before_ms = due_ms;
        }
    }
    stop(collector);
}

/* An observation that is made because connections are asked for tells when a reading was last due:
 * so it shows that none was, without waiting for one that does not come. */
static int64_t ask_last_due(struct collector *collector)
{
    int64_t due_ms;
    bool is_answer;

    collector_watch_connections(collector, false);
    collector_watch_connections(collector, true);
    do {
        struct observation *observation = next(collector);

        due_ms = observation->due_ms;
        is_answer = observation->has_connections;
        observation_free(observation);
    } while (!is_answer);
    return due_ms;
}

Test(collector, without_the_lens_it_rests_until_the_next_tick)
{
    struct collector *collector = start(NEVER_MS);
    struct timespec while_ms = {0, 120000000};
    int64_t due_ms;

    collector_set_lens(collector, 50);
    for (int i = 0; i < 3; i++)
        observation_free(next(collector));
    collector_set_lens(collector, 0);
    (void)ask_last_due(collector); /* a reading may have been under way */
    due_ms = ask_last_due(collector);
    for (int i = 0; i < 3; i++) {
        nanosleep(&while_ms, NULL);
        cr_assert_eq(ask_last_due(collector), due_ms);
    }
    stop(collector);
}

Test(collector, reads_no_connections_through_the_lens)
{
    struct collector *collector = start(NEVER_MS);

    collector_watch_connections(collector, true);
    assert_connections_come(collector);
    collector_set_lens(collector, 50);
    for (int i = 0; i < 5; i++) {
        struct observation *observation = next(collector);

        cr_assert_not(observation->has_connections);
        observation_free(observation);
    }
    stop(collector);
}

Test(collector, keeps_its_ticks_under_a_lens_that_does_not_fit_them)
{
    enum { INTERVAL_MS = 120 };
    struct collector *collector = start(INTERVAL_MS);
    int64_t before_ms = 0;
    int ticks = 0;

    observation_free(collector_take(collector));
    collector_set_lens(collector, 50);
    while (ticks < 8) {
        struct observation *observation = next(collector);
        int64_t due_ms = observation->due_ms;

        cr_assert_eq(observation->is_tick, due_ms / INTERVAL_MS > before_ms / INTERVAL_MS,
            "%lld after %lld", (long long)due_ms, (long long)before_ms);
        ticks += observation->is_tick;
        before_ms = due_ms;
        observation_free(observation);
    }
    stop(collector);
}

Test(collector, stops_at_once_also_in_the_longest_pause)
{
    for (int i = 0; i < 20; i++)
        stop(start(NEVER_MS));
}

/* Looks at the connections at once, and so makes an observation between two ticks. */
static struct observation *look(struct collector *collector)
{
    collector_watch_connections(collector, false);
    collector_watch_connections(collector, true);
    return next(collector);
}

Test(collector, gives_the_interfaces_that_changed_since_the_last_was_taken)
{
    struct collector *collector = start(NEVER_MS);
    struct observation *observation = next(collector);

    cr_assert(observation->has_all_interfaces, "nothing was taken before");
    observation_free(observation);
    observation = look(collector);
    cr_assert_eq(observation->interface_count, 0);
    cr_assert_not(observation->has_all_interfaces);
    observation_free(observation);
    collector_want_all(collector);
    observation = look(collector);
    cr_assert_gt(observation->interface_count, 0);
    cr_assert(observation->has_all_interfaces);
    observation_free(observation);
    stop(collector);
}
