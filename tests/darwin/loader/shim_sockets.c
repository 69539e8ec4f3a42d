/* Sockets: addresses begin with a length on macOS, and families and options have other numbers.
 * Those that ask the kernel of the network go to the scripted one. */
#include "loader.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int family_from_darwin(int family)
{
    switch (family) {
    case AF_UNSPEC:
    case AF_UNIX:
    case AF_INET:
        return family;
    case DARWIN_AF_INET6:
        return AF_INET6;
    default:
        fatal("address family %d of macOS is not known here", family);
    }
}

static int family_to_darwin(int family)
{
    return family == AF_INET6 ? DARWIN_AF_INET6 : family;
}

static int open_socket(int family, int type, int protocol)
{
    enum { DARWIN_SYSPROTO_EVENT = 1 };
    bool has_route_only = getenv("IFPULSE_KERNEL_SCRIPT_ROUTE") != NULL;
    if (family == (has_route_only ? DARWIN_PF_ROUTE : DARWIN_PF_SYSTEM) && type == SOCK_RAW &&
        protocol == (has_route_only ? 0 : DARWIN_SYSPROTO_EVENT))
        return kernel_open_events();
    if (family == DARWIN_PF_ROUTE || family == DARWIN_PF_SYSTEM) {
        errno = EPROTONOSUPPORT;
        return -1;
    }
    if (type < SOCK_STREAM || type > SOCK_DGRAM) /* there are no flags in it */
        fatal("socket type %#x of macOS is not known here", (unsigned)type);
    return socket(family_from_darwin(family), type, protocol);
}

static int open_pair(int family, int type, int protocol, int *pair)
{
    return socketpair(family_from_darwin(family), type, protocol, pair);
}

/* --- addresses --- */

static socklen_t address_from_darwin(
    const struct sockaddr *darwin, socklen_t size, struct sockaddr_storage *here)
{
    if (size < 2 || size > sizeof(*here))
        fatal("an address of %u bytes is not known here", size);
    memset(here, 0, sizeof(*here));
    memcpy(here, darwin, size);
    here->ss_family = (sa_family_t)family_from_darwin(((const uint8_t *)darwin)[1]);
    return size;
}

static void address_to_darwin(
    const struct sockaddr_storage *here, socklen_t here_size, void *darwin, socklen_t *size)
{
    if (!darwin)
        return;
    uint8_t bytes[sizeof(*here)];
    memcpy(bytes, here, sizeof(bytes));
    bytes[0] = (uint8_t)here_size;
    bytes[1] = (uint8_t)family_to_darwin(here->ss_family);
    memcpy(darwin, bytes, here_size < *size ? here_size : *size);
    *size = here_size;
}

static int bind_to(int fd, const struct sockaddr *address, socklen_t size)
{
    struct sockaddr_storage here;
    socklen_t here_size = address_from_darwin(address, size, &here);
    return bind(fd, (struct sockaddr *)&here, here_size);
}

static int connect_to(int fd, const struct sockaddr *address, socklen_t size)
{
    struct sockaddr_storage here;
    socklen_t here_size = address_from_darwin(address, size, &here);
    return connect(fd, (struct sockaddr *)&here, here_size);
}

static int accept_from(int fd, void *address, socklen_t *size)
{
    struct sockaddr_storage here = {0};
    socklen_t here_size = sizeof(here);
    int result = accept(fd, (struct sockaddr *)&here, &here_size);
    if (result >= 0)
        address_to_darwin(&here, here_size, address, size);
    return result;
}

static int own_name(int fd, void *address, socklen_t *size)
{
    struct sockaddr_storage here = {0};
    socklen_t here_size = sizeof(here);
    int result = getsockname(fd, (struct sockaddr *)&here, &here_size);
    if (result == 0)
        address_to_darwin(&here, here_size, address, size);
    return result;
}

static int peer_name(int fd, void *address, socklen_t *size)
{
    struct sockaddr_storage here = {0};
    socklen_t here_size = sizeof(here);
    int result = getpeername(fd, (struct sockaddr *)&here, &here_size);
    if (result == 0)
        address_to_darwin(&here, here_size, address, size);
    return result;
}

static const char *address_text(int family, const void *bytes, char *text, socklen_t size)
{
    return inet_ntop(family_from_darwin(family), bytes, text, size);
}

static int address_parse(int family, const char *text, void *bytes)
{
    return inet_pton(family_from_darwin(family), text, bytes);
}

/* Numbers only, of the host only. */
static int name_of_address(const struct sockaddr *address, socklen_t size, char *host,
    socklen_t host_size, const char *service, socklen_t service_size, int flags)
{
    enum { DARWIN_NUMERICHOST = 2, DARWIN_EAI_FAMILY = 5 };
    struct sockaddr_storage here;
    (void)service_size;
    if (flags != DARWIN_NUMERICHOST || service)
        fatal("getnameinfo with flags %#x is not known here", (unsigned)flags);
    socklen_t here_size = address_from_darwin(address, size, &here);
    return getnameinfo(
               (struct sockaddr *)&here, here_size, host, host_size, NULL, 0, NI_NUMERICHOST) == 0
               ? 0
               : DARWIN_EAI_FAMILY;
}

