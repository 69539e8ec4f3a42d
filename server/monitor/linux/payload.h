/* payload - how many bytes of payload a TCP connection has carried, by what the kernel counts.
 *
 * The kernel counts a SYN and a FIN as a byte each. While a connection is open its state tells
 * which of them there were. What is said of one that has ended has no state any more; there they
 * are told by what was left unread and unconfirmed. So both counts are exact for every connection
 * that ended in order or was reset by the other side, but for these, which look the same as others:
 * - Our process closed first, all that had come was read, and the other side confirmed that before
 *   it closed too: the socket ends then, and one byte too few was received.
 * - A reset came after a FIN that had been read: one byte too many was received.
 * - A reset came while our FIN was under way: up to one byte too few was sent.
 * Of the first two BPF may have noted whether a FIN came (noted_owners); then they are exact too.
 */
#ifndef IFPULSE_PAYLOAD_H
#define IFPULSE_PAYLOAD_H

#include "network_types.h"
#include <linux/tcp.h>

/* Whether the kernel sent this member of its tcp_info, of which it sent size bytes. */
#define TCP_INFO_HAS(size, member)                                                                 \
    ((size) >= offsetof(struct tcp_info, member) + sizeof(((struct tcp_info *)NULL)->member))

/* What lies in the queues of a socket, a FIN counted as a byte. */
struct payload_rest {
    uint32_t unread, unconfirmed;
};

/* info is zeroed behind size, which reaches behind tcpi_bytes_received. */
uint64_t payload_sent(const struct tcp_info *info, size_t size, const struct payload_rest *rest,
    enum network_connection_state state);
uint64_t payload_received(const struct tcp_info *info, enum network_connection_state state);

/* The same of a socket that has ended. */
uint64_t payload_sent_at_end(
    const struct tcp_info *info, size_t size, const struct payload_rest *rest);
uint64_t payload_received_at_end(
    const struct tcp_info *info, size_t size, const struct payload_rest *rest);

#endif
