/* Texts: functions glibc does not have, and the table behind macOS's ctype.h. */
#include "loader.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t copy_text(char *to, const char *from, size_t size)
{
    size_t length = strlen(from);
    if (size > 0) {
        size_t copied = length < size ? length : size - 1;
        memcpy(to, from, copied);
        to[copied] = '\0';
    }
    return length;
}

static size_t append_text(char *to, const char *from, size_t size)
{
    size_t length = strnlen(to, size);
    return length + copy_text(to + length, from, size - length);
}

static void check_room(size_t size, size_t room)
{
    if (size > room)
        fatal("a text is written past its end");
}

static size_t copy_text_checked(char *to, const char *from, size_t size, size_t room)
{
    check_room(size, room);
    return copy_text(to, from, size);
}

static size_t append_text_checked(char *to, const char *from, size_t size, size_t room)
{
    check_room(size, room);
    return append_text(to, from, size);
}

/* What macOS's compilers call to fill memory with a repeated pattern. */
static void fill(void *to, const void *pattern, size_t size, size_t pattern_size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)to)[i] = ((const uint8_t *)pattern)[i % pattern_size];
}

static void fill_4(void *to, const void *pattern, size_t size)
{
    fill(to, pattern, size, 4);
}

static void fill_8(void *to, const void *pattern, size_t size)
{
    fill(to, pattern, size, 8);
}

static void fill_16(void *to, const void *pattern, size_t size)
{
    fill(to, pattern, size, 16);
}

static int set_memory(void *to, size_t room, int byte, size_t size)
{
    check_room(size, room);
    memset(to, byte, size);
    return 0;
}

static void clear(void *to, size_t size)
{
    memset(to, 0, size);
}

static void assertion_failed(const char *function, const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: %s: assertion failed: %s\n", file, line, function, what);
    abort();
}

/* --- ctype.h: inline functions look into this table --- */

static struct {
    char magic[8], encoding[32];
    void *functions[2];
    int32_t invalid;
    uint32_t types[256];
    int32_t lower[256], upper[256];
    uint8_t rest[128]; /* of characters beyond; no table here */
} runes = {.magic = "RuneMagA", .encoding = "NONE"};
_Static_assert(offsetof(__typeof__(runes), types) == 60, "_RuneLocale of macOS");

static const struct {
    uint32_t bit;
    int (*is)(int);
} classes[] = {
    {0x100, isalpha},
    {0x200, iscntrl},
    {0x400, isdigit},
    {0x800, isgraph},
    {0x1000, islower},
    {0x2000, ispunct},
    {0x4000, isspace},
    {0x8000, isupper},
    {0x10000, isxdigit},
    {0x20000, isblank},
    {0x40000, isprint},
};

void shims_prepare_text(void)
{
    for (int c = 0; c < 256; c++) {
        for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
            if (c < 128 && classes[i].is(c))
                runes.types[c] |= classes[i].bit;
        if (isdigit(c) || (c < 128 && isxdigit(c)))
            runes.types[c] |= (uint32_t)(isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
        runes.lower[c] = c < 128 ? tolower(c) : c;
        runes.upper[c] = c < 128 ? toupper(c) : c;
    }
}

static int has_class(int character, unsigned long bits)
{
    return character >= 0 && character < 256 ? (int)(runes.types[character] & bits) : 0;
}

static int to_lower(int character)
{
    return character >= 0 && character < 256 ? runes.lower[character] : character;
}

static int to_upper(int character)
{
    return character >= 0 && character < 256 ? runes.upper[character] : character;
}

const struct shim text_shims[] = {
    SHIM("strlcpy", copy_text),
    SHIM("strlcat", append_text),
    SHIM("__strlcpy_chk", copy_text_checked),
    SHIM("__strlcat_chk", append_text_checked),
    SHIM("memset_pattern4", fill_4),
    SHIM("memset_pattern8", fill_8),
    SHIM("memset_pattern16", fill_16),
    SHIM("memset_s", set_memory),
    SHIM("bzero", clear),
    SHIM("__bzero", clear),
    SHIM("__assert_rtn", assertion_failed),
    SHIM("__maskrune", has_class),
    SHIM("__tolower", to_lower),
    SHIM("__toupper", to_upper),
    {"_DefaultRuneLocale", &runes},
    SHIMS_END,
};
