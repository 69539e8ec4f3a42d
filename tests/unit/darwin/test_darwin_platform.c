/* The macOS backend as a whole, against scripted kernels: what it asks again, what it makes of
 * answers that are missing, and what it remembers from reading to reading. What the user sees of
 * each Mac is held by the snapshots of tests/darwin. */
#include "platform.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct platform *platform;
static struct interface_array interfaces;
static struct sample_array samples;
static struct connection_array connections;
static char copy[64]; /* a script of the test's own */

static void tear_down(void)
{
    platform_close(platform);
    interface_array_fini(&interfaces);
    sample_array_fini(&samples);
    connection_array_fini(&connections);
    char command[128];
    snprintf(command, sizeof(command), "rm -rf '%s'", copy);
    if (copy[0])
        cr_assert_eq(system(command), 0);
}
TestSuite(darwin_platform, .fini = tear_down);

static void open_script(const char *folder)
{
    setenv("IFPULSE_KERNEL_SCRIPT", folder, 1);
    cr_assert_eq(platform_open(&(struct platform_options){0}, &platform), 0);
}

static void open_mac(const char *name)
{
    char folder[512];
    snprintf(folder, sizeof(folder), "%s/%s", DARWIN_SCENARIOS, name);
    open_script(folder);
}

/* A Mac that the test changes. */
static void copy_mac(const char *name)
{
    char command[1024];
    strcpy(copy, "/tmp/ifpulse-mac-XXXXXX");
    cr_assert_not_null(mkdtemp(copy));
    snprintf(command, sizeof(command), "cp '%s/%s/'* '%s'", DARWIN_SCENARIOS, name, copy);
    cr_assert_eq(system(command), 0);
}

static void write_answer(const char *key, const void *bytes, size_t size)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", copy, key);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static void move_answer(const char *key, const char *to)
{
    char from_path[512], to_path[512];
    snprintf(from_path, sizeof(from_path), "%s/%s", copy, key);
    snprintf(to_path, sizeof(to_path), "%s/%s", copy, to);
    cr_assert_eq(rename(from_path, to_path), 0, "%s", key);
}

static void read_interfaces(void)
{
    interface_array_clear(&interfaces);
    cr_assert_eq(platform_read_interfaces(platform, &interfaces), 0);
}

static int read_samples(void)
{
    samples.count = 0;
    return platform_read_samples(platform, &samples);
}

static void read_connections(void)
{
    connections.count = 0;
    cr_assert_eq(platform_read_connections(platform, &connections), 0);
}

static const struct network_interface *find(const char *name)
{
    for (size_t i = 0; i < interfaces.count; i++)
        if (strcmp(interfaces.items[i].name, name) == 0)
            return &interfaces.items[i];
    return NULL;
}

static const struct network_connection *find_port(uint32_t local_port)
{
    for (size_t i = 0; i < connections.count; i++)
        if (connections.items[i].local_port == local_port)
            return &connections.items[i];
    return NULL;
}

static const struct network_capability *capability(const char *name)
{
    size_t count;
    const struct network_capability *all = platform_capabilities(platform, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(all[i].name, name) == 0)
            return &all[i];
    cr_assert_fail("%s", name);
    return NULL;
}

/* --- interfaces --- */

Test(darwin_platform, a_port_without_a_cable_is_not_active_though_it_runs)
{
    open_mac("macbook");
    read_interfaces();
    cr_assert(find("en5")->is_up && !find("en5")->is_active);
    cr_assert_eq(find("en5")->status.link_bits_per_s, NETWORK_UNAVAILABLE);
    cr_assert(find("en7")->is_active);
    cr_assert_eq(find("en7")->link_bits_per_s, UINT64_C(2500000000));
    cr_assert_eq(find("en7")->duplex, NETWORK_FULL_DUPLEX);
}

Test(darwin_platform, the_primary_interface_is_that_of_the_unscoped_default_route)
{
    open_mac("macbook");
    read_interfaces();
    cr_assert(find("en0")->is_primary);
    cr_assert_not(find("utun0")->is_primary);
    cr_assert(network_has(find("en7"), is_primary));
}

Test(darwin_platform, a_vlan_is_carried_by_its_parent)
{
    open_mac("macbook");
    read_interfaces();
    cr_assert_eq(find("vlan0")->lower.count, 1);
    cr_assert_str_eq(find("vlan0")->lower.items[0].text, "en7");
    cr_assert_eq(find("en7")->lower.count, 0);
}

Test(darwin_platform, counters_beyond_32_bits_are_whole)
{
    open_mac("macbook");
    read_interfaces();
    cr_assert_eq(read_samples(), 0);
    for (size_t i = 0; i < samples.count; i++)
        if (samples.items[i].identity == find("en0")->identity)
            cr_assert_eq(samples.items[i].bytes_received, UINT64_C(30277303935));
    cr_assert_eq(samples.count, interfaces.count);
}

