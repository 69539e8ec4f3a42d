/* Metrics: names by the rule, unknown left out, what is in a name does no harm. */
#include "prometheus.h"

#include "platform.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct network_interface interfaces[2];
static struct network_owner owners[60];
static struct network_server server;
static struct model model;

static void teardown(void)
{
    model_fini(&model);
}

TestSuite(prometheus, .fini = teardown);

static void set_name(struct network_interface *iface, const char *name)
{
    PUT_TEXT(iface, name, name);
}

static void make_model(size_t interface_count, size_t owner_count)
{
    struct observation observation = {
        .wall_ms = 1700000000250,
        .has_all_interfaces = true,
        .interfaces = interfaces,
        .interface_count = interface_count,
        .has_connections = true,
        .owners = owners,
        .owner_count = owner_count,
    };

    model_init(&model, &(struct model_limits){10, 1000, 10});
    cr_assert_eq(model_update(&model, &observation, &server), 0);
}

static char *encode(enum exposition_format format, bool has_connections)
{
    static const struct counts counts = {.deliveries = 7, .closes = {{4408, 3}}};
    struct prometheus_source source = {
        .model = &model,
        .counts = &counts,
        .encodes = 5,
        .has_connections = has_connections,
        .process = {.cpu_ns = 1500000000, .resident_bytes = -1, .open_files = 9, .files_max = -1},
    };
    struct buffer text;

    cr_assert_eq(prometheus_encode(&source, format, &text), 0);
    buffer_append_char(&text, '\0');
    return text.bytes;
}

#define HAS(text, line) cr_assert(strstr(text, "\n" line "\n"), "no line %s in:\n%s", line, text)
#define LACKS(text, part) cr_assert_not(strstr(text, part), "%s in:\n%s", part, text)

Test(prometheus, values_are_exact_and_in_base_units)
{
    char *text;

    set_name(&interfaces[0], "eth0");
    PUT(&interfaces[0], bytes_received, UINT64_MAX);
    PUT(&interfaces[0], receive_errors, 9007199254740993);
    PUT(&interfaces[0], link_bits_per_s, 1000000001);
    PUT(&interfaces[0], signal_dbm, -61);
    PUT(&interfaces[0], frequency_mhz, 5180);
    PUT(&interfaces[0], is_up, false);
    PUT(&interfaces[0], mtu_bytes, 1500);
    PUT(&interfaces[0], link_netns_id, 3);
    PUT(&interfaces[0], download_bytes_per_s, 5);
    PUT(&server, interval_ms, 1050);
    PUT(&server, tick_ms, 0.123);
    PUT(&server, started_ms, 1700000000001);
    PUT(&server, collection, NETWORK_COLLECTION_SLOWER);
    make_model(1, 0);
    text = encode(EXPOSITION_TEXT, true);
    HAS(text, "ifpulse_interface_receive_bytes_total{interface=\"eth0\"} 18446744073709551615");
    HAS(text, "ifpulse_interface_receive_errors_total{interface=\"eth0\"} 9007199254740993");
    HAS(text, "ifpulse_interface_link_speed_bytes_per_second{interface=\"eth0\"} 125000000.125");
    HAS(text, "ifpulse_interface_signal_strength_dbm{interface=\"eth0\"} -61");
    HAS(text, "ifpulse_interface_frequency_hertz{interface=\"eth0\"} 5180000000");
    HAS(text, "ifpulse_interface_up{interface=\"eth0\"} 0");
    HAS(text, "ifpulse_interface_mtu_bytes{interface=\"eth0\"} 1500");
    HAS(text, "ifpulse_interval_seconds 1.05");
    HAS(text, "ifpulse_tick_seconds 0.000123");
    HAS(text, "process_start_time_seconds 1700000000.001");
    HAS(text, "ifpulse_observation_timestamp_seconds 1700000000.25");
    HAS(text, "process_cpu_seconds_total 1.5");
    HAS(text, "ifpulse_collection{collection=\"slower\"} 1");
    HAS(text, "ifpulse_collection{collection=\"full\"} 0");
    HAS(text, "ifpulse_client_closes_total{code=\"4408\"} 3");
    HAS(text, "ifpulse_deliveries_total 7");
    HAS(text, "ifpulse_encodes_total 5");
    LACKS(text, "link_namespace");
    LACKS(text, "download");
    free(text);
}

