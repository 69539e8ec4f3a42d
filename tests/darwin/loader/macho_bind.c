/* The two little byte codes by which a Mach-O file says what is to be put where: addresses that
 * move with the program (rebase), and addresses of what it imports (bind). */
#include "loader.h"

#include <string.h>

enum { OPCODE = 0xf0, IMMEDIATE = 0x0f };
enum {
    REBASE_DONE = 0x00,
    REBASE_TYPE = 0x10,
    REBASE_SEGMENT = 0x20,
    REBASE_ADD = 0x30,
    REBASE_ADD_SCALED = 0x40,
    REBASE_DO_FEW = 0x50,
    REBASE_DO_MANY = 0x60,
    REBASE_DO_ADD = 0x70,
    REBASE_DO_SKIPPING = 0x80,
};
enum {
    BIND_DONE = 0x00,
    BIND_ORDINAL = 0x10,
    BIND_ORDINAL_LARGE = 0x20,
    BIND_ORDINAL_SPECIAL = 0x30,
    BIND_SYMBOL = 0x40,
    BIND_TYPE = 0x50,
    BIND_ADDEND = 0x60,
    BIND_SEGMENT = 0x70,
    BIND_ADD = 0x80,
    BIND_DO = 0x90,
    BIND_DO_ADD = 0xa0,
    BIND_DO_SCALED = 0xb0,
    BIND_DO_SKIPPING = 0xc0,
};
enum { TYPE_POINTER = 1 };

struct code {
    const struct macho_image *image;
    const uint8_t *next, *end;
    unsigned segment;
    uint64_t offset; /* within the segment */
};

static uint8_t take_byte(struct code *code)
{
    if (code->next == code->end)
        fatal("the program's table of addresses is cut short");
    return *code->next++;
}

static uint64_t take_number(struct code *code)
{
    uint64_t number = 0;
    uint8_t byte = 0x80;
    for (unsigned shift = 0; byte & 0x80; shift += 7) {
        byte = take_byte(code);
        if (shift > 63)
            fatal("a number in the program's table of addresses is too long");
        number |= (uint64_t)(byte & 0x7f) << shift;
    }
    return number;
}

static int64_t take_signed(struct code *code)
{
    int64_t number = 0;
    unsigned shift = 0;
    uint8_t byte;
    do {
        byte = take_byte(code);
        number |= (int64_t)((uint64_t)(byte & 0x7f) << shift);
        shift += 7;
    } while (byte & 0x80 && shift < 64);
    if (byte & 0x40 && shift < 64)
        number |= -(INT64_C(1) << shift);
    return number;
}

static const char *take_text(struct code *code)
{
    const char *text = (const char *)code->next;
    while (take_byte(code) != '\0')
        ;
    return text;
}

static void take_place(struct code *code, unsigned segment)
{
    if (segment >= code->image->segment_count)
        fatal("the program's table of addresses names segment %u, which is not there", segment);
    code->segment = segment;
    code->offset = take_number(code);
}

static void write_pointer(struct code *code, uintptr_t value, int is_added)
{
    size_t size = code->image->segments[code->segment].size;
    if (size < sizeof(value) || code->offset > size - sizeof(value))
        fatal("an address would lie outside of the program's segment %u", code->segment);
    uint8_t *place = code->image->segments[code->segment].at + code->offset;
    uintptr_t old = 0;
    if (is_added)
        memcpy(&old, place, sizeof(old));
    value += old;
    memcpy(place, &value, sizeof(value));
}

static void check_type(unsigned type)
{
    if (type != TYPE_POINTER)
        fatal("the program has an address of type %u; only pointers are known", type);
}

/* --- rebase --- */

static void rebase_many(struct code *code, uint64_t count, uint64_t skip)
{
    for (; count > 0; count--) {
        write_pointer(code, (uintptr_t)code->image->slide, 1);
        code->offset += sizeof(uintptr_t) + skip;
    }
}

static void rebase_skipping(struct code *code)
{
    uint64_t count = take_number(code);
    rebase_many(code, count, take_number(code));
}

