/* belonging - which owner a connection belongs to: the first that is known of its container, its
 * process, its unit and its user, so that each belongs to one.
 */
#ifndef IFPULSE_BELONGING_H
#define IFPULSE_BELONGING_H

#include "base.h"
#include "network_types.h"

/* false: it belongs to nobody. */
MUST_CHECK bool belonging_kind(
    const struct network_connection *connection, enum network_owner_kind *ret_kind);
/* Whether the owner is that of a connection of that kind: they have all in common that
 * network_owner_id puts into an id. */
bool belonging_is_to(const struct network_owner *owner, enum network_owner_kind kind,
    const struct network_connection *connection);
/* Says of the owner what the connection tells of it. */
void belonging_describe(struct network_owner *owner, enum network_owner_kind kind,
    const struct network_connection *connection);
/* Takes back what this other connection of the same owner tells otherwise. */
void belonging_merge(struct network_owner *owner, const struct network_connection *connection);

#endif
