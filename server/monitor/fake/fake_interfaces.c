#include "fake_script.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <string.h>

/* The wireless link is down for FLAP_DOWN_S at the end of every FLAP_PERIOD_S. */
static const double FLAP_PERIOD_S = 61, FLAP_DOWN_S = 4;

struct device {
    const char *name, *kind, *mac_address, *driver, *lower;
    const char *addresses[3];
    enum network_interface_type type;
    bool is_point_to_point, is_linked_outside, has_flaps;
    uint32_t mtu_bytes, receive_ring;
    uint64_t link_bits_per_s;
    double received_per_s, sent_per_s; /* bytes */
    double packet_bytes;
    double errors_per_s;
};

static const struct device devices[] = {
    {.name = "lo",
        .kind = "loopback",
        .type = NETWORK_LOOPBACK,
        .mtu_bytes = 65536,
        .addresses = {"127.0.0.1/8", "::1/128"},
        .received_per_s = 40e3,
        .sent_per_s = 40e3,
        .packet_bytes = 900},
    {.name = "eth0",
        .kind = "ether",
        .type = NETWORK_ETHERNET,
        .mtu_bytes = 1500,
        .mac_address = "02:1f:9a:00:00:01",
        .driver = "igc",
        .receive_ring = 256,
        .link_bits_per_s = 1000000000,
        .addresses = {"192.0.2.10/24", "2001:db8::10/64", "fe80::1f:9aff:fe00:1/64"},
        .received_per_s = 16e6,
        .sent_per_s = 4e6,
        .packet_bytes = 820,
        .errors_per_s = 0.02},
    {.name = "wlan0",
        .kind = "ether",
        .type = NETWORK_WIFI,
        .mtu_bytes = 1500,
        .mac_address = "02:1f:9a:00:00:02",
        .driver = "iwlwifi",
        .link_bits_per_s = 433300000,
        .addresses = {"198.51.100.23/24", "fe80::1f:9aff:fe00:2/64"},
        .received_per_s = 250e3,
        .sent_per_s = 60e3,
        .packet_bytes = 640,
        .errors_per_s = 0.2,
        .has_flaps = true},
    {.name = "wwan0",
        .kind = "wwan",
        .type = NETWORK_CELLULAR,
        .mtu_bytes = 1428,
        .driver = "mhi_net",
        .addresses = {"203.0.113.77/30"},
        .is_point_to_point = true,
        .received_per_s = 9e3,
        .sent_per_s = 4e3,
        .packet_bytes = 310},
    {.name = "docker0",
        .kind = "bridge",
        .type = NETWORK_VIRTUAL,
        .mtu_bytes = 1500,
        .mac_address = "02:42:ac:11:00:01",
        .driver = "bridge",
        .lower = "veth4c1f2ab",
        .addresses = {"172.17.0.1/16"},
        .received_per_s = 120e3,
        .sent_per_s = 700e3,
        .packet_bytes = 700},
    {.name = "veth4c1f2ab",
        .kind = "veth",
        .type = NETWORK_VIRTUAL,
        .mtu_bytes = 1500,
        .mac_address = "7e:1c:55:0b:92:4d",
        .driver = "veth",
        .link_bits_per_s = 10000000000,
        .is_linked_outside = true,
        .addresses = {"fe80::7c1c:55ff:fe0b:924d/64"},
        .received_per_s = 120e3,
        .sent_per_s = 700e3,
        .packet_bytes = 700},
};

static bool is_up_at(const struct device *device, double elapsed_s)
{
    return !device->has_flaps || fmod(elapsed_s, FLAP_PERIOD_S) < FLAP_PERIOD_S - FLAP_DOWN_S;
}

/* The time the link was up: its counters stand still while it is down. */
static double time_up(const struct device *device, double elapsed_s)
{
    if (!device->has_flaps)
        return elapsed_s;
    double whole = floor(elapsed_s / FLAP_PERIOD_S), inside = elapsed_s - whole * FLAP_PERIOD_S;
    double up_s = FLAP_PERIOD_S - FLAP_DOWN_S;
    return whole * up_s + (inside < up_s ? inside : up_s);
}

