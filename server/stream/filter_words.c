/* The part of filter.h that reads what a client said. */
#include "filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <time.h>

#define REFUSE(refusal, ...) return command_refuse(refusal, "bad_filter", __VA_ARGS__)

enum { TEXT_MAX = 255 /* of a value; no field is longer */ };

/* --- names --- */

static bool is_port(const struct field *field)
{
    return strcmp(field->key, "local_port") == 0 || strcmp(field->key, "remote_port") == 0;
}

static bool is_address(const struct field *field)
{
    return field->type == VALUE_ADDRESS || field->type == VALUE_ADDRESSES;
}

/* Names of several fields at once; a field of the same name is among them. */
static const struct alias {
    const char *name;
    bool (*has)(const struct field *field);
} aliases[] = {{"address", is_address}, {"port", is_port}};

static uint64_t fields_of_alias(const struct record_type *type, const struct alias *alias)
{
    uint64_t fields = 0;

    for (unsigned i = 0; i < type->field_count; i++)
        fields |= (uint64_t)alias->has(&type->fields[i]) << i;
    return fields;
}

static uint64_t fields_of_name(
    const struct record_type *type, const char *name, const char **ret_name)
{
    const struct field *field = record_field(type, name);

    for (size_t i = 0; i < ARRAY_LENGTH(aliases); i++) {
        if (strcmp(name, aliases[i].name) == 0) {
            *ret_name = aliases[i].name;
            return fields_of_alias(type, &aliases[i]);
        }
    }
    if (!field || field->type == VALUE_CAPABILITIES)
        return 0;
    *ret_name = field->key;
    return UINT64_C(1) << (field - type->fields);
}

/* All names there are for records of that type, for messages. */
static void list_names(const struct record_type *type, char *text, size_t size)
{
    size_t length = 0;

    text[0] = '\0';
    for (size_t i = 0; i < ARRAY_LENGTH(aliases) && length < size; i++) {
        if (fields_of_alias(type, &aliases[i]) && !record_field(type, aliases[i].name))
            length += (size_t)snprintf(
                text + length, size - length, "%s%s", length ? ", " : "", aliases[i].name);
    }
    for (unsigned i = 0; i < type->field_count && length < size; i++) {
        if (type->fields[i].type != VALUE_CAPABILITIES)
            length += (size_t)snprintf(
                text + length, size - length, "%s%s", length ? ", " : "", type->fields[i].key);
    }
}

/* --- values --- */

/* The word as a C string, without a NUL inside. */
static bool copy_word(const struct filter_word *word, char *text, size_t size)
{
    if (word->length >= size || memchr(word->text, '\0', word->length))
        return false;
    memcpy(text, word->text, word->length);
    text[word->length] = '\0';
    return true;
}

static bool parse_unsigned(const char *text, uint64_t *ret_number)
{
    char *end;

    errno = 0;
    *ret_number = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && !errno;
}

static bool parse_signed(const char *text, uint64_t *ret_number)
{
    uint64_t size;

    if (!parse_unsigned(text + (*text == '-'), &size) || size > INT64_MAX)
        return false;
    *ret_number = *text == '-' ? -size : size;
    return true;
}

static bool parse_real(const char *text, double *ret_real)
{
    char *end;

    *ret_real = strtod(text, &end);
    /* Neither "inf" nor "nan", nor "0x1p3" nor blanks. */
    return *text && !*end && strspn(text, "0123456789+-.eE") == strlen(text);
}

/* As json_append_time writes it; the fraction may be left out. */
static bool parse_time(const char *text, uint64_t *ret_ms)
{
    struct tm tm = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    unsigned ms = 0;
    int length = 0;

    if (rest && *rest == '.') {
        if (sscanf(rest, ".%3u%n", &ms, &length) != 1 || length != 4)
            return false;
        rest += length;
    }
    if (!rest || strcmp(rest, "Z") != 0)
        return false;
    *ret_ms = (uint64_t)(timegm(&tm) * INT64_C(1000) + ms);
    return true;
}

