/* Who holds a socket, of real sockets and processes, by either evidence: the kernel's list (BPF),
 * which is of this moment, and the search of /proc, which looks again now and then. */
#include "network_monitor.h"

#include "owners.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct network_monitor *monitor;
static enum network_evidence evidence;
static int patience; /* readings until a socket that was handed on shows its new holder */

static enum network_status status_of(const char *name)
{
    size_t count;
    const struct network_capability *capabilities = network_monitor_capabilities(monitor, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(capabilities[i].name, name) == 0)
            return capabilities[i].status;
    return NETWORK_STATUSES; /* there is none of that name */
}

static void open_monitor(void)
{
    if (unshare(CLONE_NEWNET) < 0)
        cr_skip_test("needs root, to make a network namespace: %s", strerror(errno));
    cr_assert_eq(system("ip link set lo up"), 0);
    cr_assert_eq(network_monitor_open(&monitor), 0);
}

static void set_up_bpf(void)
{
    open_monitor();
    if (status_of("short_lived") != NETWORK_KNOWN)
        cr_skip_test("needs CAP_BPF, CAP_PERFMON, a kernel with BTF, and clang and libbpf");
    evidence = NETWORK_EVIDENCE_BPF;
    patience = 1;
}

static void drop_bpf(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    cr_assert_eq(syscall(SYS_capget, &header, data), 0);
    static const unsigned dropped[] = {CAP_SYS_ADMIN, CAP_BPF, CAP_PERFMON};
    for (size_t i = 0; i < ARRAY_LENGTH(dropped); i++) {
        uint32_t rest = ~(1u << dropped[i] % 32);
        data[dropped[i] / 32].effective &= rest;
        data[dropped[i] / 32].permitted &= rest;
    }
    cr_assert_eq(syscall(SYS_capset, &header, data), 0);
}

static void set_up_proc(void)
{
    open_monitor();
    network_monitor_close(monitor);
    drop_bpf();
    cr_assert_eq(network_monitor_open(&monitor), 0);
    cr_assert_neq(status_of("short_lived"), NETWORK_KNOWN);
    evidence = NETWORK_EVIDENCE_PROC;
    patience = 40;
}

static void tear_down(void)
{
    network_monitor_close(monitor);
}

TestSuite(owners_by_bpf, .init = set_up_bpf, .fini = tear_down);
TestSuite(owners_by_proc, .init = set_up_proc, .fini = tear_down);

static void refresh(void)
{
    cr_assert_eq(network_monitor_refresh_connections(monitor), 0);
}

static int open_listener(uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(fd, 16) < 0 || getsockname(fd, (struct sockaddr *)&address, &size) < 0)
        abort(); /* also called where an assertion would not be heard */
    *ret_port = ntohs(address.sin_port);
    return fd;
}

/* The listener at that port; NULL when it is not there. */
static const struct network_connection *search(uint16_t port)
{
    size_t count;
    const struct network_connection *items = network_monitor_connections(monitor, &count);
    for (size_t i = 0; i < count; i++)
        if (items[i].local_port == port)
            return &items[i];
    return NULL;
}

static void check(uint16_t port, pid_t pid, const char *name)
{
    const struct network_connection *connection = search(port);
    cr_assert(connection);
    cr_assert(network_has(connection, pid));
    cr_assert_eq(connection->pid, (uint32_t)pid, "%u instead of %d", connection->pid, pid);
    cr_assert_str_eq(connection->process_name, name);
    cr_assert_eq(connection->evidence, evidence);
    cr_assert_eq(status_of("owners"), NETWORK_KNOWN);
}

static void check_after_patience(uint16_t port, pid_t pid, const char *name)
{
    for (int i = 0; i < patience; i++)
        refresh();
    check(port, pid, name);
}

/* --- processes to hand a socket to: each does one thing and stays until it is killed --- */

struct child {
    pid_t pid;
    int line; /* a byte to it: do it; a byte from it: done */
};

static void stay(void)
{
    for (;;)
        pause();
}

static struct child start_child(void (*live)(int line))
{
    int lines[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, lines), 0);
    struct child child = {.pid = fork(), .line = lines[0]};
    if (child.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, "the-child");
        close(lines[0]);
        live(lines[1]);
        stay();
    }
    close(lines[1]);
    return child;
}

static void end_child(struct child child)
{
    kill(child.pid, SIGKILL);
    waitpid(child.pid, NULL, 0);
    close(child.line);
}

static void wait_for(int line)
{
    char byte;
    cr_assert_eq(read(line, &byte, 1), 1);
}

static void say(int line)
{
    if (write(line, "", 1) != 1)
        abort();
}

static void hold(int line)
{
    say(line);
}

static void check_handing_on_by_fork(void)
{
    uint16_t port;
    int listener = open_listener(&port);
    prctl(PR_SET_NAME, "the-parent");
    refresh();
    check(port, getpid(), "the-parent");
    struct child child = start_child(hold);
    wait_for(child.line);
    refresh();
    check(port, getpid(), "the-parent"); /* the lowest of both */
    close(listener);
    check_after_patience(port, child.pid, "the-child");
    end_child(child);
    refresh();
    cr_assert_null(search(port));
}

Test(owners_by_bpf, are_those_who_inherited_at_the_next_reading)
{
    check_handing_on_by_fork();
}

