#include "owners.h"

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

void owners_fini(struct owners *owners)
{
    if (!owners)
        return;
    map_fini(&owners->placed);
    map_fini(&owners->unplaced);
    map_fini(&owners->hopeless);
    map_fini(&owners->descriptors);
    processes_fini(&owners->processes);
    users_fini(&owners->users);
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

static uint32_t check_every(const struct owners *owners)
{
    size_t every = map_count(&owners->placed) / CHECKS_A_READING + 1;
    return every < CHECK_EVERY_MAX ? (uint32_t)every : CHECK_EVERY_MAX;
}

/* The process that was found to hold the socket, if it still does. */
static const struct process *find_placed(struct owners *owners, uint64_t inode)
{
    void **place = map_find_place(&owners->placed, key_of_inode(inode));
    if (!place)
        return NULL;
    struct holder holder = unpack(*place);
    const struct process *process = processes_find(&owners->processes, holder.pid, true);
    bool is_due = !holder.is_confirmed || (inode + owners->reading) % check_every(owners) == 0;
    if (process && (!is_due || is_still_there(holder, inode))) {
        holder.is_confirmed = true;
        holder.reading = owners->reading;
        *place = pack(holder);
        return process;
    }
    map_remove(&owners->placed, key_of_inode(inode));
    return NULL;
}

/* When to look for it next, and how long after that, as one map value. */
static void *pack_delay(uint32_t due, uint32_t delay)
{
    return (void *)(uintptr_t)((uint64_t)due << 16 | delay);
}

static bool is_hopeless(const struct owners *owners, uint64_t inode)
{
    void *value = map_find(&owners->hopeless, key_of_inode(inode));
    return value && owners->reading < (uint32_t)((uintptr_t)value >> 16);
}

static int give_up(struct owners *owners, uint64_t inode)
{
    void *value = map_find(&owners->hopeless, key_of_inode(inode));
    uint32_t delay = value ? (uint32_t)((uintptr_t)value & UINT16_MAX) * 2 : 1;
    if (delay > DELAY_MAX)
        delay = DELAY_MAX;
    return map_insert(
        &owners->hopeless, key_of_inode(inode), pack_delay(owners->reading + delay, delay));
}

static void put_process(struct network_connection *connection, const struct process *process)
{
    PUT(connection, pid, process->pid);
    PUT_TEXT(connection, process_name, process->comm);
    PUT(connection, evidence, NETWORK_EVIDENCE_PROC);
}

static void take_process(
    struct owners *owners, struct network_connection *connection, const struct process *process)
{
    owners->with_process++;
    put_process(connection, process);
}

/* One walk over the processes. */
struct walk {
    struct owners *owners;
    bool is_full; /* also at descriptors that were something else before */
    uint32_t pid;
    int directory;
};

/* Whether the descriptor, as last seen, cannot be one that is looked for. */
static bool is_settled(const struct walk *walk, struct map_key descriptor)
{
    size_t inode = map_find_index(&walk->owners->descriptors, descriptor);
    if (walk->is_full || inode == MAP_ABSENT)
        return false;
    void *value = map_find(&walk->owners->placed, key_of_inode(inode));
    return inode == 0 || (value && unpack(value).reading == (walk->owners->reading & STAMP_MASK));
}

static int visit_descriptor(struct walk *walk, const char *name)
{
    struct owners *owners = walk->owners;
    uint32_t fd = (uint32_t)strtoul(name, NULL, 10);
    struct map_key descriptor = {.high = walk->pid, .low = fd};
    if (is_settled(walk, descriptor))
        return 0;
    uint64_t inode = read_inode(walk->directory, name);
    int result = map_insert_index(&owners->descriptors, descriptor, inode);
    if (result < 0 || inode == 0 || !map_find(&owners->unplaced, key_of_inode(inode)))
        return result;
    struct holder holder = {.pid = walk->pid, .fd = fd, .reading = owners->reading};
    result = map_insert(&owners->placed, key_of_inode(inode), pack(holder));
    if (result == 0) {
        map_remove(&owners->unplaced, key_of_inode(inode));
        map_remove(&owners->hopeless, key_of_inode(inode));
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
            walk->owners->was_denied = true;
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
static int visit_all(struct owners *owners, bool is_full)
{
    CLEANUP(close_directory_p) DIR *directory = opendir("/proc");
    if (!directory)
        return 0; /* not mounted: nothing is found */
    struct walk walk = {.owners = owners, .is_full = is_full};
    if (is_full)
        map_clear(&owners->descriptors);
    owners->was_denied = false;
    int result = 0;
    for (struct dirent *entry; result == 0 && (entry = readdir(directory));) {
        if (map_count(&owners->unplaced) == 0)
            break;
        if (is_number(entry->d_name))
            result = visit_process(&walk, entry->d_name);
    }
    return result;
}

/* A full walk is dear and helps when descriptors were used again. While they help not at all, as
 * where sockets live shorter than the walk takes, they become rarer. */
static int visit_all_again(struct owners *owners)
{
    size_t before = map_count(&owners->unplaced);
    if (before == 0 || owners->reading < owners->full_walk_at)
        return 0;
    int result = visit_all(owners, true);
    bool has_helped = map_count(&owners->unplaced) < before;
    uint32_t delay = has_helped ? 1 : owners->full_walk_delay * 2 + 1;
    owners->full_walk_delay = delay < DELAY_MAX / 4 ? delay : DELAY_MAX / 4;
    owners->full_walk_at = owners->reading + owners->full_walk_delay;
    return result;
}

static bool may_be_hidden(const struct owners *owners, const struct network_connection *connection)
{
    uint32_t self = geteuid();
    return owners->was_denied ||
           (self != 0 && network_has(connection, uid) && connection->uid != self);
}

static void put_unknown(const struct owners *owners, struct network_connection *connection)
{
    uint8_t status = may_be_hidden(owners, connection) ? NETWORK_PERMISSION : NETWORK_UNAVAILABLE;
    connection->status.pid = status;
    connection->status.process_name = status;
    if (network_has(connection, uid))
        PUT(connection, evidence, NETWORK_EVIDENCE_UID);
}

/* Those the last walk found, and for the others why they have no process. */
static int fill_rest(struct owners *owners, struct connection_array *connections,
    const struct socket_owner_hint *hints)
{
    for (size_t i = 0; i < connections->count; i++) {
        struct network_connection *connection = &connections->items[i];
        if (hints[i].inode == 0 || network_has(connection, pid))
            continue;
        void *value = map_find(&owners->placed, key_of_inode(hints[i].inode));
        const struct process *process =
            value ? processes_find(&owners->processes, unpack(value).pid, false) : NULL;
        if (process) {
            take_process(owners, connection, process);
            continue;
        }
        owners->without_process++;
        put_unknown(owners, connection);
        if (!value && !is_hopeless(owners, hints[i].inode)) {
            int result = give_up(owners, hints[i].inode);
            if (result < 0)
                return result;
        }
    }
    return 0;
}

/* Those found before; the others go to unplaced. */
static int fill_known(struct owners *owners, struct connection_array *connections,
    const struct socket_owner_hint *hints)
{
    for (size_t i = 0; i < connections->count; i++) {
        if (hints[i].inode == 0)
            continue;
        const struct process *process = find_placed(owners, hints[i].inode);
        int result = 0;
        if (process)
            take_process(owners, &connections->items[i], process);
        else if (!is_hopeless(owners, hints[i].inode))
            result = map_insert_index(&owners->unplaced, key_of_inode(hints[i].inode), 0);
        if (result < 0)
            return result;
    }
    return 0;
}

static void put_users(struct owners *owners, struct connection_array *connections)
{
    for (size_t i = 0; i < connections->count; i++) {
        struct network_connection *connection = &connections->items[i];
        const char *name =
            network_has(connection, uid) ? users_find(&owners->users, connection->uid) : NULL;
        if (name)
            PUT_TEXT(connection, user, name);
    }
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

int owners_find(struct owners *owners, struct connection_array *connections,
    const struct socket_owner_hint *hints)
{
    owners->reading++;
    owners->with_process = owners->without_process = 0;
    map_clear(&owners->unplaced);
    int result = processes_begin(&owners->processes);
    if (result == 0)
        result = fill_known(owners, connections, hints);
    if (result == 0 && map_count(&owners->unplaced) > 0)
        result = visit_all(owners, false);
    if (result == 0)
        result = visit_all_again(owners);
    if (result == 0)
        result = fill_rest(owners, connections, hints);
    if (result == 0)
        result = forget_gone(&owners->placed, hints, connections->count);
    if (result == 0)
        result = forget_gone(&owners->hopeless, hints, connections->count);
    put_users(owners, connections);
    return result;
}
