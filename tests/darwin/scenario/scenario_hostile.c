/* Answers that no kernel known today gives: what a later one might, and what is broken. */
#include "mirrors.h"
#include "scenarios.h"

#include <string.h>

/* --- to be passed over --- */

static void add_unknown(struct bytes *list, uint8_t version, uint8_t kind, uint16_t length)
{
    uint8_t head[4] = {(uint8_t)length, (uint8_t)(length >> 8), version, kind};
    bytes_add(list, head, sizeof(head));
    bytes_add(list, NULL, length - sizeof(head));
}

/* The first is of 15 bytes, not all of them text, with a backslash, a quote and a newline. */
static const struct mac_interface odd = {
    .name = "e\xff\xfe\"\\\n\x01<b>&\xc3\xa9x0",
    .index = 3,
    .flags = UP | RUNNING | PORT,
    .type = TYPE_ETHERNET,
    .mtu = 1500,
    .mac = "ac:87:a3:19:7f:85",
    .functional = IS_WIRED,
    .media_status = REFUSED,
    .counters = {{.received_packets = 1, .received_bytes = 64}},
};

static struct mac_interface plain(const char *name, uint16_t index)
{
    struct mac_interface iface = odd;
    iface.name = name;
    iface.index = index;
    return iface;
}

/* Of an address: an empty sockaddr before it, and none of its own padding at the end. */
static void add_unpadded_address(struct bytes *list, uint16_t index)
{
    static const uint8_t mask[] = {5, 0, 0, 0, 255, 0, 0, 0}, empty[4];
    static const uint8_t address[] = {8, MIRROR_AF_INET, 0, 0, 10, 1, 2, 3},
                         broadcast[] = {3, 2, 0};
    struct mirror_address_message message = {
        .length =
            sizeof(message) + sizeof(mask) + sizeof(empty) + sizeof(address) + sizeof(broadcast),
        .version = MIRROR_VERSION,
        .kind = MIRROR_ADDRESS,
        .addresses = 1 << 2 | 1 << 4 | 1 << 5 | 1 << 7,
        .index = index,
    };
    bytes_add(list, &message, sizeof(message));
    bytes_add(list, mask, sizeof(mask));
    bytes_add(list, empty, sizeof(empty));
    bytes_add(list, address, sizeof(address));
    bytes_add(list, broadcast, sizeof(broadcast));
}

/* Without a name, or with one that does not fit in what holds it. */
static void add_nameless(struct bytes *list, uint8_t name_length)
{
    const struct mac_interface iface = plain("lost0", 90);
    size_t start = list->length;
    mac_add_interface(list, &iface);
    list->at[start + sizeof(struct mirror_if_message) + 5] = name_length;
}

static void answer_interfaces(void)
{
    struct bytes list = {.length = 0};
    const struct mac_interface en1 = plain("en1", 4);
    add_unknown(&list, MIRROR_VERSION, 0x77, 4);
    mac_add_interface(&list, &odd);
    add_unknown(&list, MIRROR_VERSION, 0x7f, 61);
    add_unpadded_address(&list, 3);
    add_nameless(&list, 0);
    add_nameless(&list, 200);
    add_unknown(&list, MIRROR_VERSION + 1, MIRROR_INTERFACE, 180);
    add_unknown(&list, MIRROR_VERSION, MIRROR_INTERFACE, 100); /* too short to be one */
    mac_add_interface(&list, &en1);
    mac_add_multicast(&list, 4);
    add_unpadded_address(&list, 4444); /* of no interface here */
    answer(1, list.at, list.length, MAC_LIST);
    mac_answer_count(1, 2);
    mac_answer_details(&en1);
    answer_error(1, "EIO", "interface.functional_type.%s", odd.name);
    answer_error(1, "EIO", "interface.media.%s", odd.name);
}

static void answer_counters(void)
{
    struct mirror_if_mib mib = {.data = {.type = TYPE_ETHERNET, .received_packets = 1}};
    memcpy(mib.name, odd.name, strlen(odd.name));
    mib.data.received_bytes = 64;
    answer(1, &mib, sizeof(mib), "sysctl.4.18.0.2.3.1");
}

/* --- sockets --- */

static const struct mac_socket good[] = {
    {.local_port = 80, .state = TCP_LISTEN, .generation = 61, .pid = 1, .most_waiting = 128},
    {
        .local = "192.0.2.7",
        .local_port = 50000,
        .remote = "203.0.113.9",
        .remote_port = 443,
        .state = 99, /* a state to come */
        .generation = 62,
        .pid = 1,
        .slots = {{11, 12}},
    },
};

/* A record of a kind to come, whose length is not rounded up. */
static void add_record(struct bytes *bytes, uint32_t kind, uint32_t length)
{
    uint32_t head[2] = {length, kind};
    bytes_add(bytes, head, sizeof(head));
    bytes_add(bytes, NULL, length - sizeof(head));
    bytes_pad(bytes, 8);
}

static void answer_sockets(void)
{
    const struct mac_table table = {.is_tcp = true,
        .sockets = good,
        .count = 2,
        .socket_size = sizeof(struct mirror_socket) + 21};
    const size_t end = sizeof(struct mirror_table_end);
    struct bytes bytes = {.length = 0}, made = {.length = 0};
    mac_add_table(&made, &table);
    bytes_add(&bytes, made.at, end);
    add_record(&bytes, 0x100, 29);
    add_record(&bytes, 0x10, 48); /* the block of a socket, too short to be one */
    bytes_add(&bytes, made.at + end, made.length - 2 * end);
    add_record(&bytes, 0x40, 125);
    bytes_add(&bytes, made.at + made.length - end, end);
    answer(1, bytes.at, bytes.length, MAC_TCP);
    mac_answer_table(&(struct mac_table){.count = 0});
    mac_answer_strangers(&(int32_t){1}, 1);
    mac_answer_process(1, "launchd/", "\x01\xff", 0); /* a path that ends in no name */
}

void scenario_hostile(void)
{
    answer_interfaces();
    answer_counters();
    mac_answer_routes(false, NULL, 0);
    mac_answer_routes(true, NULL, 0);
    answer_sockets();
    mac_answer_release("none", ""); /* says nothing of its number */
}

/* --- not to be understood at all: an interface longer than the list --- */

void scenario_broken(void)
{
    struct bytes list = {.length = 0};
    const struct mac_interface en1 = plain("en1", 4);
    mac_add_interface(&list, &en1);
    answer(1, list.at, list.length - 4, MAC_LIST);
    mac_answer_count(1, 1);
    mac_answer_details(&en1);
    mac_answer_routes(false, NULL, 0);
    mac_answer_routes(true, NULL, 0);
    mac_answer_release("24.6.0", "15.6");
}
