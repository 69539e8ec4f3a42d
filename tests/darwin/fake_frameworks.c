#include "fake_frameworks_parts.h"

const struct fake_frameworks *fake_world;
struct fake_radio fake_radios[8];
unsigned fake_asked[8];
pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t fake_changed = PTHREAD_COND_INITIALIZER;

static const struct fake_port laptop_ports[] = {
    {"en4", "Ethernet", "USB 10/100/1000 LAN"},
    {"en0", "IEEE80211", "Wi-Fi"},
    {"en1", "Ethernet", "Thunderbolt 1"},
    {"bridge0", "Bridge", "Thunderbolt Bridge"},
};
static const struct fake_device laptop_devices[] = {
    {.name = "en0", .driver = "AppleBCMWLANSkywalkInterface", .adapters = 1},
    {.name = "awdl0", .driver = "AppleBCMWLANSkywalkInterface"},
    {.name = "en1", .driver = "AppleThunderboltIPPort"},
    {.name = "en4", .driver = "IOUserNetworkEthernet", .user_class = "AppleUserECM", .adapters = 1},
};
static const struct fake_radio laptop_radios[] = {
    {"en0", true, .channel = 149, .band = 2, .signal = -54, .noise = -92, .rate = 866.7},
};
const struct fake_frameworks fake_frameworks_laptop = {
    .ports = laptop_ports,
    .port_count = sizeof(laptop_ports) / sizeof(laptop_ports[0]),
    .devices = laptop_devices,
    .device_count = sizeof(laptop_devices) / sizeof(laptop_devices[0]),
    .radios = laptop_radios,
    .radio_count = 1,
};

/* --- what there is --- */

static const struct fake_function *const functions[] = {
    fake_core_foundation, fake_ports, fake_io_kit, fake_runtime};
enum { LISTS = sizeof(functions) / sizeof(functions[0]) };

static const char *const libraries[] = {FRAMEWORK("CoreFoundation"),
    FRAMEWORK("SystemConfiguration"), FRAMEWORK("IOKit"), FRAMEWORK("CoreWLAN"), OBJECTIVE_C};
enum { LIBRARIES = sizeof(libraries) / sizeof(libraries[0]) };

const char *fake_frameworks_name(size_t index)
{
    for (size_t i = 0; i < LISTS; i++)
        for (const struct fake_function *row = functions[i]; row->name; row++)
            if (index-- == 0)
                return row->name;
    for (size_t i = 0; fake_method_name(i); i++)
        if (index-- == 0)
            return fake_method_name(i);
    if (index < LIBRARIES)
        return libraries[index];
    return index == LIBRARIES ? "CWWiFiClient" : NULL;
}

void *fake_frameworks_open(const char *path)
{
    for (size_t i = 0; fake_world && i < LIBRARIES; i++)
        if (strcmp(libraries[i], path) == 0 && !fake_is_missing(path))
            return (void *)&libraries[i];
    return NULL;
}

void *fake_frameworks_find(void *library, const char *name)
{
    const char *const *path = library;
    for (size_t i = 0; i < LISTS; i++)
        for (const struct fake_function *row = functions[i]; row->name; row++)
            if (strcmp(row->path, *path) == 0 && strcmp(row->name, name) == 0)
                return fake_is_missing(name) ? NULL : (void *)row->function;
    return NULL;
}

int fake_frameworks_close(void *library)
{
    (void)library;
    return 0;
}

/* --- begin and end --- */

void fake_frameworks_begin(const struct fake_frameworks *world)
{
    if (fake_world)
        fake_frameworks_end();
    if (world->radio_count > sizeof(fake_radios) / sizeof(fake_radios[0]))
        fake_fault("too many radios");
    memset(fake_asked, 0, sizeof(fake_asked));
    if (world->radio_count > 0)
        memcpy(fake_radios, world->radios, world->radio_count * sizeof(fake_radios[0]));
    fake_world = world;
    fake_nodes_begin();
}

size_t fake_frameworks_end(void)
{
    /* A thread that nobody could wait for had it last. */
    pthread_mutex_lock(&fake_lock);
    pthread_mutex_unlock(&fake_lock);
    size_t left = fake_objects_end() + fake_nodes_end();
    fake_world = NULL;
    return left;
}

void fake_frameworks_set_radio(const struct fake_radio *radio)
{
    pthread_mutex_lock(&fake_lock);
    for (size_t i = 0; i < fake_world->radio_count; i++)
        if (strcmp(fake_radios[i].name, radio->name) == 0)
            fake_radios[i] = *radio;
    pthread_cond_broadcast(&fake_changed);
    pthread_mutex_unlock(&fake_lock);
}

unsigned fake_frameworks_asked(const char *name)
{
    unsigned times = 0;
    pthread_mutex_lock(&fake_lock);
    for (size_t i = 0; i < fake_world->radio_count; i++)
        times += strcmp(fake_radios[i].name, name) == 0 ? fake_asked[i] : 0;
    pthread_mutex_unlock(&fake_lock);
    return times;
}
