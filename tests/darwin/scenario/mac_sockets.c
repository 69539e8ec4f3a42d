#include "mac.h"
#include "mirrors.h"

#include <arpa/inet.h>
#include <string.h>

enum { /* sys/socketvar.h: XSO_* */
    KIND_SOCKET = 0x01,
    KIND_RECEIVE = 0x02,
    KIND_SEND = 0x04,
    KIND_STATISTICS = 0x08,
    KIND_BLOCK = 0x10,
    KIND_TCP = 0x20,
};
enum { NOW = 9000, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };

static uint8_t versions_of(const struct mac_socket *socket)
{
    const char *address = socket->local ? socket->local : socket->remote;
    if (socket->versions != 0)
        return socket->versions;
    return address && strchr(address, ':') ? 2 : 1;
}

/* An IPv4 address is in the last of four words. */
static void put_address(uint32_t place[4], const char *text)
{
    if (!text)
        return;
    bool is_ipv6 = strchr(text, ':');
    if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, text, is_ipv6 ? place : place + 3) != 1)
        fail("%s is no address", text);
}

static void put_port(uint8_t place[2], uint16_t port)
{
    place[0] = (uint8_t)(port >> 8);
    place[1] = (uint8_t)port;
}

/* --- the tables --- */

static void add_record(struct bytes *bytes, const void *record, size_t size)
{
    bytes_add(bytes, record, size);
    bytes_pad(bytes, 8);
}

static void add_block(struct bytes *bytes, const struct mac_socket *socket, bool is_tcp)
{
    struct mirror_block block = {
        .length = sizeof(block),
        .kind = KIND_BLOCK,
        .handle = socket->is_flow ? 0 : 0x1000 + socket->generation,
        .generation = socket->generation,
        .versions = versions_of(socket),
        .ttl = socket->is_flow ? 0 : 64,
        .protocol = socket->is_flow ? 0
                    : is_tcp        ? PROTOCOL_TCP
                                    : PROTOCOL_UDP,
    };
    uint32_t local[4] = {0}, remote[4] = {0};
    put_address(local, socket->local);
    put_address(remote, socket->remote);
    memcpy(block.local, local, sizeof(local));
    memcpy(block.remote, remote, sizeof(remote));
    put_port(block.local_port, socket->local_port);
    put_port(block.remote_port, socket->remote_port);
    add_record(bytes, &block, sizeof(block));
}

static void add_socket(
    struct bytes *bytes, const struct mac_socket *socket, const struct mac_table *table)
{
    uint8_t grown[256] = {0}; /* a kernel to come adds members at the end */
    struct mirror_socket record = {
        .length = table->socket_size ? table->socket_size : sizeof(record),
        .kind = KIND_SOCKET,
    };
    if (!socket->is_gone) {
        record.protocol = table->is_tcp ? PROTOCOL_TCP : PROTOCOL_UDP;
        record.last_pid = socket->pid;
        record.effective_pid = socket->effective_pid;
    }
    if (!socket->is_gone && !socket->is_flow) {
        record.handle = 0x2000 + socket->generation;
        record.type = table->is_tcp ? 1 : 2;
        record.family = versions_of(socket) & 2 ? MIRROR_AF_INET6 : MIRROR_AF_INET;
        record.queue = socket->waiting;
        record.queue_limit = socket->most_waiting;
        record.uid = socket->uid;
        record.generation = NOW;
    }
    memcpy(grown, &record, sizeof(record));
    add_record(bytes, grown, record.length);
}

/* That of no socket has no kind. */
static void add_buffer(
    struct bytes *bytes, const struct mac_socket *socket, uint32_t kind, uint32_t in_it)
{
    struct mirror_buffer buffer = {.length = sizeof(buffer)};
    if (!socket->is_gone) {
        buffer.kind = kind;
        buffer.bytes = in_it;
        buffer.high_water = 131072;
    }
    add_record(bytes, &buffer, sizeof(buffer));
}

static void add_statistics(struct bytes *bytes, const struct mac_socket *socket)
{
    struct mirror_statistics statistics = {.length = sizeof(statistics), .kind = KIND_STATISTICS};
    for (int i = 0; i < 4 && !socket->is_gone; i++) {
        statistics.slots[i].received_bytes = socket->slots[i].received;
        statistics.slots[i].received_packets = socket->slots[i].received / 1000;
        statistics.slots[i].sent_bytes = socket->slots[i].sent;
        statistics.slots[i].sent_packets = socket->slots[i].sent / 1000;
    }
    add_record(bytes, &statistics, sizeof(statistics));
}

static void add_tcp(struct bytes *bytes, const struct mac_socket *socket)
{
    struct mirror_tcp tcp = {
        .length = sizeof(tcp),
        .kind = KIND_TCP,
        .state = socket->state,
        .congestion_window = socket->congestion_window,
        .segment = socket->segment,
        .smoothed_round_trip = (int32_t)(socket->rtt_ms << 5),
        .round_trip_variance = 3 << 4,
        .round_trips = socket->rtt_ms > 0,
    };
    add_record(bytes, &tcp, sizeof(tcp));
}

