/* told_platform - a platform that says what the test tells it to. */
#ifndef TOLD_PLATFORM_H
#define TOLD_PLATFORM_H

#include "platform.h"
#include <stdlib.h>
#include <sys/socket.h>

static struct {
    uint64_t now_ns, identity, bytes, drops, refused;
    bool is_active, has_second, has_changed, is_overrun, lacks_sample;
    size_t connections, facts_readings, races;
    struct network_connection sockets[8], ends[8];
    size_t socket_count, end_count;
    int interfaces_result, samples_result, connections_result, drain_result, ends_result;
} told;

int platform_open(const struct platform_options *options, struct platform **ret_platform)
{
    (void)options;
    *ret_platform = calloc(1, 1);
    return 0;
}

void platform_close(struct platform *platform)
{
    free(platform);
}

uint64_t platform_now_ns(struct platform *platform)
{
    (void)platform;
    return told.now_ns;
}

int64_t platform_wall_ms(struct platform *platform)
{
    (void)platform;
    return (int64_t)(told.now_ns / 1000000);
}

static void append(struct interface_array *array, const char *name)
{
    struct network_interface *iface = interface_array_append(array);
    iface->identity = told.identity + array->count;
    PUT_TEXT(iface, name, name);
    PUT_TEXT(iface, kind, "ether");
    PUT(iface, type, NETWORK_ETHERNET);
    PUT(iface, is_active, told.is_active);
    iface->addresses.items = calloc(1, sizeof(*iface->addresses.items));
    iface->addresses.items[0].family = AF_INET;
    iface->addresses.count = 1;
    iface->status.addresses = NETWORK_KNOWN;
}

int platform_read_interfaces(struct platform *platform, struct interface_array *ret_interfaces)
{
    (void)platform;
    told.facts_readings++;
    append(ret_interfaces, "eth0");
    if (told.has_second)
        append(ret_interfaces, "eth1");
    return told.interfaces_result;
}

int platform_read_samples(struct platform *platform, struct sample_array *ret_samples)
{
    (void)platform;
    for (size_t i = told.lacks_sample; i < 1u + told.has_second; i++) {
        struct interface_sample *sample = sample_array_append(ret_samples);
        sample->identity = told.identity + i + 1;
        PUT(sample, bytes_received, told.bytes);
        PUT(sample, send_drops, told.drops);
    }
    if (told.races > 0) {
        told.races--;
        return PLATFORM_CHANGED;
    }
    return told.samples_result;
}

int platform_read_connections(struct platform *platform, struct connection_array *ret_connections)
{
    (void)platform;
    for (size_t i = 0; i < told.connections; i++) {
        struct network_connection *connection = connection_array_append(ret_connections);
        connection->identity = i + 1;
        PUT(connection, state, NETWORK_STATE_ESTABLISHED);
    }
    for (size_t i = 0; i < told.socket_count; i++)
        *connection_array_append(ret_connections) = told.sockets[i];
    return told.connections_result;
}

int platform_read_listeners(struct platform *platform, struct connection_array *ret_listeners)
{
    (void)platform;
    for (size_t i = 0; i < told.socket_count; i++)
        if (told.sockets[i].state == NETWORK_STATE_LISTEN ||
            told.sockets[i].state == NETWORK_STATE_UNCONNECTED)
            *connection_array_append(ret_listeners) = told.sockets[i];
    return 0;
}

int platform_read_closed(struct platform *platform, struct connection_array *ret_closed)
{
    (void)platform;
    for (size_t i = 0; i < told.end_count; i++)
        *connection_array_append(ret_closed) = told.ends[i];
    told.end_count = 0;
    return told.ends_result;
}

const struct platform_drop_cause *platform_read_drop_causes(
    struct platform *platform, size_t *ret_count)
{
    (void)platform;
    static struct platform_drop_cause cause = {
        "packet was dropped", "packets were dropped", "the test says so", true, 0};
    cause.count = told.refused;
    *ret_count = 1;
    return &cause;
}

int platform_change_fd(const struct platform *platform)
{
    (void)platform;
    return 42;
}

int platform_drain_changes(struct platform *platform, bool *ret_changed)
{
    (void)platform;
    *ret_changed = told.has_changed;
    told.has_changed = false;
    if (told.is_overrun) {
        told.is_overrun = false;
        return PLATFORM_OVERRUN;
    }
    return told.drain_result;
}

const struct network_capability *platform_capabilities(struct platform *platform, size_t *ret_count)
{
    (void)platform;
    static const struct network_capability capabilities[] = {
        {"interfaces", NETWORK_KNOWN, "fine"}, {"connections", NETWORK_KNOWN, "fine"}};
    *ret_count = 2;
    return capabilities;
}

#endif
