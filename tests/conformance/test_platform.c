/* The contract of platform.h, for whichever backend is linked in. */
#include "fields.h"
#include "map.h"
#include "platform.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What is known of the bytes of UDP sockets, by the system; macOS may keep those of others. */
#ifndef UDP_BYTES
#define UDP_BYTES NETWORK_NOT_SUPPORTED
#endif

static struct platform *platform;
static struct interface_array interfaces, later;
static struct sample_array samples, later_samples;
static struct connection_array connections, more, last_reading;

static void set_up(void)
{
    cr_assert_eq(platform_open(&(struct platform_options){0}, &platform), 0);
}

static void tear_down(void)
{
    platform_close(platform);
    interface_array_fini(&interfaces);
    interface_array_fini(&later);
    sample_array_fini(&samples);
    sample_array_fini(&later_samples);
    connection_array_fini(&connections);
    connection_array_fini(&more);
    connection_array_fini(&last_reading);
}

TestSuite(platform, .init = set_up, .fini = tear_down);

static void read_interfaces(struct interface_array *array)
{
    interface_array_clear(array);
    cr_assert_eq(platform_read_interfaces(platform, array), 0);
    cr_assert_gt(array->count, 0);
}

static void read_samples(struct sample_array *array)
{
    array->count = 0;
    int result = platform_read_samples(platform, array);
    cr_assert(result == 0 || result == PLATFORM_CHANGED);
}

static bool is_one_of(const char *key, const char *const *keys)
{
    for (; *keys; keys++)
        if (strcmp(key, *keys) == 0)
            return true;
    return false;
}

Test(platform, closes_nothing_without_complaint)
{
    platform_close(NULL);
}

Test(platform, clock_goes_forward_and_the_wall_clock_is_of_this_century)
{
    uint64_t before = platform_now_ns(platform);
    usleep(2000);
    cr_assert_geq(platform_now_ns(platform) - before, 2000000);
    cr_assert_gt(platform_wall_ms(platform), INT64_C(1600000000000));
    cr_assert_lt(platform_wall_ms(platform), INT64_C(4100000000000));
}

Test(platform, interfaces_always_have_their_main_facts)
{
    static const char *const always[] = {"name", "type", "kind", "is_active", "is_up",
        "is_loopback", "is_wireless", "is_point_to_point", "supports_broadcast",
        "supports_multicast", "addresses", "lower", NULL};
    read_interfaces(&interfaces);
    for (size_t i = 0; i < interfaces.count; i++)
        for (unsigned f = 0; f < interface_record.field_count; f++) {
            const struct field *field = &interface_record.fields[f];
            enum network_status status = field_status(field, &interfaces.items[i]);
            cr_assert_lt(status, NETWORK_STATUSES);
            if (is_one_of(field->key, always))
                cr_assert_eq(
                    status, NETWORK_KNOWN, "%s of %s", field->key, interfaces.items[i].name);
        }
}

Test(platform, interfaces_values_are_within_their_range)
{
    read_interfaces(&interfaces);
    for (size_t i = 0; i < interfaces.count; i++) {
        const struct network_interface *iface = &interfaces.items[i];
        cr_assert_gt(strnlen(iface->name, sizeof(iface->name)), 0);
        cr_assert_lt(strnlen(iface->name, sizeof(iface->name)), sizeof(iface->name));
        cr_assert_lt(strnlen(iface->kind, sizeof(iface->kind)), sizeof(iface->kind));
        cr_assert_lt(iface->type, NETWORK_INTERFACE_TYPES);
        cr_assert_eq(iface->is_loopback, iface->type == NETWORK_LOOPBACK);
        cr_assert(iface->is_up || !iface->is_active, "%s is active but not up", iface->name);
        cr_assert(!network_has(iface, ssid) || iface->is_wireless);
        if (network_has(iface, link_bits_per_s))
            cr_assert_gt(iface->link_bits_per_s, 0, "unknown is not zero");
    }
}

static void check_address(const struct network_address *address)
{
    cr_assert(address->family == AF_INET || address->family == AF_INET6);
    cr_assert_leq(address->prefix_length, address->family == AF_INET ? 32 : 128);
    static const uint8_t nothing[12];
    if (address->family == AF_INET)
        cr_assert_eq(memcmp(address->bytes + 4, nothing, sizeof(nothing)), 0);
}

Test(platform, addresses_are_ipv4_first_and_lower_names_are_interfaces_of_here)
{
    read_interfaces(&interfaces);
    for (size_t i = 0; i < interfaces.count; i++) {
        const struct network_address_list *list = &interfaces.items[i].addresses;
        for (uint32_t a = 0; a < list->count; a++) {
            check_address(&list->items[a]);
            cr_assert(
                a == 0 || list->items[a].family != AF_INET || list->items[a - 1].family == AF_INET);
        }
        const struct network_name_list *lower = &interfaces.items[i].lower;
        for (uint32_t l = 0; l < lower->count; l++) {
            size_t found = 0;
            for (size_t j = 0; j < interfaces.count; j++)
                found += strcmp(interfaces.items[j].name, lower->items[l].text) == 0;
            cr_assert_eq(found, 1, "%s", lower->items[l].text);
        }
    }
}

