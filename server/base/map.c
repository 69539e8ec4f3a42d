#include "map.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { SMALLEST_CAPACITY = 16 };

void map_init(struct map *map)
{
    *map = (struct map){0};
}

void map_fini(struct map *map)
{
    if (!map)
        return;
    free(map->slots);
    *map = (struct map){0};
}

void map_clear(struct map *map)
{
    if (map->count > 0)
        memset(map->slots, 0, map->capacity * sizeof(*map->slots));
    map->count = 0;
}

size_t map_count(const struct map *map)
{
    return map->count;
}

static uint64_t mix(uint64_t bits)
{
    bits ^= bits >> 32;
    bits *= 0xd6e8feb86659fd93u;
    bits ^= bits >> 29;
    bits *= 0xa0761d6478bd642fu;
    return bits ^ (bits >> 32);
}

static size_t home_of(struct map_key key, size_t capacity)
{
    return (size_t)mix(mix(key.high + 0x9e3779b97f4a7c15u) ^ key.low) & (capacity - 1);
}

static bool is_equal(struct map_key a, struct map_key b)
{
    return a.high == b.high && a.low == b.low;
}

/* The slot that holds the key, or the free one where it would go. The capacity is not 0. */
static struct map_slot *slot_of(const struct map *map, struct map_key key)
{
    size_t at = home_of(key, map->capacity);
    while (map->slots[at].value && !is_equal(map->slots[at].key, key))
        at = (at + 1) & (map->capacity - 1);
    return &map->slots[at];
}

void *map_find(const struct map *map, struct map_key key)
{
    return map->count > 0 ? slot_of(map, key)->value : NULL;
}

void **map_find_place(const struct map *map, struct map_key key)
{
    struct map_slot *slot = map->count > 0 ? slot_of(map, key) : NULL;
    return slot && slot->value ? &slot->value : NULL;
}

static int grow(struct map *map)
{
    struct map larger = {.capacity = map->capacity ? map->capacity * 2 : SMALLEST_CAPACITY};
    larger.slots = calloc(larger.capacity, sizeof(*larger.slots));
    if (!larger.slots)
        return -ENOMEM;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].value)
            *slot_of(&larger, map->slots[i].key) = map->slots[i];
    larger.count = map->count;
    free(map->slots);
    *map = larger;
    return 0;
}

int map_insert(struct map *map, struct map_key key, void *value)
{
    assert(value);
    if (map->count + 1 > map->capacity - map->capacity / 4) {
        int result = grow(map);
        if (result < 0)
            return result;
    }
    struct map_slot *slot = slot_of(map, key);
    if (!slot->value)
        map->count++;
    *slot = (struct map_slot){.key = key, .value = value};
    return 0;
}

/* Moves later members of the same run back into the gap, so that no search stops at it. */
static void close_gap(struct map *map, size_t gap)
{
    size_t mask = map->capacity - 1;
    for (size_t at = (gap + 1) & mask; map->slots[at].value; at = (at + 1) & mask) {
        size_t home = home_of(map->slots[at].key, map->capacity);
        if (((at - home) & mask) >= ((at - gap) & mask)) {
            map->slots[gap] = map->slots[at];
            gap = at;
        }
    }
    map->slots[gap] = (struct map_slot){0};
}

void *map_remove(struct map *map, struct map_key key)
{
    if (map->count == 0)
        return NULL;
    struct map_slot *slot = slot_of(map, key);
    void *value = slot->value;
    if (value) {
        map->count--;
        close_gap(map, (size_t)(slot - map->slots));
    }
    return value;
}

size_t map_find_index(const struct map *map, struct map_key key)
{
    void *value = map_find(map, key);
    return value ? (size_t)(uintptr_t)value - 1 : MAP_ABSENT;
}

int map_insert_index(struct map *map, struct map_key key, size_t index)
{
    return map_insert(map, key, (void *)(uintptr_t)(index + 1));
}

struct map_key map_key_of_name(const char *name)
{
    char bytes[16] = {0};
    memcpy(bytes, name, strnlen(name, sizeof(bytes)));
    struct map_key key;
    memcpy(&key.high, bytes, sizeof(key.high));
    memcpy(&key.low, bytes + 8, sizeof(key.low));
    return key;
}

struct map_key map_key_of_text(const char *text)
{
    size_t length = strlen(text);
    if (length < 16)
        return map_key_of_name(text);
    struct map_key key = {.high = length, .low = ~(uint64_t)length};
    for (size_t i = 0; i < length; i += 8) {
        uint64_t piece = 0;
        memcpy(&piece, text + i, length - i < 8 ? length - i : 8);
        key.high = mix(key.high ^ piece);
        key.low = mix(key.low + key.high + piece * 0x9e3779b97f4a7c15u);
    }
    /* The text of a name ends in a NUL; that of this does not. */
    ((unsigned char *)&key)[15] |= 1;
    return key;
}
