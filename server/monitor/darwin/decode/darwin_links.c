#include "darwin_links.h"

#include "darwin_addresses.h"
#include "darwin_bytes.h"
#include "darwin_wire.h"

void darwin_links_fini(struct darwin_links *links)
{
    if (!links)
        return;
    free(links->items);
    free(links->addresses);
    *links = (struct darwin_links){0};
}

/* Name and hardware address. Its length may be more than the struct's, and the name has no NUL. */
static bool read_sockaddr_dl(const uint8_t *sdl, size_t size, struct darwin_link *link)
{
    if (size < SDL_DATA || sdl[SDL_LENGTH] < SDL_DATA || sdl[SDL_LENGTH] > size ||
        sdl[SDL_FAMILY] != DARWIN_AF_LINK)
        return false;
    size_t name = sdl[SDL_NLEN], mac = sdl[SDL_ALEN];
    if (name == 0 || name >= sizeof(link->name) || SDL_DATA + name + mac > sdl[SDL_LENGTH])
        return false;
    memcpy(link->name, sdl + SDL_DATA, name);
    if (mac <= sizeof(link->mac)) {
        memcpy(link->mac, sdl + SDL_DATA + name, mac);
        link->mac_length = (uint8_t)mac;
    }
    return strlen(link->name) == name;
}

static int read_link(const uint8_t *message, size_t length, struct darwin_links *links)
{
    const uint8_t *data = message + IFM2_DATA;
    struct darwin_link link = {.first_address = links->address_count};
    if (length < IFM2_SIZE || !read_sockaddr_dl(message + IFM2_SIZE, length - IFM2_SIZE, &link))
        return 0;
    link.index = read_le16(message + IFM2_INDEX);
    link.flags = read_le32(message + IFM2_FLAGS);
    link.type = data[IFD_TYPE];
    link.mtu_bytes = read_le32(data + IFD_MTU);
    link.baudrate = read_le64(data + IFD_BAUDRATE);
    if (!MAKE_ROOM(links->items, links->count, links->capacity))
        return -ENOMEM;
    links->items[links->count++] = link;
    return 0;
}

/* An address of the interface before it. */
static int read_address(const uint8_t *message, size_t length, struct darwin_links *links)
{
    struct network_address address;
    if (length < IFAM_SIZE || links->count == 0)
        return 0;
    struct darwin_link *link = &links->items[links->count - 1];
    const uint8_t *follow = message + IFAM_SIZE;
    uint32_t mask = read_le32(message + IFAM_ADDRESSES);
    size_t size = length - IFAM_SIZE;
    if (read_le16(message + IFAM_INDEX) != link->index ||
        !darwin_sockaddr_read(darwin_sockaddr_find(follow, size, mask, RTAX_OF_ADDRESS), &address))
        return 0;
    struct darwin_bytes netmask = darwin_sockaddr_find(follow, size, mask, RTAX_OF_NETMASK);
    address.prefix_length = darwin_netmask_length(netmask, address.family);
    if (!MAKE_ROOM(links->addresses, links->address_count, links->address_capacity))
        return -ENOMEM;
    links->addresses[links->address_count++] = address;
    link->address_count++;
    return 0;
}

int darwin_links_read(const uint8_t *bytes, size_t size, struct darwin_links *links)
{
    int result = 0;
    links->count = links->address_count = 0;
    while (result == 0 && size > 0) {
        size_t length = size < RTM_HEAD ? 0 : read_le16(bytes + RTM_LENGTH);
        if (length < RTM_HEAD || length > size)
            return -EBADMSG;
        bool is_known = bytes[RTM_OF_VERSION] == RTM_IS_VERSION;
        if (is_known && bytes[RTM_TYPE] == RTM_IS_IFINFO2)
            result = read_link(bytes, length, links);
        else if (is_known && bytes[RTM_TYPE] == RTM_IS_NEWADDR)
            result = read_address(bytes, length, links);
        bytes += length;
        size -= length;
    }
    return result;
}
