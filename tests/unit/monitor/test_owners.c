/* Bytes by owner: each counted once, whether a reading saw the connection or only its end was told.
 */
#include "network_monitor.h"
#include "observation.h"
#include "told_platform.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct network_monitor *monitor;

static void set_up(void)
{
    told.now_ns = 1000000000;
    told.is_active = true;
    told.identity = 10;
    cr_assert_eq(network_monitor_open(&monitor), 0);
}

static void tear_down(void)
{
    network_monitor_close(monitor);
}

TestSuite(owners, .init = set_up, .fini = tear_down);

static struct network_connection tcp(uint64_t identity, uint64_t received, uint64_t sent)
{
    struct network_connection socket = {.identity = identity};
    struct network_connection *connection = &socket;
    PUT(connection, type, NETWORK_TCP);
    PUT(connection, state, NETWORK_STATE_ESTABLISHED);
    PUT(connection, local_port, 40000);
    PUT(connection, remote_port, 443);
    connection->status.local_address = connection->status.remote_address = NETWORK_KNOWN;
    connection->local_address = (struct network_address){.family = AF_INET, .bytes = {10, 0, 0, 1}};
    connection->remote_address =
        (struct network_address){.family = AF_INET, .bytes = {10, 0, 0, 2}};
    connection->status.netns = NETWORK_NOT_APPLICABLE;
    PUT(connection, bytes_received, received);
    PUT(connection, bytes_sent, sent);
    return socket;
}

static struct network_connection of_process(
    struct network_connection socket, const char *name, uint32_t pid)
{
    struct network_connection *connection = &socket;
    PUT_TEXT(connection, process_name, name);
    PUT(connection, pid, pid);
    PUT(connection, uid, 33);
    PUT_TEXT(connection, user, "www-data");
    PUT(connection, evidence, NETWORK_EVIDENCE_PROC);
    return socket;
}

static struct network_connection listener(uint32_t port)
{
    struct network_connection socket = tcp(1000 + port, 0, 0);
    socket.state = NETWORK_STATE_LISTEN;
    socket.local_port = port;
    socket.local_address = (struct network_address){.family = AF_INET};
    socket.status.bytes_received = socket.status.bytes_sent = NETWORK_NOT_APPLICABLE;
    socket.status.remote_address = socket.status.remote_port = NETWORK_NOT_APPLICABLE;
    return socket;
}

static void tell(size_t place, struct network_connection socket)
{
    told.sockets[place] = socket;
    told.socket_count = place + 1 > told.socket_count ? place + 1 : told.socket_count;
}

static void tell_end(struct network_connection end)
{
    end.status.pid = end.status.process_name = end.status.uid = NETWORK_UNAVAILABLE;
    told.ends[told.end_count++] = end;
}

static void read_all(void)
{
    told.now_ns += 1000000000;
    cr_assert_eq(network_monitor_refresh(monitor), 0);
    cr_assert_eq(network_monitor_refresh_connections(monitor), 0);
}

static const struct network_owner *find(const char *id)
{
    size_t count;
    const struct network_owner *owners = network_monitor_owners(monitor, &count);
    for (size_t i = 0; i < count; i++) {
        char text[NETWORK_ID_TEXT];
        network_owner_id(&owners[i], text);
        if (strcmp(text, id) == 0)
            return &owners[i];
    }
    return NULL;
}

static const struct network_owner *nginx(void)
{
    const struct network_owner *owner = find("process:33::nginx");
    cr_assert_not_null(owner);
    return owner;
}

Test(owners, count_from_the_first_reading_on)
{
    tell(0, of_process(tcp(1, 1000, 500), "nginx", 7));
    read_all();
    cr_assert_eq(nginx()->bytes_received, 0);
    cr_assert_not(network_has(nginx(), download_bytes_per_s));
    tell(0, of_process(tcp(1, 1300, 500), "nginx", 7));
    tell(1, of_process(tcp(2, 40, 2), "nginx", 5));
    read_all();
    cr_assert_eq(nginx()->bytes_received, 340);
    cr_assert_eq(nginx()->bytes_sent, 2);
    cr_assert_float_eq(nginx()->download_bytes_per_s, 340, 1e-6);
    cr_assert_eq(nginx()->connections, 2);
    cr_assert_eq(nginx()->established, 2);
    cr_assert_eq(nginx()->pids.count, 2);
    cr_assert_eq(nginx()->pids.items[0], 5);
    cr_assert_eq(nginx()->pids.items[1], 7);
}

