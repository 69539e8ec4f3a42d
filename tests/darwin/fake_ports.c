#include "fake_frameworks_parts.h"

#include <stdio.h>

enum { NO_DEVICE = (int)0xe00002c0, FIRST_NODE = 0x1003, MOST = 1024 };

/* --- SystemConfiguration --- */

enum { PORT_NAME, PORT_TYPE, PORT_TITLE };

static const void *copy_ports(void)
{
    if (fake_world->has_no_list)
        return NULL;
    struct object *list = fake_object_new(ARRAY, NULL);
    for (size_t i = 0; i < fake_world->port_count; i++) {
        const struct fake_port *port = &fake_world->ports[i];
        const char *texts[] = {port->name, port->type, port->title};
        struct object *object = fake_object_new(PORT, port->name);
        for (size_t j = 0; j < 3; j++)
            fake_object_add(object, fake_object_new(STRING, texts[j] ? texts[j] : ""));
        object->index = i;
        fake_object_add(list, object);
    }
    return list;
}

static const void *text_of(const void *address, size_t which, const char *function)
{
    const struct object *object = fake_object_as(address, PORT, function);
    const struct fake_port *port = &fake_world->ports[object->index];
    const char *texts[] = {port->name, port->type, port->title};
    return texts[which] ? object->items[which] : NULL;
}

static const void *port_name(const void *port)
{
    return text_of(port, PORT_NAME, "SCNetworkInterfaceGetBSDName");
}

static const void *port_type(const void *port)
{
    return text_of(port, PORT_TYPE, "SCNetworkInterfaceGetInterfaceType");
}

static const void *port_title(const void *port)
{
    return text_of(port, PORT_TITLE, "SCNetworkInterfaceGetLocalizedDisplayName");
}

const struct fake_function fake_ports[] = {
    {FRAMEWORK("SystemConfiguration"), "SCNetworkInterfaceCopyAll", (any_function *)copy_ports},
    {FRAMEWORK("SystemConfiguration"), "SCNetworkInterfaceGetBSDName", (any_function *)port_name},
    {FRAMEWORK("SystemConfiguration"), "SCNetworkInterfaceGetInterfaceType",
        (any_function *)port_type},
    {FRAMEWORK("SystemConfiguration"), "SCNetworkInterfaceGetLocalizedDisplayName",
        (any_function *)port_title},
    {0},
};

/* --- IOKit --- */

enum node_kind { ITERATOR, DEVICE, ADAPTER, DRIVER };
struct node {
    enum node_kind kind;
    int references;
    size_t device, position; /* adapters passed; devices passed */
    bool is_valid;
};

static struct node nodes[MOST];
static size_t node_count;
static unsigned changes_left;

static uint32_t node_new(enum node_kind kind, size_t device, size_t position)
{
    pthread_mutex_lock(&fake_lock);
    size_t index = node_count++;
    pthread_mutex_unlock(&fake_lock);
    if (index >= MOST)
        fake_fault("too many objects of IOKit");
    nodes[index] = (struct node){
        .kind = kind, .references = 1, .device = device, .position = position, .is_valid = true};
    return FIRST_NODE + (uint32_t)index;
}

static struct node *node_of(uint32_t number, const char *function)
{
    pthread_mutex_lock(&fake_lock);
    size_t count = node_count;
    pthread_mutex_unlock(&fake_lock);
    if (number < FIRST_NODE || number - FIRST_NODE >= count)
        fake_fault("%s of %u, which is no object", function, number);
    struct node *node = &nodes[number - FIRST_NODE];
    if (node->references <= 0)
        fake_fault("%s of an object that is gone: %u", function, number);
    return node;
}

static const void *matching(const char *class_name)
{
    return fake_object_new(DICTIONARY, class_name);
}

static int matching_services(uint32_t port, const void *address, uint32_t *ret_iterator)
{
    struct object *dictionary = fake_object_as(address, DICTIONARY, "IOServiceGetMatchingServices");
    if (port != 0)
        fake_fault("IOServiceGetMatchingServices of port %u", port);
    bool matches = strcmp(dictionary->text, "IONetworkInterface") == 0;
    fake_object_release(dictionary);
    if (fake_world->matching_error)
        return fake_world->matching_error;
    *ret_iterator = node_new(ITERATOR, 0, matches ? 0 : fake_world->device_count);
    return 0;
}

static struct node *iterator_of(uint32_t number, const char *function)
{
    struct node *node = node_of(number, function);
    if (node->kind != ITERATOR)
        fake_fault("%s of what is no iterator", function);
    return node;
}

