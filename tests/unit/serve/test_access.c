#include "access.h"

#include <criterion/criterion.h>

static const char *const hosts[] = {"monitor.example", "proxy.example:443", "2001:db8::5", NULL};
static const char *const origins[] = {"https://proxy.example", NULL};
static const struct access_rules rules = {
    .hostname = "box", .port = 8750, .allowed_hosts = hosts, .allowed_origins = origins};

struct row {
    const char *host, *origin;
    enum access_verdict verdict;
};

static void check(const struct row *row)
{
    cr_assert_eq(access_check(&rules, row->host, row->origin, "192.0.2.7"), row->verdict,
        "Host %s Origin %s", row->host ? row->host : "(none)",
        row->origin ? row->origin : "(none)");
}

Test(access, knows_its_own_names_and_no_others)
{
    static const struct row rows[] = {
        {"127.0.0.1:8750", NULL, ACCESS_GRANTED},
        {"localhost:8750", NULL, ACCESS_GRANTED},
        {"LOCALHOST.:8750", NULL, ACCESS_GRANTED},
        {"127.9.9.9:8750", NULL, ACCESS_GRANTED},
        {"[::1]:8750", NULL, ACCESS_GRANTED},
        {"192.0.2.7:8750", NULL, ACCESS_GRANTED},
        {"box:8750", NULL, ACCESS_GRANTED},
        {"monitor.example", NULL, ACCESS_GRANTED},
        {"monitor.example:1", NULL, ACCESS_GRANTED},
        {"proxy.example:443", NULL, ACCESS_GRANTED},
        {"[2001:db8::5]:99", NULL, ACCESS_GRANTED},
        {"proxy.example", NULL, ACCESS_WRONG_HOST},
        {"127.0.0.1", NULL, ACCESS_WRONG_HOST},
        {"127.0.0.1:8751", NULL, ACCESS_WRONG_HOST},
        {"192.0.2.8:8750", NULL, ACCESS_WRONG_HOST},
        {"evil.example:8750", NULL, ACCESS_WRONG_HOST},
        {"localhost.evil.example:8750", NULL, ACCESS_WRONG_HOST},
        {"127.0.0.1.evil.example:8750", NULL, ACCESS_WRONG_HOST},
        {"l:8750", NULL, ACCESS_WRONG_HOST},
        {"2130706433:8750", NULL, ACCESS_WRONG_HOST},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        check(&rows[i]);
}

Test(access, lets_no_other_site_in)
{
    static const struct row rows[] = {
        {"127.0.0.1:8750", "http://127.0.0.1:8750", ACCESS_GRANTED},
        {"localhost:8750", "http://localhost:8750", ACCESS_GRANTED},
        {"proxy.example:443", "https://proxy.example", ACCESS_GRANTED},
        {"127.0.0.1:8750", "http://localhost:8750", ACCESS_WRONG_ORIGIN},
        {"127.0.0.1:8750", "http://127.0.0.1:8751", ACCESS_WRONG_ORIGIN},
        {"127.0.0.1:8750", "http://127.0.0.1", ACCESS_WRONG_ORIGIN},
        {"127.0.0.1:8750", "https://127.0.0.1:8750", ACCESS_WRONG_ORIGIN},
        {"127.0.0.1:8750", "http://evil.example", ACCESS_WRONG_ORIGIN},
        {"127.0.0.1:8750", "http://127.0.0.1:8750.evil.example", ACCESS_WRONG_ORIGIN},
        {"127.0.0.1:8750", "null", ACCESS_WRONG_ORIGIN},
        {"127.0.0.1:8750", "", ACCESS_WRONG_ORIGIN},
        {"127.0.0.1:8750", "file://", ACCESS_WRONG_ORIGIN},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        check(&rows[i]);
}

Test(access, asks_for_a_host_that_can_be_read)
{
    static const struct row rows[] = {
        {NULL, NULL, ACCESS_NO_HOST},
        {"", NULL, ACCESS_NO_HOST},
        {":8750", NULL, ACCESS_NO_HOST},
        {"[::1", NULL, ACCESS_NO_HOST},
        {"localhost:", NULL, ACCESS_NO_HOST},
        {"localhost:x", NULL, ACCESS_NO_HOST},
        {"localhost:99999", NULL, ACCESS_NO_HOST},
        {"localhost:8750; localhost:8750", NULL, ACCESS_NO_HOST},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        check(&rows[i]);
}
