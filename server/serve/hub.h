/* hub - what all who are served share: the model, its views, the list of WebSocket clients.
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

/* Takes the waiting observation in, if there is one. */
enum hub_news {
    HUB_NOTHING,
    HUB_CHANGE, /* the model changed between ticks */
    HUB_TICK,
};
enum hub_news hub_take(struct hub *hub);
/* Once a second: stops reading what nobody asked for lately. */
void hub_sweep(struct hub *hub);

/* Whether the topic's records are current; if not, they soon will be because of this call. */
bool hub_ask(struct hub *hub, enum topic topic);
bool hub_is_current(const struct hub *hub, enum topic topic);
/* A subscription to the topic begins (true) or ends. */
void hub_watch(struct hub *hub, enum topic topic, bool begins);

#endif
