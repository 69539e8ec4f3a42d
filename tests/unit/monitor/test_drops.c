#include "drops.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct drops drops;
static struct event_log events;
static struct network_interface eth0, eth1;
static struct interface_sample sample0, sample1;
static struct platform_drop_cause causes[] = {
    {"packet was dropped", "packets were dropped", "a buffer was full", true, 100},
    {"hiccup", "hiccups", "nothing was lost", false, 0}};
static uint64_t now_ms;

static void init(struct network_interface *iface, struct interface_sample *sample, const char *name)
{
    iface->identity = sample->identity = (uint64_t)name[3];
    PUT_TEXT(iface, name, name);
    PUT(iface, receive_missed, 0);
    PUT(iface, receive_overruns, 0);
    PUT(iface, receive_drops, 0);
    PUT(iface, send_drops, 0);
    PUT(iface, queue_drops, 0);
    PUT(iface, receive_errors, 0);
    PUT(iface, send_errors, 0);
    PUT(sample, receive_missed, 0);
    PUT(sample, receive_overruns, 0);
    PUT(sample, receive_drops, 0);
    PUT(sample, send_drops, 0);
    PUT(sample, queue_drops, 0);
    PUT(sample, receive_errors, 0);
    PUT(sample, send_errors, 0);
}

static void set_up(void)
{
    cr_assert_eq(event_log_init(&events), 0);
    init(&eth0, &sample0, "eth0");
    init(&eth1, &sample1, "eth1");
    now_ms = 1000;
    drops_take_causes(&drops, causes, ARRAY_LENGTH(causes), now_ms * 1000000);
}

static void tear_down(void)
{
    drops_fini(&drops);
    event_log_fini(&events);
}

TestSuite(drops, .init = set_up, .fini = tear_down);

/* One refresh, after some time: interfaces, causes, events. The interface's counters become the
 * sample's only where the test says so, so that what grew grows again. */
static void refresh_after(uint64_t ms)
{
    now_ms += ms;
    struct drops_time time = {.now_ns = now_ms * 1000000, .wall_ms = (int64_t)now_ms};
    drops_compare(&drops, &eth0, &sample0);
    drops_compare(&drops, &eth1, &sample1);
    if (drops_are_due(&drops, time.now_ns))
        drops_take_causes(&drops, causes, ARRAY_LENGTH(causes), time.now_ns);
    drops_tell(&drops, causes, &time, &events);
}

/* The events since the last check, each as its number of packets and its message. */
static void check(const char *expected)
{
    static uint64_t checked;
    char text[4096] = "";
    size_t count;
    const struct network_event *items = event_log_items(&events, &count);
    for (size_t i = 0; i < count; i++) {
        char line[300];
        if (items[i].identity <= checked)
            continue;
        cr_assert_eq(items[i].event, NETWORK_EVENT_DROPS);
        cr_assert_eq(items[i].time_ms, (int64_t)now_ms);
        cr_assert_lt(strlen(items[i].message), sizeof(items[i].message) - 1, "cut");
        snprintf(line, sizeof(line), "%" PRIu64 " %s\n",
            network_has(&items[i], packets) ? items[i].packets : 0, items[i].message);
        strcat(text, line);
    }
    checked = events.last_identity;
    cr_assert_str_eq(text, expected);
}

#define MISSED_WHY                                                                                 \
    "its receive ring was full; a longer ring (ethtool -G) or more CPU for its interrupts helps"

Test(drops, of_an_interface_are_told_of_at_once_with_their_reason)
{
    refresh_after(1000);
    check("");
    sample0.receive_missed = sample0.receive_drops = 12;
    refresh_after(1000);
    check("12 eth0: 12 packets were dropped: " MISSED_WHY "\n");
    size_t count;
    cr_assert_str_eq(event_log_items(&events, &count)[0].interface, "eth0");
    cr_assert_eq(event_log_items(&events, &count)[0].status.netns, NETWORK_NOT_APPLICABLE);
}

Test(drops, name_the_ring_and_the_namespace_where_they_are_known)
{
    PUT(&eth0, receive_ring, 256);
    PUT_TEXT(&eth0, netns, "web");
    sample0.receive_missed = sample0.receive_drops = 1;
    refresh_after(1000);
    check("1 web/eth0: 1 packet was dropped: " MISSED_WHY "; it has room for 256\n");
    size_t count;
    cr_assert_str_eq(event_log_items(&events, &count)[0].netns, "web");
}

