#include "api_query.h"

#include "api.h"
#include "scope.h"

#include <string.h>

/* A parameter's value is a list of words, with commas. Returns how many; at most most + 1 are read.
 */
static size_t split(const char *text, struct filter_word *words, size_t most)
{
    size_t count = 0;

    for (;;) {
        size_t length = strcspn(text, ",");

        if (count <= most)
            words[count++] = (struct filter_word){FILTER_WORD_PLAIN, text, length};
        if (!text[length])
            return count;
        text += length + 1;
    }
}

static int parse_fields(struct query *query, const char *text, struct command_refusal *refusal)
{
    int r = 0;

    for (size_t length; r == 0; text += length + 1) {
        length = strcspn(text, ",");
        r = query_add_field(query, text, length, refusal);
        if (!text[length])
            break;
    }
    return r;
}

static int parse_query_part(
    struct query *query, const struct http_parameter *parameter, struct command_refusal *refusal)
{
    struct filter_word words[FILTER_VALUES_MAX + 1];
    const struct filter_word whole = {
        FILTER_WORD_PLAIN, parameter->value, strlen(parameter->value)};

    if (strcmp(parameter->name, "fields") == 0)
        return parse_fields(query, parameter->value, refusal);
    if (strcmp(parameter->name, "sort") == 0)
        return query_set_order(query, whole.text, whole.length, refusal);
    if (strcmp(parameter->name, "limit") == 0)
        return query_set_limit(query, &whole, refusal);
    return query_add_filter(
        query, parameter->name, words, split(parameter->value, words, FILTER_VALUES_MAX), refusal);
}

int api_parse_query(
    const struct http_request *request, struct query *query, struct http_response *ret_response)
{
    struct command_refusal refusal = {0};
    int r = 0;

    for (unsigned i = 0; r == 0 && i < request->parameter_count; i++) {
        const struct http_parameter *parameter = &request->parameters[i];

        if (strcmp(parameter->name, "since") != 0 && strcmp(parameter->name, "instance") != 0)
            r = parse_query_part(query, parameter, &refusal);
    }
    query_canonicalize(query);
    if (r == COMMAND_REFUSED)
        return api_problem(ret_response, 400, "bad-request", "%s.", refusal.message);
    if (r == 0)
        r = scope_narrow(request->scope, query, &refusal);
    return r == COMMAND_REFUSED
               ? api_problem(ret_response, 403, "forbidden", "%s.", refusal.message)
               : r;
}

