#include "http.h"

#include "api.h"
#include "hub.h"
#include "log.h"

#include <libwebsockets.h>

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

enum {
    PIECE_BYTES = 65536,
    STALLED_S = 10, /* a reader that takes none of a body for so long is cut */
    HEADER_BYTES = 4096,
};

static const struct lws_protocol_vhost_options security_headers[] = {
    {&security_headers[1], NULL, "content-security-policy:",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"},
    {&security_headers[2], NULL, "x-content-type-options:", "nosniff"},
    {&security_headers[3], NULL, "x-frame-options:", "DENY"},
    {&security_headers[4], NULL, "referrer-policy:", "no-referrer"},
    {&security_headers[5], NULL, "cross-origin-opener-policy:", "same-origin"},
    {NULL, NULL, "cross-origin-resource-policy:", "same-origin"},
};

static const struct lws_protocol_vhost_options tls_headers = {
    security_headers, NULL, "strict-transport-security:", "max-age=31536000"};

const struct lws_protocol_vhost_options *http_headers(bool is_tls)
{
    return is_tls ? &tls_headers : security_headers;
}

/* --- what is read at all --- */

/* libwebsockets reads the body before it lets an answer out, and what it is to be answered with may
 * be gone by then. */
static bool announces_body(struct lws *wsi)
{
    char length[24] = "0";

    (void)lws_hdr_copy(wsi, length, sizeof length, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    return strtoull(length, NULL, 10) > 0 ||
           lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0;
}

static bool is_get_or_head(struct lws *wsi)
{
    return lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0 ||
           lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
}

/* So that the connection may go on after a refusal. */
static bool has_only_headers(struct lws *wsi)
{
    return is_get_or_head(wsi) && !announces_body(wsi);
}

static int check_method(struct lws *wsi, struct http_response *response)
{
    int r;

    if (is_get_or_head(wsi))
        return announces_body(wsi) ? api_problem(response, 400, "bad-request",
                                         "A GET or HEAD has no body here; send it without one.")
                                   : 0;
    r = api_problem(response, 405, "method-not-allowed", "There is nothing but GET and HEAD here.");
    response->header = "allow:";
    response->header_value = "GET, HEAD";
    return r;
}

/* --- writing an answer --- */

struct header_writer {
    struct lws *wsi;
    unsigned char *at, *end;
    bool failed;
};

static void add_header(struct header_writer *writer, const char *name, const char *value)
{
    if (lws_add_http_header_by_name(writer->wsi, (const unsigned char *)name,
            (const unsigned char *)value, (int)strlen(value), &writer->at, writer->end))
        writer->failed = true;
}

static void add_headers(struct header_writer *writer, const struct http_response *response)
{
    if (response->media_type && response->body)
        add_header(writer, "content-type:", response->media_type);
    add_header(
        writer, "cache-control:", response->cache_control ? response->cache_control : "no-store");
    if (response->tag[0])
        add_header(writer, "etag:", response->tag);
    add_header(writer, "vary:", "accept-encoding");
    if (response->is_gzip)
        add_header(writer, "content-encoding:", "gzip");
    if (response->header)
        add_header(writer, response->header, response->header_value);
    if (response->body && lws_add_http_header_content_length(writer->wsi,
                              response->body->parts[0].length, &writer->at, writer->end))
        writer->failed = true;
}

int http_write_headers(struct lws *wsi, const struct http_response *response)
{
    unsigned char text[LWS_PRE + HEADER_BYTES], *start = text + LWS_PRE;
    struct header_writer writer = {.wsi = wsi, .at = start, .end = text + sizeof text - 1};

    if (lws_add_http_header_status(wsi, response->status, &writer.at, writer.end))
        return -1;
    add_headers(&writer, response);
    return writer.failed || lws_finalize_write_http_header(wsi, start, &writer.at, writer.end) ? -1
                                                                                               : 0;
}

static int complete(struct http_exchange *exchange, struct lws *wsi)
{
    bool is_last = exchange->is_last;

    http_end(exchange);
    return is_last || lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int write_body(struct http_exchange *exchange, struct lws *wsi)
{
    const struct frame *body = exchange->response.body;
    size_t left = body->parts[0].length - exchange->sent;
    size_t length = left < PIECE_BYTES ? left : PIECE_BYTES;
    unsigned char *piece = (unsigned char *)frame_text(body, 0) + exchange->sent;
    bool is_final = length == left;

    /* Without it a slow reader is cut off by the keep-alive timer in the middle of the body. */
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, STALLED_S);
    if (lws_write(wsi, piece, length, is_final ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0)
        return -1;
    exchange->sent += length;
    if (is_final)
        return complete(exchange, wsi);
    lws_callback_on_writable(wsi);
    return 0;
}

static int send_response(struct http_exchange *exchange, struct lws *wsi)
{
    const struct http_response *response = &exchange->response;
    bool has_body = response->body && response->body->parts[0].length > 0 && !exchange->is_head;

    exchange->is_answered = true;
    counts_add_response(&exchange->http->hub->counts, response->status);
    if (http_write_headers(wsi, response) < 0)
        return -1;
    if (!has_body)
        return complete(exchange, wsi);
    if (exchange->is_held)
        return write_body(exchange, wsi);
    if (exchange->is_last) /* libwebsockets would wait for the request's own body first */
        return write_body(exchange, wsi);
    lws_callback_on_writable(wsi);
    return 0;
}

/* --- waiting --- */

static void stop_waiting(struct http_exchange *exchange)
{
    if (!exchange->waiting_ms)
        return;
    exchange->waiting_ms = 0;
    *(exchange->previous ? &exchange->previous->next : &exchange->http->waiting) = exchange->next;
    if (exchange->next)
        exchange->next->previous = exchange->previous;
    exchange->next = exchange->previous = NULL;
}

static void wait_for_observation(struct http_exchange *exchange)
{
    if (exchange->waiting_ms)
        return;
    exchange->waiting_ms = hub_now_ms();
    exchange->previous = NULL;
    exchange->next = exchange->http->waiting;
    if (exchange->next)
        exchange->next->previous = exchange;
    exchange->http->waiting = exchange;
}

static int answer(struct http_exchange *exchange, struct lws *wsi)
{
    int r;

    exchange->request->waited_ms = exchange->waiting_ms ? hub_now_ms() - exchange->waiting_ms : 0;
    r = api_answer(exchange->http, exchange->request, &exchange->response);

    if (r == API_LATER) {
        exchange->wsi = wsi;
        wait_for_observation(exchange);
        return 0;
    }
    stop_waiting(exchange);
    if (r < 0) {
        log_error("a request is not answered: %s", strerror(-r));
        return -1;
    }
    return send_response(exchange, wsi);
}

void http_wake(struct http *http)
{
    for (struct http_exchange *exchange = http->waiting; exchange; exchange = exchange->next)
        lws_callback_on_writable(exchange->wsi);
}

/* --- an exchange --- */

void http_end(struct http_exchange *exchange)
{
    struct http *http = exchange->http;

    if (http)
        stop_waiting(exchange);
    http_request_free(exchange->request);
    http_response_fini(&exchange->response);
    *exchange = (struct http_exchange){.http = http};
}

/* Refused before it was read as a request; whatever else it carries is not read either. */
static int end_early(struct http_exchange *exchange, struct lws *wsi)
{
    exchange->is_last = true;
    return send_response(exchange, wsi);
}

/* Held back, it is written whole and at once, for while it is, the socket takes nothing. */
static int refuse_later(struct http_exchange *exchange, struct lws *wsi, int64_t delay_ms)
{
    struct caller *caller = caller_of(wsi);

    if (!caller_hold(caller, delay_ms))
        return -1;
    exchange->is_held = true;
    if (send_response(exchange, wsi))
        return -1;
    caller_keep(caller, delay_ms);
    return 0;
}

static int answer_guarded(struct http_exchange *exchange, struct lws *wsi)
{
    struct gate_pass pass;
    int r = gate_check_token(&exchange->http->gate, wsi, true, &exchange->response, &pass);

    if (r < 0)
        return -1;
    if (pass.delay_ms > 0)
        return refuse_later(exchange, wsi, pass.delay_ms);
    if (exchange->response.status)
        return send_response(exchange, wsi);
    exchange->request->scope = pass.token ? pass.token->scope : SCOPE_ALL;
    return answer(exchange, wsi);
}

int http_begin(struct http *http, struct http_exchange *exchange, struct lws *wsi)
{
    struct http_response *response = &exchange->response;
    int r;

    exchange->http = http;
    http_end(exchange);
    exchange->is_head = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
    r = gate_check(&http->gate, wsi, response);
    if (r == 0 && response->status && has_only_headers(wsi))
        return send_response(exchange, wsi);
    if (r == 0 && !response->status)
        r = check_method(wsi, response);
    if (r == 0 && response->status)
        return end_early(exchange, wsi);
    if (r == 0)
        r = http_read_request(wsi, &exchange->request);
    if (r == 0 && access_is_guarded(exchange->request->path))
        return answer_guarded(exchange, wsi);
    if (r == -E2BIG) {
        r = api_problem(response, 400, "bad-request",
            "The address or a part of its query is longer than %d bytes, has a NUL in it, or there "
            "are "
            "more than %d parameters.",
            HTTP_TEXT_MAX - 1, HTTP_PARAMETERS_MAX);
        return r < 0 ? -1 : end_early(exchange, wsi);
    }
    return r < 0 ? -1 : answer(exchange, wsi);
}

int http_write(struct http_exchange *exchange, struct lws *wsi)
{
    if (!exchange->http)
        return 0; /* libwebsockets asks uninvited, too */
    if (exchange->is_answered)
        return write_body(exchange, wsi);
    return exchange->request ? answer(exchange, wsi) : 0;
}

/* --- CONNECT --- */

int http_connect(struct lws *wsi)
{
    struct buffer text CLEANUP(buffer_fini) = {0};
    static const char body[] = "{\"type\":\"/problems/method-not-allowed\",\"title\":\"Method not "
                               "allowed\",\"status\":405,"
                               "\"detail\":\"There is nothing but GET and HEAD here.\"}\n";
    char head[256];

    snprintf(head, sizeof head,
        "HTTP/1.1 405 Method Not Allowed\r\nallow: GET, HEAD\r\nconnection: close\r\n"
        "content-type: application/problem+json\r\ncontent-length: %zu\r\n",
        sizeof body - 1);
    if (buffer_reserve(&text, LWS_PRE))
        text.length = LWS_PRE;
    buffer_append_text(&text, head);
    for (const struct lws_protocol_vhost_options *header = http_headers(lws_is_ssl(wsi)); header;
         header = header->next) {
        buffer_append_text(&text, header->name);
        buffer_append_char(&text, ' ');
        buffer_append_text(&text, header->value);
        buffer_append_text(&text, "\r\n");
    }
    buffer_append_text(&text, "\r\n");
    buffer_append_text(&text, body);
    if (!buffer_failed(&text))
        (void)lws_write(
            wsi, (unsigned char *)text.bytes + LWS_PRE, text.length - LWS_PRE, LWS_WRITE_RAW);
    return -1;
}
