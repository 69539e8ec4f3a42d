#include "announcements.h"

#include "platform.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DRAIN_MAX = 4096, ROOM_BYTES = 1 << 20 };

/* Lets everything through but routes that are no default routes of the main table. The kernel runs
 * it where it would queue the message, so that the others neither wake us nor take room. What it
 * loads is in network order. */
static int leave_out_routes(int fd)
{
    enum { TYPE = offsetof(struct nlmsghdr, nlmsg_type) };
    enum { LENGTH = NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_dst_len) };
    enum { TABLE = NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_table) };
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, TYPE),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 0, 4),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, LENGTH),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, TABLE),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RT_TABLE_MAIN, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog filter = {.len = ARRAY_LENGTH(steps), .filter = steps};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0 ? -errno : 0;
}

/* Bound before it joins: the kernel's own port is 0, and what it announces goes to every port but
 * the sender's, so a socket that has none yet hears nothing. */
static int join(int fd)
{
    struct sockaddr_nl any = {.nl_family = AF_NETLINK};
    if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
        return -errno;
    static const int groups[] = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
        RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE};
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
    int result = leave_out_routes(fd);
    if (result == 0)
        result = join(fd);
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

static int note_gone(uint32_t index, struct map *gone)
{
    struct map_key key = {.low = index};
    size_t count = map_find_index(gone, key);
    return map_insert_index(gone, key, count == MAP_ABSENT ? 1 : count + 1);
}

static void note_device(uint32_t index, struct announced *announced)
{
    for (unsigned i = 0; i < announced->device_count; i++)
        if (announced->devices[i] == index)
            return;
    if (announced->device_count == ANNOUNCED_DEVICES_MAX)
        announced->all = true;
    else
        announced->devices[announced->device_count++] = index;
}

/* Links and addresses have the index at the same place. A bridge announces a port that leaves it as
 * deleted too, of its own family. */
static int note(
    const struct announcement *announcement, struct map *gone, struct announced *announced)
{
    _Static_assert(offsetof(struct ifinfomsg, ifi_index) == offsetof(struct ifaddrmsg, ifa_index),
        "one place");
    uint16_t type = announcement->header.nlmsg_type;
    uint32_t index = (uint32_t)announcement->link.ifi_index;
    bool has_gone = type == RTM_DELLINK && announcement->link.ifi_family == AF_UNSPEC;
    announced->all |= has_gone;
    if (type == RTM_NEWROUTE || type == RTM_DELROUTE)
        announced->route = true;
    else
        note_device(index, announced);
    return has_gone ? note_gone(index, gone) : 0;
}

int announcements_drain(int fd, struct map *gone, struct announced *announced)
{
    bool is_overrun = false;
    for (int i = 0; i < DRAIN_MAX; i++) {
        struct announcement announcement;
        ssize_t size = recv(fd, &announcement, sizeof(announcement), MSG_TRUNC);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && errno == ENOBUFS) {
            is_overrun = announced->all = true;
            continue;
        }
        if (size < 0 && errno != EAGAIN)
            return -errno;
        if (size < 0)
            break;
        int result =
            size < (ssize_t)sizeof(announcement) ? -EPROTO : note(&announcement, gone, announced);
        announced->all |= result < 0;
        if (result < 0)
            return result;
    }
    return is_overrun ? PLATFORM_OVERRUN : 0;
}
