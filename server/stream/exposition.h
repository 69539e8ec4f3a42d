/* exposition - the text formats that Prometheus reads, piece by piece: a family of samples has one
 * name, one type and one help text, and its samples follow each other.
 *
 * Two formats are written from the same calls: OpenMetrics 1.0.0, and the text format 0.0.4 that
 * older readers know. A family whose samples are all left out is not mentioned. Label values are
 * names as json.h writes them, so that they are those of the stream: valid UTF-8, and different
 * where the names are.
 */
#ifndef IFPULSE_EXPOSITION_H
#define IFPULSE_EXPOSITION_H

#include "base.h"
#include "buffer.h"

enum exposition_format { EXPOSITION_TEXT, EXPOSITION_OPENMETRICS };

enum family_type {
    FAMILY_GAUGE,
    FAMILY_COUNTER, /* its samples end in _total */
    FAMILY_INFO,    /* its samples end in _info and are 1: what they say is in the labels */
};

struct family {
    struct buffer *buffer;
    enum exposition_format format;
    enum family_type type;
    const char *name; /* without the ending of its type */
    const char *unit; /* in which name ends; "": none */
    const char *help;
    bool is_begun; /* its head is written */
};

const char *exposition_media_type(enum exposition_format format);

/* Appends name="value" to labels, after a comma where there are others. */
void exposition_add_label(
    struct buffer *labels, const char *name, const char *value, size_t length);
/* Begins a sample with these labels; a value and exposition_end_sample follow. */
void exposition_begin_sample(struct family *family, const char *labels, size_t length);
void exposition_end_sample(struct family *family);
/* A whole sample. */
void exposition_add_u64(struct family *family, const struct buffer *labels, uint64_t value);
/* value / divisor, with all its digits. */
void exposition_append_quotient(struct buffer *buffer, uint64_t value, uint64_t divisor);

/* What has to be at the very end. */
void exposition_end(struct buffer *buffer, enum exposition_format format);

#endif