double fake_next_flap(double elapsed_s)
{
    double start = floor(elapsed_s / FLAP_PERIOD_S) * FLAP_PERIOD_S;
    double down = start + FLAP_PERIOD_S - FLAP_DOWN_S;
    return elapsed_s < down ? down : start + FLAP_PERIOD_S;
}

static struct network_address parse_address(const char *text)
{
    struct network_address address = {0};
    char bare[NETWORK_ADDRESS_TEXT];
    const char *slash = strchr(text, '/');
    put_text(bare, (size_t)(slash - text) + 1, text);
    address.family = strchr(bare, ':') ? AF_INET6 : AF_INET;
    address.prefix_length = (uint8_t)atoi(slash + 1);
    (void)inet_pton(address.family, bare, address.bytes);
    return address;
}

static int put_lists(const struct device *device, bool is_up, struct network_interface *iface)
{
    iface->status.addresses = NETWORK_KNOWN;
    iface->status.lower = NETWORK_KNOWN;
    if (device->lower) {
        iface->lower.items = calloc(1, sizeof(*iface->lower.items));
        if (!iface->lower.items)
            return -ENOMEM;
        put_text(iface->lower.items[0].text, sizeof(iface->lower.items[0].text), device->lower);
        iface->lower.count = 1;
    }
    if (!is_up) /* the lease is given back with the link */
        return 0;
    iface->addresses.items =
        calloc(ARRAY_LENGTH(device->addresses), sizeof(*iface->addresses.items));
    if (!iface->addresses.items)
        return -ENOMEM;
    for (size_t i = 0; i < ARRAY_LENGTH(device->addresses) && device->addresses[i]; i++)
        iface->addresses.items[iface->addresses.count++] = parse_address(device->addresses[i]);
    return 0;
}

static void put_facts(
    const struct device *device, double elapsed_s, struct network_interface *iface)
{
    bool is_up = is_up_at(device, elapsed_s), is_loopback = device->type == NETWORK_LOOPBACK;
    PUT_TEXT(iface, name, device->name);
    PUT(iface, type, device->type);
    PUT_TEXT(iface, kind, device->kind);
    PUT(iface, is_up, true);
    PUT(iface, is_active, is_up);
    PUT(iface, is_loopback, is_loopback);
    PUT(iface, is_wireless, device->type == NETWORK_WIFI);
    PUT(iface, is_point_to_point, device->is_point_to_point);
    PUT(iface, supports_broadcast, !is_loopback && !device->is_point_to_point);
    PUT(iface, supports_multicast, !is_loopback);
    PUT(iface, mtu_bytes, device->mtu_bytes);
    double flaps = device->has_flaps ? 2 * floor(elapsed_s / FLAP_PERIOD_S) + !is_up : 0;
    PUT(iface, carrier_changes, 2 + (uint32_t)flaps);
    iface->is_linked_outside = device->is_linked_outside;
    iface->status.alias = NETWORK_NOT_APPLICABLE;
    iface->status.netns = NETWORK_NOT_APPLICABLE;
    iface->status.link_netns_id = NETWORK_NOT_APPLICABLE;
    if (device->is_linked_outside)
        PUT(iface, link_netns_id, 0);
    PUT(iface, is_primary, strcmp(device->name, "eth0") == 0);
}

static void put_hardware(const struct device *device, bool is_up, struct network_interface *iface)
{
    iface->status.mac_address = NETWORK_NOT_APPLICABLE;
    iface->status.driver = NETWORK_NOT_APPLICABLE;
    iface->status.link_bits_per_s = NETWORK_NOT_SUPPORTED;
    iface->status.duplex = NETWORK_NOT_SUPPORTED;
    iface->status.receive_ring = NETWORK_NOT_SUPPORTED;
    if (device->receive_ring)
        PUT(iface, receive_ring, device->receive_ring);
    if (device->mac_address)
        PUT_TEXT(iface, mac_address, device->mac_address);
    if (device->driver)
        PUT_TEXT(iface, driver, device->driver);
    if (device->link_bits_per_s && is_up)
        PUT(iface, link_bits_per_s, device->link_bits_per_s);
    if (device->type == NETWORK_ETHERNET)
        PUT(iface, duplex, NETWORK_FULL_DUPLEX);
}

