/* Sockets as the macOS kernel and libproc show them. */
#include "answer.h"
#include "darwin_sockets.h"
#include <sys/socket.h>

enum { OWN = 4242, GENERATION = 900 };

/* What a test says of a socket; the rest is as the kernel would have it. */
struct socket_spec {
    uint16_t local_port, remote_port;
    int32_t pid, effective_pid, state;
    uint32_t srtt;
    uint64_t generation;
    bool is_ipv6, is_old, is_gone, is_userland;
};

static struct answer answer;
static struct connection_array connections;
static struct darwin_sockets_summary summary;

static void tear_down(void)
{
    connection_array_fini(&connections);
    answer.size = 0;
}
TestSuite(darwin_sockets, .fini = tear_down);

static void add(const void *record, size_t size)
{
    static const uint8_t padding[8];
    answer_add(&answer, record, size);
    answer_add(&answer, padding, (8 - size % 8) % 8);
}

static void add_end(uint32_t count)
{
    struct mirror_table_end end = {sizeof(end), count, GENERATION, 1};
    answer_add(&answer, &end, sizeof(end));
}

static struct mirror_block block_of(const struct socket_spec *spec)
{
    struct mirror_block block = {.length = sizeof(block),
        .kind = 0x10,
        .generation = spec->generation,
        .remote_port = {(uint8_t)(spec->remote_port >> 8), (uint8_t)spec->remote_port},
        .local_port = {(uint8_t)(spec->local_port >> 8), (uint8_t)spec->local_port},
        .versions = spec->is_ipv6 ? 2 : 1};
    if (spec->is_ipv6)
        memcpy(block.local, "\xfe\x80\x00\x04\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
    else
        memcpy(&block.local[3], "\x7f\0\0\x01", 4);
    if (spec->remote_port && !spec->is_ipv6)
        memcpy(&block.remote[3], "\x0a\0\0\x02", 4);
    return block;
}

static void add_socket(const struct socket_spec *spec, bool is_tcp)
{
    struct mirror_block block = block_of(spec);
    struct mirror_socket socket = {.length = spec->is_old ? 76 : sizeof(socket), .kind = 1};
    struct mirror_buffer receive = {.length = 32, .kind = 2, .bytes = 7};
    struct mirror_buffer send = {.length = 32, .kind = 4, .bytes = 9};
    struct mirror_statistics statistics = {.length = sizeof(statistics), .kind = 8};
    struct mirror_tcp tcp = {.length = sizeof(tcp), .kind = 0x20, .state = spec->state};
    if (!spec->is_gone) {
        socket.handle = spec->is_userland ? 0 : 0xabc;
        socket.uid = spec->is_userland ? 0 : 501;
        socket.last_pid = spec->pid;
        socket.effective_pid = spec->effective_pid;
        socket.queue = 3;
        socket.queue_limit = 128;
    }
    statistics.slots[0].received_bytes = 1000;
    statistics.slots[0].sent_bytes = 2000;
    statistics.slots[1].received_bytes = 10;
    statistics.slots[3].sent_bytes = 20;
    tcp.smoothed_round_trip = (int32_t)spec->srtt;
    tcp.congestion_window = spec->is_userland ? 0 : 14480;
    tcp.segment = spec->is_userland ? 0 : 1448;
    add(&block, sizeof(block));
    add(&socket, socket.length);
    add(&receive, sizeof(receive));
    add(&send, sizeof(send));
    add(&statistics, sizeof(statistics));
    if (is_tcp)
        add(&tcp, sizeof(tcp));
}

static int read_answer(enum network_connection_type type, unsigned slots)
{
    struct darwin_sockets_rules rules = {type, slots, OWN};
    return darwin_sockets_read(answer.bytes, answer.size, &rules, &connections, &summary);
}

static const struct network_connection *read_one(
    const struct socket_spec *spec, enum network_connection_type type)
{
    add_end(1);
    add_socket(spec, type == NETWORK_TCP);
    add_end(1);
    cr_assert_eq(read_answer(type, 1), 0);
    cr_assert_eq(connections.count, 1);
    return &connections.items[0];
}

Test(darwin_sockets, an_established_connection_has_ends_process_bytes_and_times)
{
    struct socket_spec spec = {.local_port = 50000,
        .remote_port = 443,
        .pid = 77,
        .state = 4,
        .srtt = 25 << 5,
        .generation = 5};
    const struct network_connection *c = read_one(&spec, NETWORK_TCP);
    cr_assert_eq(c->identity, 5);
    cr_assert_eq(c->type, NETWORK_TCP);
    cr_assert_eq(c->state, NETWORK_STATE_ESTABLISHED);
    cr_assert_eq(memcmp(c->local_address.bytes, "\x7f\0\0\x01", 4), 0);
    cr_assert_eq(c->local_port, 50000);
    cr_assert_eq(memcmp(c->remote_address.bytes, "\x0a\0\0\x02", 4), 0);
    cr_assert_eq(c->remote_port, 443);
    cr_assert(network_has(c, pid) && c->pid == 77);
    cr_assert(network_has(c, uid) && c->uid == 501);
    cr_assert(network_has(c, bytes_received) && c->bytes_received == 1000);
    cr_assert(network_has(c, bytes_sent) && c->bytes_sent == 2000);
    cr_assert_float_eq(c->rtt_ms, 25, 0.001);
    cr_assert_eq(c->congestion_window, 10);
    cr_assert_eq(c->receive_queue_bytes, 7);
    cr_assert_eq(c->send_queue_bytes, 9);
    cr_assert_eq(c->status.retransmits, NETWORK_NOT_SUPPORTED);
    cr_assert_eq(c->status.process_name, NETWORK_UNAVAILABLE);
    cr_assert_eq(summary.announced, 1);
    cr_assert_eq(summary.of_others, 1);
}

/* Up to Darwin 23 the slots are classes of traffic that add up. */
Test(darwin_sockets, bytes_are_the_sum_of_the_slots_of_an_older_kernel)
{
    struct socket_spec spec = {.local_port = 1, .remote_port = 2, .state = 4, .generation = 5};
    add_end(1);
    add_socket(&spec, true);
    cr_assert_eq(read_answer(NETWORK_TCP, 4), 0);
    cr_assert_eq(connections.items[0].bytes_received, 1010);
    cr_assert_eq(connections.items[0].bytes_sent, 2020);
}

Test(darwin_sockets, the_socket_record_of_macos_12_is_shorter)
{
    struct socket_spec spec = {
        .local_port = 1, .remote_port = 2, .pid = 77, .state = 4, .generation = 5, .is_old = true};
    const struct network_connection *c = read_one(&spec, NETWORK_TCP);
    cr_assert_eq(c->pid, 77);
    cr_assert(network_has(c, bytes_received) && network_has(c, congestion_window));
}

Test(darwin_sockets, who_a_helper_works_for_is_the_process)
{
    struct socket_spec spec = {.local_port = 1,
        .remote_port = 2,
        .pid = 77,
        .effective_pid = 78,
        .state = 4,
        .generation = 5};
    cr_assert_eq(read_one(&spec, NETWORK_TCP)->pid, 78);
}

Test(darwin_sockets, a_listener_has_an_accept_queue_and_no_other_end)
{
    struct socket_spec spec = {.local_port = 8080, .pid = OWN, .state = 1, .generation = 5};
    const struct network_connection *c = read_one(&spec, NETWORK_TCP);
    cr_assert_eq(c->state, NETWORK_STATE_LISTEN);
    cr_assert_eq(c->status.remote_address, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(c->status.remote_port, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(c->receive_queue_bytes, 3);
    cr_assert_eq(c->send_queue_bytes, 128);
    cr_assert_eq(c->status.bytes_received, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(c->status.congestion_window, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(summary.of_others, 0);
}

Test(darwin_sockets, what_waits_out_its_time_is_nobodys)
{
    struct socket_spec spec = {
        .local_port = 1, .remote_port = 2, .state = 10, .generation = 5, .is_gone = true};
    const struct network_connection *c = read_one(&spec, NETWORK_TCP);
    cr_assert_eq(c->state, NETWORK_STATE_TIME_WAIT);
    cr_assert_eq(c->status.uid, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(c->status.pid, NETWORK_NOT_APPLICABLE);
}

Test(darwin_sockets, udp_has_bytes_too)
{
    struct socket_spec spec = {.local_port = 5353, .pid = 77, .generation = 5};
    const struct network_connection *c = read_one(&spec, NETWORK_UDP);
    cr_assert_eq(c->state, NETWORK_STATE_UNCONNECTED);
    cr_assert_eq(c->bytes_received, 1000);
    cr_assert_eq(c->status.rtt_ms, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(c->status.receive_drops, NETWORK_NOT_SUPPORTED);
}

/* They have neither socket nor generation; a user of 0 would be root's. */
Test(darwin_sockets, flows_of_user_space_stacks_are_told_apart_by_their_ends)
{
    struct socket_spec one = {
        .local_port = 1, .remote_port = 2, .pid = 77, .state = 4, .is_userland = true};
    struct socket_spec other = one;
    other.local_port = 3;
    add_end(2);
    add_socket(&one, true);
    add_socket(&other, true);
    add_end(2);
    cr_assert_eq(read_answer(NETWORK_TCP, 1), 0);
    cr_assert_eq(connections.count, 2);
    cr_assert_neq(connections.items[0].identity, connections.items[1].identity);
    cr_assert_eq(connections.items[0].status.uid, NETWORK_UNAVAILABLE);
    cr_assert_eq(connections.items[0].pid, 77);
    cr_assert_eq(connections.items[0].status.rtt_ms, NETWORK_UNAVAILABLE);
    cr_assert_eq(connections.items[0].status.congestion_window, NETWORK_UNAVAILABLE);
}

Test(darwin_sockets, ipv6_is_without_scope_and_mapped_ipv4_is_ipv4)
{
    struct socket_spec spec = {.local_port = 1, .state = 1, .generation = 5, .is_ipv6 = true};
    const struct network_connection *c = read_one(&spec, NETWORK_TCP);
    cr_assert_eq(c->local_address.family, AF_INET6);
    cr_assert_eq(memcmp(c->local_address.bytes, "\xfe\x80\0\0", 4), 0);
    struct mirror_block *block = (void *)(answer.bytes + 24);
    memcpy(block->local, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\x01\x02\x03", 16);
    connections.count = 0;
    cr_assert_eq(read_answer(NETWORK_TCP, 1), 0);
    cr_assert_eq(connections.items[0].local_address.family, AF_INET);
    cr_assert_eq(memcmp(connections.items[0].local_address.bytes, "\x0a\x01\x02\x03", 4), 0);
}

/* The closing header's second word is a count, which may be the number of a kind. */
Test(darwin_sockets, the_end_is_told_by_its_length)
{
    struct socket_spec spec = {.local_port = 1, .remote_port = 2, .state = 4, .generation = 5};
    add_end(1);
    add_socket(&spec, true);
    add_end(0x10);
    add_socket(&spec, true); /* behind the end there is nothing */
    cr_assert_eq(read_answer(NETWORK_TCP, 1), 0);
    cr_assert_eq(connections.count, 1);
}

Test(darwin_sockets, younger_ones_than_the_table_are_left_out)
{
    struct socket_spec spec = {
        .local_port = 1, .remote_port = 2, .state = 4, .generation = GENERATION + 1};
    add_end(1);
    add_socket(&spec, true);
    cr_assert_eq(read_answer(NETWORK_TCP, 1), 0);
    cr_assert_eq(connections.count, 0);
}

Test(darwin_sockets, records_of_kinds_to_come_are_passed_over)
{
    struct socket_spec spec = {.local_port = 1, .remote_port = 2, .state = 4, .generation = 5};
    struct mirror_statistics unknown = {.length = sizeof(unknown), .kind = 0x400};
    add_end(1);
    add_socket(&spec, true);
    add(&unknown, sizeof(unknown));
    spec.generation = 6;
    add_socket(&spec, true);
    add_end(1);
    cr_assert_eq(read_answer(NETWORK_TCP, 1), 0);
    cr_assert_eq(connections.count, 2);
}

/* Whatever a table is cut to, no byte behind it is read, and no socket is made up. */
Test(darwin_sockets, a_cut_table_has_no_more_than_was_in_it)
{
    struct socket_spec spec = {.local_port = 1, .remote_port = 2, .state = 4, .generation = 5};
    struct darwin_sockets_rules rules = {NETWORK_TCP, 4, OWN};
    add_end(2);
    add_socket(&spec, true);
    spec.generation = 6;
    add_socket(&spec, true);
    add_end(2);
    for (size_t size = 0; size < answer.size; size++) {
        uint8_t *cut = answer_cut(&answer, size);
        connections.count = 0;
        int result = darwin_sockets_read(cut, size, &rules, &connections, &summary);
        cr_assert(result == 0 || result == -EBADMSG);
        cr_assert_leq(connections.count, 2);
        free(cut);
    }
}

static struct mirror_process_socket process_socket(void)
{
    struct mirror_process_socket socket = {.handle = 0xabc,
        .protocol = 6,
        .family = 2,
        .kind = 2,
        .receive = {.bytes = 7},
        .send = {.bytes = 9},
        .internet = {.remote_port = {0x01, 0xbb},
            .local_port = {0xc3, 0x50},
            .generation = 5,
            .versions = 1,
            .tcp_state = 4}};
    memcpy(&socket.internet.local[3], "\x7f\0\0\x01", 4);
    memcpy(&socket.internet.remote[3], "\x0a\0\0\x02", 4);
    return socket;
}

Test(darwin_sockets, libproc_shows_the_same_socket_without_bytes)
{
    struct mirror_process_socket socket = process_socket();
    struct network_connection c;
    cr_assert_eq(darwin_process_socket_read((uint8_t *)&socket, sizeof(socket), 77, &c), 0);
    cr_assert_eq(c.identity, 5, "as in the table");
    cr_assert_eq(c.state, NETWORK_STATE_ESTABLISHED);
    cr_assert_eq(c.local_port, 50000);
    cr_assert_eq(c.remote_port, 443);
    cr_assert_eq(memcmp(c.remote_address.bytes, "\x0a\0\0\x02", 4), 0);
    cr_assert_eq(c.pid, 77);
    cr_assert_eq(c.receive_queue_bytes, 7);
    cr_assert_eq(c.send_queue_bytes, 9);
    cr_assert_eq(c.status.bytes_received, NETWORK_PERMISSION);
    cr_assert_eq(c.status.rtt_ms, NETWORK_PERMISSION);
    cr_assert_eq(
        darwin_process_socket_read((uint8_t *)&socket, sizeof(socket) - 1, 77, &c), -EBADMSG);
}

Test(darwin_sockets, other_sockets_of_a_process_are_none)
{
    struct mirror_process_socket socket = process_socket();
    struct network_connection c;
    socket.kind = 3; /* a local one */
    cr_assert_eq(darwin_process_socket_read((uint8_t *)&socket, sizeof(socket), 77, &c),
        DARWIN_SOCKET_OF_ANOTHER_KIND);
    socket.kind = 1;
    socket.protocol = 1; /* ICMP */
    cr_assert_eq(darwin_process_socket_read((uint8_t *)&socket, sizeof(socket), 77, &c),
        DARWIN_SOCKET_OF_ANOTHER_KIND);
    socket.protocol = 17;
    cr_assert_eq(darwin_process_socket_read((uint8_t *)&socket, sizeof(socket), 77, &c), 0);
    cr_assert_eq(c.type, NETWORK_UDP);
    cr_assert_eq(c.status.rtt_ms, NETWORK_NOT_APPLICABLE);
}