static void mask_host(struct network_address *network)
{
    for (unsigned bit = network->prefix_length; bit < 8 * sizeof network->bytes; bit++)
        network->bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

/* IPv4 in IPv6 is IPv4, as it is in records. */
static void unmap(struct network_address *network)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    if (network->family != AF_INET6 || network->prefix_length < 96 ||
        memcmp(network->bytes, mapped, sizeof mapped) != 0)
        return;
    network->family = AF_INET;
    network->prefix_length = (uint8_t)(network->prefix_length - 96);
    memmove(network->bytes, network->bytes + 12, 4);
    memset(network->bytes + 4, 0, 12);
}

static bool parse_network(const char *text, struct network_address *ret_network)
{
    struct network_address network = {0};
    char address[NETWORK_ADDRESS_TEXT + 1];
    size_t length = strcspn(text, "/");
    uint64_t prefix;

    if (length >= sizeof address)
        return false;
    memcpy(address, text, length);
    address[length] = '\0';
    if (inet_pton(AF_INET, address, network.bytes) == 1)
        network.family = AF_INET;
    else if (inet_pton(AF_INET6, address, network.bytes) == 1)
        network.family = AF_INET6;
    else
        return false;
    prefix = network.family == AF_INET ? 32 : 128;
    network.prefix_length = (uint8_t)prefix;
    if (text[length] && (!parse_unsigned(text + length + 1, &prefix) || strlen(text + length) > 4))
        return false;
    if (prefix > network.prefix_length)
        return false;
    network.prefix_length = (uint8_t)prefix;
    unmap(&network);
    mask_host(&network);
    *ret_network = network;
    return true;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The bytes of which the stream writes the text: see json_append_name. */
static void unescape(struct filter_value *value)
{
    size_t to = 0;

    for (size_t from = 0; from < value->length; to++) {
        const char *at = value->text + from;
        bool is_escaped = value->length - from >= 4 && at[0] == '\\' && at[1] == 'x' &&
                          hex_digit(at[2]) >= 0 && hex_digit(at[3]) >= 0;

        value->text[to] = is_escaped ? (char)(hex_digit(at[2]) << 4 | hex_digit(at[3])) : at[0];
        from += is_escaped ? 4 : 1;
    }
    value->length = to;
    value->text[to] = '\0';
}

static bool find_choice(const struct field *field, const char *text, uint64_t *ret_number)
{
    for (unsigned i = 0; i < field->word_count; i++) {
        if (strcmp(field->words[i], text) == 0) {
            *ret_number = i;
            return true;
        }
    }
    return false;
}

/* What a value of the type must look like, for messages; of a choice its words. */
static void describe(const struct field *field, char *text, size_t size)
{
    static const char *const words[] = {
        [VALUE_FLAG] = "true or false",
        [VALUE_U32] = "an integer from 0",
        [VALUE_U64] = "an integer from 0",
        [VALUE_NUMBERS] = "an integer from 0",
        [VALUE_I32] = "an integer",
        [VALUE_REAL] = "a number",
        [VALUE_TIME] = "a time such as \"2026-01-31T12:00:00.876Z\"",
        [VALUE_TEXT] = "a text of 1 to 255 bytes",
        [VALUE_NAMES] = "a text of 1 to 255 bytes",
        [VALUE_ADDRESS] = "an address or a network, such as \"10.0.0.0/8\" or \"fe80::1\"",
        [VALUE_ADDRESSES] = "an address or a network, such as \"10.0.0.0/8\" or \"fe80::1\"",
    };
    size_t length = 0;

    if (field->type != VALUE_CHOICE) {
        snprintf(text, size, "%s", words[field->type]);
        return;
    }
    for (unsigned i = 0; i < field->word_count && length < size; i++)
        length += (size_t)snprintf(
            text + length, size - length, "%s%s", i ? ", " : "one of: ", field->words[i]);
}

/* Whether JSON says values of that type in words of this one. */
static bool fits_json(const struct field *field, const struct filter_word *word)
{
    switch (field->type) {
    case VALUE_FLAG:
        return word->type == FILTER_WORD_FLAG;
    case VALUE_U32:
    case VALUE_U64:
    case VALUE_I32:
    case VALUE_REAL:
    case VALUE_NUMBERS:
        return word->type == FILTER_WORD_NUMBER;
    default:
        return word->type == FILTER_WORD_TEXT;
    }
}

static bool parse_value(const struct field *field, const char *text, struct filter_value *value)
{
    switch (field->type) {
    case VALUE_FLAG:
        value->number = strcmp(text, "true") == 0;
        return value->number || strcmp(text, "false") == 0;
    case VALUE_U32:
    case VALUE_U64:
    case VALUE_NUMBERS:
        return parse_unsigned(text, &value->number);
    case VALUE_I32:
        return parse_signed(text, &value->number);
    case VALUE_REAL:
        return parse_real(text, &value->real);
    case VALUE_TIME:
        return parse_time(text, &value->number);
    case VALUE_CHOICE:
        return find_choice(field, text, &value->number);
    case VALUE_ADDRESS:
    case VALUE_ADDRESSES:
        return parse_network(text, &value->network);
    case VALUE_TEXT:
    case VALUE_NAMES:
        value->length = strlen(text);
        return value->length > 0;
    case VALUE_CAPABILITIES:
        break;
    }
    return false;
}

static int read_value(const struct field *field, const char *name, const struct filter_word *word,
    struct filter_value *value, struct command_refusal *refusal)
{
    char text[TEXT_MAX + 1], right[512];

    if ((word->type != FILTER_WORD_PLAIN && !fits_json(field, word)) ||
        !copy_word(word, text, sizeof text) || !parse_value(field, text, value)) {
        describe(field, right, sizeof right);
        REFUSE(refusal, "\"%s\" in the filter is %.*s; it must be %s", name,
            word->length < 100 ? (int)word->length : 100, word->text, right);
    }
    if (value->length == 0)
        return 0;
    value->text = strdup(text);
    if (!value->text)
        return -ENOMEM;
    unescape(value);
    return 0;
}

static void sort_values(struct filter_term *term)
{
    size_t kept = 0;

    qsort(term->values, term->count, sizeof *term->values, filter_compare_values);
    for (size_t i = 0; i < term->count; i++) {
        if (kept > 0 && filter_compare_values(&term->values[kept - 1], &term->values[i]) == 0)
            free(term->values[i].text);
        else
            term->values[kept++] = term->values[i];
    }
    term->count = kept;
}

/* --- adding a term --- */

static int read_values(struct filter_term *term, const struct field *field,
    const struct filter_word *words, size_t count, struct command_refusal *refusal)
{
    int r = 0;

    term->values = calloc(count, sizeof *term->values);
    if (!term->values)
        return -ENOMEM;
    for (; r == 0 && term->count < count; term->count += r == 0)
        r = read_value(field, term->name, &words[term->count], &term->values[term->count], refusal);
    if (r == 0)
        sort_values(term);
    return r;
}

static int insert_term(struct filter *filter, const struct filter_term *term)
{
    struct filter_term *grown = array_resize(filter->terms, filter->count + 1, sizeof *grown);
    size_t at = filter->count;

    if (!grown)
        return -ENOMEM;
    filter->terms = grown;
    for (; at > 0 && strcmp(grown[at - 1].name, term->name) > 0; at--)
        grown[at] = grown[at - 1];
    grown[at] = *term;
    filter->count++;
    return 0;
}

int filter_add(struct filter *filter, const struct record_type *type, const char *name,
    const struct filter_word *words, size_t count, struct command_refusal *refusal)
{
    struct filter_term term = {0};
    char known[800];
    int r;

    term.fields = fields_of_name(type, name, &term.name);
    if (!term.fields) {
        list_names(type, known, sizeof known);
        REFUSE(
            refusal, "%s cannot be filtered by \"%.60s\"; there are: %s", type->name, name, known);
    }
    if (count == 0 || count > FILTER_VALUES_MAX)
        REFUSE(refusal, "\"%s\" in the filter has %zu values; it must have 1 to %d", term.name,
            count, FILTER_VALUES_MAX);
    r = read_values(&term, &type->fields[__builtin_ctzll(term.fields)], words, count, refusal);
    if (r == 0)
        r = insert_term(filter, &term);
    if (r)
        filter_term_fini(&term);
    return r;
}
