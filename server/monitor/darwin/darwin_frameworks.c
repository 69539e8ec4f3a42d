#include "darwin_frameworks.h"

#include "darwin_frameworks_calls.h"

#define ARRAY_CALLS(X)                                                                             \
    X(long, CFArrayGetCount, const void *array)                                                    \
    X(const void *, CFArrayGetValueAtIndex, const void *array, long index)
#define TYPE_CALLS(X)                                                                              \
    X(unsigned long, CFGetTypeID, const void *object)                                              \
    X(unsigned long, CFStringGetTypeID, void)

#define SYSTEM_CONFIGURATION_CALLS(X)                                                              \
    X(const void *, SCNetworkInterfaceCopyAll, void)                                               \
    X(const void *, SCNetworkInterfaceGetBSDName, const void *port)
#define DESCRIPTION_CALLS(X)                                                                       \
    X(const void *, SCNetworkInterfaceGetInterfaceType, const void *port)                          \
    X(const void *, SCNetworkInterfaceGetLocalizedDisplayName, const void *port)

#define IO_KIT_CALLS(X)                                                                            \
    X(const void *, IOServiceMatching, const char *class_name)                                     \
    X(int, IOServiceGetMatchingServices, uint32_t port, const void *matching,                      \
        uint32_t *ret_iterator)                                                                    \
    X(uint32_t, IOIteratorNext, uint32_t iterator)                                                 \
    X(int, IOIteratorIsValid, uint32_t iterator)                                                   \
    X(void, IOIteratorReset, uint32_t iterator)                                                    \
    X(const void *, IORegistryEntryCreateCFProperty, uint32_t entry, const void *key,              \
        const void *allocator, uint32_t options)                                                   \
    X(int, IORegistryEntryGetParentEntry, uint32_t entry, const char *plane, uint32_t *ret_parent) \
    X(int, IOObjectConformsTo, uint32_t object, const char *class_name)                            \
    X(int, IOObjectGetClass, uint32_t object, char *ret_class_name)                                \
    X(int, IOObjectRelease, uint32_t object)

CALLS(array, ARRAY_CALLS);
CALLS(type, TYPE_CALLS);
CALLS(system_configuration, SYSTEM_CONFIGURATION_CALLS);
CALLS(description, DESCRIPTION_CALLS);
CALLS(io_kit, IO_KIT_CALLS);

struct port_calls {
    struct core_foundation_calls cf;
    struct array_calls array;
    struct type_calls type;
    struct system_configuration_calls sc;
    struct description_calls description; /* each of them may be missing */
    struct io_kit_calls io;
    bool has_sc, has_io; /* with what else they need */
};

static void find_port_calls(void *ret_calls)
{
    struct port_calls *calls = ret_calls;
    bool has_cf = FIND_CALLS(FRAMEWORK("CoreFoundation"), core_foundation, &calls->cf);
    bool has_array = FIND_CALLS(FRAMEWORK("CoreFoundation"), array, &calls->array);
    bool has_type = FIND_CALLS(FRAMEWORK("CoreFoundation"), type, &calls->type);
    const char *sc = FRAMEWORK("SystemConfiguration");
    calls->has_sc = FIND_CALLS(sc, system_configuration, &calls->sc) && has_cf && has_array;
    (void)FIND_CALLS(sc, description, &calls->description);
    calls->has_io = FIND_CALLS(FRAMEWORK("IOKit"), io_kit, &calls->io) && has_cf && has_type;
}

static bool is_name(const struct core_foundation_calls *cf, const void *string)
{
    long length = string ? cf->CFStringGetLength(string) : 0;
    return length > 0 && length < (long)sizeof(((struct darwin_port *)0)->name);
}

/* --- ports --- */

void darwin_ports_fini(struct darwin_ports *ports)
{
    if (!ports)
        return;
    free(ports->items);
    *ports = (struct darwin_ports){0};
}

/* Lends the port of that name, new where there was none; NULL without memory. */
static struct darwin_port *port_of(struct darwin_ports *ports, const char *name)
{
    for (size_t i = 0; i < ports->count; i++)
        if (strcmp(ports->items[i].name, name) == 0)
            return &ports->items[i];
    if (!MAKE_ROOM(ports->items, ports->count, ports->capacity))
        return NULL;
    struct darwin_port *port = &ports->items[ports->count++];
    *port = (struct darwin_port){0};
    memcpy(port->name, name, strlen(name));
    return port;
}

static int add_port(
    const struct port_calls *calls, const void *interface, struct darwin_ports *ports)
{
    const void *bsd_name = calls->sc.SCNetworkInterfaceGetBSDName(interface);
    char name[sizeof(((struct darwin_port *)0)->name)];
    if (!is_name(&calls->cf, bsd_name)) /* of a modem it may be a long name of a device */
        return 0;
    darwin_frameworks_read_text(&calls->cf, bsd_name, name, sizeof(name));
    struct darwin_port *port = port_of(ports, name);
    if (!port)
        return -ENOMEM;
    const struct description_calls *of = &calls->description;
    if (of->SCNetworkInterfaceGetInterfaceType)
        darwin_frameworks_read_text(&calls->cf, of->SCNetworkInterfaceGetInterfaceType(interface),
            port->type, sizeof(port->type));
    if (of->SCNetworkInterfaceGetLocalizedDisplayName)
        darwin_frameworks_read_text(&calls->cf,
            of->SCNetworkInterfaceGetLocalizedDisplayName(interface), port->title,
            sizeof(port->title));
    return 0;
}

