#include "belonging.h"

#include "platform.h"
#include <string.h>

/* Containers are named "docker:0123456789ab"; the names of systemd units have no such beginning. */
static bool is_container(const char *unit)
{
    static const char *const runtimes[] = {
        "docker:", "podman:", "kubernetes:", "containerd:", "lxc:"};
    for (size_t i = 0; i < ARRAY_LENGTH(runtimes); i++)
        if (strncmp(unit, runtimes[i], strlen(runtimes[i])) == 0)
            return true;
    return false;
}

bool belonging_kind(const struct network_connection *connection, enum network_owner_kind *ret_kind)
{
    bool has_unit = network_has(connection, unit);
    if (has_unit && is_container(connection->unit))
        *ret_kind = NETWORK_OWNER_CONTAINER;
    else if (network_has(connection, process_name))
        *ret_kind = NETWORK_OWNER_PROCESS;
    else if (has_unit)
        *ret_kind = NETWORK_OWNER_UNIT;
    else if (network_has(connection, uid))
        *ret_kind = NETWORK_OWNER_USER;
    else
        return false;
    return true;
}

#define IS_SAME_TEXT(a, b, member)                                                                 \
    ((a)->status.member == (b)->status.member &&                                                   \
        (!network_has(a, member) || strncmp((a)->member, (b)->member, sizeof((a)->member)) == 0))

bool belonging_is_to(const struct network_owner *owner, enum network_owner_kind kind,
    const struct network_connection *connection)
{
    if (owner->kind != kind)
        return false;
    bool is_same_user =
        network_has(connection, uid) ? owner->uid == connection->uid : !network_has(owner, uid);
    switch (kind) {
    case NETWORK_OWNER_PROCESS:
        return is_same_user && IS_SAME_TEXT(owner, connection, process_name) &&
               (network_has(owner, unit) == network_has(connection, unit)) &&
               (!network_has(owner, unit) || strcmp(owner->unit, connection->unit) == 0);
    case NETWORK_OWNER_USER:
        return is_same_user;
    default:
        return strcmp(owner->unit, connection->unit) == 0;
    }
}

void belonging_describe(struct network_owner *owner, enum network_owner_kind kind,
    const struct network_connection *connection)
{
    PUT(owner, kind, kind);
    TAKE(owner, connection, process_name);
    TAKE(owner, connection, unit);
    TAKE(owner, connection, uid);
    TAKE(owner, connection, user);
}

void belonging_merge(struct network_owner *owner, const struct network_connection *connection)
{
    if (!IS_SAME_TEXT(owner, connection, process_name))
        owner->status.process_name = NETWORK_UNAVAILABLE;
    if (network_has(owner, uid) && owner->uid != connection->uid)
        owner->status.uid = owner->status.user = NETWORK_UNAVAILABLE;
}
