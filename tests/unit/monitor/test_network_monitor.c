#include "network_monitor.h"

#include "observation.h"
#include "told_platform.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>

static struct network_monitor *monitor;

static void set_up(void)
{
    told.now_ns = 1000000000;
    told.is_active = true;
    told.identity = 10;
    cr_assert_eq(network_monitor_open(&monitor), 0);
}

static void tear_down(void)
{
    network_monitor_close(monitor);
}

TestSuite(network_monitor, .init = set_up, .fini = tear_down);

static const struct network_interface *eth0(void)
{
    return network_monitor_find(monitor, "eth0");
}

static size_t count_events(enum network_event_kind kind)
{
    size_t count, found = 0;
    const struct network_event *events = network_monitor_events(monitor, &count);
    for (size_t i = 0; i < count; i++)
        found += events[i].event == kind;
    return found;
}

static void refresh_after(uint64_t ms, uint64_t bytes)
{
    told.now_ns += ms * 1000000;
    told.bytes += bytes;
    cr_assert_eq(network_monitor_refresh(monitor), 0);
}

/* The same, with facts that the platform says are others. */
static void change_after(uint64_t ms, uint64_t bytes)
{
    told.has_changed = true;
    refresh_after(ms, bytes);
}

Test(network_monitor, has_interfaces_once_open_but_no_speeds_and_no_events)
{
    size_t count;
    network_monitor_interfaces(monitor, &count);
    cr_assert_eq(count, 1);
    cr_assert_not(network_has(eth0(), download_bytes_per_s));
    cr_assert(isnan(network_monitor_total_download_speed(monitor)));
    network_monitor_events(monitor, &count);
    cr_assert_eq(count, 0);
    network_monitor_connections(monitor, &count);
    cr_assert_eq(count, 0);
    cr_assert_not(network_has(network_monitor_totals(monitor), connections));
    cr_assert_null(network_monitor_find(monitor, "eth9"));
    cr_assert_null(network_monitor_find(monitor, "eth0 and much more than a name holds"));
    cr_assert_eq(network_monitor_follow_fd(monitor), 42);
    cr_assert(network_version()[0] >= '0' && network_version()[0] <= '9');
}

Test(network_monitor, has_speeds_from_the_second_reading_on)
{
    refresh_after(2000, 3000);
    cr_assert_float_eq(eth0()->download_bytes_per_s, 1500, 1e-9);
    cr_assert_float_eq(network_monitor_total_download_speed(monitor), 1500, 1e-9);
    cr_assert(isnan(network_monitor_total_upload_speed(monitor)));
    refresh_after(5, 1000000);
    cr_assert_float_eq(eth0()->download_bytes_per_s, 1500, 1e-9);
}

static void check_that_a_failing_refresh_changes_nothing(int *result)
{
    size_t count;
    refresh_after(1000, 1000);
    uint64_t revision = network_monitor_revision(monitor);
    *result = -EIO;
    told.has_second = told.has_changed = true;
    told.bytes += 5000;
    cr_assert_eq(network_monitor_refresh(monitor), -EIO);
    cr_assert_eq(network_monitor_refresh(monitor), -EIO);
    cr_assert_eq(network_monitor_revision(monitor), revision);
    network_monitor_interfaces(monitor, &count);
    cr_assert_eq(count, 1);
    cr_assert_eq(eth0()->bytes_received, 1000);
    cr_assert_float_eq(eth0()->download_bytes_per_s, 1000, 1e-9);
    const struct network_capability *capabilities = network_monitor_capabilities(monitor, &count);
    cr_assert_eq(capabilities[0].status, NETWORK_ERROR);
    cr_assert_eq(capabilities[1].status, NETWORK_KNOWN);
    *result = 0;
    refresh_after(1000, 0);
    cr_assert_float_eq(
        eth0()->download_bytes_per_s, 5000, 1e-9, "a gap is an interval like others");
    cr_assert_eq(network_monitor_capabilities(monitor, &count)[0].status, NETWORK_KNOWN);
    cr_assert_eq(count_events(NETWORK_EVENT_INTERFACE_ADDED), 1, "what was announced is not lost");
}

Test(network_monitor, keeps_everything_when_reading_facts_fails_and_says_so)
{
    check_that_a_failing_refresh_changes_nothing(&told.interfaces_result);
}

Test(network_monitor, keeps_everything_when_reading_counters_fails_and_says_so)
{
    check_that_a_failing_refresh_changes_nothing(&told.samples_result);
}

Test(network_monitor, reads_facts_only_when_they_may_have_changed)
{
    refresh_after(1000, 1000);
    cr_assert_eq(told.facts_readings, 1);
    change_after(1000, 1000);
    cr_assert_eq(told.facts_readings, 2);
}

