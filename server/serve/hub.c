#include "hub.h"

#include "log.h"
#include "platform.h"
#include "self.h"
#include "system.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum {
    ASKED_FOR_MS = 10000, /* long enough for who polls, so that polls see rates */
    ASKED_ONCE_MS = 1000, /* so that asking without end reads no more often than ticks do */
};

int64_t hub_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static int64_t wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

int hub_init(struct hub *hub, const struct hub_options *options)
{
    uint32_t instance;

    if (getentropy(&instance, sizeof instance) < 0)
        return -EIO;
    *hub = (struct hub){.options = *options};
    snprintf(hub->instance, sizeof hub->instance, "%08x", instance);
    model_init(&hub->model, &options->model);
    history_init(&hub->history, &options->history, options->interval_ms);
    hub->slept_ms = system_stood_still_ms();
    view_set_init(&hub->views, &hub->model);
    hub->cpu_ns = self_cpu_ns();
    hub->cpu_at_ns = hub_now_ms() * 1000000;
    self_read_host(&hub->server);
    PUT_TEXT(&hub->server, version, options->version);
    PUT(&hub->server, started_ms, wall_ms());
    PUT(&hub->server, interval_ms, options->interval_ms);
    PUT(&hub->server, cpu_budget_percent, options->cpu_budget_percent);
    return 0;
}

void hub_fini(struct hub *hub)
{
    history_frames_drop(&hub->history_frames);
    history_fini(&hub->history);
    view_set_fini(&hub->views);
    model_fini(&hub->model);
}

/* --- what the server says of itself --- */

static void update_cost(struct hub *hub, const struct observation *observation)
{
    struct network_server *server = &hub->server;
    int64_t cpu_ns = self_cpu_ns(), now_ns = hub_now_ms() * 1000000;

    if (now_ns > hub->cpu_at_ns)
        PUT(server, cpu_percent,
            100.0 * (double)(cpu_ns - hub->cpu_ns) / (double)(now_ns - hub->cpu_at_ns));
    hub->cpu_ns = cpu_ns;
    hub->cpu_at_ns = now_ns;
    self_read_memory(server);
    PUT(server, tick_ms, observation->tick_ms);
}

static void update_server(struct hub *hub, const struct observation *observation)
{
    struct network_server *server = &hub->server;

    if (observation->is_tick)
        update_cost(hub, observation);
    if (observation->has_connections)
        PUT(server, sockets, observation->socket_count);
    PUT(server, connections_interval_ms, observation->connections_interval_ms);
    PUT(server, collection, observation->collection);
    PUT(server, clients, hub->client_count);
    PUT(server, streams, (uint32_t)hub->views.count);
    server->capabilities.items = observation->capabilities;
    server->capabilities.count = (uint32_t)observation->capability_count;
    server->status.capabilities = NETWORK_KNOWN;
}

/* --- observations --- */

static void note_moment(struct hub *hub, const struct observation *observation)
{
    hub->updated_ms = hub_now_ms();
    hub->before_ms = hub->due_ms;
    hub->due_ms = observation->due_ms;
    hub->has_change = observation->is_change;
    hub->has_events = observation->event_count > 0;
    if (observation->has_connections && hub->is_watching)
        hub->is_live = true;
}

static void count_events(struct hub *hub, const struct observation *observation)
{
    for (size_t i = 0; i < observation->event_count; i++)
        hub->counts.events[observation->events[i].event]++;
    for (size_t i = 0; i < observation->closed_count; i++)
        hub->counts.events[observation->closed[i].event]++;
}

bool hub_take(struct hub *hub)
{
    struct observation *observation CLEANUP(observation_free_p) =
        hub->options.feed.take(hub->options.feed.context);
    int r;

    if (!observation)
        return false;
    note_moment(hub, observation);
    count_events(hub, observation);
    update_server(hub, observation);
    r = model_update(&hub->model, observation, &hub->server);
    history_frames_drop(&hub->history_frames);
    history_update(
        &hub->history, &hub->model, observation, system_stood_still_ms() - hub->slept_ms);
    hub->server.capabilities = (struct network_capability_list){0}; /* went with the observation */
    hub->server.status.capabilities = NETWORK_UNAVAILABLE;
    if (r < 0) {
        log_error("part of an observation is left out until the next: %s", strerror(-r));
        hub->options.feed.want_all(hub->options.feed.context);
    }
    return true;
}

/* --- intervals --- */

bool hub_ends_interval(const struct hub *hub, uint32_t interval_ms)
{
    return hub->due_ms / interval_ms > hub->before_ms / interval_ms;
}

static uint32_t round_up(uint32_t value, uint32_t step)
{
    return (value + step - 1) / step * step;
}

uint32_t hub_interval(const struct hub *hub, enum topic topic, uint32_t asked_ms)
{
    uint32_t lens_ms = round_up(asked_ms, HUB_LENS_STEP_MS);

    if (asked_ms > 0 && topic == TOPIC_INTERFACES && hub_is_lens(hub, lens_ms))
        return lens_ms;
    return round_up(asked_ms > 0 ? asked_ms : 1, hub->options.interval_ms);
}

bool hub_is_lens(const struct hub *hub, uint32_t interval_ms)
{
    return interval_ms < hub->options.interval_ms;
}

void hub_set_lens(struct hub *hub, uint32_t lens_ms)
{
    if (lens_ms == hub->lens_ms)
        return;
    hub->lens_ms = lens_ms;
    hub->options.feed.set_lens(hub->options.feed.context, lens_ms);
}

/* --- connections are read while someone wants them --- */

/* Totals say how many connections there are, and what their owners do not explain. */
static bool needs_connections(enum topic topic)
{
    return topic == TOPIC_CONNECTIONS || topic == TOPIC_OWNERS || topic == TOPIC_TOTALS;
}

static void set_watching(struct hub *hub)
{
    bool watch = hub->connection_watchers > 0 || hub_now_ms() < hub->asked_until_ms;

    if (watch == hub->is_watching)
        return;
    hub->is_watching = watch;
    hub->is_live = false;
    hub->options.feed.watch_connections(hub->options.feed.context, watch);
}

bool hub_is_current(const struct hub *hub, enum topic topic)
{
    return hub->model.revision > 0 && (!needs_connections(topic) || hub->is_live);
}

static bool ask_for(struct hub *hub, enum topic topic, int64_t ms)
{
    int64_t until_ms = hub_now_ms() + ms;

    if (needs_connections(topic)) {
        if (hub->asked_until_ms < until_ms)
            hub->asked_until_ms = until_ms;
        set_watching(hub);
    }
    return hub_is_current(hub, topic);
}

bool hub_ask(struct hub *hub, enum topic topic)
{
    return ask_for(hub, topic, ASKED_FOR_MS);
}

bool hub_ask_once(struct hub *hub, enum topic topic)
{
    return ask_for(hub, topic, ASKED_ONCE_MS);
}

void hub_watch(struct hub *hub, enum topic topic, bool begins)
{
    if (!needs_connections(topic))
        return;
    hub->connection_watchers += begins ? 1 : -1u;
    set_watching(hub);
}

void hub_sweep(struct hub *hub)
{
    set_watching(hub);
    view_set_forget_idle(&hub->views);
}
