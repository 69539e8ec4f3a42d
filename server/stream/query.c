#include "query.h"

#include "json.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define CLOSED_BIT (1u << NETWORK_EVENT_CONNECTION_CLOSED)
#define ALL_BUT_CLOSED (((1u << NETWORK_EVENT_KINDS) - 1) & ~CLOSED_BIT)

static const struct record_type *record_of(const struct query *query)
{
    return topic_info[query->topic].record;
}

static uint64_t all_fields(const struct query *query)
{
    return (UINT64_C(1) << record_of(query)->field_count) - 1;
}

void query_fini(struct query *query)
{
    filter_fini(&query->filter);
    *query = (struct query){0};
}

int query_copy(const struct query *query, struct query *ret_query)
{
    struct query copy = *query;
    int r = filter_copy(&query->filter, &copy.filter);

    if (r == 0)
        *ret_query = copy;
    return r;
}

bool query_equal(const struct query *one, const struct query *other)
{
    return one->topic == other->topic && one->event_kinds == other->event_kinds &&
           one->fields == other->fields && one->order == other->order &&
           one->is_descending == other->is_descending && one->limit == other->limit &&
           filter_equal(&one->filter, &other->filter);
}

/* --- what a client says --- */

static int need_collection(
    const struct query *query, const char *code, const char *what, struct command_refusal *refusal)
{
    const struct topic_info *topic = &topic_info[query->topic];

    if (topic->is_collection)
        return 0;
    return command_refuse(
        refusal, code, "%s is one record and takes no \"%s\"; leave it out", topic->name, what);
}

/* Kinds of events decide which tables are looked at, so they are no term like others. */
static void move_event_kinds(struct query *query)
{
    struct filter *filter = &query->filter;

    for (size_t i = 0; query->topic == TOPIC_EVENTS && i < filter->count; i++) {
        struct filter_term *term = &filter->terms[i];

        if (strcmp(term->name, "event") != 0)
            continue;
        for (size_t j = 0; j < term->count; j++)
            query->event_kinds |= 1u << term->values[j].number;
        filter_term_fini(term);
        memmove(term, term + 1, (--filter->count - i) * sizeof *term);
        return;
    }
}

int query_add_filter(struct query *query, const char *name, const struct filter_word *words,
    size_t count, struct command_refusal *refusal)
{
    int r = need_collection(query, "bad_filter", "filter", refusal);

    if (r == 0)
        r = filter_add(&query->filter, record_of(query), name, words, count, refusal);
    if (r == 0)
        move_event_kinds(query);
    return r;
}

static const struct field *find_field(const struct query *query, const char *name, size_t length)
{
    const struct record_type *type = record_of(query);

    for (unsigned i = 0; i < type->field_count; i++) {
        if (strlen(type->fields[i].key) == length && memcmp(type->fields[i].key, name, length) == 0)
            return &type->fields[i];
    }
    return NULL;
}

static void list_fields(const struct query *query, bool is_order, char *text, size_t size)
{
    const struct record_type *type = record_of(query);
    size_t length = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < type->field_count && length < size; i++) {
        if (!is_order || !value_is_list(type->fields[i].type))
            length += (size_t)snprintf(
                text + length, size - length, "%s%s", length ? ", " : "", type->fields[i].key);
    }
}

int query_add_field(
    struct query *query, const char *name, size_t length, struct command_refusal *refusal)
{
    const struct field *field = find_field(query, name, length);
    char known[800];

    if (field) {
        query->fields |= UINT64_C(1) << (field - record_of(query)->fields);
        return 0;
    }
    list_fields(query, false, known, sizeof known);
    return command_refuse(refusal, "bad_field", "%s have no field \"%.*s\"; there are: %s",
        topic_info[query->topic].name, length < 60 ? (int)length : 60, name, known);
}

int query_set_order(
    struct query *query, const char *text, size_t length, struct command_refusal *refusal)
{
    bool is_descending = length > 0 && text[0] == '-';
    const struct field *field = find_field(query, text + is_descending, length - is_descending);
    char known[800];
    int r = need_collection(query, "bad_sort", "sort", refusal);

    if (r)
        return r;
    if (!field || value_is_list(field->type)) {
        list_fields(query, true, known, sizeof known);
        return command_refuse(refusal, "bad_sort",
            "%s cannot be sorted by \"%.*s\"; with or without a minus in front there are: %s",
            topic_info[query->topic].name, length < 60 ? (int)length : 60, text, known);
    }
    query->order = field;
    query->is_descending = is_descending;
    return 0;
}

int query_set_limit(
    struct query *query, const struct filter_word *word, struct command_refusal *refusal)
{
    uint32_t limit = 0;
    int r = need_collection(query, "bad_limit", "limit", refusal);

    if (r)
        return r;
    for (size_t i = 0; i < word->length && limit <= QUERY_LIMIT_MAX; i++)
        limit = word->text[i] >= '0' && word->text[i] <= '9'
                    ? limit * 10 + (uint32_t)(word->text[i] - '0')
                    : UINT32_MAX;
    if (word->type == FILTER_WORD_TEXT || word->type == FILTER_WORD_FLAG || limit == 0 ||
        limit > QUERY_LIMIT_MAX)
        return command_refuse(refusal, "bad_limit",
            "\"limit\" is %.*s; it must be an integer from 1 to %d",
            word->length < 60 ? (int)word->length : 60, word->text, QUERY_LIMIT_MAX);
    query->limit = limit;
    return 0;
}

