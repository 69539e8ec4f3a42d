/* Which of the two formats of metrics an Accept header asks for. */
#include "http_request.h"

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