Test(owners_by_proc, are_those_who_inherited_after_a_while)
{
    check_handing_on_by_fork();
}

static union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr header; /* for its alignment */
} control;

static struct msghdr *message_with_control(void)
{
    static char byte;
    static struct iovec part = {.iov_base = &byte, .iov_len = 1};
    static struct msghdr message;
    message = (struct msghdr){.msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof(control.bytes)};
    return &message;
}

static void take_and_hold(int line)
{
    if (recvmsg(line, message_with_control(), 0) == 1)
        say(line);
}

static void send_descriptor(int line, int fd)
{
    struct msghdr *message = message_with_control();
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(fd));
    memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    cr_assert_eq(sendmsg(line, message, 0), 1);
}

static void check_handing_on_by_message(void)
{
    uint16_t port;
    struct child child = start_child(take_and_hold);
    int listener = open_listener(&port);
    prctl(PR_SET_NAME, "the-parent");
    refresh();
    check(port, getpid(), "the-parent");
    send_descriptor(child.line, listener);
    wait_for(child.line);
    close(listener);
    check_after_patience(port, child.pid, "the-child");
    end_child(child);
}

Test(owners_by_bpf, are_those_who_were_sent_the_socket_at_the_next_reading)
{
    check_handing_on_by_message();
}

Test(owners_by_proc, are_those_who_were_sent_the_socket_after_a_while)
{
    check_handing_on_by_message();
}

static void check_renaming(void)
{
    uint16_t port;
    int listener = open_listener(&port);
    prctl(PR_SET_NAME, "before");
    refresh();
    check(port, getpid(), "before");
    prctl(PR_SET_NAME, "odd)\xff name");
    refresh();
    check(port, getpid(), "odd)\xff name");
    close(listener);
}

Test(owners_by_bpf, have_the_name_they_have_now)
{
    check_renaming();
}

Test(owners_by_proc, have_the_name_they_have_now)
{
    check_renaming();
}

static void *open_in_thread(void *ret_port)
{
    prctl(PR_SET_NAME, "a-thread");
    return (void *)(intptr_t)open_listener(ret_port);
}

static void check_thread(void)
{
    uint16_t port;
    pthread_t thread;
    void *listener;
    prctl(PR_SET_NAME, "the-process");
    cr_assert_eq(pthread_create(&thread, NULL, open_in_thread, &port), 0);
    pthread_join(thread, &listener);
    refresh();
    check(port, getpid(), "the-process");
    close((int)(intptr_t)listener);
}

Test(owners_by_bpf, are_processes_not_threads)
{
    check_thread();
}

Test(owners_by_proc, are_processes_not_threads)
{
    check_thread();
}

/* --- very many sockets --- */

enum { MANY = 2 * OWNERS_LISTED + 100 };

static void open_many(void)
{
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 0; i < MANY; i++) {
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
            cr_skip_test("no more than %d sockets can be opened: %s", i, strerror(errno));
    }
}

Test(owners_by_bpf, of_very_many_sockets_are_listed_when_one_is_new_and_now_and_then)
{
    uint16_t port;
    open_many();
    refresh();
    int listener = open_listener(&port);
    prctl(PR_SET_NAME, "the-parent");
    refresh();
    check(port, getpid(), "the-parent");
    struct child child = start_child(hold);
    wait_for(child.line);
    close(listener);
    for (unsigned i = 0; i <= MANY / OWNERS_LISTED; i++)
        refresh();
    check(port, child.pid, "the-child");
    end_child(child);
}

/* --- what /proc/PID/fd does not show --- */

static void *open_and_stay(void *line)
{
    uint16_t port;
    open_listener(&port);
    prctl(PR_SET_NAME, "a-thread");
    usleep(50000); /* the first thread ends meanwhile, or the test tests less */
    if (write((int)(intptr_t)line, &port, sizeof(port)) == sizeof(port))
        stay();
    return NULL;
}

static void end_first_thread(int line)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, open_and_stay, (void *)(intptr_t)line) == 0)
        pthread_exit(NULL);
}

Test(owners_by_bpf, are_processes_whose_first_thread_has_ended)
{
    uint16_t port;
    struct child child = start_child(end_first_thread);
    cr_assert_eq(read(child.line, &port, sizeof(port)), sizeof(port));
    refresh();
    check(port, child.pid, "the-child");
    end_child(child);
}

/* Its pid is 1 there. */
static void look_from_within(int line)
{
    uint16_t port;
    int listener = open_listener(&port);
    char answer = getpid() == 1 && network_monitor_open(&monitor) == 0 &&
                  network_monitor_refresh_connections(monitor) == 0 && search(port) &&
                  network_has(search(port), pid) && search(port)->pid == 1;
    if (write(line, &answer, 1) != 1)
        abort();
    (void)listener; /* until it is killed */
}

Test(owners_by_bpf, have_the_pids_of_the_namespace_that_looks)
{
    char is_right;
    cr_assert_eq(unshare(CLONE_NEWPID), 0);
    struct child child = start_child(look_from_within);
    cr_assert_eq(read(child.line, &is_right, 1), 1);
    cr_assert(is_right);
    refresh();
    size_t count;
    const struct network_connection *items = network_monitor_connections(monitor, &count);
    cr_assert_eq(count, 1);
    check(items[0].local_port, child.pid, "the-child"); /* and from outside by its number there */
    end_child(child);
}
