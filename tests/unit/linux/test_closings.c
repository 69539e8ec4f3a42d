/* Connections that end, as platform_read_closed tells of them: real ones, in a network namespace
 * that each test makes for itself. */
#include "platform.h"

#include "real_sockets.h"
#include "wakeups.h"
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static struct platform *platform;
static struct connection_array connections, closed;
static struct interface_array interfaces;
static int listener;
static uint16_t port;

static void open_platform(void)
{
    platform_close(platform);
    cr_assert_eq(platform_open(&(struct platform_options){0}, &platform), 0);
    interface_array_clear(&interfaces);
    cr_assert_eq(platform_read_interfaces(platform, &interfaces), 0);
}

/* Who is in the middle of closing both ends must not be kept waiting for other programs: the kernel
 * would acknowledge the first FIN by itself. Where that is not permitted it hardly ever happens. */
static void hurry(bool is_hurried)
{
    struct sched_param parameter = {.sched_priority = is_hurried};
    (void)sched_setscheduler(0, is_hurried ? SCHED_FIFO : SCHED_OTHER, &parameter);
}

/* Also for who gives up root's rights later. */
static void permit_hurry(void)
{
    struct rlimit lowest = {1, 1};
    (void)setrlimit(RLIMIT_RTPRIO, &lowest);
}

static void set_up(void)
{
    enter_namespace();
    permit_hurry();
    open_platform();
    listener = open_listener(AF_INET, &port);
}

static void tear_down(void)
{
    platform_close(platform);
    connection_array_fini(&connections);
    connection_array_fini(&closed);
    interface_array_fini(&interfaces);
    close(listener);
}

TestSuite(closings, .init = set_up, .fini = tear_down);

static const struct network_connection *search(
    const struct connection_array *array, uint16_t local, uint16_t remote)
{
    for (size_t i = 0; i < array->count; i++)
        if (array->items[i].local_port == local &&
            (network_has(&array->items[i], remote_port) ? array->items[i].remote_port : 0) ==
                remote)
            return &array->items[i];
    return NULL;
}

/* What the collector does whenever it is woken. */
static void drain(void)
{
    bool changed;
    cr_assert_eq(platform_drain_changes(platform, &changed), 0);
}

/* Until as many have ended: the kernel says so a little after the process has closed. */
static void read_closed(size_t count)
{
    closed.count = 0;
    for (int i = 0; closed.count < count && i < 1000; i++) {
        struct pollfd waiting = {.fd = platform_change_fd(platform), .events = POLLIN};
        poll(&waiting, 1, 10);
        drain();
        cr_assert_eq(platform_read_closed(platform, &closed), 0);
    }
    cr_assert_eq(closed.count, count);
}

/* How a connection ends, seen from its client. */
enum ending { CLIENT_FIRST, SERVER_FIRST, UNREAD_FIN, HALF, CLIENT_RESETS, SERVER_RESETS };

static void close_both(int first, int second, enum ending ending)
{
    if (ending == HALF) {
        shutdown(first, SHUT_WR);
        read_to_end(second);
        close(second);
        read_to_end(first);
        close(first);
        return;
    }
    close(first);
    if (ending != UNREAD_FIN)
        read_to_end(second);
    close(second);
}

static void end(int client, int server, enum ending ending)
{
    int first = ending == SERVER_FIRST || ending == SERVER_RESETS ? server : client;
    int second = first == client ? server : client;
    if (ending == CLIENT_RESETS || ending == SERVER_RESETS)
        make_resetting(first);
    hurry(true);
    close_both(first, second, ending);
    hurry(false);
}

/* One connection and what its ends are called. */
struct pair {
    uint16_t client;
    uint64_t client_identity, server_identity;
};

static struct pair run(size_t up, size_t down, enum ending ending)
{
    int client = open_connected(SOCK_STREAM, port), server = accept_one(listener);
    struct pair pair = {.client = local_port(client)};
    transfer(client, server, up);
    transfer(server, client, down);
    connections.count = 0;
    cr_assert_eq(platform_read_connections(platform, &connections), 0);
    pair.client_identity = search(&connections, pair.client, port)->identity;
    pair.server_identity = search(&connections, port, pair.client)->identity;
    end(client, server, ending);
    return pair;
}

