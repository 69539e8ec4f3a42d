#include "closings.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    KEPT_MAX = 65536,      /* between two readings */
    KEPT_IDLE = 1024,      /* as many places are not given back */
    ROOM_BYTES = 16 << 20, /* of the receive buffer; one message takes about 1 KiB of it */
    MESSAGE_BYTES = 1024,  /* some 400 are used */
    BATCH = 32,            /* messages taken with one call */
    BATCHES_MAX = 4 * KEPT_MAX / BATCH,
};

static int join(int fd)
{
    struct sockaddr_nl any = {.nl_family = AF_NETLINK};
    if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
        return -errno;
    static const int groups[] = {SKNLGRP_INET_TCP_DESTROY, SKNLGRP_INET6_TCP_DESTROY};
    for (size_t i = 0; i < ARRAY_LENGTH(groups); i++)
        if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i], sizeof(groups[i])) < 0)
            return -errno;
    return 0;
}

int closings_open(int *ret_fd)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
    if (fd < 0)
        return -errno;
    /* As much as this user may have; less only makes losses likelier. */
    int room = ROOM_BYTES;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    int result = join(fd);
    if (result < 0)
        close(fd);
    else
        *ret_fd = fd;
    return result;
}

void closings_fini(struct closings *closings)
{
    if (!closings)
        return;
    connection_array_fini(&closings->ended);
    socket_hints_fini(&closings->hints);
}

/* Without room or memory it is lost, like what did not fit into the receive buffer. */
static void keep(struct closings *closings, const struct nlmsghdr *message)
{
    struct network_connection connection, *place = NULL;
    struct socket_owner_hint hint;
    if (socket_decode_ended(message, &connection, &hint) != 0)
        return;
    if (closings->ended.count < KEPT_MAX && socket_hints_append(&closings->hints, &hint) == 0)
        place = connection_array_append(&closings->ended);
    if (place)
        *place = connection;
    closings->hints.count = closings->ended.count;
    closings->has_lost |= !place;
}

void closings_keep(struct closings *closings, const void *datagram, size_t size)
{
    int left = (int)size;
    for (const struct nlmsghdr *message = datagram; netlink_is_whole(message, left);
         message = mnl_nlmsg_next(message, &left))
        keep(closings, message);
}

/* How many messages were there: 0 when there are no more, or -errno. */
static int take_batch(struct closings *closings, int fd)
{
    _Alignas(struct nlmsghdr) char buffers[BATCH][MESSAGE_BYTES];
    struct iovec places[BATCH];
    struct mmsghdr messages[BATCH];
    for (size_t i = 0; i < BATCH; i++) {
        places[i] = (struct iovec){.iov_base = buffers[i], .iov_len = MESSAGE_BYTES};
        messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &places[i], .msg_iovlen = 1}};
    }
    int count = recvmmsg(fd, messages, BATCH, 0, NULL);
    if (count < 0)
        return -errno;
    for (int i = 0; i < count; i++) {
        closings->has_lost |= (messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
        closings_keep(closings, buffers[i], messages[i].msg_len);
    }
    return count;
}

int closings_drain(struct closings *closings, int fd, size_t *ret_count)
{
    size_t total = 0;
    int count = fd < 0 ? -EAGAIN : 0;
    for (int i = 0; i < BATCHES_MAX && count != -EAGAIN; i++) {
        count = take_batch(closings, fd);
        if (count == -ENOBUFS)
            closings->has_lost = true;
        else if (count < 0 && count != -EAGAIN && count != -EINTR)
            return count;
        total += count > 0 ? (size_t)count : 0;
    }
    *ret_count = total;
    return 0;
}

void closings_clear(struct closings *closings)
{
    if (closings->ended.capacity > KEPT_IDLE) {
        connection_array_fini(&closings->ended);
        socket_hints_fini(&closings->hints);
    }
    closings->ended.count = 0;
    closings->hints.count = 0;
    closings->has_lost = false;
}
