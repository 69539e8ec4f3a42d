#include "platform.h"

#include <errno.h>
#include <string.h>

void interface_array_clear(struct interface_array *array)
{
    for (size_t i = 0; i < array->count; i++) {
        free(array->items[i].addresses.items);
        free(array->items[i].lower.items);
    }
    array->count = 0;
}

void interface_array_fini(struct interface_array *array)
{
    if (!array)
        return;
    interface_array_clear(array);
    free(array->items);
    *array = (struct interface_array){0};
}

void sample_array_fini(struct sample_array *array)
{
    if (!array)
        return;
    free(array->items);
    *array = (struct sample_array){0};
}

void connection_array_fini(struct connection_array *array)
{
    if (!array)
        return;
    free(array->items);
    *array = (struct connection_array){0};
}

struct network_interface *interface_array_append(struct interface_array *array)
{
    if (!MAKE_ROOM(array->items, array->count, array->capacity))
        return NULL;
    struct network_interface *item = &array->items[array->count++];
    memset(item, 0, sizeof(*item));
    return item;
}

static int copy_lists(struct network_interface *iface)
{
    struct network_address_list addresses = iface->addresses;
    struct network_name_list lower = iface->lower;
    iface->addresses.items = NULL;
    iface->lower.items = NULL;
    int result = copy_items(
        addresses.items, addresses.count, sizeof(*addresses.items), &iface->addresses.items);
    if (result == 0)
        result = copy_items(lower.items, lower.count, sizeof(*lower.items), &iface->lower.items);
    return result;
}

int interface_array_append_copy(
    struct interface_array *array, const struct network_interface *iface)
{
    struct network_interface *copy = interface_array_append(array);
    if (!copy)
        return -ENOMEM;
    *copy = *iface;
    return copy_lists(copy);
}

struct interface_sample *sample_array_append(struct sample_array *array)
{
    if (!MAKE_ROOM(array->items, array->count, array->capacity))
        return NULL;
    struct interface_sample *item = &array->items[array->count++];
    memset(item, 0, sizeof(*item));
    return item;
}

struct network_connection *connection_array_append(struct connection_array *array)
{
    if (!MAKE_ROOM(array->items, array->count, array->capacity))
        return NULL;
    struct network_connection *item = &array->items[array->count++];
    memset(item, 0, sizeof(*item));
    return item;
}

void put_text(char *member, size_t size, const char *value)
{
    size_t length = strnlen(value, size - 1);
    memcpy(member, value, length);
    memset(member + length, 0, size - length);
}
