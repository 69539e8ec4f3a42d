/* What system.h promises, on the system these tests run on. */
#include "clock.h"
#include "system.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define MS UINT64_C(1000000)

static struct pollfd readable(int fd)
{
    return (struct pollfd){.fd = fd, .events = POLLIN};
}

Test(system, has_a_name_and_a_version)
{
    char name[128] = "";
    cr_assert(system_name(name, sizeof(name)));
    cr_assert_gt(strlen(name), 0);
    cr_assert_null(strpbrk(name, "\"\n"));
    char cut[4];
    cr_assert(system_name(cut, sizeof(cut)));
    cr_assert_eq(strncmp(cut, name, sizeof(cut) - 1), 0);
    cr_assert_eq(cut[sizeof(cut) - 1], '\0');
}

Test(system, knows_where_this_program_is)
{
    char path[PATH_MAX];
    cr_assert(system_program_path(path, sizeof(path)));
    cr_assert_eq(path[0], '/');
    const char *name = strrchr(path, '/');
    cr_assert_str_eq(name, "/test_system");
    cr_assert_eq(access(path, X_OK), 0);
}

Test(system, counts_memory_and_descriptors)
{
    size_t size = 32 * 1024 * 1024;
    int64_t bytes = system_resident_bytes(), descriptors = system_open_descriptors();
    cr_assert_gt(bytes, 100 * 1024);
    char *memory = malloc(size);
    cr_assert(memory);
    memset(memory, 1, size);
    cr_assert_gt(system_resident_bytes() - bytes, (int64_t)size / 2);
    free(memory);
    int fd = open("/dev/null", O_RDONLY);
    cr_assert_geq(fd, 0);
    cr_assert_eq(system_open_descriptors(), descriptors + 1);
    close(fd);
    cr_assert_eq(system_open_descriptors(), descriptors);
}

Test(system, stood_still_for_no_negative_time)
{
    cr_assert_geq(system_stood_still_ms(), 0);
}

Test(system, polls_no_shorter_than_it_is_told)
{
    int pipes[2];
    cr_assert_eq(pipe(pipes), 0);
    struct pollfd fd = readable(pipes[0]);
    uint64_t began_ns = clock_monotonic_ns();
    cr_assert_eq(system_poll(&fd, 1, 300000), 0);
    cr_assert_geq(clock_monotonic_ns() - began_ns, 300000);
    cr_assert_eq(write(pipes[1], "", 1), 1);
    cr_assert_eq(system_poll(&fd, 1, 60000 * MS), 1);
    cr_assert(fd.revents & POLLIN);
}

Test(system, has_words_for_every_error)
{
    cr_assert_str_eq(system_error_text(ENOENT), "No such file or directory");
    cr_assert_str_eq(system_error_text(99999), "unknown error");
    cr_assert_str_eq(system_error_text(-1), "unknown error");
}

Test(system, timer_polls_readable_when_its_time_has_come_and_once)
{
    int timer;
    bool went_off = true;
    cr_assert_eq(system_timer_open(&timer), 0);
    struct pollfd fd = readable(timer);
    cr_assert_eq(poll(&fd, 1, 0), 0);
    uint64_t at_ns = clock_monotonic_ns() + 5 * MS;
    cr_assert_eq(system_timer_set(timer, at_ns), 0);
    cr_assert_eq(poll(&fd, 1, 60000), 1);
    cr_assert_geq(clock_monotonic_ns() + MS, at_ns); /* of another clock on macOS */
    cr_assert_eq(system_timer_take(timer, &went_off), 0);
    cr_assert(went_off);
    cr_assert_eq(poll(&fd, 1, 0), 0);
    cr_assert_eq(system_timer_take(timer, &went_off), 0);
    cr_assert_not(went_off);
    close(timer);
}

Test(system, timer_that_is_set_anew_forgets_what_it_was_set_to)
{
    int timer;
    bool went_off = true;
    cr_assert_eq(system_timer_open(&timer), 0);
    struct pollfd fd = readable(timer);
    cr_assert_eq(system_timer_set(timer, 1), 0); /* long past: at once */
    cr_assert_eq(poll(&fd, 1, 60000), 1);
    cr_assert_eq(system_timer_set(timer, clock_monotonic_ns() + 3600000 * MS), 0);
    cr_assert_eq(poll(&fd, 1, 20), 0);
    cr_assert_eq(system_timer_take(timer, &went_off), 0);
    cr_assert_not(went_off);
    close(timer);
}

Test(arrays, grow_no_further_than_can_be_counted)
{
    int *items = array_resize(NULL, 4, sizeof(*items));
    cr_assert(items);
    items[3] = 7;
    cr_assert_null(array_resize(items, SIZE_MAX / 2, sizeof(*items)));
    cr_assert_eq(items[3], 7);
    free(items);
}
