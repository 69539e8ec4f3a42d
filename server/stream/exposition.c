#include "exposition.h"

#include "json.h"

#include <stdio.h>
#include <string.h>

const char *exposition_media_type(enum exposition_format format)
{
    return format == EXPOSITION_OPENMETRICS
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}

/* Of what both formats ask for; 0.0.4 knows \" in label values only, and help texts have none. */
static void append_escaped_char(struct buffer *buffer, char c)
{
    if (c == '\\' || c == '"' || c == '\n')
        buffer_append_char(buffer, '\\');
    buffer_append_char(buffer, c == '\n' ? 'n' : c);
}

/* A name's backslash, and a byte that is not UTF-8, are \xNN in the stream, and the backslash of
 * that is escaped here once more. */
static void append_label_value(struct buffer *buffer, const char *value, size_t length)
{
    char text[8];

    for (size_t i = 0, step; i < length; i += step) {
        step = json_utf8_length(value + i, length - i);
        if (step == 0 || value[i] == '\\') {
            snprintf(text, sizeof text, "\\\\x%02x", (unsigned char)value[i]);
            buffer_append_text(buffer, text);
            step = 1;
        } else if (step == 1) {
            append_escaped_char(buffer, value[i]);
        } else {
            buffer_append(buffer, value + i, step);
        }
    }
}

void exposition_add_label(struct buffer *labels, const char *name, const char *value, size_t length)
{
    if (labels->length > 0)
        buffer_append_char(labels, ',');
    buffer_append_text(labels, name);
    buffer_append_text(labels, "=\"");
    append_label_value(labels, value, length);
    buffer_append_char(labels, '"');
}

static const char *ending(enum family_type type)
{
    static const char *const endings[] = {
        [FAMILY_GAUGE] = "", [FAMILY_COUNTER] = "_total", [FAMILY_INFO] = "_info"};

    return endings[type];
}

static void append_head(const struct family *family, const char *word)
{
    buffer_append_text(family->buffer, word);
    buffer_append_text(family->buffer, family->name);
    if (family->format == EXPOSITION_TEXT) /* there, the samples' name */
        buffer_append_text(family->buffer, ending(family->type));
    buffer_append_char(family->buffer, ' ');
}

static void begin_family(const struct family *family)
{
    static const char *const types[] = {
        [FAMILY_GAUGE] = "gauge", [FAMILY_COUNTER] = "counter", [FAMILY_INFO] = "info"};
    bool is_open = family->format == EXPOSITION_OPENMETRICS;

    append_head(family, "# HELP ");
    for (const char *c = family->help; *c; c++)
        append_escaped_char(family->buffer, *c);
    append_head(family, "\n# TYPE ");
    buffer_append_text(family->buffer,
        is_open || family->type != FAMILY_INFO ? types[family->type] : types[FAMILY_GAUGE]);
    if (is_open && *family->unit) {
        append_head(family, "\n# UNIT ");
        buffer_append_text(family->buffer, family->unit);
    }
    buffer_append_char(family->buffer, '\n');
}

void exposition_begin_sample(struct family *family, const char *labels, size_t length)
{
    if (!family->is_begun)
        begin_family(family);
    family->is_begun = true;
    buffer_append_text(family->buffer, family->name);
    buffer_append_text(family->buffer, ending(family->type));
    if (length > 0) {
        buffer_append_char(family->buffer, '{');
        buffer_append(family->buffer, labels, length);
        buffer_append_char(family->buffer, '}');
    }
    buffer_append_char(family->buffer, ' ');
}

void exposition_end_sample(struct family *family)
{
    buffer_append_char(family->buffer, '\n');
}

void exposition_add_u64(struct family *family, const struct buffer *labels, uint64_t value)
{
    if (buffer_failed(labels)) /* a sample without its labels is another one */
        family->buffer->failed = true;
    exposition_begin_sample(family, labels->bytes, labels->length);
    json_append_u64(family->buffer, value);
    exposition_end_sample(family);
}

void exposition_append_quotient(struct buffer *buffer, uint64_t value, uint64_t divisor)
{
    uint64_t rest = value % divisor;

    json_append_u64(buffer, value / divisor);
    if (rest > 0)
        buffer_append_char(buffer, '.');
    while (rest > 0) { /* ends: divisors are made of twos and fives */
        rest *= 10;
        buffer_append_char(buffer, (char)('0' + rest / divisor));
        rest %= divisor;
    }
}

void exposition_end(struct buffer *buffer, enum exposition_format format)
{
    if (format == EXPOSITION_OPENMETRICS)
        buffer_append_text(buffer, "# EOF\n");
}
