#include "encode_body.h"

#include "json.h"

#include <string.h>

/* --- records --- */

void encode_key(struct buffer *buffer, const char *key, bool *first)
{
    if (!*first)
        buffer_append_char(buffer, ',');
    *first = false;
    buffer_append_char(buffer, '"');
    buffer_append_text(buffer, key);
    buffer_append(buffer, "\":", 2);
}

size_t encode_fields(struct buffer *buffer, const struct record_type *type,
    const struct record *record, const struct telling *telling)
{
    bool first = true;
    size_t unknown = 0;

    for (uint64_t left = telling->fields; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctzll(left);
        const struct field *field = &type->fields[i];

        if (telling->since && record->field_changed[i] <= telling->since)
            continue;
        if (record_knows(field, record->value)) {
            encode_key(buffer, field->key, &first);
            json_append_field(buffer, field, record->value);
        } else if (telling->tells_unknown) {
            encode_key(buffer, field->key, &first);
            buffer_append(buffer, "null", 4);
            unknown++;
        }
    }
    return unknown;
}

static void append_id(struct buffer *buffer, const char *name, uint64_t id)
{
    if (name) {
        json_append_name(buffer, name, strlen(name));
        return;
    }
    buffer_append_char(buffer, '"');
    json_append_u64(buffer, id);
    buffer_append_char(buffer, '"');
}

static void add_cut(struct buffer *buffer, struct cuts *cuts, size_t end)
{
    if (!MAKE_ROOM(cuts->ends, cuts->count, cuts->capacity)) {
        buffer->failed = true;
        return;
    }
    cuts->ends[cuts->count++] = end;
}

/* Called when an entry has ended that began at from: puts a cut before it where the part would
 * become too long with it. What is cut begins where the buffer does. */
static void separate(struct buffer *buffer, struct cuts *cuts, size_t from)
{
    size_t part = cuts->count ? cuts->ends[cuts->count - 1] : 0;

    if (cuts->limit && from > part && buffer->length - part > cuts->limit)
        add_cut(buffer, cuts, from);
}

static void append_entry(
    struct writing *writing, const struct record *record, const struct telling *telling)
{
    struct buffer *buffer = writing->buffer;
    const struct record_type *type = topic_info[writing->view->query.topic].record;
    size_t from = buffer->length;

    append_id(buffer, record->name, record->id);
    buffer_append(buffer, ":{", 2);
    writing->nulls += encode_fields(buffer, type, record, telling);
    buffer_append(buffer, "},", 2);
    separate(buffer, writing->cuts, from);
    writing->told++;
}

static void append_removal(struct writing *writing, const char *name, uint64_t id)
{
    size_t from = writing->buffer->length;

    append_id(writing->buffer, name, id);
    buffer_append(writing->buffer, ":null,", 6);
    separate(writing->buffer, writing->cuts, from);
    writing->told++;
    writing->nulls++;
}

/* --- a snapshot --- */

/* What qsort compares by: it hands nothing on. One thread only. */
static const struct query *query_sorted;

static int compare_records(const void *a, const void *b)
{
    return query_compare(
        query_sorted, *(const struct record *const *)a, *(const struct record *const *)b);
}

/* In the query's order, where it has one. */
static void append_sorted(struct writing *writing)
{
    const struct view *view = writing->view;
    size_t count = view_count(view), at = 0;
    const struct record **records CLEANUP(free_p) = malloc((count + 1) * sizeof *records);
    const struct telling telling = {.fields = query_fields(&view->query)};

    if (!records) {
        writing->buffer->failed = true;
        return;
    }
    if (query_is_partial(&view->query)) {
        for (const struct member *member = view->members.present.oldest; member;
             member = member->newer)
            records[at++] = member->record;
    } else {
        for (const struct record *record = view->set->model->tables[view->query.topic].first;
             record; record = record->next)
            records[at++] = record;
    }
    query_sorted = &view->query;
    qsort(records, count, sizeof *records, compare_records);
    for (size_t i = 0; i < count; i++)
        append_entry(writing, records[i], &telling);
}

