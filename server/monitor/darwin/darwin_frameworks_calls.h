/* darwin_frameworks_calls - how frameworks are called without their headers or stubs: prototypes as
 * Apple documents them, found by name at run time.
 *
 * Objects of Core Foundation and Objective-C are addresses; CFIndex and NSInteger are long; objects
 * of IOKit are port numbers, of which 0 is none.
 */
#ifndef IFPULSE_DARWIN_FRAMEWORKS_CALLS_H
#define IFPULSE_DARWIN_FRAMEWORKS_CALLS_H

#include "base.h"

#define FRAMEWORK(name) "/System/Library/Frameworks/" name ".framework/" name

/* Declares struct name_calls, of pointers to the functions of a list of X(result, name,
 * parameters), and name_names, their names. */
#define CALL_MEMBER(result, name, ...) result (*name)(__VA_ARGS__);
#define CALL_NAME(result, name, ...) #name,
#define CALLS(name, LIST)                                                                          \
    struct name##_calls {                                                                          \
        LIST(CALL_MEMBER)                                                                          \
    };                                                                                             \
    static const char *const name##_names[] = {LIST(CALL_NAME)};                                   \
    _Static_assert(sizeof(struct name##_calls) == sizeof(name##_names), "pointers and no padding")

/* Fills in a struct of CALLS from the library of that path, with NULL for what is not there; tells
 * whether all are. A library stays open until the program ends. */
#define FIND_CALLS(path, name, ret_calls)                                                          \
    darwin_frameworks_find(path, name##_names, ARRAY_LENGTH(name##_names), ret_calls)
bool darwin_frameworks_find(
    const char *path, const char *const *names, size_t count, void *ret_calls);

/* Lends what *kept has, which is of size bytes, or what find now fills it with, once for the
 * program; NULL without memory. */
const void *darwin_frameworks_once(_Atomic(void *) *kept, void (*find)(void *), size_t size);

struct cf_range {
    long location, length;
};
#define CORE_FOUNDATION_CALLS(X)                                                                   \
    X(void, CFRelease, const void *object)                                                         \
    X(const void *, CFStringCreateWithCString, const void *allocator, const char *text,            \
        uint32_t encoding)                                                                         \
    X(long, CFStringGetLength, const void *string)                                                 \
    X(long, CFStringGetBytes, const void *string, struct cf_range range, uint32_t encoding,        \
        uint8_t loss, uint8_t is_external, uint8_t *buffer, long size, long *ret_size)

CALLS(core_foundation, CORE_FOUNDATION_CALLS);

enum { CF_UTF8 = 0x08000100 };

/* What a CFString (or NSString) says, NULL like an empty one, cut between characters; all of text
 * is written. */
void darwin_frameworks_read_text(
    const struct core_foundation_calls *cf, const void *string, char *ret_text, size_t size);
/* The same of a UTF-8 text. */
void darwin_frameworks_put_text(const char *value, char *ret_text, size_t size);

#endif
