/* darwin_ends - TCP connections that a reading no longer has.
 *
 * macOS does not tell of connections that end, so an end is noticed when the next reading lacks it,
 * with the counts of the one before. What begins and ends between two readings is never seen.
 */
#ifndef IFPULSE_DARWIN_ENDS_H
#define IFPULSE_DARWIN_ENDS_H

#include "map.h"
#include "platform.h"

struct darwin_ends {
    struct connection_array open;  /* of the last reading */
    struct connection_array ended; /* since they were taken */
    struct map seen;               /* identities of the reading that is looked at */
};
void darwin_ends_fini(struct darwin_ends *ends);

/* Looks at the connections of a reading from that place on. Without memory some ends are missed. */
void darwin_ends_look(
    struct darwin_ends *ends, const struct connection_array *connections, size_t from);
/* Appends them, and forgets them. */
MUST_CHECK int darwin_ends_take(struct darwin_ends *ends, struct connection_array *ret_closed);

#endif
