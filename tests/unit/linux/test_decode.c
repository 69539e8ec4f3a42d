/* The decoders, on messages built here and on every shorter piece of them, each in memory of just
 * that size, so that the sanitizer sees a read too many. */
#include "addresses.h"
#include "counters.h"
#include "default_route.h"
#include "device_facts.h"
#include "device_settings.h"
#include "generic_family.h"
#include "links.h"
#include "paths.h"
#include "payload.h"
#include "processes.h"
#include "socket_decode.h"
#include "wireless_links.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_tunnel.h>
#include <linux/inet_diag.h>
#include <linux/nl80211.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <string.h>

static _Alignas(8) char buffer[4096];

static struct nlmsghdr *start(uint16_t type)
{
    memset(buffer, 0, sizeof(buffer));
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
    message->nlmsg_type = type;
    return message;
}

/* Runs decode on every truncation, and with every byte set to 0xff in turn; it may say anything
 * but must not read outside. */
static void mistreat(const struct nlmsghdr *message, void (*decode)(const struct nlmsghdr *))
{
    for (uint32_t size = NLMSG_HDRLEN; size <= message->nlmsg_len; size++) {
        struct nlmsghdr *piece = malloc(size);
        memcpy(piece, message, size);
        piece->nlmsg_len = size;
        decode(piece);
        free(piece);
    }
    for (uint32_t at = NLMSG_HDRLEN; at < message->nlmsg_len; at++) {
        struct nlmsghdr *damaged = malloc(message->nlmsg_len);
        memcpy(damaged, message, message->nlmsg_len);
        ((uint8_t *)damaged)[at] = 0xff;
        decode(damaged);
        free(damaged);
    }
}

static struct nlmsghdr *build_link(int32_t index, uint16_t hardware_type, uint32_t flags)
{
    struct nlmsghdr *message = start(RTM_NEWLINK);
    struct ifinfomsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
    header->ifi_index = index;
    header->ifi_type = hardware_type;
    header->ifi_flags = flags;
    return message;
}

static struct nlmsghdr *build_vlan(void)
{
    struct nlmsghdr *message = build_link(7, ARPHRD_ETHER, IFF_UP | IFF_RUNNING | IFF_MULTICAST);
    mnl_attr_put_strz(message, IFLA_IFNAME, "eth0.5");
    mnl_attr_put(message, IFLA_ADDRESS, 6, "\x02\x00\xff\x10\x20\x30");
    mnl_attr_put_u32(message, IFLA_MTU, 1496);
    mnl_attr_put_u32(message, IFLA_LINK, 2);
    mnl_attr_put_u32(message, IFLA_MASTER, 3);
    mnl_attr_put_u32(message, IFLA_CARRIER_CHANGES, 4);
    struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);
    mnl_attr_put_strz(message, IFLA_INFO_KIND, "vlan");
    mnl_attr_nest_end(message, info);
    return message;
}

static void try_link(const struct nlmsghdr *message)
{
    struct link link;
    struct network_interface iface = {0};
    if (link_decode(message, &link) == 0)
        link_describe(&link, &iface);
}

Test(decode, link_has_all_its_facts)
{
    struct link link;
    struct network_interface iface = {0};
    cr_assert_eq(link_decode(build_vlan(), &link), 0);
    cr_assert_eq(link.lower_index, 2);
    cr_assert_eq(link.master_index, 3);
    link_describe(&link, &iface);
    cr_assert_eq(iface.identity, 7);
    cr_assert_str_eq(iface.name, "eth0.5");
    cr_assert_str_eq(iface.kind, "vlan");
    cr_assert_eq(iface.type, NETWORK_VIRTUAL);
    cr_assert(iface.is_up && iface.is_active && iface.supports_multicast);
    cr_assert_not(iface.supports_broadcast || iface.is_loopback || iface.is_point_to_point);
    cr_assert_str_eq(iface.mac_address, "02:00:ff:10:20:30");
    cr_assert_eq(iface.mtu_bytes, 1496);
    cr_assert_eq(iface.carrier_changes, 4);
    cr_assert_not(iface.is_linked_outside);
}

Test(decode, link_survives_mistreatment)
{
    mistreat(build_vlan(), try_link);
}

static struct network_interface describe(
    uint16_t hardware_type, const char *kind, const char *address, size_t address_size)
{
    struct link link;
    struct network_interface iface = {0};
    struct nlmsghdr *message = build_link(1, hardware_type, 0);
    mnl_attr_put_strz(message, IFLA_IFNAME, "x");
    mnl_attr_put(message, IFLA_ADDRESS, address_size, address);
    struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);
    if (kind)
        mnl_attr_put_strz(message, IFLA_INFO_KIND, kind);
    mnl_attr_nest_end(message, info);
    cr_assert_eq(link_decode(message, &link), 0);
    link_describe(&link, &iface);
    return iface;
}

