/* map - finds a pointer or an index by a 128-bit key, in constant time.
 *
 * Open addressing with linear probing; removal closes the gap it leaves, so a map that churns for
 * months is as quick as a new one. The map stores keys and values only: whoever inserts owns what
 * the value points to. A zeroed map is an empty one; nothing is allocated before the first insert.
 */
#ifndef IFPULSE_MAP_H
#define IFPULSE_MAP_H

#include "base.h"

struct map_key {
    uint64_t high, low;
};

struct map_slot {
    struct map_key key;
    void *value; /* NULL: the slot is free */
};

struct map {
    struct map_slot *slots;
    size_t count, capacity; /* capacity is 0 or a power of two */
};

#define MAP_ABSENT SIZE_MAX

void map_init(struct map *map);
void map_fini(struct map *map);
/* Forgets everything and keeps the memory for the next filling. */
void map_clear(struct map *map);
size_t map_count(const struct map *map);

/* NULL when the key is not there. */
void *map_find(const struct map *map, struct map_key key);
/* Lends the place of the value until the map's next change, to be changed to another value that is
 * not NULL; NULL when the key is not there. */
void **map_find_place(const struct map *map, struct map_key key);
/* Replaces the value of a key that is there already. value is not NULL. -ENOMEM leaves the map as
 * it was. */
MUST_CHECK int map_insert(struct map *map, struct map_key key, void *value);
/* Returns the value that was there, NULL when there was none. */
void *map_remove(struct map *map, struct map_key key);

/* The same for indices of an array; MAP_ABSENT when the key is not there. */
size_t map_find_index(const struct map *map, struct map_key key);
MUST_CHECK int map_insert_index(struct map *map, struct map_key key, size_t index);

/* The text itself as a key, so that equal keys are equal texts: up to 16 bytes or the NUL. For
 * interface and process names. */
struct map_key map_key_of_name(const char *name);
/* A text of any length as a key: itself up to 15 bytes, else 128 bits that two different texts will
 * not share by chance. */
struct map_key map_key_of_text(const char *text);

#endif