Test(owners, get_the_rest_when_a_connection_ends)
{
    tell(0, of_process(tcp(1, 0, 0), "nginx", 7));
    read_all();
    tell(0, of_process(tcp(1, 100, 10), "nginx", 7));
    read_all();
    /* It ends, and is gone from the reading before its end is told. */
    told.socket_count = 0;
    read_all();
    cr_assert_eq(nginx()->bytes_received, 100);
    cr_assert_eq(nginx()->connections, 0);
    tell_end(tcp(1, 150, 12));
    read_all();
    cr_assert_eq(nginx()->bytes_received, 150);
    cr_assert_eq(nginx()->bytes_sent, 12);
    cr_assert_eq(nginx()->closed, 1);
}

static const struct network_event *last_end(void)
{
    size_t count;
    const struct network_event *ends = network_monitor_closed(monitor, &count);
    cr_assert_gt(count, 0);
    return &ends[count - 1];
}

/* A process that resets a connection takes its counts along. */
Test(owners, of_an_end_without_counts_keep_those_of_the_last_reading)
{
    tell(0, of_process(tcp(1, 0, 0), "nginx", 7));
    read_all();
    tell(0, of_process(tcp(1, 100, 10), "nginx", 7));
    read_all();
    struct network_connection end = tcp(1, 0, 0);
    end.status.bytes_received = end.status.bytes_sent = NETWORK_UNAVAILABLE;
    end.status.remote_port = NETWORK_UNAVAILABLE;
    tell_end(end);
    cr_assert_eq(network_monitor_refresh(monitor), 0);
    cr_assert_eq(last_end()->bytes_received, 100);
    cr_assert_eq(last_end()->bytes_sent, 10);
    cr_assert_eq(last_end()->remote_port, 443);
    cr_assert_eq(nginx()->bytes_received, 100);
}

Test(owners, of_an_end_that_is_a_byte_short_keep_those_of_the_last_reading)
{
    tell(0, of_process(tcp(1, 0, 0), "nginx", 7));
    read_all();
    tell(0, of_process(tcp(1, 100, 10), "nginx", 7));
    read_all();
    tell_end(tcp(1, 99, 12));
    cr_assert_eq(network_monitor_refresh(monitor), 0);
    cr_assert_eq(last_end()->bytes_received, 100);
    cr_assert_eq(last_end()->bytes_sent, 12);
}

Test(owners, of_an_end_nothing_is_known_of_say_no_port_and_no_bytes)
{
    struct network_connection end = tcp(9, 0, 0);
    read_all();
    end.status.bytes_received = end.status.bytes_sent = NETWORK_UNAVAILABLE;
    end.status.remote_port = NETWORK_UNAVAILABLE;
    tell_end(end);
    cr_assert_eq(network_monitor_refresh(monitor), 0);
    cr_assert_str_eq(last_end()->message, "10.0.0.1 port 40000 to 10.0.0.2: closed");
    cr_assert_not(network_has(last_end(), bytes_received));
}

Test(owners, count_an_end_once_even_if_the_connection_is_still_shown)
{
    tell(0, of_process(tcp(1, 0, 0), "nginx", 7));
    read_all();
    tell_end(tcp(1, 70, 0));
    read_all(); /* as a time-wait socket is, under the same identity */
    tell_end(tcp(1, 70, 0));
    read_all();
    cr_assert_eq(nginx()->bytes_received, 70);
    cr_assert_eq(nginx()->closed, 1);
}

Test(owners, of_connections_no_reading_had_are_their_listeners)
{
    struct network_connection end = tcp(50, 9, 8);
    size_t count;
    tell(0, of_process(listener(80), "nginx", 7));
    read_all();
    end.local_port = 80;
    tell_end(end);
    told.now_ns += 1000000000;
    cr_assert_eq(network_monitor_refresh(monitor), 0);
    const struct network_event *closed = network_monitor_closed(monitor, &count);
    cr_assert_eq(count, 1);
    cr_assert_eq(closed->event, NETWORK_EVENT_CONNECTION_CLOSED);
    cr_assert_str_eq(closed->process_name, "nginx");
    cr_assert_eq(closed->bytes_received, 9);
    cr_assert_eq(closed->bytes_sent, 8);
    cr_assert_not(network_has(closed, opened_ms));
    cr_assert(strstr(closed->message, "nginx"), "%s", closed->message);
    read_all();
    cr_assert_eq(nginx()->bytes_received, 9);
    network_monitor_closed(monitor, &count);
    cr_assert_eq(count, 0, "lent for one refresh");
}

