#include "http.h"

#include "api.h"
#include "hub.h"

#include <libwebsockets.h>

#include <string.h>
#include <strings.h>

enum { KEY_LENGTH = 24 /* of Sec-WebSocket-Key */ };

/* Whether the comma-separated list has the word. */
static bool has_word(const char *list, const char *word)
{
    size_t length = strlen(word);

    while (*list) {
        list += strspn(list, ", \t");
        if (strncmp(list, word, length) == 0 && strchr(", \t", list[length]))
            return true;
        list += strcspn(list, ",");
    }
    return false;
}

static int check_upgrade(struct lws *wsi, const char *upgrade, struct http_response *response)
{
    char *path CLEANUP(free_p) = http_copy_header(wsi, WSI_TOKEN_GET_URI);
    char *protocols CLEANUP(free_p) = http_copy_header(wsi, WSI_TOKEN_PROTOCOL);
    char *version CLEANUP(free_p) = http_copy_header(wsi, WSI_TOKEN_VERSION);

    if (strcasecmp(upgrade, "websocket") != 0)
        return api_problem(
            response, 400, "bad-request", "Nothing is upgraded to here but websocket.");
    if (!path || strcmp(path, "/api/v1/stream") != 0)
        return api_problem(response, 404, "not-found",
            "The stream is at /api/v1/stream, not at \"%.200s\".", path ? path : "");
    if (!version || strcmp(version, "13") != 0)
        return api_problem(
            response, 400, "bad-request", "Sec-WebSocket-Version must be 13 (RFC 6455).");
    if (lws_hdr_total_length(wsi, WSI_TOKEN_KEY) != KEY_LENGTH)
        return api_problem(response, 400, "bad-request",
            "Sec-WebSocket-Key must be 16 bytes in base64 (RFC 6455).");
    /* libwebsockets takes the first of the client's words that it knows, and it knows its own. */
    if (!protocols || !has_word(protocols, HTTP_STREAM_PROTOCOL) ||
        has_word(protocols, HTTP_PLAIN_PROTOCOL))
        return api_problem(response, 400, "bad-request",
            "Sec-WebSocket-Protocol must name %s; it names %.200s.", HTTP_STREAM_PROTOCOL,
            protocols ? protocols : "nothing");
    return 0;
}

static int refuse_upgrade(struct lws *wsi, const struct http_response *response, int64_t delay_ms)
{
    if (delay_ms > 0 && !caller_hold(caller_of(wsi), delay_ms))
        return -1;
    if (http_write_headers(wsi, response) < 0)
        return -1;
    if (lws_write(wsi, (unsigned char *)frame_text(response->body, 0),
            response->body->parts[0].length, LWS_WRITE_HTTP_FINAL) < 0)
        return -1;
    if (delay_ms > 0)
        caller_keep(caller_of(wsi), delay_ms);
    return 1;
}

int http_upgrade(struct http *http, struct lws *wsi, const char *upgrade)
{
    struct http_response response = {0};
    struct gate_pass pass = {0};
    int r = gate_check(&http->gate, wsi, &response);

    if (r == 0 && !response.status)
        r = check_upgrade(wsi, upgrade, &response);
    if (r == 0 && !response.status)
        r = gate_check_token(&http->gate, wsi, false, &response, &pass);
    if (r == 0 && !response.status)
        caller_grant(caller_of(wsi), pass.token);
    if (r == 0 && response.status) {
        counts_add_response(&http->hub->counts, response.status);
        r = refuse_upgrade(wsi, &response, pass.delay_ms);
    }
    http_response_fini(&response);
    return r < 0 ? -1 : r;
}