Test(decode, link_type_follows_the_kernels_words)
{
    static const struct {
        uint16_t hardware_type;
        const char *kind;
        enum network_interface_type type;
        const char *shown;
    } rows[] = {
        {ARPHRD_ETHER, NULL, NETWORK_ETHERNET, "ether"},
        {ARPHRD_LOOPBACK, NULL, NETWORK_LOOPBACK, "loopback"},
        {ARPHRD_ETHER, "veth", NETWORK_VIRTUAL, "veth"},
        {ARPHRD_ETHER, "bridge", NETWORK_VIRTUAL, "bridge"},
        {ARPHRD_NONE, "tun", NETWORK_VIRTUAL, "tun"},
        {ARPHRD_NONE, "wireguard", NETWORK_VIRTUAL, "wireguard"},
        {ARPHRD_NONE, "wwan", NETWORK_CELLULAR, "wwan"},
        {ARPHRD_RAWIP, "rmnet", NETWORK_CELLULAR, "rmnet"},
        {ARPHRD_NONE, NULL, NETWORK_OTHER, "none"},
        {ARPHRD_INFINIBAND, NULL, NETWORK_OTHER, "infiniband"},
        {ARPHRD_CAN, NULL, NETWORK_OTHER, "can"},
        {ARPHRD_PPP, NULL, NETWORK_OTHER, "ppp"},
        {ARPHRD_TUNNEL, NULL, NETWORK_VIRTUAL, "ipip"},
        {64000, NULL, NETWORK_OTHER, "arphrd-64000"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct network_interface iface = describe(rows[i].hardware_type, rows[i].kind, "", 0);
        cr_assert_eq(iface.type, rows[i].type, "%s", rows[i].shown);
        cr_assert_str_eq(iface.kind, rows[i].shown);
        cr_assert_eq(iface.status.mac_address, NETWORK_NOT_APPLICABLE);
    }
}

Test(decode, link_has_a_mac_address_only_where_it_is_one)
{
    char longest[32];
    memset(longest, 0xab, sizeof(longest));
    struct network_interface iface = describe(ARPHRD_INFINIBAND, NULL, longest, 20);
    cr_assert_eq(strlen(iface.mac_address), 59);
    cr_assert_eq(
        describe(ARPHRD_IPGRE, "gre", "\x0a\0\0\1", 4).status.mac_address, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(describe(ARPHRD_LOOPBACK, NULL, "\0\0\0\0\0\0", 6).status.mac_address,
        NETWORK_NOT_APPLICABLE);
    iface = describe(ARPHRD_ETHER, NULL, longest, 32);
    cr_assert_lt(strlen(iface.mac_address), sizeof(iface.mac_address));
}

Test(decode, link_of_another_namespace_is_told)
{
    struct link link;
    struct nlmsghdr *message = build_vlan();
    struct network_interface iface = {0};
    cr_assert_eq(link_decode(message, &link), 0);
    link_describe(&link, &iface);
    cr_assert_eq(iface.status.link_netns_id, NETWORK_NOT_APPLICABLE);
    mnl_attr_put_u32(message, IFLA_LINK_NETNSID, 0);
    cr_assert_eq(link_decode(message, &link), 0);
    link_describe(&link, &iface);
    cr_assert(iface.is_linked_outside && network_has(&iface, link_netns_id));
    cr_assert_eq(iface.link_netns_id, 0);
    mnl_attr_put_u32(message, IFLA_LINK_NETNSID, (uint32_t)-1);
    cr_assert_eq(link_decode(message, &link), 0);
    iface = (struct network_interface){0};
    link_describe(&link, &iface);
    cr_assert(iface.is_linked_outside);
    cr_assert_eq(iface.status.link_netns_id, NETWORK_UNAVAILABLE, "it has no number here yet");
}

static struct nlmsghdr *build_tunnel(const char *kind, uint16_t attribute, uint32_t lower)
{
    struct nlmsghdr *message = build_link(9, ARPHRD_NONE, 0);
    mnl_attr_put_strz(message, IFLA_IFNAME, "t0");
    struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);
    struct nlattr *data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
    mnl_attr_put_u32(message, 40, 77);
    mnl_attr_put_u32(message, attribute, lower);
    mnl_attr_nest_end(message, data);
    mnl_attr_put_strz(message, IFLA_INFO_KIND, kind);
    mnl_attr_nest_end(message, info);
    return message;
}

Test(decode, tunnel_goes_through_what_its_own_data_names)
{
    static const struct {
        const char *kind;
        uint16_t attribute;
        int32_t lower;
    } rows[] = {{"vxlan", IFLA_VXLAN_LINK, 4}, {"vxlan", IFLA_VXLAN_ID, 0},
        {"ipip", IFLA_IPTUN_LINK, 4}, {"sit", IFLA_IPTUN_LINK, 4}, {"ip6tnl", IFLA_IPTUN_LINK, 4},
        {"gre", IFLA_GRE_LINK, 4}, {"gretap", IFLA_GRE_LINK, 4}, {"erspan", IFLA_GRE_LINK, 4},
        {"ip6gre", IFLA_GRE_LINK, 4}, {"ip6gretap", IFLA_GRE_LINK, 4},
        {"ip6erspan", IFLA_GRE_LINK, 4}, {"vti", IFLA_VTI_LINK, 4}, {"vti6", IFLA_VTI_LINK, 4},
        {"xfrm", IFLA_XFRM_LINK, 4}, {"macvlan", 1, 0}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct link link;
        struct nlmsghdr *message = build_tunnel(rows[i].kind, rows[i].attribute, 4);
        cr_assert_eq(link_decode(message, &link), 0);
        cr_assert_eq(link.lower_index, rows[i].lower, "%s %u", rows[i].kind, rows[i].attribute);
        mnl_attr_put_u32(message, IFLA_LINK, 6);
        cr_assert_eq(link_decode(message, &link), 0);
        cr_assert_eq(link.lower_index, 6, "what every link says comes first");
    }
    mistreat(build_tunnel("vxlan", IFLA_VXLAN_LINK, 4), try_link);
}

static struct nlmsghdr *build_route(uint8_t length, uint8_t table, uint32_t interface)
{
    struct nlmsghdr *message = start(RTM_NEWROUTE);
    struct rtmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
    header->rtm_dst_len = length;
    header->rtm_table = table;
    header->rtm_type = RTN_UNICAST;
    if (interface != 0)
        mnl_attr_put_u32(message, RTA_OIF, interface);
    return message;
}

static void try_route(const struct nlmsghdr *message)
{
    struct default_route route;
    (void)!default_route_decode(message, &route);
}

Test(decode, default_route_has_its_interface_and_metric)
{
    struct default_route route = {.index = 99};
    struct nlmsghdr *message = build_route(0, RT_TABLE_MAIN, 3);
    cr_assert_eq(default_route_decode(message, &route), 0);
    cr_assert_eq(route.index, 3);
    cr_assert_eq(route.metric, 0);
    mnl_attr_put_u32(message, RTA_PRIORITY, 100);
    mnl_attr_put_u32(message, RTA_TABLE, RT_TABLE_MAIN);
    cr_assert_eq(default_route_decode(message, &route), 0);
    cr_assert_eq(route.metric, 100);
    mistreat(message, try_route);
    struct nlmsghdr *hops = build_route(0, RT_TABLE_MAIN, 0);
    struct nlattr *attribute = mnl_attr_nest_start(hops, RTA_MULTIPATH);
    struct rtnexthop hop[2] = {{.rtnh_len = sizeof(*hop), .rtnh_ifindex = 5},
        {.rtnh_len = sizeof(*hop), .rtnh_ifindex = 6}};
    memcpy(mnl_nlmsg_get_payload_tail(hops), hop, sizeof(hop));
    hops->nlmsg_len += sizeof(hop);
    mnl_attr_nest_end(hops, attribute);
    cr_assert_eq(default_route_decode(hops, &route), 0);
    cr_assert_eq(route.index, 5);
    mistreat(hops, try_route);
    struct rtnexthop *first = mnl_attr_get_payload(attribute);
    first->rtnh_flags = RTNH_F_DEAD;
    cr_assert_eq(default_route_decode(hops, &route), 0);
    cr_assert_eq(route.index, 6);
    mistreat(hops, try_route);
    first->rtnh_len = 0;
    cr_assert_eq(default_route_decode(hops, &route), -EPROTO);
}

Test(decode, default_route_is_none_that_is_special_dead_or_of_another_table)
{
    struct default_route route = {.index = 99};
    cr_assert_eq(default_route_decode(build_route(1, RT_TABLE_MAIN, 3), &route), -EPROTO);
    cr_assert_eq(default_route_decode(build_route(0, RT_TABLE_LOCAL, 3), &route), -EPROTO);
    cr_assert_eq(default_route_decode(build_route(0, RT_TABLE_MAIN, 0), &route), -EPROTO);
    struct nlmsghdr *message = build_route(0, RT_TABLE_COMPAT, 3);
    mnl_attr_put_u32(message, RTA_TABLE, 1000);
    cr_assert_eq(default_route_decode(message, &route), -EPROTO);
    message = build_route(0, RT_TABLE_MAIN, 3);
    struct rtmsg *header = mnl_nlmsg_get_payload(message);
    header->rtm_type = RTN_UNREACHABLE;
    cr_assert_eq(default_route_decode(message, &route), -EPROTO);
    header->rtm_type = RTN_UNICAST;
    header->rtm_flags = RTNH_F_DEAD;
    cr_assert_eq(default_route_decode(message, &route), -EPROTO);
    cr_assert_eq(route.index, 99, "untouched");
}

Test(decode, link_without_a_name_is_none)
{
    struct link link = {.index = 99};
    cr_assert_eq(link_decode(build_link(1, ARPHRD_ETHER, 0), &link), -EPROTO);
    cr_assert_eq(link.index, 99, "untouched");
}

static struct nlmsghdr *build_address(uint8_t family, const char *address, const char *local)
{
    struct nlmsghdr *message = start(RTM_NEWADDR);
    struct ifaddrmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
    char bytes[16];
    size_t size = family == AF_INET ? 4 : 16;
    header->ifa_family = family;
    header->ifa_prefixlen = 30;
    header->ifa_index = 5;
    cr_assert_eq(inet_pton(family, address, bytes), 1);
    mnl_attr_put(message, IFA_ADDRESS, size, bytes);
    if (local) {
        cr_assert_eq(inet_pton(family, local, bytes), 1);
        mnl_attr_put(message, IFA_LOCAL, size, bytes);
    }
    return message;
}

static void try_address(const struct nlmsghdr *message)
{
    struct address address;
    (void)!address_decode(message, &address);
}

static void check_address(const struct nlmsghdr *message, const char *expected)
{
    struct address address;
    char text[NETWORK_ADDRESS_TEXT];
    cr_assert_eq(address_decode(message, &address), 0);
    cr_assert_eq(address.index, 5);
    network_address_format(&address.address, text);
    cr_assert_str_eq(text, expected);
}

Test(decode, address_of_a_point_to_point_link_is_the_near_end)
{
    check_address(build_address(AF_INET, "10.0.0.2", "10.0.0.1"), "10.0.0.1/30");
    check_address(build_address(AF_INET, "10.0.0.2", NULL), "10.0.0.2/30");
    check_address(build_address(AF_INET6, "fe80::2", NULL), "fe80::2/30");
    mistreat(build_address(AF_INET6, "fe80::2", "fe80::1"), try_address);
}

static struct nlmsghdr *build_stats(size_t size)
{
    struct nlmsghdr *message = start(RTM_NEWSTATS);
    struct if_stats_msg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
    struct rtnl_link_stats64 stats = {
        .rx_packets = 1, .rx_bytes = UINT64_MAX, .tx_bytes = 3, .rx_missed_errors = 8};
    header->ifindex = 6;
    mnl_attr_put(message, IFLA_STATS_LINK_64, size, &stats);
    return message;
}

static void try_counters(const struct nlmsghdr *message)
{
    uint32_t index;
    struct rtnl_link_stats64 stats;
    (void)!counters_decode(message, &index, &stats);
}

Test(decode, counters_of_older_kernels_are_shorter)
{
    uint32_t index = 0;
    struct rtnl_link_stats64 stats;
    cr_assert_eq(counters_decode(build_stats(sizeof(stats)), &index, &stats), 0);
    cr_assert_eq(index, 6);
    cr_assert_eq(stats.rx_bytes, UINT64_MAX);
    cr_assert_eq(stats.rx_missed_errors, 8);
    cr_assert_eq(counters_decode(build_stats(16 * 8), &index, &stats), 0);
    cr_assert_eq(stats.rx_missed_errors, 8);
    cr_assert_eq(counters_decode(build_stats(15 * 8), &index, &stats), -EPROTO);
    mistreat(build_stats(sizeof(stats)), try_counters);
}

static struct nlmsghdr *build_socket(uint8_t family, uint8_t state)
{
    struct nlmsghdr *message = start(SOCK_DIAG_BY_FAMILY);
    struct inet_diag_msg *answer = mnl_nlmsg_put_extra_header(message, sizeof(*answer));
    answer->idiag_family = family;
    answer->idiag_state = state;
    answer->id.idiag_sport = htons(8080);
    answer->id.idiag_dport = htons(50000);
    answer->id.idiag_cookie[0] = 0xfffffff0;
    answer->id.idiag_cookie[1] = 2;
    answer->id.idiag_if = 4;
    answer->idiag_uid = 1000;
    answer->idiag_inode = 4242;
    answer->idiag_rqueue = 70;
    answer->idiag_wqueue = 80;
    inet_pton(family, family == AF_INET ? "10.0.0.1" : "2001:db8::1", answer->id.idiag_src);
    inet_pton(family, family == AF_INET ? "10.0.0.2" : "::ffff:10.0.0.2", answer->id.idiag_dst);
    return message;
}

static const struct tcp_info some_info = {.tcpi_rtt = 1500,
    .tcpi_min_rtt = 1000,
    .tcpi_total_retrans = 3,
    .tcpi_snd_cwnd = 11,
    .tcpi_bytes_acked = 1001,
    .tcpi_bytes_received = 500,
    .tcpi_bytes_sent = 1200,
    .tcpi_bytes_retrans = 200,
    .tcpi_busy_time = 100};

static void put_info(struct nlmsghdr *message, size_t size)
{
    mnl_attr_put(message, INET_DIAG_INFO, size, &some_info);
    mnl_attr_put_strz(message, INET_DIAG_CONG, "cubic");
}

static struct network_connection decode_socket(const struct nlmsghdr *message, uint8_t protocol)
{
    struct network_connection connection;
    struct socket_owner_hint hint;
    cr_assert_eq(socket_decode(message, protocol, &connection, &hint), 0);
    return connection;
}

static void try_socket(const struct nlmsghdr *message)
{
    struct network_connection connection;
    struct socket_owner_hint hint;
    (void)!socket_decode(message, IPPROTO_TCP, &connection, &hint);
    (void)!socket_decode(message, IPPROTO_UDP, &connection, &hint);
}

static void check_end(const struct network_address *address, const char *expected)
{
    char text[NETWORK_ADDRESS_TEXT];
    network_address_format(address, text);
    cr_assert_str_eq(text, expected);
}

Test(decode, socket_has_what_tcp_info_tells)
{
    struct nlmsghdr *message = build_socket(AF_INET, 1);
    put_info(message, sizeof(struct tcp_info));
    struct network_connection connection;
    struct socket_owner_hint hint;
    cr_assert_eq(socket_decode(message, IPPROTO_TCP, &connection, &hint), 0);
    cr_assert_eq(connection.identity, 0x2fffffff0);
    cr_assert_eq(connection.state, NETWORK_STATE_ESTABLISHED);
    check_end(&connection.local_address, "10.0.0.1");
    check_end(&connection.remote_address, "10.0.0.2");
    cr_assert_eq(connection.local_port, 8080);
    cr_assert_eq(connection.remote_port, 50000);
    cr_assert_eq(connection.uid, 1000);
    cr_assert_eq(connection.bytes_sent, 1000, "without the SYN");
    cr_assert_eq(connection.bytes_received, 500);
    cr_assert_float_eq(connection.rtt_ms, 1.5, 1e-9);
    cr_assert_float_eq(connection.rtt_min_ms, 1, 1e-9);
    cr_assert_eq(connection.retransmits, 3);
    cr_assert_str_eq(connection.congestion_control, "cubic");
    cr_assert_eq(connection.congestion_window, 11);
    cr_assert_eq(connection.receive_queue_bytes, 70);
    cr_assert_eq(connection.send_queue_bytes, 80);
    cr_assert_eq(connection.status.receive_drops, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(connection.status.limited_by, NETWORK_UNAVAILABLE, "judged elsewhere");
    cr_assert_eq(connection.send_times.busy, 100);
    cr_assert_not(connection.send_times.has_unsent);
    cr_assert_eq(hint.inode, 4242);
    cr_assert_eq(hint.interface_index, 4);
}

Test(decode, socket_of_an_older_kernel_has_less_and_nothing_wrong)
{
    struct nlmsghdr *message = build_socket(AF_INET, 1);
    put_info(message, offsetof(struct tcp_info, tcpi_bytes_acked));
    struct network_connection connection = decode_socket(message, IPPROTO_TCP);
    cr_assert_eq(connection.status.bytes_sent, NETWORK_NOT_SUPPORTED);
    cr_assert_eq(connection.status.bytes_received, NETWORK_NOT_SUPPORTED);
    cr_assert_not(network_has(&connection, rtt_min_ms));
    cr_assert_eq(connection.status.limited_by, NETWORK_NOT_SUPPORTED);
    cr_assert_not(connection.send_times.is_known);
    cr_assert(network_has(&connection, rtt_ms));
    message = build_socket(AF_INET, 1);
    put_info(message, offsetof(struct tcp_info, tcpi_bytes_sent));
    cr_assert_eq(decode_socket(message, IPPROTO_TCP).bytes_sent, 1001, "no way to tell the SYN");
}

/* 60 of 1,000 bytes are sent and not acknowledged, of a client and of a server. */
Test(decode, socket_counts_no_syn_and_no_fin_while_something_is_under_way)
{
    static const struct {
        uint8_t state;
        uint32_t unconfirmed, unsent;
        uint64_t acked;
    } rows[] = {
        {1, 60, 0, 941}, {1, 60, 0, 940}, {1, 90, 30, 941}, {4, 61, 0, 941}, /* FIN_WAIT1 */
        {4, 61, 0, 940}, {9, 91, 31, 940}, /* LAST_ACK: the FIN waits too */
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct nlmsghdr *message = build_socket(AF_INET, rows[i].state);
        struct tcp_info info = {.tcpi_bytes_sent = 1000,
            .tcpi_bytes_acked = rows[i].acked,
            .tcpi_notsent_bytes = rows[i].unsent};
        struct inet_diag_msg *answer = mnl_nlmsg_get_payload(message);
        answer->idiag_wqueue = rows[i].unconfirmed;
        mnl_attr_put(message, INET_DIAG_INFO, sizeof(info), &info);
        cr_assert_eq(decode_socket(message, IPPROTO_TCP).bytes_sent, 940, "%zu", i);
    }
}

Test(decode, socket_does_not_count_a_received_fin)
{
    struct nlmsghdr *message = build_socket(AF_INET, 8);
    put_info(message, sizeof(struct tcp_info));
    cr_assert_eq(decode_socket(message, IPPROTO_TCP).bytes_received, 499);
}

static struct network_connection decode_info(const struct tcp_info *info)
{
    struct nlmsghdr *message = build_socket(AF_INET, 1);
    mnl_attr_put(message, INET_DIAG_INFO, sizeof(*info), info);
    return decode_socket(message, IPPROTO_TCP);
}

Test(decode, socket_says_where_its_time_went)
{
    struct tcp_info info = some_info;
    info.tcpi_unacked = 10;
    info.tcpi_rwnd_limited = 60;
    info.tcpi_sndbuf_limited = 30;
    info.tcpi_delivery_rate_app_limited = 1;
    cr_assert_not(decode_info(&info).send_times.is_known, "it never sent");
    info.tcpi_data_segs_out = 3;
    struct network_send_times times = decode_info(&info).send_times;
    cr_assert(times.is_known && times.has_unsent && times.is_application_limited);
    cr_assert_eq(times.receiver_limited, 60);
    cr_assert_eq(times.sender_limited, 30);
    info.tcpi_unacked = 0;
    info.tcpi_notsent_bytes = 1;
    cr_assert(decode_info(&info).send_times.has_unsent);
}

Test(decode, socket_of_both_families_shows_ipv4_as_ipv4)
{
    struct network_connection connection = decode_socket(build_socket(AF_INET6, 1), IPPROTO_TCP);
    check_end(&connection.local_address, "2001:db8::1");
    check_end(&connection.remote_address, "10.0.0.2");
    cr_assert_eq(connection.remote_address.bytes[4], 0);
}

Test(decode, socket_that_listens_has_no_other_end)
{
    struct nlmsghdr *message = build_socket(AF_INET, 10);
    put_info(message, sizeof(struct tcp_info));
    struct network_connection connection = decode_socket(message, IPPROTO_TCP);
    cr_assert_eq(connection.state, NETWORK_STATE_LISTEN);
    cr_assert_eq(connection.status.remote_address, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(connection.status.remote_port, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(connection.status.bytes_sent, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(connection.status.rtt_ms, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(connection.status.congestion_window, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(connection.status.limited_by, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(connection.receive_queue_bytes, 70, "to be accepted");
    cr_assert_eq(connection.send_queue_bytes, 80, "at most");
}

Test(decode, socket_of_udp_has_queues_and_drops)
{
    uint32_t memory[SK_MEMINFO_VARS] = {[SK_MEMINFO_DROPS] = 9};
    struct nlmsghdr *message = build_socket(AF_INET, 7);
    struct network_connection connection = decode_socket(message, IPPROTO_UDP);
    cr_assert_eq(connection.status.receive_drops, NETWORK_NOT_SUPPORTED, "Linux before 4.7");
    cr_assert_eq(connection.status.limited_by, NETWORK_NOT_APPLICABLE);
    mnl_attr_put(message, INET_DIAG_SKMEMINFO, sizeof(memory), memory);
    connection = decode_socket(message, IPPROTO_UDP);
    cr_assert_eq(connection.receive_drops, 9);
    cr_assert_eq(connection.receive_queue_bytes, 70);
    mistreat(message, try_socket);
}

Test(decode, socket_of_udp_is_established_only_with_another_end)
{
    struct nlmsghdr *message = build_socket(AF_INET, 7);
    struct network_connection connection = decode_socket(message, IPPROTO_UDP);
    cr_assert_eq(connection.type, NETWORK_UDP);
    cr_assert_eq(connection.state, NETWORK_STATE_ESTABLISHED);
    cr_assert_eq(connection.status.bytes_sent, NETWORK_NOT_SUPPORTED);
    ((struct inet_diag_msg *)mnl_nlmsg_get_payload(message))->id.idiag_dport = 0;
    connection = decode_socket(message, IPPROTO_UDP);
    cr_assert_eq(connection.state, NETWORK_STATE_UNCONNECTED);
    cr_assert_eq(connection.status.remote_address, NETWORK_NOT_APPLICABLE);
}

Test(decode, socket_that_belongs_to_nobody_has_no_owner_and_not_root)
{
    struct nlmsghdr *message = build_socket(AF_INET, 6);
    ((struct inet_diag_msg *)mnl_nlmsg_get_payload(message))->idiag_inode = 0;
    struct network_connection connection = decode_socket(message, IPPROTO_TCP);
    cr_assert_eq(connection.state, NETWORK_STATE_TIME_WAIT);
    cr_assert_eq(connection.status.uid, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(connection.status.pid, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(connection.status.evidence, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(connection.status.receive_queue_bytes, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(connection.status.congestion_window, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(connection.status.bytes_sent, NETWORK_UNAVAILABLE, "it had some");
}

Test(decode, socket_knows_every_tcp_state_and_no_other)
{
    struct network_connection connection;
    struct socket_owner_hint hint;
    unsigned seen = 0;
    for (uint8_t state = 1; state <= 12; state++)
        seen |= 1u << decode_socket(build_socket(AF_INET, state), IPPROTO_TCP).state;
    cr_assert_eq(seen, (1u << NETWORK_STATE_UNCONNECTED) - 1);
    cr_assert_eq(socket_decode(build_socket(AF_INET, 0), IPPROTO_TCP, &connection, &hint), -EPROTO);
    cr_assert_eq(
        socket_decode(build_socket(AF_INET, 14), IPPROTO_TCP, &connection, &hint), -EPROTO);
    cr_assert_eq(socket_decode(build_socket(AF_UNIX, 1), IPPROTO_TCP, &connection, &hint), -EPROTO);
}

Test(decode, socket_survives_mistreatment)
{
    struct nlmsghdr *message = build_socket(AF_INET6, 1);
    put_info(message, sizeof(struct tcp_info));
    mistreat(message, try_socket);
}

/* --- sockets that are no more --- */

/* What the kernel said of real connections, on Linux 6.18. */
struct last_words {
    uint64_t acked, received, sent;
    uint32_t unread, unconfirmed, data_in, data_out, delivered;
};

static struct nlmsghdr *build_ended(const struct last_words *words)
{
    struct nlmsghdr *message = build_socket(AF_INET, 7);
    struct inet_diag_msg *answer = mnl_nlmsg_get_payload(message);
    struct tcp_info info = {.tcpi_rtt = 20,
        .tcpi_bytes_acked = words->acked,
        .tcpi_bytes_received = words->received,
        .tcpi_bytes_sent = words->sent,
        .tcpi_data_segs_in = words->data_in,
        .tcpi_data_segs_out = words->data_out,
        .tcpi_delivered = words->delivered};
    answer->idiag_uid = answer->idiag_inode = 0;
    answer->idiag_rqueue = words->unread;
    answer->idiag_wqueue = words->unconfirmed;
    mnl_attr_put_u8(message, INET_DIAG_PROTOCOL, IPPROTO_TCP);
    mnl_attr_put(message, INET_DIAG_INFO, sizeof(info), &info);
    return message;
}

static void check_ended(struct last_words words, uint64_t sent, uint64_t received)
{
    struct network_connection connection;
    struct socket_owner_hint hint;
    cr_assert_eq(socket_decode_ended(build_ended(&words), &connection, &hint), 0);
    cr_assert_eq(connection.identity, 0x2fffffff0);
    cr_assert_eq(connection.state, NETWORK_STATE_CLOSE);
    cr_assert_eq(connection.bytes_sent, sent);
    cr_assert_eq(connection.bytes_received, received);
    cr_assert_eq(connection.status.uid, NETWORK_UNAVAILABLE);
    cr_assert_eq(connection.status.evidence, NETWORK_UNAVAILABLE);
    cr_assert_eq(hint.interface_index, 4);
}

Test(decode, ended_socket_counts_no_syn_and_no_fin)
{
    /* acked, received, sent; unread, unconfirmed; data segments in and out, delivered */
    check_ended((struct last_words){1002, 2001, 1000, 1, 0, 1, 1, 3}, 1000, 2000);
    check_ended((struct last_words){2001, 1001, 2000, 0, 0, 1, 1, 3}, 2000, 1000);
    check_ended(
        (struct last_words){5000002, 10000001, 5000000, 1, 0, 305, 154, 156}, 5000000, 10000000);
    check_ended((struct last_words){2, 0, 0, 0, 0, 0, 0, 2}, 0, 0);
    check_ended((struct last_words){1, 1, 0, 1, 0, 0, 0, 2}, 0, 0);
    check_ended((struct last_words){3, 2, 1, 1, 0, 1, 1, 3}, 1, 1);
}

Test(decode, ended_socket_that_was_reset_counts_no_fin_that_never_came)
{
    check_ended((struct last_words){1001, 1000, 1000, 0, 0, 1, 1, 2}, 1000, 1000);
    check_ended((struct last_words){1000, 1000, 1000, 0, 0, 1, 1, 2}, 1000, 1000);
    check_ended((struct last_words){2, 1, 1, 0, 0, 1, 1, 2}, 1, 1);
    check_ended((struct last_words){1, 1, 0, 1, 0, 1, 0, 1}, 0, 1);
    check_ended((struct last_words){0, 100000, 0, 100000, 0, 3, 0, 1}, 0, 100000);
}

Test(decode, ended_socket_counts_what_was_confirmed_before_the_reset)
{
    /* A client; and one that had closed already; a server that had. */
    check_ended((struct last_words){32742, 0, 100000, 0, 67259, 0, 3, 2}, 32741, 0);
    check_ended((struct last_words){32742, 0, 100000, 0, 67260, 0, 3, 2}, 32741, 0);
    check_ended((struct last_words){50, 101, 50, 1, 1, 1, 1, 2}, 49, 100);
}

Test(decode, ended_socket_that_its_process_reset_has_lost_its_counts)
{
    struct network_connection connection;
    struct socket_owner_hint hint;
    struct nlmsghdr *message = build_ended(&(struct last_words){.unconfirmed = 65538});
    ((struct inet_diag_msg *)mnl_nlmsg_get_payload(message))->id.idiag_dport = 0;
    cr_assert_eq(socket_decode_ended(message, &connection, &hint), 0);
    check_end(&connection.remote_address, "10.0.0.2");
    cr_assert_eq(connection.status.remote_port, NETWORK_UNAVAILABLE);
    cr_assert_eq(connection.status.bytes_sent, NETWORK_UNAVAILABLE);
    cr_assert_eq(connection.status.bytes_received, NETWORK_UNAVAILABLE);
}

static void try_ended(const struct nlmsghdr *message)
{
    struct network_connection connection;
    struct socket_owner_hint hint;
    (void)!socket_decode_ended(message, &connection, &hint);
}

Test(decode, ended_socket_was_a_connection_or_is_left_out)
{
    struct network_connection connection;
    struct socket_owner_hint hint;
    struct nlmsghdr *message = build_ended(&(struct last_words){.unconfirmed = 3});
    ((struct inet_diag_msg *)mnl_nlmsg_get_payload(message))->id.idiag_dport = 0;
    cr_assert_eq(socket_decode_ended(message, &connection, &hint), SOCKET_NEVER_OPEN, "refused");
    message = build_ended(&(struct last_words){0});
    ((struct inet_diag_msg *)mnl_nlmsg_get_payload(message))->id.idiag_dport = 0;
    cr_assert_eq(socket_decode_ended(message, &connection, &hint), SOCKET_NEVER_OPEN, "listener");
    message = build_socket(AF_INET, 7);
    struct tcp_info unanswered = {0};
    mnl_attr_put(message, INET_DIAG_INFO, sizeof(unanswered), &unanswered);
    cr_assert_eq(socket_decode_ended(message, &connection, &hint), SOCKET_NEVER_OPEN);
    mistreat(build_ended(&(struct last_words){1002, 2001, 1000, 1, 0, 1, 1, 3}), try_ended);
}

/* --- paths --- */

static void try_path(const struct nlmsghdr *message)
{
    uint32_t index;
    (void)path_decode(message, &index);
}

Test(decode, path_names_an_interface_or_none)
{
    uint32_t index = 77;
    struct nlmsghdr *message = start(RTM_NEWROUTE);
    mnl_nlmsg_put_extra_header(message, sizeof(struct rtmsg));
    cr_assert_not(path_decode(message, &index));
    cr_assert_eq(index, 77, "untouched");
    mnl_attr_put_u32(message, RTA_TABLE, 254);
    mnl_attr_put_u32(message, RTA_OIF, 3);
    cr_assert(path_decode(message, &index));
    cr_assert_eq(index, 3);
    mistreat(message, try_path);
}

static struct nlmsghdr *build_generic(uint8_t command)
{
    struct nlmsghdr *message = start(0x1c);
    struct genlmsghdr *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
    header->cmd = command;
    return message;
}

static void try_wireless(const struct nlmsghdr *message)
{
    uint16_t family;
    struct wireless_link link = {0};
    (void)!generic_decode_family(message, &family);
    (void)!wireless_decode_interface(message, &link);
    (void)!wireless_decode_station(message, &link);
}

Test(decode, wireless_interface_has_its_network)
{
    struct wireless_link link;
    struct nlmsghdr *message = build_generic(NL80211_CMD_NEW_INTERFACE);
    mnl_attr_put_u32(message, NL80211_ATTR_WIPHY, 0);
    cr_assert_eq(wireless_decode_interface(message, &link), -EPROTO, "a P2P device");
    mnl_attr_put_u32(message, NL80211_ATTR_IFINDEX, 3);
    cr_assert_eq(wireless_decode_interface(message, &link), 0);
    cr_assert_not(link.has_ssid || link.has_frequency || link.is_client);
    mnl_attr_put(message, NL80211_ATTR_SSID, 5, "caf\xc3\xa9");
    mnl_attr_put_u32(message, NL80211_ATTR_IFTYPE, NL80211_IFTYPE_STATION);
    mnl_attr_put_u32(message, NL80211_ATTR_WIPHY_FREQ, 5180);
    cr_assert_eq(wireless_decode_interface(message, &link), 0);
    cr_assert_eq(link.index, 3);
    cr_assert(link.has_ssid && link.has_frequency && link.is_client);
    cr_assert_str_eq(link.ssid, "caf\xc3\xa9");
    cr_assert_eq(link.frequency_mhz, 5180);
    mnl_attr_put_u32(message, NL80211_ATTR_IFTYPE, NL80211_IFTYPE_AP);
    cr_assert_eq(wireless_decode_interface(message, &link), 0);
    cr_assert_not(link.is_client, "it is the access point");
    mistreat(message, try_wireless);
}

Test(decode, wireless_station_has_signal_and_bit_rate)
{
    struct wireless_link link = {0};
    struct nlmsghdr *message = build_generic(NL80211_CMD_NEW_STATION);
    struct nlattr *station = mnl_attr_nest_start(message, NL80211_ATTR_STA_INFO);
    mnl_attr_put_u8(message, NL80211_STA_INFO_SIGNAL, (uint8_t)-61);
    struct nlattr *rate = mnl_attr_nest_start(message, NL80211_STA_INFO_TX_BITRATE);
    mnl_attr_put_u16(message, NL80211_RATE_INFO_BITRATE, 540);
    mnl_attr_put_u32(message, NL80211_RATE_INFO_BITRATE32, 8667);
    mnl_attr_nest_end(message, rate);
    mnl_attr_nest_end(message, station);
    cr_assert_eq(wireless_decode_station(message, &link), 0);
    cr_assert(link.has_signal && link.has_bitrate);
    cr_assert_eq(link.signal_dbm, -61);
    cr_assert_eq(link.bits_per_s, 866700000);
    mistreat(message, try_wireless);
}

static struct nlmsghdr *build_setting(uint8_t command, uint32_t index)
{
    struct nlmsghdr *message = build_generic(command);
    struct nlattr *header = mnl_attr_nest_start(message, ETHTOOL_A_LINKMODES_HEADER);
    if (index != 0)
        mnl_attr_put_u32(message, ETHTOOL_A_HEADER_DEV_INDEX, index);
    mnl_attr_put_strz(message, ETHTOOL_A_HEADER_DEV_NAME, "eth0");
    mnl_attr_nest_end(message, header);
    return message;
}

static void try_setting(const struct nlmsghdr *message)
{
    struct device_setting setting = {0};
    (void)!device_setting_decode(message, &setting);
}

Test(decode, device_setting_has_speed_duplex_and_ring)
{
    struct device_setting setting = {0};
    struct nlmsghdr *message = build_setting(ETHTOOL_MSG_LINKMODES_GET_REPLY, 4);
    mnl_attr_put_u32(message, ETHTOOL_A_LINKMODES_SPEED, 2500);
    mnl_attr_put_u8(message, ETHTOOL_A_LINKMODES_DUPLEX, DUPLEX_FULL);
    cr_assert_eq(device_setting_decode(message, &setting), 0);
    cr_assert(setting.has_modes && !setting.has_ring);
    cr_assert_eq(setting.index, 4);
    cr_assert_eq(setting.megabits_per_s, 2500);
    cr_assert(setting.is_full_duplex && !setting.is_half_duplex);
    mistreat(message, try_setting);
    message = build_setting(ETHTOOL_MSG_RINGS_GET_REPLY, 4);
    mnl_attr_put_u32(message, ETHTOOL_A_RINGS_RX_MAX, 4096);
    mnl_attr_put_u32(message, ETHTOOL_A_RINGS_RX, 256);
    cr_assert_eq(device_setting_decode(message, &setting), 0);
    cr_assert(setting.has_modes && setting.has_ring);
    cr_assert_eq(setting.receive_ring, 256);
    cr_assert_eq(setting.megabits_per_s, 2500);
    mistreat(message, try_setting);
}

Test(decode, device_setting_knows_what_it_is_not_told)
{
    struct device_setting setting = {0};
    struct nlmsghdr *message = build_setting(ETHTOOL_MSG_LINKMODES_GET_REPLY, 4);
    mnl_attr_put_u32(message, ETHTOOL_A_LINKMODES_SPEED, (uint32_t)SPEED_UNKNOWN);
    mnl_attr_put_u8(message, ETHTOOL_A_LINKMODES_DUPLEX, DUPLEX_UNKNOWN);
    cr_assert_eq(device_setting_decode(message, &setting), 0);
    cr_assert_eq(setting.megabits_per_s, 0);
    cr_assert_not(setting.is_full_duplex || setting.is_half_duplex);
    setting.index = 99;
    message = build_setting(ETHTOOL_MSG_LINKMODES_NTF, 4);
    cr_assert_eq(device_setting_decode(message, &setting), -EPROTO);
    message = build_setting(ETHTOOL_MSG_LINKMODES_GET_REPLY, 0);
    cr_assert_eq(device_setting_decode(message, &setting), -EPROTO);
    cr_assert_eq(setting.index, 99, "untouched");
}

Test(decode, wireless_family_has_its_number)
{
    uint16_t family = 0;
    struct nlmsghdr *message = build_generic(CTRL_CMD_NEWFAMILY);
    cr_assert_eq(generic_decode_family(message, &family), -EPROTO);
    mnl_attr_put_u16(message, CTRL_ATTR_FAMILY_ID, 33);
    cr_assert_eq(generic_decode_family(message, &family), 0);
    cr_assert_eq(family, 33);
}

Test(decode, uevent_has_type_and_index)
{
    char devtype[16];
    uint32_t index;
    device_parse_uevent("DEVTYPE=wwan\nINTERFACE=wwan0\nIFINDEX=12\n", devtype, 16, &index);
    cr_assert_str_eq(devtype, "wwan");
    cr_assert_eq(index, 12);
    device_parse_uevent("INTERFACE=eth0\nIFINDEX=2", devtype, 16, &index);
    cr_assert_str_eq(devtype, "");
    cr_assert_eq(index, 2);
    device_parse_uevent("", devtype, 16, &index);
    cr_assert_eq(index, 0);
}

Test(decode, process_name_may_hold_anything)
{
    struct process process = {0};
    cr_assert(process_parse_stat(
        "42 (a) b (c\n\xff)) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1 2", &process));
    cr_assert_str_eq(process.comm, "a) b (c\n\xff)");
    cr_assert_eq(process.start_time, 98765);
    cr_assert_not(process_parse_stat("", &process));
    cr_assert_not(process_parse_stat("42 (x", &process));
    cr_assert_not(process_parse_stat("42 (x) S 1 2 3", &process));
}
