/* The fallback for the kernel's own list of interfaces. */
#include "darwin_addresses.h"
#include "darwin_links.h"
#include "darwin_sys.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_dl.h>
#include <sys/socket.h>

static struct darwin_bytes bytes_of(const struct sockaddr *sockaddr)
{
    if (!sockaddr)
        return (struct darwin_bytes){NULL, 0};
    return (struct darwin_bytes){(const uint8_t *)sockaddr, sockaddr->sa_len};
}

static int append_link(const struct ifaddrs *entry, struct darwin_links *links)
{
    const struct sockaddr_dl *sdl = (const struct sockaddr_dl *)(const void *)entry->ifa_addr;
    const struct if_data *data = entry->ifa_data;
    struct darwin_link link = {.index = sdl->sdl_index, .flags = entry->ifa_flags};
    if (!data || strlen(entry->ifa_name) >= sizeof(link.name))
        return 0;
    if (!MAKE_ROOM(links->items, links->count, links->capacity))
        return -ENOMEM;
    strlcpy(link.name, entry->ifa_name, sizeof(link.name));
    link.type = data->ifi_type;
    link.mtu_bytes = data->ifi_mtu;
    link.baudrate = data->ifi_baudrate; /* no more than 32 bits of it */
    if (sdl->sdl_alen <= sizeof(link.mac)) {
        link.mac_length = sdl->sdl_alen;
        memcpy(link.mac, LLADDR(sdl), sdl->sdl_alen);
    }
    links->items[links->count++] = link;
    return 0;
}

static int append_links(const struct ifaddrs *list, struct darwin_links *links)
{
    int result = 0;
    for (; list && result == 0; list = list->ifa_next)
        if (list->ifa_addr && list->ifa_addr->sa_family == AF_LINK)
            result = append_link(list, links);
    return result;
}

static int append_address(const struct ifaddrs *entry, struct darwin_links *links)
{
    struct network_address address;
    if (!darwin_sockaddr_read(bytes_of(entry->ifa_addr), &address))
        return 0;
    address.prefix_length = darwin_netmask_length(bytes_of(entry->ifa_netmask), address.family);
    if (!MAKE_ROOM(links->addresses, links->address_count, links->address_capacity))
        return -ENOMEM;
    links->addresses[links->address_count++] = address;
    return 0;
}

/* Those of one link after the other, as darwin_links has them. */
static int append_addresses(
    const struct ifaddrs *list, struct darwin_links *links, struct darwin_link *link)
{
    int result = 0;
    link->first_address = links->address_count;
    for (; list && result == 0; list = list->ifa_next)
        if (strcmp(list->ifa_name, link->name) == 0)
            result = append_address(list, links);
    link->address_count = links->address_count - link->first_address;
    return result;
}

int darwin_sys_list_links(struct darwin_sys *sys, struct darwin_links *links)
{
    struct ifaddrs *list;
    (void)sys;
    if (getifaddrs(&list) < 0)
        return -errno;
    links->count = links->address_count = 0;
    int result = append_links(list, links);
    for (size_t i = 0; result == 0 && i < links->count; i++)
        result = append_addresses(list, links, &links->items[i]);
    freeifaddrs(list);
    return result;
}
