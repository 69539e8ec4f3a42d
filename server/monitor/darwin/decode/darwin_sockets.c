#include "darwin_sockets.h"

#include "darwin_addresses.h"
#include "darwin_bytes.h"
#include "darwin_wire.h"
#include <sys/socket.h>

/* netinet/tcp_fsm.h, in its order. */
static const enum network_connection_state tcp_states[] = {NETWORK_STATE_CLOSE,
    NETWORK_STATE_LISTEN, NETWORK_STATE_SYN_SENT, NETWORK_STATE_SYN_RECEIVED,
    NETWORK_STATE_ESTABLISHED, NETWORK_STATE_CLOSE_WAIT, NETWORK_STATE_FIN_WAIT1,
    NETWORK_STATE_CLOSING, NETWORK_STATE_LAST_ACK, NETWORK_STATE_FIN_WAIT2,
    NETWORK_STATE_TIME_WAIT};

/* The records of one socket; NULL: not there. */
struct socket_records {
    const uint8_t *block, *socket, *receive_buffer, *send_buffer, *statistics, *tcp;
};

/* --- what both sources have --- */

struct socket_place {
    const uint8_t *local, *remote; /* 16 bytes each */
    uint16_t local_port, remote_port;
    bool is_ipv6;
};

static void put_place(struct network_connection *connection, const struct socket_place *place)
{
    static const uint8_t nowhere[16];
    PUT(connection, local_address, darwin_socket_address(place->local, place->is_ipv6));
    PUT(connection, local_port, place->local_port);
    connection->status.remote_address = NETWORK_NOT_APPLICABLE;
    connection->status.remote_port = NETWORK_NOT_APPLICABLE;
    if (place->remote_port == 0 && memcmp(place->remote, nowhere, sizeof(nowhere)) == 0)
        return;
    PUT(connection, remote_address, darwin_socket_address(place->remote, place->is_ipv6));
    PUT(connection, remote_port, place->remote_port);
}

static enum network_connection_state tcp_state(uint32_t state)
{
    return state < ARRAY_LENGTH(tcp_states) ? tcp_states[state] : NETWORK_STATE_CLOSE;
}

static enum network_connection_state udp_state(const struct network_connection *connection)
{
    return network_has(connection, remote_address) ? NETWORK_STATE_ESTABLISHED
                                                   : NETWORK_STATE_UNCONNECTED;
}

/* A listener has no other end, whatever the kernel left in its place. */
static void put_state(struct network_connection *connection, enum network_connection_state state)
{
    PUT(connection, state, state);
    if (state != NETWORK_STATE_LISTEN)
        return;
    connection->status.remote_address = NETWORK_NOT_APPLICABLE;
    connection->status.remote_port = NETWORK_NOT_APPLICABLE;
}

/* What macOS never says, and what this connection cannot have. */
static void put_absent(struct network_connection *connection)
{
    bool is_tcp = connection->type == NETWORK_TCP;
    bool is_stream = is_tcp && connection->state != NETWORK_STATE_LISTEN;
    uint8_t of_streams = is_stream ? NETWORK_NOT_SUPPORTED : NETWORK_NOT_APPLICABLE;
    connection->status.netns = NETWORK_NOT_APPLICABLE;
    connection->status.unit = NETWORK_NOT_SUPPORTED;
    connection->status.rtt_min_ms = of_streams;
    connection->status.retransmits = of_streams;
    connection->status.congestion_control = of_streams;
    connection->status.limited_by = of_streams;
    connection->status.receive_drops = is_tcp ? NETWORK_NOT_APPLICABLE : NETWORK_NOT_SUPPORTED;
    if (is_stream)
        return;
    connection->status.rtt_ms = NETWORK_NOT_APPLICABLE;
    connection->status.congestion_window = NETWORK_NOT_APPLICABLE;
    if (connection->state == NETWORK_STATE_LISTEN)
        connection->status.bytes_received = connection->status.bytes_sent = NETWORK_NOT_APPLICABLE;
}

/* Of a TCP listener the queues are those of connections to be accepted. */
static void put_accept_queue(struct network_connection *connection, uint16_t length, uint16_t limit)
{
    PUT(connection, receive_queue_bytes, length);
    PUT(connection, send_queue_bytes, limit);
}

/* --- the tables --- */

/* It says nothing of one without: flows of user-space stacks have no socket and no generation, and
 * a socket that is gone (time_wait) has left zeros. */
static void put_owner(struct network_connection *connection, const uint8_t *socket)
{
    if (connection->state == NETWORK_STATE_TIME_WAIT) {
        connection->status.uid = connection->status.user = NETWORK_NOT_APPLICABLE;
        connection->status.pid = connection->status.process_name = NETWORK_NOT_APPLICABLE;
        connection->status.evidence = NETWORK_NOT_APPLICABLE;
        return;
    }
    if (!socket)
        return;
    int32_t last = (int32_t)read_le32(socket + XSO_LAST_PID);
    int32_t effective = (int32_t)read_le32(socket + XSO_E_PID);
    int32_t pid = effective > 0 ? effective : last; /* for whom a helper works */
    if (read_le64(socket + XSO_SO) != 0)
        PUT(connection, uid, read_le32(socket + XSO_UID));
    if (pid > 0)
        PUT(connection, pid, (uint32_t)pid);
}

