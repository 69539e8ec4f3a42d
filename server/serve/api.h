/* api - what is answered to which request: the route table, the documents, the problems.
 *
 * Knows nothing of the transport. Documents are those of the stream: REST is its first message.
 */
#ifndef IFPULSE_API_H
#define IFPULSE_API_H

#include "http.h"
#include "hub.h"

enum { API_LATER = 1 };

/* Answers a GET or HEAD. API_LATER: when the hub has taken an observation, ask again; the
 * request says how long that went on already. After API_PATIENCE_MS the answer is that there is
 * none, or what there is without it. On failure nothing is in ret_response. */
enum { API_PATIENCE_MS = 2000 };
MUST_CHECK int api_answer(const struct http *http, const struct http_request *request,
    struct http_response *ret_response);

/* An RFC 9457 problem: word is the last part of its type. */
MUST_CHECK int api_problem(struct http_response *ret_response, unsigned status, const char *word,
    const char *format, ...) PRINTF_LIKE(4, 5);

/* For those who answer: whether the request names the state of now as known to it, so that 304 is
 * all; else only the tag is set. */
MUST_CHECK bool api_is_known(
    const struct hub *hub, const struct http_request *request, struct http_response *ret_response);
/* Makes the answer of a JSON text. */
MUST_CHECK int api_answer_text(const struct http_request *request, const struct buffer *text,
    struct http_response *ret_response);

void http_response_fini(struct http_response *response);

#endif
