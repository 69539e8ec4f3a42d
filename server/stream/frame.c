#include "frame.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>

/* Of level 6's savings this has nearly all, at half its cost: docs/performance.md. */
enum { DEFLATE_LEVEL = 3, DEFLATE_WINDOW = -15 /* raw */, DEFLATE_MEMORY = 8 };

int frame_new(unsigned part_count, const size_t *lengths, struct frame **ret_frame)
{
    struct frame *frame = malloc(sizeof *frame + part_count * sizeof frame->parts[0]);
    size_t size = 0;

    if (!frame)
        return -ENOMEM;
    *frame = (struct frame){.references = 1, .part_count = part_count};
    for (unsigned i = 0; i < part_count; i++) {
        frame->parts[i] = (struct frame_part){size + FRAME_HEADROOM, lengths[i], false};
        size += FRAME_HEADROOM + lengths[i];
    }
    frame->bytes = malloc(size);
    if (!frame->bytes) {
        free(frame);
        return -ENOMEM;
    }
    *ret_frame = frame;
    return 0;
}

struct frame *frame_ref(struct frame *frame)
{
    frame->references++;
    return frame;
}

void frame_unref(struct frame *frame)
{
    if (!frame || --frame->references > 0)
        return;
    frame_unref(frame->deflated);
    free(frame->bytes);
    free(frame);
}

int frame_new_from(const struct buffer *buffer, struct frame **ret_frame)
{
    int r;

    if (buffer_failed(buffer))
        return -ENOMEM;
    r = frame_new(1, &buffer->length, ret_frame);
    if (r == 0 && buffer->length)
        memcpy(frame_text(*ret_frame, 0), buffer->bytes, buffer->length);
    return r;
}

/* --- deflated --- */

static int deflate_part(
    z_stream *stream, const struct frame *frame, struct frame *deflated, unsigned part)
{
    struct frame_part *target = &deflated->parts[part];

    if (!target->is_deflated) {
        memcpy(frame_text(deflated, part), frame_text(frame, part), target->length);
        return 0;
    }
    if (deflateReset(stream) != Z_OK)
        return -EIO;
    stream->next_in = (unsigned char *)frame_text(frame, part);
    stream->avail_in = (unsigned)frame->parts[part].length;
    stream->next_out = (unsigned char *)frame_text(deflated, part);
    stream->avail_out = (unsigned)target->length;
    if (deflate(stream, Z_FINISH) != Z_STREAM_END)
        return -EIO;
    target->length = stream->total_out;
    return 0;
}

static int new_deflated(z_stream *stream, const struct frame *frame, struct frame **ret_deflated)
{
    size_t *lengths CLEANUP(free_p) = calloc(frame->part_count, sizeof *lengths);
    int r;

    if (!lengths)
        return -ENOMEM;
    for (unsigned i = 0; i < frame->part_count; i++)
        lengths[i] = frame->parts[i].length < FRAME_DEFLATE_FROM
                         ? frame->parts[i].length
                         : deflateBound(stream, frame->parts[i].length);
    r = frame_new(frame->part_count, lengths, ret_deflated);
    for (unsigned i = 0; r == 0 && i < frame->part_count; i++)
        (*ret_deflated)->parts[i].is_deflated = frame->parts[i].length >= FRAME_DEFLATE_FROM;
    return r;
}

int frame_deflate(struct frame *frame, struct frame **ret_deflated)
{
    struct frame *deflated CLEANUP(frame_unref_p) = NULL;
    z_stream stream = {0};
    int r;

    if (frame->deflated) {
        *ret_deflated = frame->deflated;
        return 0;
    }
    if (deflateInit2(&stream, DEFLATE_LEVEL, Z_DEFLATED, DEFLATE_WINDOW, DEFLATE_MEMORY,
            Z_DEFAULT_STRATEGY) != Z_OK)
        return -ENOMEM;
    r = new_deflated(&stream, frame, &deflated);
    for (unsigned i = 0; r == 0 && i < frame->part_count; i++)
        r = deflate_part(&stream, frame, deflated, i);
    deflateEnd(&stream);
    if (r < 0)
        return r;
    deflated->since = frame->since;
    deflated->revision = frame->revision;
    *ret_deflated = frame->deflated = HAND_OVER(deflated);
    return 0;
}
