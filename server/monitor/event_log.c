#include "event_log.h"

#include "platform.h"

#include <errno.h>
#include <string.h>

enum { EVENT_LOG_ROOM = 2 * EVENT_LOG_KEPT };

int event_log_init(struct event_log *log)
{
    struct network_event *items = calloc(EVENT_LOG_ROOM, sizeof(*items));
    if (!items)
        return -ENOMEM;
    *log = (struct event_log){.items = items, .capacity = EVENT_LOG_ROOM};
    return 0;
}

void event_log_fini(struct event_log *log)
{
    if (!log)
        return;
    free(log->items);
    *log = (struct event_log){0};
}

/* Of the last ones, and of those of the round, whichever began earlier. */
static size_t first_kept(const struct event_log *log)
{
    size_t first = log->count > EVENT_LOG_KEPT ? log->count - EVENT_LOG_KEPT : 0;
    return first < log->begun ? first : log->begun;
}

static void drop_oldest(struct event_log *log, size_t dropped)
{
    log->count -= dropped;
    log->begun -= dropped < log->begun ? dropped : log->begun;
    memmove(log->items, log->items + dropped, log->count * sizeof(*log->items));
}

void event_log_begin(struct event_log *log)
{
    log->begun = log->count;
    if (log->capacity == EVENT_LOG_ROOM)
        return;
    drop_oldest(log, first_kept(log));
    struct network_event *items = array_resize(log->items, EVENT_LOG_ROOM, sizeof(*items));
    if (!items)
        return;
    log->items = items;
    log->capacity = EVENT_LOG_ROOM;
}

static void make_room(struct event_log *log)
{
    size_t first = first_kept(log);
    if (first >= EVENT_LOG_KEPT) {
        drop_oldest(log, first);
        return;
    }
    struct network_event *items = array_resize(log->items, log->capacity * 2, sizeof(*items));
    if (!items) {
        drop_oldest(log, log->count - EVENT_LOG_KEPT);
        return;
    }
    log->items = items;
    log->capacity *= 2;
}

void event_init(struct network_event *event, uint64_t identity)
{
    memset(event, 0, sizeof(*event));
    memset(&event->status, NETWORK_NOT_APPLICABLE, sizeof(event->status));
    event->identity = identity;
}

void event_take_connection(struct network_event *event, const struct network_connection *connection)
{
    TAKE(event, connection, netns);
    TAKE_AS(event, connection_type, connection, type);
    TAKE(event, connection, local_address);
    TAKE(event, connection, local_port);
    TAKE(event, connection, remote_address);
    TAKE(event, connection, remote_port);
    TAKE(event, connection, pid);
    TAKE(event, connection, process_name);
    TAKE(event, connection, uid);
    TAKE(event, connection, user);
    TAKE(event, connection, unit);
    TAKE(event, connection, evidence);
}

struct network_event *event_log_append(struct event_log *log)
{
    if (log->count == log->capacity)
        make_room(log);
    struct network_event *event = &log->items[log->count++];
    event_init(event, ++log->last_identity);
    return event;
}

const struct network_event *event_log_items(const struct event_log *log, size_t *ret_count)
{
    *ret_count = log->count - first_kept(log);
    return log->items + first_kept(log);
}