/* Of a socket that is gone they are zeros too, which say nothing. */
static void put_bytes(
    struct network_connection *connection, const uint8_t *statistics, unsigned slots)
{
    uint64_t received = 0, sent = 0;
    if (!statistics || connection->state == NETWORK_STATE_TIME_WAIT)
        return;
    for (unsigned i = 0; i < slots && i < XST_SLOTS; i++) {
        const uint8_t *slot = statistics + XST_FIRST + i * XST_SLOT;
        received += read_le64(slot + XST_RXBYTES);
        sent += read_le64(slot + XST_TXBYTES);
    }
    PUT(connection, bytes_received, received);
    PUT(connection, bytes_sent, sent);
}

static void put_queues(struct network_connection *connection, const struct socket_records *records)
{
    if (connection->state == NETWORK_STATE_LISTEN) {
        if (records->socket)
            put_accept_queue(connection, read_le16(records->socket + XSO_QLEN),
                read_le16(records->socket + XSO_QLIMIT));
        return;
    }
    if (records->receive_buffer)
        PUT(connection, receive_queue_bytes, read_le32(records->receive_buffer + XSB_CC));
    if (records->send_buffer)
        PUT(connection, send_queue_bytes, read_le32(records->send_buffer + XSB_CC));
}

/* 0 of either: the connection has not come so far, or is of a user-space stack, which tells none.
 */
static void put_tcp(struct network_connection *connection, const uint8_t *tcp)
{
    uint32_t srtt = read_le32(tcp + XTCP_SRTT), segment = read_le32(tcp + XTCP_MAXSEG);
    if (srtt > 0)
        PUT(connection, rtt_ms, (double)srtt / 32);
    if (segment > 0)
        PUT(connection, congestion_window, read_le32(tcp + XTCP_CWND) / segment);
}

/* Flows of user-space stacks have no generation; their ends tell them apart. The high bit keeps
 * them from the others. */