Test(platform, facts_have_no_counter_but_carrier_changes)
{
    read_interfaces(&interfaces);
    for (size_t i = 0; i < interfaces.count; i++)
        for (unsigned f = 0; f < interface_record.field_count; f++) {
            const struct field *field = &interface_record.fields[f];
            if (field->kind == FIELD_COUNTER && strcmp(field->key, "carrier_changes") != 0)
                cr_assert_eq(field_status(field, &interfaces.items[i]), NETWORK_UNAVAILABLE, "%s",
                    field->key);
        }
}

Test(platform, samples_are_of_the_interfaces_in_their_order)
{
    read_interfaces(&interfaces);
    read_samples(&samples);
    cr_assert_eq(samples.count, interfaces.count);
    for (size_t i = 0; i < samples.count; i++) {
        cr_assert_eq(samples.items[i].identity, interfaces.items[i].identity);
        cr_assert(network_has(&samples.items[i], bytes_received));
        cr_assert(!samples.items[i].has_radio || interfaces.items[i].is_wireless);
        cr_assert_neq(samples.items[i].status.link_bits_per_s == NETWORK_KNOWN,
            samples.items[i].link_bits_per_s == 0, "unknown is not zero");
    }
}

Test(platform, rates_and_what_counts_are_left_to_others)
{
    static const char *const of_others[] = {"counted", "not_counted_reason", NULL};
    read_interfaces(&interfaces);
    for (size_t i = 0; i < interfaces.count; i++)
        for (unsigned f = 0; f < interface_record.field_count; f++) {
            const struct field *field = &interface_record.fields[f];
            if (field->kind == FIELD_RATE || is_one_of(field->key, of_others))
                cr_assert_eq(field_status(field, &interfaces.items[i]), NETWORK_UNAVAILABLE, "%s",
                    field->key);
        }
}

Test(platform, interfaces_are_unique_and_keep_their_order_and_identity)
{
    struct map seen = {0};
    read_interfaces(&interfaces);
    read_interfaces(&later);
    cr_assert_eq(interfaces.count, later.count);
    for (size_t i = 0; i < interfaces.count; i++) {
        struct map_key key = {.low = interfaces.items[i].identity};
        cr_assert_eq(map_find_index(&seen, key), MAP_ABSENT);
        cr_assert_eq(map_insert_index(&seen, key, i), 0);
        cr_assert_eq(interfaces.items[i].identity, later.items[i].identity);
        cr_assert_str_eq(interfaces.items[i].name, later.items[i].name);
    }
    map_fini(&seen);
}

Test(platform, counters_do_not_turn_back)
{
    read_interfaces(&interfaces);
    read_samples(&samples);
    for (int round = 0; round < 5; round++) {
        usleep(20000);
        read_samples(&later_samples);
        cr_assert_eq(later_samples.count, samples.count);
        for (size_t i = 0; i < samples.count; i++) {
            cr_assert_geq(later_samples.items[i].bytes_received, samples.items[i].bytes_received);
            cr_assert_geq(later_samples.items[i].packets_sent, samples.items[i].packets_sent);
        }
    }
}

Test(platform, a_reading_is_appended)
{
    read_interfaces(&interfaces);
    size_t count = interfaces.count;
    cr_assert_eq(platform_read_interfaces(platform, &interfaces), 0);
    cr_assert_eq(interfaces.count, 2 * count);
    read_samples(&samples);
    count = samples.count;
    int result = platform_read_samples(platform, &samples);
    cr_assert(result == 0 || result == PLATFORM_CHANGED);
    cr_assert_eq(samples.count, 2 * count);
}

static void check_udp_bytes(const struct network_connection *connection)
{
    bool may_be_kept = UDP_BYTES == NETWORK_KNOWN;
    uint8_t status = connection->status.bytes_received;
    cr_assert(status == UDP_BYTES || (may_be_kept && status == NETWORK_PERMISSION));
    cr_assert_eq(connection->status.bytes_sent, status);
}

