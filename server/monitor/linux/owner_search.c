#include "owner_search.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    PID_BITS = 22, /* the kernel's PID_MAX_LIMIT */
    FD_BITS = 31,
    STAMP_BITS = 10,
    STAMP_MASK = (1 << STAMP_BITS) - 1,
    /* A socket that has been with its holder for a while is checked at every reading, or where
     * there are many, some of them at each: often enough to notice that it was handed on. */
    CHECKS_A_READING = 256,
    CHECK_EVERY_MAX = 32, /* readings */
    DELAY_MAX = 64,       /* readings until a hopeless socket is looked for again */
    /* Of processes that are gone more and more descriptors are remembered until a full walk. */
    DESCRIPTORS_MAX = 1 << 17,
};

/* A holder as one map value. */
struct holder {
    uint32_t pid, fd;
    bool is_confirmed; /* was there in a second reading too */
    uint32_t reading;  /* the last that saw the socket, as far as STAMP_BITS go */
};

static void *pack(struct holder holder)
{
    uint64_t bits = (uint64_t)holder.is_confirmed << STAMP_BITS | (holder.reading & STAMP_MASK);
    bits = (bits << FD_BITS | holder.fd) << PID_BITS | holder.pid;
    return (void *)(uintptr_t)bits;
}

static struct holder unpack(const void *value)
{
    uint64_t bits = (uintptr_t)value;
    return (struct holder){.pid = (uint32_t)(bits & ((1u << PID_BITS) - 1)),
        .fd = (uint32_t)(bits >> PID_BITS & ((1u << FD_BITS) - 1)),
        .reading = (uint32_t)(bits >> (PID_BITS + FD_BITS) & STAMP_MASK),
        .is_confirmed = bits >> (PID_BITS + FD_BITS + STAMP_BITS) & 1};
}

static struct map_key key_of_inode(uint64_t inode)
{
    return (struct map_key){.low = inode};
}

void owner_search_fini(struct owner_search *search)
{
    if (!search)
        return;
    map_fini(&search->placed);
    map_fini(&search->unplaced);
    map_fini(&search->hopeless);
    map_fini(&search->descriptors);
    processes_fini(&search->processes);
    free(search->pids);
}

/* The inode behind "socket:[123]"; 0 for any other kind of file. */
static uint64_t read_inode(int directory, const char *name)
{
    char link[40];
    ssize_t length = readlinkat(directory, name, link, sizeof(link) - 1);
    if (length < 9 || memcmp(link, "socket:[", 8) != 0)
        return 0;
    link[length] = '\0';
    return strtoull(link + 8, NULL, 10);
}

static bool is_still_there(struct holder holder, uint64_t inode)
{
    char path[48];
    snprintf(path, sizeof(path), "/proc/%u/fd/%u", holder.pid, holder.fd);
    return read_inode(AT_FDCWD, path) == inode;
}

static uint32_t check_every(const struct owner_search *search)
{
    size_t every = map_count(&search->placed) / CHECKS_A_READING + 1;
    return every < CHECK_EVERY_MAX ? (uint32_t)every : CHECK_EVERY_MAX;
}

/* The process that was found to hold the socket, if it still does. */
static const struct process *find_placed(struct owner_search *search, uint64_t inode)
{
    void **place = map_find_place(&search->placed, key_of_inode(inode));
    if (!place)
        return NULL;
    struct holder holder = unpack(*place);
    const struct process *process = processes_find(&search->processes, holder.pid, true);
    bool is_due = !holder.is_confirmed || (inode + search->reading) % check_every(search) == 0;
    if (process && (!is_due || is_still_there(holder, inode))) {
        holder.is_confirmed = true;
        holder.reading = search->reading;
        *place = pack(holder);
        return process;
    }
    map_remove(&search->placed, key_of_inode(inode));
    return NULL;
}

/* When to look for it next, and how long after that, as one map value. */
static void *pack_delay(uint32_t due, uint32_t delay)
{
    return (void *)(uintptr_t)((uint64_t)due << 16 | delay);
}

static bool is_hopeless(const struct owner_search *search, uint64_t inode)
{
    void *value = map_find(&search->hopeless, key_of_inode(inode));
    return value && search->reading < (uint32_t)((uintptr_t)value >> 16);
}

/* Those that wait equally long are due at the same readings, so that one walk is for all of them.
 */
static int give_up(struct owner_search *search, uint64_t inode)
{
    void *value = map_find(&search->hopeless, key_of_inode(inode));
    uint32_t delay = value ? (uint32_t)((uintptr_t)value & UINT16_MAX) * 2 : 1;
    if (delay > DELAY_MAX)
        delay = DELAY_MAX;
    uint32_t due = (search->reading / delay + 1) * delay;
    return map_insert(&search->hopeless, key_of_inode(inode), pack_delay(due, delay));
}

/* One walk over the processes. */
struct walk {
    struct owner_search *search;
    bool is_full; /* also at descriptors that were something else before */
    uint32_t pid;
    int directory;
};

/* Whether the descriptor, as last seen, cannot be one that is looked for. */
static bool is_settled(const struct walk *walk, struct map_key descriptor)
{
    size_t inode = map_find_index(&walk->search->descriptors, descriptor);
    if (walk->is_full || inode == MAP_ABSENT)
        return false;
    void *value = map_find(&walk->search->placed, key_of_inode(inode));
    return inode == 0 || (value && unpack(value).reading == (walk->search->reading & STAMP_MASK));
}

