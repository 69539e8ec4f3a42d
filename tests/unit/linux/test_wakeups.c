/* What wakes when, without the kernel's sockets: pipes stand for them. */
#include "wakeups.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

static struct wakeups wakeups;
static int announcements[2], closings[2];

static void set_up(void)
{
    cr_assert_eq(wakeups_init(&wakeups), 0);
    cr_assert(pipe(announcements) == 0 && pipe(closings) == 0);
    cr_assert_eq(wakeups_add(&wakeups, announcements[0], closings[0]), 0);
}

static void tear_down(void)
{
    wakeups_fini(&wakeups);
    for (int i = 0; i < 2; i++) {
        close(announcements[i]);
        close(closings[i]);
    }
}

TestSuite(wakeups, .init = set_up, .fini = tear_down);

static void say(const int ends[2])
{
    cr_assert_eq(write(ends[1], "x", 1), 1);
}

static void take(const int ends[2])
{
    char byte;
    cr_assert_eq(read(ends[0], &byte, 1), 1);
}

static bool is_awake(int timeout_ms)
{
    struct pollfd waiting = {.fd = wakeups.fd, .events = POLLIN};
    return poll(&waiting, 1, timeout_ms) == 1;
}

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

Test(wakeups, come_from_both_kinds)
{
    cr_assert_not(is_awake(0));
    say(announcements);
    cr_assert(is_awake(0));
    take(announcements);
    cr_assert_not(is_awake(0));
    say(closings);
    cr_assert(is_awake(0));
}

/* Asks again while the rest was over before it could be looked at. */
static bool rests(void)
{
    for (int i = 0; i < 1000; i++) {
        uint64_t started_us = now_us();
        cr_assert_eq(wakeups_settle(&wakeups, true), 0);
        bool awake = is_awake(0);
        if (now_us() - started_us < 1000 * WAKEUPS_REST_MS)
            return !awake;
    }
    return true;
}

Test(wakeups, of_closings_rest_after_some_were_taken)
{
    say(closings);
    cr_assert(is_awake(0));
    cr_assert(rests(), "one more waits, and does not wake");
    cr_assert(is_awake(1000), "but then");
    cr_assert(rests());
    cr_assert(is_awake(1000));
}

Test(wakeups, of_closings_rest_as_long_as_they_should)
{
    say(closings);
    uint64_t started_us = now_us();
    cr_assert_eq(wakeups_settle(&wakeups, true), 0);
    cr_assert(is_awake(1000));
    cr_assert_geq(now_us() - started_us, 1000 * WAKEUPS_REST_MS);
}

Test(wakeups, of_announcements_come_while_the_others_rest)
{
    for (int i = 0; i < 1000; i++) {
        uint64_t started_us = now_us();
        cr_assert_eq(wakeups_settle(&wakeups, true), 0);
        say(announcements);
        bool awake = is_awake(0);
        take(announcements);
        cr_assert(awake || now_us() - started_us >= 1000 * WAKEUPS_REST_MS);
    }
}

Test(wakeups, begin_again_when_nothing_came_during_the_rest)
{
    cr_assert_eq(wakeups_settle(&wakeups, true), 0);
    cr_assert(is_awake(1000));
    cr_assert_eq(wakeups_settle(&wakeups, false), 0);
    cr_assert_not(is_awake(0));
    say(closings);
    cr_assert(is_awake(0));
}

Test(wakeups, outlive_a_namespace)
{
    close(closings[0]);
    close(announcements[0]);
    cr_assert_not(is_awake(0));
    cr_assert(pipe(announcements) == 0 && pipe(closings) == 0);
    cr_assert_eq(wakeups_add(&wakeups, announcements[0], -1), 0);
    say(announcements);
    cr_assert(is_awake(0));
}
