/* Who answers for what a program imports. Of the system's library: shims, then those functions of
 * glibc that are known to be the same. Of any other: the library of that name which is installed.
 */
#include "loader.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static const struct shim *const tables[] = {kernel_shims, ifaddrs_shims, websockets_shims,
    event_shims, error_shims, clock_shims, file_shims, socket_shims, text_shims, thread_shims,
    system_shims};

static void *find_shim(const char *name)
{
    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
        for (const struct shim *shim = tables[t]; shim->name; shim++)
            if (strcmp(shim->name, name) == 0)
                return shim->address;
    return NULL;
}

static void *find_same(const char *name)
{
    for (const char *const *same = same_names; *same; same++)
        if (strcmp(*same, name) == 0) {
            void *address = dlsym(RTLD_DEFAULT, name);
            if (!address)
                fatal("%s is not in glibc", name);
            return address;
        }
    return NULL;
}

/* --- functions nobody answers for: each its own few bytes of code, which tell the name --- */

enum { TRAP_SIZE = 32, TRAPS = 1024 };

__attribute__((noreturn, force_align_arg_pointer)) static void trap(const char *name)
{
    fatal("%s was called, and nothing here answers for it", name);
}

/* mov name, %rdi; mov trap, %rax; jmp *%rax */
static void *make_trap(const char *name)
{
    static uint8_t *traps;
    static unsigned count;
    if (!traps)
        traps = mmap(NULL, TRAP_SIZE * TRAPS, PROT_READ | PROT_WRITE | PROT_EXEC,
            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (traps == MAP_FAILED || count == TRAPS)
        fatal("no room for one more unknown function, %s", name);
    uint8_t *code = traps + TRAP_SIZE * count++;
    void (*target)(const char *) = trap;
    memcpy(code, "\x48\xbf", 2);
    memcpy(code + 2, &name, 8);
    memcpy(code + 10, "\x48\xb8", 2);
    memcpy(code + 12, &target, 8);
    memcpy(code + 20, "\xff\xe0", 2);
    return code;
}

/* --- libraries --- */

static bool is_system(const char *library)
{
    return strncmp(library, "/usr/lib/libSystem.", 19) == 0;
}

/* ".../libjansson.4.dylib" is libjansson.so here: tests are built where libraries can be linked. */
static void *open_library(const char *library)
{
    char name[128];
    const char *slash = strrchr(library, '/'), *base = slash ? slash + 1 : library;
    int length = (int)strcspn(base, ".");
    snprintf(name, sizeof(name), "%.*s.so", length, base);
    void *handle = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
    if (!handle)
        fatal("%s, which stands for %s: %s", name, library, dlerror());
    return handle;
}

static void *find_in_library(const char *library, const char *name)
{
    void *address = dlsym(open_library(library), name);
    if (!address)
        fatal("%s has no %s", library, name);
    return address;
}

void *import_find(const char *library, const char *symbol)
{
    char name[256];
    if (strcmp(symbol, "dyld_stub_binder") == 0)
        return make_trap(symbol); /* everything is bound before the program runs */
    if (symbol[0] != '_' || strlen(symbol) >= sizeof(name))
        fatal("%s is no name of C", symbol);
    snprintf(name, sizeof(name), "%s", symbol + 1);
    if (!is_system(library))
        return find_shim(name) ? find_shim(name) : find_in_library(library, name);
    name[strcspn(name, "$")] = '\0'; /* $INODE64, $DARWIN_EXTSN, $NOCANCEL: variants of one thing */
    void *address = find_shim(name);
    if (!address)
        address = find_same(name);
    return address ? address : make_trap(symbol);
}
