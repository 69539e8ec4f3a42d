/* Files: flags with other numbers, and structs with other members. */
#include "loader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- flags --- */

static const struct {
    int darwin, here;
} open_flags[] = {
    {0x1, O_WRONLY},
    {0x2, O_RDWR},
    {0x4, O_NONBLOCK},
    {0x8, O_APPEND},
    {0x100, O_NOFOLLOW},
    {0x200, O_CREAT},
    {0x400, O_TRUNC},
    {0x800, O_EXCL},
    {0x20000, O_NOCTTY},
    {0x100000, O_DIRECTORY},
    {0x1000000, O_CLOEXEC},
};
enum { OPEN_FLAGS = sizeof(open_flags) / sizeof(open_flags[0]) };

static int flags_from_darwin(int flags)
{
    int here = 0;
    for (size_t i = 0; i < OPEN_FLAGS; i++)
        if (flags & open_flags[i].darwin) {
            here |= open_flags[i].here;
            flags &= ~open_flags[i].darwin;
        }
    if (flags != 0)
        fatal("open flags %#x of macOS are not known here", flags);
    return here;
}

static int flags_to_darwin(int flags)
{
    int darwin = 0;
    for (size_t i = 0; i < OPEN_FLAGS; i++)
        if (flags & open_flags[i].here)
            darwin |= open_flags[i].darwin;
    return darwin;
}

static int at_folder(int fd)
{
    return fd == DARWIN_AT_FDCWD ? AT_FDCWD : fd;
}

static int open_at(int folder, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & 0x200 ? (mode_t)va_arg(arguments, unsigned) : 0;
    va_end(arguments);
    return openat(at_folder(folder), path, flags_from_darwin(flags), mode);
}

static int open_path(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & 0x200 ? (mode_t)va_arg(arguments, unsigned) : 0;
    va_end(arguments);
    return open(path, flags_from_darwin(flags), mode);
}

static int unlink_at(int folder, const char *path, int flags)
{
    enum { DARWIN_REMOVEDIR = 0x80 };
    if (flags & ~DARWIN_REMOVEDIR)
        fatal("unlinkat flags %#x of macOS are not known here", (unsigned)flags);
    return unlinkat(at_folder(folder), path, flags ? AT_REMOVEDIR : 0);
}

static int control(int fd, int command, ...)
{
    enum { DARWIN_DUPFD_CLOEXEC = 67, DARWIN_SETNOSIGPIPE = 73 };
    va_list arguments;
    va_start(arguments, command);
    long argument = va_arg(arguments, long);
    va_end(arguments);
    int result;
    switch (command) {
    case F_DUPFD: /* 0 to 4 are the same numbers */
    case F_GETFD:
    case F_SETFD:
        return fcntl(fd, command, (int)argument);
    case F_GETFL:
        result = fcntl(fd, F_GETFL);
        return result < 0 ? result : flags_to_darwin(result);
    case F_SETFL:
        return fcntl(fd, F_SETFL, flags_from_darwin((int)argument));
    case DARWIN_DUPFD_CLOEXEC:
        return fcntl(fd, F_DUPFD_CLOEXEC, (int)argument);
    case DARWIN_SETNOSIGPIPE:
        return 0;
    default:
        fatal("fcntl %d of macOS is not known here", command);
    }
}

static void *map_memory(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    enum { SHARED = 0x1, PRIVATE = 0x2, ANONYMOUS = 0x1000 };
    if (flags & ~(SHARED | PRIVATE | ANONYMOUS))
        fatal("mmap flags %#x of macOS are not known here", flags);
    int here = flags & (SHARED | PRIVATE);
    if (flags & ANONYMOUS)
        here |= MAP_ANONYMOUS;
    return mmap(address, size, protection, here, fd, offset);
}

/* --- struct stat --- */

struct darwin_stat {
    int32_t device;
    uint16_t mode, links;
    uint64_t inode;
    uint32_t uid, gid;
    int32_t special_device, padding;
    struct timespec accessed, modified, changed, born;
    int64_t size, blocks;
    int32_t block_size;
    uint32_t flags, generation;
    int32_t spare;
    int64_t spares[2];
};
_Static_assert(sizeof(struct darwin_stat) == 144, "struct stat of macOS");

static int give_stat(int result, const struct stat *stat, struct darwin_stat *darwin)
{
    if (result < 0)
        return result;
    *darwin = (struct darwin_stat){
        .device = (int32_t)stat->st_dev,
        .mode = (uint16_t)stat->st_mode,
        .links = (uint16_t)stat->st_nlink,
        .inode = stat->st_ino,
        .uid = stat->st_uid,
        .gid = stat->st_gid,
        .special_device = (int32_t)stat->st_rdev,
        .accessed = stat->st_atim,
        .modified = stat->st_mtim,
        .changed = stat->st_ctim,
        .size = stat->st_size,
        .blocks = stat->st_blocks,
        .block_size = (int32_t)stat->st_blksize,
    };
    return 0;
}

static int stat_path(const char *path, struct darwin_stat *darwin)
{
    struct stat found;
    return give_stat(stat(path, &found), &found, darwin);
}

static int stat_link(const char *path, struct darwin_stat *darwin)
{
    struct stat found;
    return give_stat(lstat(path, &found), &found, darwin);
}

static int stat_file(int fd, struct darwin_stat *darwin)
{
    struct stat found;
    return give_stat(fstat(fd, &found), &found, darwin);
}

static int stat_at(int folder, const char *path, struct darwin_stat *darwin, int flags)
{
    enum { DARWIN_SYMLINK_NOFOLLOW = 0x20 };
    struct stat found;
    if (flags & ~DARWIN_SYMLINK_NOFOLLOW)
        fatal("fstatat flags %#x of macOS are not known here", (unsigned)flags);
    int here = flags ? AT_SYMLINK_NOFOLLOW : 0;
    return give_stat(fstatat(at_folder(folder), path, &found, here), &found, darwin);
}

/* --- folders --- */

struct darwin_entry {
    uint64_t inode, position;
    uint16_t size, name_length;
    uint8_t type;
    char name[1024];
};
_Static_assert(offsetof(struct darwin_entry, name) == 21, "struct dirent of macOS");

/* One at a time is enough: a program that reads two folders in turns gets each entry in a place of
 * its own thread's, until its next call. */
static struct darwin_entry *read_folder(DIR *folder)
{
    static _Thread_local struct darwin_entry entry;
    const struct dirent *found = readdir(folder);
    if (!found)
        return NULL;
    memset(&entry, 0, sizeof(entry));
    entry.inode = found->d_ino;
    entry.size = sizeof(entry);
    entry.type = found->d_type;
    entry.name_length = (uint16_t)strlen(found->d_name);
    memcpy(entry.name, found->d_name, entry.name_length);
    return &entry;
}

const struct shim file_shims[] = {
    SHIM("open", open_path),
    SHIM("openat", open_at),
    SHIM("unlinkat", unlink_at),
    SHIM("fcntl", control),
    SHIM("mmap", map_memory),
    SHIM("stat", stat_path),
    SHIM("lstat", stat_link),
    SHIM("fstat", stat_file),
    SHIM("fstatat", stat_at),
    SHIM("readdir", read_folder),
    SHIMS_END,
};
