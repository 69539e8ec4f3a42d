/* Real devices, in a network namespace that each test makes for itself and that ends with it. */
#include "network_monitor.h"

#include "announcements.h"
#include "base.h"
#include "ethtool_facts.h"
#include "fields.h"
#include "own_network.h"
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct network_monitor *monitor;

static void tear_down(void)
{
    network_monitor_close(monitor);
}

TestSuite(devices, .init = enter_own_network, .fini = tear_down);

static void open_monitor(void)
{
    cr_assert_eq(network_monitor_open(&monitor), 0);
}

static void refresh(void)
{
    cr_assert_eq(network_monitor_refresh(monitor), 0);
}

static const struct network_interface *find(const char *name)
{
    const struct network_interface *iface = network_monitor_find(monitor, name);
    cr_assert(iface, "%s is missing", name);
    return iface;
}

static void check_lower(const char *name, const char *lower)
{
    const struct network_interface *iface = find(name);
    cr_assert(network_has(iface, lower));
    cr_assert_eq(iface->lower.count, lower ? 1 : 0, "%s", name);
    if (lower)
        cr_assert_str_eq(iface->lower.items[0].text, lower);
}

static void check_kind(const char *name, enum network_interface_type type, const char *kind)
{
    const struct network_interface *iface = find(name);
    cr_assert_eq(iface->type, type, "%s", name);
    cr_assert_str_eq(iface->kind, kind);
}

static void check_not_counted(const char *name, const char *reason)
{
    const struct network_interface *iface = find(name);
    cr_assert_not(iface->is_counted);
    cr_assert_str_eq(iface->not_counted_reason, reason, "%s", name);
}

Test(devices, loopback_is_one_and_does_not_count)
{
    open_monitor();
    const struct network_interface *lo = find("lo");
    check_kind("lo", NETWORK_LOOPBACK, "loopback");
    check_not_counted("lo", "loopback");
    cr_assert(lo->is_loopback && lo->is_up && lo->is_active && !lo->is_wireless);
    cr_assert_eq(lo->status.mac_address, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(lo->addresses.items[0].family, AF_INET);
    cr_assert_eq(lo->addresses.items[0].prefix_length, 8);
    cr_assert(network_has(lo, mtu_bytes) && network_has(lo, carrier_changes));
    cr_assert_not(network_has(network_monitor_totals(monitor), bytes_received));
}

Test(devices, veth_with_both_ends_here_counts_at_neither)
{
    want("ip link add va type veth peer name vb");
    must("ip link set va address 02:00:00:00:00:01 mtu 1400 up");
    open_monitor();
    const struct network_interface *va = find("va");
    check_kind("va", NETWORK_VIRTUAL, "veth");
    check_lower("va", "vb");
    check_lower("vb", "va");
    check_not_counted("va", "peer vb is on this machine");
    cr_assert_str_eq(va->mac_address, "02:00:00:00:00:01");
    cr_assert_eq(va->mtu_bytes, 1400);
    cr_assert(va->is_up && !va->is_active, "up, but the peer is down");
    cr_assert(va->supports_broadcast && va->supports_multicast && !va->is_point_to_point);
    cr_assert_str_eq(va->driver, "veth");
}

Test(devices, veth_with_its_peer_elsewhere_counts_where_there_is_no_hardware)
{
    want("ip link add va type veth peer name vb netns 1");
    open_monitor();
    check_lower("va", NULL);
    cr_assert(find("va")->is_linked_outside);
    cr_assert(network_has(find("va"), link_netns_id));
    cr_assert(find("va")->is_counted);
    cr_assert(network_has(network_monitor_totals(monitor), bytes_received));
    must("ip link del va");
}

Test(devices, tunnel_is_carried_by_what_it_goes_through)
{
    want("ip link add va type veth peer name vb && "
         "ip link add vx type vxlan id 7 dev va dstport 4789");
    open_monitor();
    check_kind("vx", NETWORK_VIRTUAL, "vxlan");
    check_lower("vx", "va");
    check_not_counted("vx", "carried by va");
    cr_assert_eq(find("vx")->status.link_netns_id, NETWORK_NOT_APPLICABLE);
}

/* The kernel is asked in the one way and in the other. */
Test(devices, settings_are_those_that_the_driver_has)
{
    struct network_interface by_name = {0};
    want("ip link add va type veth peer name vb && ip link set va up && ip link set vb up");
    want("ip tuntap add tt mode tap && ip link set tt up");
    open_monitor();
    cr_assert_eq(find("va")->link_bits_per_s, UINT64_C(10000000000));
    cr_assert_eq(find("va")->duplex, NETWORK_FULL_DUPLEX);
    static const char *const names[] = {"va", "tt"};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        const struct network_interface *iface = find(names[i]);
        by_name = (struct network_interface){0};
        PUT_TEXT(&by_name, name, names[i]);
        ethtool_read_driver(fd, &by_name);
        ethtool_read_settings(fd, &by_name);
        cr_assert_str_eq(iface->driver, by_name.driver);
        cr_assert_eq(iface->status.link_bits_per_s, by_name.status.link_bits_per_s);
        cr_assert_eq(iface->link_bits_per_s, by_name.link_bits_per_s);
        cr_assert_eq(iface->status.duplex, by_name.status.duplex);
        cr_assert_eq(iface->duplex, by_name.duplex);
        cr_assert_eq(iface->status.receive_ring, by_name.status.receive_ring);
    }
    close(fd);
    cr_assert_eq(find("lo")->status.receive_ring, NETWORK_NOT_APPLICABLE);
}

