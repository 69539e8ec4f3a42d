#include "darwin_connections.h"

#include "darwin_addresses.h"
#include "darwin_bytes.h"
#include "darwin_sockets.h"
#include "darwin_wire.h"
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* A table with less than that beside what it was said to have is not suspicious. */
enum { SPARE_BYTES = 4096, SPARE_SOCKETS = 8, FIRST_OF_ONE_SLOT = 24 };

static const struct {
    enum network_connection_type type;
    struct darwin_table table;
} tables[] = {
    {NETWORK_TCP, {.name = "net.inet.tcp.pcblist_n"}},
    {NETWORK_UDP, {.name = "net.inet.udp.pcblist_n"}},
};

/* Of the statistics' slots; see darwin_wire.h. A kernel that does not say its release is taken for
 * a new one. */
static unsigned read_statistics_slots(struct darwin_ask *ask)
{
    static const struct darwin_table table = {.name = "kern.osrelease"};
    char release[64] = "";
    size_t size = sizeof(release) - 1;
    if (darwin_ask_fixed(ask, &table, release, &size) < 0)
        return 1;
    long major = strtol(release, NULL, 10);
    return major > 0 && major < FIRST_OF_ONE_SLOT ? XST_SLOTS : 1;
}

void darwin_connections_init(struct darwin_connections *connections, struct darwin_ask *ask)
{
    *connections =
        (struct darwin_connections){.ask = ask, .statistics_slots = read_statistics_slots(ask)};
}

void darwin_connections_fini(struct darwin_connections *connections)
{
    if (!connections)
        return;
    buffer_fini(&connections->answer);
    buffer_fini(&connections->pids);
    users_fini(&connections->users);
    free(connections->names);
    map_fini(&connections->names_by_pid);
    map_fini(&connections->walked);
    darwin_ends_fini(&connections->ends);
}

/* --- the kernel's tables --- */

/* The size it announces, and the count in its head, are those of the whole system; what is over is
 * an eighth of it and one. So a table of own sockets alone that is less than half of that was cut.
 */
static bool is_cut(
    const struct darwin_sockets_summary *summary, size_t read, size_t announced, size_t answered)
{
    return summary->of_others == 0 && (announced > 2 * answered + SPARE_BYTES ||
                                          summary->announced > 2 * read + SPARE_SOCKETS);
}

/* Whether the table shows only the own sockets is in ret_cut. */
static int read_table(struct darwin_connections *connections, size_t which,
    struct connection_array *ret_connections, bool *ret_cut)
{
    struct darwin_sockets_rules rules = {.type = tables[which].type,
        .statistics_slots = connections->statistics_slots,
        .own_pid = getpid()};
    struct darwin_sockets_summary summary;
    size_t announced, before = ret_connections->count;
    struct buffer *answer = &connections->answer;
    int result = darwin_ask_table(connections->ask, &tables[which].table, answer, &announced);
    if (result == 0)
        result = darwin_sockets_read(
            (const uint8_t *)answer->bytes, answer->length, &rules, ret_connections, &summary);
    if (result == 0)
        *ret_cut |= is_cut(&summary, ret_connections->count - before, announced, answer->length);
    return result;
}

/* --- what libproc shows --- */

/* Several processes may hold one socket, and it is the lowest's that counts. */
static int append_walked(struct darwin_connections *connections,
    const struct network_connection *walked, struct connection_array *ret_connections)
{
    struct map_key key = {.high = walked->type, .low = walked->identity};
    size_t at = map_find_index(&connections->walked, key);
    if (at != MAP_ABSENT) {
        struct network_connection *known = &ret_connections->items[at];
        if (walked->pid < known->pid)
            *known = *walked;
        return 0;
    }
    int result = map_insert_index(&connections->walked, key, ret_connections->count);
    struct network_connection *connection =
        result == 0 ? connection_array_append(ret_connections) : NULL;
    if (!connection)
        return -ENOMEM;
    *connection = *walked;
    return 0;
}

/* The user that a process runs as: sockets do not say theirs to libproc. */
static bool find_uid(struct darwin_connections *connections, int32_t pid, uint32_t *ret_uid)
{
    struct darwin_process process = {DARWIN_SHORT_INFO, pid, 0};
    uint8_t bytes[PBSI_SIZE];
    size_t size = sizeof(bytes);
    if (darwin_ask_process(connections->ask, &process, bytes, &size) < 0 || size < PBSI_SIZE)
        return false;
    *ret_uid = read_le32(bytes + PBSI_UID);
    return true;
}

