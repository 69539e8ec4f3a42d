#include "fuzz.h"

#include "buffer.h"
#include "json.h"
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { MARK = 0xa5 };

void fuzz_fail(const char *file, int line, const char *what)
{
    fflush(stdout);
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    abort();
}

void fuzz_mark(void *output, size_t size)
{
    memset(output, MARK, size);
}

bool fuzz_is_marked(const void *output, size_t size)
{
    const uint8_t *bytes = output;
    size_t i = 0;
    while (i < size && bytes[i] == MARK)
        i++;
    return i == size;
}

char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = size > 0 ? strndup((const char *)data, size) : strdup("");
    FUZZ_CHECK(text);
    return text;
}

uint8_t fuzz_take_byte(const uint8_t **data, size_t *size)
{
    if (*size == 0)
        return 0;
    (*size)--;
    return *(*data)++;
}

bool fuzz_is_terminated(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

void fuzz_check_json(const char *text, size_t length)
{
    json_error_t error;
    json_t *value = json_loadb(
        text, length, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &error);
    if (!value)
        fuzz_fail(error.text, error.position, text);
    json_decref(value);
}

static void check_address(const struct network_address *address)
{
    static const uint8_t zeros[12];
    FUZZ_CHECK(address->family == AF_INET || address->family == AF_INET6);
    FUZZ_CHECK(address->prefix_length <= (address->family == AF_INET ? 32 : 128));
    if (address->family == AF_INET)
        FUZZ_CHECK(memcmp(address->bytes + 4, zeros, sizeof(zeros)) == 0);
}

static void check_list(const struct field *field, const void *value)
{
    const struct network_name_list *list = value;
    FUZZ_CHECK(list->count == 0 || list->items);
    for (uint32_t i = 0; i < list->count; i++) {
        if (field->type == VALUE_NAMES)
            FUZZ_CHECK(fuzz_is_terminated(list->items[i].text, sizeof(list->items[i].text)));
        if (field->type == VALUE_ADDRESSES)
            check_address(&((const struct network_address_list *)value)->items[i]);
    }
}

static void check_value(const struct field *field, const void *value)
{
    switch (field->type) {
    case VALUE_FLAG:
        FUZZ_CHECK(*(const uint8_t *)value <= 1);
        break;
    case VALUE_REAL:
        FUZZ_CHECK(isfinite(*(const double *)value));
        break;
    case VALUE_TEXT:
        FUZZ_CHECK(fuzz_is_terminated(value, field->size));
        break;
    case VALUE_CHOICE:
        FUZZ_CHECK(*(const unsigned *)value < field->word_count);
        break;
    case VALUE_ADDRESS:
        check_address(value);
        break;
    default:
        if (value_is_list(field->type))
            check_list(field, value);
        break;
    }
}

void fuzz_check_record(const struct record_type *type, const void *record)
{
    struct buffer buffer = {0};
    for (unsigned i = 0; i < type->field_count; i++) {
        const struct field *field = &type->fields[i];
        FUZZ_CHECK(field_status(field, record) < NETWORK_STATUSES);
        if (field_status(field, record) != NETWORK_KNOWN)
            continue;
        check_value(field, (const char *)record + field->offset);
        buffer_append_char(&buffer, buffer.length == 0 ? '[' : ',');
        json_append_field(&buffer, field, record);
    }
    buffer_append_text(&buffer, buffer.length == 0 ? "[]" : "]");
    fuzz_check_json(buffer.bytes, buffer.length);
    buffer_fini(&buffer);
}
