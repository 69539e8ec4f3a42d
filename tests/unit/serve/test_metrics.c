/* Metrics as an answer: which of the two formats Accept asks for, and what is done without
 * connections. */
#include "api.h"

#include <criterion/criterion.h>

Test(accept, openmetrics_where_it_is_named_and_weighs_no_less)
{
    static const struct {
        const char *accept;
        bool open;
    } rows[] = {
        {NULL, false},
        {"", false},
        {"*/*", false},
        {"text/plain", false},
        {"application/json", false},
        {"application/openmetrics-text", true},
        {"Application/OpenMetrics-Text; version=1.0.0; charset=utf-8", true},
        {"application/openmetrics-text2", false},
        {"application/openmetrics-text;q=0", false},
        {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
         "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            true},
        {"text/plain;version=0.0.4;q=0.5, application/openmetrics-text;q=0.4", false},
        {"text/plain;q=0.4,application/openmetrics-text ; q=0.5", true},
        {"text/*;q=0.9, application/openmetrics-text;q=0.5", false},
        {"*/*;q=0.9, application/openmetrics-text;q=0.5", false},
        {"*/*, text/plain;q=0.2, application/openmetrics-text;q=0.5", true},
        {"application/openmetrics-text;q=0.5;q", true},
        {",,;q=1, ,application/openmetrics-text", true},
        {"application/openmetrics-text;version=\"q=0\"", true},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        cr_assert_eq(http_prefers_openmetrics(rows[i].accept), rows[i].open, "row %zu", i);
}

static struct observation *take_nothing(void *context)
{
    (void)context;
    return NULL;
}

static void ignore_watch(void *context, bool watch)
{
    (void)context, (void)watch;
}

Test(metrics, come_without_owners_where_connections_cannot_be_read)
{
    struct hub_options options = {.feed = {.take = take_nothing, .watch_connections = ignore_watch},
        .interval_ms = 1000,
        .version = "1"};
    struct hub hub;
    struct http http = {.hub = &hub};
    char path[] = "/metrics";
    struct http_request request = {.path = path};
    struct http_response response;

    cr_assert_eq(hub_init(&hub, &options), 0);
    cr_assert_eq(api_answer(&http, &request, &response), API_LATER);
    request.waited_ms = API_PATIENCE_MS;
    cr_assert_eq(api_answer(&http, &request, &response), 0);
    cr_assert_eq(response.status, 200);
    cr_assert(memmem(frame_text(response.body, 0), response.body->parts[0].length,
        "\nprocess_cpu_seconds_total ", 27));
    cr_assert_not(
        memmem(frame_text(response.body, 0), response.body->parts[0].length, "ifpulse_owner", 13));
    http_response_fini(&response);
    hub_fini(&hub);
}
