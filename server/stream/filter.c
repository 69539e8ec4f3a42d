#include "filter.h"

#include "json.h"
#include "model.h"

/* --- whole filters --- */

void filter_term_fini(struct filter_term *term)
{
    for (size_t i = 0; i < term->count; i++)
        free(term->values[i].text);
    free(term->values);
}

void filter_fini(struct filter *filter)
{
    for (size_t i = 0; i < filter->count; i++)
        filter_term_fini(&filter->terms[i]);
    free(filter->terms);
    *filter = (struct filter){0};
}

static int copy_term(const struct filter_term *term, struct filter_term *ret_term)
{
    struct filter_term copy = *term;
    int r = copy_items(term->values, term->count, sizeof *term->values, &copy.values);

    for (size_t i = 0; r == 0 && i < copy.count; i++) {
        if (!copy.values[i].text)
            continue;
        r = copy_items(copy.values[i].text, copy.values[i].length + 1, 1, &copy.values[i].text);
        if (r < 0)
            copy.count = i;
    }
    if (r < 0 && copy.values)
        filter_term_fini(&copy);
    if (r == 0)
        *ret_term = copy;
    return r;
}

int filter_copy(const struct filter *filter, struct filter *ret_filter)
{
    struct filter copy = {calloc(filter->count + 1, sizeof *copy.terms), 0};
    int r = copy.terms ? 0 : -ENOMEM;

    for (; r == 0 && copy.count < filter->count; copy.count += r == 0)
        r = copy_term(&filter->terms[copy.count], &copy.terms[copy.count]);
    if (r < 0)
        filter_fini(&copy);
    else
        *ret_filter = copy;
    return r;
}

int filter_compare_values(const void *a, const void *b)
{
    const struct filter_value *one = a, *other = b;
    size_t least = one->length < other->length ? one->length : other->length;
    int order;

    if (one->number != other->number)
        return one->number < other->number ? -1 : 1;
    if (one->real != other->real)
        return one->real < other->real ? -1 : 1;
    order = memcmp(&one->network, &other->network, sizeof one->network);
    if (order == 0 && least > 0)
        order = memcmp(one->text, other->text, least);
    return order ? order : (one->length > other->length) - (one->length < other->length);
}

bool filter_equal(const struct filter *one, const struct filter *other)
{
    if (one->count != other->count)
        return false;
    for (size_t i = 0; i < one->count; i++) {
        const struct filter_term *a = &one->terms[i], *b = &other->terms[i];

        if (strcmp(a->name, b->name) != 0 || a->count != b->count)
            return false;
        for (size_t j = 0; j < a->count; j++) {
            if (filter_compare_values(&a->values[j], &b->values[j]) != 0)
                return false;
        }
    }
    return true;
}

bool filter_looks_at(const struct filter *filter, uint64_t fields)
{
    for (size_t i = 0; i < filter->count; i++) {
        if (filter->terms[i].fields & fields)
            return true;
    }
    return false;
}

/* --- matching --- */

static bool is_in_network(
    const struct network_address *address, const struct network_address *network)
{
    unsigned whole = network->prefix_length / 8, rest = network->prefix_length % 8;

    return address->family == network->family &&
           memcmp(address->bytes, network->bytes, whole) == 0 &&
           (rest == 0 ||
               (address->bytes[whole] & (0xff00 >> rest & 0xff)) == network->bytes[whole]);
}

/* A * is any bytes, a ? any one. Without recursion: what failed behind a * is tried one further. */
static bool matches_glob(
    const char *text, size_t length, const char *pattern, size_t pattern_length)
{
    size_t at = 0, p = 0, star = SIZE_MAX, resume = 0;

    while (at < length) {
        if (p < pattern_length && pattern[p] == '*') {
            star = ++p;
            resume = at;
        } else if (p < pattern_length && (pattern[p] == '?' || pattern[p] == text[at])) {
            p++;
            at++;
        } else if (star != SIZE_MAX) {
            p = star;
            at = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern_length && pattern[p] == '*')
        p++;
    return p == pattern_length;
}

static bool matches_text(
    const struct filter_term *term, const char *text, size_t size, const struct filter_value *value)
{
    size_t length = strnlen(text, size);

    if (strcmp(term->name, "process_name") != 0)
        return length == value->length && memcmp(text, value->text, length) == 0;
    if (memchr(value->text, '*', value->length) || memchr(value->text, '?', value->length))
        return matches_glob(text, length, value->text, value->length);
    return memmem(text, length, value->text, value->length);
}

static bool matches_item(const struct filter_term *term, const struct field *field,
    const void *data, const struct filter_value *value)
{
    const struct network_address_list *addresses = data;
    const struct network_name_list *names = data;
    const struct network_number_list *numbers = data;
    bool found = false;

    for (uint32_t i = 0; !found && i < addresses->count; i++) /* all lists are laid out alike */
        found = field->type == VALUE_ADDRESSES
                    ? is_in_network(&addresses->items[i], &value->network)
                : field->type == VALUE_NAMES
                    ? matches_text(term, names->items[i].text, sizeof names->items[i].text, value)
                    : numbers->items[i] == value->number;
    return found;
}

static bool matches_value(const struct filter_term *term, const struct field *field,
    const void *record, const struct filter_value *value)
{
    const void *data = (const char *)record + field->offset;

    switch (field->type) {
    case VALUE_FLAG:
        return *(const bool *)data == (value->number == 1);
    case VALUE_U32:
    case VALUE_CHOICE:
        return *(const uint32_t *)data == value->number;
    case VALUE_U64:
    case VALUE_TIME:
        return *(const uint64_t *)data == value->number;
    case VALUE_I32:
        return (uint64_t)(int64_t) * (const int32_t *)data == value->number;
    case VALUE_REAL:
        return json_real_equal(*(const double *)data, value->real);
    case VALUE_TEXT:
        return matches_text(term, data, field->size, value);
    case VALUE_ADDRESS:
        return is_in_network(data, &value->network);
    case VALUE_ADDRESSES:
    case VALUE_NAMES:
    case VALUE_NUMBERS:
        return matches_item(term, field, data, value);
    case VALUE_CAPABILITIES:
        break;
    }
    return false;
}

static bool term_takes(
    const struct filter_term *term, const struct record_type *type, const void *record)
{
    for (uint64_t left = term->fields; left; left &= left - 1) {
        const struct field *field = &type->fields[__builtin_ctzll(left)];

        if (!record_knows(field, record))
            continue;
        for (size_t i = 0; i < term->count; i++) {
            if (matches_value(term, field, record, &term->values[i]))
                return true;
        }
    }
    return false;
}

bool filter_takes(const struct filter *filter, const struct record_type *type, const void *record)
{
    for (size_t i = 0; i < filter->count; i++) {
        if (!term_takes(&filter->terms[i], type, record))
            return false;
    }
    return true;
}
