#include "transitions.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>

static struct reading before, after;
static struct event_log events;

static void set_up(void)
{
    cr_assert_eq(event_log_init(&events), 0);
}

static void tear_down(void)
{
    reading_fini(&before);
    reading_fini(&after);
    event_log_fini(&events);
}

TestSuite(transitions, .init = set_up, .fini = tear_down);

static struct network_interface *add(
    struct reading *reading, const char *name, uint64_t identity, bool is_active)
{
    struct network_interface *iface = interface_array_append(&reading->interfaces);
    PUT_TEXT(iface, name, name);
    PUT_TEXT(iface, kind, "veth");
    iface->identity = identity;
    PUT(iface, is_up, true);
    PUT(iface, is_active, is_active);
    iface->status.addresses = NETWORK_KNOWN;
    return iface;
}

/* An eth0 of another namespace. */
static void add_elsewhere(
    struct reading *reading, const char *netns, uint64_t ordinal, bool is_active)
{
    struct network_interface *iface = add(reading, "eth0", 1 | ordinal << 48, is_active);
    PUT_TEXT(iface, netns, netns);
}

static void add_address(struct network_interface *iface, uint8_t last)
{
    struct network_address_list *list = &iface->addresses;
    list->items = array_resize(list->items, list->count + 1, sizeof(*list->items));
    list->items[list->count++] =
        (struct network_address){.family = AF_INET, .prefix_length = 24, .bytes = {10, 0, 0, last}};
}

/* Compares and checks the events, given as "word message" lines. */
static void check(const char *expected)
{
    char text[4096] = "";
    cr_assert_eq(reading_index(&before), 0);
    cr_assert_eq(reading_index(&after), 0);
    struct transitions_time time = {.wall_ms = 1234, .span_ms = 56};
    transitions_find(&before, &after, &time, &events);
    size_t count;
    const struct network_event *items = event_log_items(&events, &count);
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(items[i].time_ms, 1234);
        cr_assert_eq(items[i].identity, i + 1);
        strcat(strcat(text, network_event_kind_words[items[i].event]), " ");
        strcat(strcat(text, items[i].message), "\n");
    }
    cr_assert_str_eq(text, expected);
}

Test(transitions, of_equal_readings_are_none)
{
    add_address(add(&before, "eth0", 1, true), 1);
    add_address(add(&after, "eth0", 1, true), 1);
    check("");
    cr_assert_not(reading_mark_changes(&after, &before, 7));
}

Test(transitions, tell_a_link_that_goes_and_comes)
{
    add(&before, "eth0", 1, true);
    add(&before, "eth1", 2, false);
    add(&after, "eth0", 1, false);
    add(&after, "eth1", 2, true);
    check("link_down eth0: link is down\nlink_up eth1: link is up\n");
    cr_assert(reading_mark_changes(&after, &before, 7));
    cr_assert_eq(after.interfaces.items[0].revision, 7);
}

/* One link, with what its carrier_changes were, those told of, and are. */
static void add_carrier(bool was_active, bool is_active, const uint32_t changes[3])
{
    struct network_interface *was = add(&before, "eth0", 1, was_active);
    struct network_interface *is = add(&after, "eth0", 1, is_active);
    PUT(was, carrier_changes, changes[0]);
    PUT(is, carrier_changes, changes[2]);
    is->carrier_changes_told = changes[1];
}

Test(transitions, tell_once_of_a_link_that_went_and_came_back_unseen)
{
    add_carrier(true, true, (const uint32_t[]){4, 4, 6});
    check("link_down eth0: link went down and came back, in the last 56 ms\n"
          "link_up eth0: link is up again\n");
    cr_assert_eq(after.interfaces.items[0].carrier_changes_told, 6);
}

Test(transitions, count_what_was_not_seen_beside_what_was)
{
    add_carrier(true, false, (const uint32_t[]){4, 4, 11});
    check("link_down eth0: link went down and came back 3 times, in the last 56 ms\n"
          "link_up eth0: link is up again\nlink_down eth0: link is down\n");
}

