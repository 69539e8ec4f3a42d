#include "darwin_routes.h"

#include "darwin_addresses.h"
#include "darwin_bytes.h"
#include "darwin_wire.h"
#include <sys/socket.h>

void darwin_routes_fini(struct darwin_routes *routes)
{
    if (!routes)
        return;
    free(routes->items);
    *routes = (struct darwin_routes){0};
}

/* Of a host, or of a net; no mask, of one that is no host's, is the default's. */
static uint8_t prefix_length_of(
    uint32_t flags, struct darwin_bytes netmask, const struct network_address *destination)
{
    if (flags & RTF_IS_HOST)
        return destination->family == AF_INET ? 32 : 128;
    return netmask.at ? darwin_netmask_length(netmask, destination->family) : 0;
}

/* Whether a socket that is bound to nothing may take it. */
static bool is_taken(uint32_t flags)
{
    return flags & RTF_IS_UP && !(flags & (RTF_IS_REJECT | RTF_IS_BLACKHOLE | RTF_IS_IFSCOPE));
}

static int read_route(const uint8_t *message, size_t length, struct darwin_routes *routes)
{
    struct darwin_route route;
    if (length < RT_SIZE || !is_taken(read_le32(message + RT_FLAGS)))
        return 0;
    const uint8_t *follow = message + RT_SIZE;
    uint32_t mask = read_le32(message + RT_ADDRESSES), flags = read_le32(message + RT_FLAGS);
    struct darwin_bytes destination =
        darwin_sockaddr_find(follow, length - RT_SIZE, mask, RTAX_OF_DESTINATION);
    struct darwin_bytes netmask =
        darwin_sockaddr_find(follow, length - RT_SIZE, mask, RTAX_OF_NETMASK);
    if (!destination.at || !darwin_sockaddr_read(destination, &route.destination))
        return 0;
    route.interface_index = read_le16(message + RT_INDEX);
    route.destination.prefix_length = prefix_length_of(flags, netmask, &route.destination);
    if (!MAKE_ROOM(routes->items, routes->count, routes->capacity))
        return -ENOMEM;
    routes->items[routes->count++] = route;
    return 0;
}

static int compare_routes(const void *left, const void *right)
{
    const struct darwin_route *a = left, *b = right;
    return (int)b->destination.prefix_length - (int)a->destination.prefix_length;
}

int darwin_routes_read(const uint8_t *bytes, size_t size, struct darwin_routes *routes)
{
    int result = 0;
    while (result == 0 && size > 0) {
        size_t length = size < RTM_HEAD ? 0 : read_le16(bytes + RTM_LENGTH);
        if (length < RTM_HEAD || length > size)
            return -EBADMSG;
        if (bytes[RTM_OF_VERSION] == RTM_IS_VERSION && bytes[RTM_TYPE] == RTM_IS_GET)
            result = read_route(bytes, length, routes);
        bytes += length;
        size -= length;
    }
    if (routes->count > 0)
        qsort(routes->items, routes->count, sizeof(*routes->items), compare_routes);
    return result;
}

static bool is_within(
    const struct network_address *address, const struct network_address *destination)
{
    uint8_t whole = destination->prefix_length / 8, rest = destination->prefix_length % 8;
    if (address->family != destination->family ||
        memcmp(address->bytes, destination->bytes, whole) != 0)
        return false;
    return rest == 0 || (address->bytes[whole] ^ destination->bytes[whole]) >> (8 - rest) == 0;
}

uint32_t darwin_routes_find(
    const struct darwin_routes *routes, const struct network_address *address)
{
    for (size_t i = 0; i < routes->count; i++)
        if (is_within(address, &routes->items[i].destination))
            return routes->items[i].interface_index;
    return 0;
}

uint32_t darwin_routes_default(const struct darwin_routes *routes, uint8_t family)
{
    struct network_address anywhere = {.family = family};
    for (size_t i = routes->count; i > 0; i--) {
        const struct darwin_route *route = &routes->items[i - 1];
        if (route->destination.prefix_length > 0)
            break;
        if (memcmp(&route->destination, &anywhere, sizeof(anywhere)) == 0)
            return route->interface_index;
    }
    return 0;
}
