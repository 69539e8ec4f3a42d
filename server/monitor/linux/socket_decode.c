#include "socket_decode.h"

#include "netlink_socket.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
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

static int put_state(
    const struct inet_diag_msg *answer, uint8_t protocol, struct network_connection *connection)
{
    if (protocol == IPPROTO_UDP) {
        PUT(connection, state,
            answer->id.idiag_dport != 0 ? NETWORK_STATE_ESTABLISHED : NETWORK_STATE_UNCONNECTED);
        return 0;
    }
    if (answer->idiag_state == 0 || answer->idiag_state >= ARRAY_LENGTH(tcp_states))
        return -EPROTO;
    PUT(connection, state, tcp_states[answer->idiag_state]);
    return 0;
}

/* A listener has queues where others have bytes and times. UDP counts nothing. */
static void put_absent(struct network_connection *connection, uint8_t protocol)
{
    bool is_udp = protocol == IPPROTO_UDP;
    if (!is_udp && connection->state != NETWORK_STATE_LISTEN)
        return;
    uint8_t bytes = is_udp ? NETWORK_NOT_SUPPORTED : NETWORK_NOT_APPLICABLE;
    connection->status.bytes_received = bytes;
    connection->status.bytes_sent = bytes;
    connection->status.rtt_ms = NETWORK_NOT_APPLICABLE;
    connection->status.rtt_min_ms = NETWORK_NOT_APPLICABLE;
    connection->status.retransmits = NETWORK_NOT_APPLICABLE;
    connection->status.limited_by = NETWORK_NOT_APPLICABLE;
    if (is_udp)
        connection->status.congestion_control = NETWORK_NOT_APPLICABLE;
}

/* Whether the kernel sent this member of its tcp_info. */
#define HAS(size, member)                                                                          \
    ((size) >= offsetof(struct tcp_info, member) + sizeof(((struct tcp_info *)NULL)->member))

/* tcpi_bytes_acked counts the SYN of whoever connects, and a FIN, as a byte each once they are
 * acknowledged. What was sent anew without the repeats is payload only and tells them apart. */
static uint64_t payload_acked(const struct tcp_info *info, size_t size)
{
    uint64_t acked = info->tcpi_bytes_acked;
    if (!HAS(size, tcpi_bytes_retrans) || info->tcpi_bytes_sent < info->tcpi_bytes_retrans)
        return acked;
    uint64_t payload = info->tcpi_bytes_sent - info->tcpi_bytes_retrans;
    return acked > payload && acked - payload <= 2 ? payload : acked;
}

/* tcpi_bytes_received counts the other side's FIN as a byte. */
static uint64_t payload_received(const struct tcp_info *info, enum network_connection_state state)
{
    bool has_fin = state == NETWORK_STATE_CLOSE_WAIT || state == NETWORK_STATE_LAST_ACK ||
                   state == NETWORK_STATE_CLOSING;
    return info->tcpi_bytes_received - (has_fin && info->tcpi_bytes_received > 0);
}

static void put_bytes(
    const struct tcp_info *info, size_t size, struct network_connection *connection)
{
    if (HAS(size, tcpi_bytes_acked))
        PUT(connection, bytes_sent, payload_acked(info, size));
    else
        connection->status.bytes_sent = NETWORK_NOT_SUPPORTED;
    if (HAS(size, tcpi_bytes_received))
        PUT(connection, bytes_received, payload_received(info, connection->state));
    else
        connection->status.bytes_received = NETWORK_NOT_SUPPORTED;
}

static void put_times(
    const struct tcp_info *info, size_t size, struct network_connection *connection)
{
    /* 0: no segment has been timed yet. */
    if (HAS(size, tcpi_rtt) && info->tcpi_rtt != 0)
        PUT(connection, rtt_ms, info->tcpi_rtt / 1e3);
    if (HAS(size, tcpi_min_rtt) && info->tcpi_min_rtt != 0 && info->tcpi_min_rtt != UINT32_MAX)
        PUT(connection, rtt_min_ms, info->tcpi_min_rtt / 1e3);
    if (HAS(size, tcpi_total_retrans))
        PUT(connection, retransmits, info->tcpi_total_retrans);
}

