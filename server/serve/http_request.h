/* http_request - what a client asks for, read out of libwebsockets into memory of its own: an
 * answer that waits outlives the headers.
 */
#ifndef IFPULSE_HTTP_REQUEST_H
#define IFPULSE_HTTP_REQUEST_H

#include "scope.h"

struct lws;

enum {
    HTTP_PARAMETERS_MAX = 64, /* a topic has fewer filters */
    HTTP_TEXT_MAX = 2048,     /* bytes of an address or of a parameter, with the NUL */
};

struct http_parameter {
    char *name, *value; /* decoded */
};

struct http_request {
    char *path; /* decoded */
    struct http_parameter parameters[HTTP_PARAMETERS_MAX];
    unsigned parameter_count;
    char *if_none_match; /* NULL: not sent */
    bool accepts_gzip;
    bool prefers_openmetrics; /* to plain text */
    int64_t waited_ms;        /* for an observation, so far */
    enum scope scope;         /* of who asks */
};

/* Reads a GET or HEAD. -E2BIG: its address or a part of its query is longer than HTTP_TEXT_MAX, has
 * a NUL in it, or there are more than HTTP_PARAMETERS_MAX parameters. */
MUST_CHECK int http_read_request(struct lws *wsi, struct http_request **ret_request);
/* Accepts NULL. */
void http_request_free(struct http_request *request);
DEFINE_CLEANUP(struct http_request, http_request_free)

/* The value of the parameter; NULL when it was not sent. */
const char *http_parameter(const struct http_request *request, const char *name);

/* Whether the Accept header, NULL where there is none, names OpenMetrics and weighs it at least as
 * much as plain text. */
bool http_prefers_openmetrics(const char *accept);

/* A copy of a header, an enum lws_token_indexes, for the caller to free; NULL when it is absent,
 * too long, or has a NUL in it. */
char *http_copy_header(struct lws *wsi, int token);

#endif
