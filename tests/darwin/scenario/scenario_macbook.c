/* A laptop with macOS 15 on Wi-Fi, with two Ethernet adapters, a VLAN and a VPN. */
#include "scenarios.h"

#include <string.h>

static const struct mac_interface interfaces[] = {
    {
        .name = "lo0",
        .index = 1,
        .flags = UP | LOOPBACK | RUNNING | MULTICAST,
        .type = TYPE_LOOPBACK,
        .mtu = 16384,
        .functional = IS_LOOPBACK,
        .media_status = REFUSED,
        .addresses = {"127.0.0.1/8", "::1/128", "fe80::1/64"},
        .counters = {{.received_packets = 500,
            .received_bytes = 70000,
            .sent_packets = 500,
            .sent_bytes = 70000}},
    },
    {
        .name = "gif0", /* switched off, and never used */
        .index = 2,
        .flags = POINT_TO_POINT | MULTICAST,
        .type = TYPE_GIF,
        .mtu = 1280,
        .functional = DOES_NOT_SAY,
        .media_status = REFUSED,
    },
    {
        .name = "en0",
        .index = 12,
        .flags = UP | RUNNING | PORT,
        .type = TYPE_ETHERNET,
        .mtu = 1500,
        .mac = "ac:87:a3:19:7f:82",
        .functional = IS_WIFI,
        .media_status = MEDIA_VALID | MEDIA_ACTIVE,
        .media = MEDIA_WIRELESS,
        .addresses = {"fe80::1c2b:3a4f:55aa:101/64", "198.51.100.23/22", "2001:db8:1::23/64"},
        /* Beyond 4 GiB, and growing. */
        .counters = {{.received_packets = 30000000,
                         .received_bytes = 30277303935,
                         .sent_packets = 9000000,
                         .sent_bytes = 4294967296,
                         .receive_errors = 3,
                         .queue_drops = 5,
                         .send_errors = 2,
                         .send_drops = 7},
            {.received_packets = 30002000,
                .received_bytes = 30279303935,
                .sent_packets = 9001000,
                .sent_bytes = 4295967296,
                .receive_errors = 3,
                .queue_drops = 5,
                .send_errors = 2,
                .send_drops = 7}},
    },
    {
        .name = "en5", /* no cable, but running all the same */
        .index = 13,
        .flags = UP | RUNNING | PORT,
        .type = TYPE_ETHERNET,
        .mtu = 1500,
        .baudrate = 1000000000,
        .mac = "ac:de:48:00:11:22",
        .functional = IS_WIRED,
        .media_status = MEDIA_VALID,
        .media = MEDIA_ETHERNET | MEDIA_NONE,
    },
    {
        .name = "en7",
        .index = 14,
        .flags = UP | RUNNING | PORT,
        .type = TYPE_ETHERNET,
        .mtu = 9000,
        .baudrate = 1000000000, /* which the driver has not heard of */
        .mac = "00:e0:4c:68:01:ff",
        .functional = IS_WIRED,
        .media_status = MEDIA_VALID | MEDIA_ACTIVE,
        .media = MEDIA_ETHERNET | MEDIA_2500_T | MEDIA_FULL_DUPLEX,
        .addresses = {"192.0.2.7/32"},
        .counters = {{.received_packets = 1000,
            .received_bytes = 1400000,
            .sent_packets = 900,
            .sent_bytes = 80000,
            .collisions = 4}},
    },
    {
        .name = "bridge0",
        .index = 15,
        .flags = UP | RUNNING | PORT,
        .type = TYPE_BRIDGE,
        .mtu = 1500,
        .mac = "36:59:a1:00:00:04",
        .functional = IS_WIRED,
        .media_status = MEDIA_VALID,
        .media = MEDIA_ETHERNET | MEDIA_NONE,
    },
    {
        .name = "awdl0", /* its driver starts anew between the two readings */
        .index = 16,
        .flags = UP | RUNNING | PORT,
        .type = TYPE_ETHERNET,
        .mtu = 1500,
        .mac = "1a:2b:3c:4d:5e:6f",
        .functional = IS_AWDL,
        .media_status = MEDIA_VALID | MEDIA_ACTIVE,
        .media = MEDIA_WIRELESS,
        .addresses = {"fe80::182b:3cff:fe4d:5e6f/64"},
        .counters = {{.received_packets = 5000,
                         .received_bytes = 600000,
                         .sent_packets = 100,
                         .sent_bytes = 9000},
            {.received_packets = 10, .received_bytes = 1200, .sent_packets = 1, .sent_bytes = 90}},
    },
    {
        .name = "utun0", /* a tunnel tells the type of the link below it */
        .index = 17,
        .flags = UP | RUNNING | POINT_TO_POINT | MULTICAST,
        .type = TYPE_OTHER,
        .mtu = 1380,
        .functional = IS_WIFI,
        .media_status = REFUSED,
        .addresses = {"10.8.0.2/32"},
        .counters = {{.received_packets = 70,
            .received_bytes = 7000,
            .sent_packets = 60,
            .sent_bytes = 6000}},
    },
    {
        .name = "vlan0",
        .index = 18,
        .flags = UP | RUNNING | PORT,
        .type = TYPE_VLAN,
        .mtu = 1500,
        .mac = "00:e0:4c:68:01:ff",
        .functional = IS_WIRED,
        .media_status = MEDIA_VALID | MEDIA_ACTIVE,
        .media = MEDIA_ETHERNET | MEDIA_2500_T | MEDIA_FULL_DUPLEX,
        .parent = "en7",
        .addresses = {"203.0.113.130/25"},
        .counters = {{.received_packets = 11,
            .received_bytes = 1100,
            .sent_packets = 12,
            .sent_bytes = 1200}},
    },
};

