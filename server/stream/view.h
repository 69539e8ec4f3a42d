/* view - a query kept current, shared by all who ask it.
 *
 * A view has a stream number and the frames that were encoded of it at the model's revision: one
 * for each revision that some client stands at, made when the first of them asks. A thousand
 * viewers at the same revision cost one encoding.
 */
#ifndef IFPULSE_VIEW_H
#define IFPULSE_VIEW_H

#include "frame.h"
#include "model.h"
#include "query.h"

struct view {
    struct view *next;
    const struct model *model;
    struct query query;
    uint64_t stream;     /* number of the query in this instance */
    unsigned references; /* subscriptions */
    uint64_t cached;     /* revision that the frames lead to */
    struct frame **frames;
    size_t frame_count, frame_capacity;
    uint64_t encoded; /* frames encoded since the view was made */
};

/* All views of a model. */
struct view_set {
    const struct model *model;
    struct view *first;
    size_t count;
    uint64_t last_stream;
};

void view_set_init(struct view_set *set, const struct model *model);
void view_set_fini(struct view_set *set);

/* The view of that query, made when nobody has it yet; the caller gets one reference. */
MUST_CHECK int view_open(struct view_set *set, const struct query *query, struct view **ret_view);
/* Gives the reference back. Accepts NULL. */
void view_close(struct view_set *set, struct view *view);

/* The newest revision at which what the view shows changed. */
uint64_t view_changed(const struct view *view);

/* The frame that leads from since to the model's revision: a delta, or a snapshot when since is 0
 * or not kept any more or a snapshot is shorter. The caller gets a reference. */
MUST_CHECK int view_frame(struct view *view, uint64_t since, struct frame **ret_frame);

#endif