Test(transitions, tell_of_a_link_that_came_and_went_unseen)
{
    add_carrier(false, false, (const uint32_t[]){4, 4, 6});
    check("link_up eth0: link came up and went down again, in the last 56 ms\n"
          "link_down eth0: link is down again\n");
}

/* is_active follows the carrier a moment later: half a flap is not told of until it is a whole. */
Test(transitions, wait_for_what_a_carrier_change_means)
{
    add_carrier(true, true, (const uint32_t[]){4, 4, 5});
    check("");
    cr_assert_eq(after.interfaces.items[0].carrier_changes_told, 4);
}

Test(transitions, join_two_halves_of_a_flap)
{
    add_carrier(true, true, (const uint32_t[]){5, 4, 6});
    check("link_down eth0: link went down and came back, in the last 56 ms\n"
          "link_up eth0: link is up again\n");
}

Test(transitions, do_not_tell_twice_of_a_change_that_was_seen_before_its_number)
{
    add_carrier(true, false, (const uint32_t[]){4, 4, 4});
    check("link_down eth0: link is down\n");
}

Test(transitions, tell_of_no_flap_of_what_is_switched_off)
{
    add_carrier(false, false, (const uint32_t[]){4, 4, 8});
    before.interfaces.items[0].is_up = after.interfaces.items[0].is_up = false;
    check("");
    cr_assert_eq(after.interfaces.items[0].carrier_changes_told, 8);
}

Test(transitions, tell_of_no_flap_of_another_device)
{
    add_carrier(true, true, (const uint32_t[]){4, 9, 9});
    after.interfaces.items[0].identity = 2;
    check("counter_reset eth0: another interface has this name now; its counters start anew\n");
}

static void set_primary(struct reading *reading, size_t primary)
{
    for (size_t i = 0; i < reading->interfaces.count; i++)
        PUT(&reading->interfaces.items[i], is_primary, i == primary);
}

static void add_pair(size_t was_primary, size_t is_primary)
{
    add(&before, "eth0", 1, true);
    add(&before, "eth1", 2, true);
    add(&after, "eth0", 1, true);
    add(&after, "eth1", 2, true);
    set_primary(&before, was_primary);
    set_primary(&after, is_primary);
}

enum { NONE = 9 };

Test(transitions, tell_where_the_default_route_leads_now)
{
    add_pair(0, 1);
    check("route_changed default route now leaves through eth1 (was eth0)\n");
    size_t count;
    cr_assert_str_eq(event_log_items(&events, &count)[0].interface, "eth1");
}

Test(transitions, tell_of_a_default_route_that_is_gone)
{
    add_pair(0, NONE);
    check("route_changed there is no default route any more (it left through eth0)\n");
}

Test(transitions, tell_of_a_default_route_that_is_new)
{
    add_pair(NONE, 1);
    check("route_changed default route now leaves through eth1\n");
}

Test(transitions, tell_nothing_of_a_default_route_that_is_not_known)
{
    add_pair(0, NONE);
    for (size_t i = 0; i < 2; i++)
        after.interfaces.items[i].status.is_primary = NETWORK_ERROR;
    check("");
}

Test(transitions, keep_the_default_routes_of_namespaces_apart)
{
    add_pair(0, 0);
    PUT_TEXT(&before.interfaces.items[1], netns, "web");
    PUT_TEXT(&after.interfaces.items[1], netns, "web");
    PUT(&before.interfaces.items[1], is_primary, true);
    check("route_changed there is no default route any more (it left through web/eth1)\n");
}

Test(transitions, tell_addresses_by_their_text)
{
    struct network_interface *was = add(&before, "eth0", 1, true);
    struct network_interface *is = add(&after, "eth0", 1, true);
    add_address(was, 1);
    add_address(was, 2);
    add_address(is, 3);
    add_address(is, 2);
    check("address_removed eth0: address 10.0.0.1/24 was removed\n"
          "address_added eth0: address 10.0.0.3/24 was added\n");
    size_t count;
    const struct network_event *items = event_log_items(&events, &count);
    cr_assert_eq(items[0].address.bytes[3], 1);
    cr_assert_eq(items[0].address.prefix_length, 24);
    cr_assert_str_eq(items[0].interface, "eth0");
}

