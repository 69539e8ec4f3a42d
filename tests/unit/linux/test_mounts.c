#include "mounts.h"

#include <criterion/criterion.h>
#include <string.h>

static bool parse(const char *text, struct mount *ret_mount)
{
    static char line[512];
    strcpy(line, text);
    return mount_parse(line, ret_mount);
}

static void check(const char *line, const char *root, const char *place, const char *type)
{
    struct mount mount;
    cr_assert(parse(line, &mount), "%s", line);
    cr_assert_str_eq(mount.root, root);
    cr_assert_str_eq(mount.place, place);
    cr_assert_str_eq(mount.type, type);
}

Test(mounts, are_read_whatever_fields_are_optional)
{
    check("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n",
        "/mnt1", "/mnt2", "ext3");
    check("45 30 0:4 net:[4026532177] /run/netns/web rw - nsfs nsfs rw\n", "net:[4026532177]",
        "/run/netns/web", "nsfs");
    check("30 23 0:26 / /sys/fs/cgroup rw shared:4 propagate_from:2 - cgroup2 cgroup2 rw,x\n", "/",
        "/sys/fs/cgroup", "cgroup2");
}

Test(mounts, have_any_bytes_in_their_path)
{
    check("1 2 0:4 / /a\\040b\\011c\\134d\\012\\377 rw - nsfs nsfs rw", "/", "/a b\tc\\d\n\377",
        "nsfs");
    check("1 2 0:4 / /a\\04 rw - nsfs nsfs rw", "/", "/a\\04", "nsfs");
    check("1 2 0:4 / /a\\049\\ rw - nsfs", "/", "/a\\049\\", "nsfs");
}

Test(mounts, are_not_read_out_of_anything_else)
{
    struct mount mount;
    static const char *const lines[] = {
        "", "\n", " - ", "1 2 0:4 / - nsfs nsfs rw", "1 2 3 4 5 6", "1 2 0:4 / /place rw -nsfs"};
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        cr_assert_not(parse(lines[i], &mount), "%s", lines[i]);
}
