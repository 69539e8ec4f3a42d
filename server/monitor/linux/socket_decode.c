#include "socket_decode.h"

#include "netlink_socket.h"
#include "payload.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <string.h>

/* The kernel's TCP states, 1 to 12; include/net/tcp_states.h is not exported. */
static const enum network_connection_state tcp_states[] = {
    [1] = NETWORK_STATE_ESTABLISHED,
    [2] = NETWORK_STATE_SYN_SENT,
    [3] = NETWORK_STATE_SYN_RECEIVED,
    [4] = NETWORK_STATE_FIN_WAIT1,
    [5] = NETWORK_STATE_FIN_WAIT2,
    [6] = NETWORK_STATE_TIME_WAIT,
    [7] = NETWORK_STATE_CLOSE,
    [8] = NETWORK_STATE_CLOSE_WAIT,
    [9] = NETWORK_STATE_LAST_ACK,
    [10] = NETWORK_STATE_LISTEN,
    [11] = NETWORK_STATE_CLOSING,
    [12] = NETWORK_STATE_NEW_SYN_RECEIVED,
};

/* An answer, and where it goes. */
struct decoding {
    struct network_connection *connection;
    struct socket_owner_hint *hint;
    const struct inet_diag_msg *answer;
    bool has_ended; /* the answer tells of a socket that is no more */
    bool was_open;  /* of one that has ended: it had another end once */
};

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

static struct network_address address_of(uint8_t family, const __be32 words[4])
{
    struct network_address address = {.family = family};
    const uint8_t *bytes = (const uint8_t *)words;
    if (family == AF_INET6 && memcmp(bytes, mapped_prefix, sizeof(mapped_prefix)) == 0) {
        address.family = AF_INET;
        bytes += sizeof(mapped_prefix);
    }
    memcpy(address.bytes, bytes, address.family == AF_INET ? 4 : 16);
    return address;
}

static void put_ends(const struct inet_diag_msg *answer, struct network_connection *connection)
{
    PUT(connection, local_address, address_of(answer->idiag_family, answer->id.idiag_src));
    PUT(connection, local_port, ntohs(answer->id.idiag_sport));
    connection->status.remote_address = NETWORK_NOT_APPLICABLE;
    connection->status.remote_port = NETWORK_NOT_APPLICABLE;
    if (connection->state == NETWORK_STATE_LISTEN || answer->id.idiag_dport == 0)
        return;
    PUT(connection, remote_address, address_of(answer->idiag_family, answer->id.idiag_dst));
    PUT(connection, remote_port, ntohs(answer->id.idiag_dport));
}

static int find_state(
    const struct inet_diag_msg *answer, uint8_t protocol, enum network_connection_state *ret_state)
{
    if (protocol == IPPROTO_UDP) {
        *ret_state =
            answer->id.idiag_dport != 0 ? NETWORK_STATE_ESTABLISHED : NETWORK_STATE_UNCONNECTED;
        return 0;
    }
    if (answer->idiag_state == 0 || answer->idiag_state >= ARRAY_LENGTH(tcp_states))
        return -EPROTO;
    *ret_state = tcp_states[answer->idiag_state];
    return 0;
}

/* Not yet a socket, or no longer: the kernel keeps little more than the two ends of it. */
static bool is_less_than_a_socket(const struct network_connection *connection)
{
    return connection->state == NETWORK_STATE_TIME_WAIT ||
           connection->state == NETWORK_STATE_NEW_SYN_RECEIVED;
}

static void put_queues(const struct inet_diag_msg *answer, struct network_connection *connection)
{
    if (is_less_than_a_socket(connection)) {
        connection->status.receive_queue_bytes = NETWORK_NOT_APPLICABLE;
        connection->status.send_queue_bytes = NETWORK_NOT_APPLICABLE;
        return;
    }
    PUT(connection, receive_queue_bytes, answer->idiag_rqueue);
    PUT(connection, send_queue_bytes, answer->idiag_wqueue);
}

/* A listener has queues where others have bytes and times. UDP counts nothing but its drops. */
static void put_absent(struct network_connection *connection)
{
    bool is_udp = connection->type == NETWORK_UDP;
    connection->status.receive_drops = is_udp ? NETWORK_NOT_SUPPORTED : NETWORK_NOT_APPLICABLE;
    bool has_flow = !is_udp && connection->state != NETWORK_STATE_LISTEN;
    if (has_flow && !is_less_than_a_socket(connection))
        return;
    connection->status.congestion_window = NETWORK_NOT_APPLICABLE;
    connection->status.limited_by = NETWORK_NOT_APPLICABLE;
    if (has_flow)
        return;
    uint8_t bytes = is_udp ? NETWORK_NOT_SUPPORTED : NETWORK_NOT_APPLICABLE;
    connection->status.bytes_received = bytes;
    connection->status.bytes_sent = bytes;
    connection->status.rtt_ms = NETWORK_NOT_APPLICABLE;
    connection->status.rtt_min_ms = NETWORK_NOT_APPLICABLE;
    connection->status.retransmits = NETWORK_NOT_APPLICABLE;
    if (is_udp)
        connection->status.congestion_control = NETWORK_NOT_APPLICABLE;
}

