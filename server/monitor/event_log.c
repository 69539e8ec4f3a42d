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
    *log = (struct event_log){.items = items};
    return 0;
}

void event_log_fini(struct event_log *log)
{
    if (!log)
        return;
    free(log->items);
    *log = (struct event_log){0};
}

static size_t first_kept(const struct event_log *log)
{
    return log->count > EVENT_LOG_KEPT ? log->count - EVENT_LOG_KEPT : 0;
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
    if (log->count == EVENT_LOG_ROOM) {
        memmove(log->items, log->items + first_kept(log), EVENT_LOG_KEPT * sizeof(*log->items));
        log->count = EVENT_LOG_KEPT;
    }
    struct network_event *event = &log->items[log->count++];
    event_init(event, ++log->last_identity);
    return event;
}

const struct network_event *event_log_items(const struct event_log *log, size_t *ret_count)
{
    *ret_count = log->count - first_kept(log);
    return log->items + first_kept(log);
}
