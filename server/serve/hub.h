/* hub - what all who are served share: the model, its views, the list of WebSocket clients.
 *
 * Intervals are told apart by the moments at which observations were due, not by counting them:
 * between two ticks there may be looks at the interfaces, for those who asked for a lens on them.
 * An interval is over where a multiple of it lies behind the last moment and not behind this one.
 *
 * Connections are read only while someone watches them, or asked by REST a moment ago.
 */
#ifndef IFPULSE_HUB_H
#define IFPULSE_HUB_H

#include "client_limits.h"
#include "counts.h"
#include "history.h"
#include "history_encode.h"
#include "model.h"
#include "view.h"

struct client;
struct tokens;

/* Where observations come from. */
struct hub_feed {
    struct observation *(*take)(void *context); /* gives the newest away; NULL: none new */
    void (*want_all)(void *context); /* the last one did not fit: what is the same comes again */
    void (*watch_connections)(void *context, bool watch);
    void (*set_lens)(void *context, uint32_t lens_ms); /* 0: none */
    void *context;
};

struct hub_options {
    struct hub_feed feed;
    struct limits limits;
    struct model_limits model;
    struct history_limits history;
    uint32_t interval_ms;
    double cpu_budget_percent;
    const char *version;
};

struct hub {
    struct hub_options options;
    const struct tokens *tokens; /* that let clients in; NULL: none is needed */
    char instance[9];            /* random; differs with every start */
    struct model model;
    struct view_set views;
    struct history history;
    struct history_frames history_frames;
    int64_t slept_ms; /* what the monotonic clock left out when this began */
    struct client *clients;
    unsigned client_count;
    int64_t due_ms, before_ms;   /* when the last observation was due, and the one before it */
    bool has_change, has_events; /* of the last observation */
    uint32_t lens_ms;            /* in which interfaces are read for subscriptions; 0: with ticks */
    int64_t updated_ms;          /* monotonic time of the last observation */
    unsigned connection_watchers; /* subscriptions that need connections */
    int64_t asked_until_ms;       /* REST asked for connections: they are read until then */
    bool is_watching, is_live;    /* connections are being read; and have been since then */
    int64_t cpu_ns, cpu_at_ns;    /* of the last tick, for cpu_percent */
    struct network_server server; /* what it says of itself */
    struct counts counts;         /* what it did */
};

MUST_CHECK int hub_init(struct hub *hub, const struct hub_options *options);
void hub_fini(struct hub *hub);

/* Monotonic milliseconds, the clock of everything here. */
int64_t hub_now_ms(void);

/* Takes the waiting observation in; false when there is none. */
bool hub_take(struct hub *hub);
/* Whether the last observation is the one that who asked for this interval waits for. */
bool hub_ends_interval(const struct hub *hub, uint32_t interval_ms);
/* Once a second: stops reading, and remembering, what nobody asked for lately. */
void hub_sweep(struct hub *hub);

/* Whether the topic's records are current; if not, they soon will be because of this call. */
bool hub_ask(struct hub *hub, enum topic topic);
/* The same for who needs no rates, only the state: unless others want more, one or two readings are
 * made and no more. */
bool hub_ask_once(struct hub *hub, enum topic topic);
bool hub_is_current(const struct hub *hub, enum topic topic);
/* A subscription to the topic begins (true) or ends. */
void hub_watch(struct hub *hub, enum topic topic, bool begins);

/* A lens is a multiple of this, so that a few of different length go together. */
enum { HUB_LENS_STEP_MS = 50 };
/* The interval that who asks for this one gets; 0: none was asked for. */
uint32_t hub_interval(const struct hub *hub, enum topic topic, uint32_t asked_ms);
/* Whether an interval is so short that it needs a lens. */
bool hub_is_lens(const struct hub *hub, uint32_t interval_ms);
void hub_set_lens(struct hub *hub, uint32_t lens_ms);

#endif
