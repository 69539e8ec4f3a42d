/* generic_family - what the families of generic netlink share: a number that the kernel gives each
 * as it is loaded, requests with a command in front, and answers made of attributes.
 */
#ifndef IFPULSE_GENERIC_FAMILY_H
#define IFPULSE_GENERIC_FAMILY_H

#include "netlink_socket.h"

/* The number of the family of that name; 0: the kernel has none now, a module may bring it. */
MUST_CHECK int generic_find_family(
    struct netlink_socket *socket, const char *name, uint16_t *ret_family);

/* Starts a dump request in buffer (NETLINK_REQUEST_BYTES, aligned for struct nlmsghdr). */
struct nlmsghdr *generic_request(void *buffer, uint16_t family, uint8_t command);
/* Makes it one for a single answer and an acknowledgement that ends it. */
void generic_ask_once(struct nlmsghdr *request);

/* Pure. 0, or -EPROTO where the message does not say. */
MUST_CHECK int generic_decode_family(const struct nlmsghdr *message, uint16_t *ret_family);

/* Attributes by type; each decoder looks up those it wants. */
enum { GENERIC_ATTRIBUTES_MAX = 64 };
struct generic_attributes {
    const struct nlattr *items[GENERIC_ATTRIBUTES_MAX];
};
/* Those of a message, or within an attribute; lent by it. false where there is no room for any. */
MUST_CHECK bool generic_parse(
    const struct nlmsghdr *message, struct generic_attributes *ret_attributes);
MUST_CHECK bool generic_parse_nested(
    const struct nlattr *attribute, struct generic_attributes *ret_attributes);
/* The value of one, all of it or nothing. */
MUST_CHECK bool generic_get(
    const struct generic_attributes *attributes, int type, void *value, size_t size);

#endif
