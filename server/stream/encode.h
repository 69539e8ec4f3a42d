/* encode - (what, since which revision) to JSON text. The only writer of stream JSON.
 *
 * A delta is a JSON Merge Patch (RFC 7396) from the state at `since` to the state now, a snapshot
 * the state itself; both are one walk over the model, the snapshot being the delta since nothing.
 */
#ifndef IFPULSE_ENCODE_H
#define IFPULSE_ENCODE_H

#include "buffer.h"
#include "command.h"
#include "frame.h"
#include "view.h"

/* No WebSocket message is longer than this. */
enum { ENCODE_PART_BYTES = 65536 };

/* The messages of the view, which must be at the model's revision, from since to now, in parts
 * where they would be too long. Where more was removed or changed than is there, and a snapshot is
 * shorter, that. */
MUST_CHECK int encode_frame(const struct view *view, uint64_t since, struct frame **ret_frame);

/* What a REST answer is about. */
struct encode_request {
    const char *instance;        /* the server's */
    const struct view *view;     /* its one topic's; NULL: data holds a member per topic */
    unsigned topics;             /* which, then; bit per enum topic */
    struct view *const *views;   /* what of each, then, by topic; NULL, or one that is: the whole */
    const struct record *record; /* only this record of the view; NULL: all */
    uint64_t since;              /* 0: the state; else a patch since then, if all topics keep it */
};
/* The view must be at the model's revision. */
MUST_CHECK int encode_document(
    const struct model *model, const struct encode_request *request, struct buffer *ret_buffer);

/* The server's other messages; each appends one JSON object. */
struct encode_hello {
    const char *instance, *version;
    uint32_t interval_ms;
    uint32_t subscriptions, message_bytes, messages_per_s, message_burst;
    bool wants_token; /* before anything else */
};
void encode_hello(struct buffer *buffer, const struct encode_hello *hello);
void encode_subscribed(
    struct buffer *buffer, const struct command *command, uint64_t stream, uint32_t interval_ms);
void encode_complete(struct buffer *buffer, uint64_t id);
void encode_error(struct buffer *buffer, const struct command_refusal *refusal);
void encode_pong(struct buffer *buffer, const char *data);

#endif
