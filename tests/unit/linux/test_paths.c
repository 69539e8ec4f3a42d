/* Which interface leads where, asked of the kernel in a network namespace of its own. */
#include "paths.h"

#include "real_sockets.h"
#include <linux/netlink.h>
#include <net/if.h>

static struct paths paths;
static struct netlink_socket route;
static struct network_address here = {.family = AF_INET, .bytes = {127, 0, 0, 1}};
static uint32_t lo;

static void set_up(void)
{
    enter_namespace();
    cr_assert_eq(netlink_open(&route, NETLINK_ROUTE), 0);
    lo = if_nametoindex("lo");
}

static void tear_down(void)
{
    netlink_close(&route);
    paths_fini(&paths);
}

TestSuite(paths, .init = set_up, .fini = tear_down);

static struct network_address there(uint32_t number)
{
    return (struct network_address){.family = AF_INET,
        .bytes = {127, (uint8_t)(1 + (number >> 16)), (uint8_t)(number >> 8), (uint8_t)number}};
}

static uint32_t find(uint32_t number)
{
    struct network_address to = there(number);
    return paths_find(&paths, &route, &here, &to);
}

/* How many of so many are known. */
static uint32_t read_all(uint32_t count)
{
    uint32_t known = 0;
    paths_begin(&paths);
    for (uint32_t i = 0; i < count; i++)
        known += find(i) == lo;
    return known;
}

Test(paths, are_asked_for_a_limited_number_at_a_time)
{
    enum { COUNT = 3 * PATHS_ASKED - 10 };
    cr_assert_eq(read_all(COUNT), PATHS_ASKED);
    cr_assert_eq(read_all(COUNT), 2 * PATHS_ASKED);
    cr_assert_eq(read_all(COUNT), COUNT);
    cr_assert_eq(paths.asked, PATHS_ASKED - 10);
    cr_assert_eq(read_all(COUNT), COUNT);
    cr_assert_eq(paths.asked, 0);
}

Test(paths, that_lead_nowhere_are_asked_for_once)
{
    struct network_address away = {.family = AF_INET, .bytes = {192, 0, 2, 1}};
    paths_begin(&paths);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(paths_find(&paths, &route, &here, &away), 0);
    cr_assert_eq(paths.asked, 1);
}

Test(paths, are_asked_for_anew_after_a_change_and_stay_what_they_were_until_then)
{
    enum { COUNT = PATHS_ASKED + 100 };
    for (int i = 0; i < 2; i++)
        (void)read_all(COUNT);
    cr_assert_eq(system("ip route del local 127.0.0.0/8 dev lo table local"), 0);
    paths_forget(&paths);
    cr_assert_eq(read_all(COUNT), COUNT - PATHS_ASKED);
    paths_forget(&paths); /* they get their turn all the same */
    cr_assert_eq(read_all(COUNT), 0);
    cr_assert_eq(system("ip route add local 127.0.0.0/8 dev lo table local"), 0);
    paths_forget(&paths);
    cr_assert_eq(read_all(COUNT), PATHS_ASKED);
}

static struct network_address mixed(uint64_t high, uint64_t low)
{
    struct network_address address = {.family = AF_INET6};
    memcpy(address.bytes, &high, sizeof(high));
    memcpy(address.bytes + 8, &low, sizeof(low));
    return address;
}

/* The other side chooses its address, and so which pairs share a place. */
Test(paths, of_pairs_that_share_a_place_are_not_mixed_up)
{
    struct network_address loopback = {.family = AF_INET6, .bytes = {[15] = 1}};
    uint64_t high, low, shift = 12345 * 0x9e3779b97f4a7c15u;
    memcpy(&high, loopback.bytes, sizeof(high));
    memcpy(&low, loopback.bytes + 8, sizeof(low));
    struct network_address from = mixed(high ^ shift ^ low * 0x9e3779b97f4a7c15u, low);
    struct network_address to = mixed(high, 12345);
    paths_begin(&paths);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(paths_find(&paths, &route, &loopback, &loopback), lo);
        cr_assert_eq(paths_find(&paths, &route, &from, &to), 0);
    }
    cr_assert_eq(paths.count, 1);
}

Test(paths, are_no_more_than_there_is_room_for_and_make_room_when_unused)
{
    (void)read_all(PATHS_MAX + 1000);
    cr_assert_eq(paths.count, PATHS_MAX);
    for (int i = 0; i < 70; i++)
        cr_assert_eq(read_all(PATHS_ASKED), PATHS_ASKED);
    cr_assert_eq(paths.count, PATHS_ASKED);
    paths_begin(&paths);
    cr_assert_eq(find(PATHS_MAX + 5), lo);
    cr_assert_eq(read_all(PATHS_ASKED), PATHS_ASKED);
}
