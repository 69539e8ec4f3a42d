#include "platform.h"

#include "clock.h"
#include "darwin_capabilities.h"
#include "darwin_changes.h"
#include "darwin_connections.h"
#include "darwin_interfaces.h"
#include <unistd.h>

struct platform {
    struct darwin_ask ask;
    struct darwin_interfaces interfaces;
    struct darwin_connections connections;
    int events; /* -1: nothing tells of changes */
    bool is_route;
    struct network_capability capabilities[DARWIN_CAPABILITIES];
};
DEFINE_CLEANUP(struct platform, platform_close)

void platform_close(struct platform *platform)
{
    if (!platform)
        return;
    darwin_interfaces_fini(&platform->interfaces);
    darwin_connections_fini(&platform->connections);
    darwin_sys_close(platform->ask.sys);
    free(platform);
}

static void open_events(struct platform *platform)
{
    int result = darwin_sys_open_events(platform->ask.sys, &platform->is_route, &platform->events);
    if (result < 0)
        platform->events = -1;
    darwin_capabilities_put_events(
        &platform->capabilities[DARWIN_EVENTS], result, platform->is_route);
}

static int open_recording(const char *folder, struct platform **ret_platform)
{
    CLEANUP(platform_close_p) struct platform *platform = calloc(1, sizeof(*platform));
    if (!platform)
        return -ENOMEM;
    platform->ask.folder = folder;
    int result = darwin_sys_open(&platform->ask.sys);
    if (result == 0)
        result = darwin_interfaces_init(&platform->interfaces, &platform->ask);
    if (result < 0)
        return result;
    darwin_connections_init(&platform->connections, &platform->ask);
    darwin_capabilities_init(platform->capabilities);
    open_events(platform);
    *ret_platform = HAND_OVER(platform);
    return 0;
}

int platform_open(const struct platform_options *options, struct platform **ret_platform)
{
    (void)options; /* there are no other namespaces */
    return open_recording(NULL, ret_platform);
}

uint64_t platform_now_ns(struct platform *platform)
{
    (void)platform;
    return clock_monotonic_ns();
}

int64_t platform_wall_ms(struct platform *platform)
{
    (void)platform;
    return clock_wall_ms();
}

/* Of the first radio there is: Macs have one. */
static void note_wireless(struct platform *platform)
{
    const struct darwin_interfaces *interfaces = &platform->interfaces;
    struct network_capability *capability = &platform->capabilities[DARWIN_WIRELESS];
    struct darwin_radio radio = {0};
    for (size_t i = 0; i < interfaces->count; i++) {
        const struct darwin_interface *item = &interfaces->items[i];
        if (!item->kind.is_wireless)
            continue;
        int result = darwin_radios_find(interfaces->radios, item->name, &radio);
        darwin_capabilities_put_wireless(capability, true, result, radio.ssid[0] != '\0');
        return;
    }
    darwin_capabilities_put_wireless(capability, false, 0, false);
}

int platform_read_interfaces(struct platform *platform, struct interface_array *ret_interfaces)
{
    int result =
        darwin_interfaces_read(&platform->interfaces, platform_now_ns(platform), ret_interfaces);
    darwin_capabilities_put_ports(
        &platform->capabilities[DARWIN_PORTS], platform->interfaces.ports_result);
    note_wireless(platform);
    return result;
}

int platform_read_samples(struct platform *platform, struct sample_array *ret_samples)
{
    int result =
        darwin_interfaces_sample(&platform->interfaces, platform_now_ns(platform), ret_samples);
    note_wireless(platform);
    return result;
}

static int note_sockets(struct platform *platform, int result)
{
    if (result == 0)
        darwin_capabilities_put_sockets(platform->capabilities, platform->connections.is_hidden);
    return result;
}

int platform_read_connections(struct platform *platform, struct connection_array *ret_connections)
{
    return note_sockets(platform,
        darwin_connections_read(&platform->connections, &platform->interfaces, ret_connections));
}

int platform_read_listeners(struct platform *platform, struct connection_array *ret_listeners)
{
    return note_sockets(
        platform, darwin_connections_read_listeners(&platform->connections, ret_listeners));
}

int platform_read_closed(struct platform *platform, struct connection_array *ret_closed)
{
    return darwin_ends_take(&platform->connections.ends, ret_closed);
}

const struct platform_drop_cause *platform_read_drop_causes(
    struct platform *platform, size_t *ret_count)
{
    (void)platform;
    *ret_count = 0;
    return NULL;
}

int platform_change_fd(const struct platform *platform)
{
    return platform->events;
}

int platform_drain_changes(struct platform *platform, bool *ret_changed)
{
    struct darwin_change change = {0};
    uint8_t bytes[2048];
    ssize_t size = -EAGAIN;
    while (platform->events >= 0 &&
           (size = darwin_ask_event(&platform->ask, bytes, sizeof(bytes))) > 0) {
        change.attached[0] = '\0';
        if (platform->is_route)
            darwin_change_read_route(bytes, (size_t)size, &change);
        else
            darwin_change_read_event(bytes, (size_t)size, &change);
        if (change.attached[0] != '\0')
            darwin_interfaces_note_attached(&platform->interfaces, change.attached);
    }
    if (size < 0 && size != -EAGAIN && size != -ENOBUFS)
        return (int)size;
    *ret_changed = change.facts;
    return size == -ENOBUFS ? PLATFORM_OVERRUN : 0;
}

const struct network_capability *platform_capabilities(struct platform *platform, size_t *ret_count)
{
    *ret_count = DARWIN_CAPABILITIES;
    return platform->capabilities;
}

/* --- capture --- */

/* What cannot be read is part of the picture: its error is kept. The sockets that macOS may hide
 * are also asked of libproc, whether they are hidden or not, for it is that way that few can try.
 */
static void read_all(struct platform *platform)
{
    struct interface_array interfaces = {0};
    struct sample_array samples = {0};
    struct connection_array connections = {0};
    bool changed;
    (void)!platform_drain_changes(platform, &changed);
    (void)!platform_read_interfaces(platform, &interfaces);
    (void)!platform_read_samples(platform, &samples);
    (void)!platform_read_connections(platform, &connections);
    (void)!darwin_connections_walk(&platform->connections, &connections);
    interface_array_fini(&interfaces);
    sample_array_fini(&samples);
    connection_array_fini(&connections);
}

int platform_capture(const char *folder, size_t *ret_count)
{
    CLEANUP(platform_close_p) struct platform *platform = NULL;
    int result = open_recording(folder, &platform);
    if (result < 0)
        return result;
    read_all(platform);
    sleep(1);
    read_all(platform);
    if (platform->ask.trouble < 0)
        return platform->ask.trouble;
    *ret_count = platform->ask.kept;
    return 0;
}
