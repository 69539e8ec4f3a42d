#include "generic_family.h"

#include <errno.h>
#include <linux/genetlink.h>

static int take_attribute(const struct nlattr *attribute, void *context)
{
    struct generic_attributes *attributes = context;
    uint16_t type = mnl_attr_get_type(attribute);
    if (type < GENERIC_ATTRIBUTES_MAX)
        attributes->items[type] = attribute;
    return MNL_CB_OK;
}

bool generic_parse(const struct nlmsghdr *message, struct generic_attributes *ret_attributes)
{
    if (mnl_nlmsg_get_payload_len(message) < sizeof(struct genlmsghdr))
        return false;
    *ret_attributes = (struct generic_attributes){0};
    netlink_parse(message, sizeof(struct genlmsghdr), take_attribute, ret_attributes);
    return true;
}

bool generic_parse_nested(const struct nlattr *attribute, struct generic_attributes *ret_attributes)
{
    *ret_attributes = (struct generic_attributes){0};
    return attribute && mnl_attr_parse_nested(attribute, take_attribute, ret_attributes) >= 0;
}

bool generic_get(const struct generic_attributes *attributes, int type, void *value, size_t size)
{
    const struct nlattr *attribute = attributes->items[type];
    return attribute && mnl_attr_get_payload_len(attribute) >= size &&
           netlink_copy_payload(attribute, value, size) == size;
}

struct nlmsghdr *generic_request(void *buffer, uint16_t family, uint8_t command)
{
    struct nlmsghdr *message = netlink_request(buffer, family);
    struct genlmsghdr *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
    header->cmd = command;
    header->version = 1;
    return message;
}

void generic_ask_once(struct nlmsghdr *request)
{
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
}

int generic_decode_family(const struct nlmsghdr *message, uint16_t *ret_family)
{
    struct generic_attributes attributes;
    uint16_t family;
    if (!generic_parse(message, &attributes) ||
        !generic_get(&attributes, CTRL_ATTR_FAMILY_ID, &family, sizeof(family)))
        return -EPROTO;
    *ret_family = family;
    return 0;
}

static int take_family(const struct nlmsghdr *message, void *context)
{
    return generic_decode_family(message, context);
}

int generic_find_family(struct netlink_socket *socket, const char *name, uint16_t *ret_family)
{
    _Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_BYTES];
    struct nlmsghdr *message = generic_request(buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
    uint16_t family = 0;
    generic_ask_once(message);
    mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, name);
    int result = netlink_dump(socket, message, &(struct netlink_sink){take_family, &family});
    if (result == 0 || result == -ENOENT)
        *ret_family = family;
    return result == -ENOENT ? 0 : result;
}
