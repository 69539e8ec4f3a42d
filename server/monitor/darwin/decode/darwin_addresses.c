#include "darwin_addresses.h"

#include "darwin_bytes.h"
#include "darwin_wire.h"
#include <sys/socket.h>

/* One without length takes the place of an alignment; the last one may lack its padding. */
static size_t step_over(const uint8_t *sockaddr, size_t size)
{
    size_t length = sockaddr[0] ? ((size_t)sockaddr[0] + 3) & ~(size_t)3 : 4;
    return length < size ? length : size;
}

struct darwin_bytes darwin_sockaddr_find(
    const uint8_t *addresses, size_t size, uint32_t mask, unsigned wanted)
{
    for (unsigned i = 0; i < RTAX_COUNT && size > 0; i++) {
        if (!(mask & 1u << i))
            continue;
        if (i == wanted)
            return (struct darwin_bytes){addresses, size < addresses[0] ? size : addresses[0]};
        size_t step = step_over(addresses, size);
        addresses += step;
        size -= step;
    }
    return (struct darwin_bytes){NULL, 0};
}

bool darwin_is_link_local(const uint8_t *ipv6)
{
    return ipv6[0] == 0xfe && (ipv6[1] & 0xc0) == 0x80;
}

/* The kernel keeps the number of the interface of link-local addresses in bytes 2 and 3. */
static struct network_address without_scope(const uint8_t *ipv6)
{
    struct network_address address = {.family = AF_INET6};
    memcpy(address.bytes, ipv6, sizeof(address.bytes));
    if (darwin_is_link_local(ipv6))
        address.bytes[2] = address.bytes[3] = 0;
    return address;
}

static struct network_address of_ipv4(const uint8_t *ipv4)
{
    struct network_address address = {.family = AF_INET};
    memcpy(address.bytes, ipv4, 4);
    return address;
}

bool darwin_sockaddr_read(struct darwin_bytes sockaddr, struct network_address *ret_address)
{
    if (sockaddr.size < SIN_SIZE)
        return false;
    if (sockaddr.at[1] == DARWIN_AF_INET) {
        *ret_address = of_ipv4(sockaddr.at + SIN_ADDRESS);
        return true;
    }
    if (sockaddr.at[1] != DARWIN_AF_INET6 || sockaddr.size < SIN6_SIZE)
        return false;
    *ret_address = without_scope(sockaddr.at + SIN6_ADDRESS);
    return true;
}

uint8_t darwin_netmask_length(struct darwin_bytes sockaddr, uint8_t family)
{
    size_t at = family == AF_INET ? SIN_ADDRESS : SIN6_ADDRESS;
    size_t end = at + (family == AF_INET ? 4 : 16);
    uint8_t length = 0;
    for (; at < end && at < sockaddr.size; at++) {
        uint8_t byte = sockaddr.at[at];
        for (; byte & 0x80; byte = (uint8_t)(byte << 1))
            length++;
        if (sockaddr.at[at] != 0xff)
            break;
    }
    return length;
}

struct network_address darwin_socket_address(const uint8_t *bytes, bool is_ipv6)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (!is_ipv6 || memcmp(bytes, mapped, sizeof(mapped)) == 0)
        return of_ipv4(bytes + 12);
    return without_scope(bytes);
}
