#include "darwin_ends.h"

enum { ENDED_MAX = 65536 };

void darwin_ends_fini(struct darwin_ends *ends)
{
    if (!ends)
        return;
    connection_array_fini(&ends->open);
    connection_array_fini(&ends->ended);
    map_fini(&ends->seen);
}

/* Has another end, and is not over. */
static bool is_open(const struct network_connection *connection)
{
    return connection->type == NETWORK_TCP && network_has(connection, remote_address) &&
           connection->state != NETWORK_STATE_TIME_WAIT && connection->state != NETWORK_STATE_CLOSE;
}

static struct map_key key_of(const struct network_connection *connection)
{
    return (struct map_key){.low = connection->identity};
}

static void append(struct connection_array *array, const struct network_connection *connection)
{
    struct network_connection *copy = connection_array_append(array);
    if (copy)
        *copy = *connection;
}

static void find_ended(struct darwin_ends *ends)
{
    for (size_t i = 0; i < ends->open.count && ends->ended.count < ENDED_MAX; i++) {
        struct network_connection *connection = &ends->open.items[i];
        if (map_find_index(&ends->seen, key_of(connection)) != MAP_ABSENT)
            continue;
        PUT(connection, state, NETWORK_STATE_CLOSE);
        append(&ends->ended, connection);
    }
}

void darwin_ends_look(
    struct darwin_ends *ends, const struct connection_array *connections, size_t from)
{
    map_clear(&ends->seen);
    for (size_t i = from; i < connections->count; i++)
        if (is_open(&connections->items[i]) &&
            map_insert_index(&ends->seen, key_of(&connections->items[i]), i) < 0)
            return;
    find_ended(ends);
    ends->open.count = 0;
    for (size_t i = from; i < connections->count; i++)
        if (is_open(&connections->items[i]))
            append(&ends->open, &connections->items[i]);
}

int darwin_ends_take(struct darwin_ends *ends, struct connection_array *ret_closed)
{
    for (size_t i = 0; i < ends->ended.count; i++) {
        struct network_connection *connection = connection_array_append(ret_closed);
        if (!connection)
            return -ENOMEM;
        *connection = ends->ended.items[i];
    }
    ends->ended.count = 0;
    return 0;
}
