#include "netns_discovery.h"
#include "netns_others.h"
#include "socket_counts.h"

#include <criterion/criterion.h>
#include <string.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

Test(namespaces, are_told_from_other_links)
{
    cr_assert_eq(netns_parse_link("net:[4026531840]"), 4026531840);
    static const char *const others[] = {"", "net:[", "net:[]x", "net:[12", "net:[12]x", "net:12",
        "mnt:[4026531840]", "/", "socket:[12]", "net:[x]"};
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
        cr_assert_eq(netns_parse_link(others[i]), 0, "%s", others[i]);
}

static void check_name(const char *cgroups, const char *expected)
{
    char name[32];
    netns_name_of_cgroups(cgroups, name, sizeof(name));
    cr_assert_str_eq(name, expected, "%s: %s", cgroups, name);
}

Test(namespaces, are_called_like_the_container_or_service_in_them)
{
    check_name("0::/system.slice/docker-" ID ".scope\n", "docker:0123456789ab");
    check_name("0::/", "");
    check_name("", "");
    check_name("0::/system.slice/systemd-hostnamed.service", "systemd-hostnamed.service");
    check_name("9:name=systemd:/\n4:memory:/docker/" ID "\n1:cpu:/docker/" ID "\n0::/\n",
        "docker:0123456789ab");
    check_name("0\n0:\n0::/lxc.payload.web\n", "lxc:web");
}

/* What a person's shell starts says nothing, and a name that is cut might be another's. */
Test(namespaces, are_not_called_like_a_session_nor_by_half_a_name)
{
    check_name("0::/user.slice/user-1000.slice/session-3.scope\n", "");
    check_name("0::/user.slice/user@1000.service/app.slice/app-x.scope\n", "");
    check_name("0::/system.slice/a-service-with-a-very-long-name.service\n", "");
    check_name("0::/lxc.payload.a-container-with-a-very-long-name", "");
}

static const char v4_text[] = "sockets: used 16\nTCP: inuse 3 orphan 7 tw 2 alloc 9 mem 132\n"
                              "UDP: inuse 4 mem 0\nUDPLITE: inuse 9\nRAW: inuse 0\n";
static const char v6_text[] = "TCP6: inuse 5\nUDP6: inuse 6\nUDPLITE6: inuse 9\nRAW6: inuse 0\n";

Test(namespaces, have_their_sockets_counted)
{
    struct socket_counts counts;
    cr_assert(socket_counts_parse(v4_text, v6_text, &counts));
    cr_assert_eq(counts.tcp, 8);
    cr_assert_eq(counts.time_wait, 2);
    cr_assert_eq(counts.udp4, 4);
    cr_assert_eq(counts.udp6, 6);
    cr_assert(socket_counts_parse(v4_text, NULL, &counts));
    cr_assert_eq(counts.tcp, 3);
    cr_assert_eq(counts.udp6, 0);
}

/* Then everything is looked for; a zero would hide what is there. */
Test(namespaces, are_not_taken_for_empty_where_a_count_is_missing)
{
    struct socket_counts counts;
    static const char *const broken[] = {"", "TCP: inuse 3 orphan 7\nUDP: inuse 4",
        "TCP: inuse 3 orphan 7 tw 2", "TCP: inuse x orphan 7 tw 2\nUDP: inuse 4",
        "TCP6: inuse 3 orphan 7 tw 2\nUDP: inuse 4"};
    for (size_t i = 0; i < ARRAY_LENGTH(broken); i++)
        cr_assert_not(socket_counts_parse(broken[i], NULL, &counts), "%s", broken[i]);
    cr_assert_not(socket_counts_parse(v4_text, "TCP6: inuse 5\n", &counts));
    cr_assert_not(socket_counts_parse(v4_text, "UDP6: inuse 5\n", &counts));
    cr_assert_not(socket_counts_read(&(struct socket_counts_files){-1, -1}, &counts));
}
