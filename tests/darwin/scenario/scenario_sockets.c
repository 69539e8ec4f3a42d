/* Macs whose sockets are told otherwise: macOS 14 and before, and macOS 27. */
#include "scenarios.h"

static const struct mac_interface interfaces[] = {
    {
        .name = "lo0",
        .index = 1,
        .flags = UP | LOOPBACK | RUNNING | MULTICAST,
        .type = TYPE_LOOPBACK,
        .mtu = 16384,
        .functional = IS_LOOPBACK,
        .media_status = REFUSED,
        .addresses = {"127.0.0.1/8"},
    },
    {
        .name = "en0",
        .index = 4,
        .flags = UP | RUNNING | PORT,
        .type = TYPE_ETHERNET,
        .mtu = 1500,
        .mac = "ac:87:a3:19:7f:83",
        .functional = IS_WIRED,
        .media_status = MEDIA_VALID | MEDIA_ACTIVE,
        .media = MEDIA_ETHERNET | MEDIA_100_TX | MEDIA_HALF_DUPLEX,
        .addresses = {"192.0.2.7/24"},
        .counters = {{.received_packets = 10, .received_bytes = 1000}},
    },
};
static const struct mac_route routes[] = {
    {.interface = 4, .flags = ROUTE_UP | ROUTE_GATEWAY},
    {.destination = "127.0.0.0/8", .interface = 1, .flags = ROUTE_UP},
};

static void answer_network(const char *release, const char *version_of_macos)
{
    mac_answer_release(release, version_of_macos);
    mac_answer_interfaces(interfaces, LENGTH(interfaces));
    mac_answer_routes(false, routes, LENGTH(routes));
    mac_answer_routes(true, NULL, 0);
}

/* --- macOS 14: bytes by traffic class, which add up; TCP's sockets as long as on macOS 12 --- */

void scenario_macos14(void)
{
    static const struct mac_socket tcp[] = {{
        .local = "192.0.2.7",
        .local_port = 50000,
        .remote = "203.0.113.9",
        .remote_port = 443,
        .state = TCP_ESTABLISHED,
        .generation = 21,
        .pid = 77,
        .slots = {{100, 10}, {200, 20}, {300, 30}, {5000000000, 40}},
        .rtt_ms = 12,
        .congestion_window = 14480,
        .segment = 1448,
    }};
    static const struct mac_socket udp[] = {{
        .local = "192.0.2.7",
        .local_port = 60000,
        .remote = "203.0.113.53",
        .remote_port = 53,
        .generation = 22,
        .pid = 77,
        .slots = {{1, 2}, {0, 0}, {0, 0}, {3, 4}},
    }};
    answer_network("23.6.0", "14.8.2");
    mac_answer_table(
        &(struct mac_table){.is_tcp = true, .sockets = tcp, .count = 1, .socket_size = 76});
    mac_answer_table(&(struct mac_table){.sockets = udp, .count = 1, .socket_size = 104});
    mac_answer_process(77, "/usr/bin/curl", "curl", 0);
}

/* --- macOS 27: tables of the own sockets alone, and no word of it --- */

enum { OF_OTHERS = 40 };

static const struct mac_socket shared = {
    .local = "192.0.2.7",
    .local_port = 50001,
    .remote = "203.0.113.9",
    .remote_port = 443,
    .state = TCP_ESTABLISHED,
    .generation = 41,
    .receive_queue = 11,
    .send_queue = 12,
};
static const struct mac_socket listening = {
    .local_port = 8000,
    .versions = 3,
    .state = TCP_LISTEN,
    .generation = 42,
    .waiting = 1,
    .most_waiting = 5,
};
static const struct mac_socket asking = {
    .local = "192.0.2.7",
    .local_port = 60001,
    .remote = "203.0.113.53",
    .remote_port = 53,
    .generation = 43,
};

void scenario_hidden(void)
{
    static const int32_t pids[] = {0, 1, 79, 78, 77};
    static const struct mac_descriptor of_77[] = {{0, 1}, {5, 2}, {6, 2}, {7, 2}};
    static const struct mac_descriptor of_78[] = {{5, 2}, {9, 2}};
    answer_network("26.0.0", "27.0");
    mac_answer_table(&(struct mac_table){.is_tcp = true, .announced = OF_OTHERS});
    mac_answer_table(&(struct mac_table){.announced = OF_OTHERS});
    mac_answer_pids(pids, LENGTH(pids));
    answer_error(1, "EPERM", "process.files.0");
    answer_error(1, "EPERM", "process.files.1");
    answer_error(1, "ESRCH", "process.files.79"); /* ended meanwhile */
    mac_answer_descriptors(77, of_77, LENGTH(of_77));
    mac_answer_process_socket(77, 5, true, &shared);
    mac_answer_process_socket(77, 6, true, &listening);
    mac_answer_process_socket(77, 7, false, &asking);
    /* A child, which has inherited one of them, and has closed another meanwhile. */
    mac_answer_descriptors(78, of_78, LENGTH(of_78));
    mac_answer_process_socket(78, 5, true, &shared);
    answer_error(1, "EBADF", "process.socket.78.9");
    mac_answer_process(77, "/usr/local/bin/node", "node", 1);
    mac_answer_process(78, "/usr/local/bin/node", "node", 1);
}