/* The first fact that differs between two monitors; NULL: none does. */
static const char *find_difference(
    const struct network_monitor *one, const struct network_monitor *other)
{
    static char text[64];
    size_t count, other_count;
    const struct network_interface *items = network_monitor_interfaces(one, &count);
    const struct network_interface *others = network_monitor_interfaces(other, &other_count);
    if (count != other_count)
        return "their number";
    for (size_t i = 0; i < count; i++)
        for (unsigned f = 0; f < interface_record.field_count; f++) {
            const struct field *field = &interface_record.fields[f];
            if (field->kind != FIELD_FACT || field_is_same(field, &items[i], &others[i]))
                continue;
            snprintf(text, sizeof(text), "%s of %s", field->key, items[i].name);
            return text;
        }
    return NULL;
}

/* Of a device that was announced to have changed only that one is read. What it says then has to be
 * what a monitor finds that reads everything. The kernel may still be about it, so not at once. */
static void check_against_a_new_monitor(const char *step)
{
    const char *difference = "";
    for (int i = 0; i < 200 && difference; i++) {
        struct network_monitor *other;
        refresh();
        cr_assert_eq(network_monitor_open(&other), 0);
        difference = find_difference(monitor, other);
        network_monitor_close(other);
        if (difference)
            usleep(20000);
    }
    cr_assert_null(difference, "%s after %s", difference, step);
}

Test(devices, what_changed_is_read_as_if_all_had_been)
{
    static const char *const steps[] = {"ip link set va mtu 1400", "ip link set va up",
        "ip link set vb up", "ip address add 10.3.0.1/24 dev va",
        "ip address add fd03::1/64 dev vb nodad", "ip link set va address 02:00:00:00:00:77",
        "ip route add default via 10.3.0.2", "ip link set vc master br0", "ip link set br0 up",
        "ip link set vb down", "ip address del 10.3.0.1/24 dev va", "ip link set vc nomaster",
        "ip link set vb name renamed", "ip link add mv link va type macvlan",
        "ip link del mv && ip link set va mtu 1300", "ip link set va down",
        "ip link set va promisc on; ip link set va multicast off", "ip link del br0"};
    want("ip link add va type veth peer name vb && ip link add vc type veth peer name vd && "
         "ip link add br0 type bridge");
    open_monitor();
    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
        must(steps[i]);
        check_against_a_new_monitor(steps[i]);
    }
}

