/* Real namespaces, seen from within process, mount and network namespaces of the test's own: so
 * there are no others than those it makes, and they end with it. */
#include "netns_others.h"
#include "network_monitor.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SKIPPED = 77 };

/* A body says what is wrong; NULL: nothing. Criterion's own checks do not reach out of there. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return #condition;                                                                     \
    } while (0)

static int run_body(const char *(*body)(void))
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("proc", "/proc", "proc", 0, NULL) < 0 || mount("none", "/run", "tmpfs", 0, NULL) < 0)
        return SKIPPED;
    const char *wrong = body();
    if (wrong)
        fprintf(stderr, "not so: %s\n", wrong);
    return wrong ? 1 : 0;
}

static int wait_for(pid_t child)
{
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void check_inside(const char *(*body)(void))
{
    pid_t outer = fork();
    if (outer == 0) {
        if (unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET) < 0)
            _exit(SKIPPED);
        pid_t inner = fork();
        _exit(inner == 0 ? run_body(body) : wait_for(inner));
    }
    int status = wait_for(outer);
    if (status == SKIPPED)
        cr_skip_test("needs root, to make namespaces");
    cr_assert_eq(status, 0);
}

static struct netns_others *others;

/* Looks once; how many are open then, or a negative errno. */
static int look(bool *ret_changed)
{
    size_t refused;
    int refusal, result = netns_others_look(others, ret_changed);
    return result < 0 ? result : (int)netns_others_count(others, &refused, &refusal);
}

static const struct netns *find(const char *name)
{
    for (size_t i = 0; i < others->count; i++)
        if (others->items[i].netns && strcmp(others->items[i].netns->name, name) == 0)
            return others->items[i].netns;
    return NULL;
}

/* A process that goes into a namespace of its own when it reads a byte from the pipe. */
struct traveller {
    pid_t pid;
    int go;
};

static struct traveller start_traveller(void)
{
    int ends[2];
    char byte;
    if (pipe(ends) < 0)
        abort();
    pid_t pid = fork();
    if (pid == 0) {
        if (read(ends[0], &byte, 1) != 1 || unshare(CLONE_NEWNET) < 0)
            _exit(1);
        for (;;)
            pause();
    }
    close(ends[0]);
    return (struct traveller){pid, ends[1]};
}

static void go(const struct traveller *traveller)
{
    char path[32], before[40] = "", after[40] = "";
    snprintf(path, sizeof(path), "/proc/%d/ns/net", traveller->pid);
    if (readlink(path, before, sizeof(before) - 1) < 0 || write(traveller->go, "", 1) != 1)
        abort();
    do
        usleep(1000);
    while (readlink(path, after, sizeof(after) - 1) > 0 && strcmp(before, after) == 0);
}

static const char *a_process_brings_one_and_takes_it_along(void)
{
    bool changed;
    CHECK(netns_others_new(&others) == 0);
    CHECK(look(&changed) == 0 && !changed);
    struct traveller traveller = start_traveller();
    go(&traveller);
    CHECK(look(&changed) == 0 && !changed); /* it may not last */
    CHECK(look(&changed) == 1 && changed);
    CHECK(strncmp(others->items[0].netns->name, "net:[", 5) == 0);
    for (int i = 0; i < 20; i++)
        CHECK(look(&changed) == 1 && !changed);
    kill(traveller.pid, SIGKILL);
    siginfo_t info; /* nobody has waited for it yet: it is a zombie, which is in no namespace */
    waitid(P_PID, (id_t)traveller.pid, &info, WEXITED | WNOWAIT);
    CHECK(look(&changed) == 0 && changed);
    CHECK(others->count == 0);
    netns_others_free(others);
    return NULL;
}

Test(other_namespaces, are_there_while_a_process_is_in_them)
{
    check_inside(a_process_brings_one_and_takes_it_along);
}

static const char *an_old_process_changes_its_namespace(void)
{
    bool changed;
    struct traveller traveller = start_traveller();
    CHECK(netns_others_new(&others) == 0);
    for (int i = 0; i < 3; i++)
        CHECK(look(&changed) == 0);
    go(&traveller);
    int open = 0;
    for (int i = 0; i < 9 && open == 0; i++)
        open = look(&changed);
    CHECK(open == 1);
    kill(traveller.pid, SIGKILL);
    netns_others_free(others);
    return NULL;
}

Test(other_namespaces, are_found_also_when_an_old_process_goes_there)
{
    check_inside(an_old_process_changes_its_namespace);
}

static const char *one_cannot_be_read(void)
{
    bool changed;
    size_t refused;
    int refusal;
    CHECK(system("ip netns add a && ip netns add b") == 0);
    CHECK(netns_others_new(&others) == 0);
    CHECK(look(&changed) == 2 && changed);
    const struct netns *b = find("b");
    uint16_t ordinal = find("a")->ordinal;
    CHECK(b && ordinal != 0 && ordinal != b->ordinal);
    ((struct netns *)find("a"))->trouble = -EIO;
    CHECK(look(&changed) == 1 && changed);
    CHECK(netns_others_count(others, &refused, &refusal) == 1 && refused == 1 && refusal == -EIO);
    CHECK(find("b") == b);
    CHECK(look(&changed) == 2 && changed); /* tried again */
    CHECK(find("a")->ordinal != ordinal);
    CHECK(find("b") == b);
    netns_others_free(others);
    return NULL;
}