static const struct network_connection *find_identity(uint64_t identity)
{
    const struct network_connection *found = NULL;
    for (size_t i = 0; i < closed.count; i++)
        if (closed.items[i].identity == identity) {
            cr_assert_null(found, "one for each end");
            found = &closed.items[i];
        }
    cr_assert(found);
    return found;
}

static void check_bytes(const struct network_connection *connection, size_t sent, size_t received)
{
    cr_assert_eq(connection->bytes_sent, sent);
    cr_assert_eq(connection->bytes_received, received);
    cr_assert_eq(connection->state, NETWORK_STATE_CLOSE);
    cr_assert_eq(connection->type, NETWORK_TCP);
    cr_assert(network_has(connection, rtt_ms));
    /* Whose it was the kernel does not say, and BPF does where it may. */
    cr_assert(connection->status.uid == NETWORK_UNAVAILABLE || network_has(connection, evidence));
    cr_assert_eq(connection->status.netns, NETWORK_NOT_APPLICABLE);
    cr_assert_str_eq(connection->interface, "lo");
}

static void check_reset(const struct network_connection *connection)
{
    char text[NETWORK_ADDRESS_TEXT];
    cr_assert_eq(connection->status.bytes_sent, NETWORK_UNAVAILABLE);
    cr_assert_eq(connection->status.bytes_received, NETWORK_UNAVAILABLE);
    cr_assert_eq(connection->status.remote_port, NETWORK_UNAVAILABLE);
    network_address_format(&connection->remote_address, text);
    cr_assert_str_eq(text, "127.0.0.1");
}

static const size_t sizes[] = {0, 1, 1000, 5000000};

static void check_sizes(enum ending ending)
{
    for (size_t u = 0; u < ARRAY_LENGTH(sizes); u++)
        for (size_t d = 0; d < ARRAY_LENGTH(sizes); d++) {
            size_t up = sizes[u], down = sizes[d];
            struct pair pair = run(up, down, ending);
            read_closed(2);
            if (ending == CLIENT_RESETS)
                check_reset(find_identity(pair.client_identity));
            else
                check_bytes(find_identity(pair.client_identity), up, down);
            if (ending == SERVER_RESETS)
                check_reset(find_identity(pair.server_identity));
            else
                check_bytes(find_identity(pair.server_identity), down, up);
        }
}

static void become_nobody(void)
{
    cr_assert_eq(setresuid(65534, 65534, 65534), 0);
    open_platform();
}

/* By what BPF has noted, and then without. */
static void check_all_sizes(enum ending ending)
{
    check_sizes(ending);
    become_nobody();
    check_sizes(ending);
}

Test(closings, of_a_client_that_closes_first_count_just_the_payload)
{
    check_all_sizes(CLIENT_FIRST);
}

Test(closings, of_a_server_that_closes_first_count_just_the_payload)
{
    check_all_sizes(SERVER_FIRST);
}

Test(closings, of_who_does_not_wait_for_the_other_count_just_the_payload)
{
    check_all_sizes(UNREAD_FIN);
}

Test(closings, of_a_half_closed_connection_count_just_the_payload)
{
    check_all_sizes(HALF);
}

Test(closings, of_a_client_that_resets_count_the_payload_at_the_other_end)
{
    check_all_sizes(CLIENT_RESETS);
}

Test(closings, of_a_server_that_resets_count_the_payload_at_the_other_end)
{
    check_all_sizes(SERVER_RESETS);
}

static enum network_status status_of(const char *capability)
{
    size_t count;
    const struct network_capability *capabilities = platform_capabilities(platform, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(capabilities[i].name, capability) == 0)
            return capabilities[i].status;
    return NETWORK_ERROR;
}

