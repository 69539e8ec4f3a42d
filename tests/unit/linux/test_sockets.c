/* Real sockets, in a network namespace that each test makes for itself. */
#include "network_monitor.h"

#include "base.h"
#include "real_sockets.h"
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static struct network_monitor *monitor;

static void set_up(void)
{
    enter_namespace();
    cr_assert_eq(network_monitor_open(&monitor), 0);
}

static void tear_down(void)
{
    network_monitor_close(monitor);
}

TestSuite(sockets, .init = set_up, .fini = tear_down);

static void refresh(void)
{
    cr_assert_eq(network_monitor_refresh_connections(monitor), 0);
}

/* The one with these ports; remote 0 for none. NULL when it is not there. */
static const struct network_connection *search(uint16_t local, uint16_t remote)
{
    size_t count;
    const struct network_connection *items = network_monitor_connections(monitor, &count);
    for (size_t i = 0; i < count; i++)
        if (items[i].local_port == local &&
            (network_has(&items[i], remote_port) ? items[i].remote_port : 0) == remote)
            return &items[i];
    return NULL;
}

static const struct network_connection *find(uint16_t local, uint16_t remote)
{
    const struct network_connection *connection = search(local, remote);
    cr_assert(connection, "%u to %u is missing", local, remote);
    return connection;
}

static void check_address(const struct network_address *address, const char *expected)
{
    char text[NETWORK_ADDRESS_TEXT];
    network_address_format(address, text);
    cr_assert_str_eq(text, expected);
}

static void check_own(const struct network_connection *connection)
{
    cr_assert_eq(connection->pid, (uint32_t)getpid());
    cr_assert_eq(connection->uid, geteuid());
    cr_assert(connection->evidence == NETWORK_EVIDENCE_BPF ||
              connection->evidence == NETWORK_EVIDENCE_PROC);
}

Test(sockets, of_all_kinds_are_there_with_their_owner)
{
    uint16_t tcp, both, udp;
    int listener = open_listener(AF_INET, &tcp), dual = open_listener(AF_INET6, &both);
    int receiver = open_bound(AF_INET, SOCK_DGRAM, &udp);
    int client = open_connected(SOCK_STREAM, tcp),
        server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    int mapped = open_connected(SOCK_STREAM, both), sender = open_connected(SOCK_DGRAM, udp);
    prctl(PR_SET_NAME, "odd)\xff name");
    refresh();
    size_t count;
    network_monitor_connections(monitor, &count);
    cr_assert_eq(count, 8);
    cr_assert_eq(find(tcp, 0)->state, NETWORK_STATE_LISTEN);
    cr_assert_eq(find(tcp, local_port(client))->state, NETWORK_STATE_ESTABLISHED);
    check_own(find(tcp, local_port(client)));
    check_own(find(local_port(client), tcp));
    cr_assert_str_eq(find(tcp, 0)->process_name, "odd)\xff name");
    check_address(&find(both, 0)->local_address, "::");
    check_address(&find(both, local_port(mapped))->local_address, "127.0.0.1");
    check_address(&find(both, local_port(mapped))->remote_address, "127.0.0.1");
    cr_assert_eq(find(udp, 0)->state, NETWORK_STATE_UNCONNECTED);
    cr_assert_eq(find(udp, 0)->status.remote_address, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(find(local_port(sender), udp)->state, NETWORK_STATE_ESTABLISHED);
    cr_assert_eq(network_monitor_totals(monitor)->connections, 8);
    cr_assert_eq(network_monitor_totals(monitor)->established, 5);
    int all[] = {listener, dual, receiver, client, server, mapped, sender};
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++)
        close(all[i]);
}