/* A process that is looked into. Its user is asked for when it has a socket. */
struct walked_process {
    int32_t pid;
    bool was_asked, has_uid;
    uint32_t uid;
};

/* One that was closed meanwhile is none. */
static int walk_descriptor(struct darwin_connections *connections, struct walked_process *walked,
    int32_t descriptor, struct connection_array *ret_connections)
{
    struct darwin_process process = {DARWIN_SOCKET, walked->pid, descriptor};
    struct network_connection connection;
    uint8_t bytes[PSO_SIZE];
    size_t size = sizeof(bytes);
    if (darwin_ask_process(connections->ask, &process, bytes, &size) < 0 ||
        darwin_process_socket_read(bytes, size, walked->pid, &connection) != 0)
        return 0;
    if (!walked->was_asked)
        walked->has_uid = find_uid(connections, walked->pid, &walked->uid);
    walked->was_asked = true;
    if (walked->has_uid)
        PUT(&connection, uid, walked->uid);
    return append_walked(connections, &connection, ret_connections);
}

/* Other users' processes may not be looked into. */
static int walk_process(
    struct darwin_connections *connections, int32_t pid, struct connection_array *ret_connections)
{
    struct darwin_process process = {DARWIN_FILES, pid, 0};
    struct walked_process walked = {.pid = pid};
    struct buffer *answer = &connections->answer;
    int result = darwin_ask_processes(connections->ask, &process, answer);
    if (result < 0)
        return result == -ENOMEM ? result : 0;
    for (size_t at = 0; result == 0 && at + PFD_SIZE <= answer->length; at += PFD_SIZE) {
        const uint8_t *file = (const uint8_t *)answer->bytes + at;
        if (read_le32(file + PFD_TYPE) == PFD_IS_SOCKET)
            result = walk_descriptor(
                connections, &walked, (int32_t)read_le32(file + PFD_DESCRIPTOR), ret_connections);
    }
    return result;
}

int darwin_connections_walk(
    struct darwin_connections *connections, struct connection_array *ret_connections)
{
    static const struct darwin_process list = {DARWIN_PIDS, 0, 0};
    int result = darwin_ask_processes(connections->ask, &list, &connections->pids);
    map_clear(&connections->walked);
    for (size_t at = 0; result == 0 && at + 4 <= connections->pids.length; at += 4)
        result = walk_process(connections,
            (int32_t)read_le32((const uint8_t *)connections->pids.bytes + at), ret_connections);
    return result;
}

/* --- whose they are --- */

/* The program's file, which is longer than what the kernel calls the process, else that. */
static void read_process_name(
    struct darwin_connections *connections, int32_t pid, char *text, size_t size)
{
    struct darwin_process process = {DARWIN_PATH, pid, 0};
    uint8_t info[PBSI_SIZE];
    char path[4096];
    size_t length = sizeof(path) - 1;
    text[0] = '\0';
    if (darwin_ask_process(connections->ask, &process, path, &length) == 0) {
        path[length] = '\0';
        const char *slash = strrchr(path, '/');
        put_text(text, size, slash ? slash + 1 : path);
    }
    process.question = DARWIN_SHORT_INFO;
    length = sizeof(info);
    if (text[0] == '\0' && darwin_ask_process(connections->ask, &process, info, &length) == 0 &&
        length >= PBSI_SIZE) {
        char name[PBSI_COMM_SIZE + 1] = "";
        memcpy(name, info + PBSI_COMM, PBSI_COMM_SIZE);
        put_text(text, size, name);
    }
}

/* Asked once a reading; NULL: it has none any more, or there is no memory. */
static const char *find_process_name(struct darwin_connections *connections, uint32_t pid)
{
    struct map_key key = {.low = pid};
    size_t at = map_find_index(&connections->names_by_pid, key);
    if (at == MAP_ABSENT) {
        at = connections->name_count;
        if (!MAKE_ROOM(connections->names, connections->name_count, connections->name_capacity) ||
            map_insert_index(&connections->names_by_pid, key, at) < 0)
            return NULL;
        struct darwin_process_name *name = &connections->names[connections->name_count++];
        name->pid = pid;
        read_process_name(connections, (int32_t)pid, name->text, sizeof(name->text));
    }
    const char *text = connections->names[at].text;
    return text[0] != '\0' ? text : NULL;
}

