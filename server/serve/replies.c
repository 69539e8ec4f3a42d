#include "replies.h"

struct reply_head {
    size_t length;
    char headroom[FRAME_HEADROOM];
};

void replies_fini(struct replies *replies)
{
    buffer_fini(&replies->waiting);
    *replies = (struct replies){0};
}

struct buffer *replies_begin(struct replies *replies)
{
    struct buffer *waiting = &replies->waiting;

    if (!replies_waiting(replies))
        replies_fini(replies);
    if (replies->taken > REPLIES_BYTES) { /* it never ran empty: what is done with goes */
        waiting->length -= replies->taken;
        memmove(waiting->bytes, waiting->bytes + replies->taken, waiting->length);
        replies->taken = 0;
    }
    replies->start = waiting->length;
    if (buffer_reserve(waiting, sizeof(struct reply_head)))
        waiting->length += sizeof(struct reply_head);
    return waiting;
}

bool replies_end(struct replies *replies)
{
    struct buffer *waiting = &replies->waiting;
    size_t length;

    if (buffer_failed(waiting))
        return false;
    /* The head is copied in, not written through a pointer: texts leave it anywhere in memory. */
    length = waiting->length - replies->start - sizeof(struct reply_head);
    memcpy(waiting->bytes + replies->start, &length, sizeof length);
    return waiting->length - replies->taken <= REPLIES_BYTES;
}

char *replies_take(struct replies *replies, size_t *ret_length)
{
    char *head = replies->waiting.bytes + replies->taken;

    memcpy(ret_length, head, sizeof *ret_length);
    replies->taken += sizeof(struct reply_head) + *ret_length;
    return head + sizeof(struct reply_head);
}
