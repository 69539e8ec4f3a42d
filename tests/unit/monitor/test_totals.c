#include "totals.h"

#include <criterion/criterion.h>
#include <string.h>

struct given {
    const char *name; /* "web/eth0" is in another namespace */
    const char *kind, *lower;
    enum network_interface_type type;
    bool is_linked_outside;
    const char *reason; /* NULL: it counts */
};

static void decide(const struct given *given, struct interface_array *array)
{
    for (; given->name; given++) {
        struct network_interface *iface = interface_array_append(array);
        const char *slash = strchr(given->name, '/');
        PUT_TEXT(iface, name, slash ? slash + 1 : given->name);
        if (slash)
            PUT_TEXT(iface, netns, "web");
        PUT_TEXT(iface, kind, given->kind);
        PUT(iface, type, given->type);
        iface->is_linked_outside = given->is_linked_outside;
        if (given->lower) {
            iface->lower.items = calloc(1, sizeof(*iface->lower.items));
            put_text(iface->lower.items[0].text, 16, given->lower);
            iface->lower.count = 1;
        }
    }
    totals_decide(array);
}

static void check(const struct given *given)
{
    struct interface_array array = {0};
    decide(given, &array);
    for (size_t i = 0; given[i].name; i++) {
        const struct network_interface *iface = &array.items[i];
        cr_assert(network_has(iface, is_counted));
        cr_assert_eq(iface->is_counted, !given[i].reason, "%s", given[i].name);
        if (given[i].reason)
            cr_assert_str_eq(iface->not_counted_reason, given[i].reason, "%s", given[i].name);
        else
            cr_assert_eq(iface->status.not_counted_reason, NETWORK_NOT_APPLICABLE);
    }
    interface_array_fini(&array);
}

static const char own_links[] = "leaves through the machine's own links";

Test(totals, count_hardware_and_nothing_it_carries)
{
    check((struct given[]){
        {"lo", "loopback", NULL, NETWORK_LOOPBACK, false, "loopback"},
        {"eth0", "ether", NULL, NETWORK_ETHERNET, false, NULL},
        {"eth1", "ether", NULL, NETWORK_ETHERNET, false, NULL},
        {"wlan0", "ether", NULL, NETWORK_WIFI, false, NULL},
        {"wwan0", "wwan", NULL, NETWORK_CELLULAR, false, NULL},
        {"ib0", "infiniband", NULL, NETWORK_OTHER, false, NULL},
        {"bond0", "bond", "eth1", NETWORK_VIRTUAL, false, "its members carry the traffic"},
        {"br0", "bridge", "eth0", NETWORK_VIRTUAL, false, "its ports carry the traffic"},
        {"br1", "bridge", NULL, NETWORK_VIRTUAL, false, "its ports carry the traffic"},
        {"eth0.5", "vlan", "eth0", NETWORK_VIRTUAL, false, "carried by eth0"},
        {"mv0", "macvlan", "eth0", NETWORK_VIRTUAL, false, "carried by eth0"},
        {"va", "veth", "vb", NETWORK_VIRTUAL, false, "peer vb is on this machine"},
        {"vb", "veth", "va", NETWORK_VIRTUAL, false, "peer va is on this machine"},
        {"vc", "veth", NULL, NETWORK_VIRTUAL, true, own_links},
        {"nka", "netkit", "nkb", NETWORK_VIRTUAL, false, "peer nkb is on this machine"},
        {"wg0", "wireguard", NULL, NETWORK_VIRTUAL, false, own_links},
        {"tun0", "tun", NULL, NETWORK_VIRTUAL, false, own_links},
        {"dummy0", "dummy", NULL, NETWORK_VIRTUAL, false, "leads nowhere"},
        {"ifb0", "ifb", NULL, NETWORK_VIRTUAL, false, "shapes what other interfaces carry"},
        {0},
    });
}

Test(totals, count_what_leads_out_of_a_container)
{
    check((struct given[]){
        {"lo", "loopback", NULL, NETWORK_LOOPBACK, false, "loopback"},
        {"eth0", "veth", NULL, NETWORK_VIRTUAL, true, NULL},
        {"net1", "macvlan", NULL, NETWORK_VIRTUAL, true, NULL},
        {"eth0.7", "vlan", "eth0", NETWORK_VIRTUAL, false, "carried by eth0"},
        {"wg0", "wireguard", NULL, NETWORK_VIRTUAL, false, own_links},
        {0},
    });
}

