/* What a connection's flow shows: what holds it back, its queues and drops, and the interface it
 * goes through. Real sockets, in a network namespace that each test makes for itself. A send buffer
 * that is too small is missing here: the kernel seldom counts it as that on a machine of its own.
 */
#include "network_monitor.h"

#include "base.h"
#include "real_sockets.h"
#include <fcntl.h>
#include <time.h>

static struct network_monitor *monitor;
static int listener;
static uint16_t port;

static void set_up(void)
{
    enter_namespace();
    cr_assert_eq(network_monitor_open(&monitor), 0);
    listener = open_listener(AF_INET, &port);
}

static void tear_down(void)
{
    network_monitor_close(monitor);
    close(listener);
}

TestSuite(flow, .init = set_up, .fini = tear_down);

static const struct network_connection *read_one(uint16_t local, uint16_t remote)
{
    size_t count;
    cr_assert_eq(network_monitor_refresh_connections(monitor), 0);
    const struct network_connection *items = network_monitor_connections(monitor, &count);
    for (size_t i = 0; i < count; i++)
        if (items[i].local_port == local &&
            (network_has(&items[i], remote_port) ? items[i].remote_port : 0) == remote)
            return &items[i];
    cr_assert_fail("%u to %u is missing", local, remote);
    return NULL;
}

/* --- what holds it back --- */

struct flow {
    int client, server;
    uint16_t own;
};

