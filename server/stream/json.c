#include "json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

size_t json_utf8_length(const char *bytes, size_t left)
{
    const unsigned char *c = (const unsigned char *)bytes;
    size_t length = c[0] < 0x80                   ? 1
                    : c[0] >= 0xc2 && c[0] < 0xe0 ? 2
                    : c[0] >= 0xe0 && c[0] < 0xf0 ? 3
                    : c[0] >= 0xf0 && c[0] < 0xf5 ? 4
                                                  : 0;

    if (length == 0 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
        (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f))
        return 0;
    return length;
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void append_escaped(struct buffer *buffer, const char *format, unsigned char c)
{
    char text[8];

    snprintf(text, sizeof text, format, c);
    buffer_append_text(buffer, text);
}

void json_append_name(struct buffer *buffer, const char *bytes, size_t length)
{
    const unsigned char *c = (const unsigned char *)bytes;

    buffer_append_char(buffer, '"');
    for (size_t i = 0, step; i < length; i += step) {
        for (step = 0; i + step < length && is_plain(c[i + step]);)
            step++;
        if (step > 0) {
            buffer_append(buffer, c + i, step);
            continue;
        }
        step = json_utf8_length(bytes + i, length - i);
        if (step > 1) {
            buffer_append(buffer, c + i, step);
        } else if (step == 0 || c[i] == '\\') {
            append_escaped(buffer, "\\\\x%02x", c[i]);
            step = 1;
        } else {
            append_escaped(buffer, c[i] == '"' ? "\\\"" : "\\u%04x", c[i]);
        }
    }
    buffer_append_char(buffer, '"');
}

void json_append_text(struct buffer *buffer, const char *text, size_t length)
{
    buffer_append_char(buffer, '"');
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c == '"' || c == '\\')
            buffer_append_char(buffer, '\\');
        if (c < 0x20 || c == 0x7f)
            append_escaped(buffer, "\\u%04x", c);
        else
            buffer_append_char(buffer, (char)c);
    }
    buffer_append_char(buffer, '"');
}

void json_append_u64(struct buffer *buffer, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    buffer_append(buffer, digits + at, sizeof digits - at);
}

