#include "netlink_socket.h"

#include <errno.h>
#include <string.h>

/* The kernel fills at most 32 KiB of a dump at a time, however much room is offered. */
enum { RECEIVE_BYTES = 64 * 1024 };

int netlink_open(struct netlink_socket *ret_socket, int bus)
{
    struct netlink_socket opened = {.buffer = malloc(RECEIVE_BYTES)};
    if (!opened.buffer)
        return -ENOMEM;
    opened.socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
    if (!opened.socket || mnl_socket_bind(opened.socket, 0, MNL_SOCKET_AUTOPID) < 0) {
        int number = errno;
        netlink_close(&opened);
        return -number;
    }
    *ret_socket = opened;
    return 0;
}

void netlink_close(struct netlink_socket *socket)
{
    if (!socket)
        return;
    if (socket->socket)
        mnl_socket_close(socket->socket);
    free(socket->buffer);
    *socket = (struct netlink_socket){0};
}

struct nlmsghdr *netlink_request(void *buffer, uint16_t type)
{
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    request->nlmsg_type = type;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    return request;
}

/* The errno in front of NLMSG_ERROR and, in a dump that failed half-way, of NLMSG_DONE. */
static int error_of(const struct nlmsghdr *message)
{
    int32_t error = 0;
    if (mnl_nlmsg_get_payload_len(message) >= sizeof(error))
        memcpy(&error, mnl_nlmsg_get_payload(message), sizeof(error));
    return error < 0 ? error : 0;
}

static int take_message(const struct nlmsghdr *message, const struct netlink_sink *sink,
    struct netlink_progress *progress)
{
    if (message->nlmsg_flags & NLM_F_DUMP_INTR)
        progress->is_interrupted = true;
    switch (message->nlmsg_type) {
    case NLMSG_DONE:
    case NLMSG_ERROR:
        progress->is_done = true;
        return error_of(message);
    case NLMSG_NOOP:
    case NLMSG_OVERRUN:
        return 0;
    default:
        return sink->take(message, sink->context);
    }
}

bool netlink_is_whole(const struct nlmsghdr *message, int left)
{
    return mnl_nlmsg_ok(message, left) && message->nlmsg_len <= (uint32_t)left;
}

/* Messages of an older request, one that was given up, are passed over. */
int netlink_take_datagram(const struct netlink_socket *socket, size_t size,
    const struct netlink_sink *sink, struct netlink_progress *progress)
{
    int left = (int)size, result = 0;
    const struct nlmsghdr *message = (const struct nlmsghdr *)socket->buffer;
    while (netlink_is_whole(message, left) && !progress->is_done && result >= 0) {
        if (message->nlmsg_seq == socket->sequence)
            result = take_message(message, sink, progress);
        message = mnl_nlmsg_next(message, &left);
    }
    return result < 0 ? result : 0;
}

int netlink_dump(
    struct netlink_socket *socket, struct nlmsghdr *request, const struct netlink_sink *sink)
{
    struct netlink_progress progress = {0};
    request->nlmsg_seq = ++socket->sequence;
    if (mnl_socket_sendto(socket->socket, request, request->nlmsg_len) < 0)
        return -errno;
    while (!progress.is_done) {
        ssize_t size = mnl_socket_recvfrom(socket->socket, socket->buffer, RECEIVE_BYTES);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return -errno;
        int result = netlink_take_datagram(socket, (size_t)size, sink, &progress);
        if (result < 0)
            return result;
    }
    return progress.is_interrupted ? NETLINK_INTERRUPTED : 0;
}

int netlink_dump_strictly(
    struct netlink_socket *socket, struct nlmsghdr *request, const struct netlink_sink *sink)
{
    int is_on = 1, is_off = 0;
    (void)mnl_socket_setsockopt(socket->socket, NETLINK_GET_STRICT_CHK, &is_on, sizeof(is_on));
    int result = netlink_dump(socket, request, sink);
    (void)mnl_socket_setsockopt(socket->socket, NETLINK_GET_STRICT_CHK, &is_off, sizeof(is_off));
    return result;
}

void netlink_parse(const struct nlmsghdr *message, size_t header_size,
    int (*take)(const struct nlattr *attribute, void *context), void *context)
{
    const char *end = (const char *)message + message->nlmsg_len;
    const struct nlattr *attribute = mnl_nlmsg_get_payload_offset(message, header_size);
    while (mnl_attr_ok(attribute, (int)(end - (const char *)attribute))) {
        if (take(attribute, context) != MNL_CB_OK)
            return;
        attribute = mnl_attr_next(attribute);
    }
}

size_t netlink_copy_payload(const struct nlattr *attribute, void *value, size_t size)
{
    size_t there = mnl_attr_get_payload_len(attribute);
    if (there > size)
        there = size;
    memset(value, 0, size);
    memcpy(value, mnl_attr_get_payload(attribute), there);
    return there;
}