static void add_end(struct bytes *bytes, uint32_t count)
{
    struct mirror_table_end end = {
        .length = sizeof(end),
        .count = count,
        .generation = NOW,
        .socket_generation = NOW,
    };
    bytes_add(bytes, &end, sizeof(end));
}

void mac_add_table(struct bytes *bytes, const struct mac_table *table)
{
    uint32_t count = table->announced ? table->announced : (uint32_t)table->count;
    add_end(bytes, count);
    for (size_t i = 0; i < table->count; i++) {
        const struct mac_socket *socket = &table->sockets[i];
        add_block(bytes, socket, table->is_tcp);
        add_socket(bytes, socket, table);
        add_buffer(bytes, socket, KIND_RECEIVE, socket->receive_queue);
        /* Of a flow over UDP nothing is known of what waits to be sent. */
        add_buffer(
            bytes, socket, socket->is_flow && !table->is_tcp ? 0 : KIND_SEND, socket->send_queue);
        add_statistics(bytes, socket);
        if (table->is_tcp)
            add_tcp(bytes, socket);
    }
    add_end(bytes, table->count_at_end ? table->count_at_end : count);
}

size_t mac_table_size(bool is_tcp, size_t count)
{
    size_t item = 104 + 104 + 32 + 32 + 136 + (is_tcp ? 208 : 0);
    return (count + count / 8 + 1) * item + 2 * sizeof(struct mirror_table_end);
}

void mac_answer_table(const struct mac_table *table)
{
    struct bytes bytes = {.length = 0};
    const char *key = table->is_tcp ? MAC_TCP : MAC_UDP;
    mac_add_table(&bytes, table);
    answer(1, bytes.at, bytes.length, "%s", key);
    answer_size(
        mac_table_size(table->is_tcp, table->announced ? table->announced : table->count), key);
}

void mac_answer_release(const char *release, const char *version_of_macos)
{
    answer(1, release, strlen(release) + 1, "sysctl.kern.osrelease");
    answer(1, version_of_macos, strlen(version_of_macos) + 1, "sysctl.kern.osproductversion");
}

/* --- processes --- */

void mac_answer_process(int32_t pid, const char *path, const char *name, uint32_t uid)
{
    struct mirror_process process = {.pid = (uint32_t)pid, .parent = 1, .uid = uid};
    size_t length = strlen(name);
    memcpy(process.name, name, length < sizeof(process.name) ? length : sizeof(process.name));
    if (path)
        answer(1, path, strlen(path), "process.path.%d", pid);
    else
        answer_error(1, "ESRCH", "process.path.%d", pid);
    answer(1, &process, sizeof(process), "process.short_info.%d", pid);
}

void mac_answer_pids(const int32_t *pids, size_t count)
{
    answer(1, pids, count * sizeof(*pids), "process.pids");
}

void mac_answer_strangers(const int32_t *pids, size_t count)
{
    mac_answer_pids(pids, count);
    for (size_t i = 0; i < count; i++)
        answer_error(1, "EPERM", "process.files.%d", pids[i]);
}

void mac_answer_descriptors(int32_t pid, const struct mac_descriptor *descriptors, size_t count)
{
    struct bytes bytes = {.length = 0};
    for (size_t i = 0; i < count; i++) {
        struct mirror_descriptor descriptor = {descriptors[i].number, descriptors[i].type};
        bytes_add(&bytes, &descriptor, sizeof(descriptor));
    }
    answer(1, bytes.at, bytes.length, "process.files.%d", pid);
}

void mac_answer_process_socket(
    int32_t pid, int32_t descriptor, bool is_tcp, const struct mac_socket *socket)
{
    struct mirror_process_socket info = {
        .handle = 0x2000 + socket->generation,
        .socket_type = is_tcp ? 1 : 2,
        .protocol = is_tcp ? PROTOCOL_TCP : PROTOCOL_UDP,
        .family = versions_of(socket) & 2 ? MIRROR_AF_INET6 : MIRROR_AF_INET,
        .queue = socket->waiting,
        .queue_limit = socket->most_waiting,
        .receive.bytes = socket->receive_queue,
        .send.bytes = socket->send_queue,
        .kind = is_tcp ? 2 : 1,
    };
    struct mirror_internet_socket *internet = &info.internet;
    uint32_t local[4] = {0}, remote[4] = {0};
    put_address(local, socket->local);
    put_address(remote, socket->remote);
    memcpy(internet->local, local, sizeof(local));
    memcpy(internet->remote, remote, sizeof(remote));
    put_port(internet->local_port, socket->local_port);
    put_port(internet->remote_port, socket->remote_port);
    internet->generation = socket->generation;
    internet->versions = versions_of(socket);
    internet->tcp_state = is_tcp ? socket->state : 0;
    answer(1, &info, sizeof(info), "process.socket.%d.%d", pid, descriptor);
}

/* --- events --- */

void mac_answer_event(
    unsigned nth, uint32_t subclass, uint32_t code, const char *name, uint32_t unit)
{
    struct mirror_event event = {
        .total = sizeof(event),
        .vendor = 1,
        .class = 1,
        .subclass = subclass,
        .id = 100 + nth,
        .code = code,
        .family = MIRROR_AF_INET,
        .unit = unit,
    };
    strncpy(event.name, name, sizeof(event.name) - 1);
    answer(nth, &event, sizeof(event), "event");
}
