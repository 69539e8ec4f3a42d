/* Whoever opens or closes a TCP connection is noted, and nobody else: of real connections, whose
 * two ends belong to two processes, because on loopback the one's packets change the other's state.
 */
#include "owners.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct noted_owners *owners;

static void set_up(void)
{
    if (unshare(CLONE_NEWNET) < 0)
        cr_skip_test("needs root, to make a network namespace: %s", strerror(errno));
    cr_assert_eq(system("ip link set lo up"), 0);
    int result = noted_owners_open(&owners);
    if (result == -EPERM || result == -ENOENT || result == -ENOSYS)
        cr_skip_test("needs CAP_BPF, CAP_PERFMON, a kernel with BTF, and clang and libbpf");
    cr_assert_eq(result, 0, "%s", strerror(-result));
    prctl(PR_SET_NAME, "the-test");
}

static void tear_down(void)
{
    noted_owners_close(owners);
}

TestSuite(noted_owners, .init = set_up, .fini = tear_down);

static uint64_t cookie_of(int fd)
{
    uint64_t cookie;
    socklen_t size = sizeof(cookie);
    cr_assert_eq(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size), 0);
    return cookie;
}

static struct sockaddr_in any_port(void)
{
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int open_listener(struct sockaddr_in *ret_address)
{
    socklen_t size = sizeof(*ret_address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *ret_address = any_port();
    cr_assert_eq(bind(fd, (struct sockaddr *)ret_address, sizeof(*ret_address)), 0);
    cr_assert_eq(listen(fd, 16), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)ret_address, &size), 0);
    return fd;
}

static int open_client(const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? fd : -1;
}

/* The other end: a process that connects and then does something at each byte it is told. */
struct peer {
    pid_t pid;
    int line, accepted;
};

static void become_peer(int line, const struct sockaddr_in *address, void (*act)(int fd))
{
    char byte;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "the-peer");
    int fd = open_client(address);
    if (read(line, &byte, 1) == 1 && act)
        act(fd);
    if (write(line, &byte, 1) == 1)
        pause();
    _exit(0);
}

/* Connects a peer to a listener of its own; what is accepted is this process's. */
static struct peer connect_peer(void (*act)(int fd))
{
    struct sockaddr_in address;
    int listener = open_listener(&address), lines[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, lines), 0);
    struct peer peer = {.pid = fork(), .line = lines[0]};
    if (peer.pid == 0) {
        close(listener);
        close(lines[0]);
        become_peer(lines[1], &address, act);
    }
    close(lines[1]);
    peer.accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    cr_assert_geq(peer.accepted, 0);
    close(listener);
    return peer;
}

static void let_act(struct peer peer)
{
    char byte = 0;
    cr_assert_eq(write(peer.line, &byte, 1), 1);
    cr_assert_eq(read(peer.line, &byte, 1), 1);
}

static void end_peer(struct peer peer)
{
    kill(peer.pid, SIGKILL);
    waitpid(peer.pid, NULL, 0);
    close(peer.line);
}

static void check_unknown(uint64_t cookie)
{
    struct noted_owner owner;
    cr_assert_not(noted_owners_find(owners, cookie, &owner), "noted as %s", owner.comm);
}

static struct noted_owner check_noted(uint64_t cookie, pid_t pid, const char *name)
{
    struct noted_owner owner;
    cr_assert(noted_owners_find(owners, cookie, &owner), "not noted");
    cr_assert_eq(owner.pid, (uint32_t)pid, "%u (%s) instead of %d", owner.pid, owner.comm, pid);
    cr_assert_str_eq(owner.comm, name);
    cr_assert_eq(owner.uid, geteuid());
    return owner;
}

static void check_own(uint64_t cookie)
{
    check_noted(cookie, getpid(), "the-test");
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

Test(noted_owners, are_those_who_connect_with_the_time)
{
    struct sockaddr_in address;
    int listener = open_listener(&address);
    uint64_t before = now_ns();
    int client = open_client(&address);
    struct noted_owner owner = check_noted(cookie_of(client), getpid(), "the-test");
    cr_assert(owner.opened_ns >= before && owner.opened_ns <= now_ns());
    cr_assert_neq(owner.cgroup, 0);
    close(client);
    close(listener);
}

Test(noted_owners, are_those_who_connect_without_waiting)
{
    struct sockaddr_in address;
    int listener = open_listener(&address);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    (void)connect(client, (struct sockaddr *)&address, sizeof(address));
    check_own(cookie_of(client));
    struct pollfd poll_fd = {.fd = client, .events = POLLOUT};
    cr_assert_eq(poll(&poll_fd, 1, 5000), 1);
    check_own(cookie_of(client));
    close(client);
    close(listener);
}

Test(noted_owners, are_those_who_are_refused)
{
    struct sockaddr_in address;
    close(open_listener(&address));
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(client, (struct sockaddr *)&address, sizeof(address)), -1);
    check_own(cookie_of(client));
    close(client);
}