static void put_bytes(const struct tcp_info *info, size_t size, struct decoding *decoding)
{
    struct network_connection *connection = decoding->connection;
    struct payload_rest rest = {
        .unread = decoding->answer->idiag_rqueue, .unconfirmed = decoding->answer->idiag_wqueue};
    if (!TCP_INFO_HAS(size, tcpi_bytes_received)) {
        connection->status.bytes_sent = NETWORK_NOT_SUPPORTED;
        connection->status.bytes_received = NETWORK_NOT_SUPPORTED;
    } else if (decoding->has_ended) {
        PUT(connection, bytes_sent, payload_sent_at_end(info, size, &rest));
        PUT(connection, bytes_received, payload_received_at_end(info, size, &rest));
        decoding->hint->received = info->tcpi_bytes_received;
    } else {
        PUT(connection, bytes_sent, payload_sent(info, size, &rest, connection->state));
        PUT(connection, bytes_received, payload_received(info, connection->state));
    }
}

static void put_times(
    const struct tcp_info *info, size_t size, struct network_connection *connection)
{
    /* 0: no segment has been timed yet. */
    if (TCP_INFO_HAS(size, tcpi_rtt) && info->tcpi_rtt != 0)
        PUT(connection, rtt_ms, info->tcpi_rtt / 1e3);
    if (TCP_INFO_HAS(size, tcpi_min_rtt) && info->tcpi_min_rtt != 0 &&
        info->tcpi_min_rtt != UINT32_MAX)
        PUT(connection, rtt_min_ms, info->tcpi_min_rtt / 1e3);
    if (TCP_INFO_HAS(size, tcpi_total_retrans))
        PUT(connection, retransmits, info->tcpi_total_retrans);
    if (TCP_INFO_HAS(size, tcpi_snd_cwnd))
        PUT(connection, congestion_window, info->tcpi_snd_cwnd);
}

static void put_send_times(
    const struct tcp_info *info, size_t size, struct network_connection *connection)
{
    if (!TCP_INFO_HAS(size, tcpi_sndbuf_limited)) {
        connection->status.limited_by = NETWORK_NOT_SUPPORTED;
        return;
    }
    connection->send_times = (struct network_send_times){
        .is_known = info->tcpi_data_segs_out > 0 || info->tcpi_notsent_bytes > 0,
        .is_application_limited = info->tcpi_delivery_rate_app_limited,
        .has_unsent = info->tcpi_unacked > 0 || info->tcpi_notsent_bytes > 0,
        .busy = info->tcpi_busy_time,
        .receiver_limited = info->tcpi_rwnd_limited,
        .sender_limited = info->tcpi_sndbuf_limited};
}

static void take_tcp_info(const struct nlattr *attribute, struct decoding *decoding)
{
    struct network_connection *connection = decoding->connection;
    if (connection->state == NETWORK_STATE_LISTEN || connection->type != NETWORK_TCP)
        return;
    struct tcp_info info;
    size_t size = netlink_copy_payload(attribute, &info, sizeof(info));
    put_bytes(&info, size, decoding);
    put_times(&info, size, connection);
    put_send_times(&info, size, connection);
    decoding->was_open = info.tcpi_delivered > 0 || info.tcpi_rtt > 0;
}

static void take_memory(const struct nlattr *attribute, struct network_connection *connection)
{
    uint32_t memory[SK_MEMINFO_VARS];
    if (connection->type == NETWORK_UDP &&
        netlink_copy_payload(attribute, memory, sizeof(memory)) == sizeof(memory))
        PUT(connection, receive_drops, memory[SK_MEMINFO_DROPS]);
}

static void take_text(const struct nlattr *attribute, struct network_connection *connection)
{
    char text[sizeof(connection->congestion_control)];
    netlink_copy_payload(attribute, text, sizeof(text));
    text[sizeof(text) - 1] = '\0';
    PUT_TEXT(connection, congestion_control, text);
}