Test(devices, bridge_is_carried_by_its_ports)
{
    want("ip link add br0 type bridge && ip link add va type veth peer name vb");
    must("ip link set va master br0; ip link set vb master br0");
    open_monitor();
    check_kind("br0", NETWORK_VIRTUAL, "bridge");
    cr_assert_eq(find("br0")->lower.count, 2);
    check_not_counted("br0", "its ports carry the traffic");
}

Test(devices, vlan_is_carried_by_its_parent)
{
    want("ip link add va type veth peer name vb && ip link add link va name va.5 type vlan id 5");
    open_monitor();
    check_kind("va.5", NETWORK_VIRTUAL, "vlan");
    check_lower("va.5", "va");
    check_not_counted("va.5", "carried by va");
}

Test(devices, macvlan_is_carried_by_its_parent)
{
    want("ip link add va type veth peer name vb && ip link add link va name mv type macvlan");
    open_monitor();
    check_kind("mv", NETWORK_VIRTUAL, "macvlan");
    check_lower("mv", "va");
    check_not_counted("mv", "carried by va");
}

Test(devices, dummy_leads_nowhere)
{
    want("ip link add d0 type dummy");
    open_monitor();
    check_kind("d0", NETWORK_VIRTUAL, "dummy");
    check_not_counted("d0", "leads nowhere");
}

Test(devices, ifb_shapes_what_others_carry)
{
    want("ip link add i0 type ifb");
    open_monitor();
    check_kind("i0", NETWORK_VIRTUAL, "ifb");
    check_not_counted("i0", "shapes what other interfaces carry");
}

Test(devices, tun_counts_where_there_is_nothing_else)
{
    want("ip tuntap add tt mode tun");
    open_monitor();
    check_kind("tt", NETWORK_VIRTUAL, "tun");
    cr_assert(find("tt")->is_point_to_point);
    cr_assert(find("tt")->is_counted);
    cr_assert_eq(find("tt")->status.mac_address, NETWORK_NOT_APPLICABLE);
}

Test(devices, wireguard_is_virtual)
{
    want("ip link add wg0 type wireguard");
    open_monitor();
    check_kind("wg0", NETWORK_VIRTUAL, "wireguard");
}

Test(devices, bond_is_carried_by_its_members)
{
    want("ip link add bd type bond && ip link add va type veth peer name vb");
    must("ip link set va master bd");
    open_monitor();
    check_lower("bd", "va");
    check_not_counted("bd", "its members carry the traffic");
}

/* Polls and follows until a change was told; false after five seconds. */
static bool follow(void)
{
    bool changed = false;
    struct pollfd poll_fd = {.fd = network_monitor_follow_fd(monitor), .events = POLLIN};
    while (!changed && poll(&poll_fd, 1, 5000) == 1)
        cr_assert_eq(network_monitor_follow(monitor, &changed), 0);
    return changed;
}

/* Everything that happened, as words with their interface. */
static const char *events(void)
{
    static char text[4096];
    size_t count;
    const struct network_event *items = network_monitor_events(monitor, &count);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        strcat(strcat(text, network_event_kind_words[items[i].event]), " ");
        strcat(strcat(text, items[i].interface), "\n");
    }
    return text;
}

static void follow_until(const char *wanted)
{
    while (!strstr(events(), wanted))
        cr_assert(follow(), "waited for %s, had %s", wanted, events());
}