/* What cannot be told without BPF: one byte too many or too few. */
static void check_received(const struct network_connection *connection, uint64_t expected)
{
    int64_t error = (int64_t)connection->bytes_received - (int64_t)expected;
    cr_assert(error >= -1 && error <= 1);
    if (network_has(connection, evidence))
        cr_assert_eq(error, 0, "BPF has noted it");
}

/* The kernel lets go of a client's socket when its FIN is acknowledged, and the server's comes
 * later. */
Test(closings, of_who_is_let_go_before_the_other_closes_are_known_but_for_a_byte)
{
    int client = open_connected(SOCK_STREAM, port), server = accept_one(listener);
    uint16_t own = local_port(client);
    transfer(client, server, 1000);
    transfer(server, client, 2000);
    close(client);
    read_closed(1);
    const struct network_connection *connection = search(&closed, own, port);
    cr_assert_eq(connection->bytes_sent, 1000);
    check_received(connection, 2000);
    close(server);
    read_closed(1);
    connection = search(&closed, port, own);
    cr_assert_eq(connection->bytes_sent, 2000);
    cr_assert_eq(connection->bytes_received, 1000);
}

/* It has read that its client closed, and answers all the same. */
Test(closings, of_who_is_reset_after_a_fin_are_known_but_for_a_byte)
{
    int client = open_connected(SOCK_STREAM, port), server = accept_one(listener);
    uint16_t own = local_port(client);
    transfer(client, server, 1000);
    close(client);
    read_to_end(server);
    (void)!send(server, "too late", 8, MSG_NOSIGNAL);
    read_to_end(server);
    close(server);
    read_closed(2);
    check_received(search(&closed, port, own), 1000);
}

/* A process that is killed has its sockets closed, what it did not read makes that a reset. */
Test(closings, of_a_process_that_is_killed_count_the_payload_at_both_ends)
{
    int pipes[2];
    char byte;
    cr_assert_eq(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        int client = open_connected(SOCK_STREAM, port);
        bool is_sent = send(client, "12345", 5, 0) == 5 && write(pipes[1], "x", 1) == 1;
        for (int seconds = 0; is_sent && seconds < 60; seconds++)
            sleep(1);
        _exit(0);
    }
    int server = accept_one(listener);
    cr_assert_eq(read(pipes[0], &byte, 1), 1);
    cr_assert_eq(send(server, "1234567", 7, 0), 7);
    wait_confirmed(server);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    read_to_end(server);
    close(server);
    read_closed(2);
    const struct network_connection *left = &closed.items[0], *right = &closed.items[1];
    if (left->local_port == port) {
        left = &closed.items[1];
        right = &closed.items[0];
    }
    check_bytes(left, 5, 7);
    check_bytes(right, 7, 5);
}

/* What was under way when the other side reset does not count as sent. */
Test(closings, of_a_server_that_does_not_read_count_what_it_took)
{
    static const char bytes[100000];
    int client = open_connected(SOCK_STREAM, port), server = accept_one(listener);
    uint16_t own = local_port(client);
    cr_assert_eq(send(client, bytes, sizeof(bytes), 0), sizeof(bytes));
    wait_confirmed(client);
    close(server); /* resets: it has not read */
    read_to_end(client);
    close(client);
    read_closed(2);
    cr_assert_eq(search(&closed, own, port)->bytes_sent, sizeof(bytes));
    cr_assert_eq(search(&closed, port, own)->bytes_received, sizeof(bytes));
}

Test(closings, of_both_families_are_told)
{
    uint16_t both;
    int dual = open_listener(AF_INET6, &both), client = open_connected(SOCK_STREAM, both);
    int server = accept_one(dual);
    uint16_t own = local_port(client);
    transfer(client, server, 10);
    end(client, server, CLIENT_FIRST);
    read_closed(2);
    const struct network_connection *connection = search(&closed, both, own);
    cr_assert_eq(connection->bytes_received, 10);
    cr_assert_eq(connection->remote_address.family, AF_INET, "mapped");
    close(dual);
}

