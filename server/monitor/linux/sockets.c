#include "sockets.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

void socket_hints_fini(struct socket_hints *hints)
{
    free(hints->items);
    *hints = (struct socket_hints){0};
}

int socket_hints_append(struct socket_hints *hints, const struct socket_owner_hint *hint)
{
    if (!MAKE_ROOM(hints->items, hints->count, hints->capacity))
        return -ENOMEM;
    hints->items[hints->count++] = *hint;
    return 0;
}

void sockets_fini(struct sockets *sockets)
{
    if (!sockets)
        return;
    socket_hints_fini(&sockets->hints);
    map_fini(&sockets->seen);
}

struct collecting {
    struct sockets *sockets;
    struct netlink_socket *diag;
    struct connection_array *connections;
    uint8_t protocol;
};

/* Where the socket goes: a place of its own, or the one it has already. */
static int place_of(struct collecting *collecting, uint64_t identity, size_t *ret_place)
{
    struct map_key key = {.high = collecting->protocol, .low = identity};
    struct sockets *sockets = collecting->sockets;
    size_t place = map_find_index(&sockets->seen, key);
    if (place == MAP_ABSENT) {
        place = collecting->connections->count;
        int result = socket_hints_append(&sockets->hints, &(struct socket_owner_hint){0});
        if (result == 0)
            result = map_insert_index(&sockets->seen, key, place);
        if (result < 0)
            return result;
        if (!connection_array_append(collecting->connections))
            return -ENOMEM;
    }
    *ret_place = place;
    return 0;
}

static int take_socket(const struct nlmsghdr *message, void *context)
{
    struct collecting *collecting = context;
    struct network_connection connection;
    struct socket_owner_hint hint;
    /* A state or a message that this program does not know yet is left out, not fatal. */
    if (socket_decode(message, collecting->protocol, &connection, &hint) < 0)
        return 0;
    size_t place;
    int result = place_of(collecting, connection.identity, &place);
    if (result < 0)
        return result;
    collecting->connections->items[place] = connection;
    collecting->sockets->hints.items[place] = hint;
    return 0;
}

/* As bits, ESTABLISHED to NEW_SYN_RECV: what ss and /proc/net/tcp show. A UDP socket that is not
 * connected is in CLOSE. */
enum { ALL_STATES = ((1 << 13) - 1) & ~1 };

static int dump(struct collecting *collecting, struct nlmsghdr *request)
{
    int result =
        netlink_dump(collecting->diag, request, &(struct netlink_sink){take_socket, collecting});
    return result == NETLINK_INTERRUPTED ? 0 : result;
}

/* By the older request, which knows no family: one walk over the kernel's table of connections
 * tells of IPv4 and IPv6, where the newer one walks it for each. On a quiet host that walk is most
 * of what a reading costs. */
static int dump_tcp(struct collecting collecting, uint32_t states)
{
    _Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_BYTES];
    struct nlmsghdr *request = netlink_request(buffer, TCPDIAG_GETSOCK);
    struct inet_diag_req *query = mnl_nlmsg_put_extra_header(request, sizeof(*query));
    query->idiag_family = AF_INET; /* which module is asked; the answer has both */
    query->idiag_states = states;
    query->idiag_ext = 1 << (INET_DIAG_INFO - 1) | 1 << (INET_DIAG_CONG - 1);
    collecting.protocol = IPPROTO_TCP;
    return dump(&collecting, request);
}

/* Listeners have a table of their own, and a short one. Where they are all that was counted, the
 * long one is left alone. */
static int read_tcp(struct collecting collecting, const struct socket_counts *counts)
{
    if (!counts)
        return dump_tcp(collecting, ALL_STATES);
    if (counts->tcp == 0 && counts->time_wait == 0)
        return 0;
    size_t before = collecting.connections->count;
    int result = dump_tcp(collecting, 1 << TCP_LISTEN);
    if (result == 0 &&
        (counts->time_wait > 0 || collecting.connections->count - before < counts->tcp))
        result = dump_tcp(collecting, ALL_STATES);
    return result;
}

static int dump_udp(struct collecting collecting, uint8_t family, uint32_t states)
{
    _Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_BYTES];
    struct nlmsghdr *request = netlink_request(buffer, SOCK_DIAG_BY_FAMILY);
    struct inet_diag_req_v2 *query = mnl_nlmsg_put_extra_header(request, sizeof(*query));
    query->sdiag_family = family;
    query->sdiag_protocol = IPPROTO_UDP;
    query->idiag_states = states;
    query->idiag_ext = 1 << (INET_DIAG_SKMEMINFO - 1);
    collecting.protocol = IPPROTO_UDP;
    return dump(&collecting, request);
}

/* IPv6 may be switched off, and a protocol's half of sock_diag be a module that is not there;
 * TCP must be. */
static int tolerate_absence(int result)
{
    return result == -ENOENT || result == -EOPNOTSUPP || result == -EAFNOSUPPORT ? 0 : result;
}

void sockets_begin(struct sockets *sockets)
{
    sockets->hints.count = 0;
    map_clear(&sockets->seen);
}

int sockets_read(struct sockets *sockets, struct netlink_socket *diag,
    const struct socket_counts *counts, struct connection_array *ret_connections)
{
    struct collecting collecting = {
        .sockets = sockets, .diag = diag, .connections = ret_connections};
    int result = read_tcp(collecting, counts);
    if (result == 0 && (!counts || counts->udp4 > 0))
        result = tolerate_absence(dump_udp(collecting, AF_INET, ALL_STATES));
    if (result == 0 && (!counts || counts->udp6 > 0))
        result = tolerate_absence(dump_udp(collecting, AF_INET6, ALL_STATES));
    return result;
}

int sockets_read_listeners(
    struct sockets *sockets, struct netlink_socket *diag, struct connection_array *ret_connections)
{
    struct collecting collecting = {
        .sockets = sockets, .diag = diag, .connections = ret_connections};
    int result = dump_tcp(collecting, 1 << TCP_LISTEN);
    if (result == 0)
        result = tolerate_absence(dump_udp(collecting, AF_INET, 1 << TCP_CLOSE));
    if (result == 0)
        result = tolerate_absence(dump_udp(collecting, AF_INET6, 1 << TCP_CLOSE));
    return result;
}
