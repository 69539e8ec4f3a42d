#include "noted_owners.h"

#include "bpf_loading.h"
#include "noted_owners_object.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static const char *const programs[] = {"note_change", "note_end"};

struct noted_owners {
    struct bpf_object *object;
    struct bpf_link *links[ARRAY_LENGTH(programs)];
    int map; /* the object's */
};
DEFINE_CLEANUP(struct noted_owners, noted_owners_close)

void noted_owners_close(struct noted_owners *owners)
{
    if (!owners)
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(programs); i++)
        bpf_link__destroy(owners->links[i]);
    bpf_loading_close(owners->object);
    free(owners);
}

/* The one constant of the program: pids are to be those that this process would see. */
static int put_namespace(struct bpf_object *object)
{
    struct stat namespace;
    if (stat("/proc/self/ns/pid", &namespace) < 0)
        return -errno;
    __u32 inode = (__u32) namespace.st_ino;
    struct bpf_map *constants = bpf_object__find_map_by_name(object, ".rodata");
    return constants ? bpf_map__set_initial_value(constants, &inode, sizeof(inode)) : -EINVAL;
}

static int load(struct noted_owners *owners)
{
    int result =
        bpf_loading_open(noted_owners_object, sizeof(noted_owners_object), &owners->object);
    if (result == 0)
        result = put_namespace(owners->object);
    if (result == 0)
        result = bpf_loading_load(owners->object);
    if (result < 0)
        return result;
    owners->map = bpf_object__find_map_fd_by_name(owners->object, "noted");
    for (size_t i = 0; result == 0 && i < ARRAY_LENGTH(programs); i++)
        result = bpf_loading_attach(owners->object, programs[i], &owners->links[i]);
    return result;
}

int noted_owners_open(struct noted_owners **ret_owners)
{
    CLEANUP(noted_owners_close_p) struct noted_owners *owners = calloc(1, sizeof(*owners));
    if (!owners)
        return -ENOMEM;
    int result = load(owners);
    if (result < 0)
        return result;
    *ret_owners = HAND_OVER(owners);
    return 0;
}

bool noted_owners_find(
    const struct noted_owners *owners, uint64_t cookie, struct noted_owner *ret_owner)
{
    __u64 key = cookie;
    return owners && bpf_map_lookup_elem(owners->map, &key, ret_owner) == 0;
}

void noted_owners_forget(const struct noted_owners *owners, uint64_t cookie)
{
    __u64 key = cookie;
    if (owners)
        (void)bpf_map_delete_elem(owners->map, &key);
}