Test(noted_owners, are_those_who_accept_and_close)
{
    struct peer peer = connect_peer(NULL);
    uint64_t cookie = cookie_of(peer.accepted);
    check_unknown(cookie); /* that it is there is the other's doing */
    close(peer.accepted);
    check_own(cookie);
    struct noted_owner owner;
    cr_assert(noted_owners_find(owners, cookie, &owner));
    cr_assert_eq(owner.opened_ns, 0, "it was not opened here");
    end_peer(peer);
}

static void end_stream(int fd)
{
    shutdown(fd, SHUT_WR);
}

Test(noted_owners, are_those_who_close_what_the_other_side_closed_first)
{
    struct peer peer = connect_peer(end_stream);
    uint64_t cookie = cookie_of(peer.accepted);
    let_act(peer);
    char byte;
    cr_assert_eq(read(peer.accepted, &byte, 1), 0);
    check_unknown(cookie);
    close(peer.accepted);
    check_own(cookie);
    end_peer(peer);
}

static void reset(int fd)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    close(fd);
}

Test(noted_owners, are_those_who_reset)
{
    struct peer peer = connect_peer(NULL);
    uint64_t cookie = cookie_of(peer.accepted);
    reset(peer.accepted);
    check_own(cookie);
    end_peer(peer);
}

/* The packet comes in while the other process is the current one; to name that would be a lie. */
Test(noted_owners, are_those_who_are_reset_by_the_other_side_once_they_close)
{
    struct peer peer = connect_peer(reset);
    uint64_t cookie = cookie_of(peer.accepted);
    let_act(peer);
    char byte;
    cr_assert_eq(read(peer.accepted, &byte, 1), -1);
    cr_assert_eq(errno, ECONNRESET);
    check_unknown(cookie);
    close(peer.accepted);
    check_own(cookie);
    end_peer(peer);
}

static void send_something(int fd)
{
    (void)!write(fd, "something", 9);
}

Test(noted_owners, are_those_who_close_without_reading)
{
    struct peer peer = connect_peer(send_something);
    uint64_t cookie = cookie_of(peer.accepted);
    let_act(peer);
    close(peer.accepted); /* the kernel answers with a reset */
    check_own(cookie);
    end_peer(peer);
}

/* A server that hands each connection to a child; the parent's close is not the last. */
Test(noted_owners, are_the_children_that_were_handed_the_connection_also_when_killed)
{
    struct peer peer = connect_peer(NULL);
    uint64_t cookie = cookie_of(peer.accepted);
    int lines[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, lines), 0);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        close(lines[0]);
        prctl(PR_SET_NAME, "the-child");
        (void)!read(lines[1], &byte, 1); /* the parent is gone, or has closed its own */
        raise(SIGKILL);
    }
    close(peer.accepted);
    check_unknown(cookie);
    close(lines[0]);
    waitpid(child, NULL, 0);
    check_noted(cookie, child, "the-child");
    close(lines[1]);
    end_peer(peer);
}

Test(noted_owners, stay_the_first_who_did_something)
{
    struct sockaddr_in address;
    int listener = open_listener(&address), client = open_client(&address);
    uint64_t cookie = cookie_of(client);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_NAME, "the-child");
        shutdown(client, SHUT_RDWR);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    check_own(cookie);
    close(client);
    check_own(cookie);
    close(listener);
}

static void close_unread(int fd)
{
    close(fd);
}

/* What was closed before anybody noted it, and still has something to send, ends when the other
 * side no longer wants it: in the middle of what that process does, which never had this socket. */