/* tcp_info counts a SYN and a FIN as a byte each; users do not. */
Test(sockets, count_just_the_bytes_that_were_sent)
{
    uint16_t port;
    int listener = open_listener(AF_INET, &port), client = open_connected(SOCK_STREAM, port);
    int server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    uint16_t own = local_port(client);
    transfer(client, server, 100000);
    transfer(server, client, 54321);
    refresh();
    cr_assert_eq(find(own, port)->bytes_sent, 100000);
    cr_assert_eq(find(port, own)->bytes_received, 100000);
    cr_assert_eq(find(port, own)->bytes_sent, 54321);
    cr_assert_eq(find(own, port)->bytes_received, 54321);
    cr_assert(network_has(find(own, port), rtt_ms));
    shutdown(client, SHUT_WR);
    usleep(100000);
    refresh();
    cr_assert_eq(find(own, port)->state, NETWORK_STATE_FIN_WAIT2);
    cr_assert_eq(find(port, own)->state, NETWORK_STATE_CLOSE_WAIT);
    cr_assert_eq(find(own, port)->bytes_sent, 100000);
    cr_assert_eq(find(port, own)->bytes_received, 100000);
    close(server);
    close(client);
    usleep(20000);
    refresh();
    const struct network_connection *rest = find(own, port);
    cr_assert_eq(rest->state, NETWORK_STATE_TIME_WAIT);
    cr_assert_eq(rest->status.pid, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(rest->status.uid, NETWORK_NOT_APPLICABLE);
    close(listener);
}

Test(sockets, have_rates_and_an_identity_that_stays)
{
    uint16_t port;
    int listener = open_listener(AF_INET, &port);
    refresh();
    int client = open_connected(SOCK_STREAM, port),
        server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    uint16_t own = local_port(client);
    refresh();
    uint64_t identity = find(own, port)->identity;
    cr_assert_not(network_has(find(own, port), upload_bytes_per_s));
    cr_assert(network_has(find(own, port), opened_ms));
    cr_assert_not(network_has(find(port, 0), opened_ms), "it was there before");
    transfer(client, server, 50000);
    usleep(100000);
    refresh();
    cr_assert_eq(find(own, port)->identity, identity);
    cr_assert_gt(find(own, port)->upload_bytes_per_s, 0);
    cr_assert_leq(find(own, port)->upload_bytes_per_s, 50000 / 0.1);
    cr_assert_eq(find(own, port)->download_bytes_per_s, 0);
    close(server);
    close(client);
    close(listener);
}

/* A child that holds what it inherited until it is killed or its parent is gone. It looks for
 * itself: a parent that has given up its rights may send it no signal. */
static pid_t start_child(void)
{
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        prctl(PR_SET_NAME, "the-child");
        while (getppid() == parent)
            usleep(20000);
        _exit(0);
    }
    return pid;
}

