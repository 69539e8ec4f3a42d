#include "event_log.h"

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

struct network_event *event_log_append(struct event_log *log)
{
    if (log->count == EVENT_LOG_ROOM) {
        memmove(log->items, log->items + first_kept(log), EVENT_LOG_KEPT * sizeof(*log->items));
        log->count = EVENT_LOG_KEPT;
    }
    struct network_event *event = &log->items[log->count++];
    memset(event, 0, sizeof(*event));
    memset(&event->status, NETWORK_NOT_APPLICABLE, sizeof(event->status));
    event->identity = ++log->last_identity;
    return event;
}

const struct network_event *event_log_items(const struct event_log *log, size_t *ret_count)
{
    *ret_count = log->count - first_kept(log);
    return log->items + first_kept(log);
}
