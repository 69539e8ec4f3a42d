/* client - one WebSocket client. Its subscriptions are cursors, its memory is bounded: what it has
 * to be told in reply, a message it is sending, and a reference to the one frame in flight.
 *
 * Nothing is queued for it. When an observation comes in, the subscriptions that are due are marked
 * and the socket is asked for; a client whose socket is not ready stays at its revision and later
 * gets one delta over all it missed.
 *
 * What a client does wrong is answered with an error; what breaks a limit, with an error and then a
 * close (44xx: do not come back as you are).
 */
#ifndef IFPULSE_CLIENT_H
#define IFPULSE_CLIENT_H

#include "buffer.h"
#include "callers.h"
#include "command.h"
#include "hub.h"
#include "replies.h"

/* Where tokens are on. */
enum client_access {
    CLIENT_IN,      /* or where they are off */
    CLIENT_AWAITED, /* its token is to be its first message */
    CLIENT_DENIED,  /* and is told so in a while */
};

/* Of its socket: once so many bytes wait in it unsent, it takes no more. Else the kernel alone holds
 * hundreds of stale deltas for a client that does not read. */
enum { CLIENT_NOTSENT_LOWAT = 16384 };

struct subscription {
    uint64_t id;
    struct view *view;
    uint64_t revision; /* got last; 0: none yet */
    uint32_t interval_ms;
    uint32_t history_s; /* of which the past is still owed, in front of everything; 0: none */
    bool is_deflated;   /* gets long messages deflated */
    bool is_due;        /* is to get what there is */
    bool is_first;      /* its first message is owed, also an empty one */
    int64_t sent_ms;    /* when it got its last message */
};

struct client {
    struct client *next, *previous; /* in the hub */
    struct hub *hub;
    struct lws *wsi;
    struct peer *peer;
    enum client_access access;
    bool has_token;
    struct token token; /* that it came in with */
    lws_sorted_usec_list_t access_timer;
    struct subscription *subscriptions;
    unsigned subscription_count;
    struct replies replies;
    struct buffer message; /* what came of the message being received */
    struct frame *frame;   /* in flight, and the next part of it */
    unsigned part;
    uint64_t frame_id; /* the subscription it is for */
    bool is_history;   /* it tells of the past, so the subscription stays where it is */
    double tokens;     /* messages it may send now */
    int64_t tokens_ms;
    unsigned errors_in_a_row;
    unsigned close_code; /* 0: stays */
    const char *close_text;
    int64_t cut_ms;      /* when the close was to go out at once; 0: it was not */
    bool owes_close;     /* then: it did not yet, for something is in front of it */
    int64_t progress_ms; /* when its socket last took something, or nothing waited */
    int64_t ping_ms;     /* when the next ping is due */
    unsigned pings_unanswered;
    bool is_waiting;      /* the socket was asked for */
    size_t trusted_bytes; /* written since it was last known that the socket takes more */
};

/* The client's memory is the transport's and zeroed; it joins the hub and is greeted, or told why
 * it cannot stay. */
void client_init(struct client *client, struct hub *hub, struct lws *wsi);
void client_fini(struct client *client);

/* A piece of a message; is_last when it is complete. remaining: bytes announced that are still to
 * come. Returns whether client->message now holds a whole message to be obeyed. */
MUST_CHECK bool client_receive(
    struct client *client, const char *bytes, size_t length, size_t remaining, bool is_last);
void client_receive_pong(struct client *client);

/* The socket takes one message now. Returns -1 when the connection is to be closed. */
MUST_CHECK int client_write(struct client *client);

/* After an observation: marks what is due for each, and asks for the sockets of those who are to
 * get something. */
void clients_update(struct hub *hub);
/* A subscription that needs a lens began or ended: has interfaces read as often as all of them
 * together need it. */
void clients_set_lens(struct hub *hub);
/* Once a second: pings, and those who take nothing or are to be gone by now. */
void clients_sweep(struct hub *hub);

/* The subscription of that id; NULL: there is none. Lent until one is added or ended. */
struct subscription *client_find(struct client *client, uint64_t id);
/* Ends it; what of it is in flight is not sent on. */
void client_end(struct client *client, struct subscription *subscription);

/* What was encoded since replies_begin is to be sent. */
void client_reply(struct client *client);
void client_refuse(struct client *client, const struct command_refusal *refusal);
/* Closes with code and text (kept) once what is waiting in replies is sent. */
void client_close(struct client *client, unsigned code, const char *text);
/* Closes at once, past what waits, also when the socket takes nothing: then the close goes out if
 * the system still has room for it. */
void client_cut(struct client *client, unsigned code, const char *text);

#endif