Test(prometheus, what_is_not_known_is_left_out)
{
    char *text;

    set_name(&interfaces[0], "eth0");
    PUT(&interfaces[0], bytes_received, 0);
    interfaces[0].status.bytes_sent = NETWORK_NOT_SUPPORTED;
    PUT(&server, tick_ms, 0.0 / 0.0);
    make_model(1, 1);
    text = encode(EXPOSITION_TEXT, false);
    HAS(text, "ifpulse_interface_receive_bytes_total{interface=\"eth0\"} 0");
    LACKS(text, "send_bytes");
    LACKS(text, "ifpulse_tick");
    LACKS(text, "resident");
    LACKS(text, "ifpulse_owner");
    LACKS(text, "ifpulse_totals");
    LACKS(text, "namespace=");
    free(text);
}

Test(prometheus, names_of_any_bytes_make_valid_labels)
{
    char *text;

    set_name(&interfaces[0], "a\"b\\c\nd\xff\xc3\xa9");
    PUT(&interfaces[0], bytes_sent, 1);
    set_name(&interfaces[1], "eth0");
    PUT_TEXT(&interfaces[1], netns, "web\"");
    PUT(&interfaces[1], bytes_sent, 2);
    make_model(2, 0);
    text = encode(EXPOSITION_OPENMETRICS, true);
    HAS(text,
        "ifpulse_interface_send_bytes_total{interface=\"a\\\"b\\\\x5cc\\nd\\\\xff\xc3\xa9\"} 1");
    HAS(text, "ifpulse_interface_send_bytes_total{interface=\"eth0\",namespace=\"web\\\"\"} 2");
    free(text);
}

Test(prometheus, only_the_owners_that_moved_most_are_told_one_by_one)
{
    char line[128];
    char *text;
    unsigned shown = 0;

    for (unsigned i = 0; i < ARRAY_LENGTH(owners); i++) {
        PUT(&owners[i], kind, NETWORK_OWNER_USER);
        PUT(&owners[i], uid, 1000 + i);
        PUT(&owners[i], bytes_sent, i * 7 % 60);
        PUT(&owners[i], connections, 1);
    }
    make_model(0, ARRAY_LENGTH(owners));
    text = encode(EXPOSITION_TEXT, true);
    HAS(text, "ifpulse_owners 60");
    for (unsigned i = 0; i < ARRAY_LENGTH(owners); i++) {
        snprintf(line, sizeof line, "\nifpulse_owner_send_bytes_total{owner=\"user:%u\"} %u\n",
            1000 + i, i * 7 % 60);
        cr_assert_eq(!!strstr(text, line), i * 7 % 60 >= 10, "%s", line);
        shown += !!strstr(text, line);
    }
    cr_assert_eq(shown, PROMETHEUS_OWNERS);
    free(text);
}

/* Each name once, with its type's ending, its unit at its end, and its samples behind it. */
Test(prometheus, each_family_is_written_once_and_as_its_format_asks)
{
    char family[128] = "", unit[64], names[256][128], type[32];
    unsigned count = 0;
    char *text, *rest;

    set_name(&interfaces[0], "eth0");
    memset(&interfaces[0].status, NETWORK_KNOWN, sizeof interfaces[0].status);
    memset(&owners[0].status, NETWORK_KNOWN, sizeof owners[0].status);
    memset(&server.status, NETWORK_KNOWN, sizeof server.status);
    make_model(1, 1);
    text = encode(EXPOSITION_OPENMETRICS, true);
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (sscanf(line, "# HELP %127s", family) == 1) {
            for (unsigned i = 0; i < count; i++)
                cr_assert_str_neq(names[i], family);
            strcpy(names[count++], family);
            cr_assert_not(strchr(line, '"'), "0.0.4 has no such escape in help: %s", line);
        } else if (sscanf(line, "# UNIT %*s %63s", unit) == 1) {
            cr_assert_str_eq(family + strlen(family) - strlen(unit), unit);
            cr_assert_eq(family[strlen(family) - strlen(unit) - 1], '_');
        } else if (sscanf(line, "# TYPE %*s %31s", type) == 1) {
            cr_assert(strcmp(type, "unknown"));
        } else if (line[0] != '#') {
            const char *end = strcmp(type, "counter") == 0 ? "_total"
                              : strcmp(type, "info") == 0  ? "_info"
                                                           : "";
            size_t length = strcspn(line, "{ ");

            cr_assert_eq(length, strlen(family) + strlen(end), "%s in %s", line, family);
            cr_assert_eq(strncmp(line, family, strlen(family)), 0, "%s in %s", line, family);
            cr_assert_eq(strncmp(line + strlen(family), end, strlen(end)), 0, "%s", line);
        } else {
            cr_assert_str_eq(line, "# EOF");
        }
    }
    cr_assert_gt(count, 50);
    free(text);
}
