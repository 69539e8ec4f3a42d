/* view - a query kept current, shared by all who ask it.
 *
 * A view has a stream number and the frames that were encoded of it at the model's revision: one
 * for each revision that some client stands at, made when the first of them asks. A thousand
 * viewers at the same revision cost one encoding.
 *
 * One that shows a part of a topic knows its members (members.h), and stays for a while when nobody
 * watches it any more: who comes back, or polls, gets what changed meanwhile.
 */
#ifndef IFPULSE_VIEW_H
#define IFPULSE_VIEW_H

#include "frame.h"
#include "members.h"
#include "model.h"
#include "query.h"

struct view_set;

struct view {
    struct view *next;
    struct view_set *set;
    struct query query;
    struct members members; /* of a query that is partial */
    uint64_t stream;        /* number of the query in this instance */
    unsigned references;    /* subscriptions, and who asks just now */
    int64_t left_ms;        /* without references: when the last one went, by the model's time */
    uint64_t looked;        /* of one that shows some fields: revision of the last look at them */
    uint64_t changed;       /* and of the last that found a change */
    uint64_t cached;        /* revision that the frames lead to */
    struct frame **frames;
    size_t frame_count, frame_capacity;
};

/* All views of a model. */
struct view_set {
    const struct model *model;
    struct view *first;
    size_t count;      /* of those with references */
    size_t idle_count; /* of those without */
    uint64_t last_stream;
    uint64_t encoded; /* frames encoded so far */
};

void view_set_init(struct view_set *set, const struct model *model);
void view_set_fini(struct view_set *set);
/* Lets go of those that nobody has asked for as long as tombstones are kept. */
void view_set_forget_idle(struct view_set *set);

/* The view of that query, which is in its canonical form, made when nobody has it yet; the caller
 * gets one reference. The query is copied. */
MUST_CHECK int view_open(struct view_set *set, const struct query *query, struct view **ret_view);
/* Gives the reference back. Accepts NULL. */
void view_close(struct view_set *set, struct view *view);

/* Brings it to the model's revision. What is asked of it below does so by itself. */
MUST_CHECK int view_update(struct view *view);

/* The newest revision at which what the view shows changed. */
uint64_t view_changed(struct view *view);

/* Whether a delta since then can be told; the view must be at the model's revision. */
bool view_is_kept(const struct view *view, uint64_t since);
/* How many records it shows, likewise. */
size_t view_count(const struct view *view);

/* The frame that leads from since to the model's revision: a delta, or a snapshot when since is 0
 * or not kept any more or a snapshot is shorter. The caller gets a reference. */
MUST_CHECK int view_frame(struct view *view, uint64_t since, struct frame **ret_frame);

#endif