static void append_state(struct writing *writing)
{
    const struct view *view = writing->view;
    const struct telling telling = {.fields = query_fields(&view->query)};

    if (view->query.order || view->query.limit) {
        append_sorted(writing);
    } else if (query_is_partial(&view->query)) {
        for (const struct member *member = view->members.present.oldest; member;
             member = member->newer)
            append_entry(writing, member->record, &telling);
    } else {
        for (const struct record *record = view->set->model->tables[view->query.topic].first;
             record; record = record->next)
            append_entry(writing, record, &telling);
    }
}

/* --- a delta --- */

/* Who was there at since, or may hold an earlier record of the same name, is told of fields that
 * became unknown; to others those are simply absent. */
static void append_changed(struct writing *writing, const struct model_table *table)
{
    const struct view *view = writing->view;
    bool is_partial = query_is_partial(&view->query);
    struct telling telling = {.fields = query_fields(&view->query), .since = writing->since};

    for (const struct record *record = table->newest; record && record->changed > writing->since;
         record = record->older) {
        if (is_partial) {
            const struct member *member = members_find(&view->members, record);

            if (!member || member->entered > writing->since) /* told whole, if at all */
                continue;
        }
        telling.tells_unknown =
            record->created <= writing->since || record->replaced > writing->since;
        if ((view->query.fields && record->created <= writing->since &&
                !record_changed(record, telling.fields, writing->since)))
            continue;
        append_entry(writing, record, &telling);
    }
}

static void append_removed(struct writing *writing, const struct model_table *table)
{
    for (size_t i = 0; i < table->tombstone_count; i++) {
        const struct tombstone *tombstone = model_tombstone(table, i);

        if (tombstone->removed <= writing->since)
            break;
        if (tombstone->created <= writing->since)
            append_removal(writing, tombstone->name, tombstone->id);
    }
}

/* One that entered comes whole; it may be there again, and then what is unknown now may be held. */
static void append_members(struct writing *writing)
{
    const struct members *members = &writing->view->members;
    struct telling telling = {.fields = query_fields(&writing->view->query)};

    for (const struct member *member = members->present.newest;
         member && member->entered > writing->since; member = member->older) {
        telling.tells_unknown =
            member->left > writing->since && member->held_since <= writing->since;
        append_entry(writing, member->record, &telling);
    }
    for (const struct member *member = members->gone.newest;
         member && member->left > writing->since; member = member->older) {
        if (member->held_since <= writing->since)
            append_removal(writing, member->name, member->id);
    }
}

static void append_changes(struct writing *writing)
{
    const struct view *view = writing->view;
    const struct model_table *tables[2];
    unsigned table_count = query_tables(&view->query, view->set->model, tables);
    bool is_partial = query_is_partial(&view->query);

    for (unsigned i = 0; i < table_count; i++) {
        append_changed(writing, tables[i]);
        if (!is_partial)
            append_removed(writing, tables[i]);
    }
    if (is_partial)
        append_members(writing);
}

void encode_body(struct writing *writing)
{
    const struct view *view = writing->view;
    const struct topic_info *topic = &topic_info[view->query.topic];
    const struct record *single = view->set->model->tables[view->query.topic].first;
    struct telling telling = {query_fields(&view->query), writing->since, writing->since > 0};
    size_t start = writing->buffer->length;

    if (!topic->is_collection && single)
        (void)encode_fields(writing->buffer, topic->record, single, &telling);
    else if (topic->is_collection && writing->since)
        append_changes(writing);
    else if (topic->is_collection)
        append_state(writing);
    if (writing->buffer->length > start &&
        writing->buffer->bytes[writing->buffer->length - 1] == ',')
        writing->buffer->length--;
}