Test(network_monitor, reads_facts_at_once_when_the_counters_are_of_other_interfaces)
{
    told.has_second = true;
    told.races = 1;
    refresh_after(1000, 1000);
    cr_assert_eq(told.facts_readings, 2);
    cr_assert(network_has(network_monitor_find(monitor, "eth1"), bytes_received));
    cr_assert_float_eq(eth0()->download_bytes_per_s, 1000, 1e-9);
    refresh_after(1000, 1000);
    cr_assert_eq(told.facts_readings, 2);
}

Test(network_monitor, shows_a_network_that_does_not_hold_still_and_looks_again)
{
    told.races = 2;
    refresh_after(1000, 1000);
    cr_assert_eq(eth0()->bytes_received, 1000);
    cr_assert_eq(told.facts_readings, 2);
    refresh_after(1000, 1000);
    cr_assert_eq(told.facts_readings, 3);
    refresh_after(1000, 1000);
    cr_assert_eq(told.facts_readings, 3);
}

Test(network_monitor, keeps_what_it_knew_of_an_interface_of_which_nothing_was_read)
{
    told.has_second = true;
    change_after(1000, 1000);
    refresh_after(1000, 0);
    refresh_after(1000, 0);
    told.lacks_sample = true;
    refresh_after(1000, 600);
    cr_assert_eq(eth0()->bytes_received, 1000);
    told.lacks_sample = false;
    refresh_after(1000, 0);
    cr_assert_eq(eth0()->bytes_received, 1600);
    cr_assert_float_eq(eth0()->download_bytes_per_s, 300, 1e-9, "it grew in two seconds");
    cr_assert_eq(network_monitor_find(monitor, "eth1")->download_bytes_per_s, 0);
}

/* An interface at rest is not looked at, and its growth is not measured from when it came to rest.
 */
Test(network_monitor, measures_from_the_last_reading_however_long_nothing_came_in)
{
    for (int i = 0; i < 10; i++)
        refresh_after(1000, 0);
    uint64_t revision = eth0()->revision;
    refresh_after(1000, 0);
    cr_assert_eq(eth0()->revision, revision, "nothing of it changed");
    refresh_after(2000, 3000);
    cr_assert_float_eq(eth0()->download_bytes_per_s, 1500, 1e-9);
    cr_assert_gt(eth0()->revision, revision);
    refresh_after(1000, 0);
    cr_assert_eq(eth0()->download_bytes_per_s, 0);
    refresh_after(5, 0);
    refresh_after(1000, 0);
    refresh_after(5, 77);
    refresh_after(995, 0);
    cr_assert_float_eq(eth0()->download_bytes_per_s, 77, 1e-9, "the short one has no say");
}

Test(network_monitor, keeps_the_connections_when_reading_them_fails)
{
    size_t count;
    told.connections = 3;
    cr_assert_eq(network_monitor_refresh_connections(monitor), 0);
    told.connections = 1;
    told.connections_result = -EPERM;
    cr_assert_eq(network_monitor_refresh_connections(monitor), -EPERM);
    network_monitor_connections(monitor, &count);
    cr_assert_eq(count, 3);
    cr_assert_eq(network_monitor_totals(monitor)->connections, 3);
    cr_assert_eq(network_monitor_capabilities(monitor, &count)[1].status, NETWORK_ERROR);
}

Test(network_monitor, follows_nothing_when_nothing_was_announced)
{
    bool changed = true;
    told.is_active = false;
    cr_assert_eq(network_monitor_follow(monitor, &changed), 0);
    cr_assert_not(changed);
    cr_assert(eth0()->is_active);
}

Test(network_monitor, follows_a_change_and_keeps_counters_and_speeds)
{
    bool changed = false;
    refresh_after(1000, 1000);
    told.bytes = 77777;
    told.is_active = false;
    told.has_changed = true;
    cr_assert_eq(network_monitor_follow(monitor, &changed), 0);
    cr_assert(changed);
    cr_assert_not(eth0()->is_active);
    cr_assert_eq(eth0()->bytes_received, 1000);
    cr_assert_float_eq(eth0()->download_bytes_per_s, 1000, 1e-9);
    cr_assert_float_eq(network_monitor_total_download_speed(monitor), 1000, 1e-9);
    cr_assert_eq(count_events(NETWORK_EVENT_LINK_DOWN), 1);
    told.has_changed = true; /* announced, but the same */
    cr_assert_eq(network_monitor_follow(monitor, &changed), 0);
    cr_assert_not(changed);
}

