#include "units.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

Test(units, reads_units_and_containers_from_paths)
{
    static const char *const rows[][2] = {
        {"/system.slice/nginx.service", "nginx.service"},
        {"/user.slice/user-1000.slice/session-3.scope", "session-3.scope"},
        {"/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox-7.scope",
            "app-firefox-7.scope"},
        {"/user.slice/user-1000.slice/user@1000.service/init.scope", "init.scope"},
        {"/system.slice/nginx.service/workers", "nginx.service"},
        {"/system.slice", ""},
        {"/", ""},
        {"", ""},
        {"/system.slice/docker-" ID ".scope", "docker:0123456789ab"},
        {"/docker/" ID, "docker:0123456789ab"},
        {"/docker/" ID "/system.slice/inner.service", "docker:0123456789ab"},
        {"/machine.slice/libpod-" ID ".scope/container", "podman:0123456789ab"},
        {"/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope",
            "kubernetes:0123456789ab"},
        {"/kubepods/burstable/pod7b1e/" ID, "kubernetes:0123456789ab"},
        {"/lxc.payload.web", "lxc:web"},
        {"/system.slice/docker-0123.scope", "docker-0123.scope"},
        {"/system.slice/docker.service", "docker.service"},
        {"/x.service/.service", "x.service"},
    };
    char name[UNIT_BYTES];

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        unit_of_path(rows[i][0], name);
        cr_assert_str_eq(name, rows[i][1], "%s: %s", rows[i][0], name);
    }
}

Test(units, cuts_a_name_that_is_too_long)
{
    char path[4096], name[UNIT_BYTES];

    memset(path, 'x', sizeof path);
    path[0] = '/';
    strcpy(path + sizeof path - 9, ".service");
    unit_of_path(path, name);
    cr_assert_eq(strlen(name), (size_t)UNIT_BYTES - 1);
}

/* A group of our own, with a space in front of nothing else's way. */
static bool make_group(const struct units *units, char *path, size_t size)
{
    snprintf(path, size, "%s/ifpulse-test-%d.service", units->root ? units->root : "", getpid());
    return units->root && mkdir(path, 0755) == 0;
}

Test(units, finds_a_group_that_came_after_it_looked_and_keeps_one_that_went)
{
    struct units units;
    struct stat status;
    char path[4200];
    const char *name = NULL;

    cr_assert_eq(units_init(&units), 0);
    units_begin(&units);
    cr_assert_null(units_find(&units, 1234567890123)); /* of nobody: it has looked now */
    if (!make_group(&units, path, sizeof path)) {
        units_fini(&units);
        cr_skip_test("no control group can be made here");
    }
    cr_assert_eq(stat(path, &status), 0);
    for (int i = 0; i < 200 && !name; i++) {
        units_begin(&units);
        name = units_find(&units, status.st_ino);
    }
    cr_assert_eq(rmdir(path), 0);
    cr_assert_not_null(name);
    cr_assert_str_eq(name, strrchr(path, '/') + 1);
    units_begin(&units);
    cr_assert_not_null(units_find(&units, status.st_ino), "its sockets may live on");
    units_fini(&units);
}