static void put_network(const struct device *device, bool is_up, struct network_interface *iface)
{
    bool is_wireless = device->type == NETWORK_WIFI;
    iface->status.signal_dbm = is_wireless ? NETWORK_UNAVAILABLE : NETWORK_NOT_APPLICABLE;
    iface->status.ssid = is_wireless ? NETWORK_UNAVAILABLE : NETWORK_NOT_APPLICABLE;
    iface->status.frequency_mhz = is_wireless ? NETWORK_UNAVAILABLE : NETWORK_NOT_APPLICABLE;
    if (!is_wireless || !is_up)
        return;
    PUT_TEXT(iface, ssid, "harbour");
    PUT(iface, frequency_mhz, 5180);
}

int fake_interfaces(double elapsed_s, struct interface_array *ret_interfaces)
{
    for (size_t i = 0; i < ARRAY_LENGTH(devices); i++) {
        const struct device *device = &devices[i];
        struct network_interface *iface = interface_array_append(ret_interfaces);
        if (!iface)
            return -ENOMEM;
        bool is_up = is_up_at(device, elapsed_s);
        iface->identity = i + 1;
        put_facts(device, elapsed_s, iface);
        put_hardware(device, is_up, iface);
        put_network(device, is_up, iface);
        int result = put_lists(device, is_up, iface);
        if (result < 0)
            return result;
    }
    return 0;
}

static void put_radio(const struct fake_script *script, const struct device *device,
    double elapsed_s, struct interface_sample *sample)
{
    sample->has_radio = device->type == NETWORK_WIFI;
    if (!sample->has_radio || !is_up_at(device, elapsed_s))
        return;
    double sway = 6 * sin(elapsed_s / 7 + 6 * fake_fraction(script->seed, 1, 0));
    PUT(sample, signal_dbm, -56 + (int32_t)lround(sway));
    PUT(sample, link_bits_per_s, device->link_bits_per_s);
}

static void put_counters(const struct fake_script *script, const struct device *device,
    double elapsed_s, struct interface_sample *sample)
{
    double up_s = time_up(device, elapsed_s);
    double phase = 24 * fake_fraction(script->seed, 2, (uint64_t)(device - devices));
    double received = fake_traffic(device->received_per_s, up_s, phase);
    /* The loopback hears what it says. */
    double sent = device->type == NETWORK_LOOPBACK
                      ? received
                      : fake_traffic(device->sent_per_s, up_s, phase + 0.01);
    double errors = fake_traffic(device->errors_per_s, up_s, phase);
    PUT(sample, bytes_received, script->bytes_before + (uint64_t)received);
    PUT(sample, bytes_sent, script->bytes_before + (uint64_t)sent);
    PUT(sample, packets_received, (uint64_t)(received / device->packet_bytes));
    PUT(sample, packets_sent, (uint64_t)(sent / device->packet_bytes));
    PUT(sample, receive_errors, (uint64_t)errors);
    PUT(sample, send_errors, (uint64_t)(errors / 5));
    PUT(sample, receive_drops, (uint64_t)(errors * 2));
    PUT(sample, send_drops, (uint64_t)(errors / 3));
    PUT(sample, collisions, 0);
    PUT(sample, receive_missed, (uint64_t)errors);
    PUT(sample, receive_overruns, 0);
    PUT(sample, queue_drops, 0);
}

int fake_samples(
    const struct fake_script *script, double elapsed_s, struct sample_array *ret_samples)
{
    for (size_t i = 0; i < ARRAY_LENGTH(devices); i++) {
        struct interface_sample *sample = sample_array_append(ret_samples);
        if (!sample)
            return -ENOMEM;
        sample->identity = i + 1;
        put_radio(script, &devices[i], elapsed_s, sample);
        put_counters(script, &devices[i], elapsed_s, sample);
    }
    return 0;
}