static int read_configurable(const struct port_calls *calls, struct darwin_ports *ports)
{
    if (!calls->has_sc)
        return -ENOSYS;
    const void *all = calls->sc.SCNetworkInterfaceCopyAll();
    if (!all)
        return -EIO;
    int r = 0;
    for (long i = 0; i < calls->array.CFArrayGetCount(all) && r == 0; i++)
        r = add_port(calls, calls->array.CFArrayGetValueAtIndex(all, i), ports);
    calls->cf.CFRelease(all);
    return r;
}

/* --- drivers --- */

/* Whether the entry has that property, and it is a text that may be a name of size bytes. */
static bool read_property(const struct port_calls *calls, uint32_t entry, const char *property,
    char *ret_text, size_t size)
{
    const struct core_foundation_calls *cf = &calls->cf;
    const void *key = cf->CFStringCreateWithCString(NULL, property, CF_UTF8);
    const void *value = key ? calls->io.IORegistryEntryCreateCFProperty(entry, key, NULL, 0) : NULL;
    bool is_text = value && calls->type.CFGetTypeID(value) == calls->type.CFStringGetTypeID();
    if (is_text)
        darwin_frameworks_read_text(cf, value, ret_text, size);
    if (value)
        cf->CFRelease(value);
    if (key)
        cf->CFRelease(key);
    return is_text && ret_text[0];
}

/* What the entry is attached to, to be released; 0: nothing. */
static uint32_t parent_of(const struct io_kit_calls *io, uint32_t entry)
{
    uint32_t parent = 0;
    return io->IORegistryEntryGetParentEntry(entry, "IOService", &parent) == 0 ? parent : 0;
}

/* The same, but past the adapter that makes newer drivers (Skywalk) look like older ones. */
static uint32_t driver_of(const struct io_kit_calls *io, uint32_t entry)
{
    uint32_t driver = parent_of(io, entry);
    while (driver && io->IOObjectConformsTo(driver, "IOSkywalkLegacyEthernet")) {
        uint32_t adapter = driver;
        driver = parent_of(io, adapter);
        io->IOObjectRelease(adapter);
    }
    return driver;
}

static void read_driver(const struct port_calls *calls, uint32_t entry, struct darwin_port *port)
{
    const struct io_kit_calls *io = &calls->io;
    uint32_t driver = driver_of(io, entry);
    char class_name[128]; /* io_name_t */
    if (!driver)
        return;
    /* A driver outside the kernel has a class of its own; in the registry it is a stand-in. */
    if (!read_property(calls, driver, "IOUserClass", port->driver, sizeof(port->driver)) &&
        io->IOObjectGetClass(driver, class_name) == 0)
        darwin_frameworks_put_text(class_name, port->driver, sizeof(port->driver));
    io->IOObjectRelease(driver);
}

static int read_network_interface(
    const struct port_calls *calls, uint32_t entry, struct darwin_ports *ports)
{
    char name[sizeof(((struct darwin_port *)0)->name)];
    if (!read_property(calls, entry, "BSD Name", name, sizeof(name)))
        return 0; /* not attached yet */
    struct darwin_port *port = port_of(ports, name);
    if (!port)
        return -ENOMEM;
    read_driver(calls, entry, port);
    return 0;
}

static int read_all_drivers(
    const struct port_calls *calls, uint32_t iterator, struct darwin_ports *ports)
{
    int r = 0;
    for (uint32_t entry; r == 0 && (entry = calls->io.IOIteratorNext(iterator)) != 0;) {
        r = read_network_interface(calls, entry, ports);
        calls->io.IOObjectRelease(entry);
    }
    return r;
}

static int read_drivers(const struct port_calls *calls, struct darwin_ports *ports)
{
    enum { TRIES = 3 }; /* an iterator ends early when something comes or goes meanwhile */
    uint32_t iterator = 0;
    if (!calls->has_io)
        return -ENOSYS;
    const void *matching = calls->io.IOServiceMatching("IONetworkInterface");
    /* Takes matching, and 0 for the port of the default. */
    if (!matching || calls->io.IOServiceGetMatchingServices(0, matching, &iterator) != 0)
        return -EIO;
    int r = read_all_drivers(calls, iterator, ports);
    for (int i = 1; i < TRIES && r == 0 && !calls->io.IOIteratorIsValid(iterator); i++) {
        calls->io.IOIteratorReset(iterator);
        r = read_all_drivers(calls, iterator, ports);
    }
    calls->io.IOObjectRelease(iterator);
    return r;
}

int darwin_frameworks_read_ports(struct darwin_ports *ret_ports)
{
    static _Atomic(void *) kept;
    const struct port_calls *calls = darwin_frameworks_once(&kept, find_port_calls, sizeof(*calls));
    size_t count = ret_ports->count;
    if (!calls)
        return -ENOMEM;
    int r = read_configurable(calls, ret_ports);
    int drivers = r == -ENOMEM ? r : read_drivers(calls, ret_ports);
    if (drivers == -ENOMEM || (r < 0 && drivers < 0)) {
        ret_ports->count = count;
        return drivers == -ENOSYS ? r : drivers;
    }
    return 0;
}
