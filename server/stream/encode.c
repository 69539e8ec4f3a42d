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

/* The fields that changed after since. Who was there at since, or may hold an earlier record of the
 * same name, is told of fields that became unknown; to others those are simply absent. */
static void append_fields(struct buffer *buffer, const struct record_type *type,
    const struct record *record, uint64_t since)
{
    bool tells_unknown = since > 0 && (record->created <= since || record->replaced > since);
    bool first = true;

    for (unsigned i = 0; i < type->field_count; i++) {
        const struct field *field = &type->fields[i];

        if (record->field_changed[i] <= since)
            continue;
        if (record_knows(field, record->value)) {
            append_key(buffer, field->key, &first);
            json_append_field(buffer, field, record->value);
        } else if (tells_unknown) {
            append_key(buffer, field->key, &first);
            buffer_append(buffer, "null", 4);
        }
    }
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

/* What is encoded: the records of one query that changed after since. */
struct selection {
    const struct model *model;
    const struct query *query;
    uint64_t since;
};

static void append_changed(struct buffer *buffer, const struct selection *selection,
    const struct model_table *table, struct cuts *cuts)
{
    const struct record_type *type = topic_info[table->topic].record;
    uint64_t since = selection->since;
    const struct record *record = since ? table->newest : table->first;

    for (; record && record->changed > since; record = since ? record->older : record->next) {
        size_t from = buffer->length;

        if (!query_takes(selection->query, record))
            continue;
        append_id(buffer, record->name, record->id);
        buffer_append(buffer, ":{", 2);
        append_fields(buffer, type, record, since);
        buffer_append(buffer, "},", 2);
        separate(buffer, cuts, from);
    }
    for (size_t i = 0; since && i < table->tombstone_count; i++) {
        const struct tombstone *tombstone = model_tombstone(table, i);
        size_t from = buffer->length;

        if (tombstone->removed <= since)
            break;
        if (tombstone->created > since)
            continue;
        append_id(buffer, tombstone->name, tombstone->id);
        buffer_append(buffer, ":null,", 6);
        separate(buffer, cuts, from);
    }
}

/* What stands between the braces of data or patch. Every entry ends in a comma; the last one's
 * goes, and those at the cuts are left out by whoever copies the parts. */
static void append_body(struct buffer *buffer, const struct selection *selection, struct cuts *cuts)
{
    const struct topic_info *topic = &topic_info[selection->query->topic];
    const struct model_table *tables[2];
    unsigned table_count = query_tables(selection->query, selection->model, tables);
    size_t start = buffer->length;

    for (unsigned i = 0; topic->is_collection && i < table_count; i++)
        append_changed(buffer, selection, tables[i], cuts);
    if (!topic->is_collection && tables[0]->first && tables[0]->first->changed > selection->since)
        append_fields(buffer, topic->record, tables[0]->first, selection->since);
    if (buffer->length > start && buffer->bytes[buffer->length - 1] == ',')
        buffer->length--;
}

/* --- frames --- */

static size_t print_head(const struct view *view, uint64_t since, char *text, size_t size)
{
    const struct model *model = view->model;
    const struct topic_info *topic = &topic_info[view->query.topic];
    struct buffer time = {0};
    char delta[32] = "", count[40] = "";
    int length;

    json_append_time(&time, model->wall_ms);
    if (since)
        snprintf(delta, sizeof delta, "\"since\":%" PRIu64 ",", since);
    if (topic->is_collection)
        snprintf(count, sizeof count, ",\"count\":%zu", query_count(&view->query, model));
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

static void body_encode(struct body *body, const struct view *view, uint64_t since)
{
    *body = (struct body){.cuts.limit = ENCODE_PART_BYTES - AROUND_BYTES};
    append_body(&body->text, &(struct selection){view->model, &view->query, since}, &body->cuts);
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
    frame->revision = view->model->revision;
    *ret_frame = frame;
    return 0;
}

/* A delta can only be longer than the snapshot when it tells of more than the snapshot holds. */
static bool may_exceed(const struct model_table *table, uint64_t since)
{
    size_t told = 0;

    for (size_t i = 0; i < table->tombstone_count; i++) {
        const struct tombstone *tombstone = model_tombstone(table, i);

        if (tombstone->removed <= since)
            break;
        told += tombstone->created <= since;
    }
    if (told == 0)
        return false;
    for (const struct record *record = table->newest; record && record->changed > since;
         record = record->older)
        told++;
    return told >= table->count;
}

static bool may_exceed_snapshot(const struct view *view, uint64_t since)
{
    const struct model_table *tables[2];
    unsigned table_count = query_tables(&view->query, view->model, tables);

    for (unsigned i = 0; i < table_count; i++) {
        if (may_exceed(tables[i], since))
            return true;
    }
    return false;
}

int encode_frame(const struct view *view, uint64_t since, struct frame **ret_frame)
{
    struct body body CLEANUP(body_fini) = {0};
    struct body snapshot CLEANUP(body_fini) = {0};

    body_encode(&body, view, since);
    if (since == 0 || !may_exceed_snapshot(view, since))
        return assemble(view, since, &body, ret_frame);
    body_encode(&snapshot, view, 0);
    return snapshot.text.length < body.text.length ? assemble(view, 0, &snapshot, ret_frame)
                                                   : assemble(view, since, &body, ret_frame);
}

/* --- REST documents --- */

static void append_counts(
    struct buffer *buffer, const struct model *model, const struct encode_request *request)
{
    bool first = true;

    if (request->record)
        return;
    for (int i = 0; i < TOPICS; i++) {
        if (!(request->topics & 1u << i) || !topic_info[i].is_collection)
            continue;
        if (request->is_snapshot) {
            buffer_append_text(buffer, first ? ",\"count\":{" : "");
            append_key(buffer, topic_info[i].name, &first);
        } else {
            buffer_append_text(buffer, ",\"count\":");
        }
        json_append_u64(
            buffer, query_count(&(struct query){(enum topic)i, request->event_kinds}, model));
    }
    if (request->is_snapshot && !first)
        buffer_append_char(buffer, '}');
}

static void append_topics(struct buffer *buffer, const struct model *model,
    const struct encode_request *request, uint64_t since)
{
    struct cuts whole = {0};
    bool first = true;

    for (int i = 0; i < TOPICS; i++) {
        const struct query query = {(enum topic)i, request->event_kinds};

        if (!(request->topics & 1u << i))
            continue;
        if (request->is_snapshot) {
            append_key(buffer, topic_info[i].name, &first);
            buffer_append_char(buffer, '{');
        }
        if (request->record)
            append_fields(buffer, topic_info[i].record, request->record, since);
        else
            append_body(buffer, &(struct selection){model, &query, since}, &whole);
        if (request->is_snapshot)
            buffer_append_char(buffer, '}');
    }
}

static bool keeps_all(const struct model *model, const struct encode_request *request)
{
    for (int i = 0; i < TOPICS; i++) {
        const struct query query = {(enum topic)i, request->event_kinds};

        if (request->topics & 1u << i && !query_is_kept(&query, model, request->since))
            return false;
    }
    return true;
}

int encode_document(
    const struct model *model, const struct encode_request *request, struct buffer *ret_buffer)
{
    uint64_t since = keeps_all(model, request) ? request->since : 0;
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
    append_counts(&buffer, model, request);
    buffer_append_text(&buffer, since ? ",\"patch\":{" : ",\"data\":{");
    append_topics(&buffer, model, request, since);
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
    for (unsigned i = 0; i < topic->record->field_count; i++) {
        if (i > 0)
            buffer_append_char(buffer, ',');
        json_append_text(
            buffer, topic->record->fields[i].key, strlen(topic->record->fields[i].key));
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
