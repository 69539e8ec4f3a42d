#include "units.h"

#include "mounts.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum {
    CONTAINER_ID = 64,       /* hexadecimal digits that container engines name a group with */
    CONTAINER_ID_SHOWN = 12, /* of these, as the engines' own tools show them */
    DEPTH_MAX = 32,
    KEPT_MAX = 65536,
    PAUSE_MAX = 64, /* readings between listings that found nothing new */
};

/* --- what a path says --- */

/* Folder names of container engines: what stands before the id, and the engine. */
static const struct {
    const char *before, *engine;
} engines[] = {
    {"docker-", "docker"},
    {"libpod-", "podman"},
    {"cri-containerd-", "kubernetes"},
    {"crio-", "kubernetes"},
    {"nerdctl-", "containerd"},
};

static bool is_container_id(const char *text, size_t length)
{
    return length >= CONTAINER_ID && strspn(text, "0123456789abcdef") >= CONTAINER_ID;
}

static void write_container(const char *engine, const char *id, char ret_name[UNIT_BYTES])
{
    snprintf(ret_name, UNIT_BYTES, "%s:%.*s", engine, CONTAINER_ID_SHOWN, id);
}

/* One folder of the path; parent is the one above, for engines that name theirs by the id alone. */
static bool read_container(
    const char *folder, size_t length, const char *parent, char ret_name[UNIT_BYTES])
{
    for (size_t i = 0; i < ARRAY_LENGTH(engines); i++) {
        size_t before = strlen(engines[i].before);
        if (length > before && strncmp(folder, engines[i].before, before) == 0 &&
            is_container_id(folder + before, length - before)) {
            write_container(engines[i].engine, folder + before, ret_name);
            return true;
        }
    }
    if (length == CONTAINER_ID && is_container_id(folder, length)) {
        bool is_pod = strncmp(parent, "pod", 3) == 0;
        write_container(is_pod ? "kubernetes" : "docker", folder, ret_name);
        return true;
    }
    if (length > 12 && strncmp(folder, "lxc.payload.", 12) == 0) {
        snprintf(ret_name, UNIT_BYTES, "lxc:%.*s", (int)(length - 12), folder + 12);
        return true;
    }
    return false;
}

static bool has_ending(const char *text, size_t length, const char *ending)
{
    size_t size = strlen(ending);
    return length > size && memcmp(text + length - size, ending, size) == 0;
}

static bool is_unit(const char *folder, size_t length)
{
    return has_ending(folder, length, ".service") || has_ending(folder, length, ".scope") ||
           has_ending(folder, length, ".socket") || has_ending(folder, length, ".mount") ||
           has_ending(folder, length, ".swap");
}

/* The outermost container, because what runs inside is its own business; else the innermost unit,
 * because a user's manager is a service with all the user's units below it. */
void unit_of_path(const char *path, char ret_name[UNIT_BYTES])
{
    const char *parent = "";
    ret_name[0] = '\0';
    for (const char *folder = path; *folder;) {
        folder += strspn(folder, "/");
        size_t length = strcspn(folder, "/");
        if (read_container(folder, length, parent, ret_name))
            return;
        if (is_unit(folder, length))
            snprintf(ret_name, UNIT_BYTES, "%.*s", (int)length, folder);
        parent = folder;
        folder += length;
    }
}

/* --- the groups that are there --- */

int units_init(struct units *units)
{
    *units = (struct units){.reading = 1};
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    char *line = NULL;
    size_t size = 0;
    int result = 0;
    while (mounts && !units->root && result == 0 && getline(&line, &size, mounts) > 0) {
        struct mount mount;
        if (mount_parse(line, &mount) && strcmp(mount.type, "cgroup2") == 0) {
            units->root = strdup(mount.place);
            result = units->root ? 0 : -ENOMEM;
        }
    }
    free(line);
    if (mounts)
        fclose(mounts);
    return result;
}

void units_fini(struct units *units)
{
    if (!units)
        return;
    free(units->root);
    free(units->items);
    map_fini(&units->by_cgroup);
    *units = (struct units){0};
}

void units_begin(struct units *units)
{
    units->reading++;
}

static struct unit *append(struct units *units, uint64_t cgroup)
{
    if (!MAKE_ROOM(units->items, units->count, units->capacity))
        return NULL;
    if (map_insert_index(&units->by_cgroup, (struct map_key){.low = cgroup}, units->count) < 0)
        return NULL;
    struct unit *unit = &units->items[units->count++];
    *unit = (struct unit){.cgroup = cgroup};
    return unit;
}

static struct unit *find(struct units *units, uint64_t cgroup)
{
    size_t at = map_find_index(&units->by_cgroup, (struct map_key){.low = cgroup});
    return at == MAP_ABSENT ? NULL : &units->items[at];
}

/* Ids are not used again, so what is known stays true. Without memory a group stays unknown, and is
 * looked for again another time. */
static void note(struct units *units, uint64_t cgroup, const char *path)
{
    struct unit *unit = find(units, cgroup) ? NULL : append(units, cgroup);
    if (unit)
        unit_of_path(path, unit->name);
}

/* path is as long as the root's before the group's own path begins. */
static void list_folder(struct units *units, char *path, size_t length, int depth)
{
    DIR *folder = depth < DEPTH_MAX ? opendir(path) : NULL;
    if (!folder)
        return; /* gone meanwhile, or not ours to see */
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        int more = snprintf(path + length, PATH_MAX - length, "/%s", entry->d_name);
        if (more < 0 || (size_t)more >= PATH_MAX - length)
            continue;
        note(units, entry->d_ino, path + strlen(units->root));
        list_folder(units, path, length + (size_t)more, depth + 1);
    }
    path[length] = '\0';
    closedir(folder);
}

/* Of groups that are gone there would be more and more. */
static void forget_all(struct units *units)
{
    units->count = 0;
    map_clear(&units->by_cgroup);
}

/* Lists all groups, and says whether that has found this one. While listings find nothing they
 * become rarer: the group may be of another machine's part of the tree. */
static struct unit *list_for(struct units *units, uint64_t cgroup)
{
    char path[PATH_MAX];
    if (units->count > KEPT_MAX)
        forget_all(units);
    size_t length = (size_t)snprintf(path, sizeof(path), "%s", units->root);
    list_folder(units, path, length, 0);
    struct unit *unit = find(units, cgroup);
    units->pause = unit ? 1 : units->pause < PAUSE_MAX ? units->pause * 2 + 1 : PAUSE_MAX;
    units->next_listing = units->reading + units->pause;
    return unit;
}

const char *units_find(struct units *units, uint64_t cgroup)
{
    struct unit *unit = find(units, cgroup);
    if (!unit && units->root && units->reading >= units->next_listing)
        unit = list_for(units, cgroup);
    return unit && unit->name[0] != '\0' ? unit->name : NULL;
}