static int visit_descriptor(struct walk *walk, const char *name)
{
    struct owner_search *search = walk->search;
    uint32_t fd = (uint32_t)strtoul(name, NULL, 10);
    struct map_key descriptor = {.high = walk->pid, .low = fd};
    if (is_settled(walk, descriptor))
        return 0;
    uint64_t inode = read_inode(walk->directory, name);
    int result = map_insert_index(&search->descriptors, descriptor, inode);
    if (result < 0 || inode == 0 || !map_find(&search->unplaced, key_of_inode(inode)))
        return result;
    struct holder holder = {.pid = walk->pid, .fd = fd, .reading = search->reading};
    result = map_insert(&search->placed, key_of_inode(inode), pack(holder));
    if (result == 0) {
        map_remove(&search->unplaced, key_of_inode(inode));
        map_remove(&search->hopeless, key_of_inode(inode));
    }
    return result;
}

static void close_directory_p(DIR **directory)
{
    if (*directory)
        closedir(*directory);
}

static bool is_number(const char *name)
{
    return *name >= '0' && *name <= '9';
}

static int visit_process(struct walk *walk, const char *pid)
{
    char path[300];
    snprintf(path, sizeof(path), "/proc/%s/fd", pid);
    CLEANUP(close_directory_p) DIR *directory = opendir(path);
    if (!directory) {
        if (errno == EACCES || errno == EPERM)
            walk->search->was_denied = true;
        return 0; /* or it has ended */
    }
    walk->pid = (uint32_t)strtoul(pid, NULL, 10);
    walk->directory = dirfd(directory);
    int result = 0;
    for (struct dirent *entry; result == 0 && (entry = readdir(directory));)
        if (is_number(entry->d_name))
            result = visit_descriptor(walk, entry->d_name);
    return result;
}

/* /proc lists its processes by ascending pid. */
static int visit_all(struct owner_search *search, bool is_full)
{
    CLEANUP(close_directory_p) DIR *directory = opendir("/proc");
    if (!directory)
        return 0; /* not mounted: nothing is found */
    struct walk walk = {.search = search, .is_full = is_full};
    if (is_full || map_count(&search->descriptors) > DESCRIPTORS_MAX)
        map_clear(&search->descriptors);
    search->was_denied = false;
    int result = 0;
    for (struct dirent *entry; result == 0 && (entry = readdir(directory));) {
        if (map_count(&search->unplaced) == 0)
            break;
        if (is_number(entry->d_name))
            result = visit_process(&walk, entry->d_name);
    }
    return result;
}

/* A full walk is dear and helps when descriptors were used again. While they help not at all, as
 * where sockets live shorter than the walk takes, they become rarer. */
static int visit_all_again(struct owner_search *search)
{
    size_t before = map_count(&search->unplaced);
    if (before == 0 || search->reading < search->full_walk_at)
        return 0;
    int result = visit_all(search, true);
    bool has_helped = map_count(&search->unplaced) < before;
    uint32_t delay = has_helped ? 1 : search->full_walk_delay * 2 + 1;
    search->full_walk_delay = delay < DELAY_MAX / 4 ? delay : DELAY_MAX / 4;
    search->full_walk_at = search->reading + search->full_walk_delay;
    return result;
}

/* Those found before; the others go to unplaced. */
static int find_known(
    struct owner_search *search, const struct socket_owner_hint *hints, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct process *process =
            hints[i].inode != 0 ? find_placed(search, hints[i].inode) : NULL;
        search->pids[i] = process ? process->pid : 0;
        if (process || hints[i].inode == 0 || is_hopeless(search, hints[i].inode))
            continue;
        int result = map_insert_index(&search->unplaced, key_of_inode(hints[i].inode), 0);
        if (result < 0)
            return result;
    }
    return 0;
}

/* Those that this reading's walk found. */
static int find_rest(
    struct owner_search *search, const struct socket_owner_hint *hints, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (hints[i].inode == 0 || search->pids[i] != 0)
            continue;
        void *value = map_find(&search->placed, key_of_inode(hints[i].inode));
        int result = 0;
        if (value)
            search->pids[i] = unpack(value).pid;
        else if (!is_hopeless(search, hints[i].inode))
            result = give_up(search, hints[i].inode);
        if (result < 0)
            return result;
    }
    return 0;
}

/* Keeps of a map what belongs to sockets that are there, once it is mostly of others. */
static int forget_gone(struct map *map, const struct socket_owner_hint *hints, size_t count)
{
    if (map_count(map) < 2 * count + 64)
        return 0;
    CLEANUP(map_fini) struct map kept = {0};
    for (size_t i = 0; i < count; i++) {
        void *value = map_find(map, key_of_inode(hints[i].inode));
        int result = value ? map_insert(&kept, key_of_inode(hints[i].inode), value) : 0;
        if (result < 0)
            return result;
    }
    struct map old = *map;
    *map = kept;
    kept = old;
    return 0;
}

static int begin(struct owner_search *search, size_t count)
{
    search->reading++;
    map_clear(&search->unplaced);
    if (count > search->capacity) {
        uint32_t *pids = array_resize(search->pids, 2 * count, sizeof(*pids));
        if (!pids)
            return -ENOMEM;
        search->pids = pids;
        search->capacity = 2 * count;
    }
    return processes_begin(&search->processes);
}

int owner_search_update(
    struct owner_search *search, const struct socket_owner_hint *hints, size_t count)
{
    int result = begin(search, count);
    if (result == 0)
        result = find_known(search, hints, count);
    if (result == 0 && map_count(&search->unplaced) > 0)
        result = visit_all(search, false);
    if (result == 0)
        result = visit_all_again(search);
    if (result == 0)
        result = find_rest(search, hints, count);
    if (result == 0)
        result = forget_gone(&search->placed, hints, count);
    return result == 0 ? forget_gone(&search->hopeless, hints, count) : result;
}

const struct process *owner_search_find(struct owner_search *search, size_t index)
{
    uint32_t pid = search->pids[index];
    return pid != 0 ? processes_find(&search->processes, pid, false) : NULL;
}
