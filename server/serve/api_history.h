/* api_history - the answers of /api/v1/history: what the rates were. */
#ifndef IFPULSE_API_HISTORY_H
#define IFPULSE_API_HISTORY_H

#include "api.h"

extern const char *const api_history_parameters[];

/* As the route table has it. */
MUST_CHECK int api_answer_history(const struct http *http, const struct http_request *request,
    const char *rest, struct http_response *ret_response);

#endif