/* What held the sender back: the application while it has nothing under way, else what took more
 * than half of the time it was busy sending. */
static void put_limit(
    const struct tcp_info *info, size_t size, struct network_connection *connection)
{
    if (!HAS(size, tcpi_sndbuf_limited) || info->tcpi_busy_time == 0)
        return;
    enum network_limited_by limit = NETWORK_LIMITED_BY_NETWORK;
    if (info->tcpi_unacked == 0 && info->tcpi_notsent_bytes == 0)
        limit = NETWORK_LIMITED_BY_APPLICATION;
    else if (info->tcpi_rwnd_limited > info->tcpi_busy_time / 2)
        limit = NETWORK_LIMITED_BY_RECEIVER;
    else if (info->tcpi_sndbuf_limited > info->tcpi_busy_time / 2)
        limit = NETWORK_LIMITED_BY_SENDER;
    else if (info->tcpi_delivery_rate_app_limited)
        limit = NETWORK_LIMITED_BY_APPLICATION;
    PUT(connection, limited_by, limit);
}

static void take_tcp_info(const struct nlattr *attribute, struct network_connection *connection)
{
    if (connection->state == NETWORK_STATE_LISTEN || connection->type != NETWORK_TCP)
        return;
    struct tcp_info info;
    size_t size = netlink_copy_payload(attribute, &info, sizeof(info));
    put_bytes(&info, size, connection);
    put_times(&info, size, connection);
    put_limit(&info, size, connection);
}

struct decoding {
    struct network_connection connection;
    struct socket_owner_hint hint;
};

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
        take_tcp_info(attribute, &decoding->connection);
        break;
    case INET_DIAG_CONG:
        take_text(attribute, &decoding->connection);
        break;
    case INET_DIAG_CGROUP_ID:
        netlink_copy_payload(attribute, &decoding->hint.cgroup, sizeof(decoding->hint.cgroup));
        break;
    default:
        break;
    }
    return MNL_CB_OK;
}

static void put_owner(const struct inet_diag_msg *answer, struct decoding *decoding)
{
    struct network_connection *connection = &decoding->connection;
    decoding->hint = (struct socket_owner_hint){
        .inode = answer->idiag_inode, .interface_index = answer->id.idiag_if};
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

int socket_decode(const struct nlmsghdr *message, uint8_t protocol,
    struct network_connection *ret_connection, struct socket_owner_hint *ret_hint)
{
    if ((message->nlmsg_type != SOCK_DIAG_BY_FAMILY && message->nlmsg_type != TCPDIAG_GETSOCK) ||
        mnl_nlmsg_get_payload_len(message) < sizeof(struct inet_diag_msg))
        return -EPROTO;
    const struct inet_diag_msg *answer = mnl_nlmsg_get_payload(message);
    if (answer->idiag_family != AF_INET && answer->idiag_family != AF_INET6)
        return -EPROTO;
    struct decoding decoding = {0};
    struct network_connection *connection = &decoding.connection;
    connection->identity = (uint64_t)answer->id.idiag_cookie[1] << 32 | answer->id.idiag_cookie[0];
    PUT(connection, type, protocol == IPPROTO_UDP ? NETWORK_UDP : NETWORK_TCP);
    int result = put_state(answer, protocol, connection);
    if (result < 0)
        return result;
    put_ends(answer, connection);
    put_owner(answer, &decoding);
    put_absent(connection, protocol);
    netlink_parse(message, sizeof(*answer), take_attribute, &decoding);
    *ret_connection = decoding.connection;
    *ret_hint = decoding.hint;
    return 0;
}
