/* Routes, and what tells of changes, as the macOS kernel says it. */
#include "answer.h"
#include "darwin_changes.h"
#include "darwin_routes.h"
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

static struct answer answer;
static struct darwin_routes routes;

static void tear_down(void)
{
    darwin_routes_fini(&routes);
    answer.size = 0;
}
TestSuite(darwin_routes, .fini = tear_down);

enum { UP = 1, GATEWAY = 2, HOST = 4, REJECT = 8, SCOPED = 0x1000000 };

/* sockaddr_in and a netmask of so many bytes. */
static void add_route(const char *to, size_t mask_bytes, uint16_t index, int32_t flags)
{
    uint8_t destination[16] = {16, MIRROR_AF_INET};
    uint8_t mask[8] = {(uint8_t)(mask_bytes ? 4 + mask_bytes : 0), 0xff, 0xff, 0xff};
    size_t mask_size = mask_bytes ? 8 : 4;
    struct mirror_route_message message = {.version = MIRROR_VERSION,
        .kind = MIRROR_ROUTE,
        .index = index,
        .flags = flags,
        .addresses = flags & HOST ? 1 : 1 | 4};
    inet_pton(AF_INET, to, destination + 4);
    memset(mask + 4, 0xff, mask_bytes);
    size_t size = sizeof(destination) + (flags & HOST ? 0 : mask_size);
    message.length = (uint16_t)(sizeof(message) + size);
    answer_add(&answer, &message, sizeof(message));
    answer_add(&answer, destination, sizeof(destination));
    if (!(flags & HOST))
        answer_add(&answer, mask, mask_size);
}

static uint32_t find(const char *text)
{
    struct network_address address = {.family = AF_INET};
    inet_pton(AF_INET, text, address.bytes);
    return darwin_routes_find(&routes, &address);
}

Test(darwin_routes, the_longest_prefix_wins)
{
    add_route("0.0.0.0", 0, 4, UP | GATEWAY);
    add_route("10.0.0.0", 1, 5, UP);
    add_route("10.1.0.0", 2, 6, UP);
    add_route("10.1.2.3", 0, 7, UP | HOST);
    cr_assert_eq(darwin_routes_read(answer.bytes, answer.size, &routes), 0);
    cr_assert_eq(find("192.0.2.1"), 4);
    cr_assert_eq(find("10.9.9.9"), 5);
    cr_assert_eq(find("10.1.9.9"), 6);
    cr_assert_eq(find("10.1.2.3"), 7);
    cr_assert_eq(darwin_routes_default(&routes, AF_INET), 4);
    cr_assert_eq(darwin_routes_default(&routes, AF_INET6), 0);
}

/* Each interface has a default route of its own for sockets that are bound to it. */
Test(darwin_routes, those_that_no_unbound_socket_takes_do_not_count)
{
    add_route("0.0.0.0", 0, 9, UP | GATEWAY | SCOPED);
    add_route("10.0.0.0", 1, 5, UP | REJECT);
    add_route("10.0.0.0", 1, 5, GATEWAY);
    cr_assert_eq(darwin_routes_read(answer.bytes, answer.size, &routes), 0);
    cr_assert_eq(find("10.0.0.1"), 0);
    cr_assert_eq(darwin_routes_default(&routes, AF_INET), 0);
}

Test(darwin_routes, a_cut_table_is_refused_and_read_no_further)
{
    add_route("0.0.0.0", 0, 4, UP | GATEWAY);
    for (size_t size = 1; size < answer.size; size++) {
        uint8_t *cut = answer_cut(&answer, size);
        cr_assert_eq(darwin_routes_read(cut, size, &routes), -EBADMSG);
        free(cut);
    }
}

/* --- changes --- */

static struct mirror_event event(uint32_t subclass, uint32_t code)
{
    return (struct mirror_event){.total = sizeof(struct mirror_event),
        .vendor = 1,
        .class = 1,
        .subclass = subclass,
        .code = code,
        .family = 2,
        .unit = 12,
        .name = "utun"};
}

static struct darwin_change change_of(struct mirror_event told)
{
    struct darwin_change change = {0};
    darwin_change_read_event((uint8_t *)&told, sizeof(told), &change);
    return change;
}

Test(darwin_changes, links_and_addresses_are_of_interest)
{
    static const uint32_t of_links[] = {1, 3, 5, 9, 10, 11, 12, 13, 16, 23};
    for (size_t i = 0; i < ARRAY_LENGTH(of_links); i++)
        cr_assert(change_of(event(2, of_links[i])).facts, "%u", of_links[i]);
    cr_assert(change_of(event(1, 1)).facts, "an IPv4 address");
    cr_assert(change_of(event(6, 3)).facts, "an IPv6 address");
    cr_assert_not(change_of(event(2, 20)).facts, "link quality is the radio's");
    cr_assert_not(change_of(event(4, 1)).facts, "a socket");
}

Test(darwin_changes, an_interface_that_is_attached_is_named)
{
    cr_assert_str_eq(change_of(event(2, 9)).attached, "utun12");
    cr_assert_str_eq(change_of(event(2, 12)).attached, "");
}

Test(darwin_changes, other_vendors_and_half_events_say_nothing)
{
    struct mirror_event told = event(2, 12);
    struct darwin_change change = {0};
    for (size_t size = 0; size < sizeof(told); size++) {
        uint8_t *cut = malloc(size + 1);
        memcpy(cut, &told, size);
        darwin_change_read_event(cut, size, &change);
        free(cut);
    }
    told.vendor = 2;
    darwin_change_read_event((uint8_t *)&told, sizeof(told), &change);
    cr_assert_not(change.facts);
}

/* A message that a Mac really sent, of a multicast membership: 50 bytes long, its last address
 * without padding; then as if it were of an address that went. */
Test(darwin_changes, routing_messages_tell_of_links_and_addresses)
{
    uint8_t message[] = "\x32\x00\x05\x10\x30\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x14\x12"
                        "\x04\x00\x06\x03\x06\x00\x65\x6e\x30\xac\x87\xa3\x19\x7f\x82\x00\x00\x00"
                        "\x0e\x12\x00\x00\x00\x00\x06\x00\x91\xe0\xf0\x01\x00\x00";
    struct darwin_change change = {0};
    darwin_change_read_route(message, 50, &change);
    cr_assert_not(change.facts);
    message[3] = 0x0d;
    darwin_change_read_route(message, 50, &change);
    cr_assert(change.facts);
}
