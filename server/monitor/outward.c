#include "outward.h"

#include "totals.h"
#include <string.h>
#include <sys/socket.h>

/* An address that is only of use near by: of another namespace's connection to such a one nothing
 * says that it leaves the machine. */
static bool is_private(const struct network_address *address)
{
    const uint8_t *bytes = address->bytes;
    if (address->family == AF_INET6)
        return (bytes[0] & 0xfe) == 0xfc || (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80);
    return bytes[0] == 10 || (bytes[0] == 172 && (bytes[1] & 0xf0) == 16) ||
           (bytes[0] == 192 && bytes[1] == 168) || (bytes[0] == 100 && (bytes[1] & 0xc0) == 64) ||
           (bytes[0] == 169 && bytes[1] == 254);
}

/* Connections are many and the interfaces they go through few, so each is decided once a reading.
 */
static bool is_carried(struct outward *outward, const char *interface)
{
    size_t length = strlen(interface);
    size_t at = length > 0 ? (unsigned char)interface[length - 1] % OUTWARD_DECIDED : 0;
    struct outward_decision *decision = &outward->decisions[at];
    if (!decision->is_made || strcmp(decision->interface, interface) != 0) {
        put_text(decision->interface, sizeof(decision->interface), interface);
        decision->is_carried = totals_carry(outward->interfaces, interface);
        decision->is_made = true;
    }
    return decision->is_carried;
}

void outward_begin(struct outward *outward, const struct interface_array *interfaces)
{
    *outward = (struct outward){.interfaces = interfaces};
}

bool outward_is(struct outward *outward, const struct network_connection *connection)
{
    const struct network_address *remote = &connection->remote_address;
    if (!network_has(connection, remote_address) || network_address_is_loopback(remote) ||
        memcmp(remote, &connection->local_address, sizeof(*remote)) == 0)
        return false;
    if (network_has(connection, netns))
        return !is_private(remote);
    return !network_has(connection, interface) || !outward->interfaces ||
           is_carried(outward, connection->interface);
}
