/* real_sockets - TCP and UDP over loopback, for tests in a network namespace of their own. */
#ifndef IFPULSE_REAL_SOCKETS_H
#define IFPULSE_REAL_SOCKETS_H

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define UNUSED_HERE __attribute__((unused))

/* From here on the test has a network of its own, with nothing in it but loopback, up. */
UNUSED_HERE static void enter_namespace(void)
{
    if (unshare(CLONE_NEWNET) < 0)
        cr_skip_test("needs root, to make a network namespace: %s", strerror(errno));
    cr_assert_eq(system("ip link set lo up"), 0);
}

UNUSED_HERE static uint16_t local_port(int fd)
{
    struct sockaddr_in6 address;
    socklen_t size = sizeof(address);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin6_port);
}

/* A bound socket; its port. */
UNUSED_HERE static int open_bound(int family, int type, uint16_t *ret_port)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6};
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)&address;
    if (family == AF_INET)
        *ipv4 =
            (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(family, type | SOCK_CLOEXEC, 0);
    cr_assert_geq(fd, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    *ret_port = local_port(fd);
    return fd;
}

UNUSED_HERE static int open_listener(int family, uint16_t *ret_port)
{
    int fd = open_bound(family, SOCK_STREAM, ret_port);
    cr_assert_eq(listen(fd, 64), 0);
    return fd;
}

/* Over IPv4, also to a listener of both families. */
UNUSED_HERE static int open_connected(int type, uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

UNUSED_HERE static int accept_one(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    cr_assert_geq(fd, 0);
    return fd;
}

/* Until the other side has acknowledged all; it may take its time. */
UNUSED_HERE static void wait_confirmed(int fd)
{
    for (int left = 1; left > 0; usleep(1000))
        cr_assert_eq(ioctl(fd, SIOCOUTQ, &left), 0);
}

/* Sends size bytes one way and reads them all at the other end. */
UNUSED_HERE static void transfer(int from, int to, size_t size)
{
    static char bytes[65536];
    size_t sent = 0, received = 0;
    while (received < size) {
        size_t left = size - sent;
        if (left > 0) {
            ssize_t some =
                send(from, bytes, left < sizeof(bytes) ? left : sizeof(bytes), MSG_DONTWAIT);
            sent += some > 0 ? (size_t)some : 0;
        }
        ssize_t some = recv(to, bytes, sizeof(bytes), sent < size ? MSG_DONTWAIT : 0);
        cr_assert(some > 0 || (some < 0 && errno == EAGAIN));
        received += some > 0 ? (size_t)some : 0;
    }
    wait_confirmed(from);
}

/* Closing it will reset the connection. */
UNUSED_HERE static void make_resetting(int fd)
{
    struct linger none = {.l_onoff = 1};
    cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)), 0);
}

/* Reads until the other side has closed. */
UNUSED_HERE static void read_to_end(int fd)
{
    char bytes[4096];
    while (recv(fd, bytes, sizeof(bytes), 0) > 0)
        ;
}

#endif
