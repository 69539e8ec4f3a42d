/* gate - who may come in, as libwebsockets hands requests over: the rules of access.h for Host and
 * Origin, how often an address may ask, and its token.
 */
#ifndef IFPULSE_GATE_H
#define IFPULSE_GATE_H

#include "access.h"
#include "callers.h"
#include "tokens.h"

struct http_response;

struct gate {
    struct access_rules access;
    const struct tokens *tokens; /* NULL: none is needed */
};

/* Each fills in the refusal where there is one; status is 0 otherwise. -errno.
 * The first counts the request, and checks Host and Origin. */
MUST_CHECK int gate_check(struct gate *gate, struct lws *wsi, struct http_response *response);

struct gate_pass {
    const struct token *token; /* lent by gate->tokens; NULL: none was sent, or none is needed */
    int64_t delay_ms;          /* a refusal is to be held back for so long */
};
/* The second checks Authorization. is_needed: without one it is refused. */
MUST_CHECK int gate_check_token(struct gate *gate, struct lws *wsi, bool is_needed,
    struct http_response *response, struct gate_pass *ret_pass);

#endif