static void end_child(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

Test(sockets, that_are_handed_over_show_their_new_holder)
{
    uint16_t port;
    int listener = open_listener(AF_INET, &port);
    refresh();
    check_own(find(port, 0));
    pid_t child = start_child();
    refresh();
    check_own(find(port, 0)); /* the lowest of both */
    close(listener);
    /* A socket that has been with one process for a while is looked at now and then. */
    for (int i = 0; i < 40; i++)
        refresh();
    cr_assert_eq(find(port, 0)->pid, (uint32_t)child);
    cr_assert_str_eq(find(port, 0)->process_name, "the-child");
    end_child(child);
    refresh();
    cr_assert_null(search(port, 0));
}

Test(sockets, on_a_descriptor_used_again_show_their_owner)
{
    uint16_t ports[4];
    int spare = open_bound(AF_INET, SOCK_DGRAM, &ports[0]);
    refresh();
    for (int i = 1; i < 4; i++) {
        close(spare);
        cr_assert_eq(open_bound(AF_INET, SOCK_DGRAM, &ports[i]), spare);
        refresh();
        check_own(find(ports[i], 0));
        cr_assert_null(search(ports[i - 1], 0));
    }
    close(spare);
}

Test(sockets, of_others_are_shown_with_the_user_and_the_reason)
{
    uint16_t port, own;
    int listener = open_listener(AF_INET, &port);
    pid_t child = start_child();
    close(listener);
    cr_assert_eq(setresuid(65534, 65534, 65534), 0);
    network_monitor_close(monitor);
    cr_assert_eq(network_monitor_open(&monitor), 0);
    int socket = open_bound(AF_INET, SOCK_DGRAM, &own);
    refresh();
    const struct network_connection *connection = find(port, 0);
    cr_assert_eq(connection->status.pid, NETWORK_PERMISSION);
    cr_assert_eq(connection->status.process_name, NETWORK_PERMISSION);
    cr_assert_eq(connection->uid, 0);
    cr_assert_str_eq(connection->user, "root");
    cr_assert_eq(connection->evidence, NETWORK_EVIDENCE_UID);
    cr_assert_eq(find(own, 0)->uid, 65534);
    size_t count;
    const struct network_capability *capabilities = network_monitor_capabilities(monitor, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(capabilities[i].name, "owners") == 0)
            cr_assert_eq(capabilities[i].status, NETWORK_PERMISSION);
    close(socket);
    (void)child; /* ends with this process */
}

static const char *state_of_ss(const struct network_connection *connection)
{
    static const char *const words[NETWORK_CONNECTION_STATES] = {"ESTAB", "SYN-SENT", "SYN-RECV",
        "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "UNCONN", "CLOSE-WAIT", "LAST-ACK", "LISTEN",
        "CLOSING", "SYN-RECV", "UNCONN"};
    return words[connection->state];
}

/* What both say: protocol, state, ports, pid. */
struct row {
    char text[1024];
};

static int compare_rows(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void write_row(
    struct row *row, const char *protocol, const char *state, const char *ports, const char *pid)
{
    snprintf(row->text, sizeof(row->text), "%s %s %s %s", protocol, state, ports, pid);
}

static size_t read_ss(struct row *rows, size_t capacity)
{
    char line[512];
    size_t count = 0;
    FILE *ss = popen("ss -H -n -t -u -a -p", "r");
    while (ss && fgets(line, sizeof(line), ss) && count < capacity) {
        char protocol[16], state[16], local[64], remote[64], ports[64], pid[16] = "-";
        cr_assert_eq(
            sscanf(line, "%15s %15s %*s %*s %63s %63s", protocol, state, local, remote), 4);
        snprintf(ports, sizeof(ports), "%s%s", strrchr(local, ':'), strrchr(remote, ':'));
        const char *found = strstr(line, "pid=");
        if (found)
            sscanf(found, "pid=%15[0-9]", pid);
        write_row(&rows[count++], protocol, state, ports, pid);
    }
    if (ss)
        pclose(ss);
    return count;
}

static size_t read_own(struct row *rows)
{
    size_t count;
    const struct network_connection *items = network_monitor_connections(monitor, &count);
    for (size_t i = 0; i < count; i++) {
        char ports[64], remote[16] = "*", pid[16] = "-";
        if (network_has(&items[i], remote_port))
            snprintf(remote, sizeof(remote), "%u", items[i].remote_port);
        if (network_has(&items[i], pid))
            snprintf(pid, sizeof(pid), "%u", items[i].pid);
        snprintf(ports, sizeof(ports), ":%u:%s", items[i].local_port, remote);
        write_row(&rows[i], network_connection_type_words[items[i].type], state_of_ss(&items[i]),
            ports, pid);
    }
    return count;
}

Test(sockets, are_those_that_ss_shows)
{
    enum { PAIRS = 60, ROWS = 400 };
    static struct row shown[ROWS], own[ROWS];
    if (system("ss -V > /dev/null 2>&1") != 0)
        cr_skip_test("needs ss, of iproute2");
    uint16_t tcp, udp;
    int listener = open_listener(AF_INET6, &tcp);
    open_bound(AF_INET, SOCK_DGRAM, &udp);
    for (int i = 0; i < PAIRS; i++) {
        int client = open_connected(SOCK_STREAM, tcp),
            server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        open_connected(SOCK_DGRAM, udp);
        if (i % 3 == 0)
            shutdown(client, SHUT_WR);
        if (i % 6 == 0)
            close(server);
    }
    usleep(50000);
    refresh();
    size_t expected = read_ss(shown, ROWS), count = read_own(own);
    qsort(shown, expected, sizeof(*shown), compare_rows);
    qsort(own, count, sizeof(*own), compare_rows);
    cr_assert_eq(count, expected);
    for (size_t i = 0; i < count; i++)
        cr_assert_str_eq(own[i].text, shown[i].text);
}