/* No listener, no UDP and nothing that never got an answer is a connection that ended. */
Test(closings, are_only_of_what_was_a_connection)
{
    uint16_t gone, udp;
    close(open_listener(AF_INET, &gone));
    close(open_bound(AF_INET, SOCK_DGRAM, &udp));
    close(socket(AF_INET, SOCK_STREAM, 0));
    struct sockaddr_in nobody = {
        .sin_family = AF_INET, .sin_port = htons(gone), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int flag = 0; flag <= SOCK_NONBLOCK; flag += SOCK_NONBLOCK) {
        int fd = socket(AF_INET, SOCK_STREAM | flag, 0);
        cr_assert_lt(connect(fd, (struct sockaddr *)&nobody, sizeof(nobody)), 0);
        close(fd);
    }
    int client = open_connected(SOCK_STREAM, port), server = accept_one(listener);
    uint16_t own = local_port(client);
    end(client, server, CLIENT_FIRST);
    read_closed(2); /* they come in order: the others would have been there */
    cr_assert(search(&closed, own, port) && search(&closed, port, own));
}

Test(closings, of_connections_nobody_accepted_are_told)
{
    uint16_t own = local_port(open_connected(SOCK_STREAM, port));
    close(listener);
    read_closed(1);
    cr_assert_eq(closed.items[0].local_port, port);
    check_reset(&closed.items[0]);
    (void)own;
}

enum { MANY = 2000 };

static uint64_t identity_of(int fd)
{
    uint64_t cookie;
    socklen_t size = sizeof(cookie);
    cr_assert_eq(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size), 0);
    return cookie;
}

/* Of so many that none of them is in a reading, each is told, with its bytes. */
static void check_many(void)
{
    static uint64_t clients[MANY], servers[MANY];
    for (int i = 0; i < MANY; i++) {
        int client = open_connected(SOCK_STREAM, port), server = accept_one(listener);
        clients[i] = identity_of(client);
        servers[i] = identity_of(server);
        transfer(client, server, (size_t)i + 1);
        transfer(server, client, 2 * (size_t)i);
        end(client, server, CLIENT_FIRST);
        if (i % 20 == 0)
            drain();
    }
    read_closed(2 * MANY);
    for (int i = 0; i < MANY; i++) {
        check_bytes(find_identity(clients[i]), (size_t)i + 1, 2 * (size_t)i);
        check_bytes(find_identity(servers[i]), 2 * (size_t)i, (size_t)i + 1);
    }
}

Test(closings, of_thousands_between_two_readings_are_all_told)
{
    check_many();
}

Test(closings, are_told_to_every_user)
{
    become_nobody();
    cr_assert_eq(status_of("closings"), NETWORK_KNOWN);
    check_many();
}

/* More than are kept, and more than any user's receive buffer holds. */
enum { TOO_MANY = 33000, KEPT_AT_MOST = 65536 };

/* Another one that hears the same, to know when all has been told. */
static struct platform *observer;

static size_t observe(void)
{
    closed.count = 0;
    cr_assert_eq(platform_read_closed(observer, &closed), 0);
    size_t count = closed.count;
    closed.count = 0;
    return count;
}

/* Never so far ahead of what the kernel has told that root's receive buffer would not hold it. */
static void end_too_many(bool is_drained)
{
    enum { AHEAD = 4000 };
    for (size_t ended = 0, told = 0; told < 2 * TOO_MANY;) {
        for (int i = 0; i < 100 && ended < TOO_MANY && 2 * ended < told + AHEAD; i++, ended++) {
            int client = open_connected(SOCK_STREAM, port), server = accept_one(listener);
            end(client, server, SERVER_RESETS);
        }
        size_t more_told = observe();
        told += more_told;
        if (more_told == 0)
            usleep(1000);
        if (is_drained)
            drain();
    }
}

static bool has_identity(uint64_t identity)
{
    for (size_t i = 0; i < closed.count; i++)
        if (closed.items[i].identity == identity)
            return true;
    return false;
}

