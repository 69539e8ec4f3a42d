#include "socket_holders.h"

#include <errno.h>
#include <string.h>

void socket_holders_fini(struct socket_holders *holders)
{
    if (!holders)
        return;
    free(holders->items);
    map_fini(&holders->by_inode);
    *holders = (struct socket_holders){0};
}

static bool is_same(const struct socket_holders *holders, const void *bytes, size_t count)
{
    return count == holders->count &&
           (count == 0 || memcmp(holders->items, bytes, count * sizeof(*holders->items)) == 0);
}

static int make_room(struct socket_holders *holders, size_t count)
{
    if (count <= holders->capacity)
        return 0;
    size_t larger = count + count / 2;
    struct socket_holder *items = array_resize(holders->items, larger, sizeof(*items));
    if (!items)
        return -ENOMEM;
    holders->items = items;
    holders->capacity = larger;
    return 0;
}

static int enter(struct socket_holders *holders, size_t index)
{
    struct socket_holder *holder = &holders->items[index];
    holder->comm[COMM_BYTES - 1] = '\0';
    if (holder->inode == 0 || holder->pid == 0)
        return 0;
    const struct socket_holder *other = socket_holders_find(holders, holder->inode);
    if (other && other->pid <= holder->pid)
        return 0;
    return map_insert_index(&holders->by_inode, (struct map_key){.low = holder->inode}, index);
}

int socket_holders_parse(struct socket_holders *holders, const void *bytes, size_t size)
{
    size_t count = size / sizeof(*holders->items);
    if (is_same(holders, bytes, count))
        return 0;
    holders->count = 0;
    map_clear(&holders->by_inode);
    int result = make_room(holders, count);
    if (result == 0 && count > 0)
        memcpy(holders->items, bytes, count * sizeof(*holders->items));
    for (size_t i = 0; result == 0 && i < count; i++)
        result = enter(holders, i);
    if (result == 0)
        holders->count = count;
    else
        map_clear(&holders->by_inode);
    return result;
}

const struct socket_holder *socket_holders_find(
    const struct socket_holders *holders, uint64_t inode)
{
    size_t index = map_find_index(&holders->by_inode, (struct map_key){.low = inode});
    return index == MAP_ABSENT ? NULL : &holders->items[index];
}
