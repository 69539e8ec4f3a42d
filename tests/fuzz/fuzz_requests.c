/* A request as libwebsockets hands its parts out, one a line: the path, Accept-Encoding, and from
 * there on the parameters. What libwebsockets does before that is its own business; so its part is
 * played here. */
#include "fuzz.h"

#include "http_request.h"
#include "topic.h"
#include <errno.h>
#include <libwebsockets.h>
#include <string.h>

struct lws {
    const uint8_t *data;
    size_t size;
};

/* Line number i of the input; false when there is none. */
static bool line_of(const struct lws *wsi, int i, const uint8_t **ret_line, size_t *ret_length)
{
    const uint8_t *at = wsi->data, *end = wsi->data + wsi->size;
    for (; at < end; i--) {
        const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        if (i == 0) {
            *ret_line = at;
            *ret_length = (size_t)(stop - at);
            return true;
        }
        at = stop + (stop < end);
    }
    return false;
}

static int line_of_token(enum lws_token_indexes token)
{
    return token == WSI_TOKEN_GET_URI ? 0 : token == WSI_TOKEN_HTTP_ACCEPT_ENCODING ? 1 : -1;
}

static int copy_line(const struct lws *wsi, int i, char *text, int size)
{
    const uint8_t *line;
    size_t length;
    if (!line_of(wsi, i, &line, &length))
        return i < 2 ? 0 : -1;
    if (length >= (size_t)size)
        return -1;
    memcpy(text, line, length);
    text[length] = '\0';
    return (int)length;
}

int lws_hdr_copy(struct lws *wsi, char *text, int size, enum lws_token_indexes token)
{
    int line = line_of_token(token);
    if (line >= 0)
        return copy_line(wsi, line, text, size);
    text[0] = '\0';
    return 0;
}

int lws_hdr_total_length(struct lws *wsi, enum lws_token_indexes token)
{
    const uint8_t *line;
    size_t length;
    int i = line_of_token(token);
    return i >= 0 && line_of(wsi, i, &line, &length) ? (int)length : 0;
}

int lws_hdr_fragment_length(struct lws *wsi, enum lws_token_indexes token, int i)
{
    const uint8_t *line;
    size_t length;
    FUZZ_CHECK(token == WSI_TOKEN_HTTP_URI_ARGS);
    return line_of(wsi, i + 2, &line, &length) ? (int)length : 0;
}

int lws_hdr_copy_fragment(
    struct lws *wsi, char *text, int size, enum lws_token_indexes token, int i)
{
    FUZZ_CHECK(token == WSI_TOKEN_HTTP_URI_ARGS);
    return copy_line(wsi, i + 2, text, size);
}

static void check_topics(const struct http_request *request)
{
    const char *topics = http_parameter(request, "topics"), *wrong = NULL;
    unsigned bits = 0;
    int length = 0;
    if (topic_parse_list(topics, &bits, &wrong, &length))
        FUZZ_CHECK(bits < 1u << TOPICS);
    else
        FUZZ_CHECK(wrong >= topics && length >= 0 && wrong + length <= topics + strlen(topics));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lws wsi = {data, size};
    struct http_request *request = NULL;
    int result = http_read_request(&wsi, &request);
    FUZZ_CHECK(result == 0 || (result == -E2BIG && !request));
    if (result < 0)
        return 0;
    FUZZ_CHECK(request->path && strlen(request->path) < HTTP_TEXT_MAX);
    FUZZ_CHECK(request->parameter_count <= HTTP_PARAMETERS_MAX);
    for (unsigned i = 0; i < request->parameter_count; i++) {
        const struct http_parameter *parameter = &request->parameters[i];
        FUZZ_CHECK(!strchr(parameter->name, '='));
        FUZZ_CHECK(strlen(parameter->name) + strlen(parameter->value) < HTTP_TEXT_MAX);
        FUZZ_CHECK(http_parameter(request, parameter->name));
    }
    check_topics(request);
    http_request_free(request);
    return 0;
}
