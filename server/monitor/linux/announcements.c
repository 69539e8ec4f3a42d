#include "announcements.h"

#include "platform.h"
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DRAIN_MAX = 4096, ROOM_BYTES = 1 << 20 };

/* Bound before it joins: the kernel's own port is 0, and what it announces goes to every port but
 * the sender's, so a socket that has none yet hears nothing. */
static int join(int fd)
{
    struct sockaddr_nl any = {.nl_family = AF_NETLINK};
    if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
        return -errno;
    static const int groups[] = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR};
    for (size_t i = 0; i < ARRAY_LENGTH(groups); i++)
        if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i], sizeof(groups[i])) < 0)
            return -errno;
    return 0;
}

int announcements_open(int *ret_fd)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0)
        return -errno;
    /* As much as this user may have; less only makes overruns likelier. */
    int room = ROOM_BYTES;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    int result = join(fd);
    if (result < 0) {
        close(fd);
        return result;
    }
    *ret_fd = fd;
    return 0;
}

/* As much of a message as is looked at. */
struct announcement {
    struct nlmsghdr header;
    struct ifinfomsg link;
};

/* A bridge announces a port that leaves it as deleted too, of its own family. */
static int note_gone(const struct announcement *announcement, ssize_t size, struct map *gone)
{
    if (size < (ssize_t)sizeof(*announcement) || announcement->header.nlmsg_type != RTM_DELLINK ||
        announcement->link.ifi_family != AF_UNSPEC)
        return 0;
    struct map_key key = {.low = (uint64_t)announcement->link.ifi_index};
    size_t count = map_find_index(gone, key);
    return map_insert_index(gone, key, count == MAP_ABSENT ? 1 : count + 1);
}

int announcements_drain(int fd, struct map *gone, bool *ret_changed)
{
    bool has_changed = false, is_overrun = false;
    for (int i = 0; i < DRAIN_MAX; i++) {
        struct announcement announcement;
        ssize_t size = recv(fd, &announcement, sizeof(announcement), MSG_TRUNC);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && errno == ENOBUFS) {
            is_overrun = true;
            continue;
        }
        if (size < 0 && errno != EAGAIN)
            return -errno;
        if (size < 0)
            break;
        has_changed = true;
        int result = note_gone(&announcement, size, gone);
        if (result < 0)
            return result;
    }
    *ret_changed = has_changed || is_overrun;
    return is_overrun ? PLATFORM_OVERRUN : 0;
}