/* The process closed it between the list of sockets and that of who holds which. */
Test(owners, are_those_noted_at_the_end_where_a_reading_saw_but_the_user)
{
    struct network_connection seen = tcp(1, 0, 0), end = of_process(tcp(1, 9, 8), "nginx", 7);
    size_t count;
    PUT(&seen, uid, 33);
    tell(0, seen);
    read_all();
    told.socket_count = 0;
    told.ends[told.end_count++] = end;
    tell(0, of_process(tcp(2, 0, 0), "nginx", 7));
    read_all();
    cr_assert_eq(network_monitor_closed(monitor, &count)->pid, 7);
    cr_assert_eq(nginx()->bytes_received, 9);
    cr_assert_eq(nginx()->closed, 1);
}

/* Two programs may have the same port, one over IPv4 and one over IPv6 alone. */
Test(owners, of_connections_no_reading_had_are_listeners_of_the_same_family_first)
{
    struct network_connection six = of_process(listener(80), "six", 8);
    struct network_connection end = tcp(50, 9, 8);
    size_t count;
    six.identity = 2000;
    six.local_address.family = AF_INET6;
    tell(0, six);
    tell(1, of_process(listener(80), "nginx", 7));
    read_all();
    end.local_port = 80;
    tell_end(end);
    read_all();
    cr_assert_str_eq(network_monitor_closed(monitor, &count)->process_name, "nginx");
    cr_assert_eq(nginx()->bytes_received, 9);
    told.socket_count = 1;
    read_all();
    end.identity = 51;
    tell_end(end);
    read_all();
    cr_assert_str_eq(network_monitor_closed(monitor, &count)->process_name, "six",
        "it takes IPv4 too, where nobody else does");
}

Test(owners, unknown_ones_get_nothing)
{
    tell(0, of_process(tcp(1, 0, 0), "nginx", 7));
    read_all();
    tell_end(tcp(99, 1000, 1000));
    read_all();
    cr_assert_eq(nginx()->bytes_received, 0);
}

Test(owners, keep_what_the_kernel_still_sends_for_them)
{
    struct network_connection orphan = tcp(1, 10, 20);
    size_t count;
    tell(0, of_process(tcp(1, 0, 0), "nginx", 7));
    read_all();
    orphan.state = NETWORK_STATE_FIN_WAIT1; /* closed by its process: belongs to nobody */
    tell(0, orphan);
    read_all();
    cr_assert_eq(nginx()->bytes_sent, 20);
    told.socket_count = 0;
    tell_end(tcp(1, 10, 25));
    read_all();
    cr_assert_eq(nginx()->bytes_sent, 25);
    cr_assert_str_eq(network_monitor_closed(monitor, &count)->process_name, "nginx");
}

/* The list of owners closes its gaps, so an owner may stand elsewhere than where the connection
 * had it last. */
Test(owners, keep_it_also_when_another_owner_is_forgotten_meanwhile)
{
    struct network_connection udp = of_process(tcp(2, 0, 0), "dig", 8);
    struct network_connection orphan = tcp(1, 10, 20);
    size_t count;
    udp.type = NETWORK_UDP;
    tell(0, udp);
    tell(1, of_process(tcp(1, 0, 0), "nginx", 7));
    read_all();
    tell(1, orphan);
    read_all();
    told.socket_count = 0;
    tell(0, orphan);
    read_all();
    cr_assert_null(find("process:33::dig"));
    orphan.bytes_sent = 30;
    tell(0, orphan);
    read_all();
    cr_assert_eq(nginx()->bytes_sent, 30);
    told.socket_count = 0;
    tell_end(tcp(1, 10, 35));
    read_all();
    cr_assert_eq(nginx()->bytes_sent, 35);
    cr_assert_eq(nginx()->closed, 1);
    cr_assert_str_eq(network_monitor_closed(monitor, &count)->process_name, "nginx");
}

/* Nobody holds a connection that waits to be accepted, and the other side sends already. */
Test(owners, get_what_came_before_they_accepted)
{
    tell(0, of_process(listener(80), "nginx", 7));
    read_all();
    tell(1, tcp(1, 1000, 0));
    read_all();
    tell(1, of_process(tcp(1, 1100, 10), "nginx", 7));
    read_all();
    cr_assert_eq(nginx()->bytes_received, 1100);
    cr_assert_eq(nginx()->bytes_sent, 10);
}

Test(owners, of_connections_that_were_only_seen_unaccepted_are_their_listeners)
{
    struct network_connection waiting = tcp(1, 1000, 0);
    size_t count;
    waiting.local_port = 80;
    tell(0, of_process(listener(80), "nginx", 7));
    read_all();
    tell(1, waiting);
    read_all();
    told.socket_count = 1;
    waiting.bytes_sent = 50;
    tell_end(waiting);
    read_all();
    cr_assert_eq(nginx()->bytes_received, 1000);
    cr_assert_eq(nginx()->bytes_sent, 50);
    cr_assert_eq(nginx()->closed, 1);
    cr_assert_str_eq(network_monitor_closed(monitor, &count)->process_name, "nginx");
}