static void put_process(
    struct darwin_connections *connections, struct network_connection *connection)
{
    const char *name = find_process_name(connections, connection->pid);
    if (!name) {
        connection->status.pid = NETWORK_UNAVAILABLE;
        return;
    }
    PUT_TEXT(connection, process_name, name);
    PUT(connection, evidence,
        connections->is_hidden ? NETWORK_EVIDENCE_PROC : NETWORK_EVIDENCE_SOCKET);
}

/* Flows of user-space stacks have no user of their own, but a process. */
static void put_owner(struct darwin_connections *connections, struct network_connection *connection)
{
    uint32_t uid;
    if (network_has(connection, pid))
        put_process(connections, connection);
    if (network_has(connection, pid) && !network_has(connection, uid) &&
        find_uid(connections, (int32_t)connection->pid, &uid))
        PUT(connection, uid, uid);
    if (!network_has(connection, uid))
        return;
    if (!network_has(connection, pid))
        PUT(connection, evidence, NETWORK_EVIDENCE_UID);
    const char *user = users_find(&connections->users, connection->uid);
    if (user)
        PUT_TEXT(connection, user, user);
}

/* By the route to its other end. A link-local one may be of any link. */
static void put_interface(
    const struct darwin_interfaces *interfaces, struct network_connection *connection)
{
    if (!network_has(connection, remote_address)) {
        connection->status.interface = NETWORK_NOT_APPLICABLE;
        return;
    }
    if (connection->remote_address.family == AF_INET6 &&
        darwin_is_link_local(connection->remote_address.bytes))
        return;
    uint32_t index = darwin_routes_find(&interfaces->routes, &connection->remote_address);
    const char *name = index ? darwin_interfaces_name(interfaces, index) : NULL;
    if (name)
        PUT_TEXT(connection, interface, name);
}

/* --- both --- */

/* Sockets without their owners. The walk shows no bytes, so where it is needed for one protocol the
 * other is from it too. */
static int read_sockets(
    struct darwin_connections *connections, struct connection_array *ret_connections)
{
    size_t before = ret_connections->count;
    bool is_cut = false;
    int result = 0;
    for (size_t i = 0; result == 0 && i < ARRAY_LENGTH(tables); i++)
        result = read_table(connections, i, ret_connections, &is_cut);
    if (result == 0 && is_cut) {
        ret_connections->count = before;
        result = darwin_connections_walk(connections, ret_connections);
    }
    if (result == 0 && is_cut != connections->is_hidden) {
        connections->is_hidden = is_cut;
        connections->ends.open.count = 0; /* what is not shown any more has not ended */
    }
    return result;
}

int darwin_connections_read(struct darwin_connections *connections,
    const struct darwin_interfaces *interfaces, struct connection_array *ret_connections)
{
    size_t before = ret_connections->count;
    int result = read_sockets(connections, ret_connections);
    if (result < 0)
        return result;
    connections->name_count = 0;
    map_clear(&connections->names_by_pid);
    for (size_t i = before; i < ret_connections->count; i++) {
        put_owner(connections, &ret_connections->items[i]);
        put_interface(interfaces, &ret_connections->items[i]);
    }
    darwin_ends_look(&connections->ends, ret_connections, before);
    return 0;
}

static bool waits(const struct network_connection *connection)
{
    return connection->state == NETWORK_STATE_LISTEN ||
           connection->state == NETWORK_STATE_UNCONNECTED;
}

/* The kernel has no smaller table of them. */
int darwin_connections_read_listeners(
    struct darwin_connections *connections, struct connection_array *ret_listeners)
{
    size_t kept = ret_listeners->count;
    int result = read_sockets(connections, ret_listeners);
    if (result < 0)
        return result;
    for (size_t i = kept; i < ret_listeners->count; i++) {
        struct network_connection *listener = &ret_listeners->items[i];
        if (!waits(listener))
            continue;
        listener->status.pid = NETWORK_UNAVAILABLE;
        listener->status.interface = NETWORK_NOT_APPLICABLE;
        put_owner(connections, listener);
        ret_listeners->items[kept++] = *listener;
    }
    ret_listeners->count = kept;
    return 0;
}