Test(noted_owners, are_not_those_who_happen_to_run_when_a_connection_ends)
{
    static const char bytes[65536];
    noted_owners_close(owners);
    owners = NULL;
    struct peer peer = connect_peer(close_unread);
    uint64_t cookie = cookie_of(peer.accepted);
    while (send(peer.accepted, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
        ;
    close(peer.accepted);
    cr_assert_eq(noted_owners_open(&owners), 0);
    let_act(peer);
    check_unknown(cookie);
    end_peer(peer);
}

static struct noted_owners *open_within(pid_t *ret_pid, int *ret_client)
{
    struct noted_owners *within = NULL;
    struct sockaddr_in address;
    open_listener(&address);
    *ret_pid = getpid();
    if (noted_owners_open(&within) < 0)
        return NULL;
    *ret_client = open_client(&address);
    return within;
}

/* A process namespace in this one: each side sees its own number, and neither the other's. */
Test(noted_owners, have_the_pids_of_the_namespace_that_looks)
{
    int line[2];
    cr_assert_eq(pipe2(line, O_CLOEXEC), 0);
    cr_assert_eq(unshare(CLONE_NEWPID), 0);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, "the-child");
        pid_t pid;
        int client = -1;
        struct noted_owner owner;
        struct noted_owners *within = open_within(&pid, &client);
        uint64_t cookie = 0;
        socklen_t size = sizeof(cookie);
        if (client >= 0 && pid == 1 &&
            getsockopt(client, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0 &&
            (!noted_owners_find(within, cookie, &owner) || owner.pid != 1))
            cookie = 0;
        (void)!write(line[1], &cookie, sizeof(cookie));
        pause();
    }
    uint64_t cookie = 0;
    cr_assert_eq(read(line[0], &cookie, sizeof(cookie)), sizeof(cookie));
    cr_assert_neq(cookie, 0, "its own number is not 1 there");
    check_noted(cookie, child, "the-child");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

Test(noted_owners, are_put_into_a_connection_that_ended)
{
    static struct owners all;
    struct network_connection connection = {0}, other = {.identity = UINT64_MAX};
    struct sockaddr_in address;
    struct noted_owner noted;
    owners_init(&all);
    int listener = open_listener(&address), client = open_client(&address);
    connection.identity = cookie_of(client);
    close(client);
    close(listener);
    cr_assert(owners_find_noted(&all, &connection, &noted));
    cr_assert(network_has(&connection, pid) && network_has(&connection, process_name));
    cr_assert_eq(connection.pid, (uint32_t)getpid());
    cr_assert_str_eq(connection.process_name, "the-test");
    cr_assert(network_has(&connection, uid) && network_has(&connection, user));
    cr_assert_str_eq(connection.user, "root");
    cr_assert_eq(connection.evidence, NETWORK_EVIDENCE_BPF);
    cr_assert_neq(noted.cgroup, 0);
    cr_assert_not(
        owners_find_noted(&all, &connection, &noted), "it makes room for others once it has ended");
    cr_assert_not(owners_find_noted(&all, &other, &noted));
    cr_assert_not(network_has(&other, uid) || network_has(&other, evidence));
    owners_fini(&all);
}

/* Closed after the sockets were read and before their holders were: nobody holds it any more. */
Test(noted_owners, are_those_of_a_reading_that_no_one_holds_any_more)
{
    static struct owners all;
    struct network_connection read[2] = {{.type = NETWORK_TCP}, {.type = NETWORK_TCP}};
    struct connection_array connections = {.items = read, .count = 2};
    struct socket_owner_hint hints[2] = {{.inode = UINT32_MAX}, {.inode = UINT32_MAX}};
    struct sockaddr_in address;
    owners_init(&all);
    int listener = open_listener(&address), client = open_client(&address);
    read[0].identity = cookie_of(client);
    read[1].identity = UINT64_MAX;
    cr_assert_eq(owners_find(&all, &connections, hints), 0);
    cr_assert(network_has(&read[0], pid) && read[0].pid == (uint32_t)getpid());
    cr_assert_str_eq(read[0].process_name, "the-test");
    cr_assert_eq(read[0].evidence, NETWORK_EVIDENCE_BPF);
    cr_assert_not(network_has(&read[1], pid), "nothing was noted of it");
    close(client);
    close(listener);
    owners_fini(&all);
}

Test(noted_owners, are_unknown_without_bpf)
{
    struct noted_owner owner;
    cr_assert_not(noted_owners_find(NULL, 1, &owner));
    noted_owners_close(NULL);
}
