#include "encode.h"

#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- records --- */

static void append_key(struct buffer *buffer, const char *key, bool *first)
{
    if (!*first)
        buffer_append_char(buffer, ',');
    *first = false;
    buffer_append_char(buffer, '"');
    buffer_append_text(buffer, key);
    buffer_append(buffer, "\":", 2);
}

/* How much of a record is told. */
struct telling {
    uint64_t fields;    /* these only, as bits */
    uint64_t since;     /* and of these what changed later; 0: all */
    bool tells_unknown; /* also that a field is unknown: the client may hold a value */
};

/* Returns how many were told to be unknown. */
static size_t append_fields(struct buffer *buffer, const struct record_type *type,
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
            append_key(buffer, field->key, &first);
            json_append_field(buffer, field, record->value);
        } else if (telling->tells_unknown) {
            append_key(buffer, field->key, &first);
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

/* Where the parts of a long message may begin and end. */
struct cuts {
    size_t limit; /* longest part; 0: one part */
    size_t *ends; /* of each part but the last, as offsets in the buffer */
    unsigned count, capacity;
};

static void add_cut(struct buffer *buffer, struct cuts *cuts, size_t end)
{
    if (cuts->count == cuts->capacity) {
        unsigned capacity = cuts->capacity ? cuts->capacity * 2 : 16;
        size_t *grown = realloc(cuts->ends, capacity * sizeof *grown);

        if (!grown) {
            buffer->failed = true;
            return;
        }
        cuts->ends = grown;
        cuts->capacity = capacity;
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

/* A view's content being written, from since to now. */
struct writing {
    const struct view *view;
    uint64_t since;
    struct buffer *buffer;
    struct cuts *cuts;
    size_t told, nulls; /* entries, and among what they say */
};

static void append_entry(
    struct writing *writing, const struct record *record, const struct telling *telling)
{
    struct buffer *buffer = writing->buffer;
    const struct record_type *type = topic_info[writing->view->query.topic].record;
    size_t from = buffer->length;

    append_id(buffer, record->name, record->id);
    buffer_append(buffer, ":{", 2);
    writing->nulls += append_fields(buffer, type, record, telling);
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

/* What stands between the braces of data or patch. Every entry ends in a comma; the last one's
 * goes, and those at the cuts are left out by whoever copies the parts. */
static void append_body(struct writing *writing)
{
    const struct view *view = writing->view;
    const struct topic_info *topic = &topic_info[view->query.topic];
    const struct record *single = view->set->model->tables[view->query.topic].first;
    struct telling telling = {query_fields(&view->query), writing->since, writing->since > 0};
    size_t start = writing->buffer->length;

    if (!topic->is_collection && single)
        (void)append_fields(writing->buffer, topic->record, single, &telling);
    else if (topic->is_collection && writing->since)
        append_changes(writing);
    else if (topic->is_collection)
        append_state(writing);
    if (writing->buffer->length > start &&
        writing->buffer->bytes[writing->buffer->length - 1] == ',')
        writing->buffer->length--;
}

/* --- frames --- */

static size_t print_head(const struct view *view, uint64_t since, char *text, size_t size)
{
    const struct model *model = view->set->model;
    const struct topic_info *topic = &topic_info[view->query.topic];
    struct buffer time = {0};
    char delta[32] = "", count[40] = "";
    int length;

    json_append_time(&time, model->wall_ms);
    if (since)
        snprintf(delta, sizeof delta, "\"since\":%" PRIu64 ",", since);
    if (topic->is_collection)
        snprintf(count, sizeof count, ",\"count\":%zu", view_count(view));
    length = snprintf(text, size,
        "{\"op\":\"%s\",\"stream\":%" PRIu64 ",%s\"revision\":%" PRIu64 ",\"time\":%.*s%s",
        since ? "delta" : "snapshot", view->stream, delta, model->revision, (int)time.length,
        time.bytes ? time.bytes : "", count);
    buffer_fini(&time);
    return (size_t)length;
}

enum { HEAD_BYTES = 256, AROUND_BYTES = HEAD_BYTES + 64 };

struct body {
    struct buffer text;
    struct cuts cuts;
};

static void body_fini(struct body *body)
{
    buffer_fini(&body->text);
    free(body->cuts.ends);
}

/* Returns whether it may be longer than the snapshot: of what it tells, something is that there is
 * nothing, and it tells of no fewer records than there are. */
static bool body_encode(struct body *body, const struct view *view, uint64_t since)
{
    struct writing writing = {view, since, &body->text, &body->cuts, 0, 0};

    *body = (struct body){.cuts.limit = ENCODE_PART_BYTES - AROUND_BYTES};
    append_body(&writing);
    return since && writing.nulls > 0 && writing.told >= view_count(view);
}

/* The part's text: head, then "part" where there are several, then its piece of the body. */
static size_t print_part(const struct body *body, const char *head, const char *member,
    struct frame *frame, unsigned part)
{
    unsigned parts = body->cuts.count + 1;
    size_t from = part ? body->cuts.ends[part - 1] : 0;
    size_t to = part + 1 < parts ? body->cuts.ends[part] - 1 : body->text.length;
    char numbers[64] = "";
    char *text = frame_text(frame, part);
    int length;

    if (parts > 1)
        snprintf(numbers, sizeof numbers, ",\"part\":%u,\"parts\":%u", part + 1, parts);
    length = sprintf(text, "%s%s,\"%s\":{", head, numbers, member);
    if (to > from)
        memcpy(text + length, body->text.bytes + from, to - from);
    memcpy(text + length + (to - from), "}}", 2);
    return (size_t)length + (to - from) + 2;
}

static int assemble(
    const struct view *view, uint64_t since, const struct body *body, struct frame **ret_frame)
{
    unsigned parts = body->cuts.count + 1;
    char head[HEAD_BYTES];
    struct frame *frame;
    size_t *lengths;
    int r;

    if (buffer_failed(&body->text))
        return -ENOMEM;
    lengths = calloc(parts, sizeof *lengths);
    if (!lengths)
        return -ENOMEM;
    for (unsigned i = 0; i < parts; i++)
        lengths[i] = (i + 1 < parts ? body->cuts.ends[i] : body->text.length) -
                     (i ? body->cuts.ends[i - 1] : 0) + AROUND_BYTES;
    r = frame_new(parts, lengths, &frame);
    free(lengths);
    if (r < 0)
        return r;
    print_head(view, since, head, sizeof head);
    for (unsigned i = 0; i < parts; i++)
        frame->parts[i].length = print_part(body, head, since ? "patch" : "data", frame, i);
    frame->since = since;
    frame->revision = view->set->model->revision;
    *ret_frame = frame;
    return 0;
}

int encode_frame(const struct view *view, uint64_t since, struct frame **ret_frame)
{
    struct body body CLEANUP(body_fini) = {0};
    struct body snapshot CLEANUP(body_fini) = {0};

    if (!body_encode(&body, view, since))
        return assemble(view, since, &body, ret_frame);
    (void)body_encode(&snapshot, view, 0);
    return snapshot.text.length < body.text.length ? assemble(view, 0, &snapshot, ret_frame)
                                                   : assemble(view, since, &body, ret_frame);
}

/* --- REST documents --- */

/* Of one of several topics what is to be shown; the whole of it needs no view of its own. */
static struct view topic_view(
    const struct view_set *set, const struct encode_request *request, int topic)
{
    if (request->views && request->views[topic])
        return *request->views[topic];
    return (struct view){.set = (struct view_set *)set, .query = {.topic = (enum topic)topic}};
}

static void append_counts(
    struct buffer *buffer, const struct view_set *set, const struct encode_request *request)
{
    bool first = true;

    if (request->record)
        return;
    if (request->view && topic_info[request->view->query.topic].is_collection) {
        buffer_append_text(buffer, ",\"count\":");
        json_append_u64(buffer, view_count(request->view));
    }
    for (int i = 0; !request->view && i < TOPICS; i++) {
        struct view view = topic_view(set, request, i);

        if (!(request->topics & 1u << i) || !topic_info[i].is_collection)
            continue;
        buffer_append_text(buffer, first ? ",\"count\":{" : "");
        append_key(buffer, topic_info[i].name, &first);
        json_append_u64(buffer, view_count(&view));
    }
    if (!first)
        buffer_append_char(buffer, '}');
}

static void append_view(struct buffer *buffer, const struct view *view, uint64_t since)
{
    struct cuts whole = {0};
    struct writing writing = {view, since, buffer, &whole, 0, 0};

    append_body(&writing);
}

static void append_record(
    struct buffer *buffer, const struct encode_request *request, uint64_t since)
{
    const struct query *query = &request->view->query;
    const struct record *record = request->record;
    const struct telling telling = {query_fields(query), since,
        since > 0 && (record->created <= since || record->replaced > since)};

    (void)append_fields(buffer, topic_info[query->topic].record, record, &telling);
}

static void append_topics(struct buffer *buffer, const struct view_set *set,
    const struct encode_request *request, uint64_t since)
{
    bool first = true;

    for (int i = 0; i < TOPICS; i++) {
        struct view view = topic_view(set, request, i);

        if (!(request->topics & 1u << i))
            continue;
        append_key(buffer, topic_info[i].name, &first);
        buffer_append_char(buffer, '{');
        append_view(buffer, &view, since);
        buffer_append_char(buffer, '}');
    }
}

static bool keeps_all(const struct view_set *set, const struct encode_request *request)
{
    if (request->view)
        return view_is_kept(request->view, request->since);
    for (int i = 0; i < TOPICS; i++) {
        struct view view = topic_view(set, request, i);

        if (request->topics & 1u << i && !view_is_kept(&view, request->since))
            return false;
    }
    return true;
}

int encode_document(
    const struct model *model, const struct encode_request *request, struct buffer *ret_buffer)
{
    const struct view_set set = {.model = model};
    uint64_t since = keeps_all(&set, request) ? request->since : 0;
    struct buffer buffer = {0};

    buffer_append_text(&buffer, "{\"instance\":");
    json_append_text(&buffer, request->instance, strlen(request->instance));
    if (since) {
        buffer_append_text(&buffer, ",\"since\":");
        json_append_u64(&buffer, since);
    }
    buffer_append_text(&buffer, ",\"revision\":");
    json_append_u64(&buffer, model->revision);
    buffer_append_text(&buffer, ",\"time\":");
    json_append_time(&buffer, model->wall_ms);
    append_counts(&buffer, &set, request);
    buffer_append_text(&buffer, since ? ",\"patch\":{" : ",\"data\":{");
    if (request->record)
        append_record(&buffer, request, since);
    else if (request->view)
        append_view(&buffer, request->view, since);
    else
        append_topics(&buffer, &set, request, since);
    buffer_append_text(&buffer, "}}\n");
    if (buffer_failed(&buffer)) {
        buffer_fini(&buffer);
        return -ENOMEM;
    }
    *ret_buffer = buffer;
    return 0;
}

/* --- the other messages --- */

static void append_member_u64(struct buffer *buffer, const char *key, uint64_t value)
{
    bool first = false;

    append_key(buffer, key, &first);
    json_append_u64(buffer, value);
}

static void append_member_text(struct buffer *buffer, const char *key, const char *value)
{
    bool first = false;

    append_key(buffer, key, &first);
    json_append_text(buffer, value, strlen(value));
}

void encode_hello(struct buffer *buffer, const struct encode_hello *hello)
{
    bool first = true;

    buffer_append_text(buffer, "{\"op\":\"hello\",\"protocol\":\"ifpulse.v1\"");
    append_member_text(buffer, "instance", hello->instance);
    append_member_text(buffer, "version", hello->version);
    append_member_u64(buffer, "interval_ms", hello->interval_ms);
    if (hello->wants_token)
        append_member_text(buffer, "authentication", "required");
    buffer_append_text(buffer, ",\"limits\":{");
    append_key(buffer, "subscriptions", &first);
    json_append_u64(buffer, hello->subscriptions);
    append_member_u64(buffer, "message_bytes", hello->message_bytes);
    append_member_u64(buffer, "messages_per_s", hello->messages_per_s);
    append_member_u64(buffer, "message_burst", hello->message_burst);
    buffer_append_text(buffer, "}}");
}

void encode_subscribed(
    struct buffer *buffer, const struct command *command, uint64_t stream, uint32_t interval_ms)
{
    const struct topic_info *topic = &topic_info[command->query.topic];

    buffer_append_text(buffer, "{\"op\":\"subscribed\"");
    append_member_u64(buffer, "id", command->id);
    append_member_u64(buffer, "stream", stream);
    append_member_text(buffer, "topic", topic->name);
    append_member_u64(buffer, "interval_ms", interval_ms);
    buffer_append_text(buffer, ",\"fields\":[");
    for (uint64_t left = query_fields(&command->query); left; left &= left - 1) {
        const char *key = topic->record->fields[__builtin_ctzll(left)].key;

        json_append_text(buffer, key, strlen(key));
        if (left & (left - 1))
            buffer_append_char(buffer, ',');
    }
    buffer_append_text(buffer, "]}");
}

void encode_complete(struct buffer *buffer, uint64_t id)
{
    buffer_append_text(buffer, "{\"op\":\"complete\"");
    append_member_u64(buffer, "id", id);
    buffer_append_char(buffer, '}');
}

void encode_error(struct buffer *buffer, const struct command_refusal *refusal)
{
    buffer_append_text(buffer, "{\"op\":\"error\"");
    if (refusal->has_id)
        append_member_u64(buffer, "id", refusal->id);
    append_member_text(buffer, "code", refusal->code);
    buffer_append_text(buffer, ",\"message\":");
    json_append_name(buffer, refusal->message, strlen(refusal->message));
    buffer_append_char(buffer, '}');
}

void encode_pong(struct buffer *buffer, const char *data)
{
    buffer_append_text(buffer, "{\"op\":\"pong\"");
    if (data)
        append_member_text(buffer, "data", data);
    buffer_append_char(buffer, '}');
}
