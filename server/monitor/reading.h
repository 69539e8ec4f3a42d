/* reading - the interfaces of one moment, with the two ways to find one: by id, which is its name
 * with the namespace in front where that is another one, and by identity.
 *
 * Mostly nothing came or went since the reading before: the two are aligned, each interface stands
 * where it stood, and nothing needs to be found. So the maps are made only where that is not so.
 */
#ifndef IFPULSE_READING_H
#define IFPULSE_READING_H

#include "map.h"
#include "platform.h"

struct reading {
    struct interface_array interfaces;
    struct map by_id, by_identity; /* to indices; empty unless is_indexed */
    bool is_indexed;
};

void reading_fini(struct reading *reading);
/* Empties it and keeps its memory. */
void reading_clear(struct reading *reading);
/* Whether both have the same devices under the same ids in the same order. */
bool reading_is_aligned(const struct reading *one, const struct reading *other);
/* To be called once the interfaces are complete, before a find. */
MUST_CHECK int reading_index(struct reading *reading);

/* The one that has the id of iface (network_interface_id); NULL when there is none, the first
 * should the system show one twice. */
const struct network_interface *reading_find_same(
    const struct reading *reading, const struct network_interface *iface);
const struct network_interface *reading_find_identity(
    const struct reading *reading, uint64_t identity);

/* Puts the counters of its sample into an interface, and what its radio hears. Returns whether any
 * counter turned back. */
bool reading_put_sample(struct network_interface *iface, const struct interface_sample *sample);

/* Gives every interface the counters (but carrier_changes, which is read with the facts) and the
 * speeds it had in an earlier reading, which is aligned or indexed, and what was told of it. */
void reading_carry_counters(struct reading *reading, const struct reading *earlier);
/* Gives the revision to every interface of which any datum differs, and to all when some came, went
 * or moved. Returns whether there are any such. */
bool reading_mark_changes(
    struct reading *reading, const struct reading *earlier, uint64_t revision);

#endif