static const struct mac_route routes[] = {
    {.interface = 17, .flags = ROUTE_UP | ROUTE_GATEWAY | ROUTE_SCOPED},
    {.interface = 12, .flags = ROUTE_UP | ROUTE_GATEWAY},
    {.destination = "127.0.0.0/8", .interface = 1, .flags = ROUTE_UP},
    {.destination = "198.51.100.0/22", .interface = 12, .flags = ROUTE_UP},
    {.destination = "203.0.113.128/25", .interface = 18, .flags = ROUTE_UP},
    {.destination = "10.0.0.0/8", .interface = 17, .flags = ROUTE_UP | ROUTE_GATEWAY},
};
static const struct mac_route routes6[] = {
    {.interface = 12, .flags = ROUTE_UP | ROUTE_GATEWAY},
    {.destination = "::1/128", .interface = 1, .flags = ROUTE_UP},
};

/* --- sockets --- */

static const struct mac_socket tcp[] = {
    {
        .local_port = 22, /* of both protocols */
        .versions = 3,
        .state = TCP_LISTEN,
        .generation = 11,
        .pid = 1,
        .most_waiting = 128,
    },
    {
        .local = "127.0.0.1",
        .local_port = 8080,
        .state = TCP_LISTEN,
        .generation = 12,
        .uid = 501,
        .pid = 702,
        .waiting = 2,
        .most_waiting = 10,
    },
    {
        /* A helper works for another process. In the second slot is what was thrown away. */
        .local = "198.51.100.23",
        .local_port = 50123,
        .remote = "203.0.113.9",
        .remote_port = 443,
        .state = TCP_ESTABLISHED,
        .generation = 13,
        .uid = 501,
        .pid = 700,
        .effective_pid = 701,
        .slots = {{5000000000, 123456}, {999999, 0}},
        .rtt_ms = 24,
        .congestion_window = 28960,
        .segment = 1448,
        .receive_queue = 100,
        .send_queue = 2000,
    },
    {
        .local = "2001:db8:1::23",
        .local_port = 50124,
        .remote = "2001:db8:80::1",
        .remote_port = 443,
        .state = TCP_ESTABLISHED,
        .generation = 14,
        .uid = 501,
        .pid = 701,
        .slots = {{1000, 2000}},
        .rtt_ms = 3,
        .congestion_window = 14480,
        .segment = 1440,
    },
    {
        .local = "10.8.0.2",
        .local_port = 50125,
        .remote = "10.1.2.3",
        .remote_port = 22,
        .state = TCP_CLOSE_WAIT,
        .generation = 15,
        .pid = 1,
        .slots = {{7, 8}},
        .congestion_window = 13000,
        .segment = 1300,
    },
    {
        .local = "198.51.100.23",
        .local_port = 50126,
        .remote = "203.0.113.200",
        .remote_port = 80,
        .state = TCP_TIME_WAIT,
        .generation = 16,
        .is_gone = true,
    },
    {
        /* Link-local, with the interface inside the addresses as the kernel has them. */
        .local = "fe80:c::1c2b:3a4f:55aa:101",
        .local_port = 50127,
        .remote = "fe80:c::9",
        .remote_port = 7000,
        .state = TCP_ESTABLISHED,
        .generation = 17,
        .pid = 701,
        .uid = 501,
    },
    {
        .local = "198.51.100.23",
        .local_port = 50128,
        .remote = "203.0.113.10",
        .remote_port = 443,
        .state = TCP_SYN_SENT,
        .generation = 9001, /* younger than the table */
        .pid = 701,
    },
    {
        .local = "198.51.100.23",
        .local_port = 50129,
        .remote = "203.0.113.11",
        .remote_port = 443,
        .state = TCP_ESTABLISHED,
        .is_flow = true,
        .pid = 701,
        .slots = {{400, 300}},
        .congestion_window = 14480,
        .receive_queue = 1,
        .send_queue = 2,
    },
};

