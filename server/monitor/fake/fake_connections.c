#include "fake_script.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <string.h>

/* Every place holds one socket after the other. What a socket is follows from the seed, its place
 * and how many were there before it. */
struct fake_socket {
    const struct fake_script *script;
    uint32_t place;
    uint64_t turn;
    double age_s, life_s;
};

/* What is asked of fake_random about a socket. */
enum trait { TRAIT_PHASE = 16, TRAIT_LIFE, TRAIT_PROGRAM, TRAIT_SIZE, TRAIT_REMOTE, TRAIT_PORT };

enum { LISTEN_EVERY = 50, UDP_EVERY = 20, PLACES_PER_PROCESS = 40 };
static const double OPENING_S = 0.2, CLOSING_S = 3;

struct program {
    const char *name, *user;
    uint32_t uid;
    bool is_server;
    uint16_t port; /* of the server's end */
    double received_per_s, sent_per_s;
};

static const struct program programs[] = {
    {"firefox", "ada", 1000, false, 443, 14e3, 900},
    {"chromium", "ada", 1000, false, 443, 11e3, 800},
    {"thunderbird", "ada", 1000, false, 993, 300, 60},
    {"slack", "ada", 1000, false, 443, 500, 120},
    {"spotify", "ada", 1000, false, 443, 20e3, 300},
    {"code", "ada", 1000, false, 443, 700, 500},
    {"ssh", "ada", 1000, false, 22, 400, 250},
    {"git-remote-http", "ada", 1000, false, 443, 6e3, 300},
    {"node", "grace", 1001, false, 5432, 900, 700},
    {"python3", "grace", 1001, false, 6379, 800, 800},
    {"java", "grace", 1001, false, 9092, 4e3, 4e3},
    {"prometheus", "prometheus", 115, false, 9100, 5e3, 200},
    {"nginx", "www-data", 33, true, 443, 700, 9e3},
    {"postgres", "postgres", 112, true, 5432, 800, 2e3},
    {"redis-server", "redis", 113, true, 6379, 600, 900},
    {"sshd", "root", 0, true, 22, 250, 400},
    {"haproxy", "haproxy", 114, true, 80, 2e3, 12e3},
    {"dockerd", "root", 0, true, 2376, 100, 200},
    {"systemd-resolve", "systemd-resolve", 101, false, 53, 80, 60},
    {"chronyd", "_chrony", 116, false, 123, 8, 8},
};

static double fraction_of(const struct fake_socket *socket, enum trait trait)
{
    uint64_t which = (uint64_t)socket->place << 32 | (socket->turn & UINT32_MAX);
    return fake_fraction(socket->script->seed, trait, which);
}

static bool is_listener(const struct fake_socket *socket)
{
    return socket->place % LISTEN_EVERY == 0;
}

static bool is_udp(const struct fake_socket *socket)
{
    return !is_listener(socket) && socket->place % UDP_EVERY == 1;
}

/* Listeners stay; others live for 2 to 20 minutes, the same for all that follow in one place. */
static struct fake_socket socket_at(
    const struct fake_script *script, uint32_t place, double elapsed_s)
{
    struct fake_socket socket = {.script = script, .place = place};
    if (is_listener(&socket)) {
        socket.age_s = elapsed_s + 86400;
        socket.life_s = INFINITY;
        return socket;
    }
    socket.life_s = 120 + 1080 * fake_fraction(script->seed, TRAIT_LIFE, place);
    double since = elapsed_s + socket.life_s * fake_fraction(script->seed, TRAIT_PHASE, place);
    socket.turn = (uint64_t)floor(since / socket.life_s);
    socket.age_s = since - (double)socket.turn * socket.life_s;
    return socket;
}

static const struct program *program_of(const struct fake_socket *socket)
{
    if (is_udp(socket)) /* the last two speak UDP */
        return &programs[ARRAY_LENGTH(programs) - 2 + socket->place / UDP_EVERY % 2];
    if (is_listener(socket)) { /* only servers listen: the first is the thirteenth */
        uint32_t servers = 6;
        return &programs[12 + socket->place / LISTEN_EVERY % servers];
    }
    size_t count = ARRAY_LENGTH(programs) - 2;
    /* More browsers than daemons. */
    double place = fraction_of(socket, TRAIT_PROGRAM);
    return &programs[(size_t)(place * place * (double)count)];
}

