/* query - what a client wants to know: a topic, of its records which, of these which fields, in
 * which order and how many.
 *
 * Kept apart from the view because equal questions, however they were put, must share one view;
 * the canonical form, which the functions here keep, is what makes them equal.
 */
#ifndef IFPULSE_QUERY_H
#define IFPULSE_QUERY_H

#include "filter.h"
#include "model.h"
#include "topic.h"

/* A zeroed one is the whole of the first topic; with another topic, the whole of that. */
struct query {
    enum topic topic;
    /* Of TOPIC_EVENTS: bit per enum network_event_kind; 0: all but connection_closed, of which
     * there can be thousands a second, so that only who names it gets it. */
    uint32_t event_kinds;
    struct filter filter;
    uint64_t fields;           /* bit per field of the topic's record; 0: all */
    const struct field *order; /* the field to sort by; NULL: by id */
    bool is_descending;
    uint32_t limit; /* 0: none */
};

enum { QUERY_LIMIT_MAX = 100000 };

void query_fini(struct query *query);
MUST_CHECK int query_copy(const struct query *query, struct query *ret_query);
bool query_equal(const struct query *one, const struct query *other);

/* Each takes what a client said of one part of the query, or refuses it (COMMAND_REFUSED) with the
 * reason. Names and words need not end in NUL where they have a length. */
MUST_CHECK int query_add_filter(struct query *query, const char *name,
    const struct filter_word *words, size_t count, struct command_refusal *refusal);
MUST_CHECK int query_add_field(
    struct query *query, const char *name, size_t length, struct command_refusal *refusal);
MUST_CHECK int query_set_order(
    struct query *query, const char *text, size_t length, struct command_refusal *refusal);
MUST_CHECK int query_set_limit(
    struct query *query, const struct filter_word *word, struct command_refusal *refusal);
/* After all of these: brings it into its canonical form. */
void query_canonicalize(struct query *query);

/* Leaves these fields (as bits) out of what is shown. Refuses a query that would show by its filter
 * or order what they hold. */
MUST_CHECK int query_hide(struct query *query, uint64_t fields, struct command_refusal *refusal);

/* The fields that it shows, as bits. */
uint64_t query_fields(const struct query *query);
/* Whether some of the topic's records may be no part of it. */
bool query_is_partial(const struct query *query);
/* Whether it takes that record, were there no limit. */
bool query_takes(const struct query *query, const struct record *record);
/* The order of two records of the query: negative where one comes before other. */
int query_compare(const struct query *query, const struct record *one, const struct record *other);

/* The model's tables that the query draws from, one or two. */
unsigned query_tables(
    const struct query *query, const struct model *model, const struct model_table *ret_tables[2]);
bool query_is_kept(const struct query *query, const struct model *model, uint64_t since);
/* The newest revision at which a table it draws from changed. */
uint64_t query_changed(const struct query *query, const struct model *model);

#endif
