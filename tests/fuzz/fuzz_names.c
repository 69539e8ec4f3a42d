/* Names of any bytes as JSON: always JSON, and never two names alike. */
#include "fuzz.h"

#include "buffer.h"
#include "json.h"
#include <jansson.h>
#include <string.h>

static unsigned digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* The bytes that the text was written from. Returns how many. */
static size_t read_back(const char *text, size_t length, char *bytes)
{
    size_t count = 0;
    for (size_t i = 0; i < length; count++) {
        bool is_escaped = text[i] == '\\';
        FUZZ_CHECK(!is_escaped || (i + 4 <= length && text[i + 1] == 'x'));
        bytes[count] = is_escaped ? (char)(digit(text[i + 2]) << 4 | digit(text[i + 3])) : text[i];
        i += is_escaped ? 4 : 1;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer buffer = {0};
    json_append_name(&buffer, (const char *)data, size);
    json_t *text = json_loadb(buffer.bytes, buffer.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    FUZZ_CHECK(json_is_string(text));
    char *bytes = malloc(json_string_length(text) + 1);
    FUZZ_CHECK(bytes);
    size_t length = read_back(json_string_value(text), json_string_length(text), bytes);
    FUZZ_CHECK(length == size && (size == 0 || memcmp(bytes, data, size) == 0));
    free(bytes);
    json_decref(text);
    buffer_fini(&buffer);
    return 0;
}