static enum network_connection_state state_of(const struct fake_socket *socket)
{
    if (is_listener(socket))
        return NETWORK_STATE_LISTEN;
    if (is_udp(socket))
        return socket->turn % 2 ? NETWORK_STATE_UNCONNECTED : NETWORK_STATE_ESTABLISHED;
    if (socket->age_s < OPENING_S)
        return NETWORK_STATE_SYN_SENT;
    double left_s = socket->life_s - socket->age_s;
    if (left_s > CLOSING_S)
        return NETWORK_STATE_ESTABLISHED;
    return left_s > CLOSING_S / 2 ? NETWORK_STATE_FIN_WAIT2 : NETWORK_STATE_CLOSE_WAIT;
}

static struct network_address ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    return (struct network_address){.family = AF_INET, .bytes = {a, b, c, d}};
}

static struct network_address ipv6(uint8_t subnet, uint32_t host)
{
    struct network_address address = {.family = AF_INET6, .bytes = {0x20, 0x01, 0x0d, 0xb8}};
    address.bytes[7] = subnet;
    for (int i = 0; i < 4; i++)
        address.bytes[15 - i] = (uint8_t)(host >> 8 * i);
    return address;
}

static void put_ends(const struct fake_socket *socket, const struct program *program,
    struct network_connection *connection)
{
    uint32_t ephemeral = 32768 + (uint32_t)(28000 * fraction_of(socket, TRAIT_PORT));
    uint32_t remote = (uint32_t)(65536 * fraction_of(socket, TRAIT_REMOTE));
    bool is_ipv6 = remote % 4 == 0;
    connection->status.remote_address = NETWORK_NOT_APPLICABLE;
    connection->status.remote_port = NETWORK_NOT_APPLICABLE;
    if (connection->state == NETWORK_STATE_LISTEN ||
        connection->state == NETWORK_STATE_UNCONNECTED) {
        PUT(connection, local_address,
            is_ipv6 ? (struct network_address){.family = AF_INET6}
                    : (struct network_address){.family = AF_INET});
        /* One listener a port, however many there are. */
        PUT(connection, local_port,
            is_listener(socket) ? program->port + 1000 * (socket->place / LISTEN_EVERY / 6 % 60)
                                : ephemeral);
        return;
    }
    PUT(connection, local_address, is_ipv6 ? ipv6(0, 0x10) : ipv4(192, 0, 2, 10));
    PUT(connection, local_port, program->is_server ? program->port : ephemeral);
    PUT(connection, remote_address,
        is_ipv6 ? ipv6(1, remote)
                : ipv4(198, (uint8_t)(18 + (remote & 1)), (uint8_t)(remote >> 8), (uint8_t)remote));
    PUT(connection, remote_port, program->is_server ? ephemeral : program->port);
}

static void put_owner(const struct fake_socket *socket, const struct program *program,
    struct network_connection *connection)
{
    uint32_t number = (uint32_t)(program - programs);
    uint32_t process = socket->place / PLACES_PER_PROCESS % 4;
    PUT(connection, pid, 700 + number * 97 + process * 11);
    PUT_TEXT(connection, process_name, program->name);
    PUT(connection, uid, program->uid);
    PUT_TEXT(connection, user, program->user);
    PUT(connection, evidence, NETWORK_EVIDENCE_PROC);
    connection->status.unit = NETWORK_NOT_SUPPORTED;
}

/* Whoever has another end reaches it through the one wired interface. */
static void put_interface(struct network_connection *connection)
{
    if (network_has(connection, remote_address))
        PUT_TEXT(connection, interface, "eth0");
    else
        connection->status.interface = NETWORK_NOT_APPLICABLE;
}

static void put_absent(struct network_connection *connection, uint8_t bytes)
{
    connection->status.bytes_received = bytes;
    connection->status.bytes_sent = bytes;
    connection->status.rtt_ms = NETWORK_NOT_APPLICABLE;
    connection->status.rtt_min_ms = NETWORK_NOT_APPLICABLE;
    connection->status.retransmits = NETWORK_NOT_APPLICABLE;
    connection->status.limited_by = NETWORK_NOT_APPLICABLE;
    connection->status.congestion_control = NETWORK_NOT_APPLICABLE;
    connection->status.congestion_window = NETWORK_NOT_APPLICABLE;
}

static void put_listener(struct network_connection *connection)
{
    put_absent(connection, NETWORK_NOT_APPLICABLE);
    PUT(connection, receive_queue_bytes, 0);
    PUT(connection, send_queue_bytes, 511);
}

static void put_udp(const struct fake_socket *socket, struct network_connection *connection)
{
    put_absent(connection, NETWORK_NOT_SUPPORTED);
    PUT(connection, receive_queue_bytes, 0);
    PUT(connection, send_queue_bytes, 0);
    PUT(connection, receive_drops, (uint64_t)(socket->age_s / 90));
}

