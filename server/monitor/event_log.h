/* event_log - the last events of a monitor, the oldest first and side by side in memory.
 *
 * Those of one round of reading are all kept, however many: a link that goes takes thousands of
 * addresses along, and whoever follows the events counts on each. What that took is given back with
 * the next round. Otherwise room for twice as many as are kept is taken once, at the start. Without
 * memory for more the oldest go, so that appending cannot fail.
 */
#ifndef IFPULSE_EVENT_LOG_H
#define IFPULSE_EVENT_LOG_H

#include "base.h"
#include "network_types.h"

enum { EVENT_LOG_KEPT = 1024 };

struct event_log {
    struct network_event *items;
    size_t count, capacity;
    size_t begun; /* how many were there when the round began */
    uint64_t last_identity;
};

MUST_CHECK int event_log_init(struct event_log *log);
void event_log_fini(struct event_log *log);
/* A round of reading begins. What was lent is so no longer. */
void event_log_begin(struct event_log *log);
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