void macho_rebase(const struct macho_image *image, const uint8_t *bytes, size_t size)
{
    struct code code = {.image = image, .next = bytes, .end = bytes + size};
    while (code.next < code.end) {
        uint8_t byte = take_byte(&code), immediate = byte & IMMEDIATE;
        switch (byte & OPCODE) {
        case REBASE_DONE:
            return;
        case REBASE_TYPE:
            check_type(immediate);
            break;
        case REBASE_SEGMENT:
            take_place(&code, immediate);
            break;
        case REBASE_ADD:
            code.offset += take_number(&code);
            break;
        case REBASE_ADD_SCALED:
            code.offset += immediate * sizeof(uintptr_t);
            break;
        case REBASE_DO_FEW:
            rebase_many(&code, immediate, 0);
            break;
        case REBASE_DO_MANY:
            rebase_many(&code, take_number(&code), 0);
            break;
        case REBASE_DO_ADD:
            rebase_many(&code, 1, take_number(&code));
            break;
        case REBASE_DO_SKIPPING:
            rebase_skipping(&code);
            break;
        default:
            fatal("rebase code %#x is not known", byte);
        }
    }
}

/* --- bind --- */

struct bind {
    struct code code;
    enum macho_binding binding;
    int64_t ordinal, addend;
    const char *symbol;
};

static const char *library_of(const struct bind *bind)
{
    if (bind->binding == MACHO_BIND_WEAK)
        return NULL;
    if (bind->ordinal < 1 || bind->ordinal > bind->code.image->library_count)
        fatal("%s is of library %ld, which the program does not name", bind->symbol,
            (long)bind->ordinal);
    return bind->code.image->libraries[bind->ordinal - 1];
}

static void bind_many(struct bind *bind, uint64_t count, uint64_t skip)
{
    if (!bind->symbol)
        fatal("the program binds an address to no symbol");
    const char *library = library_of(bind);
    /* A weak definition of its own, that nobody else has too, is in place already. */
    void *address = library ? import_find(library, bind->symbol) : NULL;
    for (; count > 0; count--) {
        if (address)
            write_pointer(&bind->code, (uintptr_t)address + (uintptr_t)bind->addend, 0);
        bind->code.offset += sizeof(uintptr_t) + skip;
    }
}

static void bind_skipping(struct bind *bind)
{
    uint64_t count = take_number(&bind->code);
    bind_many(bind, count, take_number(&bind->code));
}

/* What says where and what, but does nothing yet. */
static void read_bind(struct bind *bind, uint8_t byte)
{
    uint8_t immediate = byte & IMMEDIATE;
    switch (byte & OPCODE) {
    case BIND_ORDINAL:
        bind->ordinal = immediate;
        break;
    case BIND_ORDINAL_LARGE:
        bind->ordinal = (int64_t)take_number(&bind->code);
        break;
    case BIND_ORDINAL_SPECIAL: /* negative, of four bits */
        bind->ordinal = immediate ? (int8_t)(OPCODE | immediate) : 0;
        break;
    case BIND_SYMBOL:
        bind->symbol = take_text(&bind->code);
        break;
    case BIND_TYPE:
        check_type(immediate);
        break;
    case BIND_ADDEND:
        bind->addend = take_signed(&bind->code);
        break;
    case BIND_SEGMENT:
        take_place(&bind->code, immediate);
        break;
    case BIND_ADD:
        bind->code.offset += take_number(&bind->code);
        break;
    default:
        fatal("bind code %#x is not known", byte);
    }
}

void macho_bind(
    const struct macho_image *image, const uint8_t *bytes, size_t size, enum macho_binding binding)
{
    struct bind bind = {
        .code = {.image = image, .next = bytes, .end = bytes + size},
        .binding = binding,
    };
    while (bind.code.next < bind.code.end) {
        uint8_t byte = take_byte(&bind.code);
        switch (byte & OPCODE) {
        case BIND_DONE: /* of lazy ones there is one after each, and padding */
            if (binding != MACHO_BIND_LAZY)
                return;
            break;
        case BIND_DO:
            bind_many(&bind, 1, 0);
            break;
        case BIND_DO_ADD:
            bind_many(&bind, 1, take_number(&bind.code));
            break;
        case BIND_DO_SCALED:
            bind_many(&bind, 1, (byte & IMMEDIATE) * sizeof(uintptr_t));
            break;
        case BIND_DO_SKIPPING:
            bind_skipping(&bind);
            break;
        default:
            read_bind(&bind, byte);
        }
    }
}
