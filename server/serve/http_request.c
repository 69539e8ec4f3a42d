#include "http_request.h"

#include <libwebsockets.h>

#include <errno.h>
#include <string.h>
#include <strings.h>

void http_request_free(struct http_request *request)
{
    if (!request)
        return;
    for (unsigned i = 0; i < request->parameter_count; i++)
        free(request->parameters[i].name);
    free(request->path);
    free(request->if_none_match);
    free(request);
}
char *http_copy_header(struct lws *wsi, int token)
{
    char text[HTTP_TEXT_MAX];
    int length = lws_hdr_copy(wsi, text, sizeof text, (enum lws_token_indexes)token);

    return length > 0 && strlen(text) == (size_t)length ? strdup(text) : NULL;
}

/* libwebsockets hands the query's pieces out decoded, one "name=value" each; of an empty query it
 * makes a "/". What is too long for piece reads like the end, so its length is asked for first. */
static int read_parameters(struct lws *wsi, struct http_request *request)
{
    char piece[HTTP_TEXT_MAX];

    for (int i = 0;; i++) {
        struct http_parameter *parameter = &request->parameters[request->parameter_count];
        int length = lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i);

        if (length >= HTTP_TEXT_MAX)
            return -E2BIG;
        length = lws_hdr_copy_fragment(wsi, piece, sizeof piece, WSI_TOKEN_HTTP_URI_ARGS, i);
        if (length < 0)
            return 0;
        if (length == 0 || strcmp(piece, "/") == 0)
            continue;
        if (request->parameter_count == HTTP_PARAMETERS_MAX)
            return -E2BIG;
        parameter->name = strdup(piece);
        if (!parameter->name)
            return -ENOMEM;
        request->parameter_count++;
        parameter->value = parameter->name + strcspn(parameter->name, "=");
        if (*parameter->value)
            *parameter->value++ = '\0';
    }
}

/* One element of Accept-Encoding: whether it names gzip and does not weigh it with nothing. */
static bool names_gzip(const char *element, size_t length)
{
    const char *weight = memmem(element, length, "q=", 2);

    element += strspn(element, " \t");
    if (strncasecmp(element, "gzip", 4) != 0 || !strchr(" \t;,", element[4]))
        return false;
    return !weight || strtod(weight + 2, NULL) > 0;
}

static bool accepts_gzip(const char *encodings)
{
    for (const char *at = encodings; at && *at;) {
        size_t length = strcspn(at, ",");

        if (names_gzip(at, length))
            return true;
        at += length + (at[length] == ',');
    }
    return false;
}

/* The weight of an element of Accept, its parameters begin at text; what cannot be read is 1. */
static double weight_of(const char *text, size_t length)
{
    for (const char *at = text; at < text + length; at += strcspn(at, ";,")) {
        at += strspn(at, "; \t");
        if (strncasecmp(at, "q=", 2) == 0)
            return strtod(at + 2, NULL);
    }
    return 1;
}

/* Of several that fit, the largest. */
static double accept_weight(const char *accept, const char *type, double otherwise)
{
    size_t type_length = strlen(type);
    double weight = -1;

    while (*accept) {
        size_t length;

        accept += strspn(accept, ", \t");
        length = strcspn(accept, ",");
        if (strncasecmp(accept, type, type_length) == 0 && strchr("; \t,", accept[type_length])) {
            double found = weight_of(accept + type_length, length - type_length);

            weight = found > weight ? found : weight;
        }
        accept += length;
    }
    return weight < 0 ? otherwise : weight;
}

bool http_prefers_openmetrics(const char *accept)
{
    double open, plain;

    if (!accept)
        return false;
    open = accept_weight(accept, "application/openmetrics-text", 0);
    plain = accept_weight(
        accept, "text/plain", accept_weight(accept, "text/*", accept_weight(accept, "*/*", 0)));
    return open > 0 && open >= plain;
}

int http_read_request(struct lws *wsi, struct http_request **ret_request)
{
    struct http_request *request CLEANUP(http_request_free_p) = calloc(1, sizeof *request);
    char *encodings CLEANUP(free_p) = http_copy_header(wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING);
    char *accept CLEANUP(free_p) = http_copy_header(wsi, WSI_TOKEN_HTTP_ACCEPT);
    bool is_head = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
    int r;

    if (!request)
        return -ENOMEM;
    request->path = http_copy_header(wsi, is_head ? WSI_TOKEN_HEAD_URI : WSI_TOKEN_GET_URI);
    if (!request->path)
        return -E2BIG;
    request->if_none_match = http_copy_header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH);
    request->accepts_gzip = accepts_gzip(encodings);
    request->prefers_openmetrics = http_prefers_openmetrics(accept);
    r = read_parameters(wsi, request);
    if (r == 0)
        *ret_request = HAND_OVER(request);
    return r;
}

const char *http_parameter(const struct http_request *request, const char *name)
{
    for (unsigned i = 0; i < request->parameter_count; i++) {
        if (strcmp(request->parameters[i].name, name) == 0)
            return request->parameters[i].value;
    }
    return NULL;
}