void query_canonicalize(struct query *query)
{
    if (query->fields == all_fields(query))
        query->fields = 0;
    if (query->event_kinds == ALL_BUT_CLOSED)
        query->event_kinds = 0;
}

int query_hide(struct query *query, uint64_t fields, struct command_refusal *refusal)
{
    const struct field *first = record_of(query)->fields;

    for (uint64_t left = fields; left; left &= left - 1) {
        const struct field *field = first + __builtin_ctzll(left);

        if (filter_looks_at(&query->filter, left & -left) || query->order == field ||
            query->fields & left & -left)
            return command_refuse(refusal, "bad_field",
                "\"%s\" of %s is not for the scope of this token; leave it out", field->key,
                topic_info[query->topic].name);
    }
    query->fields = query_fields(query) & ~fields;
    return 0;
}

/* --- what it means --- */

uint64_t query_fields(const struct query *query)
{
    return query->fields ? query->fields : all_fields(query);
}

bool query_is_partial(const struct query *query)
{
    return query->filter.count > 0 || query->limit > 0 || query->event_kinds != 0;
}

bool query_takes(const struct query *query, const struct record *record)
{
    const struct network_event *event = record->value;

    if (query->event_kinds && !(query->event_kinds & 1u << event->event))
        return false;
    return query->filter.count == 0 ||
           filter_takes(&query->filter, record_of(query), record->value);
}

static int compare_u64(uint64_t one, uint64_t other)
{
    return (one > other) - (one < other);
}

static int compare_values(const struct field *field, const void *a, const void *b)
{
    const char *one = (const char *)a + field->offset, *other = (const char *)b + field->offset;

    switch (field->type) {
    case VALUE_FLAG:
        return compare_u64(*(const bool *)one, *(const bool *)other);
    case VALUE_U32:
        return compare_u64(*(const uint32_t *)one, *(const uint32_t *)other);
    case VALUE_U64:
        return compare_u64(*(const uint64_t *)one, *(const uint64_t *)other);
    case VALUE_I32:
        return (*(const int32_t *)one > *(const int32_t *)other) -
               (*(const int32_t *)one < *(const int32_t *)other);
    case VALUE_TIME:
        return (*(const int64_t *)one > *(const int64_t *)other) -
               (*(const int64_t *)one < *(const int64_t *)other);
    case VALUE_REAL:
        return json_real_compare(*(const double *)one, *(const double *)other);
    case VALUE_CHOICE:
        return strcmp(field->words[*(const unsigned *)one], field->words[*(const unsigned *)other]);
    case VALUE_TEXT:
        return strncmp(one, other, field->size);
    case VALUE_ADDRESS: { /* IPv4 in front, then by what the addresses are as numbers */
        const struct network_address *left = (const void *)one, *right = (const void *)other;
        int order = compare_u64(left->family == AF_INET6, right->family == AF_INET6);

        return order ? order : memcmp(left->bytes, right->bytes, sizeof left->bytes);
    }
    default: /* lists have no order */
        return 0;
    }
}

static int compare_ids(const struct record *one, const struct record *other)
{
    return one->name && other->name ? strcmp(one->name, other->name)
                                    : compare_u64(one->id, other->id);
}

int query_compare(const struct query *query, const struct record *one, const struct record *other)
{
    const struct field *field = query->order;
    int order = 0;

    if (field) {
        bool known = record_knows(field, one->value);

        if (known != record_knows(field, other->value))
            return known ? -1 : 1;
        if (known)
            order = compare_values(field, one->value, other->value);
        if (query->is_descending)
            order = -order;
    }
    return order ? order : compare_ids(one, other);
}

unsigned query_tables(
    const struct query *query, const struct model *model, const struct model_table *ret_tables[2])
{
    unsigned count = 0;

    if (query->topic != TOPIC_EVENTS || query->event_kinds != CLOSED_BIT)
        ret_tables[count++] = &model->tables[query->topic];
    if (query->topic == TOPIC_EVENTS && query->event_kinds & CLOSED_BIT)
        ret_tables[count++] = &model->tables[TABLE_CLOSED];
    return count;
}

bool query_is_kept(const struct query *query, const struct model *model, uint64_t since)
{
    const struct model_table *tables[2];
    unsigned table_count = query_tables(query, model, tables);

    for (unsigned i = 0; i < table_count; i++) {
        if (!model_is_kept(model, tables[i], since))
            return false;
    }
    return true;
}

uint64_t query_changed(const struct query *query, const struct model *model)
{
    const struct model_table *tables[2];
    unsigned table_count = query_tables(query, model, tables);
    uint64_t newest = 0;

    for (unsigned i = 0; i < table_count; i++) {
        uint64_t changed = model_changed(tables[i]);

        newest = changed > newest ? changed : newest;
    }
    return newest;
}
