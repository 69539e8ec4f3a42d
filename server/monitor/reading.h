/* reading - the interfaces of one moment, with the two ways to find one: by name and by identity.
 */
#ifndef IFPULSE_READING_H
#define IFPULSE_READING_H

#include "map.h"
#include "platform.h"

struct reading {
    struct interface_array interfaces;
    struct map by_name, by_identity; /* to indices */
};

void reading_fini(struct reading *reading);
/* Empties it and keeps its memory. */
void reading_clear(struct reading *reading);
/* To be called once the interfaces are complete, before any find. */
MUST_CHECK int reading_index(struct reading *reading);

/* NULL when there is none. The first, should the system show a name twice. */
const struct network_interface *reading_find_name(const struct reading *reading, const char *name);
const struct network_interface *reading_find_identity(
    const struct reading *reading, uint64_t identity);

/* Gives every interface the counters (but carrier_changes, which is read with the facts) and the
 * speeds it had in an earlier reading. */
void reading_carry_counters(struct reading *reading, const struct reading *earlier);

#endif
