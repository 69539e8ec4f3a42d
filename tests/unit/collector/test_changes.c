/* A change that nothing wakes the collector for, because a reading takes it in first: in a busy
 * moment that happens on every system, and who is to be told at once must be told all the same. */
#include "collector.h"
#include "platform.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

/* The platform of this test: one interface, whose link changes when the test says so. */
static atomic_bool has_changed, is_active;
static int ready[2]; /* a pipe with a byte for each time the collector was */

int platform_open(const struct platform_options *options, struct platform **ret_platform)
{
    (void)options;
    *ret_platform = calloc(1, 1);
    return 0;
}

void platform_close(struct platform *platform)
{
    free(platform);
}

uint64_t platform_now_ns(struct platform *platform)
{
    struct timespec now;

    (void)platform;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

int64_t platform_wall_ms(struct platform *platform)
{
    return (int64_t)(platform_now_ns(platform) / 1000000);
}

int platform_read_interfaces(struct platform *platform, struct interface_array *ret_interfaces)
{
    struct network_interface *iface = interface_array_append(ret_interfaces);

    (void)platform;
    iface->identity = 1;
    PUT_TEXT(iface, name, "lan");
    PUT(iface, is_active, atomic_load(&is_active));
    return 0;
}

int platform_read_samples(struct platform *platform, struct sample_array *ret_samples)
{
    (void)platform;
    sample_array_append(ret_samples)->identity = 1;
    return 0;
}

int platform_read_connections(struct platform *platform, struct connection_array *ret_connections)
{
    (void)platform, (void)ret_connections;
    return 0;
}

int platform_read_listeners(struct platform *platform, struct connection_array *ret_listeners)
{
    (void)platform, (void)ret_listeners;
    return 0;
}

int platform_read_closed(struct platform *platform, struct connection_array *ret_closed)
{
    (void)platform, (void)ret_closed;
    return 0;
}

const struct platform_drop_cause *platform_read_drop_causes(
    struct platform *platform, size_t *ret_count)
{
    (void)platform;
    *ret_count = 0;
    return NULL;
}

int platform_change_fd(const struct platform *platform)
{
    (void)platform;
    return -1;
}

int platform_drain_changes(struct platform *platform, bool *ret_changed)
{
    (void)platform;
    *ret_changed = atomic_exchange(&has_changed, false);
    if (*ret_changed)
        atomic_store(&is_active, !atomic_load(&is_active));
    return 0;
}

const struct network_capability *platform_capabilities(struct platform *platform, size_t *ret_count)
{
    (void)platform;
    *ret_count = 0;
    return NULL;
}

static void on_ready(void *context)
{
    (void)context;
    cr_assert_eq(write(ready[1], "", 1), 1);
}

static bool next_is_change(struct collector *collector)
{
    struct observation *observation = NULL;
    bool is_change;
    char byte;

    while (!observation) {
        cr_assert_eq(read(ready[0], &byte, 1), 1);
        observation = collector_take(collector);
    }
    is_change = observation->is_change;
    observation_free(observation);
    return is_change;
}

static void assert_changes_are_told(uint32_t interval_ms, uint32_t lens_ms)
{
    struct collector_options options = {
        .interval_ms = interval_ms, .connections_interval_ms = interval_ms};
    struct collector_listener listener = {on_ready, NULL};
    struct collector *collector;

    cr_assert_eq(pipe(ready), 0);
    cr_assert_eq(collector_start(&options, &listener, &collector), 0);
    collector_set_lens(collector, lens_ms);
    for (int i = 0; i < 5; i++) {
        cr_assert_not(next_is_change(collector));
        atomic_store(&has_changed, true);
        while (!next_is_change(collector))
            ;
    }
    collector_stop(collector);
    collector_free(collector);
}

Test(changes, are_told_when_a_tick_takes_them_in, .timeout = 30)
{
    assert_changes_are_told(50, 0);
}

Test(changes, are_told_when_a_look_through_the_lens_takes_them_in, .timeout = 30)
{
    assert_changes_are_told(3600000, 50);
}
