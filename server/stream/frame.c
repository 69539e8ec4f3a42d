#include "frame.h"

#include <errno.h>
#include <string.h>

int frame_new(unsigned part_count, const size_t *lengths, struct frame **ret_frame)
{
    struct frame *frame = malloc(sizeof *frame + part_count * sizeof frame->parts[0]);
    size_t size = 0;

    if (!frame)
        return -ENOMEM;
    *frame = (struct frame){.references = 1, .part_count = part_count};
    for (unsigned i = 0; i < part_count; i++) {
        frame->parts[i] = (struct frame_part){size + FRAME_HEADROOM, lengths[i]};
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
