/* frame - a message encoded once and shared by all who get it.
 *
 * The bytes never change once the frame is made. In front of each part lie FRAME_HEADROOM bytes in
 * which a transport may write its own header: with a server that does not mask, every client gets
 * the same header, so they share that too. One thread only: the count is plain.
 */
#ifndef IFPULSE_FRAME_H
#define IFPULSE_FRAME_H

#include "base.h"
#include "buffer.h"

enum { FRAME_HEADROOM = 64 };

struct frame_part {
    size_t offset, length; /* in bytes[] */
    bool is_deflated;      /* raw deflate (RFC 1951) of the text; else the text */
};

struct frame {
    unsigned references;
    unsigned part_count;
    uint64_t asked; /* the revision it was asked to lead from */
    uint64_t since; /* the one it does lead from; 0: a snapshot */
    uint64_t revision;
    struct frame *deflated; /* its other form, once someone has asked for it; NULL: nobody has */
    char *bytes;
    struct frame_part parts[];
};

/* part_count parts of those lengths, to be filled by the caller through frame_text; one reference,
 * the caller's. */
MUST_CHECK int frame_new(unsigned part_count, const size_t *lengths, struct frame **ret_frame);
struct frame *frame_ref(struct frame *frame);
/* Accepts NULL. */
void frame_unref(struct frame *frame);
DEFINE_CLEANUP(struct frame, frame_unref)

/* The same with every part of FRAME_DEFLATE_FROM bytes and more deflated, each by itself. Made once
 * and lent, for as long as frame lives. */
enum { FRAME_DEFLATE_FROM = 1024 };
MUST_CHECK int frame_deflate(struct frame *frame, struct frame **ret_deflated);

static inline char *frame_text(const struct frame *frame, unsigned part)
{
    return frame->bytes + frame->parts[part].offset;
}

/* A frame of one part with the buffer's content. */
MUST_CHECK int frame_new_from(const struct buffer *buffer, struct frame **ret_frame);

#endif
