/* http - requests and answers over libwebsockets' HTTP, one exchange at a time per connection.
 *
 * What an answer says is decided elsewhere (api.h); here it is read, checked for access, written
 * out in pieces, and ended. An answer that must wait for the network to be read waits a moment
 * only: libwebsockets 4.1 spins when a client leaves while its answer is pending.
 */
#ifndef IFPULSE_HTTP_H
#define IFPULSE_HTTP_H

#include "assets.h"
#include "base.h"
#include "frame.h"
#include "gate.h"
#include "http_request.h"

struct lws_protocol_vhost_options;
struct hub;

struct http_response {
    unsigned status;
    const char *media_type;
    struct frame *body;        /* one part; NULL: none */
    const char *cache_control; /* NULL: no-store */
    char tag[64];              /* entity tag, quoted; "": none */
    bool is_gzip;
    const char *header, *header_value; /* one more, such as "allow:"; NULL: none */
};

/* Everything the exchanges share. */
struct http {
    struct hub *hub;
    const struct assets *assets;
    struct gate gate;
    struct http_exchange *waiting; /* those whose answer waits for an observation */
};

/* One connection's exchange; its memory is the transport's and zeroed. */
struct http_exchange {
    struct http_exchange *next, *previous; /* in waiting */
    struct http *http;
    struct lws *wsi; /* while waiting */
    struct http_request *request;
    struct http_response response;
    size_t sent;        /* of the body */
    int64_t waiting_ms; /* since when; 0: is not waiting */
    bool is_answered;   /* headers are out */
    bool is_head;       /* the answer goes without its body */
    bool is_last;       /* the connection ends with this answer */
    bool is_held;       /* the answer is held back: see callers.h */
};

/* A request came in; its headers are read from wsi. Returns what the transport's callback is to
 * return. */
MUST_CHECK int http_begin(struct http *http, struct http_exchange *exchange, struct lws *wsi);
/* The socket takes more. */
MUST_CHECK int http_write(struct http_exchange *exchange, struct lws *wsi);
/* The connection is gone, or the exchange over. */
void http_end(struct http_exchange *exchange);

/* libwebsockets takes CONNECT for the end of HTTP and waits for whatever comes. Answers it and
 * returns -1, for the connection to be closed. */
MUST_CHECK int http_connect(struct lws *wsi);

/* Writes the answer's status and headers. */
MUST_CHECK int http_write_headers(struct lws *wsi, const struct http_response *response);

/* What every answer carries, also those that libwebsockets gives by itself. */
const struct lws_protocol_vhost_options *http_headers(bool is_tls);

/* A new observation: those who wait are asked for again. */
void http_wake(struct http *http);

/* A request to become a WebSocket. 0: it may; else what the transport's callback is to return,
 * after the refusal was written. */
MUST_CHECK int http_upgrade(struct http *http, struct lws *wsi, const char *upgrade);

/* The subprotocol of the stream, and libwebsockets' name for what is none. */
#define HTTP_STREAM_PROTOCOL "ifpulse.v1"
#define HTTP_PLAIN_PROTOCOL "http-only"

#endif
