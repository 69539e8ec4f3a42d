#include "netns_facts.h"

#include "addresses.h"
#include "default_route.h"
#include "device_facts.h"
#include "ethtool_facts.h"
#include <errno.h>
#include <string.h>

/* Tells a device from an earlier one with the same index. */
static uint64_t generation_of(const struct netns *netns, int32_t index)
{
    size_t gone = map_find_index(&netns->gone, (struct map_key){.low = (uint64_t)index});
    return gone == MAP_ABSENT ? 0 : gone;
}

/* A driver is asked its name once: drivers do not change. */
static void put_driver(const struct netns *netns, const struct network_interface *before,
    struct network_interface *iface)
{
    if (before && network_has(before, driver))
        PUT_TEXT(iface, driver, before->driver);
    else
        ethtool_read_driver(netns->ioctl_socket, iface);
}

static void put_device(
    struct netns *netns, const struct network_interface *before, struct network_interface *iface)
{
    if (netns->ordinal == 0)
        device_facts_read(iface); /* /sys knows other namespaces' devices by the same names */
    if (iface->type == NETWORK_LOOPBACK) {
        iface->status.driver = iface->status.link_bits_per_s = iface->status.duplex =
            iface->status.receive_ring = NETWORK_NOT_APPLICABLE;
        return;
    }
    put_driver(netns, before, iface);
    if (netns->settings_result == 0)
        device_settings_put(&netns->settings, iface);
    else
        ethtool_read_settings(netns->ioctl_socket, iface);
}

/* before: what was known of the device; NULL: it is new. */
static void describe(struct netns *netns, const struct link *link,
    const struct network_interface *before, struct network_interface *iface)
{
    link_describe(link, iface);
    iface->identity |=
        (generation_of(netns, link->index) & UINT16_MAX) << 32 | (uint64_t)netns->ordinal << 48;
    PUT_NETNS(netns, iface);
    put_device(netns, before && before->identity == iface->identity ? before : NULL, iface);
    if (netns->wireless_result == 0)
        wireless_put_facts(&netns->wireless, iface);
}

static size_t find_device(const struct netns *netns, uint32_t index)
{
    return map_find_index(&netns->by_index, (struct map_key){.low = index});
}

static int describe_links(struct netns *netns, struct interface_array *facts)
{
    for (size_t i = 0; i < netns->links.count; i++) {
        const struct link *link = &netns->links.items[i];
        size_t at = find_device(netns, (uint32_t)link->index);
        struct network_interface *iface = interface_array_append(facts);
        if (!iface)
            return -ENOMEM;
        describe(netns, link, at == MAP_ABSENT ? NULL : &netns->facts.items[at], iface);
    }
    return 0;
}

static int index_links(const struct link_array *links, struct map *map)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < links->count; i++)
        result = map_insert_index(map, (struct map_key){.low = (uint64_t)links->items[i].index}, i);
    return result;
}

/* Without what drivers and radios say, interfaces are shown all the same. */
static int read_all(struct netns *netns, struct interface_array *facts, struct map *by_index)
{
    int result = links_read(&netns->route, &netns->links);
    netns->settings_result = device_settings_read(&netns->settings, 0);
    netns->wireless_result = wireless_read(&netns->wireless);
    if (result == 0)
        result = describe_links(netns, facts);
    if (result == 0)
        result = links_connect(&netns->links, facts);
    if (result == 0)
        result = addresses_read(&netns->route, 0, facts);
    return result == 0 ? index_links(&netns->links, by_index) : result;
}

static int update_all(struct netns *netns)
{
    CLEANUP(interface_array_fini) struct interface_array facts = {0};
    CLEANUP(map_fini) struct map by_index = {0};
    netns->stale.all = true; /* until all of it has been read: links and facts belong together */
    int result = read_all(netns, &facts, &by_index);
    if (result < 0)
        return result;
    struct interface_array facts_before = netns->facts;
    struct map by_index_before = netns->by_index;
    netns->facts = facts;
    netns->by_index = by_index;
    facts = facts_before;
    by_index = by_index_before;
    return 0;
}

/* Whether one link can take another's place without a look at the others. */
static bool is_in_place(const struct link *was, const struct link *is)
{
    return strcmp(was->name, is->name) == 0 && strcmp(was->kind, is->kind) == 0 &&
           was->lower_index == is->lower_index && was->master_index == is->master_index &&
           was->is_lower_outside == is->is_lower_outside;
}

/* A condition: everything has to be read. */
enum { FACTS_HANG_TOGETHER = 1 };

static int update_device(struct netns *netns, uint32_t index)
{
    size_t at = find_device(netns, index);
    struct link link;
    bool is_whole = at == MAP_ABSENT || netns->facts.items[at].is_wireless;
    int result = is_whole ? -ENODEV : link_read(&netns->route, (int32_t)index, &link);
    if (result == -ENODEV || (result == 0 && !is_in_place(&netns->links.items[at], &link)))
        return FACTS_HANG_TOGETHER;
    if (result < 0)
        return result;
    struct network_interface *iface = &netns->facts.items[at], now = {0};
    netns->settings_result = device_settings_read(&netns->settings, index);
    describe(netns, &link, iface, &now);
    result =
        addresses_read(&netns->route, index, &(struct interface_array){.items = &now, .count = 1});
    if (result < 0) {
        free(now.addresses.items);
        return result == -ENODEV ? FACTS_HANG_TOGETHER : result;
    }
    now.lower = iface->lower;
    free(iface->addresses.items);
    *iface = now;
    netns->links.items[at] = link;
    return 0;
}

static int update_devices(struct netns *netns)
{
    int result = netns->stale.all ? FACTS_HANG_TOGETHER : 0;
    for (unsigned i = 0; result == 0 && i < netns->stale.device_count; i++)
        result = update_device(netns, netns->stale.devices[i]);
    return result;
}

/* Without an answer it is not known, and the rest is shown all the same. */
static void put_primary(struct netns *netns)
{
    uint32_t primary;
    int result = default_route_read(&netns->route, &primary);
    for (size_t i = 0; i < netns->facts.count; i++) {
        struct network_interface *iface = &netns->facts.items[i];
        if (result == 0)
            PUT(iface, is_primary, (iface->identity & UINT32_MAX) == primary);
        else
            iface->status.is_primary = NETWORK_ERROR;
    }
}

int netns_facts_update(struct netns *netns, uint64_t now_ns)
{
    if (!netns_is_stale(netns))
        return 0;
    int result = update_devices(netns);
    if (result == FACTS_HANG_TOGETHER) {
        result = update_all(netns);
        if (result == 0)
            netns->facts_ns = now_ns;
    }
    if (result < 0)
        return result;
    put_primary(netns);
    netns->stale = (struct announced){0};
    return 0;
}