Test(owners, with_udp_alone_have_no_bytes_rather_than_none)
{
    struct network_connection udp = of_process(tcp(1, 0, 0), "nginx", 7);
    udp.type = NETWORK_UDP;
    udp.status.bytes_received = udp.status.bytes_sent = NETWORK_NOT_SUPPORTED;
    tell(0, udp);
    read_all();
    read_all();
    cr_assert_eq(nginx()->udp, 1);
    cr_assert_not(network_has(nginx(), bytes_received));
    cr_assert_not(network_has(nginx(), download_bytes_per_s));
}

/* macOS counts them. */
Test(owners, with_udp_alone_have_its_bytes_where_the_system_counts_them)
{
    struct network_connection udp = of_process(tcp(1, 70, 7), "nginx", 7);
    udp.type = NETWORK_UDP;
    tell(0, udp);
    read_all();
    udp.bytes_received = 100;
    tell(0, udp);
    read_all();
    cr_assert(network_has(nginx(), bytes_received));
    cr_assert_eq(nginx()->bytes_received, 30);
    cr_assert_float_eq(nginx()->download_bytes_per_s, 30, 1e-6);
}

/* As macOS 27 shows them to a program without privileges. */
Test(owners, have_no_bytes_rather_than_none_where_those_of_connections_are_hidden)
{
    struct network_connection hidden = of_process(tcp(1, 0, 0), "nginx", 7);
    hidden.status.bytes_received = hidden.status.bytes_sent = NETWORK_PERMISSION;
    tell(0, hidden);
    read_all();
    read_all();
    cr_assert_eq(nginx()->status.bytes_received, NETWORK_PERMISSION);
    cr_assert_eq(nginx()->status.bytes_sent, NETWORK_PERMISSION);
    cr_assert_not(network_has(nginx(), download_bytes_per_s));
    cr_assert_eq(nginx()->connections, 1);
}

Test(owners, are_containers_before_processes_and_users_last)
{
    struct network_connection inside = of_process(tcp(1, 0, 0), "nginx", 7);
    struct network_connection other = of_process(tcp(2, 0, 0), "node", 8);
    struct network_connection unit = tcp(3, 0, 0), user = tcp(4, 0, 0);
    PUT_TEXT(&inside, unit, "docker:0123456789ab");
    PUT_TEXT(&other, unit, "docker:0123456789ab");
    PUT_TEXT(&unit, unit, "redis.service");
    PUT(&user, uid, 5);
    struct network_connection system = of_process(tcp(5, 0, 0), "sshd", 9);
    PUT_TEXT(&system, unit, "lxc:web1");
    tell(0, inside);
    tell(1, other);
    tell(2, unit);
    tell(3, user);
    tell(4, system);
    read_all();
    const struct network_owner *container = find("container:docker:0123456789ab");
    cr_assert_not_null(container);
    cr_assert_eq(container->connections, 2);
    cr_assert_not(network_has(container, process_name), "two names are no name");
    cr_assert(network_has(container, uid));
    cr_assert_not_null(find("container:lxc:web1"));
    cr_assert_not_null(find("unit:redis.service"));
    cr_assert_not_null(find("user:5"));
    cr_assert_eq(find("user:5")->status.pids, NETWORK_UNAVAILABLE);
}

Test(owners, without_bytes_are_forgotten_and_of_the_others_the_oldest)
{
    for (uint32_t i = 0; i < 1100; i++) {
        char name[16];
        snprintf(name, sizeof(name), "p%u", i);
        tell(0, of_process(tcp(i + 10, i % 2, 0), name, i + 1));
        read_all();
    }
    told.socket_count = 0;
    read_all();
    cr_assert_null(find("process:33::p1098"), "it never moved a byte");
    cr_assert_not_null(find("process:33::p1"));
    for (uint32_t i = 0; i < 600; i++) {
        char name[16];
        snprintf(name, sizeof(name), "q%u", i);
        tell(0, of_process(tcp(i + 5000, 1, 0), name, i + 1));
        read_all();
    }
    told.socket_count = 0;
    read_all();
    cr_assert_null(find("process:33::p1"), "longest idle of more than are kept");
    cr_assert_not_null(find("process:33::p1099"));
    cr_assert_not_null(find("process:33::q599"));
    cr_assert_eq(find("process:33::q599")->bytes_received, 1);
}