Test(totals, count_tunnels_where_there_is_nothing_else)
{
    check((struct given[]){
        {"lo", "loopback", NULL, NETWORK_LOOPBACK, false, "loopback"},
        {"wg0", "wireguard", NULL, NETWORK_VIRTUAL, false, NULL},
        {"va", "veth", "vb", NETWORK_VIRTUAL, false, "peer vb is on this machine"},
        {"vb", "veth", "va", NETWORK_VIRTUAL, false, "peer va is on this machine"},
        {"dummy0", "dummy", NULL, NETWORK_VIRTUAL, false, "leads nowhere"},
        {0},
    });
}

/* A container's eth0 is as good as hardware to the container, and must not be to this machine. */
Test(totals, count_nothing_of_other_namespaces_and_decide_as_if_they_were_not_there)
{
    static const char elsewhere[] = "in another network namespace";
    check((struct given[]){
        {"wg0", "wireguard", NULL, NETWORK_VIRTUAL, false, NULL},
        {"web/lo", "loopback", NULL, NETWORK_LOOPBACK, false, elsewhere},
        {"web/eth0", "ether", NULL, NETWORK_ETHERNET, false, elsewhere},
        {"web/eth1", "veth", NULL, NETWORK_VIRTUAL, true, elsewhere},
        {"web/eth2", "vlan", "eth0", NETWORK_VIRTUAL, false, elsewhere},
        {0},
    });
}

static struct network_interface *add(struct interface_array *array, bool is_counted)
{
    struct network_interface *iface = interface_array_append(array);
    PUT(iface, is_counted, is_counted);
    return iface;
}

Test(totals, sum_what_is_known_and_only_of_what_counts)
{
    struct interface_array array = {0};
    struct network_totals totals = {0};
    struct network_interface *iface = add(&array, true);
    PUT(iface, bytes_received, 1000);
    PUT(iface, download_bytes_per_s, 10.5);
    iface = add(&array, true); /* has just come: no rate yet */
    PUT(iface, bytes_received, 24);
    iface = add(&array, false);
    PUT(iface, bytes_received, 5000);
    PUT(iface, upload_bytes_per_s, 3);
    totals_sum(&array, &totals);
    cr_assert_eq(totals.bytes_received, 1024);
    cr_assert(network_has(&totals, bytes_received));
    cr_assert_float_eq(totals.download_bytes_per_s, 10.5, 1e-12);
    cr_assert_eq(totals.status.upload_bytes_per_s, NETWORK_UNAVAILABLE);
    cr_assert_eq(totals.status.bytes_sent, NETWORK_UNAVAILABLE);
    totals_sum(&array, &totals);
    cr_assert_eq(totals.bytes_received, 1024, "sums start anew each time");
    interface_array_fini(&array);
}

Test(totals, are_unknown_where_nothing_counts)
{
    struct interface_array array = {0};
    struct network_totals totals = {0};
    struct network_interface *iface = add(&array, false);
    PUT(iface, bytes_received, 1);
    totals_sum(&array, &totals);
    cr_assert_eq(totals.status.bytes_received, NETWORK_UNAVAILABLE);
    interface_array_fini(&array);
}

Test(totals, keep_the_connections_of_their_last_reading)
{
    struct connection_array connections = {0};
    struct interface_array interfaces = {0};
    struct network_totals totals = {0};
    totals_sum(&interfaces, &totals);
    cr_assert_not(network_has(&totals, connections));
    for (int i = 0; i < 2; i++) {
        struct network_connection *connection = connection_array_append(&connections);
        PUT(connection, state, i == 0 ? NETWORK_STATE_ESTABLISHED : NETWORK_STATE_LISTEN);
    }
    totals_count(&connections, &totals);
    totals_sum(&interfaces, &totals);
    cr_assert_eq(totals.connections, 2);
    cr_assert_eq(totals.established, 1);
    connection_array_fini(&connections);
}
