/* loader - runs the object code of a macOS program (x86_64) on Linux. For tests only.
 *
 * It maps a Mach-O executable, connects its imports and calls its main: both systems keep the same
 * calling convention, so the code that runs is the very code a Mac would run. What differs between
 * the two C libraries is put right by shims; what the macOS kernel would say of the network is read
 * from a folder (kernel_script.h). Whatever there is no shim for ends the program by its name: what
 * only seems to work would prove nothing.
 *
 * x86_64 only, for arm64 passes variable arguments differently on the two systems.
 */
#ifndef IFPULSE_LOADER_H
#define IFPULSE_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PRINTF_LIKE(format_index, first) __attribute__((format(printf, format_index, first)))

/* Ends the program with status 126, which no program under test uses. */
void fatal(const char *format, ...) PRINTF_LIKE(1, 2) __attribute__((noreturn));

/* --- macho.c: the file --- */

typedef int macho_main(int count, char **words, char **environment, char **apple);

/* Maps the program, connects it and runs its initialisers. Everything it needs stays in memory. */
macho_main *macho_load(const char *path, int count, char **words);

/* --- macho_bind.c: its imports --- */

enum { MACHO_SEGMENTS = 32, MACHO_LIBRARIES = 16 };
struct macho_image {
    unsigned segment_count, library_count;
    struct {
        uint8_t *at;
        size_t size;
    } segments[MACHO_SEGMENTS];
    const char *libraries[MACHO_LIBRARIES]; /* as it was linked, ordinal 1 first */
    intptr_t slide;
};
enum macho_binding { MACHO_BIND, MACHO_BIND_LAZY, MACHO_BIND_WEAK };
void macho_rebase(const struct macho_image *image, const uint8_t *code, size_t size);
void macho_bind(
    const struct macho_image *image, const uint8_t *code, size_t size, enum macho_binding binding);

/* --- imports.c: who answers --- */

/* The address of a symbol of the library with that name, whole path. Functions of the system that
 * nobody answers for end the program when they are called. */
void *import_find(const char *library, const char *symbol);

/* Names as in C, without the leading underscore and what follows a '$'. */
struct shim {
    const char *name;
    void *address; /* of a function or a variable */
};
/* Function pointers and object pointers are the same here, which ISO C does not promise. */
#define SHIM(name, function)                                                                       \
    {                                                                                              \
        name, (void *)(uintptr_t)(function)                                                        \
    }
#define SHIMS_END                                                                                  \
    {                                                                                              \
        NULL, NULL                                                                                 \
    }

/* The tables of the shim_*.c files; the first that has a name wins. */
extern const struct shim kernel_shims[], ifaddrs_shims[], websockets_shims[], event_shims[],
    error_shims[], clock_shims[], file_shims[], socket_shims[], text_shims[], thread_shims[],
    system_shims[];
/* What macOS and glibc have under one name with the same types, numbers and meaning. */
extern const char *const same_names[];
/* Before the program runs, and after its main has returned. With IFPULSE_FAKE_FRAMEWORKS in the
 * environment the frameworks of tests/darwin/fake_frameworks.h are there to be loaded. */
void shims_prepare(void);
void shims_finish(void);
void shims_prepare_text(void);
void shims_prepare_errors(void);

/* --- numbers that differ --- */

/* errno: glibc's to macOS's and back. */
int errno_to_darwin(int number);
int errno_from_darwin(int number);
enum { DARWIN_AF_INET6 = 30, DARWIN_PF_ROUTE = 17, DARWIN_PF_SYSTEM = 32, DARWIN_AT_FDCWD = -2 };

/* Asks the scripted kernel; 0 or -errno. */
int kernel_ask(const char *key, void *buffer, size_t *size);
/* The event socket of the scripted kernel, which is no socket; called by the socket shims. */
int kernel_open_events(void);
bool kernel_has_events(int fd); /* whether that descriptor is it */
ssize_t kernel_receive_event(void *buffer, size_t size);
void kernel_close_events(void);
int kernel_ioctl(unsigned long request, void *argument);

#endif