Test(devices, changes_are_followed_as_they_happen)
{
    open_monitor();
    bool changed = true;
    cr_assert_eq(network_monitor_follow(monitor, &changed), 0);
    cr_assert_not(changed);
    want("ip link add va type veth peer name vb");
    follow_until("interface_added va\n");
    must("ip link set vb up; ip link set va up");
    follow_until("link_up va\n");
    cr_assert(find("va")->is_active);
    must("ip address add 10.9.8.7/24 dev va");
    follow_until("address_added va\n");
    must("ip link set vb down");
    follow_until("link_down va\n");
    must("ip address del 10.9.8.7/24 dev va");
    follow_until("address_removed va\n");
    must("ip link set vb name renamed");
    follow_until("interface_added renamed\n");
    must("ip link del va");
    follow_until("interface_removed va\n");
    cr_assert_null(network_monitor_find(monitor, "va"));
}

Test(devices, one_made_again_under_its_name_is_a_reset_without_a_spike)
{
    want("ip link add va type veth peer name vb");
    open_monitor();
    usleep(20000);
    refresh();
    cr_assert(network_has(find("va"), download_bytes_per_s));
    must("ip link del va && ip link add va type veth peer name vb");
    usleep(20000);
    refresh();
    cr_assert_not(network_has(find("va"), download_bytes_per_s));
    cr_assert(strstr(events(), "counter_reset va\n"), "%s", events());
}

static const char *messages(void)
{
    static char text[8192];
    size_t count;
    const struct network_event *items = network_monitor_events(monitor, &count);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        strcat(strcat(text, items[i].message), "\n");
    return text;
}

#define WAIT_FOR_BOTH                                                                              \
    "for i in $(seq 200); do [ $(ip -o link show up | grep -c 'v[ab]@.*state UP') = 2 ] && "       \
    "exit 0; sleep 0.05; done; exit 1"

Test(devices, a_link_that_went_and_came_back_between_two_readings_is_told_of)
{
    want("ip link add va type veth peer name vb");
    must("for i in va vb; do ip link set $i addrgenmode none up; done");
    must(WAIT_FOR_BOTH);
    open_monitor();
    cr_assert(find("va")->is_active);
    must("for i in 1 2 3; do echo link set vb down; echo link set vb up; done | ip -batch -");
    must(WAIT_FOR_BOTH);
    refresh();
    cr_assert(strstr(messages(), "va: link went down and came back 3 times, in the last "), "%s",
        messages());
    cr_assert(strstr(messages(), "va: link is up again\n"));
    size_t count, again;
    network_monitor_events(monitor, &count);
    must("ip link set va mtu 1400");
    refresh();
    network_monitor_events(monitor, &again);
    cr_assert_eq(again, count, "it is told of once: %s", messages());
}

static void must_have_pairs(void)
{
    want("ip link add va type veth peer name vb && ip link add vc type veth peer name vd");
    must("for i in va vb vc vd; do ip link set $i up; done");
    must("ip address add 10.1.0.1/24 dev va; ip address add 10.2.0.1/24 dev vc");
}

Test(devices, the_one_that_the_default_route_leaves_through_is_primary)
{
    must_have_pairs();
    must("ip route add default via 10.1.0.2 metric 100");
    open_monitor();
    cr_assert(find("va")->is_primary);
    cr_assert_not(find("vc")->is_primary);
    must("ip route add default via 10.2.0.2 metric 50");
    follow_until("route_changed vc\n");
    cr_assert(find("vc")->is_primary && !find("va")->is_primary);
    must("ip link set vc down"); /* takes its routes along, without a word about them */
    follow_until("route_changed va\n");
    must("ip route del default");
    while (!strstr(messages(), "there is no default route any more (it left through va)\n"))
        cr_assert(follow(), "%s", messages());
    cr_assert(network_has(find("va"), is_primary) && !find("va")->is_primary);
}

Test(devices, the_default_route_is_found_where_a_special_one_or_another_table_hides_it)
{
    must_have_pairs();
    must("ip route add default via 10.2.0.2 metric 70");
    must("ip route add default via 10.1.0.2 metric 60");
    must("ip route add unreachable 240.0.0.0/4");
    open_monitor();
    cr_assert(find("va")->is_primary);
    must("ip route add default dev vc table 100 && ip rule add table 100");
    must("ip link set va mtu 1400");
    refresh();
    cr_assert(find("va")->is_primary);
}

