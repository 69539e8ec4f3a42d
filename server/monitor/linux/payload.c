#include "payload.h"

/* What was sent, each byte once: payload only, other than what is acknowledged. */
static bool find_sent_once(const struct tcp_info *info, size_t size, uint64_t *ret_bytes)
{
    if (!TCP_INFO_HAS(size, tcpi_bytes_retrans) || info->tcpi_bytes_sent < info->tcpi_bytes_retrans)
        return false;
    *ret_bytes = info->tcpi_bytes_sent - info->tcpi_bytes_retrans;
    return true;
}

/* How much is sent and not acknowledged. */
static uint64_t find_under_way(const struct tcp_info *info, const struct payload_rest *rest)
{
    return rest->unconfirmed > info->tcpi_notsent_bytes
               ? rest->unconfirmed - info->tcpi_notsent_bytes
               : 0;
}

/* tcpi_bytes_acked counts the SYN of whoever connects, and a FIN, once they are acknowledged. The
 * queue is not read at the same moment, and of a busy sender does not fit. */
uint64_t payload_sent(const struct tcp_info *info, size_t size, const struct payload_rest *rest,
    enum network_connection_state state)
{
    uint64_t acked = info->tcpi_bytes_acked, under_way = find_under_way(info, rest), sent;
    bool has_fin = state == NETWORK_STATE_FIN_WAIT1 || state == NETWORK_STATE_LAST_ACK ||
                   state == NETWORK_STATE_CLOSING;
    if (!find_sent_once(info, size, &sent))
        return acked;
    if (has_fin && under_way > 0 && info->tcpi_notsent_bytes == 0)
        under_way--;
    uint64_t payload = sent > under_way ? sent - under_way : 0;
    if (acked >= payload && acked - payload <= 2)
        return payload;
    return acked > sent && acked - sent <= 2 ? sent : acked;
}

/* tcpi_bytes_received counts the other side's FIN. */
uint64_t payload_received(const struct tcp_info *info, enum network_connection_state state)
{
    bool has_fin = state == NETWORK_STATE_CLOSE_WAIT || state == NETWORK_STATE_LAST_ACK ||
                   state == NETWORK_STATE_CLOSING;
    return info->tcpi_bytes_received - (has_fin && info->tcpi_bytes_received > 0);
}

uint64_t payload_sent_at_end(
    const struct tcp_info *info, size_t size, const struct payload_rest *rest)
{
    uint64_t acked = info->tcpi_bytes_acked, under_way = find_under_way(info, rest), sent;
    if (!find_sent_once(info, size, &sent) || sent < under_way)
        return acked;
    uint64_t payload = sent - under_way;
    if (acked < payload || acked - payload > 2)
        return acked;
    /* Two too many and something under way: a SYN, and the FIN is under way. */
    return payload + (acked - payload == 2 && under_way > 0);
}

/* Whether our FIN was acknowledged. A single byte too many may also be the SYN; then the segments
 * decide: one of the handshake, those with data, and one more. */
static bool is_fin_confirmed(
    const struct tcp_info *info, size_t size, const struct payload_rest *rest)
{
    uint64_t sent;
    if (rest->unconfirmed > 0 || !find_sent_once(info, size, &sent))
        return false;
    if (info->tcpi_bytes_acked != sent + 1)
        return info->tcpi_bytes_acked == sent + 2;
    uint64_t delivered = (uint64_t)info->tcpi_delivered + info->tcpi_total_retrans;
    return delivered >= (uint64_t)info->tcpi_data_segs_out + 2;
}

/* A FIN that was not read is the one byte unread, because whoever closes with more unread resets.
 * One that was read leaves nothing; it was there, as far as can be told, where both have closed. */
uint64_t payload_received_at_end(
    const struct tcp_info *info, size_t size, const struct payload_rest *rest)
{
    uint64_t received = info->tcpi_bytes_received;
    if (received == 1)
        return info->tcpi_data_segs_in > 0;
    bool has_fin = rest->unread == 1 || (rest->unread == 0 && is_fin_confirmed(info, size, rest));
    return received - (has_fin && received > 0);
}
