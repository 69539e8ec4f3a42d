#include "device_settings.h"

#include "generic_family.h"
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>

static void take_modes(const struct generic_attributes *attributes, struct device_setting *setting)
{
    uint32_t speed;
    uint8_t duplex;
    setting->has_modes = true;
    if (generic_get(attributes, ETHTOOL_A_LINKMODES_SPEED, &speed, sizeof(speed)) &&
        speed != (uint32_t)SPEED_UNKNOWN)
        setting->megabits_per_s = speed;
    if (!generic_get(attributes, ETHTOOL_A_LINKMODES_DUPLEX, &duplex, sizeof(duplex)))
        return;
    setting->is_half_duplex = duplex == DUPLEX_HALF;
    setting->is_full_duplex = duplex == DUPLEX_FULL;
}

int device_setting_decode(const struct nlmsghdr *message, struct device_setting *setting)
{
    struct generic_attributes attributes, header;
    uint32_t index;
    if (!generic_parse(message, &attributes))
        return -EPROTO;
    uint8_t command = ((const struct genlmsghdr *)mnl_nlmsg_get_payload(message))->cmd;
    if (command != ETHTOOL_MSG_LINKMODES_GET_REPLY && command != ETHTOOL_MSG_RINGS_GET_REPLY)
        return -EPROTO;
    _Static_assert((int)ETHTOOL_A_LINKMODES_HEADER == (int)ETHTOOL_A_RINGS_HEADER, "one header");
    if (!generic_parse_nested(attributes.items[ETHTOOL_A_LINKMODES_HEADER], &header) ||
        !generic_get(&header, ETHTOOL_A_HEADER_DEV_INDEX, &index, sizeof(index)))
        return -EPROTO;
    setting->index = index;
    if (command == ETHTOOL_MSG_LINKMODES_GET_REPLY) {
        take_modes(&attributes, setting);
        return 0;
    }
    uint32_t length;
    setting->has_ring = true;
    if (generic_get(&attributes, ETHTOOL_A_RINGS_RX, &length, sizeof(length)))
        setting->receive_ring = length;
    return 0;
}

void device_settings_init(struct device_settings *settings, struct netlink_socket *socket)
{
    *settings = (struct device_settings){.socket = socket};
}

void device_settings_fini(struct device_settings *settings)
{
    if (!settings)
        return;
    free(settings->items);
    map_fini(&settings->by_index);
    *settings = (struct device_settings){0};
}

static int append(struct device_settings *settings, const struct device_setting *setting)
{
    if (!MAKE_ROOM(settings->items, settings->count, settings->capacity))
        return -ENOMEM;
    int result = map_insert_index(
        &settings->by_index, (struct map_key){.low = setting->index}, settings->count);
    if (result == 0)
        settings->items[settings->count++] = *setting;
    return result;
}

static int take_setting(const struct nlmsghdr *message, void *context)
{
    struct device_settings *settings = context;
    struct device_setting setting = {0};
    if (device_setting_decode(message, &setting) < 0)
        return 0;
    size_t at = map_find_index(&settings->by_index, (struct map_key){.low = setting.index});
    if (at == MAP_ABSENT)
        return append(settings, &setting);
    return device_setting_decode(message, &settings->items[at]);
}

/* The two commands want the same header. Of one device that has no such thing there is no answer,
 * and that is one. */
static int ask(struct device_settings *settings, uint8_t command, uint32_t index)
{
    _Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_BYTES];
    struct nlmsghdr *request = generic_request(buffer, settings->family, command);
    struct nlattr *header = mnl_attr_nest_start(request, ETHTOOL_A_LINKMODES_HEADER);
    if (index != 0)
        mnl_attr_put_u32(request, ETHTOOL_A_HEADER_DEV_INDEX, index);
    /* Else the modes come as words, a few kilobytes a device. */
    mnl_attr_put_u32(request, ETHTOOL_A_HEADER_FLAGS, ETHTOOL_FLAG_COMPACT_BITSETS);
    mnl_attr_nest_end(request, header);
    if (index != 0)
        generic_ask_once(request);
    int result =
        netlink_dump(settings->socket, request, &(struct netlink_sink){take_setting, settings});
    if (index != 0 && (result == -EOPNOTSUPP || result == -ENODEV))
        return 0;
    return result == -ENOMEM || result >= 0 ? result : -EOPNOTSUPP;
}

int device_settings_read(struct device_settings *settings, uint32_t index)
{
    settings->count = 0;
    map_clear(&settings->by_index);
    int result = 0;
    if (settings->family == 0)
        result = generic_find_family(settings->socket, ETHTOOL_GENL_NAME, &settings->family);
    if (result < 0 || settings->family == 0)
        return result < 0 ? result : -EOPNOTSUPP;
    result = ask(settings, ETHTOOL_MSG_LINKMODES_GET, index);
    if (result >= 0)
        result = ask(settings, ETHTOOL_MSG_RINGS_GET, index);
    /* Of a device that an interrupted dump left out, the next reading knows. */
    return result < 0 ? result : 0;
}

void device_settings_put(const struct device_settings *settings, struct network_interface *iface)
{
    static const struct device_setting nothing;
    struct map_key key = {.low = iface->identity & UINT32_MAX};
    size_t at = map_find_index(&settings->by_index, key);
    const struct device_setting *setting = at == MAP_ABSENT ? &nothing : &settings->items[at];
    iface->status.link_bits_per_s = iface->status.duplex =
        setting->has_modes ? NETWORK_UNAVAILABLE : NETWORK_NOT_SUPPORTED;
    iface->status.receive_ring = NETWORK_NOT_SUPPORTED;
    if (setting->megabits_per_s > 0)
        PUT(iface, link_bits_per_s, (uint64_t)setting->megabits_per_s * 1000000);
    if (setting->is_half_duplex)
        PUT(iface, duplex, NETWORK_HALF_DUPLEX);
    if (setting->is_full_duplex)
        PUT(iface, duplex, NETWORK_FULL_DUPLEX);
    if (setting->receive_ring > 0)
        PUT(iface, receive_ring, setting->receive_ring);
}
