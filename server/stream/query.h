/* query - what a client wants to watch: a topic, and of events which kinds.
 *
 * Kept apart from the view because equal questions, however they were put, must share one view;
 * the canonical form is what makes them equal.
 */
#ifndef IFPULSE_QUERY_H
#define IFPULSE_QUERY_H

#include "model.h"
#include "topic.h"

struct query {
    enum topic topic;
    /* Of TOPIC_EVENTS: bit per enum network_event_kind; 0: all but connection_closed, of which
     * there can be thousands a second, so that only who names it gets it. */
    uint32_t event_kinds;
};

bool query_equal(const struct query *one, const struct query *other);

/* Adds the kind of that name to the query; false when there is none. */
MUST_CHECK bool query_add_event_kind(struct query *query, const char *word, size_t length);
/* Every kind's name, for messages, into text. */
void query_list_event_kinds(char *text, size_t size);

/* The model's tables that the query draws from, one or two. */
unsigned query_tables(
    const struct query *query, const struct model *model, const struct model_table *ret_tables[2]);
/* Whether it takes that record of them. */
bool query_takes(const struct query *query, const struct record *record);
size_t query_count(const struct query *query, const struct model *model);
bool query_is_kept(const struct query *query, const struct model *model, uint64_t since);
/* The newest revision at which a table it draws from changed. */
uint64_t query_changed(const struct query *query, const struct model *model);

#endif
