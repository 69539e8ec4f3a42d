/* history_encode - what is remembered as JSON text: a message of the stream, or a REST answer.
 *
 * Both tell it as points in time, each of one or more steps, and the last at `end`. There are as
 * many in each array of an answer.
 */
#ifndef IFPULSE_HISTORY_ENCODE_H
#define IFPULSE_HISTORY_ENCODE_H

#include "buffer.h"
#include "frame.h"
#include "history.h"
#include "view.h"

enum {
    HISTORY_POINTS_MAX = 3600,      /* in an array */
    HISTORY_LONG_POINTS_MAX = 1440, /* where it is made of the longer steps */
    HISTORY_VALUES_MAX = 500000,    /* in an answer: then points are longer */
};

/* What of the past is wanted, and of whom. */
struct history_wish {
    struct view *view;             /* of a topic that has a history: what it shows */
    const char *id;                /* only of this one; NULL: of all */
    const struct subject *subject; /* of that id, as history_find has it */
    uint32_t window_s;
    uint32_t step_ms; /* of a point at least; 0: as short as it can be */
};

/* The message for who subscribed to the view with that history_s. */
MUST_CHECK int history_frame(
    struct history *history, struct view *view, uint32_t history_s, struct frame **ret_frame);

/* The members of a REST answer: "step_ms":…,"end":…,"series":{…} */
MUST_CHECK int history_append(
    struct history *history, const struct history_wish *wish, struct buffer *buffer);

/* Messages that were made since the last observation, for the next who asks the same. */
struct history_frames {
    struct history_frames_item {
        uint64_t stream;
        uint32_t history_s;
        struct frame *frame;
    } items[16];
    unsigned count;
};
void history_frames_drop(struct history_frames *frames);
/* As history_frame. The caller gets a reference. */
MUST_CHECK int history_frames_get(struct history_frames *frames, struct history *history,
    struct view *view, uint32_t history_s, struct frame **ret_frame);

#endif
