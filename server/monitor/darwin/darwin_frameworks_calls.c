#include "darwin_frameworks_calls.h"

#include <dlfcn.h>
#include <stdatomic.h>

bool darwin_frameworks_find(
    const char *path, const char *const *names, size_t count, void *ret_calls)
{
    void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    bool is_whole = true;
    for (size_t i = 0; i < count; i++) {
        void *call = library ? dlsym(library, names[i]) : NULL;
        memcpy((char *)ret_calls + i * sizeof(call), &call, sizeof(call));
        is_whole &= call != NULL;
    }
    return is_whole;
}

/* Two threads may both look, and then what one found is thrown away: no static initializer of a
 * lock fits every system. */
const void *darwin_frameworks_once(_Atomic(void *) *kept, void (*find)(void *), size_t size)
{
    void *calls = atomic_load(kept), *other = NULL;
    if (calls)
        return calls;
    calls = calloc(1, size);
    if (!calls)
        return NULL;
    find(calls);
    if (atomic_compare_exchange_strong(kept, &other, calls))
        return calls;
    free(calls);
    return other;
}

/* How much of the text is whole characters: where room ended within one, without that. */
static size_t whole_characters(const char *text, size_t length)
{
    static const uint8_t shortest[] = {0xc0, 0xe0, 0xf0}; /* lead bytes of 2, 3 and 4 bytes */
    for (size_t back = 1; back <= ARRAY_LENGTH(shortest) && back <= length; back++) {
        uint8_t byte = (uint8_t)text[length - back];
        if (byte >= 0xc0)
            return byte >= shortest[back - 1] ? length - back : length;
        if (byte < 0x80)
            break;
    }
    return length;
}

void darwin_frameworks_read_text(
    const struct core_foundation_calls *cf, const void *string, char *ret_text, size_t size)
{
    long used = 0;
    if (string) {
        struct cf_range all = {0, cf->CFStringGetLength(string)};
        cf->CFStringGetBytes(
            string, all, CF_UTF8, '?', 0, (uint8_t *)ret_text, (long)size - 1, &used);
    }
    size_t length = whole_characters(ret_text, (size_t)used);
    memset(ret_text + length, 0, size - length);
}

void darwin_frameworks_put_text(const char *value, char *ret_text, size_t size)
{
    size_t length = whole_characters(value, strnlen(value, size - 1));
    memcpy(ret_text, value, length);
    memset(ret_text + length, 0, size - length);
}