Test(drops, of_each_kind_say_what_it_is)
{
    sample0.receive_missed = 1;
    sample0.receive_overruns = 2;
    sample0.receive_drops = 4; /* one of them was missed */
    sample0.send_drops = 4;
    sample0.queue_drops = 5;
    sample0.receive_errors = 6;
    sample0.send_errors = 7;
    refresh_after(1000);
    check(
        "1 eth0: 1 packet was dropped: " MISSED_WHY "\n"
        "2 eth0: 2 packets were dropped: the device could not hand them over as quickly as they "
        "came; flow control, or a faster bus or device, helps\n"
        "3 eth0: 3 packets received were dropped: they were of a protocol or VLAN that nothing "
        "here takes, which does no harm, or memory ran out\n"
        "4 eth0: 4 packets to be sent were dropped: the device or its other end was not ready, or "
        "had no room\n"
        "5 eth0: 5 packets to be sent were dropped: the queue in front of the device was full, or "
        "its rules say so; a longer queue or a higher rate (tc qdisc) helps\n"
        "6 eth0: 6 packets were received damaged: a cable, a plug, a radio disturbed, or two ends "
        "that disagree on speed or duplex may be why\n"
        "7 eth0: 7 packets could not be sent: the link was lost meanwhile, or two ends disagree on "
        "duplex\n");
}

Test(drops, of_what_is_not_known_are_none)
{
    eth0.status.send_drops = NETWORK_UNAVAILABLE; /* a first sample */
    sample0.send_drops = 1000;
    eth1.send_drops = 1000; /* it was reset */
    refresh_after(1000);
    check("");
}

#define SEND_WHY                                                                                   \
    "packets to be sent were dropped: the device or its other end was not ready, or had no room\n"

/* Ten seconds, then twenty, then forty. */
Test(drops, that_go_on_add_up_for_longer_and_longer)
{
    sample0.send_drops = 2;
    refresh_after(1000);
    check("2 eth0: 2 " SEND_WHY);
    for (int i = 1; i < 10; i++)
        refresh_after(1000);
    check("");
    refresh_after(1000);
    check("20 eth0: 20 " SEND_WHY);
    for (int i = 1; i < 20; i++)
        refresh_after(1000);
    check("");
    refresh_after(1000);
    check("40 eth0: 40 " SEND_WHY);
    uint64_t last = events.last_identity;
    for (int i = 0; i < 3600; i++)
        refresh_after(1000);
    cr_assert_leq(events.last_identity - last, 4 + 6, "six an hour once it has lasted");
}

Test(drops, are_new_again_after_a_pause_without_any)
{
    sample0.send_drops = 2;
    refresh_after(1000);
    check("2 eth0: 2 " SEND_WHY);
    eth0.send_drops = 2;
    for (int i = 0; i < 21; i++)
        refresh_after(1000);
    cr_assert_eq(drops.count, 0, "nothing is kept of what is over");
    eth0.send_drops = 0;
    refresh_after(1000);
    check("2 eth0: 2 " SEND_WHY);
    for (int i = 0; i < 10; i++)
        refresh_after(1000);
    check("20 eth0: 20 " SEND_WHY);
}

Test(drops, of_interfaces_and_of_causes_do_not_hold_up_each_other)
{
    sample0.send_drops = 2;
    refresh_after(1000);
    check("2 eth0: 2 " SEND_WHY);
    sample1.send_drops = 1;
    causes[0].count = 103;
    refresh_after(1000);
    check("1 eth1: 1 packet to be sent was dropped: the device or its other end was not ready, or "
          "had no room\n"
          "3 3 packets were dropped: a buffer was full\n");
}

Test(drops, of_the_system_count_from_the_first_reading)
{
    refresh_after(1000);
    check("");
    causes[0].count = 101;
    causes[1].count = 5;
    refresh_after(500); /* too early for the causes to be read */
    check("");
    refresh_after(500);
    check("1 1 packet was dropped: a buffer was full\n0 5 hiccups: nothing was lost\n");
    causes[0].count = UINT64_MAX; /* not to be read just now */
    refresh_after(30000);
    causes[0].count = 200;
    refresh_after(1000);
    check("");
    causes[0].count = 203;
    refresh_after(1000);
    check("3 3 packets were dropped: a buffer was full\n");
    causes[1].count = 2; /* less than before */
    refresh_after(60000);
    check("");
}

Test(drops, of_many_at_once_are_all_told_of)
{
    for (uint64_t i = 1; i <= 500; i++) {
        eth0.identity = i;
        sample0.send_drops = i;
        drops_compare(&drops, &eth0, &sample0);
    }
    struct drops_time time = {.now_ns = 2000000000};
    drops_tell(&drops, causes, &time, &events);
    cr_assert_eq(events.last_identity, 500);
    time.now_ns += UINT64_C(3600000000000);
    drops_tell(&drops, causes, &time, &events);
    cr_assert_eq(events.last_identity, 500);
    cr_assert_eq(drops.count, 0);
    cr_assert_eq(map_count(&drops.by_key), 0);
}
