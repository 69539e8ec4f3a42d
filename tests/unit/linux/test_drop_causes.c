/* Why packets are dropped: texts of the kernel's, and packets that really are. */
#include "clock.h"
#include "drop_causes.h"
#include "netns.h"
#include "network_monitor.h"
#include "own_network.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/socket.h>

static void parse(unsigned file, const char *text, uint64_t counts[DROP_CAUSES])
{
    for (unsigned i = 0; i < DROP_CAUSES; i++)
        counts[i] = UINT64_MAX;
    drop_causes_parse(file, text, counts);
}

Test(drop_texts, of_the_processors_are_added_up)
{
    uint64_t counts[DROP_CAUSES];
    parse(DROP_FILE_SOFTNET,
        "0051edc4 00000003 00000001 00000000 00000000\n"
        "0057c7ab 0000000a 000000ff 00000000 00000000 00000000 00000001\n",
        counts);
    cr_assert_eq(counts[DROP_CAUSE_BACKLOG], 13);
    cr_assert_eq(counts[DROP_CAUSE_SQUEEZED], 256);
    cr_assert_eq(counts[DROP_CAUSE_UDP_RECEIVE], UINT64_MAX, "others are not in it");
}

Test(drop_texts, have_names_and_values_in_two_lines)
{
    uint64_t counts[DROP_CAUSES];
    parse(DROP_FILE_NETSTAT,
        "TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPBacklogDrop TCPRcvQDrop\n"
        "TcpExt: 1 20 25 3 18446744073709551614\n"
        "IpExt: InNoRoutes ListenOverflows\nIpExt: 7 8\n",
        counts);
    cr_assert_eq(counts[DROP_CAUSE_LISTEN_OVERFLOWS], 20);
    cr_assert_eq(counts[DROP_CAUSE_LISTEN_OTHERS], 5);
    cr_assert_eq(counts[DROP_CAUSE_TCP_BACKLOG], 3);
    cr_assert_eq(counts[DROP_CAUSE_TCP_RECEIVE], UINT64_MAX - 1);
}

Test(drop_texts, of_both_families_are_added_up)
{
    uint64_t counts[DROP_CAUSES];
    parse(DROP_FILE_SNMP,
        "Tcp: RcvbufErrors\nTcp: 99\nUdp: InErrors RcvbufErrors SndbufErrors MemErrors\n"
        "Udp: 12 4 5 6\nUdpLite: RcvbufErrors\nUdpLite: 77\n",
        counts);
    drop_causes_parse(DROP_FILE_SNMP6,
        "Udp6InErrors                    \t9\nUdp6RcvbufErrors                \t10\n"
        "Udp6SndbufErrors                \t20\nUdp6MemErrors                   \t30\n",
        counts);
    cr_assert_eq(counts[DROP_CAUSE_UDP_RECEIVE], 14);
    cr_assert_eq(counts[DROP_CAUSE_UDP_SEND], 25);
    cr_assert_eq(counts[DROP_CAUSE_UDP_MEMORY], 36);
}

Test(drop_texts, that_lack_something_leave_it_unknown)
{
    uint64_t counts[DROP_CAUSES];
    static const char *const texts[] = {"", "\n\n", "Udp:", "Udp: RcvbufErrors", "zz zz zz\n",
        "Udp: RcvbufErrors\nUdp: x\n", "Udp: RcvbufErrors\nTcp: 5\n",
        "TcpExt: ListenDrops\nTcpExt: 5\n", "Udp: a RcvbufErrors\nUdp: 5\n"};
    for (unsigned file = 0; file < DROP_FILES; file++)
        for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
            parse(file, texts[i], counts);
            for (unsigned cause = 0; cause < DROP_CAUSES; cause++)
                cr_assert_eq(counts[cause], UINT64_MAX, "%u in %u of %s", cause, file, texts[i]);
        }
    parse(DROP_FILE_SNMP6, "Udp6RcvbufErrors 10\n", counts);
    cr_assert_eq(counts[DROP_CAUSE_UDP_RECEIVE], UINT64_MAX, "half of them is not all");
}

/* --- real ones --- */

TestSuite(drop_causes, .init = enter_own_network);

static struct drop_causes causes;

static uint64_t read_cause(unsigned cause)
{
    cr_assert(drop_causes_read(&causes));
    return causes.causes[cause].count;
}

