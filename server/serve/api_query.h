/* api_query - the parameters of a request as a query: the same words as in a subscription. */
#ifndef IFPULSE_API_QUERY_H
#define IFPULSE_API_QUERY_H

#include "http.h"
#include "query.h"

/* Reads all parameters but "since" and "instance" into the query, whose topic is set, and leaves out
 * what the request's scope does not reach. What cannot be is answered: ret_response then has a
 * status. The query is the caller's to end in any case. */
MUST_CHECK int api_parse_query(
    const struct http_request *request, struct query *query, struct http_response *ret_response);

#endif