static void check_connection(const struct network_connection *connection)
{
    cr_assert(network_has(connection, type) && network_has(connection, state));
    cr_assert(network_has(connection, local_address) && network_has(connection, local_port));
    cr_assert_lt(connection->state, NETWORK_CONNECTION_STATES);
    check_address(&connection->local_address);
    cr_assert_leq(connection->local_port, 65535);
    bool is_alone =
        connection->state == NETWORK_STATE_LISTEN || connection->state == NETWORK_STATE_UNCONNECTED;
    if (is_alone) {
        cr_assert_eq(connection->status.remote_address, NETWORK_NOT_APPLICABLE);
        cr_assert_eq(connection->status.remote_port, NETWORK_NOT_APPLICABLE);
    }
    if (network_has(connection, remote_address))
        check_address(&connection->remote_address);
    if (connection->type == NETWORK_UDP) {
        cr_assert(is_alone || connection->state == NETWORK_STATE_ESTABLISHED);
        check_udp_bytes(connection);
    } else {
        cr_assert_neq(connection->state, NETWORK_STATE_UNCONNECTED);
    }
    if (connection->state == NETWORK_STATE_TIME_WAIT)
        cr_assert_eq(connection->status.uid, NETWORK_NOT_APPLICABLE);
    cr_assert_eq(network_has(connection, pid), network_has(connection, process_name));
    cr_assert_eq(connection->status.opened_ms, NETWORK_UNAVAILABLE);
    cr_assert_eq(connection->status.download_bytes_per_s, NETWORK_UNAVAILABLE);
    cr_assert_eq(connection->status.upload_bytes_per_s, NETWORK_UNAVAILABLE);
    cr_assert_not(network_has(connection, limited_by), "it is judged from two readings");
    cr_assert(!network_has(connection, receive_drops) || connection->type == NETWORK_UDP);
    cr_assert(!network_has(connection, congestion_window) || connection->type == NETWORK_TCP);
    cr_assert(!network_has(connection, interface) || connection->interface[0] != '\0');
    if (is_alone && connection->type == NETWORK_TCP)
        cr_assert_eq(connection->status.congestion_window, NETWORK_NOT_APPLICABLE);
}

Test(platform, connections_are_what_the_contract_says)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(listen(listener, 1), 0);
    cr_assert_eq(platform_read_connections(platform, &connections), 0);
    cr_assert_gt(connections.count, 0);
    for (size_t i = 0; i < connections.count; i++)
        check_connection(&connections.items[i]);
    close(listener);
}

Test(platform, connections_are_unique_and_keep_their_identity)
{
    struct map seen = {0};
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(listen(listener, 1), 0);
    cr_assert_eq(platform_read_connections(platform, &connections), 0);
    cr_assert_eq(platform_read_connections(platform, &more), 0);
    for (size_t i = 0; i < connections.count; i++) {
        struct map_key key = {
            .high = connections.items[i].type, .low = connections.items[i].identity};
        cr_assert_eq(map_find_index(&seen, key), MAP_ABSENT);
        cr_assert_eq(map_insert_index(&seen, key, i), 0);
    }
    for (size_t i = 0; i < more.count; i++) {
        size_t at = map_find_index(
            &seen, (struct map_key){.high = more.items[i].type, .low = more.items[i].identity});
        if (at != MAP_ABSENT)
            cr_assert_eq(more.items[i].local_port, connections.items[at].local_port);
    }
    map_fini(&seen);
    close(listener);
}

static struct map_key key_of(const struct network_connection *connection)
{
    return (struct map_key){.high = connection->type, .low = connection->identity};
}

static void index_connections(struct map *map)
{
    for (size_t i = 0; i < connections.count; i++)
        cr_assert_eq(map_insert_index(map, key_of(&connections.items[i]), i), 0);
}

Test(platform, listeners_are_those_connections_that_wait_and_show_no_process)
{
    struct map seen = {0};
    size_t same = 0;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(listen(listener, 1), 0);
    cr_assert_eq(platform_read_connections(platform, &connections), 0);
    cr_assert_eq(platform_read_listeners(platform, &more), 0);
    cr_assert_gt(more.count, 0);
    index_connections(&seen);
    for (size_t i = 0; i < more.count; i++) {
        check_connection(&more.items[i]);
        cr_assert(more.items[i].state == NETWORK_STATE_LISTEN ||
                  more.items[i].state == NETWORK_STATE_UNCONNECTED);
        cr_assert_not(network_has(&more.items[i], pid));
        size_t at = map_find_index(&seen, key_of(&more.items[i]));
        same += at != MAP_ABSENT && connections.items[at].local_port == more.items[i].local_port;
    }
    cr_assert_gt(same, 0);
    map_fini(&seen);
    close(listener);
}

