#include "fake_frameworks_parts.h"

enum { UTF8 = 0x08000100 };

struct range {
    long location, length;
};

static void release(const void *address)
{
    struct object *object = fake_object_of(address, "CFRelease");
    if (object->kind == PORT || object->kind >= POOL)
        fake_fault("CFRelease of a %s, which is not the caller's", fake_kind_word(object));
    fake_object_release(object);
}

static unsigned long type_of(const void *address)
{
    return 100 + (unsigned long)fake_object_of(address, "CFGetTypeID")->kind;
}

static unsigned long string_type(void)
{
    return 100 + STRING;
}

/* How long the character is, whose first byte that is; 0: it cannot be one. */
static size_t character_size(unsigned char first)
{
    return first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static bool is_utf8(const char *text)
{
    for (size_t left = strlen(text), size; left > 0; left -= size, text += size) {
        size = character_size((unsigned char)*text);
        if (size == 0 || size > left)
            return false;
        for (size_t i = 1; i < size; i++)
            if (((unsigned char)text[i] & 0xc0) != 0x80)
                return false;
    }
    return true;
}

static const void *string_create(const void *allocator, const char *text, uint32_t encoding)
{
    if (allocator || encoding != UTF8)
        fake_fault("CFStringCreateWithCString in encoding %x", encoding);
    return is_utf8(text) ? fake_object_new(STRING, text) : NULL;
}

/* In the units of UTF-16, as CFString counts. */
static long units(const char *text, size_t size)
{
    long count = 0;
    for (size_t i = 0; i < size; i += character_size((unsigned char)text[i]))
        count += character_size((unsigned char)text[i]) == 4 ? 2 : 1;
    return count;
}

static long string_length(const void *address)
{
    const struct object *string = fake_object_as(address, STRING, "CFStringGetLength");
    return units(string->text, strlen(string->text));
}

static long string_bytes(const void *address, struct range range, uint32_t encoding, uint8_t loss,
    uint8_t is_external, uint8_t *buffer, long size, long *ret_size)
{
    const struct object *string = fake_object_as(address, STRING, "CFStringGetBytes");
    size_t used = 0, length = strlen(string->text);
    if (range.location != 0 || range.length != string_length(address) || encoding != UTF8 ||
        is_external || !loss || size < 0)
        fake_fault("CFStringGetBytes of %ld+%ld in %x", range.location, range.length, encoding);
    for (size_t more; used < length; used += more) {
        more = character_size((unsigned char)string->text[used]);
        if (used + more > (size_t)size)
            break;
    }
    long converted = units(string->text, used);
    if (fake_world->cuts_anywhere && length > (size_t)size)
        used = (size_t)size;
    memcpy(buffer, string->text, used);
    *ret_size = (long)used;
    return converted;
}

static long array_count(const void *address)
{
    return (long)fake_object_as(address, ARRAY, "CFArrayGetCount")->count;
}

static const void *array_at(const void *address, long index)
{
    const struct object *array = fake_object_as(address, ARRAY, "CFArrayGetValueAtIndex");
    if (index < 0 || (size_t)index >= array->count)
        fake_fault("CFArrayGetValueAtIndex %ld of %zu", index, array->count);
    return array->items[index];
}

const struct fake_function fake_core_foundation[] = {
    {FRAMEWORK("CoreFoundation"), "CFRelease", (any_function *)release},
    {FRAMEWORK("CoreFoundation"), "CFGetTypeID", (any_function *)type_of},
    {FRAMEWORK("CoreFoundation"), "CFStringGetTypeID", (any_function *)string_type},
    {FRAMEWORK("CoreFoundation"), "CFStringCreateWithCString", (any_function *)string_create},
    {FRAMEWORK("CoreFoundation"), "CFStringGetLength", (any_function *)string_length},
    {FRAMEWORK("CoreFoundation"), "CFStringGetBytes", (any_function *)string_bytes},
    {FRAMEWORK("CoreFoundation"), "CFArrayGetCount", (any_function *)array_count},
    {FRAMEWORK("CoreFoundation"), "CFArrayGetValueAtIndex", (any_function *)array_at},
    {0},
};
