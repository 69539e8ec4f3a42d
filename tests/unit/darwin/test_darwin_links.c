/* Interfaces as the macOS kernel lists them, and what each of them is. */
#include "answer.h"
#include "darwin_addresses.h"
#include "darwin_counters.h"
#include "darwin_links.h"
#include "darwin_types.h"
#include <sys/socket.h>

static struct answer answer;
static struct darwin_links links;

static void tear_down(void)
{
    darwin_links_fini(&links);
    answer.size = 0;
}
TestSuite(darwin_links, .fini = tear_down);

static void add_link(const char *name, uint16_t index, int32_t flags, uint8_t type)
{
    struct mirror_link_address sdl = {.family = MIRROR_AF_LINK, .index = index, .type = type};
    struct mirror_if_message message = {.version = MIRROR_VERSION,
        .kind = MIRROR_INTERFACE,
        .addresses = 0x10,
        .flags = flags,
        .index = index,
        .data = {.type = type, .mtu = 1500, .baudrate = 1000000000}};
    sdl.name_length = (uint8_t)strlen(name);
    sdl.address_length = 6;
    memcpy(sdl.data, name, sdl.name_length);
    memcpy(sdl.data + sdl.name_length, "\xac\x87\xa3\x19\x7f\x82", 6);
    size_t size = (8u + sdl.name_length + 6 + 3) & ~3u;
    sdl.length = (uint8_t)(size < 20 ? 20 : size);
    message.length = (uint16_t)(sizeof(message) + sdl.length);
    answer_add(&answer, &message, sizeof(message));
    answer_add(&answer, &sdl, sdl.length);
}

/* mask: which of RTAX; then the sockaddrs. */
static void add_address(uint16_t index, int32_t mask, const char *bytes, size_t size)
{
    struct mirror_address_message message = {.length = (uint16_t)(20 + size),
        .version = MIRROR_VERSION,
        .kind = MIRROR_ADDRESS,
        .addresses = mask,
        .index = index};
    answer_add(&answer, &message, sizeof(message));
    answer_add(&answer, bytes, size);
}

Test(darwin_links, an_interface_has_what_its_message_says)
{
    add_link("en0", 4, 0x8863, 6);
    cr_assert_eq(darwin_links_read(answer.bytes, answer.size, &links), 0);
    cr_assert_eq(links.count, 1);
    const struct darwin_link *link = &links.items[0];
    cr_assert_str_eq(link->name, "en0");
    cr_assert_eq(link->index, 4);
    cr_assert_eq(link->flags, 0x8863);
    cr_assert_eq(link->type, 6);
    cr_assert_eq(link->mtu_bytes, 1500);
    cr_assert_eq(link->baudrate, 1000000000);
    cr_assert_eq(link->mac_length, 6);
    cr_assert_eq(memcmp(link->mac, "\xac\x87\xa3\x19\x7f\x82", 6), 0);
}

/* The kernel cuts a mask after its last byte that is not zero, and its family may be anything. */
Test(darwin_links, addresses_have_the_length_of_a_cut_netmask)
{
    static const char ipv4[] = "\x07\xff\xff\xff\xff\xff\xf0\x00" /* mask */
                               "\x10\x02\x00\x00\xc0\xa8\x56\x07\x00\x00\x00\x00\x00\x00\x00\x00"
                               "\x10\x02\x00\x00\xc0\xa8\x56\x0f\x00\x00\x00\x00\x00\x00\x00\x00";
    static const char host[] = "\x00\x00\x00\x00" /* no length: four bytes of nothing */
                               "\x10\x02\x00\x00\x7f\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00";
    add_link("en0", 4, 0x8863, 6);
    add_address(4, 0xa4, ipv4, sizeof(ipv4) - 1);
    add_address(4, 0x24, host, sizeof(host) - 1);
    cr_assert_eq(darwin_links_read(answer.bytes, answer.size, &links), 0);
    cr_assert_eq(links.address_count, 2);
    cr_assert_eq(links.addresses[0].family, AF_INET);
    cr_assert_eq(links.addresses[0].prefix_length, 20);
    cr_assert_eq(memcmp(links.addresses[0].bytes, "\xc0\xa8\x56\x07", 4), 0);
    cr_assert_eq(links.addresses[1].prefix_length, 0);
    cr_assert_eq(links.items[0].address_count, 2);
}