static void check_overrun(size_t least)
{
    cr_assert_eq(platform_read_closed(platform, &closed), PLATFORM_OVERRUN);
    cr_assert_geq(closed.count, least);
    cr_assert_leq(closed.count, KEPT_AT_MOST);
    int client = open_connected(SOCK_STREAM, port), server = accept_one(listener);
    uint64_t identity = identity_of(server);
    end(client, server, CLIENT_FIRST);
    closed.count = 0;
    for (int i = 0; i < 6000 && !has_identity(identity); i++) {
        usleep(10000);
        cr_assert_eq(platform_read_closed(platform, &closed), 0, "said once");
    }
    cr_assert(has_identity(identity), "and they go on");
}

static void open_observer(void)
{
    cr_assert_eq(platform_open(&(struct platform_options){0}, &observer), 0);
}

Test(closings, that_nobody_asks_for_are_kept_up_to_a_limit)
{
    open_observer();
    end_too_many(true);
    check_overrun(KEPT_AT_MOST);
    platform_close(observer);
}

Test(closings, that_did_not_fit_into_the_receive_buffer_are_noticed)
{
    open_observer();
    become_nobody();
    end_too_many(false);
    check_overrun(100);
    platform_close(observer);
}

static uint64_t now_ms(void)
{
    return platform_now_ns(platform) / 1000000;
}

/* Ten thousand a second must not wake anyone ten thousand times. */
Test(closings, wake_no_oftener_than_every_other_millisecond)
{
    enum { COUNT = 4000 };
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < COUNT; i++) {
            int client = open_connected(SOCK_STREAM, port), server = accept_one(listener);
            end(client, server, SERVER_RESETS);
        }
        _exit(0);
    }
    uint64_t started_ms = now_ms(), wakes = 0, waits = 0;
    while (closed.count < 2 * COUNT && waits++ < 100000) {
        struct pollfd waiting = {.fd = platform_change_fd(platform), .events = POLLIN};
        bool changed = true;
        wakes += poll(&waiting, 1, 100) > 0;
        cr_assert_eq(platform_drain_changes(platform, &changed), 0);
        cr_assert_not(changed, "no interface did");
        cr_assert_eq(platform_read_closed(platform, &closed), 0);
    }
    waitpid(child, NULL, 0);
    cr_assert_eq(closed.count, 2 * COUNT);
    cr_assert_leq(wakes, (now_ms() - started_ms) / WAKEUPS_REST_MS + 2);
}

/* --- listeners --- */

static const struct network_connection *find_listener(uint16_t number)
{
    const struct network_connection *found = search(&connections, number, 0);
    cr_assert(found);
    cr_assert(network_has(found, uid) && network_has(found, evidence));
    cr_assert_neq(found->evidence, NETWORK_EVIDENCE_PROC);
    cr_assert_not(network_has(found, pid));
    cr_assert_eq(found->status.interface, NETWORK_NOT_APPLICABLE);
    return found;
}

Test(closings, listeners_are_read_without_the_rest)
{
    uint16_t both, udp;
    int dual = open_listener(AF_INET6, &both), receiver = open_bound(AF_INET, SOCK_DGRAM, &udp);
    int client = open_connected(SOCK_STREAM, port), server = accept_one(listener);
    int sender = open_connected(SOCK_DGRAM, udp);
    int waiting = open_connected(SOCK_STREAM, port);
    cr_assert_eq(platform_read_listeners(platform, &connections), 0);
    cr_assert_eq(connections.count, 3);
    cr_assert_eq(find_listener(port)->state, NETWORK_STATE_LISTEN);
    cr_assert_eq(find_listener(port)->receive_queue_bytes, 1, "not accepted yet");
    cr_assert_eq(find_listener(port)->send_queue_bytes, 64);
    cr_assert_eq(find_listener(both)->state, NETWORK_STATE_LISTEN);
    cr_assert_eq(find_listener(udp)->state, NETWORK_STATE_UNCONNECTED);
    cr_assert_str_eq(find_listener(udp)->user, "root");
    int all[] = {dual, receiver, client, server, sender, waiting};
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++)
        close(all[i]);
}
