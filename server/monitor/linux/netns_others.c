#include "netns_others.h"

#include "units.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    LOOK_EVERY_S = 1,
    PAUSE_MAX = 64,        /* looks until one that could not be opened is tried again */
    DESCRIPTORS_KEPT = 64, /* of our half of what this process may open */
    NAME_BYTES = sizeof(((struct netns *)NULL)->name),
};

int netns_others_new(struct netns_others **ret_others)
{
    struct timespec pace = {.tv_sec = LOOK_EVERY_S};
    CLEANUP(netns_others_free_p) struct netns_others *others = calloc(1, sizeof(*others));
    if (!others)
        return -ENOMEM;
    netns_discovery_init(&others->discovery);
    others->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (others->timer < 0 ||
        timerfd_settime(others->timer, 0, &(struct itimerspec){pace, pace}, NULL) < 0)
        return -errno;
    *ret_others = HAND_OVER(others);
    return 0;
}

void netns_others_free(struct netns_others *others)
{
    if (!others)
        return;
    for (size_t i = 0; i < others->count; i++)
        netns_close(others->items[i].netns);
    free(others->items);
    map_fini(&others->by_inode);
    netns_discovery_fini(&others->discovery);
    if (others->timer >= 0)
        close(others->timer);
    free(others);
}

bool netns_others_are_due(struct netns_others *others)
{
    uint64_t times;
    return read(others->timer, &times, sizeof(times)) > 0;
}

size_t netns_others_count(const struct netns_others *others, size_t *ret_refused, int *ret_refusal)
{
    size_t open = 0;
    *ret_refused = 0;
    *ret_refusal = 0;
    for (size_t i = 0; i < others->count; i++) {
        open += others->items[i].netns != NULL;
        *ret_refused += others->items[i].refusal < 0;
        if (*ret_refusal == 0)
            *ret_refusal = others->items[i].refusal;
    }
    return open;
}

/* --- names --- */

static bool is_lasting(const char *unit)
{
    size_t length = strlen(unit);
    return strchr(unit, ':') || (length > 8 && strcmp(unit + length - 8, ".service") == 0);
}

void netns_name_of_cgroups(const char *text, char *ret_name, size_t size)
{
    ret_name[0] = '\0';
    for (const char *line = text; *line && ret_name[0] == '\0';) {
        char path[1024], unit[UNIT_BYTES];
        size_t length = strcspn(line, "\n");
        snprintf(path, sizeof(path), "%.*s", (int)length, line);
        /* "hierarchy:controllers:path" */
        char *start = strchr(path, ':');
        start = start ? strchr(start + 1, ':') : NULL;
        if (start) {
            unit_of_path(start + 1, unit);
            if (is_lasting(unit) && strlen(unit) < size)
                strcpy(ret_name, unit);
        }
        line += length + (line[length] == '\n');
    }
}

static void name_of_process(uint32_t pid, char name[NAME_BYTES])
{
    char path[32], text[4096];
    name[0] = '\0';
    snprintf(path, sizeof(path), "/proc/%" PRIu32 "/cgroup", pid);
    int fd = pid ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    ssize_t length = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[length > 0 ? length : 0] = '\0';
    netns_name_of_cgroups(text, name, NAME_BYTES);
}

/* The last folder of the path; "" when it is too long. */
static void name_of_path(const char *path, char name[NAME_BYTES])
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    bool fits = slash && strlen(slash + 1) < NAME_BYTES;
    snprintf(name, NAME_BYTES, "%s", fits ? slash + 1 : "");
}

static bool is_free(const struct netns_others *others, const char *name)
{
    for (size_t i = 0; i < others->count; i++)
        if (others->items[i].netns && strcmp(others->items[i].netns->name, name) == 0)
            return false;
    return name[0] != '\0';
}

/* What people gave it, what runs in it, where its engine keeps it; else what the kernel calls it.
 */
static void pick_name(const struct netns_others *others, const struct netns_reference *reference,
    char name[NAME_BYTES])
{
    bool is_given = reference->path && strncmp(reference->path, "/run/netns/", 11) == 0;
    name_of_path(is_given ? reference->path : NULL, name);
    if (!is_free(others, name))
        name_of_process(reference->pid, name);
    if (!is_free(others, name))
        name_of_path(reference->path, name);
    if (!is_free(others, name))
        snprintf(name, NAME_BYTES, "net:[%" PRIu64 "]", reference->inode);
}

/* --- opening --- */

/* As many as leave half of what this process may open to others. */
static size_t open_at_most(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < 2 * DESCRIPTORS_KEPT)
        return 0;
    size_t most = (size_t)(limit.rlim_cur / 2 - DESCRIPTORS_KEPT) / NETNS_DESCRIPTORS;
    return most < UINT16_MAX / 2 ? most : UINT16_MAX / 2;
}

static bool is_ordinal_free(const struct netns_others *others, uint16_t ordinal)
{
    for (size_t i = 0; i < others->count; i++)
        if (others->items[i].netns && others->items[i].netns->ordinal == ordinal)
            return false;
    return ordinal != 0;
}

/* Used again only after all the others were, so that nobody takes one for an earlier one. */
static uint16_t next_ordinal(struct netns_others *others)
{
    do
        others->last_ordinal++;
    while (!is_ordinal_free(others, others->last_ordinal));
    return others->last_ordinal;
}