Test(network_monitor, shows_a_new_interface_without_counters_until_the_next_refresh)
{
    bool changed = false;
    told.has_second = told.has_changed = true;
    cr_assert_eq(network_monitor_follow(monitor, &changed), 0);
    const struct network_interface *eth1 = network_monitor_find(monitor, "eth1");
    cr_assert(changed && eth1);
    cr_assert_eq(eth1->status.bytes_received, NETWORK_UNAVAILABLE);
    refresh_after(1000, 1000);
    eth1 = network_monitor_find(monitor, "eth1");
    cr_assert(network_has(eth1, bytes_received));
    cr_assert_not(network_has(eth1, download_bytes_per_s), "this was its first sample");
    cr_assert_float_eq(network_monitor_total_download_speed(monitor), 1000, 1e-9);
    cr_assert_eq(count_events(NETWORK_EVENT_INTERFACE_ADDED), 1);
}

Test(network_monitor, makes_events_of_what_was_dropped_since_it_was_opened)
{
    refresh_after(1000, 0);
    cr_assert_eq(count_events(NETWORK_EVENT_DROPS), 0);
    told.drops += 7;
    refresh_after(1000, 0);
    cr_assert_eq(count_events(NETWORK_EVENT_DROPS), 1);
    told.refused += 3;
    refresh_after(1000, 0);
    cr_assert_eq(count_events(NETWORK_EVENT_DROPS), 2);
    size_t count;
    const struct network_event *events = network_monitor_events(monitor, &count);
    cr_assert_eq(events[0].packets, 7);
    cr_assert_str_eq(events[0].interface, "eth0");
    cr_assert_str_eq(events[1].message, "3 packets were dropped: the test says so");
}

/* What was there before the monitor is no news. */
Test(network_monitor, makes_no_events_of_what_was_dropped_before)
{
    tear_down();
    told.drops = told.refused = 1000;
    set_up();
    refresh_after(1000, 0);
    refresh_after(1000, 0);
    cr_assert_eq(count_events(NETWORK_EVENT_DROPS), 0);
}

Test(network_monitor, makes_an_event_of_lost_announcements)
{
    bool changed = false;
    told.is_overrun = true;
    cr_assert_eq(network_monitor_follow(monitor, &changed), 0);
    cr_assert(changed);
    told.is_overrun = true;
    refresh_after(1000, 0);
    cr_assert_eq(count_events(NETWORK_EVENT_OVERRUN), 2);
}

Test(network_monitor, has_no_speed_and_one_event_when_a_device_is_made_again)
{
    refresh_after(1000, 1000);
    told.identity = 20;
    change_after(1000, 1000000000);
    cr_assert_not(network_has(eth0(), download_bytes_per_s));
    cr_assert_eq(count_events(NETWORK_EVENT_COUNTER_RESET), 1);
    refresh_after(1000, 500);
    cr_assert_float_eq(eth0()->download_bytes_per_s, 500, 1e-9);
    cr_assert_eq(count_events(NETWORK_EVENT_COUNTER_RESET), 1);
}

Test(network_monitor, has_no_speed_and_one_event_when_counters_turn_back)
{
    refresh_after(1000, 1000);
    told.bytes = 10;
    refresh_after(1000, 0);
    cr_assert_not(network_has(eth0(), download_bytes_per_s));
    refresh_after(1000, 500);
    cr_assert_float_eq(eth0()->download_bytes_per_s, 500, 1e-9);
    cr_assert_eq(count_events(NETWORK_EVENT_COUNTER_RESET), 1);
}

Test(network_monitor, closes_nothing_without_complaint)
{
    network_monitor_close(NULL);
}

static struct observation *observe(enum observation_scope scope, uint64_t after_event)
{
    struct observation_wish wish = {.scope = scope, .after_event = after_event};
    struct observation *observation = NULL;
    cr_assert_eq(observation_new(monitor, &wish, &observation), 0);
    return observation;
}

Test(network_monitor, is_observed_in_what_has_changed)
{
    refresh_after(1000, 1);
    refresh_after(1000, 0);
    refresh_after(1000, 0);
    struct observation_wish wish = {.after_revision = network_monitor_revision(monitor)};
    struct observation *observation;
    refresh_after(1000, 0);
    cr_assert_eq(observation_new(monitor, &wish, &observation), 0);
    cr_assert_eq(observation->interface_count, 0);
    cr_assert_not(observation->has_all_interfaces);
    observation_free(observation);
    refresh_after(1000, 7);
    cr_assert_eq(observation_new(monitor, &wish, &observation), 0);
    cr_assert_eq(observation->interface_count, 1);
    observation_free(observation);
    refresh_after(1000, 0);
    refresh_after(1000, 0);
    wish.after_revision = network_monitor_revision(monitor);
    change_after(1000, 0);
    cr_assert_eq(observation_new(monitor, &wish, &observation), 0);
    cr_assert_eq(observation->interface_count, 0, "facts were read again and are the same");
    observation_free(observation);
    told.has_second = true;
    change_after(1000, 0);
    cr_assert_eq(observation_new(monitor, &wish, &observation), 0);
    cr_assert(observation->has_all_interfaces, "another came");
    cr_assert_eq(observation->interface_count, 2);
    observation_free(observation);
}