Test(darwin_links, a_link_local_address_carries_no_scope_inside)
{
    static const char ipv6[] =
        "\x10\x1e\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"
        "\x1c\x1e\x00\x00\x00\x00\x00\x00\xfe\x80\x00\x04\x00\x00\x00\x00\xf2\x2f\x4b\xff\xfe\x09"
        "\x3b\xff\x00\x00\x00\x00";
    add_link("en0", 4, 0x8863, 6);
    add_address(4, 0x24, ipv6, sizeof(ipv6) - 1);
    cr_assert_eq(darwin_links_read(answer.bytes, answer.size, &links), 0);
    cr_assert_eq(links.address_count, 1);
    cr_assert_eq(links.addresses[0].prefix_length, 64);
    cr_assert_eq(memcmp(links.addresses[0].bytes, "\xfe\x80\0\0\0\0\0\0\xf2\x2f", 10), 0);
}

Test(darwin_links, what_is_not_understood_is_passed_over)
{
    struct mirror_multicast_message other = {
        .length = sizeof(other), .version = MIRROR_VERSION, .kind = MIRROR_MULTICAST, .index = 4};
    struct mirror_multicast_message older = {
        .length = sizeof(older), .version = 4, .kind = MIRROR_INTERFACE};
    answer_add(&answer, &other, sizeof(other));
    add_link("en0", 4, 0x8863, 6);
    answer_add(&answer, &older, sizeof(older));
    answer_add(&answer, &other, sizeof(other));
    add_link("utun3", 12, 0x8051, 1);
    cr_assert_eq(darwin_links_read(answer.bytes, answer.size, &links), 0);
    cr_assert_eq(links.count, 2);
    cr_assert_str_eq(links.items[1].name, "utun3");
}

/* The address of another interface than the one before it is nobody's. */
Test(darwin_links, an_address_belongs_to_the_interface_before_it)
{
    static const char ipv4[] = "\x10\x02\x00\x00\xc0\xa8\x56\x07\x00\x00\x00\x00\x00\x00\x00\x00";
    add_address(4, 0x20, ipv4, sizeof(ipv4) - 1);
    add_link("en0", 4, 0x8863, 6);
    add_address(5, 0x20, ipv4, sizeof(ipv4) - 1);
    cr_assert_eq(darwin_links_read(answer.bytes, answer.size, &links), 0);
    cr_assert_eq(links.address_count, 0);
}

Test(darwin_links, a_name_is_no_longer_than_its_field)
{
    add_link("fifteen_letters", 4, 0, 6);
    add_link("sixteen__letters", 5, 0, 6);
    cr_assert_eq(darwin_links_read(answer.bytes, answer.size, &links), 0);
    cr_assert_eq(links.count, 1);
    cr_assert_str_eq(links.items[0].name, "fifteen_letters");
}

Test(darwin_links, lengths_that_do_not_fit_are_refused)
{
    add_link("en0", 4, 0x8863, 6);
    for (size_t size = 1; size < answer.size; size++) {
        uint8_t *cut = answer_cut(&answer, size);
        cr_assert_eq(darwin_links_read(cut, size, &links), -EBADMSG, "%zu bytes", size);
        free(cut);
    }
    answer.bytes[0] = 3;
    answer.bytes[1] = 0;
    cr_assert_eq(darwin_links_read(answer.bytes, answer.size, &links), -EBADMSG);
}

/* The list's own byte counters are cut to 32 bits; these are not. */
Test(darwin_links, counters_are_whole)
{
    struct mirror_if_mib mib = {.name = "en0",
        .queue_drops = 3,
        .data = {.received_packets = 11,
            .receive_errors = 12,
            .sent_packets = 13,
            .send_errors = 14,
            .collisions = 15,
            .received_bytes = UINT64_C(30277303935),
            .sent_bytes = UINT64_C(1) << 40,
            .queue_drops = 16}};
    struct interface_sample sample = {0};
    cr_assert_eq(darwin_counters_read((uint8_t *)&mib, sizeof(mib), "en0", &sample), 0);
    cr_assert_eq(sample.bytes_received, UINT64_C(30277303935));
    cr_assert_eq(sample.bytes_sent, UINT64_C(1) << 40);
    cr_assert_eq(sample.packets_received, 11);
    cr_assert_eq(sample.receive_errors, 12);
    cr_assert_eq(sample.packets_sent, 13);
    cr_assert_eq(sample.send_errors, 14);
    cr_assert_eq(sample.collisions, 15);
    cr_assert_eq(sample.receive_drops, 16);
    cr_assert_eq(sample.send_drops, 3);
    cr_assert_eq(sample.status.receive_missed, NETWORK_NOT_SUPPORTED);
    cr_assert_eq(darwin_counters_read((uint8_t *)&mib, sizeof(mib), "en1", &sample),
        DARWIN_COUNTERS_OF_ANOTHER);
    cr_assert_eq(darwin_counters_read((uint8_t *)&mib, sizeof(mib) - 1, "en0", &sample), -EBADMSG);
}