/* What is at the path now may be another, or no namespace at all. */
static int open_path(const char *path, uint64_t inode)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &status) == 0 && status.st_ino == inode)
        return fd;
    close(fd);
    return -ESTALE;
}

static int open_reference(const struct netns_reference *reference)
{
    char path[32];
    int fd = reference->path ? open_path(reference->path, reference->inode) : -ENOENT;
    if (fd >= 0 || reference->pid == 0)
        return fd;
    snprintf(path, sizeof(path), "/proc/%" PRIu32 "/ns/net", reference->pid);
    return open_path(path, reference->inode);
}

struct entrance {
    int fd;
    const char *name;
    uint16_t ordinal;
    struct netns *netns;
    int result;
};

static void *enter(void *context)
{
    struct entrance *entrance = context;
    if (setns(entrance->fd, CLONE_NEWNET) < 0)
        entrance->result = -errno;
    else
        entrance->result = netns_open(entrance->name, entrance->ordinal, &entrance->netns);
    return NULL;
}

/* On a thread that ends there; signals are for the caller's threads. */
static int enter_and_return(struct entrance *entrance)
{
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&thread, NULL, enter, entrance);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0)
        error = pthread_join(thread, NULL);
    return error ? -error : entrance->result;
}

static int open_other(struct netns_others *others, struct netns_other *other)
{
    char name[NAME_BYTES];
    const struct netns_reference *reference =
        netns_discovery_find(&others->discovery, other->inode);
    int fd = reference ? open_reference(reference) : -ESTALE;
    if (fd < 0)
        return fd;
    pick_name(others, reference, name);
    struct entrance entrance = {.fd = fd, .name = name, .ordinal = next_ordinal(others)};
    int result = enter_and_return(&entrance);
    close(fd);
    if (result == 0)
        other->netns = entrance.netns;
    return result;
}

static void refuse(struct netns_others *others, struct netns_other *other, int refusal)
{
    netns_close(HAND_OVER(other->netns));
    other->refusal = refusal;
    other->pause = other->pause < PAUSE_MAX ? other->pause * 2 + 1 : PAUSE_MAX;
    other->try_at = others->discovery.looks + other->pause;
}

/* One without a path is opened when it is seen again: what lives for moments only is not worth it,
 * and what is being set up has its name and its processes by then. */
static bool is_due(const struct netns_others *others, const struct netns_other *other)
{
    const struct netns_reference *reference =
        netns_discovery_find(&others->discovery, other->inode);
    uint32_t looks = others->discovery.looks;
    bool is_settled = looks == 1 || other->since < looks || (reference && reference->path);
    return !other->netns && is_settled && looks >= other->try_at;
}

static void open_due(struct netns_others *others, bool *changed)
{
    size_t refused, most = open_at_most();
    int refusal;
    size_t open = netns_others_count(others, &refused, &refusal);
    for (size_t i = 0; i < others->count; i++) {
        struct netns_other *other = &others->items[i];
        if (!is_due(others, other))
            continue;
        int result = open < most ? open_other(others, other) : -EMFILE;
        if (result < 0) {
            refuse(others, other, result);
        } else {
            other->refusal = 0;
            open++;
            *changed = true;
        }
    }
}

/* --- looking --- */

/* Those that are gone, and those that could not be read. */
static int close_gone(struct netns_others *others, bool *changed)
{
    size_t kept = 0;
    int result = 0;
    for (size_t i = 0; i < others->count; i++) {
        struct netns_other *other = &others->items[i];
        *changed |= other->netns && other->netns->trouble < 0;
        if (other->netns && other->netns->trouble < 0)
            refuse(others, other, other->netns->trouble);
        struct map_key key = {.low = other->inode};
        if (netns_discovery_find(&others->discovery, other->inode)) {
            others->items[kept] = *other;
            result |= map_insert_index(&others->by_inode, key, kept++); /* it has a place there */
        } else {
            *changed |= other->netns != NULL;
            netns_close(other->netns);
            map_remove(&others->by_inode, key);
        }
    }
    others->count = kept;
    return result;
}

static int append_other(struct netns_others *others, uint64_t inode)
{
    if (!MAKE_ROOM(others->items, others->count, others->capacity))
        return -ENOMEM;
    int result = map_insert_index(&others->by_inode, (struct map_key){.low = inode}, others->count);
    if (result == 0)
        others->items[others->count++] =
            (struct netns_other){.inode = inode, .since = others->discovery.looks};
    return result;
}

static int note_new(struct netns_others *others)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < others->discovery.reference_count; i++) {
        uint64_t inode = others->discovery.references[i].inode;
        if (map_find_index(&others->by_inode, (struct map_key){.low = inode}) == MAP_ABSENT)
            result = append_other(others, inode);
    }
    return result;
}

int netns_others_look(struct netns_others *others, bool *ret_changed)
{
    bool has_changed = false;
    int result = netns_discovery_look(&others->discovery);
    if (result == 0)
        result = close_gone(others, &has_changed);
    if (result == 0)
        result = note_new(others);
    if (result == 0)
        open_due(others, &has_changed);
    *ret_changed = has_changed;
    return result;
}
