/* replies - what one client is still to be told in answer to what it said.
 *
 * Not shared, unlike frames, and bounded: who asks on and on and does not read the answers is not
 * waited for. Each text has FRAME_HEADROOM bytes in front, for the transport's header.
 */
#ifndef IFPULSE_REPLIES_H
#define IFPULSE_REPLIES_H

#include "buffer.h"
#include "frame.h"

enum { REPLIES_BYTES = 65536 };

/* A zeroed one is empty. */
struct replies {
    struct buffer waiting; /* of each reply its head, then its text */
    size_t start;          /* of the reply being encoded */
    size_t taken;          /* bytes of waiting that are done with */
};

void replies_fini(struct replies *replies);

/* Lends the buffer to which the text of one more reply is to be appended. */
struct buffer *replies_begin(struct replies *replies);
/* The text is complete. False: there are too many now, or no memory; the client is to be cut. */
MUST_CHECK bool replies_end(struct replies *replies);

static inline bool replies_waiting(const struct replies *replies)
{
    return replies->taken < replies->waiting.length;
}

/* Lends the oldest reply's text until the next call of any function here; there must be one. */
char *replies_take(struct replies *replies, size_t *ret_length);

#endif