Test(transitions, tell_an_interface_that_comes_with_all_it_brings)
{
    add_address(add(&after, "v0", 9, true), 4);
    check("interface_added v0: new interface (veth)\nlink_up v0: link is up\n"
          "address_added v0: address 10.0.0.4/24 was added\n");
}

Test(transitions, tell_an_interface_that_goes_with_all_it_had)
{
    add_address(add(&before, "v0", 9, true), 4);
    check("address_removed v0: address 10.0.0.4/24 was removed\nlink_down v0: link is down\n"
          "interface_removed v0: interface is gone\n");
}

Test(transitions, call_another_device_under_the_same_name_a_reset)
{
    struct network_interface *was = add(&before, "eth0", 1, true);
    struct network_interface *is = add(&after, "eth0", 2, true);
    PUT(was, bytes_received, 100);
    PUT(is, bytes_received, 100000);
    check("counter_reset eth0: another interface has this name now; its counters start anew\n");
}

Test(transitions, show_a_renamed_interface_as_one_that_goes_and_one_that_comes)
{
    add(&before, "old\xff", 1, false);
    add(&after, "new", 1, false);
    check("interface_removed old\xff: interface is gone\n"
          "interface_added new: new interface (veth)\n");
}

/* lo is in every namespace there is. */
Test(transitions, keep_interfaces_of_one_name_in_several_namespaces_apart)
{
    add(&before, "eth0", 1, true);
    add_elsewhere(&before, "web", 1, true);
    add_elsewhere(&before, "db", 2, true);
    add(&after, "eth0", 1, true);
    add_elsewhere(&after, "db", 2, false);
    add_elsewhere(&after, "new", 3, false);
    check("link_down web/eth0: link is down\ninterface_removed web/eth0: interface is gone\n"
          "link_down db/eth0: link is down\ninterface_added new/eth0: new interface (veth)\n");
    size_t count;
    const struct network_event *items = event_log_items(&events, &count);
    cr_assert_str_eq(items[0].netns, "web");
    cr_assert_str_eq(items[0].interface, "eth0");
    cr_assert_eq(items[0].status.netns, NETWORK_KNOWN);
}

Test(transitions, name_no_namespace_for_the_own_one)
{
    add(&before, "eth0", 1, true);
    add(&after, "eth0", 1, false);
    check("link_down eth0: link is down\n");
    size_t count;
    cr_assert_eq(event_log_items(&events, &count)[0].status.netns, NETWORK_NOT_APPLICABLE);
}

/* One in each round. */
static void add_events(int from, int to)
{
    for (int i = from; i < to; i++) {
        event_log_begin(&events);
        transitions_overrun(i, &events);
    }
}

static void check_events(uint64_t first, size_t expected_count)
{
    size_t count;
    const struct network_event *items = event_log_items(&events, &count);
    cr_assert_eq(count, expected_count);
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(items[i].identity, first + i);
        cr_assert_eq(items[i].time_ms, (int64_t)items[i].identity - 1);
        cr_assert_eq(items[i].event, NETWORK_EVENT_OVERRUN);
        cr_assert_eq(items[i].status.interface, NETWORK_NOT_APPLICABLE);
    }
}

Test(transitions, keep_the_last_1024_events_and_number_them_all)
{
    add_events(0, 5000);
    check_events(5000 - 1024 + 1, 1024);
    cr_assert_leq(events.capacity, 2048);
}

Test(transitions, keep_all_events_of_one_reading_however_many)
{
    add_events(0, 1500);
    event_log_begin(&events);
    for (int i = 1500; i < 9000; i++)
        transitions_overrun(i, &events);
    check_events(1501, 7500);
    event_log_begin(&events);
    check_events(9000 - 1024 + 1, 1024);
    cr_assert_eq(events.capacity, 2048, "the memory is given back");
    add_events(9000, 12000);
    check_events(12000 - 1024 + 1, 1024);
}