static const struct mac_socket udp[] = {
    {.local_port = 5353,
        .versions = 3,
        .generation = 31,
        .uid = 65,
        .pid = 300,
        .receive_queue = 9},
    {
        .local = "198.51.100.23",
        .local_port = 61000,
        .remote = "203.0.113.53",
        .remote_port = 53,
        .generation = 32,
        .uid = 65,
        .pid = 300,
        .slots = {{4000, 3000}},
    },
    {
        .local = "2001:db8:1::23",
        .local_port = 62000,
        .remote = "2001:db8:80::1",
        .remote_port = 443,
        .is_flow = true,
        .pid = 700,
        .effective_pid = 701,
        .slots = {{123456789, 9876}},
        .receive_queue = 5,
    },
};

static void answer_network(const struct mac_interface *list)
{
    static const int32_t pids[] = {1, 300, 700, 701, 702};
    mac_answer_release("24.6.0", "15.6");
    mac_answer_interfaces(list, LENGTH(interfaces));
    mac_answer_routes(false, routes, LENGTH(routes));
    mac_answer_routes(true, routes6, LENGTH(routes6));
    /* At its end the table has as many sockets as a kind of record has for a number. */
    mac_answer_table(&(struct mac_table){
        .is_tcp = true, .sockets = tcp, .count = LENGTH(tcp), .count_at_end = 0x10});
    mac_answer_table(&(struct mac_table){.sockets = udp, .count = LENGTH(udp)});
    mac_answer_strangers(pids, LENGTH(pids));
    mac_answer_process(1, "/sbin/launchd", "launchd", 0);
    mac_answer_process(300, "/usr/sbin/mDNSResponder", "mDNSResponder", 65);
    mac_answer_process(700, "/usr/libexec/nsurlsessiond", "nsurlsessiond", 501);
    mac_answer_process(701, "/Applications/Safari.app/Contents/MacOS/Safari", "Safari", 501);
    /* Its file is gone; the kernel's name for it fills all 16 bytes. */
    mac_answer_process(702, NULL, "com.example.serv", 501);
}

void scenario_macbook(void)
{
    answer_network(interfaces);
}

/* The same, but that no counter starts anew, and that the second reading has fewer connections:
 * what a test of the contract of every backend takes. */
void scenario_closing(void)
{
    enum { LEFT = 3 };
    struct mac_interface list[LENGTH(interfaces)];
    struct bytes table = {.length = 0};
    memcpy(list, interfaces, sizeof(list));
    for (size_t i = 0; i < LENGTH(list); i++)
        if (list[i].counters[1].received_packets < list[i].counters[0].received_packets)
            memset(&list[i].counters[1], 0, sizeof(list[i].counters[1]));
    answer_network(list);
    mac_add_table(&table, &(struct mac_table){.is_tcp = true, .sockets = tcp, .count = LEFT});
    answer(2, table.at, table.length, MAC_TCP);
}