Test(network_monitor, is_copied_into_an_observation_that_shares_nothing)
{
    told.connections = 2;
    cr_assert_eq(network_monitor_refresh_connections(monitor), 0);
    struct observation *observation = observe(OBSERVATION_WITH_CONNECTIONS, 0);
    told.connections = 0;
    told.is_active = false;
    change_after(1000, 1);
    change_after(1000, 1);
    cr_assert_eq(network_monitor_refresh_connections(monitor), 0);
    cr_assert_eq(observation->interface_count, 1);
    cr_assert(observation->interfaces[0].is_active);
    cr_assert_eq(observation->interfaces[0].addresses.items[0].family, AF_INET);
    cr_assert(observation->has_connections);
    cr_assert_eq(observation->connection_count, 2);
    cr_assert_eq(observation->capability_count, 2);
    observation_free(observation);
    observation_free(NULL);
}

static void flap(void)
{
    told.is_active = !told.is_active;
    change_after(1000, 1);
}

Test(network_monitor, hands_over_what_a_newer_observation_must_not_lose)
{
    told.connections = 2;
    cr_assert_eq(network_monitor_refresh_connections(monitor), 0);
    flap();
    struct observation *older = observe(OBSERVATION_WITH_CONNECTIONS, 0);
    older->is_tick = true;
    older->tick_ms = 7;
    older->is_change = true;
    flap();
    struct observation *newer = observe(OBSERVATION_WITHOUT_CONNECTIONS, 1);
    cr_assert_eq(newer->event_count, 1);
    cr_assert_eq(observation_supersede(newer, older), 0);
    cr_assert_eq(newer->event_count, 2);
    cr_assert_eq(newer->events[0].identity, 1);
    cr_assert_eq(newer->events[1].identity, 2);
    cr_assert(newer->has_connections);
    cr_assert_eq(newer->connection_count, 2);
    cr_assert(newer->is_tick);
    cr_assert_eq(newer->tick_ms, 7);
    cr_assert(newer->is_change);
    cr_assert_eq(newer->socket_count, 2);
    /* Asked from the same place, both have the same events: none is doubled. */
    struct observation *third = observe(OBSERVATION_WITH_CONNECTIONS, 0);
    cr_assert_eq(observation_supersede(third, newer), 0);
    cr_assert_eq(third->event_count, 2);
    cr_assert_eq(observation_supersede(third, NULL), 0);
    observation_free(third);
}

Test(network_monitor, sorts_errors_into_the_kinds_that_users_know)
{
    static const struct {
        int result;
        enum network_error error;
        const char *text;
    } rows[] = {{0, NETWORK_OK, "ok"}, {-EPERM, NETWORK_ERROR_PERMISSION, "permission"},
        {-EACCES, NETWORK_ERROR_PERMISSION, "permission"},
        {-ENOENT, NETWORK_ERROR_NOT_AVAILABLE, "not available"},
        {-EOPNOTSUPP, NETWORK_ERROR_NOT_AVAILABLE, "not available"},
        {-EAFNOSUPPORT, NETWORK_ERROR_NOT_AVAILABLE, "not available"},
        {-EPROTONOSUPPORT, NETWORK_ERROR_NOT_AVAILABLE, "not available"},
        {-ENODEV, NETWORK_ERROR_NOT_AVAILABLE, "not available"},
        {-ENOSYS, NETWORK_ERROR_NOT_AVAILABLE, "not available"},
        {-ENETDOWN, NETWORK_ERROR_NETWORK, "network"}, {-EIO, NETWORK_ERROR_NETWORK, "network"},
        {-EPROTO, NETWORK_ERROR_NETWORK, "network"}, {-ENOBUFS, NETWORK_ERROR_NETWORK, "network"},
        {-EINTR, NETWORK_ERROR_NETWORK, "network"}, {-ENOMEM, NETWORK_ERROR_SYSTEM, "system"},
        {-EMFILE, NETWORK_ERROR_SYSTEM, "system"}, {1, NETWORK_OK, "ok"}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cr_assert_eq(network_error_of(rows[i].result), rows[i].error, "%d", rows[i].result);
        cr_assert_str_eq(network_error_text(network_error_of(rows[i].result)), rows[i].text);
    }
}
