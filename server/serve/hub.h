/* hub - the model, its views and all WebSocket clients: who needs a frame now.
 *
 * A client is a cursor: each of its subscriptions is a view and the revision it got last. Nothing
 * is queued for anyone. When an observation comes in, the hub marks the subscriptions that are due
 * and asks for their sockets; a client whose socket is not ready simply stays at its revision and
 * later gets one delta over all it missed.
 *
 * Connections are read only while someone watches them, or asked by REST a moment ago.
 */
#ifndef IFPULSE_HUB_H
#define IFPULSE_HUB_H

#include "client_limits.h"
#include "model.h"
#include "view.h"

struct client;

/* Where observations come from. */
struct hub_feed {
    struct observation *(*take)(void *context); /* gives the newest away; NULL: none new */
    void (*watch_connections)(void *context, bool watch);
    void *context;
};

struct hub_options {
    struct hub_feed feed;
    struct limits limits;
    struct model_limits history;
    uint32_t interval_ms;
    const char *version;
};

struct hub {
    struct hub_options options;
    char instance[9]; /* random; differs with every start */
    struct model model;
    struct view_set views;
    struct client *clients;
    unsigned client_count;
    uint64_t tick;                /* ticks taken in */
    int64_t updated_ms;           /* monotonic time of the last observation */
    unsigned connection_watchers; /* subscriptions that need connections */
    int64_t asked_until_ms;       /* REST asked for connections: they are read until then */
    bool is_watching, is_live;    /* connections are being read; and have been since then */
    int64_t cpu_ns, cpu_at_ns;    /* of the last tick, for cpu_percent */
    struct network_server server; /* what it says of itself */
};

MUST_CHECK int hub_init(struct hub *hub, const struct hub_options *options);
void hub_fini(struct hub *hub);

/* Monotonic milliseconds, the clock of everything here. */
int64_t hub_now_ms(void);

/* Takes the waiting observation in, if there is one, and asks for the sockets of those who are to
 * get something. Returns whether the model changed. */
bool hub_take(struct hub *hub);
/* Once a second: pings, those who take nothing, and what REST asked for. */
void hub_sweep(struct hub *hub);

void hub_add(struct hub *hub, struct client *client);
void hub_remove(struct hub *hub, struct client *client);

/* Whether the topic's records are current; if not, they soon will be because of this call. */
bool hub_ask(struct hub *hub, enum topic topic);
bool hub_is_current(const struct hub *hub, enum topic topic);
/* A subscription to the topic begins (true) or ends. */
void hub_watch(struct hub *hub, enum topic topic, bool begins);

#endif
