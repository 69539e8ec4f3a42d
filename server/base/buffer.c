#include "buffer.h"

void buffer_fini(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}

char *buffer_reserve_slow(struct buffer *buffer, size_t more)
{
    size_t capacity = buffer->capacity ? buffer->capacity : 256;
    char *bytes;

    if (buffer->failed)
        return NULL;
    while (capacity - buffer->length < more && capacity <= SIZE_MAX / 4)
        capacity *= 2;
    bytes = capacity - buffer->length < more ? NULL : realloc(buffer->bytes, capacity);
    if (!bytes) {
        buffer->failed = true;
        return NULL;
    }
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return bytes + buffer->length;
}
