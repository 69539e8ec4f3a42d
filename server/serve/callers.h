/* callers - every connection that the listener took: whose it is, how long it has asked
 * nothing, and answers that are held back.
 *
 * An answer is held back by writing it into a socket that takes nothing, put in the connection's
 * place for a while. libwebsockets then waits for that socket like for any slow reader: the loop
 * goes on, and a client that leaves meanwhile makes nothing spin, which it does (in 4.1) wherever
 * an answer is pending in any other way.
 */
#ifndef IFPULSE_CALLERS_H
#define IFPULSE_CALLERS_H

#include "peers.h"
#include "refusals.h"
#include "tokens.h"

#include <libwebsockets.h>

struct callers {
    struct lws_context *context;
    struct peers peers;
    struct refusals refusals;
    struct caller *oldest, *newest; /* of those that have asked nothing yet */
    unsigned count, held; /* how many there are, and how many sockets are held back beside them */
    unsigned most;        /* of both together */
    int wall[2];          /* a socket that takes nothing, and its other end, which keeps it so */
};

struct caller {
    struct callers *all;
    struct caller *next, *previous; /* of those that have asked nothing yet */
    struct lws *wsi;
    struct peer *peer;
    int64_t began_ms;
    bool has_asked;
    bool has_token; /* the upgrade brought this one */
    struct token token;
    int held_fd; /* the real socket while an answer is held back; -1: none is */
    lws_sorted_usec_list_t release;
};

/* keeps context. -errno. */
MUST_CHECK int callers_init(
    struct callers *all, struct lws_context *context, const struct peers_rate *rate);
/* After the context is gone. */
void callers_fini(struct callers *all);

/* Whether the socket just accepted may stay. */
MUST_CHECK bool callers_admit(struct callers *all, int fd);
/* It becomes a connection. -1: it cannot. */
MUST_CHECK int callers_open(struct callers *all, struct lws *wsi);
/* wsi goes; it may be none of ours. */
void callers_close(struct lws *wsi);
/* Once a second: ends those that have had time enough to ask something. */
void callers_sweep(struct callers *all, int64_t now_ms);

/* NULL: it has none. */
struct caller *caller_of(struct lws *wsi);
/* The upgrade brought that token; NULL: none. */
void caller_grant(struct caller *caller, const struct token *token);
/* A whole request came. */
void caller_ask(struct caller *caller);
/* What is written from now on leaves in ms, not before. Not while that is so already. False: it
 * cannot be; the connection is to be ended without an answer. */
MUST_CHECK bool caller_hold(struct caller *caller, int64_t ms);
/* What is held back has been written: it gets the time it needs. */
void caller_keep(struct caller *caller, int64_t ms);

#endif