static struct flow open_flow(void)
{
    struct flow flow = {
        .client = open_connected(SOCK_STREAM, port), .server = accept_one(listener)};
    flow.own = local_port(flow.client);
    (void)fcntl(flow.client, F_SETFL, O_NONBLOCK);
    (void)fcntl(flow.server, F_SETFL, O_NONBLOCK);
    return flow;
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* For a while: writes what there is room for, at most so much at a time with such a pause; reads
 * unless told otherwise. */
struct traffic {
    size_t size;
    unsigned pause_us;
    bool is_unread;
};

static void carry(const struct flow *flow, const struct traffic *traffic, unsigned ms)
{
    static char bytes[1 << 20];
    for (uint64_t start_ms = now_ms(); now_ms() - start_ms < ms; usleep(traffic->pause_us)) {
        (void)!send(flow->client, bytes, traffic->size, 0);
        while (!traffic->is_unread && recv(flow->server, bytes, sizeof(bytes), 0) > 0)
            ;
    }
}

/* The verdict over an interval of that traffic; another machine's load may spoil some of them. */
static void check_limit(
    const struct flow *flow, const struct traffic *traffic, enum network_limited_by expected)
{
    const struct network_connection *connection = NULL;
    for (int i = 0; i < 20; i++) {
        carry(flow, traffic, 200);
        connection = read_one(flow->own, port);
        if (i > 0 && network_has(connection, limited_by) && connection->limited_by == expected)
            return;
    }
    cr_assert_fail("limited by %s", network_limited_by_words[connection->limited_by]);
}

Test(flow, of_a_reader_that_stops_is_limited_by_the_receiver)
{
    struct flow flow = open_flow();
    check_limit(&flow, &(struct traffic){.size = 1 << 20, .pause_us = 1000, .is_unread = true},
        NETWORK_LIMITED_BY_RECEIVER);
    cr_assert_gt(read_one(flow.own, port)->send_queue_bytes, 0);
    cr_assert_gt(read_one(port, flow.own)->receive_queue_bytes, 0);
}

Test(flow, that_trickles_is_limited_by_the_application)
{
    struct flow flow = open_flow();
    check_limit(
        &flow, &(struct traffic){.size = 100, .pause_us = 10000}, NETWORK_LIMITED_BY_APPLICATION);
}

Test(flow, that_is_idle_is_limited_by_the_application_once_it_has_sent)
{
    struct flow flow = open_flow();
    cr_assert_not(network_has(read_one(flow.own, port), limited_by), "it never sent");
    cr_assert_eq(send(flow.client, "x", 1, 0), 1);
    wait_confirmed(flow.client);
    usleep(50000);
    cr_assert_eq(read_one(flow.own, port)->limited_by, NETWORK_LIMITED_BY_APPLICATION);
    cr_assert_not(network_has(read_one(port, flow.own), limited_by), "it only received");
}

/* 8 Mbit/s, with a queue that is shorter than any window. */
static void narrow(void)
{
    if (system("ip link set lo mtu 1500 && "
               "tc qdisc add dev lo root tbf rate 8mbit burst 4kb limit 30kb 2>/dev/null") != 0)
        cr_skip_test("needs the queueing discipline tbf");
}

Test(flow, through_a_narrow_link_is_limited_by_the_network)
{
    narrow();
    struct flow flow = open_flow();
    check_limit(
        &flow, &(struct traffic){.size = 1 << 20, .pause_us = 1000}, NETWORK_LIMITED_BY_NETWORK);
    cr_assert_gt(read_one(flow.own, port)->congestion_window, 0);
}

/* --- queues and drops --- */

Test(flow, of_udp_shows_its_queue_and_what_found_no_room)
{
    static const char bytes[1000];
    uint16_t own;
    int receiver = open_bound(AF_INET, SOCK_DGRAM, &own), least = 1;
    int sender = open_connected(SOCK_DGRAM, own);
    cr_assert_eq(setsockopt(receiver, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least)), 0);
    const struct network_connection *connection = read_one(own, 0);
    cr_assert_eq(connection->receive_queue_bytes, 0);
    cr_assert_eq(connection->send_queue_bytes, 0);
    cr_assert(network_has(connection, receive_drops));
    cr_assert_eq(connection->receive_drops, 0);
    for (int i = 0; i < 100; i++)
        cr_assert_eq(send(sender, bytes, sizeof(bytes), 0), sizeof(bytes));
    connection = read_one(own, 0);
    cr_assert_gt(connection->receive_queue_bytes, 0);
    cr_assert_gt(connection->receive_drops, 0);
    cr_assert_lt(connection->receive_drops, 100);
    cr_assert_eq(connection->status.limited_by, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(connection->status.congestion_window, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(read_one(port, 0)->status.receive_drops, NETWORK_NOT_APPLICABLE);
    close(receiver);
    close(sender);
}

/* --- the interface it goes through --- */

static int open_towards(const char *address)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(inet_pton(AF_INET, address, &to.sin_addr), 1);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static void make_two_links(void)
{
    if (system("ip link add near type veth peer name far && ip link set near up && "
               "ip link set far up && ip addr add 10.77.0.1/24 dev near && "
               "ip addr add 10.78.0.1/24 dev far && "
               "ip -6 addr add fd77::1/64 dev near nodad") != 0)
        cr_skip_test("needs veth");
}

/* A change is announced; the interfaces are read anew, and then the connections. */
static void follow_changes(void)
{
    bool changed;
    cr_assert_eq(network_monitor_follow(monitor, &changed), 0);
    cr_assert(changed);
}

static void check_interface(int fd, uint16_t remote, const char *expected)
{
    const struct network_connection *connection = read_one(local_port(fd), remote);
    cr_assert(network_has(connection, interface));
    cr_assert_str_eq(connection->interface, expected);
}

Test(flow, shows_the_interface_that_the_route_leads_to)
{
    struct flow flow = open_flow();
    make_two_links();
    follow_changes();
    int near = open_towards("10.77.0.9"), far = open_towards("10.78.0.9");
    int self = open_towards("10.77.0.1");
    check_interface(near, 9, "near");
    check_interface(far, 9, "far");
    check_interface(self, 9, "lo");
    check_interface(flow.client, port, "lo");
    check_interface(flow.server, flow.own, "lo");
    cr_assert_eq(read_one(port, 0)->status.interface, NETWORK_NOT_APPLICABLE);
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
    int six = socket(AF_INET6, SOCK_DGRAM, 0);
    cr_assert_eq(inet_pton(AF_INET6, "fd77::9", &to.sin6_addr), 1);
    cr_assert_eq(connect(six, (struct sockaddr *)&to, sizeof(to)), 0);
    check_interface(six, 9, "near");
}

Test(flow, follows_a_route_that_changes)
{
    make_two_links();
    follow_changes();
    int fd = open_towards("10.77.0.9");
    check_interface(fd, 9, "near");
    cr_assert_eq(system("ip route add 10.77.0.9/32 dev far && ip link set far mtu 1400"), 0);
    follow_changes();
    check_interface(fd, 9, "far");
    cr_assert_eq(system("ip route flush dev far && ip route flush dev near && "
                        "ip link set far mtu 1300"),
        0);
    follow_changes();
    cr_assert_not(network_has(read_one(local_port(fd), 9), interface), "nothing leads there");
}

Test(flow, bound_to_an_interface_goes_through_that)
{
    make_two_links();
    follow_changes();
    int fd = open_towards("10.77.0.9");
    cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "far", 4), 0);
    check_interface(fd, 9, "far");
}