Test(devices, of_several_next_hops_the_first_that_works_is_primary)
{
    must_have_pairs();
    want("ip route add default nexthop via 10.2.0.2 nexthop via 10.1.0.2");
    open_monitor();
    cr_assert(find("vc")->is_primary);
    cr_assert_not(find("va")->is_primary);
    must("ip link set vc down");
    refresh();
    cr_assert(find("va")->is_primary);
    cr_assert_not(find("vc")->is_primary);
}

Test(devices, the_default_route_is_ipv6s_where_ipv4_has_none)
{
    want("ip link add va type veth peer name vb");
    must("ip link set vb up; ip link set va up");
    want("ip -6 address add fd01::1/64 dev va nodad && ip -6 route add default via fd01::2");
    open_monitor();
    cr_assert(find("va")->is_primary);
    must("ip -6 route add unreachable 4000::/3 && ip link set vb mtu 1400");
    refresh();
    cr_assert(find("va")->is_primary);
}

/* Announcements are delivered before the command that causes them has ended; but for what a link
 * does by itself once it is up, so that is waited for. */
Test(devices, routes_that_are_no_default_routes_are_not_even_heard)
{
    want("ip link add va type veth peer name vb");
    must("for i in va vb; do ip link set $i addrgenmode none up; done; "
         "ip address add 10.1.0.1/24 dev va");
    must(WAIT_FOR_BOTH);
    struct announced announced = {0};
    struct map gone = {0};
    int fd;
    cr_assert_eq(announcements_open(&fd), 0);
    must("for i in $(seq 200); do echo route add 10.9.$i.0/24 via 10.1.0.2; done | ip -batch -");
    must("ip route add default via 10.1.0.2 table 100; ip -6 route add fd09::/64 dev va");
    char byte;
    cr_assert_eq(recv(fd, &byte, 1, 0), -1);
    must("ip route add default via 10.1.0.2");
    cr_assert_eq(announcements_drain(fd, &gone, &announced), 0);
    cr_assert(announced.route && announced.device_count == 0);
    announced = (struct announced){0};
    must("ip link set va mtu 1400");
    cr_assert_eq(announcements_drain(fd, &gone, &announced), 0);
    cr_assert(announced.device_count == 1 && !announced.route);
    map_fini(&gone);
    close(fd);
}

Test(devices, more_changes_than_there_is_room_for_are_read_again_and_told_of)
{
    enum { ADDRESSES = 6000 };
    open_monitor();
    must("for i in $(seq 0 5999); do echo address add 10.5.$((i / 250)).$((i % 250))/32 dev lo; "
         "done | ip -batch -");
    refresh();
    cr_assert_eq(find("lo")->addresses.count, 1 + 1 + ADDRESSES, "%u", find("lo")->addresses.count);
    size_t count, overruns = 0;
    const struct network_event *items = network_monitor_events(monitor, &count);
    cr_assert_eq(items[count - 1].identity, 1 + ADDRESSES, "one overrun, and all of them");
    must("for i in $(seq 0 5999); do echo address del 10.5.$((i / 250)).$((i % 250))/32 dev lo; "
         "echo address add 10.5.$((i / 250)).$((i % 250))/32 dev lo; done | ip -batch -");
    refresh();
    items = network_monitor_events(monitor, &count);
    for (size_t i = 0; i < count; i++)
        overruns += items[i].event == NETWORK_EVENT_OVERRUN;
    cr_assert_eq(overruns, 1, "the first is among those that are forgotten");
}

/* A device was deleted and made again with the same name and the same index between two readings.
 * Rates went by the index, so they were the growth from one device's counters to the other's. */