/* Waits a while: what is sent to oneself may arrive a moment later. */
static void check_growth(unsigned cause, uint64_t from, uint64_t at_least)
{
    uint64_t count = 0;
    for (int i = 0; i < 500; i++) {
        count = read_cause(cause);
        if (count >= from + at_least)
            return;
        usleep(10000);
    }
    cr_assert_fail("cause %u went from %" PRIu64 " to %" PRIu64, cause, from, count);
}

static int bound_socket(int family, int type, struct sockaddr_storage *ret_address)
{
    int fd = socket(family, type | SOCK_CLOEXEC, 0);
    socklen_t size = sizeof(*ret_address);
    memset(ret_address, 0, sizeof(*ret_address));
    ret_address->ss_family = (sa_family_t)family;
    if (family == AF_INET)
        ((struct sockaddr_in *)ret_address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        ((struct sockaddr_in6 *)ret_address)->sin6_addr = in6addr_loopback;
    cr_assert_eq(bind(fd, (struct sockaddr *)ret_address, size), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)ret_address, &size), 0);
    return fd;
}

enum { DATAGRAMS = 300 };

/* Sends more than a receiver that does not read has room for. */
static int flood(int family)
{
    struct sockaddr_storage address;
    char bytes[1000] = {0};
    int small = 1, receiver = bound_socket(family, SOCK_DGRAM, &address);
    setsockopt(receiver, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    for (int i = 0; i < DATAGRAMS; i++)
        cr_assert_eq(
            sendto(receiver, bytes, sizeof(bytes), 0, (struct sockaddr *)&address, sizeof(address)),
            sizeof(bytes));
    return receiver;
}

Test(drop_causes, count_datagrams_for_which_a_socket_has_no_room)
{
    cr_assert_eq(drop_causes_init(&causes), 0);
    uint64_t before = read_cause(DROP_CAUSE_UDP_RECEIVE);
    cr_assert_neq(before, UINT64_MAX);
    close(flood(AF_INET));
    check_growth(DROP_CAUSE_UDP_RECEIVE, before, DATAGRAMS - 10);
    close(flood(AF_INET6));
    check_growth(DROP_CAUSE_UDP_RECEIVE, before, 2 * (DATAGRAMS - 10));
    drop_causes_fini(&causes);
}

Test(drop_causes, count_connections_that_a_listener_does_not_take)
{
    enum { CALLERS = 8 };
    struct sockaddr_storage address;
    int callers[CALLERS], listener = bound_socket(AF_INET, SOCK_STREAM, &address);
    cr_assert_eq(drop_causes_init(&causes), 0);
    uint64_t before = read_cause(DROP_CAUSE_LISTEN_OVERFLOWS);
    cr_assert_eq(listen(listener, 0), 0);
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)!connect(callers[i], (struct sockaddr *)&address, sizeof(struct sockaddr_in));
    }
    check_growth(DROP_CAUSE_LISTEN_OVERFLOWS, before, 1);
    for (int i = 0; i < CALLERS; i++)
        close(callers[i]);
    close(listener);
    drop_causes_fini(&causes);
}

/* The processors' counts are those of the whole machine, and may have grown too. */
static const struct network_event *find_event(struct network_monitor *monitor, const char *part)
{
    size_t count;
    const struct network_event *items = network_monitor_events(monitor, &count);
    for (size_t i = 0; i < count; i++)
        if (strstr(items[i].message, part))
            return &items[i];
    return NULL;
}

Test(drop_causes, are_told_of_as_events)
{
    struct network_monitor *monitor;
    cr_assert_eq(network_monitor_open(&monitor), 0);
    int receiver = flood(AF_INET);
    const struct network_event *event = NULL;
    for (int i = 0; i < 100 && !event; i++) {
        usleep(100000);
        cr_assert_eq(network_monitor_refresh(monitor), 0);
        event = find_event(monitor, "packets were dropped: UDP sockets' receive buffers were full");
    }
    cr_assert(event);
    cr_assert_eq(event->event, NETWORK_EVENT_DROPS);
    cr_assert_geq(event->packets, DATAGRAMS - 10);
    cr_assert_eq(event->status.interface, NETWORK_NOT_APPLICABLE);
    network_monitor_close(monitor);
    close(receiver);
}

/* --- queues --- */

static struct interface_array interfaces;
static struct sample_array samples;

static const struct interface_sample *read_sample(struct netns *netns, const char *name)
{
    bool changed;
    interface_array_clear(&interfaces);
    samples.count = 0;
    cr_assert_eq(netns_drain_changes(netns, clock_monotonic_ns(), &changed), 0);
    cr_assert_eq(netns_read_interfaces(netns, clock_monotonic_ns(), &interfaces), 0);
    netns->queue_drops.due_ns = 0;
    cr_assert_eq(netns_read_samples(netns, &samples), 0);
    for (size_t i = 0; i < interfaces.count; i++)
        if (strcmp(interfaces.items[i].name, name) == 0)
            return &samples.items[i];
    cr_assert_fail("%s is missing", name);
    return NULL;
}

