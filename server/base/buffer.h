/* buffer - growable bytes.
 *
 * Running out of memory is remembered, not returned: appending to a failed buffer does nothing, so
 * a writer of many small pieces checks once, at the end, with buffer_failed.
 */
#ifndef IFPULSE_BUFFER_H
#define IFPULSE_BUFFER_H

#include "base.h"

#include <string.h>

struct buffer {
    char *bytes;
    size_t length, capacity;
    bool failed;
};

/* A zeroed struct buffer is an empty one. */
void buffer_fini(struct buffer *buffer);

/* Makes room for more bytes behind length and lends the place; NULL when failed. */
char *buffer_reserve_slow(struct buffer *buffer, size_t more);

static inline char *buffer_reserve(struct buffer *buffer, size_t more)
{
    if (buffer->capacity - buffer->length >= more && !buffer->failed)
        return buffer->bytes + buffer->length;
    return buffer_reserve_slow(buffer, more);
}

static inline void buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
    char *place = buffer_reserve(buffer, length);

    if (place && length) {
        memcpy(place, bytes, length);
        buffer->length += length;
    }
}

static inline void buffer_append_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

static inline void buffer_append_char(struct buffer *buffer, char c)
{
    buffer_append(buffer, &c, 1);
}

static inline bool buffer_failed(const struct buffer *buffer)
{
    return buffer->failed;
}

#endif