static uint64_t identity_of(const uint8_t *block)
{
    uint64_t generation = read_le64(block + XINP_GENERATION);
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    if (generation != 0)
        return generation;
    for (size_t i = XINP_REMOTE_PORT; i < XINP_LOCAL + 16; i++)
        hash = (hash ^ block[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
    return hash | UINT64_C(1) << 63;
}

static void put_socket(struct network_connection *connection, const struct socket_records *records,
    const struct darwin_sockets_rules *rules)
{
    const uint8_t *block = records->block;
    struct socket_place place = {.local = block + XINP_LOCAL,
        .remote = block + XINP_REMOTE,
        .local_port = read_be16(block + XINP_LOCAL_PORT),
        .remote_port = read_be16(block + XINP_REMOTE_PORT),
        .is_ipv6 = block[XINP_VFLAG] & VFLAG_IPV6};
    connection->identity = identity_of(block);
    PUT(connection, type, rules->type);
    put_place(connection, &place);
    put_state(connection,
        records->tcp ? tcp_state(read_le32(records->tcp + XTCP_STATE)) : udp_state(connection));
    put_owner(connection, records->socket);
    put_bytes(connection, records->statistics, rules->statistics_slots);
    put_queues(connection, records);
    if (records->tcp)
        put_tcp(connection, records->tcp);
    put_absent(connection);
}

struct socket_table {
    const struct darwin_sockets_rules *rules;
    uint64_t generation; /* of the table; younger sockets may be half made */
    struct connection_array *connections;
    struct darwin_sockets_summary summary;
};

static bool is_readable(const struct socket_table *table, const struct socket_records *records)
{
    bool is_tcp = table->rules->type == NETWORK_TCP;
    return records->block && records->block[XINP_VFLAG] & (VFLAG_IPV4 | VFLAG_IPV6) &&
           read_le64(records->block + XINP_GENERATION) <= table->generation &&
           is_tcp == (records->tcp != NULL);
}

/* Takes the records of the socket that is complete now. */
static int append_socket(struct socket_table *table, const struct socket_records *records)
{
    if (!is_readable(table, records))
        return 0;
    struct network_connection *connection = connection_array_append(table->connections);
    if (!connection)
        return -ENOMEM;
    put_socket(connection, records, table->rules);
    table->summary.of_others +=
        network_has(connection, pid) && connection->pid != (uint32_t)table->rules->own_pid;
    return 0;
}

static void note_record(struct socket_records *records, const uint8_t *record, uint32_t length)
{
    switch (read_le32(record + 4)) {
    case XSO_IS_SOCKET:
        records->socket = length >= XSO_SIZE ? record : NULL;
        break;
    case XSO_IS_RECEIVE_BUFFER:
        records->receive_buffer = length >= XSB_SIZE ? record : NULL;
        break;
    case XSO_IS_SEND_BUFFER:
        records->send_buffer = length >= XSB_SIZE ? record : NULL;
        break;
    case XSO_IS_STATS:
        records->statistics = length >= XST_SIZE ? record : NULL;
        break;
    case XSO_IS_TCPCB:
        records->tcp = length >= XTCP_SIZE ? record : NULL;
        break;
    default: /* of a kind to come, or 0: the buffer of no socket */
        break;
    }
}

static int read_record(struct socket_table *table, struct socket_records *records,
    const uint8_t *record, uint32_t length)
{
    if (read_le32(record + 4) != XSO_IS_INPCB) {
        note_record(records, record, length);
        return 0;
    }
    int result = append_socket(table, records);
    *records = (struct socket_records){.block = length >= XINP_SIZE ? record : NULL};
    return result;
}

static int read_table(struct socket_table *table, const uint8_t *bytes, size_t size)
{
    struct socket_records records = {NULL, NULL, NULL, NULL, NULL, NULL};
    int result = 0;
    while (result == 0 && size >= 8) {
        uint32_t length = read_le32(bytes);
        if (length == XGEN_SIZE)
            break;
        if (length < XGEN_SIZE || length > size)
            return -EBADMSG;
        result = read_record(table, &records, bytes, length);
        size_t step = ((size_t)length + 7) & ~(size_t)7;
        step = step < size ? step : size;
        bytes += step;
        size -= step;
    }
    return result == 0 ? append_socket(table, &records) : result;
}

int darwin_sockets_read(const uint8_t *bytes, size_t size, const struct darwin_sockets_rules *rules,
    struct connection_array *ret_connections, struct darwin_sockets_summary *ret_summary)
{
    if (size < XGEN_SIZE || read_le32(bytes) != XGEN_SIZE)
        return -EBADMSG;
    struct socket_table table = {.rules = rules,
        .generation = read_le64(bytes + XGEN_GENERATION),
        .connections = ret_connections,
        .summary = {.announced = read_le32(bytes + XGEN_COUNT)}};
    int result = read_table(&table, bytes + XGEN_SIZE, size - XGEN_SIZE);
    if (result == 0)
        *ret_summary = table.summary;
    return result;
}

/* --- libproc --- */

static bool is_tcp_socket(const uint8_t *bytes)
{
    return read_le32(bytes + PSO_KIND) == SOCKINFO_IS_TCP;
}

static bool is_udp_socket(const uint8_t *bytes)
{
    return read_le32(bytes + PSO_KIND) == SOCKINFO_IS_IN &&
           read_le32(bytes + PSO_PROTOCOL) == DARWIN_IPPROTO_UDP;
}

static void put_process_queues(struct network_connection *connection, const uint8_t *bytes)
{
    if (connection->state == NETWORK_STATE_LISTEN) {
        put_accept_queue(connection, read_le16(bytes + PSO_QLEN), read_le16(bytes + PSO_QLIMIT));
        return;
    }
    PUT(connection, receive_queue_bytes, read_le32(bytes + PSO_RECEIVE_CC));
    PUT(connection, send_queue_bytes, read_le32(bytes + PSO_SEND_CC));
}

int darwin_process_socket_read(
    const uint8_t *bytes, size_t size, int32_t pid, struct network_connection *ret_connection)
{
    struct network_connection connection = {0};
    if (size < PSO_SIZE)
        return -EBADMSG;
    bool is_tcp = is_tcp_socket(bytes);
    if ((!is_tcp && !is_udp_socket(bytes)) || !(bytes[PSO_VFLAG] & (VFLAG_IPV4 | VFLAG_IPV6)))
        return DARWIN_SOCKET_OF_ANOTHER_KIND;
    struct socket_place place = {.local = bytes + PSO_LOCAL,
        .remote = bytes + PSO_REMOTE,
        .local_port = read_be16(bytes + PSO_LOCAL_PORT),
        .remote_port = read_be16(bytes + PSO_REMOTE_PORT),
        .is_ipv6 = bytes[PSO_VFLAG] & VFLAG_IPV6};
    connection.identity = read_le64(bytes + PSO_GENERATION);
    PUT(&connection, type, is_tcp ? NETWORK_TCP : NETWORK_UDP);
    put_place(&connection, &place);
    put_state(
        &connection, is_tcp ? tcp_state(read_le32(bytes + PSO_TCP_STATE)) : udp_state(&connection));
    PUT(&connection, pid, (uint32_t)pid);
    connection.status.bytes_received = connection.status.bytes_sent = NETWORK_PERMISSION;
    connection.status.rtt_ms = connection.status.congestion_window = NETWORK_PERMISSION;
    put_process_queues(&connection, bytes);
    put_absent(&connection);
    *ret_connection = connection;
    return 0;
}