static struct darwin_kind kind(const char *name, uint8_t type, int functional, uint32_t flags)
{
    struct darwin_link link = {.type = type, .flags = flags};
    strcpy(link.name, name);
    return darwin_kind_of(&link, functional, "");
}

Test(darwin_links, types_are_by_what_the_link_says_first)
{
    cr_assert_eq(kind("lo0", 0x18, 1, 0x8049).type, NETWORK_LOOPBACK);
    cr_assert_eq(kind("en0", 6, 3, 0x8863).type, NETWORK_WIFI);
    cr_assert(kind("en0", 6, 3, 0x8863).is_wireless);
    cr_assert_eq(kind("en5", 6, 2, 0x8863).type, NETWORK_ETHERNET);
    cr_assert_eq(kind("en5", 6, -1, 0x8863).type, NETWORK_ETHERNET, "no functional type");
    cr_assert_eq(kind("utun3", 1, 3, 0x8051).type, NETWORK_VIRTUAL, "though over Wi-Fi");
    cr_assert_eq(kind("awdl0", 6, 4, 0x8943).type, NETWORK_VIRTUAL);
    cr_assert_not(kind("awdl0", 6, 4, 0x8943).is_wireless);
    cr_assert_eq(kind("bridge0", 0xd1, 2, 0x8863).type, NETWORK_VIRTUAL);
    cr_assert_str_eq(kind("bridge0", 0xd1, 2, 0x8863).word, "bridge");
    cr_assert_str_eq(kind("vlan0", 0x87, 2, 0x8843).word, "vlan");
    cr_assert_eq(kind("pdp_ip0", 0xff, 5, 0x8011).type, NETWORK_CELLULAR);
    cr_assert_eq(kind("vmenet0", 6, 2, 0x8963).type, NETWORK_VIRTUAL, "made by software");
    cr_assert_eq(kind("ap1", 6, 3, 0x8863).type, NETWORK_VIRTUAL);
    cr_assert_eq(kind("apple9", 6, 2, 0x8863).type, NETWORK_ETHERNET, "a name alone is nothing");
    cr_assert_eq(kind("fw0", 0x90, -1, 0x8863).type, NETWORK_OTHER);
}

Test(darwin_links, system_configuration_tells_what_the_kernel_does_not)
{
    struct darwin_link link = {.type = 6, .flags = 0x8863, .name = "en0"};
    cr_assert_eq(darwin_kind_of(&link, -1, "IEEE80211").type, NETWORK_WIFI);
    cr_assert_eq(darwin_kind_of(&link, -1, "Ethernet").type, NETWORK_ETHERNET);
    cr_assert_eq(darwin_kind_of(&link, 2, "WWAN").type, NETWORK_CELLULAR);
    cr_assert_str_eq(darwin_kind_of(&link, 2, "Bluetooth").word, "bluetooth");
}

static struct darwin_media media(int32_t status, int32_t active)
{
    struct mirror_media_request request = {.name = "en7", .status = status, .active = active};
    return darwin_media_of((uint8_t *)&request, sizeof(request));
}

Test(darwin_links, media_have_speed_duplex_and_a_link)
{
    static const struct {
        int32_t active;
        uint64_t mbit_per_s;
    } speeds[] = {{3, 10}, {6, 100}, {16, 1000}, {21, 10000}, {22, 2500}, {23, 5000},
        {0x10000 | 1, 10000} /* 33 */, {0x10000 | 5, 40000} /* 37 */, {0x30000 | 7, 200000},
        {31, 0}, {0, 0}};
    for (size_t i = 0; i < ARRAY_LENGTH(speeds); i++)
        cr_assert_eq(media(3, 0x20 | speeds[i].active).bits_per_s, speeds[i].mbit_per_s * 1000000,
            "%x", speeds[i].active);
    cr_assert_eq(media(3, 0x80 | 16).bits_per_s, 0, "subtypes of Wi-Fi are others");
    cr_assert(media(3, 0x100030).has_duplex);
    cr_assert_eq(media(3, 0x100030).duplex, NETWORK_FULL_DUPLEX);
    cr_assert_eq(media(3, 0x200030).duplex, NETWORK_HALF_DUPLEX);
    cr_assert_not(media(3, 0x30).has_duplex);
    cr_assert(media(3, 0x30).is_active);
    cr_assert(media(1, 0x20).says_active && !media(1, 0x20).is_active);
    cr_assert_not(media(0, 0x20).says_active);
    cr_assert_not(darwin_media_of((const uint8_t *)"", 0).says_active);
}
