/* base - the words every room uses: attributes, cleanup, the error doctrine.
 *
 * Errors, everywhere in this tree:
 *   0         done;
 *   negative  -errno, fatal to the operation; the caller forwards it unchanged;
 *   positive  a named condition of the module's own enum, which the direct caller must handle.
 * Outputs are named ret_x, come last, and are untouched when the call fails.
 *
 * Ownership, everywhere in this tree, in three words:
 *   takes   the callee owns it from here on, also when the call fails;
 *   keeps   the callee stores the pointer; the caller still owns it and keeps it alive;
 *   lends   the caller may look until the owner's next change; it frees nothing.
 * x_init/x_fini are for embedded objects, x_new/x_free for heap objects, x_ref/x_unref for shared
 * ones. All that destroy accept NULL and the half-built.
 */
#ifndef IFPULSE_BASE_H
#define IFPULSE_BASE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_index, first) __attribute__((format(printf, format_index, first)))

/* The variable's owner function runs on its address when it leaves scope. */
#define CLEANUP(function) __attribute__((cleanup(function)))

/* Defines name_p(), the CLEANUP form of a destructor that takes a pointer. */
#define DEFINE_CLEANUP(type, destructor)                                                           \
    static inline void destructor##_p(type **object)                                               \
    {                                                                                              \
        destructor(*object);                                                                       \
    }

/* Hands an owning local over: its value, leaving NULL behind for the CLEANUP. */
#define HAND_OVER(pointer)                                                                         \
    ({                                                                                             \
        __typeof__(pointer) handed_over_ = (pointer);                                              \
        (pointer) = NULL;                                                                          \
        handed_over_;                                                                              \
    })

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define CONTAINER_OF(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

static inline void free_p(void *pointer)
{
    free(*(void **)pointer);
}

/* Moves an array to where count items of that size have room: realloc(3), but NULL when their bytes
 * are more than can be counted. */
MUST_CHECK static inline void *array_resize(void *items, size_t count, size_t item_size)
{
    size_t bytes;
    return __builtin_mul_overflow(count, item_size, &bytes) ? NULL : realloc(items, bytes);
}

/* Makes room for one more in a growable array: items, a pointer of the caller's, with count of them
 * and space for capacity. false without memory, and then nothing has changed. */
#define MAKE_ROOM(items, count, capacity)                                                          \
    array_make_room(&(items), (count), &(capacity), sizeof(*(items)))
MUST_CHECK static inline bool array_make_room(
    void *items, size_t count, size_t *capacity, size_t item_size)
{
    void *old, *moved;
    if (count < *capacity)
        return true;
    memcpy(&old, items, sizeof(old));
    size_t larger = *capacity ? *capacity * 2 : 16;
    moved = array_resize(old, larger, item_size);
    if (!moved)
        return false;
    memcpy(items, &moved, sizeof(moved));
    *capacity = larger;
    return true;
}

/* Copies an array of count items of that size; ret_items is the address of a pointer, which the
 * caller frees. NULL for nothing, which is no failure. */
MUST_CHECK static inline int copy_items(
    const void *items, size_t count, size_t size, void *ret_items)
{
    void *copy = NULL;
    if (count > 0) {
        copy = malloc(count * size);
        if (!copy)
            return -ENOMEM;
        memcpy(copy, items, count * size);
    }
    memcpy(ret_items, &copy, sizeof(copy));
    return 0;
}

#endif
