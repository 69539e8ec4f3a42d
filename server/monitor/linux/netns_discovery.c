#include "netns_discovery.h"

#include "mounts.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_EVERY = 8 }; /* time at a process that was looked at twice */

uint64_t netns_parse_link(const char *text)
{
    static const char before[] = "net:[";
    if (strncmp(text, before, sizeof(before) - 1) != 0)
        return 0;
    char *end;
    uint64_t inode = strtoull(text + sizeof(before) - 1, &end, 10);
    return strcmp(end, "]") == 0 ? inode : 0;
}

static uint64_t read_link(int directory, const char *path)
{
    char text[40];
    ssize_t length = readlinkat(directory, path, text, sizeof(text) - 1);
    text[length > 0 ? length : 0] = '\0';
    return netns_parse_link(text);
}

void netns_discovery_init(struct netns_discovery *discovery)
{
    *discovery =
        (struct netns_discovery){.own_inode = read_link(AT_FDCWD, "/proc/thread-self/ns/net"),
            .mount_table = fopen("/proc/self/mountinfo", "re")};
}

static void forget_mounts(struct netns_discovery *discovery)
{
    for (size_t i = 0; i < discovery->mount_count; i++)
        free(discovery->mounts[i].path);
    discovery->mount_count = 0;
}

void netns_discovery_fini(struct netns_discovery *discovery)
{
    if (!discovery)
        return;
    forget_mounts(discovery);
    free(discovery->mounts);
    free(discovery->processes.items);
    free(discovery->earlier.items);
    free(discovery->references);
    map_fini(&discovery->by_inode);
    if (discovery->mount_table)
        fclose(discovery->mount_table);
    *discovery = (struct netns_discovery){0};
}

/* --- references --- */

const struct netns_reference *netns_discovery_find(
    const struct netns_discovery *discovery, uint64_t inode)
{
    size_t at = map_find_index(&discovery->by_inode, (struct map_key){.low = inode});
    return at == MAP_ABSENT ? NULL : &discovery->references[at];
}

static int append_reference(struct netns_discovery *discovery, uint64_t inode)
{
    if (!MAKE_ROOM(
            discovery->references, discovery->reference_count, discovery->reference_capacity))
        return -ENOMEM;
    discovery->references[discovery->reference_count] = (struct netns_reference){.inode = inode};
    return map_insert_index(
        &discovery->by_inode, (struct map_key){.low = inode}, discovery->reference_count++);
}

/* Whoever is seen first is the one that is named, but /run/netns goes before other paths. */
static int refer(struct netns_discovery *discovery, const struct netns_reference *seen)
{
    if (seen->inode == 0 || seen->inode == discovery->own_inode)
        return 0;
    size_t at = map_find_index(&discovery->by_inode, (struct map_key){.low = seen->inode});
    if (at == MAP_ABSENT) {
        int result = append_reference(discovery, seen->inode);
        if (result < 0)
            return result;
        at = discovery->reference_count - 1;
    }
    struct netns_reference *reference = &discovery->references[at];
    if (reference->pid == 0)
        reference->pid = seen->pid;
    if (seen->path && (!reference->path || strncmp(seen->path, "/run/netns/", 11) == 0))
        reference->path = seen->path;
    return 0;
}

/* --- what is bound --- */

static int append_mount(struct netns_discovery *discovery, uint64_t inode, const char *path)
{
    if (!MAKE_ROOM(discovery->mounts, discovery->mount_count, discovery->mount_capacity))
        return -ENOMEM;
    struct netns_mount mount = {inode, strdup(path)};
    if (!mount.path)
        return -ENOMEM;
    discovery->mounts[discovery->mount_count++] = mount;
    return 0;
}

static int read_mounts(struct netns_discovery *discovery)
{
    char *line = NULL;
    size_t size = 0;
    int result = 0;
    forget_mounts(discovery);
    rewind(discovery->mount_table);
    while (result == 0 && getline(&line, &size, discovery->mount_table) > 0) {
        struct mount mount;
        uint64_t inode = mount_parse(line, &mount) && strcmp(mount.type, "nsfs") == 0
                             ? netns_parse_link(mount.root)
                             : 0;
        if (inode != 0)
            result = append_mount(discovery, inode, mount.place);
    }
    free(line);
    return result;
}

/* The table polls as exceptional once after each change (proc(5)). */
static bool have_mounts_changed(const struct netns_discovery *discovery)
{
    struct pollfd table = {.fd = fileno(discovery->mount_table), .events = POLLPRI};
    return poll(&table, 1, 0) > 0 || !discovery->is_mount_table_read;
}

static int look_at_mounts(struct netns_discovery *discovery)
{
    int result = 0;
    if (discovery->mount_table && have_mounts_changed(discovery)) {
        result = read_mounts(discovery);
        discovery->is_mount_table_read = result == 0;
    }
    for (size_t i = 0; result == 0 && i < discovery->mount_count; i++)
        result = refer(discovery, &(struct netns_reference){.inode = discovery->mounts[i].inode,
                                      .path = discovery->mounts[i].path});
    return result;
}

/* --- processes --- */

static int append_process(struct netns_process_array *array, const struct netns_process *process)
{
    if (!MAKE_ROOM(array->items, array->count, array->capacity))
        return -ENOMEM;
    array->items[array->count++] = *process;
    return 0;
}

/* What is known of the process; at goes through the earlier ones as /proc goes through all. */
static struct netns_process recall(
    const struct netns_discovery *discovery, size_t *at, uint32_t pid)
{
    const struct netns_process_array *earlier = &discovery->earlier;
    while (*at < earlier->count && earlier->items[*at].pid < pid)
        (*at)++;
    if (*at < earlier->count && earlier->items[*at].pid == pid)
        return earlier->items[*at];
    return (struct netns_process){.pid = pid};
}

static bool is_due(const struct netns_discovery *discovery, const struct netns_process *process)
{
    if (process->looks < 2 || (process->pid + discovery->looks) % LOOK_EVERY == 0)
        return true;
    if (process->inode == 0 || process->inode == discovery->own_inode)
        return false;
    const struct netns_reference *reference = netns_discovery_find(discovery, process->inode);
    return !reference || reference->pid == 0;
}

static int look_at_process(struct netns_discovery *discovery, int directory, const char *name,
    struct netns_process *process)
{
    if (is_due(discovery, process)) {
        char path[300];
        snprintf(path, sizeof(path), "%s/ns/net", name);
        process->inode = read_link(directory, path);
    }
    process->looks++;
    return refer(
        discovery, &(struct netns_reference){.inode = process->inode, .pid = process->pid});
}

static int look_at_processes(struct netns_discovery *discovery)
{
    struct netns_process_array earlier = discovery->processes;
    discovery->processes = discovery->earlier;
    discovery->earlier = earlier;
    discovery->processes.count = 0;
    DIR *directory = opendir("/proc");
    if (!directory)
        return 0;
    size_t at = 0;
    int result = 0;
    for (struct dirent *entry; result == 0 && (entry = readdir(directory));) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
            continue;
        struct netns_process process =
            recall(discovery, &at, (uint32_t)strtoul(entry->d_name, NULL, 10));
        result = look_at_process(discovery, dirfd(directory), entry->d_name, &process);
        if (result == 0)
            result = append_process(&discovery->processes, &process);
    }
    closedir(directory);
    return result;
}

int netns_discovery_look(struct netns_discovery *discovery)
{
    discovery->looks++;
    discovery->reference_count = 0;
    map_clear(&discovery->by_inode);
    int result = look_at_mounts(discovery);
    return result == 0 ? look_at_processes(discovery) : result;
}
