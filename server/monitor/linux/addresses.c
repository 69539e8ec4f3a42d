#include "addresses.h"

#include "map.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

struct address_array {
    struct address *items;
    size_t count, capacity;
};

/* The attributes of one message that hold an address. */
struct candidates {
    const struct nlattr *local, *address;
};

static int take_attribute(const struct nlattr *attribute, void *context)
{
    struct candidates *candidates = context;
    if (mnl_attr_get_type(attribute) == IFA_LOCAL)
        candidates->local = attribute;
    if (mnl_attr_get_type(attribute) == IFA_ADDRESS)
        candidates->address = attribute;
    return MNL_CB_OK;
}

int address_decode(const struct nlmsghdr *message, struct address *ret_address)
{
    if (message->nlmsg_type != RTM_NEWADDR ||
        mnl_nlmsg_get_payload_len(message) < sizeof(struct ifaddrmsg))
        return -EPROTO;
    const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
    size_t size = header->ifa_family == AF_INET ? 4 : header->ifa_family == AF_INET6 ? 16 : 0;
    struct candidates candidates = {0};
    if (size == 0)
        return -EPROTO;
    netlink_parse(message, sizeof(*header), take_attribute, &candidates);
    const struct nlattr *attribute = candidates.local ? candidates.local : candidates.address;
    if (!attribute || mnl_attr_get_payload_len(attribute) < size ||
        header->ifa_prefixlen > size * 8)
        return -EPROTO;
    struct address address = {.index = header->ifa_index};
    address.address.family = header->ifa_family;
    address.address.prefix_length = header->ifa_prefixlen;
    memcpy(address.address.bytes, mnl_attr_get_payload(attribute), size);
    *ret_address = address;
    return 0;
}

static int take_address(const struct nlmsghdr *message, void *context)
{
    struct address_array *array = context;
    struct address address;
    if (address_decode(message, &address) < 0)
        return 0; /* another family's */
    if (!MAKE_ROOM(array->items, array->count, array->capacity))
        return -ENOMEM;
    array->items[array->count++] = address;
    return 0;
}

static int dump(struct netlink_socket *socket, uint32_t index, struct address_array *array)
{
    int result = NETLINK_INTERRUPTED;
    for (int i = 0; i < NETLINK_TRIES && result == NETLINK_INTERRUPTED; i++) {
        _Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_BYTES];
        struct nlmsghdr *request = netlink_request(buffer, RTM_GETADDR);
        struct ifaddrmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
        header->ifa_index = index;
        array->count = 0;
        result =
            netlink_dump_strictly(socket, request, &(struct netlink_sink){take_address, array});
    }
    return result < 0 ? result : 0;
}

/* The interface each address belongs to, by position; MAP_ABSENT where it is gone. */
static int find_interfaces(const struct address_array *array,
    const struct interface_array *interfaces, size_t *ret_positions)
{
    CLEANUP(map_fini) struct map by_index = {0};
    for (size_t i = 0; i < interfaces->count; i++) {
        struct map_key key = {.low = interfaces->items[i].identity & UINT32_MAX};
        int result = map_insert_index(&by_index, key, i);
        if (result < 0)
            return result;
    }
    for (size_t i = 0; i < array->count; i++)
        ret_positions[i] =
            map_find_index(&by_index, (struct map_key){.low = array->items[i].index});
    return 0;
}

static int allocate_lists(struct interface_array *interfaces)
{
    for (size_t i = 0; i < interfaces->count; i++) {
        struct network_address_list *list = &interfaces->items[i].addresses;
        uint32_t count = list->count;
        list->count = 0;
        if (count == 0)
            continue;
        list->items = calloc(count, sizeof(*list->items));
        if (!list->items)
            return -ENOMEM;
    }
    return 0;
}

static void append_family(const struct address_array *array, const size_t *positions,
    struct interface_array *interfaces, uint8_t family)
{
    for (size_t i = 0; i < array->count; i++) {
        if (positions[i] == MAP_ABSENT || array->items[i].address.family != family)
            continue;
        struct network_address_list *list = &interfaces->items[positions[i]].addresses;
        list->items[list->count++] = array->items[i].address;
    }
}

static int assign(const struct address_array *array, struct interface_array *interfaces)
{
    CLEANUP(free_p) size_t *positions = calloc(array->count + 1, sizeof(*positions));
    if (!positions)
        return -ENOMEM;
    int result = find_interfaces(array, interfaces, positions);
    if (result < 0)
        return result;
    for (size_t i = 0; i < array->count; i++)
        if (positions[i] != MAP_ABSENT)
            interfaces->items[positions[i]].addresses.count++;
    result = allocate_lists(interfaces);
    if (result < 0)
        return result;
    append_family(array, positions, interfaces, AF_INET);
    append_family(array, positions, interfaces, AF_INET6);
    return 0;
}

int addresses_read(
    struct netlink_socket *socket, uint32_t index, struct interface_array *interfaces)
{
    struct address_array array = {0};
    int result = dump(socket, index, &array);
    if (result == 0)
        result = assign(&array, interfaces);
    free(array.items);
    return result;
}
