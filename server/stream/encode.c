#include "encode.h"

#include "encode_body.h"
#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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
    encode_body(&writing);
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
        encode_key(buffer, topic_info[i].name, &first);
        json_append_u64(buffer, view_count(&view));
    }
    if (!first)
        buffer_append_char(buffer, '}');
}

static void append_view(struct buffer *buffer, const struct view *view, uint64_t since)
{
    struct cuts whole = {0};
    struct writing writing = {view, since, buffer, &whole, 0, 0};

    encode_body(&writing);
}

static void append_record(
    struct buffer *buffer, const struct encode_request *request, uint64_t since)
{
    const struct query *query = &request->view->query;
    const struct record *record = request->record;
    const struct telling telling = {query_fields(query), since,
        since > 0 && (record->created <= since || record->replaced > since)};

    (void)encode_fields(buffer, topic_info[query->topic].record, record, &telling);
}

static void append_topics(struct buffer *buffer, const struct view_set *set,
    const struct encode_request *request, uint64_t since)
{
    bool first = true;

    for (int i = 0; i < TOPICS; i++) {
        struct view view = topic_view(set, request, i);

        if (!(request->topics & 1u << i))
            continue;
        encode_key(buffer, topic_info[i].name, &first);
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

    encode_key(buffer, key, &first);
    json_append_u64(buffer, value);
}

static void append_member_text(struct buffer *buffer, const char *key, const char *value)
{
    bool first = false;

    encode_key(buffer, key, &first);
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
    encode_key(buffer, "subscriptions", &first);
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