Test(owners, and_what_they_do_not_explain_make_up_the_totals)
{
    tell(0, of_process(tcp(1, 0, 0), "nginx", 7));
    struct network_connection local = of_process(tcp(2, 0, 0), "nginx", 7);
    local.remote_address = local.local_address;
    tell(1, local);
    read_all();
    read_all();
    told.bytes += 1000;
    told.sockets[0].bytes_received = 600;
    told.sockets[1].bytes_received = 5000;
    read_all();
    cr_assert_float_eq(nginx()->external_download_bytes_per_s, 600, 1e-6);
    cr_assert_float_eq(nginx()->download_bytes_per_s, 5600, 1e-6);
    cr_assert_float_eq(
        network_monitor_totals(monitor)->unexplained_download_bytes_per_s, 400, 1e-6);
}

static size_t count_listener_events(void)
{
    size_t count, found = 0;
    const struct network_event *events = network_monitor_events(monitor, &count);
    for (size_t i = 0; i < count; i++)
        found += events[i].event == NETWORK_EVENT_LISTENER_ADDED;
    return found;
}

static void look(uint64_t ms)
{
    told.now_ns += ms * 1000000;
    cr_assert_eq(network_monitor_refresh_listeners(monitor), 0);
}

Test(owners, of_new_listeners_are_named)
{
    size_t count;
    tell(0, of_process(listener(8080), "nginx", 7));
    look(1000);
    cr_assert_eq(count_listener_events(), 1);
    const struct network_event *event = network_monitor_events(monitor, &count);
    cr_assert_str_eq(event->process_name, "nginx");
    cr_assert_eq(event->local_port, 8080);
    cr_assert(strstr(event->message, "TCP port 8080"), "%s", event->message);
    look(1000);
    read_all();
    /* Another socket at the same place is no news; the same place later is. */
    told.sockets[0].identity++;
    look(1000);
    cr_assert_eq(count_listener_events(), 1);
    told.socket_count = 0;
    look(1000);
    tell(0, of_process(listener(8080), "nginx", 7));
    look(1000);
    cr_assert_eq(count_listener_events(), 2);
}

Test(owners, listeners_that_only_this_machine_reaches_make_no_event)
{
    struct network_connection near = listener(8080);
    near.local_address.bytes[0] = 127;
    tell(0, near);
    look(1000);
    near.local_address = (struct network_address){.family = AF_INET6, .bytes = {[15] = 1}};
    tell(1, near);
    look(1000);
    cr_assert_eq(count_listener_events(), 0);
}

Test(owners, udp_counts_as_a_listener_when_it_stays)
{
    struct network_connection udp = listener(5353);
    udp.type = NETWORK_UDP;
    udp.state = NETWORK_STATE_UNCONNECTED;
    tell(0, udp);
    udp.local_port = 45000;
    udp.identity++;
    tell(1, udp);
    look(1000);
    cr_assert_eq(count_listener_events(), 0);
    look(1000);
    cr_assert_eq(count_listener_events(), 1);
    look(3000);
    cr_assert_eq(count_listener_events(), 1);
    look(1000);
    cr_assert_eq(count_listener_events(), 2);
    look(9000);
    cr_assert_eq(count_listener_events(), 2);
}

static struct observation *observe(enum observation_scope scope)
{
    struct observation *observation = NULL;
    cr_assert_eq(
        observation_new(monitor, &(struct observation_wish){.scope = scope}, &observation), 0);
    cr_assert_eq(observation->has_connections, scope != OBSERVATION_WITHOUT_CONNECTIONS);
    cr_assert_eq(observation->socket_count, 2);
    return observation;
}

Test(owners, are_observed_also_where_their_connections_are_not_listed)
{
    tell(0, of_process(tcp(1, 1000, 500), "nginx", 7));
    tell(1, of_process(tcp(2, 1000, 500), "nginx", 7));
    read_all();
    struct observation *observation = observe(OBSERVATION_WITH_OWNERS);
    cr_assert_eq(observation->connection_count, 0);
    cr_assert_eq(observation->owner_count, 1);
    cr_assert_eq(observation->owners[0].connections, 2);
    observation_free(observation);
    observation = observe(OBSERVATION_WITH_CONNECTIONS);
    cr_assert_eq(observation->connection_count, 2);
    cr_assert_eq(observation->owner_count, 1);
    observation_free(observation);
    observation = observe(OBSERVATION_WITHOUT_CONNECTIONS);
    cr_assert_eq(observation->connection_count, 0);
    cr_assert_eq(observation->owner_count, 0);
    observation_free(observation);
}