/* A few have something to send all the time, the others now and then. */
static void put_send_times(double active_s, bool is_busy, struct network_connection *connection)
{
    connection->send_times = (struct network_send_times){.is_known = active_s > 0,
        .has_unsent = is_busy,
        .busy = (uint64_t)(active_s * (is_busy ? 950e3 : 50e3))};
    PUT(connection, send_queue_bytes, is_busy ? 64000 : 0);
}

static void put_tcp(const struct fake_socket *socket, const struct program *program,
    struct network_connection *connection)
{
    double size = 4 * pow(fraction_of(socket, TRAIT_SIZE), 3); /* a few do most */
    double active_s = fmin(socket->age_s, socket->life_s - CLOSING_S) - OPENING_S;
    double phase = 24 * fraction_of(socket, TRAIT_PORT);
    active_s = active_s > 0 ? active_s : 0;
    PUT(connection, bytes_received,
        (uint64_t)fake_traffic(program->received_per_s * size, active_s, phase));
    PUT(connection, bytes_sent,
        (uint64_t)fake_traffic(program->sent_per_s * size, active_s, phase));
    PUT_TEXT(connection, congestion_control, "cubic");
    PUT(connection, receive_queue_bytes, 0);
    PUT(connection, congestion_window, 10 + (uint32_t)(size * 20));
    put_send_times(active_s, size > 2, connection);
    if (connection->state == NETWORK_STATE_SYN_SENT)
        return;
    double rtt_min_ms = 2 + 60 * fraction_of(socket, TRAIT_REMOTE);
    PUT(connection, rtt_min_ms, rtt_min_ms);
    PUT(connection, rtt_ms, rtt_min_ms * (1.3 + 0.2 * sin(socket->age_s / 5)));
    PUT(connection, retransmits, (uint32_t)(active_s * size / 60));
}

static void put_socket(const struct fake_socket *socket, struct network_connection *connection)
{
    const struct program *program = program_of(socket);
    connection->identity = socket->turn << 32 | (socket->place + 1);
    connection->status.netns = NETWORK_NOT_APPLICABLE;
    connection->status.receive_drops = NETWORK_NOT_APPLICABLE;
    PUT(connection, type, is_udp(socket) ? NETWORK_UDP : NETWORK_TCP);
    PUT(connection, state, state_of(socket));
    put_ends(socket, program, connection);
    put_owner(socket, program, connection);
    put_interface(connection);
    if (is_udp(socket))
        put_udp(socket, connection);
    else if (is_listener(socket))
        put_listener(connection);
    else
        put_tcp(socket, program, connection);
}

int fake_connections(
    const struct fake_script *script, double elapsed_s, struct connection_array *ret_connections)
{
    for (uint32_t place = 0; place < script->connections; place++) {
        struct fake_socket socket = socket_at(script, place, elapsed_s);
        struct network_connection *connection = connection_array_append(ret_connections);
        if (!connection)
            return -ENOMEM;
        put_socket(&socket, connection);
    }
    return 0;
}

static bool waits(const struct fake_socket *socket)
{
    enum network_connection_state state = state_of(socket);
    return state == NETWORK_STATE_LISTEN || state == NETWORK_STATE_UNCONNECTED;
}

int fake_listeners(
    const struct fake_script *script, double elapsed_s, struct connection_array *ret_listeners)
{
    for (uint32_t place = 0; place < script->connections; place++) {
        struct fake_socket socket = socket_at(script, place, elapsed_s);
        if (!waits(&socket))
            continue;
        struct network_connection *listener = connection_array_append(ret_listeners);
        if (!listener)
            return -ENOMEM;
        put_socket(&socket, listener);
        listener->status.pid = NETWORK_UNAVAILABLE;
        listener->status.process_name = NETWORK_UNAVAILABLE;
        PUT(listener, evidence, NETWORK_EVIDENCE_UID);
    }
    return 0;
}

/* Those that one place has seen the end of since. */
static int append_closed(
    struct fake_socket socket, const struct fake_socket *now, struct connection_array *ret_closed)
{
    for (; socket.turn < now->turn; socket.turn++) {
        struct network_connection *connection = connection_array_append(ret_closed);
        if (!connection)
            return -ENOMEM;
        socket.age_s = socket.life_s;
        put_socket(&socket, connection);
        PUT(connection, state, NETWORK_STATE_CLOSE);
    }
    return 0;
}

int fake_closed(const struct fake_script *script, double from_s, double elapsed_s,
    struct connection_array *ret_closed)
{
    int result = 0;
    for (uint32_t place = 0; result == 0 && place < script->connections; place++) {
        struct fake_socket socket = socket_at(script, place, from_s);
        struct fake_socket now = socket_at(script, place, elapsed_s);
        if (!is_udp(&socket))
            result = append_closed(socket, &now, ret_closed);
    }
    return result;
}