void json_append_i64(struct buffer *buffer, int64_t value)
{
    if (value < 0)
        buffer_append_char(buffer, '-');
    json_append_u64(buffer, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

enum { SMALLEST_EXPONENT = -11, LARGEST_EXPONENT = 20 };

static double power_of_ten(int exponent)
{
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

    return powers[exponent];
}

/* value = mantissa * 10^exponent with 100 <= |mantissa| <= 999, or mantissa 0. */
static int significant(double value, int *ret_exponent)
{
    double size = fabs(value);
    int exponent = 0, mantissa;

    *ret_exponent = 0;
    if (!(size >= 1e-9))
        return 0;
    if (size >= 1e22)
        size = 1e22;
    while (exponent < LARGEST_EXPONENT && size >= 1000 * power_of_ten(exponent))
        exponent++;
    if (exponent == 0) {
        while (exponent > SMALLEST_EXPONENT && size * power_of_ten(-exponent) < 100)
            exponent--;
    }
    mantissa = exponent >= 0 ? (int)lround(size / power_of_ten(exponent))
                             : (int)lround(size * power_of_ten(-exponent));
    if (mantissa >= 1000) {
        mantissa = 100;
        exponent++;
    }
    *ret_exponent = exponent;
    return value < 0 ? -mantissa : mantissa;
}

bool json_real_equal(double a, double b)
{
    int exponent_a, exponent_b;

    if (a == b)
        return true;
    return significant(a, &exponent_a) == significant(b, &exponent_b) && exponent_a == exponent_b;
}

int json_real_compare(double a, double b)
{
    double larger = fabs(a) > fabs(b) ? fabs(a) : fabs(b);
    int exponent_a, exponent_b;

    /* Three digits tell two apart that differ by more than one in a hundred. */
    if (fabs(a - b) > 0.02 * larger)
        return a < b ? -1 : 1;
    a = significant(a, &exponent_a) * pow(10, exponent_a);
    b = significant(b, &exponent_b) * pow(10, exponent_b);
    return (a > b) - (a < b);
}

static void append_fraction(struct buffer *buffer, unsigned mantissa, int digits)
{
    char text[16];
    unsigned scale = 1;

    while (digits > 0 && mantissa % 10 == 0) {
        mantissa /= 10;
        digits--;
    }
    if (digits > 3) { /* 0.000123: zeros that no mantissa of three digits holds */
        buffer_append_text(buffer, "0.");
        for (int i = mantissa >= 100 ? 3 : mantissa >= 10 ? 2 : 1; i < digits; i++)
            buffer_append_char(buffer, '0');
        json_append_u64(buffer, mantissa);
        return;
    }
    for (int i = 0; i < digits; i++)
        scale *= 10;
    if (digits > 0)
        snprintf(text, sizeof text, "%u.%0*u", mantissa / scale, digits, mantissa % scale);
    else
        snprintf(text, sizeof text, "%u", mantissa);
    buffer_append_text(buffer, text);
}

void json_append_real(struct buffer *buffer, double value)
{
    int exponent, mantissa = significant(value, &exponent);

    if (mantissa < 0) {
        buffer_append_char(buffer, '-');
        mantissa = -mantissa;
    }
    if (exponent < 0) {
        append_fraction(buffer, (unsigned)mantissa, -exponent);
        return;
    }
    json_append_u64(buffer, (uint64_t)mantissa);
    while (exponent-- > 0)
        buffer_append_char(buffer, '0');
}

void json_append_time(struct buffer *buffer, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    int milliseconds = (int)(ms % 1000);
    struct tm tm;
    char text[80];

    if (milliseconds < 0) {
        milliseconds += 1000;
        seconds--;
    }
    gmtime_r(&seconds, &tm);
    snprintf(text, sizeof text, "\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", tm.tm_year + 1900,
        tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, milliseconds);
    buffer_append_text(buffer, text);
}

static void append_address(struct buffer *buffer, const struct network_address *address)
{
    char text[NETWORK_ADDRESS_TEXT];

    json_append_text(buffer, text, network_address_format(address, text));
}

/* Whether a list that began at from may go on. */
static bool has_room(const struct buffer *buffer, size_t from)
{
    return buffer->length - from < JSON_LIST_BYTES;
}

static void append_addresses(struct buffer *buffer, const struct network_address_list *list)
{
    size_t from = buffer->length;

    buffer_append_char(buffer, '[');
    for (uint32_t i = 0; i < list->count && has_room(buffer, from); i++) {
        if (i > 0)
            buffer_append_char(buffer, ',');
        append_address(buffer, &list->items[i]);
    }
    buffer_append_char(buffer, ']');
}

static void append_names(struct buffer *buffer, const struct network_name_list *list)
{
    size_t from = buffer->length;

    buffer_append_char(buffer, '[');
    for (uint32_t i = 0; i < list->count && has_room(buffer, from); i++) {
        const char *name = list->items[i].text;

        if (i > 0)
            buffer_append_char(buffer, ',');
        json_append_name(buffer, name, strnlen(name, sizeof list->items[i].text));
    }
    buffer_append_char(buffer, ']');
}

static void append_numbers(struct buffer *buffer, const struct network_number_list *list)
{
    size_t from = buffer->length;

    buffer_append_char(buffer, '[');
    for (uint32_t i = 0; i < list->count && has_room(buffer, from); i++) {
        if (i > 0)
            buffer_append_char(buffer, ',');
        json_append_u64(buffer, list->items[i]);
    }
    buffer_append_char(buffer, ']');
}

static void append_capabilities(struct buffer *buffer, const struct network_capability_list *list)
{
    buffer_append_char(buffer, '{');
    for (uint32_t i = 0; i < list->count; i++) {
        const struct network_capability *capability = &list->items[i];
        const char *status = network_status_words[capability->status];

        if (i > 0)
            buffer_append_char(buffer, ',');
        json_append_text(buffer, capability->name, strlen(capability->name));
        buffer_append_text(buffer, ":{\"status\":");
        json_append_text(buffer, status, strlen(status));
        buffer_append_text(buffer, ",\"detail\":");
        json_append_name(buffer, capability->detail, strlen(capability->detail));
        buffer_append_char(buffer, '}');
    }
    buffer_append_char(buffer, '}');
}

void json_append_field(struct buffer *buffer, const struct field *field, const void *record)
{
    const void *value = (const char *)record + field->offset;

    switch (field->type) {
    case VALUE_FLAG:
        buffer_append_text(buffer, *(const bool *)value ? "true" : "false");
        break;
    case VALUE_U32:
        json_append_u64(buffer, *(const uint32_t *)value);
        break;
    case VALUE_U64:
        json_append_u64(buffer, *(const uint64_t *)value);
        break;
    case VALUE_I32:
        json_append_i64(buffer, *(const int32_t *)value);
        break;
    case VALUE_REAL:
        json_append_real(buffer, *(const double *)value);
        break;
    case VALUE_TIME:
        json_append_time(buffer, *(const int64_t *)value);
        break;
    case VALUE_TEXT:
        json_append_name(buffer, value, strnlen(value, field->size));
        break;
    case VALUE_CHOICE: {
        const char *word = field->words[*(const unsigned *)value];

        json_append_text(buffer, word, strlen(word));
        break;
    }
    case VALUE_ADDRESS:
        append_address(buffer, value);
        break;
    case VALUE_ADDRESSES:
        append_addresses(buffer, value);
        break;
    case VALUE_NAMES:
        append_names(buffer, value);
        break;
    case VALUE_NUMBERS:
        append_numbers(buffer, value);
        break;
    case VALUE_CAPABILITIES:
        append_capabilities(buffer, value);
        break;
    }
}