Test(darwin_platform, without_the_kernels_list_getifaddrs_is_asked)
{
    copy_mac("macbook");
    move_answer("sysctl.4.17.0.0.6.0", "getifaddrs");
    write_answer("sysctl.4.17.0.0.6.0.error", "EPERM", 5);
    open_script(copy);
    read_interfaces();
    cr_assert_not_null(find("en0"));
    cr_assert_eq(find("en0")->addresses.count, 3);
}

Test(darwin_platform, without_any_list_reading_fails)
{
    copy_mac("macbook");
    move_answer("sysctl.4.17.0.0.6.0", "elsewhere");
    open_script(copy);
    cr_assert_eq(platform_read_interfaces(platform, &interfaces), -ENOENT);
}

Test(darwin_platform, what_grew_while_it_was_read_is_asked_again)
{
    open_mac("growing");
    read_interfaces();
    cr_assert_eq(interfaces.count, 2);
    cr_assert_eq(read_samples(), 0);
    cr_assert_eq(samples.count, 2);
    read_connections();
    cr_assert_eq(connections.count, 2);
    cr_assert_eq(read_samples(), PLATFORM_CHANGED, "en9 has no counters any more");
    cr_assert_eq(samples.count, 1);
    read_interfaces();
    cr_assert_eq(interfaces.count, 1);
    cr_assert_eq(read_samples(), 0);
}

Test(darwin_platform, a_counter_that_cannot_be_read_fails_the_reading)
{
    copy_mac("macbook");
    write_answer("sysctl.4.18.0.2.12.1", "short", 5);
    open_script(copy);
    read_interfaces();
    cr_assert_eq(read_samples(), -EBADMSG);
}

/* --- changes --- */

Test(darwin_platform, changes_are_told_by_the_event_socket_until_some_are_lost)
{
    bool changed = false;
    open_mac("events");
    struct pollfd events = {platform_change_fd(platform), POLLIN, 0};
    cr_assert_geq(events.fd, 0);
    read_interfaces();
    uint64_t identity = find("en0")->identity;
    cr_assert_eq(poll(&events, 1, 0), 1);
    cr_assert_eq(platform_drain_changes(platform, &changed), PLATFORM_OVERRUN);
    cr_assert(changed);
    read_interfaces();
    cr_assert_not(find("en0")->is_active, "its cable was pulled");
    cr_assert_eq(find("en0")->identity, identity);
    cr_assert_eq(find("en0")->addresses.count, 1);
    cr_assert_null(find("en1"));
    cr_assert_not_null(find("en8"));
    changed = false;
    cr_assert_eq(platform_drain_changes(platform, &changed), 0);
    cr_assert(changed, "one more came after those that were lost");
    changed = true;
    cr_assert_eq(platform_drain_changes(platform, &changed), 0);
    cr_assert_not(changed);
    cr_assert_eq(poll(&events, 1, 0), 0);
}

/* Between two readings: it went and came back under its name and number. */
Test(darwin_platform, an_interface_that_is_attached_anew_is_another)
{
    copy_mac("events");
    char path[512];
    for (int i = 1; i <= 6; i++) {
        snprintf(path, sizeof(path), "%s/event%s%.0d%s", copy, i > 1 ? "@" : "", i > 1 ? i : 0,
            i == 5 ? ".error" : "");
        if (i != 4)
            (void)unlink(path);
    }
    move_answer("event@4", "event");
    move_answer("sysctl.4.17.0.0.6.0@2", "sysctl.4.17.0.0.6.0");
    bool changed = false;
    open_script(copy);
    read_interfaces();
    uint64_t before = find("en8")->identity, other = find("en0")->identity;
    cr_assert_eq(platform_drain_changes(platform, &changed), 0);
    cr_assert(changed);
    read_interfaces();
    cr_assert_neq(find("en8")->identity, before);
    cr_assert_eq(find("en0")->identity, other);
}

/* --- connections --- */

Test(darwin_platform, connections_have_process_user_and_the_interface_of_their_route)
{
    open_mac("macbook");
    read_interfaces();
    read_connections();
    const struct network_connection *c = find_port(50123);
    cr_assert_str_eq(c->process_name, "Safari");
    cr_assert_eq(c->pid, 701);
    cr_assert_eq(c->evidence, NETWORK_EVIDENCE_SOCKET);
    cr_assert_str_eq(c->interface, "en0");
    cr_assert_eq(c->bytes_received, UINT64_C(5000000000), "the second slot is what was dropped");
    cr_assert_str_eq(find_port(50125)->interface, "utun0");
    cr_assert_eq(find_port(50127)->status.interface, NETWORK_UNAVAILABLE, "link-local");
    cr_assert_str_eq(find_port(8080)->process_name, "com.example.serv", "its file is gone");
    cr_assert_null(find_port(50128), "younger than the table");
    cr_assert_eq(capability("connections")->status, NETWORK_KNOWN);
}

Test(darwin_platform, listeners_are_those_that_wait_without_their_processes)
{
    open_mac("macbook");
    read_interfaces();
    cr_assert_eq(platform_read_listeners(platform, &connections), 0);
    cr_assert_eq(connections.count, 3);
    for (size_t i = 0; i < connections.count; i++)
        cr_assert_not(network_has(&connections.items[i], pid));
    cr_assert_eq(find_port(8080)->evidence, NETWORK_EVIDENCE_UID);
}