Test(devices, one_made_again_with_its_index_is_a_reset_too)
{
    want("ip link add va index 5000 type veth peer name vb index 5001");
    open_monitor();
    usleep(20000);
    refresh();
    cr_assert(network_has(find("va"), download_bytes_per_s));
    uint64_t identity = find("va")->identity;
    must("ip link del va && ip link add va index 5000 type veth peer name vb index 5001");
    usleep(20000);
    refresh();
    cr_assert_neq(find("va")->identity, identity);
    cr_assert_not(network_has(find("va"), download_bytes_per_s));
    cr_assert(network_has(find("va"), bytes_received));
    usleep(20000);
    refresh();
    cr_assert(network_has(find("va"), download_bytes_per_s));
}

static int bound_socket(int type, struct sockaddr_in *ret_address)
{
    socklen_t size = sizeof(*ret_address);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    *ret_address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    cr_assert_eq(bind(fd, (struct sockaddr *)ret_address, sizeof(*ret_address)), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)ret_address, &size), 0);
    return fd;
}

Test(devices, traffic_is_counted_to_the_packet_and_its_rate_is_growth_by_time)
{
    enum { DATAGRAMS = 100, BYTES = 1000, HEADERS = 20 + 8 };
    struct sockaddr_in address;
    char bytes[BYTES] = {0};
    int receiver = bound_socket(SOCK_DGRAM, &address);
    open_monitor();
    uint64_t before = find("lo")->bytes_received, packets = find("lo")->packets_received;
    for (int i = 0; i < DATAGRAMS; i++)
        cr_assert_eq(
            sendto(receiver, bytes, BYTES, 0, (struct sockaddr *)&address, sizeof(address)), BYTES);
    usleep(50000);
    refresh();
    const struct network_interface *lo = find("lo");
    cr_assert_eq(lo->packets_received - packets, DATAGRAMS);
    cr_assert_eq(lo->bytes_received - before, DATAGRAMS * (BYTES + HEADERS));
    cr_assert(network_has(lo, download_bytes_per_s));
    /* At least 50 ms passed, so the rate has an upper bound; it is not zero either. */
    cr_assert_gt(lo->download_bytes_per_s, 0);
    cr_assert_leq(lo->download_bytes_per_s, DATAGRAMS * (BYTES + HEADERS) / 0.05);
    cr_assert_float_eq(lo->receive_packets_per_s * (BYTES + HEADERS), lo->download_bytes_per_s,
        lo->download_bytes_per_s * 1e-9);
    cr_assert_float_eq(lo->upload_bytes_per_s, lo->download_bytes_per_s, 1e-6);
    close(receiver);
}

Test(devices, any_bytes_may_be_a_name)
{
    want("ip link add \"$(printf 'v\\377\\302\"\\047')\" type veth peer name vb");
    open_monitor();
    check_kind("v\377\302\"'", NETWORK_VIRTUAL, "veth");
    check_lower("vb", "v\377\302\"'");
}

Test(devices, hundreds_are_each_shown_once)
{
    enum { PAIRS = 150 };
    want("ip link add br0 type bridge");
    must("for i in $(seq 150); do echo link add p$i type veth peer name q$i; "
         "echo link set p$i master br0; done | ip -batch -");
    open_monitor();
    usleep(11000);
    refresh();
    size_t count;
    network_monitor_interfaces(monitor, &count);
    cr_assert_eq(count, 2 + 2 * PAIRS);
    cr_assert_eq(find("br0")->lower.count, PAIRS);
    for (int i = 1; i <= PAIRS; i++) {
        char name[16];
        snprintf(name, sizeof(name), "p%d", i);
        cr_assert(network_has(find(name), download_bytes_per_s), "%s", name);
    }
}

Test(devices, one_that_goes_while_nobody_looks_is_left_out)
{
    want("ip link add va type veth peer name vb");
    open_monitor();
    must("ip link del va");
    refresh();
    size_t count;
    network_monitor_interfaces(monitor, &count);
    cr_assert_eq(count, 1);
}