/* --- options --- */

enum { DARWIN_SOL_SOCKET = 0xffff, DARWIN_SO_ERROR = 0x1007, NOTHING = -1 };

/* here NOTHING: it changes nothing here. */
static const struct option {
    int darwin_level, darwin, level, here;
} options[] = {
    {DARWIN_SOL_SOCKET, 0x4, SOL_SOCKET, SO_REUSEADDR},
    {DARWIN_SOL_SOCKET, 0x8, SOL_SOCKET, SO_KEEPALIVE},
    {DARWIN_SOL_SOCKET, 0x20, SOL_SOCKET, SO_BROADCAST},
    {DARWIN_SOL_SOCKET, 0x1001, SOL_SOCKET, SO_SNDBUF},
    {DARWIN_SOL_SOCKET, 0x1002, SOL_SOCKET, SO_RCVBUF},
    {DARWIN_SOL_SOCKET, DARWIN_SO_ERROR, SOL_SOCKET, SO_ERROR},
    {DARWIN_SOL_SOCKET, 0x1008, SOL_SOCKET, SO_TYPE},
    {DARWIN_SOL_SOCKET, 0x1022, SOL_SOCKET, NOTHING}, /* SO_NOSIGPIPE */
    {IPPROTO_TCP, 0x1, IPPROTO_TCP, TCP_NODELAY},
    {IPPROTO_TCP, 0x201, IPPROTO_TCP, TCP_NOTSENT_LOWAT},
};

static const struct option *option_of(int level, int number)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (options[i].darwin_level == level && options[i].darwin == number)
            return &options[i];
    fatal("socket option %#x of level %#x of macOS is not known here", (unsigned)number,
        (unsigned)level);
}

static int set_option(int fd, int level, int number, const void *value, socklen_t size)
{
    const struct option *option = option_of(level, number);
    if (option->here == NOTHING || kernel_has_events(fd))
        return 0;
    return setsockopt(fd, option->level, option->here, value, size);
}

static int get_option(int fd, int level, int number, void *value, socklen_t *size)
{
    const struct option *option = option_of(level, number);
    int result = getsockopt(fd, option->level, option->here, value, size);
    if (result == 0 && option->darwin == DARWIN_SO_ERROR && *size == sizeof(int))
        *(int *)value = errno_to_darwin(*(int *)value);
    return result;
}

/* --- what goes through --- */

static int message_flags(int flags)
{
    enum { PEEK = 0x2, WAITALL = 0x40, DONTWAIT = 0x80, NOSIGNAL = 0x80000 };
    if (flags & ~(PEEK | WAITALL | DONTWAIT | NOSIGNAL))
        fatal("message flags %#x of macOS are not known here", (unsigned)flags);
    return (flags & PEEK ? (int)MSG_PEEK : 0) | (flags & WAITALL ? (int)MSG_WAITALL : 0) |
           (flags & DONTWAIT ? (int)MSG_DONTWAIT : 0) | (flags & NOSIGNAL ? (int)MSG_NOSIGNAL : 0);
}

static ssize_t receive(int fd, void *buffer, size_t size, int flags)
{
    return kernel_has_events(fd) ? kernel_receive_event(buffer, size)
                                 : recv(fd, buffer, size, message_flags(flags));
}

static ssize_t read_bytes(int fd, void *buffer, size_t size)
{
    return kernel_has_events(fd) ? kernel_receive_event(buffer, size) : read(fd, buffer, size);
}

static ssize_t send_bytes(int fd, const void *bytes, size_t size, int flags)
{
    return send(fd, bytes, size, message_flags(flags));
}

static int close_file(int fd)
{
    if (kernel_has_events(fd))
        kernel_close_events();
    return close(fd);
}

/* macOS's requests name the size of their argument, so that none is taken for another. */
static int control(int fd, unsigned long request, void *argument)
{
    enum { DARWIN_FIONREAD = 0x4004667f };
    const unsigned long darwin_fionbio = 0x8004667e;
    if (request == DARWIN_FIONREAD)
        return ioctl(fd, FIONREAD, argument);
    if (request == darwin_fionbio)
        return ioctl(fd, FIONBIO, argument);
    return kernel_ioctl(request, argument);
}

const struct shim socket_shims[] = {
    SHIM("socket", open_socket),
    SHIM("socketpair", open_pair),
    SHIM("bind", bind_to),
    SHIM("connect", connect_to),
    SHIM("accept", accept_from),
    SHIM("getsockname", own_name),
    SHIM("getpeername", peer_name),
    SHIM("getnameinfo", name_of_address),
    SHIM("inet_ntop", address_text),
    SHIM("inet_pton", address_parse),
    SHIM("setsockopt", set_option),
    SHIM("getsockopt", get_option),
    SHIM("recv", receive),
    SHIM("read", read_bytes),
    SHIM("send", send_bytes),
    SHIM("close", close_file),
    SHIM("ioctl", control),
    SHIMS_END,
};