Test(darwin_platform, bytes_add_up_on_older_kernels)
{
    open_mac("macos14");
    read_interfaces();
    read_connections();
    cr_assert_eq(find_port(50000)->bytes_received, UINT64_C(5000000600));
}

/* macOS 27 gives a table of the own sockets alone, without an error. */
Test(darwin_platform, where_others_are_hidden_libproc_shows_the_users_own)
{
    open_mac("hidden");
    read_interfaces();
    read_connections();
    cr_assert_eq(connections.count, 3);
    const struct network_connection *c = find_port(50001);
    cr_assert_eq(c->pid, 77, "the lowest of two that hold it");
    cr_assert_str_eq(c->process_name, "node");
    cr_assert_eq(c->evidence, NETWORK_EVIDENCE_PROC);
    cr_assert_eq(c->status.bytes_received, NETWORK_PERMISSION);
    cr_assert_eq(c->receive_queue_bytes, 11);
    cr_assert_eq(find_port(8000)->state, NETWORK_STATE_LISTEN);
    cr_assert_eq(find_port(60001)->type, NETWORK_UDP);
    cr_assert(network_has(c, uid));
    cr_assert_eq(capability("connections")->status, NETWORK_PERMISSION);
    cr_assert_eq(capability("owners")->status, NETWORK_PERMISSION);
}

/* A Mac with next to nothing open is not one that hides it. */
Test(darwin_platform, few_sockets_are_not_taken_for_hidden_ones)
{
    open_mac("events");
    read_interfaces();
    read_connections();
    cr_assert_eq(connections.count, 0);
    cr_assert_eq(capability("connections")->status, NETWORK_KNOWN);
}

Test(darwin_platform, one_table_without_the_other_is_no_reading)
{
    copy_mac("macbook");
    write_answer("sysctl.net.inet.udp.pcblist_n", "short", 5);
    open_script(copy);
    read_interfaces();
    cr_assert_eq(platform_read_connections(platform, &connections), -EBADMSG);
}

Test(darwin_platform, connections_that_a_reading_no_longer_has_have_ended)
{
    copy_mac("macbook");
    write_answer("sysctl.net.inet.tcp.pcblist_n@2",
        "\x18\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0", 24);
    write_answer("sysctl.net.inet.tcp.pcblist_n.size", "4000", 4);
    open_script(copy);
    read_interfaces();
    read_connections();
    size_t open = 0;
    for (size_t i = 0; i < connections.count; i++) {
        const struct network_connection *connection = &connections.items[i];
        open += connection->type == NETWORK_TCP && network_has(connection, remote_address) &&
                connection->state != NETWORK_STATE_TIME_WAIT;
    }
    cr_assert_gt(open, 0);
    read_connections();
    struct connection_array closed = {0};
    cr_assert_eq(platform_read_closed(platform, &closed), 0);
    cr_assert_eq(closed.count, open, "%zu", closed.count);
    for (size_t i = 0; i < closed.count; i++)
        cr_assert_eq(closed.items[i].state, NETWORK_STATE_CLOSE);
    cr_assert_eq(capability("closings")->status, NETWORK_NOT_SUPPORTED);
    connection_array_fini(&closed);
}

static size_t count_files(const char *folder)
{
    size_t count = 0;
    DIR *list = opendir(folder);
    cr_assert_not_null(list);
    for (struct dirent *entry; (entry = readdir(list));)
        count += entry->d_name[0] != '.';
    closedir(list);
    return count;
}

/* --- capture --- */

/* What is captured of a Mac is a script that the backend reads the same from. */
Test(darwin_platform, a_capture_is_a_script_of_the_same_mac)
{
    char folder[512];
    size_t count;
    strcpy(copy, "/tmp/ifpulse-mac-XXXXXX");
    cr_assert_not_null(mkdtemp(copy));
    snprintf(folder, sizeof(folder), "%s/hidden", DARWIN_SCENARIOS);
    setenv("IFPULSE_KERNEL_SCRIPT", folder, 1);
    cr_assert_eq(platform_capture(copy, &count), 0);
    cr_assert_eq(count, count_files(copy));
    open_script(copy);
    read_interfaces();
    cr_assert_eq(interfaces.count, 2);
    cr_assert_eq(read_samples(), 0);
    read_connections();
    cr_assert_eq(connections.count, 3);
    cr_assert_eq(capability("connections")->status, NETWORK_PERMISSION);
}

Test(darwin_platform, a_capture_that_cannot_be_written_says_so)
{
    char folder[512];
    size_t count;
    snprintf(folder, sizeof(folder), "%s/events", DARWIN_SCENARIOS);
    setenv("IFPULSE_KERNEL_SCRIPT", folder, 1);
    cr_assert_eq(platform_capture("/nowhere", &count), -ENOENT);
}
