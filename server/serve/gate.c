#include "gate.h"

#include "api.h"
#include "http.h"
#include "hub.h"

#include <netdb.h>
#include <string.h>
#include <strings.h>

/* --- how often --- */

static int check_rate(struct lws *wsi, struct http_response *response)
{
    struct caller *caller = caller_of(wsi);
    struct callers *all = caller ? caller->all : NULL;
    int r;

    if (!caller)
        return -ENOMEM;
    caller_ask(caller);
    if (peers_may_ask(&all->peers, caller->peer, hub_now_ms()))
        return 0;
    refusals_log(&all->refusals, hub_now_ms(), "%s asks too often", caller->peer->text);
    r = api_problem(response, 429, "too-many-requests",
        "At most %u requests a second of one address, and %u at once; ask again in a second.",
        all->peers.rate.per_s, all->peers.rate.burst);
    response->header = "retry-after:";
    response->header_value = "1";
    return r;
}

/* --- Host and Origin --- */

static int refuse_host(struct http_response *response, const char *host)
{
    if (!host)
        return api_problem(response, 400, "bad-request",
            "The request names no host that can be read; send one Host header.");
    return api_problem(response, 403, "forbidden",
        "This server is not \"%.200s\"; ask it by its address, or add the name to allowed_hosts.",
        host);
}

/* The address the connection came in on, an IPv4 one as such also on an IPv6 socket; "" when it
 * cannot be told. */
static void read_local_address(struct lws *wsi, char *text, size_t size)
{
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    struct sockaddr *address = (struct sockaddr *)&name;

    text[0] = '\0';
    if (getsockname(lws_get_socket_fd(wsi), address, &length) < 0)
        return;
    getnameinfo(address, length, text, (socklen_t)size, NULL, 0, NI_NUMERICHOST);
    if (strncmp(text, "::ffff:", 7) == 0 && strchr(text, '.'))
        memmove(text, text + 7, strlen(text + 7) + 1);
}

static int check_site(struct gate *gate, struct lws *wsi, struct http_response *response)
{
    char *host CLEANUP(free_p) = http_copy_header(wsi, WSI_TOKEN_HOST);
    char *origin CLEANUP(free_p) = http_copy_header(wsi, WSI_TOKEN_ORIGIN);
    struct callers *all = caller_of(wsi)->all;
    char local[64] = "";

    read_local_address(wsi, local, sizeof local);
    switch (access_check(&gate->access, host, origin, local)) {
    case ACCESS_GRANTED:
        return 0;
    case ACCESS_NO_HOST:
        return refuse_host(response, NULL);
    case ACCESS_WRONG_HOST:
        refusals_log(&all->refusals, hub_now_ms(), "Host %s, Origin %s: no such host here", host,
            origin ? origin : "-");
        return refuse_host(response, host);
    case ACCESS_WRONG_ORIGIN:
        refusals_log(
            &all->refusals, hub_now_ms(), "Host %s, Origin %s: another site", host, origin);
        return api_problem(response, 403, "forbidden",
            "Pages of \"%.200s\" may not read this server; its allowed_origins would have to name "
            "it.",
            origin);
    }
    return 0;
}

int gate_check(struct gate *gate, struct lws *wsi, struct http_response *response)
{
    int r = check_rate(wsi, response);

    return r < 0 || response->status ? r : check_site(gate, wsi, response);
}

/* --- the token --- */

static int refuse_token(struct http_response *response, bool was_sent)
{
    int r = api_problem(response, 401, "unauthorized",
        was_sent ? "The token is none of this server's; send one that is."
                 : "This needs a token; send one as \"Authorization: Bearer …\".");

    response->header = "www-authenticate:";
    response->header_value =
        was_sent ? "Bearer realm=\"ifpulse\", error=\"invalid_token\"" : "Bearer realm=\"ifpulse\"";
    return r;
}

int gate_check_token(struct gate *gate, struct lws *wsi, bool is_needed,
    struct http_response *response, struct gate_pass *ret_pass)
{
    char *header CLEANUP(free_p) = NULL;
    struct callers *all = caller_of(wsi)->all;
    struct peer *peer = caller_of(wsi)->peer;
    struct gate_pass pass = {0};
    const char *bearer;

    *ret_pass = pass;
    if (!gate->tokens)
        return 0;
    header = http_copy_header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION);
    bearer = access_bearer(header);
    pass.token = bearer ? tokens_find(gate->tokens, bearer) : NULL;
    if (bearer && !pass.token) {
        pass.delay_ms = peers_fail(peer, hub_now_ms());
        refusals_log(&all->refusals, hub_now_ms(), "%s has a wrong token", peer->text);
    }
    *ret_pass = pass;
    return pass.token || (!bearer && !is_needed) ? 0 : refuse_token(response, bearer);
}
