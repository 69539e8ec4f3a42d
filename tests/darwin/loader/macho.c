/* The file: its segments into memory, its tables of addresses to the binder, its initialisers run.
 * Field layouts are those of Apple's mach-o/loader.h, in our words. */
#include "loader.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MAGIC_64 = (int)0xfeedfacf,
    CPU_X86_64 = 0x01000007,
    TYPE_EXECUTE = 2,
    FLAG_PIE = 0x200000,
};
enum {
    COMMAND_SEGMENT = 0x19,
    COMMAND_LIBRARY = 0xc,
    COMMAND_LIBRARY_WEAK = (int)0x80000018,
    COMMAND_LIBRARY_REEXPORTED = (int)0x8000001f,
    COMMAND_DYLD_INFO = 0x22,
    COMMAND_DYLD_INFO_ONLY = (int)0x80000022,
    COMMAND_MAIN = (int)0x80000028,
    COMMAND_CHAINED_FIXUPS = (int)0x80000034,
};
enum {
    SECTION_TYPE = 0xff,
    SECTION_INITIALISERS = 0x9,
    SECTION_TERMINATORS = 0xa,
    SECTION_THREAD_FIRST = 0x11, /* to 0x15: thread-local variables */
    SECTION_THREAD_LAST = 0x15,
    SECTION_INITIALISER_OFFSETS = 0x16,
};

struct header {
    uint32_t magic, cpu, cpu_kind, type, command_count, commands_size, flags, reserved;
};
struct segment {
    uint32_t command, size;
    char name[16];
    uint64_t address, memory_size, file_offset, file_size;
    int32_t protection_max, protection;
    uint32_t section_count, flags;
};
struct section {
    char name[16], segment[16];
    uint64_t address, size;
    uint32_t file_offset, alignment, relocations, relocation_count, flags, reserved[3];
};
struct dyld_info {
    uint32_t command, size;
    struct {
        uint32_t offset, size;
    } rebase, bind, weak_bind, lazy_bind, exported;
};
struct library {
    uint32_t command, size, name_offset, timestamp, version, compatibility;
};
struct entry {
    uint32_t command, size;
    uint64_t offset, stack_size;
};

struct file {
    const uint8_t *bytes;
    size_t size;
    const struct header *header;
    struct macho_image image;
    uint8_t *text; /* where its first byte is in memory */
    const struct dyld_info *info;
    const struct entry *entry;
};

static const void *at(const struct file *file, uint64_t offset, uint64_t size)
{
    if (offset > file->size || size > file->size - offset)
        fatal("the program is cut short: %lu bytes at %lu", (unsigned long)size,
            (unsigned long)offset);
    return file->bytes + offset;
}

static void open_file(struct file *file, const char *path)
{
    struct stat stat;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &stat) < 0)
        fatal("%s: %m", path);
    file->size = (size_t)stat.st_size;
    file->bytes = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (file->bytes == MAP_FAILED)
        fatal("%s: %m", path);
    close(fd);
    file->header = at(file, 0, sizeof(*file->header));
    if (file->header->magic != (uint32_t)MAGIC_64 || file->header->cpu != CPU_X86_64 ||
        file->header->type != TYPE_EXECUTE)
        fatal("%s is no x86_64 Mach-O executable", path);
    if (!(file->header->flags & FLAG_PIE))
        fatal("%s is linked for one address; it must be position-independent", path);
}

typedef void command_visitor(
    struct file *file, const uint8_t *command, uint32_t kind, uint32_t size);

static void each_command(struct file *file, command_visitor *visit)
{
    uint64_t offset = sizeof(*file->header);
    for (uint32_t i = 0; i < file->header->command_count; i++) {
        const uint32_t *command = at(file, offset, 8);
        if (command[1] < 8)
            fatal("load command %u is of size %u", i, command[1]);
        visit(file, at(file, offset, command[1]), command[0], command[1]);
        offset += command[1];
    }
}

typedef void section_visitor(struct file *file, const struct section *section);

static void each_section(struct file *file, const uint8_t *command, section_visitor *visit)
{
    const struct segment *segment = (const struct segment *)command;
    const struct section *sections = (const struct section *)(segment + 1);
    for (uint32_t i = 0; i < segment->section_count; i++)
        visit(file, &sections[i]);
}

/* --- into memory --- */

static uint64_t end_of(const struct file *file)
{
    uint64_t end = 0, offset = sizeof(*file->header);
    for (uint32_t i = 0; i < file->header->command_count; i++) {
        const struct segment *segment = at(file, offset, 8);
        if (segment->command == COMMAND_SEGMENT && segment->address + segment->memory_size > end)
            end = segment->address + segment->memory_size;
        offset += segment->size;
    }
    return end;
}

static uint64_t text_address(const struct file *file)
{
    uint64_t offset = sizeof(*file->header);
    for (uint32_t i = 0; i < file->header->command_count; i++) {
        const struct segment *segment = at(file, offset, 8);
        if (segment->command == COMMAND_SEGMENT && strcmp(segment->name, "__TEXT") == 0)
            return segment->address;
        offset += segment->size;
    }
    fatal("the program has no __TEXT");
}

