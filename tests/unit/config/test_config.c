#include "config.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct config config;
static char error[CONFIG_ERROR_BYTES];

static int read_text(const char *text)
{
    char file[] = "/tmp/ifpulse-config-XXXXXX";
    int fd = mkstemp(file), r;

    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    config_fini(&config);
    config_init(&config);
    r = config_read_file(&config, file, error);
    unlink(file);
    return r;
}

Test(config, takes_every_key_over)
{
    cr_assert_eq(
        read_text("{\"listen\":\"[::1]:80\",\"web\":\"w\",\"interval_ms\":50,"
                  "\"connections_interval_ms\":2000,\"cpu_budget_percent\":2.5,\"allowed_hosts\":["
                  "\"a\",\"b\"],"
                  "\"allowed_origins\":[\"https://a\"],\"anonymous\":true,"
                  "\"limits\":{\"clients\":1,\"clients_per_address\":2,\"subscriptions\":3,"
                  "\"message_bytes\":4,\"messages_per_s\":5,\"message_burst\":6},"
                  "\"history\":{\"tombstone_s\":7,\"tombstones\":8,\"events\":9,"
                  "\"fine_s\":10,\"coarse_s\":11,\"bytes\":12},"
                  "\"log_level\":\"debug\"}"),
        0, "%s", error);
    cr_assert_str_eq(config.listen.address, "::1");
    cr_assert_eq(config.listen.port, 80);
    cr_assert(config.listen.is_loopback);
    cr_assert_str_eq(config.web, "w");
    cr_assert_eq(config.interval_ms, 50);
    cr_assert_eq(config.connections_interval_ms, 2000);
    cr_assert_eq(config.cpu_budget_percent, 2.5);
    cr_assert_str_eq(config.allowed_hosts[1], "b");
    cr_assert_null(config.allowed_hosts[2]);
    cr_assert_str_eq(config.allowed_origins[0], "https://a");
    cr_assert(config.anonymous);
    cr_assert_eq(config.limits.clients, 1);
    cr_assert_eq(config.limits.message_burst, 6);
    cr_assert_eq(config.tombstone_s, 7);
    cr_assert_eq(config.events, 9);
    cr_assert_eq(config.fine_s, 10);
    cr_assert_eq(config.coarse_s, 11);
    cr_assert_eq(config.history_bytes, 12);
    cr_assert_eq(config.log_level, LOG_LEVEL_DEBUG);
    config_fini(&config);
}

Test(config, names_the_line_the_key_and_what_would_be_right)
{
    static const struct {
        const char *text, *line, *names;
    } rows[] = {
        {"{\n\"listen\": \"nowhere\"\n}", ":2: listen:", "ADDRESS:PORT"},
        {"{\n\n\"listen\": \"example.com:80\"}", ":3: listen:", "IPv4"},
        {"{\"listen\": \"127.0.0.1:70000\"}", ":1: listen:", "ADDRESS:PORT"},
        {"{\n\"interval_ms\": 10\n}", ":2: interval_ms:", "50"},
        {"{\n\"interval_ms\": \"1s\"\n}", ":2: interval_ms:", "milliseconds"},
        {"{\n\"cpu_budget_percent\": 100.5\n}", ":2: cpu_budget_percent:", "0 to 100"},
        {"{\n\"cpu_budget_percent\": -1\n}", ":2: cpu_budget_percent:", "0 to 100"},
        {"{\n\"cpu_budget_percent\": \"5 %\"\n}", ":2: cpu_budget_percent:", "number"},
        {"{\n\"colour\": 1\n}", ":2: colour:", "log_level"},
        {"{\n\"limits\": {\n\"clients\": 0\n}}", ":3: limits.clients:", "1"},
        {"{\n\"limits\": {\n\"clowns\": 0\n}}", ":3: limits.clowns:", "clients_per_address"},
        {"{\n\"limits\": 5}", ":2: limits:", "object"},
        {"{\n\"history\": {\"events\": -4}}", ":2: history.events:", "1"},
        {"{\n\"allowed_hosts\": [1]}", ":2: allowed_hosts:", "text"},
        {"{\n\"anonymous\": \"yes\"}", ":2: anonymous:", "true or false"},
        {"{\n\"log_level\": \"loud\"}", ":2: log_level:", "notice"},
        {"{\n\"token_file\": 5}", ":2: token_file:", "text"},
        {"{\n\"limits\": {\"request_burst\": 0}}", ":2: limits.request_burst:", "1"},
        {"{\n\"listen\": 1,\n}", ":3:", "JSON"},
        {"{\"web\":\"a\",\n\"web\":\"b\"}", ":2:", "duplicate"},
        {"[]", ":1:", "object"},
        {"", ":1:", "JSON"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cr_assert_eq(read_text(rows[i].text), CONFIG_WRONG, "taken: %s", rows[i].text);
        cr_assert(strstr(error, rows[i].line), "%s: %s", rows[i].text, error);
        cr_assert(strstr(error, rows[i].names), "%s: %s", rows[i].text, error);
    }
    config_fini(&config);
}

Test(config, a_file_that_is_not_there_is_named)
{
    config_init(&config);
    cr_assert_eq(config_read_file(&config, "/nonexistent/ifpulse.json", error), CONFIG_WRONG);
    cr_assert(strstr(error, "/nonexistent/ifpulse.json"), "%s", error);
    config_fini(&config);
}

Test(config, does_not_show_the_network_to_others_unasked)
{
    config_init(&config);
    cr_assert_eq(config_check(&config, error), 0);
    cr_assert_eq(config_set_option(&config, "listen", "0.0.0.0:8750", error), 0);
    cr_assert_eq(config_check(&config, error), CONFIG_WRONG);
    cr_assert(strstr(error, "anonymous"), "%s", error);
    cr_assert_eq(config_set_option(&config, "anonymous", "", error), 0);
    cr_assert_eq(config_check(&config, error), 0);
    config_fini(&config);
}

Test(config, names_the_files_that_are_not_right)
{
    config_init(&config);
    cr_assert_eq(config_set_option(&config, "token-file", "/nonexistent/tokens", error), 0);
    cr_assert_eq(config_check(&config, error), CONFIG_WRONG);
    cr_assert(strstr(error, "/nonexistent/tokens"), "%s", error);
    cr_assert_eq(read_text("{\"tls_key\": \"/nonexistent/key.pem\"}"), 0);
    cr_assert_eq(config_check(&config, error), CONFIG_WRONG);
    cr_assert(strstr(error, "tls_certificate"), "%s", error);
    config_fini(&config);
}

Test(config, an_option_that_is_wrong_is_named)
{
    static const char *const rows[][2] = {
        {"listen", "8750"}, {"interval-ms", "abc"}, {"interval-ms", "0"}, {"log-level", "loud"}};

    config_init(&config);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cr_assert_eq(config_set_option(&config, rows[i][0], rows[i][1], error), CONFIG_WRONG);
        cr_assert(strstr(error, rows[i][0]), "%s", error);
    }
    config_fini(&config);
}