static int take_attribute(const struct nlattr *attribute, void *context)
{
    struct decoding *decoding = context;
    switch (mnl_attr_get_type(attribute)) {
    case INET_DIAG_INFO:
        take_tcp_info(attribute, decoding);
        break;
    case INET_DIAG_CONG:
        take_text(attribute, decoding->connection);
        break;
    case INET_DIAG_SKMEMINFO:
        take_memory(attribute, decoding->connection);
        break;
    case INET_DIAG_CGROUP_ID:
        netlink_copy_payload(attribute, &decoding->hint->cgroup, sizeof(decoding->hint->cgroup));
        break;
    default:
        break;
    }
    return MNL_CB_OK;
}

static void put_owner(const struct inet_diag_msg *answer, struct network_connection *connection)
{
    if (answer->idiag_inode != 0) {
        PUT(connection, uid, answer->idiag_uid);
        return;
    }
    /* The kernel then says uid 0, which is not so. */
    connection->status.uid = NETWORK_NOT_APPLICABLE;
    connection->status.user = NETWORK_NOT_APPLICABLE;
    connection->status.pid = NETWORK_NOT_APPLICABLE;
    connection->status.process_name = NETWORK_NOT_APPLICABLE;
    connection->status.evidence = NETWORK_NOT_APPLICABLE;
    connection->status.unit = NETWORK_NOT_APPLICABLE;
}

/* What is in front of the attributes. Fails before it has touched anything. */
static int take_header(const struct nlmsghdr *message, uint8_t protocol, struct decoding *decoding)
{
    if ((message->nlmsg_type != SOCK_DIAG_BY_FAMILY && message->nlmsg_type != TCPDIAG_GETSOCK) ||
        mnl_nlmsg_get_payload_len(message) < sizeof(struct inet_diag_msg))
        return -EPROTO;
    const struct inet_diag_msg *answer = mnl_nlmsg_get_payload(message);
    enum network_connection_state state;
    int result = find_state(answer, protocol, &state);
    if (result < 0 || (answer->idiag_family != AF_INET && answer->idiag_family != AF_INET6))
        return -EPROTO;
    struct network_connection *connection = decoding->connection;
    memset(connection, 0, sizeof(*connection));
    connection->identity = (uint64_t)answer->id.idiag_cookie[1] << 32 | answer->id.idiag_cookie[0];
    PUT(connection, type, protocol == IPPROTO_UDP ? NETWORK_UDP : NETWORK_TCP);
    PUT(connection, state, state);
    put_ends(answer, connection);
    *decoding->hint = (struct socket_owner_hint){
        .inode = answer->idiag_inode, .interface_index = answer->id.idiag_if};
    decoding->answer = answer;
    return 0;
}

int socket_decode(const struct nlmsghdr *message, uint8_t protocol,
    struct network_connection *ret_connection, struct socket_owner_hint *ret_hint)
{
    struct decoding decoding = {.connection = ret_connection, .hint = ret_hint};
    int result = take_header(message, protocol, &decoding);
    if (result < 0)
        return result;
    put_owner(decoding.answer, ret_connection);
    put_queues(decoding.answer, ret_connection);
    put_absent(ret_connection);
    netlink_parse(message, sizeof(*decoding.answer), take_attribute, &decoding);
    return 0;
}

/* The kernel empties a socket that its own process resets (SO_LINGER of 0 seconds, or a listener
 * that goes before it was accepted): no port, no counts. That it was a connection shows in how far
 * its sequence numbers were moved on: by the largest window it ever had, and more than 3 bytes. */
enum { MOVED_ON_UNOPENED = 3 };

static bool take_reset(struct decoding *decoding)
{
    const struct inet_diag_msg *answer = decoding->answer;
    struct network_connection *connection = decoding->connection;
    if (connection->state == NETWORK_STATE_LISTEN || answer->id.idiag_dport != 0 ||
        answer->idiag_wqueue <= MOVED_ON_UNOPENED)
        return false;
    PUT(connection, remote_address, address_of(answer->idiag_family, answer->id.idiag_dst));
    connection->status.remote_port = NETWORK_UNAVAILABLE;
    return true;
}

int socket_decode_ended(const struct nlmsghdr *message, struct network_connection *ret_connection,
    struct socket_owner_hint *ret_hint)
{
    struct network_connection connection;
    struct socket_owner_hint hint;
    struct decoding decoding = {.connection = &connection, .hint = &hint, .has_ended = true};
    int result = take_header(message, IPPROTO_TCP, &decoding);
    if (result < 0)
        return result;
    connection.state = NETWORK_STATE_CLOSE; /* whatever it says, the socket is no more */
    if (!take_reset(&decoding)) {
        netlink_parse(message, sizeof(*decoding.answer), take_attribute, &decoding);
        if (decoding.answer->id.idiag_dport == 0 || !decoding.was_open)
            return SOCKET_NEVER_OPEN;
    }
    put_absent(&connection);
    *ret_connection = connection;
    *ret_hint = hint;
    return 0;
}