/* At whatever address is free, as a Mac does: so its rebasing is tested too. */
static void reserve(struct file *file)
{
    uint64_t first = text_address(file), end = end_of(file);
    file->text =
        mmap(NULL, end - first, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (file->text == MAP_FAILED)
        fatal("no memory for the program: %m");
    file->image.slide = (intptr_t)file->text - (intptr_t)first;
}

static void map_segment(struct file *file, const uint8_t *command, uint32_t kind, uint32_t size)
{
    const struct segment *segment = (const struct segment *)command;
    (void)size;
    if (kind != COMMAND_SEGMENT)
        return;
    if (file->image.segment_count == MACHO_SEGMENTS)
        fatal("the program has more than %d segments", MACHO_SEGMENTS);
    uint8_t *start = (uint8_t *)((intptr_t)segment->address + file->image.slide);
    file->image.segments[file->image.segment_count].at = start;
    file->image.segments[file->image.segment_count++].size = segment->memory_size;
    if (strcmp(segment->name, "__PAGEZERO") == 0 || segment->memory_size == 0)
        return;
    if (mprotect(start, segment->memory_size, PROT_READ | PROT_WRITE) < 0)
        fatal("segment %.16s: %m", segment->name);
    memcpy(start, at(file, segment->file_offset, segment->file_size), segment->file_size);
}

/* Writable stays what was asked for; what is constant on a Mac is constant here. */
static void protect_segment(struct file *file, const uint8_t *command, uint32_t kind, uint32_t size)
{
    const struct segment *segment = (const struct segment *)command;
    (void)size;
    if (kind != COMMAND_SEGMENT || strcmp(segment->name, "__PAGEZERO") == 0 ||
        segment->memory_size == 0)
        return;
    bool is_constant = strcmp(segment->name, "__DATA_CONST") == 0;
    uint8_t *start = (uint8_t *)((intptr_t)segment->address + file->image.slide);
    if (mprotect(start, segment->memory_size, is_constant ? PROT_READ : segment->protection) < 0)
        fatal("segment %.16s: %m", segment->name);
}

/* --- what it says of itself --- */

static void note_library(struct file *file, const uint8_t *command)
{
    const struct library *library = (const struct library *)command;
    if (file->image.library_count == MACHO_LIBRARIES)
        fatal("the program needs more than %d libraries", MACHO_LIBRARIES);
    file->image.libraries[file->image.library_count++] =
        (const char *)command + library->name_offset;
}

static void note(struct file *file, const uint8_t *command, uint32_t kind, uint32_t size)
{
    (void)size;
    switch ((int)kind) {
    case COMMAND_LIBRARY:
    case COMMAND_LIBRARY_WEAK:
    case COMMAND_LIBRARY_REEXPORTED:
        note_library(file, command);
        break;
    case COMMAND_DYLD_INFO:
    case COMMAND_DYLD_INFO_ONLY:
        file->info = (const struct dyld_info *)command;
        break;
    case COMMAND_MAIN:
        file->entry = (const struct entry *)command;
        break;
    case COMMAND_CHAINED_FIXUPS:
        fatal("the program has chained fixups, which this loader does not know");
    default:
        break;
    }
}

static void connect_imports(struct file *file)
{
    const struct macho_image *image = &file->image;
    const struct dyld_info *info = file->info;
    if (!info || !file->entry)
        fatal("the program has no %s", info ? "LC_MAIN" : "LC_DYLD_INFO");
    macho_rebase(image, at(file, info->rebase.offset, info->rebase.size), info->rebase.size);
    macho_bind(image, at(file, info->bind.offset, info->bind.size), info->bind.size, MACHO_BIND);
    macho_bind(image, at(file, info->weak_bind.offset, info->weak_bind.size), info->weak_bind.size,
        MACHO_BIND_WEAK);
    macho_bind(image, at(file, info->lazy_bind.offset, info->lazy_bind.size), info->lazy_bind.size,
        MACHO_BIND_LAZY);
}

/* --- initialisers --- */

static struct {
    int count;
    char **words;
} arguments;

typedef void initialiser(int count, char **words, char **environment, char **apple);

static void call(uintptr_t address)
{
    char *apple[] = {NULL};
    ((initialiser *)address)(arguments.count, arguments.words, environ, apple);
}

static void initialise_section(struct file *file, const struct section *section)
{
    uint32_t type = section->flags & SECTION_TYPE;
    const uint8_t *start = (const uint8_t *)((intptr_t)section->address + file->image.slide);
    if (type >= SECTION_THREAD_FIRST && type <= SECTION_THREAD_LAST && section->size > 0)
        fatal("the program has thread-local variables, which this loader does not know");
    if (type == SECTION_TERMINATORS && section->size > 0)
        fatal("the program has terminators, which this loader does not know");
    if (type == SECTION_INITIALISERS)
        for (uint64_t i = 0; i < section->size / sizeof(uintptr_t); i++)
            call(((const uintptr_t *)start)[i]);
    if (type == SECTION_INITIALISER_OFFSETS)
        for (uint64_t i = 0; i < section->size / sizeof(uint32_t); i++)
            call((uintptr_t)file->text + ((const uint32_t *)start)[i]);
}

static void initialise(struct file *file, const uint8_t *command, uint32_t kind, uint32_t size)
{
    (void)size;
    if (kind == COMMAND_SEGMENT)
        each_section(file, command, initialise_section);
}

macho_main *macho_load(const char *path, int count, char **words)
{
    struct file file = {0};
    open_file(&file, path);
    reserve(&file);
    each_command(&file, map_segment);
    each_command(&file, note);
    connect_imports(&file);
    each_command(&file, protect_segment);
    arguments.count = count;
    arguments.words = words;
    each_command(&file, initialise);
    return (macho_main *)((uintptr_t)file.text + file.entry->offset);
}
