#include "peers.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>

static struct peers peers;

static void begin(size_t most)
{
    peers_init(&peers, most, &(struct peers_rate){10, 20});
}

static struct peer *find(const char *text, int64_t now_ms)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct sockaddr_in v4 = {.sin_family = AF_INET};

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return peers_find(&peers, (struct sockaddr *)&v4, now_ms);
    cr_assert_eq(inet_pton(AF_INET6, text, &v6.sin6_addr), 1, "%s", text);
    return peers_find(&peers, (struct sockaddr *)&v6, now_ms);
}

Test(peers, an_ipv6_client_is_its_64_and_a_mapped_one_is_ipv4)
{
    struct peer *peer;

    begin(100);
    peer = find("2001:db8:1:2::1", 0);
    cr_assert_eq(find("2001:db8:1:2:ffff:1:2:3", 0), peer);
    cr_assert_str_eq(peer->text, "2001:db8:1:2::1/64");
    cr_assert_neq(find("2001:db8:1:3::1", 0), peer);
    cr_assert_eq(find("::ffff:10.0.0.1", 0), find("10.0.0.1", 0));
    cr_assert_str_eq(find("10.0.0.1", 0)->text, "10.0.0.1");
    cr_assert_neq(find("10.0.0.2", 0), find("10.0.0.1", 0));
    peers_fini(&peers);
}

Test(peers, who_asks_too_often_waits_and_others_do_not)
{
    struct peer *peer;

    begin(100);
    peer = find("10.0.0.1", 1000);
    for (int i = 0; i < 20; i++)
        cr_assert(peers_may_ask(&peers, peer, 1000));
    cr_assert_not(peers_may_ask(&peers, peer, 1000));
    cr_assert(peers_may_arrive(&peers, peer, 1000), "connections are counted apart");
    cr_assert(peers_may_ask(&peers, find("10.0.0.2", 1000), 1000));
    cr_assert_not(peers_may_ask(&peers, peer, 1099));
    cr_assert(peers_may_ask(&peers, peer, 1101));
    cr_assert_not(peers_may_ask(&peers, peer, 1101));
    peers_fini(&peers);
}

Test(peers, each_failure_waits_twice_as_long_up_to_a_bound_and_is_forgotten)
{
    static const int64_t delays[] = {250, 500, 1000, 2000, 4000, 8000, 8000, 8000};
    struct peer *peer;

    begin(100);
    peer = find("10.0.0.1", 0);
    for (size_t i = 0; i < ARRAY_LENGTH(delays); i++)
        cr_assert_eq(peers_fail(peer, 100000), delays[i], "failure %zu", i + 1);
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(peers_fail(peer, 100000), PEERS_DELAY_MOST_MS);
    cr_assert_eq(peers_fail(find("10.0.0.2", 100000), 100000), 250);
    cr_assert_eq(peers_fail(peer, 100000 + PEERS_FORGOTTEN_MS - 1), PEERS_DELAY_MOST_MS);
    cr_assert_eq(peers_fail(peer, 100000 + 2 * PEERS_FORGOTTEN_MS), 250);
    peers_fini(&peers);
}

Test(peers, the_table_is_bounded_and_keeps_those_who_are_connected)
{
    struct peer *connected;
    char text[32];

    begin(10);
    connected = find("10.9.9.9", 0);
    peers_connect(&peers, connected);
    for (int i = 0; i < 1000; i++) {
        snprintf(text, sizeof text, "10.0.%d.%d", i / 250, i % 250 + 1);
        cr_assert_not_null(find(text, i));
        cr_assert_leq(map_count(&peers.map), 10);
    }
    cr_assert_eq(find("10.9.9.9", 2000), connected);
    peers_sweep(&peers, 2000 + PEERS_FORGOTTEN_MS);
    cr_assert_eq(map_count(&peers.map), 1, "the others are forgotten");
    peers_disconnect(&peers, connected, 200000);
    peers_sweep(&peers, 200000 + PEERS_FORGOTTEN_MS - 1);
    cr_assert_eq(map_count(&peers.map), 1);
    peers_sweep(&peers, 200000 + PEERS_FORGOTTEN_MS);
    cr_assert_eq(map_count(&peers.map), 0);
    peers_fini(&peers);
}
