/* getifaddrs(3), out of a list in the form of NET_RT_IFLIST2 under the key "getifaddrs". */
#include "loader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* macOS's struct ifaddrs. */
struct entry {
    struct entry *next;
    char *name;
    uint32_t flags;
    void *address, *netmask, *destination, *data;
};
/* Of its struct if_data what is asked for. */
struct data {
    uint8_t type, rest[7];
    uint32_t mtu, metric, baudrate, counters[20];
};
/* All of a message is in one piece of memory. */
struct piece {
    struct entry entry;
    char name[16];
    struct data data;
    uint8_t message[256];
};

enum { LINK = 0x12, ADDRESS = 0xc, LINK_HEAD = 160, LINK_FLAGS = 8, LINK_DATA = 32 };
enum { ADDRESS_HEAD = 20, PLACES = 8, OF_NETMASK = 2, OF_ADDRESS = 5, OF_BROADCAST = 7 };

static void read_link(struct piece *piece)
{
    uint8_t *sdl = piece->message + LINK_HEAD;
    memcpy(&piece->entry.flags, piece->message + LINK_FLAGS, 4);
    memcpy(piece->name, sdl + 8, sdl[5]);
    piece->data.type = piece->message[LINK_DATA];
    memcpy(&piece->data.mtu, piece->message + LINK_DATA + 8, 4);
    memcpy(&piece->data.baudrate, piece->message + LINK_DATA + 16, 4);
    piece->entry.address = sdl;
    piece->entry.data = &piece->data;
}

static void read_address(struct piece *piece, const struct piece *link)
{
    void *places[PLACES] = {NULL};
    uint8_t *next = piece->message + ADDRESS_HEAD;
    uint32_t mask;
    memcpy(&mask, piece->message + 4, 4);
    for (int i = 0; i < PLACES; i++)
        if (mask >> i & 1) {
            places[i] = next;
            next += next[0] ? (next[0] + 3) & ~3 : 4;
        }
    memcpy(piece->name, link->name, sizeof(piece->name));
    piece->entry.flags = link->entry.flags;
    piece->entry.address = places[OF_ADDRESS];
    piece->entry.netmask = places[OF_NETMASK];
    piece->entry.destination = places[OF_BROADCAST];
}

static struct piece *read_message(const uint8_t *message, size_t length, const struct piece *link)
{
    bool is_link = message[3] == LINK;
    if ((!is_link && message[3] != ADDRESS) || length > sizeof(link->message))
        return NULL;
    struct piece *piece = calloc(1, sizeof(*piece));
    if (!piece)
        fatal("no memory");
    memcpy(piece->message, message, length);
    piece->entry.name = piece->name;
    if (is_link)
        read_link(piece);
    else
        read_address(piece, link);
    return piece;
}

static int get_addresses(struct entry **ret_list)
{
    static uint8_t bytes[65536];
    size_t size = sizeof(bytes), length;
    struct entry **end = ret_list;
    const struct piece *link = NULL;
    int result = kernel_ask("getifaddrs", bytes, &size);
    if (result < 0) {
        errno = -result;
        return -1;
    }
    *end = NULL;
    for (const uint8_t *at = bytes; at < bytes + size; at += length) {
        length = (size_t)(at[0] | at[1] << 8);
        struct piece *piece = read_message(at, length, link);
        if (!piece)
            continue;
        link = at[3] == LINK ? piece : link;
        *end = &piece->entry;
        end = &piece->entry.next;
    }
    return 0;
}

static void free_addresses(struct entry *list)
{
    while (list) {
        struct entry *next = list->next;
        free(list); /* it is the first of its piece */
        list = next;
    }
}

const struct shim ifaddrs_shims[] = {
    SHIM("getifaddrs", get_addresses),
    SHIM("freeifaddrs", free_addresses),
    SHIMS_END,
};
