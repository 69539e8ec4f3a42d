/* event_log - the last events of a monitor, the oldest first and side by side in memory.
 *
 * Room for twice as many as are kept is taken once, at the start; so appending cannot fail, and
 * what is lent stays in one piece.
 */
#ifndef IFPULSE_EVENT_LOG_H
#define IFPULSE_EVENT_LOG_H

#include "base.h"
#include "network_types.h"

enum { EVENT_LOG_KEPT = 1024 };

struct event_log {
    struct network_event *items;
    size_t count;
    uint64_t last_identity;
};

MUST_CHECK int event_log_init(struct event_log *log);
void event_log_fini(struct event_log *log);
/* Makes an event of which every datum is not applicable yet. */
void event_init(struct network_event *event, uint64_t identity);
/* Whose connection it is about, and between which ends. */
void event_take_connection(
    struct network_event *event, const struct network_connection *connection);
/* Lends the new event, numbered, every datum not applicable yet, until the next append. */
struct network_event *event_log_append(struct event_log *log);
/* Lends those that are kept. */
const struct network_event *event_log_items(const struct event_log *log, size_t *ret_count);

#endif