/* A connection that is in the reading and ends after it. */
static void run_connection(void)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(listen(listener, 1), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    cr_assert_eq(connect(client, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(platform_read_connections(platform, &connections), 0);
    cr_assert_eq(send(client, "12345", 5, 0), 5);
    close(client);
    close(listener);
}

/* How many of those that ended were in the reading; they are what they were there, and more. */
static size_t check_closed(const struct map *seen)
{
    size_t same = 0;
    for (size_t i = 0; i < more.count; i++) {
        const struct network_connection *last = &more.items[i];
        check_connection(last);
        cr_assert_eq(last->type, NETWORK_TCP);
        cr_assert_eq(last->state, NETWORK_STATE_CLOSE);
        size_t at = map_find_index(seen, key_of(last));
        if (at == MAP_ABSENT)
            continue;
        const struct network_connection *earlier = &connections.items[at];
        same++;
        cr_assert_eq(last->local_port, earlier->local_port);
        if (network_has(last, bytes_sent) && network_has(earlier, bytes_sent))
            cr_assert_geq(last->bytes_sent, earlier->bytes_sent);
        if (network_has(last, bytes_received) && network_has(earlier, bytes_received))
            cr_assert_geq(last->bytes_received, earlier->bytes_received);
    }
    return same;
}

static bool has_capability(const char *name)
{
    size_t count;
    const struct network_capability *capabilities = platform_capabilities(platform, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(capabilities[i].name, name) == 0)
            return capabilities[i].status == NETWORK_KNOWN;
    return false;
}

/* Where the system does not tell of ends it is a reading that lacks the connection. */
static void read_closed(void)
{
    more.count = last_reading.count = 0;
    if (!has_capability("closings"))
        cr_assert_eq(platform_read_connections(platform, &last_reading), 0);
    cr_assert_eq(platform_read_closed(platform, &more), 0);
}

Test(platform, connections_that_ended_are_told_once_with_their_last_counts)
{
    struct map seen = {0}, told = {0};
    size_t same = 0;
    cr_assert_eq(platform_read_closed(platform, &more), 0);
    run_connection();
    index_connections(&seen);
    /* And some times more: none is told again. */
    for (int i = 0, rounds = 0; i < 3000 && rounds < 5; i++) {
        read_closed();
        same += check_closed(&seen);
        if (same > 0)
            rounds++;
        for (size_t c = 0; c < more.count; c++) {
            cr_assert_eq(map_find_index(&told, key_of(&more.items[c])), MAP_ABSENT);
            cr_assert_eq(map_insert_index(&told, key_of(&more.items[c]), c), 0);
        }
        usleep(10000);
    }
    cr_assert_gt(same, 0);
    map_fini(&seen);
    map_fini(&told);
}

Test(platform, capabilities_keep_their_names_and_order_and_say_why)
{
    static const char *const first[] = {"interfaces", "connections", "owners", "wireless"};
    size_t count, again;
    const struct network_capability *capabilities = platform_capabilities(platform, &count);
    cr_assert_geq(count, ARRAY_LENGTH(first));
    for (size_t i = 0; i < count; i++) {
        if (i < ARRAY_LENGTH(first))
            cr_assert_str_eq(capabilities[i].name, first[i]);
        cr_assert_lt(capabilities[i].status, NETWORK_STATUSES);
        size_t length = strnlen(capabilities[i].detail, sizeof(capabilities[i].detail));
        cr_assert(length > 0 && length < sizeof(capabilities[i].detail) - 1, "cut or empty");
        cr_assert_eq(capabilities[i].detail[length - 1], '.');
    }
    read_interfaces(&interfaces);
    capabilities = platform_capabilities(platform, &again);
    cr_assert_eq(again, count);
    cr_assert_str_eq(capabilities[0].name, first[0]);
}

Test(platform, changes_are_drained_without_waiting)
{
    bool changed = false;
    int result = platform_drain_changes(platform, &changed);
    cr_assert(result == 0 || result == PLATFORM_OVERRUN);
    int fd = platform_change_fd(platform);
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    if (fd >= 0)
        cr_assert_geq(poll(&poll_fd, 1, 0), 0);
}

/* --- captures, which open a backend of their own --- */

/* How many files were in it. */
static size_t remove_folder(const char *folder)
{
    DIR *entries = opendir(folder);
    size_t count = 0;
    cr_assert(entries);
    for (struct dirent *entry; (entry = readdir(entries));) {
        char path[512];
        int length = snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        cr_assert_lt(length, (int)sizeof(path));
        count += unlink(path) == 0; /* which leaves . and .. */
    }
    closedir(entries);
    cr_assert_eq(rmdir(folder), 0);
    return count;
}

Test(capture, is_a_folder_of_answers_or_is_said_not_to_be_had)
{
    char folder[] = "capture.XXXXXX";
    size_t written = 0;
    cr_assert(mkdtemp(folder));
    int result = platform_capture(folder, &written);
    size_t found = remove_folder(folder);
    cr_assert(result == 0 || result == -ENOTSUP, "%d", result);
    cr_assert_eq(found, written);
    cr_assert_eq(result == 0, found > 0);
}

Test(capture, that_has_no_folder_fails)
{
    size_t written = 0;
    cr_assert_lt(platform_capture("no/such/folder", &written), 0);
    cr_assert_eq(written, 0);
}