static uint32_t iterator_next(uint32_t number)
{
    struct node *iterator = iterator_of(number, "IOIteratorNext");
    if (iterator->position == fake_world->device_count / 2 && changes_left > 0) {
        changes_left--;
        iterator->is_valid = false;
    }
    if (!iterator->is_valid || iterator->position == fake_world->device_count)
        return 0;
    return node_new(DEVICE, iterator->position++, 0);
}

static int iterator_is_valid(uint32_t number)
{
    return iterator_of(number, "IOIteratorIsValid")->is_valid;
}

static void iterator_reset(uint32_t number)
{
    struct node *iterator = iterator_of(number, "IOIteratorReset");
    iterator->position = 0;
    iterator->is_valid = true;
}

static const void *property(
    uint32_t entry, const void *key, const void *allocator, uint32_t options)
{
    const struct node *node = node_of(entry, "IORegistryEntryCreateCFProperty");
    const char *name = fake_object_as(key, STRING, "IORegistryEntryCreateCFProperty")->text;
    const struct fake_device *device = &fake_world->devices[node->device];
    if (allocator || options)
        fake_fault("IORegistryEntryCreateCFProperty with options %u", options);
    if (node->kind == DEVICE && strcmp(name, "BSD Name") == 0 && device->has_number)
        return fake_object_new(NUMBER, "7");
    if (node->kind == DEVICE && strcmp(name, "BSD Name") == 0 && device->name)
        return fake_object_new(STRING, device->name);
    if (node->kind == DRIVER && strcmp(name, "IOUserClass") == 0 && device->user_class)
        return fake_object_new(STRING, device->user_class);
    return NULL;
}

static int parent_entry(uint32_t entry, const char *plane, uint32_t *ret_parent)
{
    struct node node = *node_of(entry, "IORegistryEntryGetParentEntry");
    const struct fake_device *device = &fake_world->devices[node.device];
    if (strcmp(plane, "IOService") != 0)
        fake_fault("IORegistryEntryGetParentEntry in plane %s", plane);
    if (node.kind == DRIVER || !device->driver)
        return NO_DEVICE;
    bool has_adapter = node.position < device->adapters;
    *ret_parent = node_new(has_adapter ? ADAPTER : DRIVER, node.device, node.position + 1);
    return 0;
}

static const char *class_of(const struct node *node)
{
    const char *const words[] = {"IOUserIterator", "IOEthernetInterface", "IOSkywalkLegacyEthernet",
        node->kind == DRIVER ? fake_world->devices[node->device].driver : NULL};
    return words[node->kind];
}

static int conforms_to(uint32_t number, const char *class_name)
{
    return strcmp(class_of(node_of(number, "IOObjectConformsTo")), class_name) == 0;
}

/* Nothing is said of what is behind the text. */
static int get_class(uint32_t number, char *ret_class_name)
{
    const char *class_name = class_of(node_of(number, "IOObjectGetClass"));
    memset(ret_class_name, 'x', 128);
    memcpy(ret_class_name, class_name, strlen(class_name) + 1);
    return 0;
}

static int release_node(uint32_t number)
{
    node_of(number, "IOObjectRelease")->references--;
    return 0;
}

const struct fake_function fake_io_kit[] = {
    {FRAMEWORK("IOKit"), "IOServiceMatching", (any_function *)matching},
    {FRAMEWORK("IOKit"), "IOServiceGetMatchingServices", (any_function *)matching_services},
    {FRAMEWORK("IOKit"), "IOIteratorNext", (any_function *)iterator_next},
    {FRAMEWORK("IOKit"), "IOIteratorIsValid", (any_function *)iterator_is_valid},
    {FRAMEWORK("IOKit"), "IOIteratorReset", (any_function *)iterator_reset},
    {FRAMEWORK("IOKit"), "IORegistryEntryCreateCFProperty", (any_function *)property},
    {FRAMEWORK("IOKit"), "IORegistryEntryGetParentEntry", (any_function *)parent_entry},
    {FRAMEWORK("IOKit"), "IOObjectConformsTo", (any_function *)conforms_to},
    {FRAMEWORK("IOKit"), "IOObjectGetClass", (any_function *)get_class},
    {FRAMEWORK("IOKit"), "IOObjectRelease", (any_function *)release_node},
    {0},
};

void fake_nodes_begin(void)
{
    changes_left = fake_world->changes;
}

size_t fake_nodes_end(void)
{
    size_t left = 0;
    for (size_t i = 0; i < node_count; i++)
        if (nodes[i].references > 0 && ++left)
            fprintf(stderr, "fake_frameworks: of IOKit a %s is left\n", class_of(&nodes[i]));
    node_count = 0;
    return left;
}