static void send_through_va(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    char bytes[1000] = {0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    inet_pton(AF_INET, "10.0.0.2", &to.sin_addr);
    for (int i = 0; i < 100; i++)
        (void)!sendto(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&to, sizeof(to));
    close(fd);
}

#define NARROW "tc qdisc replace dev va root handle 7: tbf rate 8kbit burst 1540 limit 1600"

Test(drop_causes, of_a_full_queue_are_counted_also_when_it_is_replaced)
{
    struct netns *netns;
    want("ip link add va type veth peer name vb && ip link set va up && ip link set vb up && "
         "ip address add 10.0.0.1/24 dev va && ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:09 dev "
         "va");
    want(NARROW);
    cr_assert_eq(netns_open("", 0, &netns), 0);
    const struct interface_sample *va = read_sample(netns, "va");
    cr_assert(network_has(va, queue_drops));
    cr_assert_eq(va->queue_drops, 0);
    send_through_va();
    uint64_t dropped = read_sample(netns, "va")->queue_drops;
    cr_assert_geq(dropped, 90);
    must("tc qdisc del dev va root");
    cr_assert_eq(read_sample(netns, "va")->queue_drops, dropped);
    must(NARROW);
    send_through_va();
    cr_assert_geq(read_sample(netns, "va")->queue_drops, dropped + 90);
    must("ip link add vc type veth peer name vd && ip link del vc");
    cr_assert_geq(read_sample(netns, "va")->queue_drops, dropped + 90);
    netns_close(netns);
    interface_array_fini(&interfaces);
    sample_array_fini(&samples);
}

/* The kernel counts what a queue drops of UDP for the sockets too, whose buffers were never full.
 */
Test(drop_causes, of_a_full_queue_are_not_laid_on_the_sockets_alone)
{
    struct network_monitor *monitor;
    want("ip link add va type veth peer name vb && ip link set va up && ip link set vb up && "
         "ip address add 10.0.0.1/24 dev va && ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:09 dev "
         "va");
    want(NARROW);
    cr_assert_eq(network_monitor_open(&monitor), 0);
    send_through_va();
    const struct network_event *event = NULL;
    for (int i = 0; i < 100 && !event; i++) {
        usleep(100000);
        cr_assert_eq(network_monitor_refresh(monitor), 0);
        event = find_event(monitor, "UDP found no room");
    }
    cr_assert(event);
    cr_assert(strstr(event->message, "queue in front of a device"));
    network_monitor_close(monitor);
}

static struct nlmsghdr *build_queue(void *buffer, size_t size, uint32_t parent, uint32_t drops)
{
    memset(buffer, 0, size);
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
    message->nlmsg_type = RTM_NEWQDISC;
    struct tcmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
    struct gnet_stats_queue queue = {.drops = drops};
    header->tcm_ifindex = 5;
    header->tcm_parent = parent;
    mnl_attr_put_strz(message, TCA_KIND, "mq");
    struct nlattr *stats = mnl_attr_nest_start(message, TCA_STATS2);
    mnl_attr_put(message, TCA_STATS_QUEUE, sizeof(queue), &queue);
    mnl_attr_nest_end(message, stats);
    return message;
}

Test(drop_texts, of_queues_are_those_of_the_root)
{
    _Alignas(8) char buffer[512];
    uint32_t index = 0, dropped = 0;
    struct nlmsghdr *message = build_queue(buffer, sizeof(buffer), TC_H_ROOT, 12);
    cr_assert_eq(queue_decode(message, &index, &dropped), 0);
    cr_assert_eq(index, 5);
    cr_assert_eq(dropped, 12);
    for (uint32_t size = NLMSG_HDRLEN; size < message->nlmsg_len; size++) {
        struct nlmsghdr *piece = malloc(size);
        memcpy(piece, message, size);
        piece->nlmsg_len = size;
        (void)!queue_decode(piece, &index, &dropped);
        free(piece);
    }
    cr_assert_eq(queue_decode(build_queue(buffer, sizeof(buffer), 0x80010001, 1), &index, &dropped),
        -EPROTO);
    cr_assert_eq(
        queue_decode(build_queue(buffer, sizeof(buffer), TC_H_INGRESS, 1), &index, &dropped),
        -EPROTO);
}