Test(other_namespaces, are_closed_and_tried_again_when_they_cannot_be_read)
{
    check_inside(one_cannot_be_read);
}

static const char *ordinals_run_out(void)
{
    bool changed;
    CHECK(system("ip netns add a") == 0);
    CHECK(netns_others_new(&others) == 0);
    others->last_ordinal = UINT16_MAX - 1;
    CHECK(look(&changed) == 1 && find("a")->ordinal == UINT16_MAX);
    CHECK(system("ip netns add b") == 0);
    CHECK(look(&changed) == 2 && find("b")->ordinal == 1); /* 0 is the own one's */
    others->last_ordinal = UINT16_MAX - 1;
    CHECK(system("ip netns add c") == 0);
    CHECK(look(&changed) == 3 && find("c")->ordinal == 2);
    netns_others_free(others);
    return NULL;
}

Test(other_namespaces, have_numbers_that_no_other_has)
{
    check_inside(ordinals_run_out);
}

static struct network_monitor *monitor;

static bool has(const char *wanted)
{
    size_t count;
    const struct network_interface *items = network_monitor_interfaces(monitor, &count);
    for (size_t i = 0; i < count; i++) {
        char id[NETWORK_ID_TEXT];
        network_interface_id(&items[i], id);
        if (strcmp(id, wanted) == 0)
            return true;
    }
    return false;
}

static uint64_t namespace_of(int fd)
{
    uint64_t cookie = 0;
    socklen_t size = sizeof(cookie);
    return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) < 0 ? 0 : cookie;
}

/* Puts something else in the place of every netlink socket of other namespaces. */
static bool break_sockets(int protocol)
{
    int own = socket(AF_NETLINK, SOCK_RAW, protocol), nothing = open("/dev/null", O_RDWR);
    bool has_broken = false;
    for (int fd = 3; fd < 256; fd++) {
        int is = -1;
        socklen_t size = sizeof(is);
        if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &is, &size) < 0 || is != protocol ||
            namespace_of(fd) == 0 || namespace_of(fd) == namespace_of(own))
            continue;
        has_broken |= dup2(nothing, fd) == fd;
    }
    close(own);
    close(nothing);
    return has_broken;
}

static const char *one_breaks_while_it_is_read(void)
{
    const struct network_options options = {.other_namespaces = true};
    size_t count;
    CHECK(system("ip link set lo up; ip netns add a; ip -n a link set lo up") == 0);
    CHECK(system("ip netns exec a python3 -c 'import socket, time; "
                 "s = socket.create_server((\"127.0.0.1\", 1)); time.sleep(600)' &") == 0);
    CHECK(network_monitor_open_with(&options, &monitor) == 0);
    count = 0;
    for (int i = 0; i < 3000 && count == 0; i++) { /* Python takes its time on a busy machine */
        usleep(10000);
        CHECK(network_monitor_refresh_connections(monitor) == 0);
        network_monitor_connections(monitor, &count);
    }
    CHECK(has("lo") && has("a/lo") && count == 1);
    CHECK(!network_has(network_monitor_find(monitor, "lo"), netns));
    if (!break_sockets(NETLINK_ROUTE) || !break_sockets(NETLINK_SOCK_DIAG))
        return NULL; /* kernels before 5.14 do not tell of which namespace a socket is */
    CHECK(network_monitor_refresh(monitor) == 0);
    CHECK(has("lo") && !has("a/lo"));
    CHECK(network_monitor_refresh_connections(monitor) == 0);
    network_monitor_connections(monitor, &count);
    CHECK(count == 0);
    for (int i = 0; i < 500 && !has("a/lo"); i++) {
        usleep(10000);
        CHECK(network_monitor_refresh(monitor) == 0);
    }
    CHECK(has("lo") && has("a/lo"));
    network_monitor_close(monitor);
    return NULL;
}

Test(other_namespaces, take_nothing_else_along_when_they_cannot_be_read)
{
    check_inside(one_breaks_while_it_is_read);
}

/* How many descriptors the follow descriptor waits for. */
static int count_watched(void)
{
    char path[64], line[256];
    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", network_monitor_follow_fd(monitor));
    FILE *info = fopen(path, "re");
    int count = 0;
    while (info && fgets(line, sizeof(line), info))
        count += strncmp(line, "tfd:", 4) == 0;
    if (info)
        fclose(info);
    return count;
}

static bool follow_until(const char *id, bool is_there)
{
    bool changed;
    for (int i = 0; i < 500 && has(id) != is_there; i++) {
        usleep(10000);
        if (network_monitor_follow(monitor, &changed) < 0)
            return false;
    }
    return has(id) == is_there;
}

static const char *changes_are_announced(void)
{
    const struct network_options options = {.other_namespaces = true};
    CHECK(network_monitor_open_with(&options, &monitor) == 0);
    int watched = count_watched();
    CHECK(watched > 0);
    CHECK(system("ip netns add a") == 0);
    CHECK(follow_until("a/lo", true));
    CHECK(count_watched() > watched);
    CHECK(system("ip netns del a") == 0);
    CHECK(follow_until("a/lo", false));
    CHECK(count_watched() == watched);
    network_monitor_close(monitor);
    return NULL;
}

Test(other_namespaces, announce_their_changes_at_once)
{
    check_inside(changes_are_announced);
}
