#include "map.h"

#include <criterion/criterion.h>
#include <string.h>

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

Test(map, an_empty_map_finds_nothing_and_needs_no_init_beyond_zeros)
{
    struct map map = {0};
    cr_assert_null(map_find(&map, (struct map_key){1, 2}));
    cr_assert_null(map_remove(&map, (struct map_key){1, 2}));
    cr_assert_eq(map_find_index(&map, (struct map_key){1, 2}), MAP_ABSENT);
    map_clear(&map);
    map_fini(&map);
    map_fini(NULL);
}

Test(map, both_halves_of_the_key_count)
{
    struct map map = {0};
    cr_assert_eq(map_insert_index(&map, (struct map_key){1, 2}, 0), 0);
    cr_assert_eq(map_find_index(&map, (struct map_key){1, 2}), 0);
    cr_assert_eq(map_find_index(&map, (struct map_key){2, 2}), MAP_ABSENT);
    cr_assert_eq(map_find_index(&map, (struct map_key){1, 1}), MAP_ABSENT);
    map_fini(&map);
}

Test(map, inserting_again_replaces)
{
    struct map map = {0};
    int a, b;
    cr_assert_eq(map_insert(&map, (struct map_key){7, 7}, &a), 0);
    cr_assert_eq(map_insert(&map, (struct map_key){7, 7}, &b), 0);
    cr_assert_eq(map_count(&map), 1);
    cr_assert_eq(map_remove(&map, (struct map_key){7, 7}), &b);
    cr_assert_eq(map_count(&map), 0);
    map_fini(&map);
}

/* Against a plain array, with keys that are close together so that runs form and gaps close. */
Test(map, agrees_with_a_plain_array_through_a_long_random_life)
{
    enum { KEYS = 500, STEPS = 200000 };
    struct map map = {0};
    size_t truth[KEYS], count = 0;
    for (size_t i = 0; i < KEYS; i++)
        truth[i] = MAP_ABSENT;
    uint64_t state = 42;
    for (size_t step = 0; step < STEPS; step++) {
        size_t which = next_random(&state) % KEYS;
        struct map_key key = {which % 3, which};
        cr_assert_eq(map_find_index(&map, key), truth[which]);
        if (next_random(&state) % 2) {
            count += truth[which] == MAP_ABSENT;
            truth[which] = step;
            cr_assert_eq(map_insert_index(&map, key, step), 0);
        } else {
            count -= truth[which] != MAP_ABSENT;
            truth[which] = MAP_ABSENT;
            (void)map_remove(&map, key);
        }
        cr_assert_eq(map_count(&map), count);
    }
    for (size_t i = 0; i < KEYS; i++)
        cr_assert_eq(map_find_index(&map, (struct map_key){i % 3, i}), truth[i]);
    map_clear(&map);
    for (size_t i = 0; i < KEYS; i++)
        cr_assert_eq(map_find_index(&map, (struct map_key){i % 3, i}), MAP_ABSENT);
    map_fini(&map);
}

Test(map, names_are_equal_keys_only_when_they_are_equal)
{
    struct map_key eth0 = map_key_of_name("eth0"), eth1 = map_key_of_name("eth1");
    struct map_key raw = map_key_of_name("\xff\x01 x"),
                   longest = map_key_of_name("123456789012345");
    struct map_key again = map_key_of_name("eth0\0garbage");
    cr_assert(memcmp(&eth0, &again, sizeof(eth0)) == 0);
    cr_assert(memcmp(&eth0, &eth1, sizeof(eth0)) != 0);
    cr_assert(memcmp(&raw, &longest, sizeof(raw)) != 0);
}

Test(map, lends_the_place_of_a_value_to_be_changed)
{
    struct map map = {0};
    int one, other;
    struct map_key key = {1, 2};

    cr_assert_null(map_find_place(&map, key));
    cr_assert_eq(map_insert(&map, key, &one), 0);
    *map_find_place(&map, key) = &other;
    cr_assert_eq(map_find(&map, key), &other);
    cr_assert_null(map_find_place(&map, (struct map_key){2, 1}));
    map_fini(&map);
}
