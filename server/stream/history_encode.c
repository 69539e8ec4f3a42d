#include "history_encode.h"

#include "encode.h"
#include "json.h"

#include <inttypes.h>
#include <stdio.h>

/* Whose past is told, and which rates. */
struct told {
    struct told_item {
        const char *id;
        const struct subject *subject; /* NULL: nothing is kept of it */
    } * items;
    size_t count;
    unsigned rates; /* bit per enum history_rate */
};

static void told_fini(struct told *told)
{
    free(told->items);
}

static unsigned rates_of(const struct query *query)
{
    const struct record_type *type = topic_info[query->topic].record;
    unsigned rates = 0;

    for (unsigned i = 0; i < HISTORY_RATES; i++) {
        const struct field *field = record_field(type, history_rate_keys[i]);

        if (history_rates(query->topic) & 1u << i && field &&
            query_fields(query) >> (field - type->fields) & 1)
            rates |= 1u << i;
    }
    return rates;
}

static bool is_shown(const struct view *view, const struct record *record)
{
    return !query_is_partial(&view->query) || members_find(&view->members, record);
}

/* Of owners only those of which something is kept, because there can be so many. Totals are one
 * record without an id, and here they need a name. */
static int collect(struct history *history, const struct history_wish *wish, struct told *ret_told)
{
    enum topic topic = wish->view->query.topic;
    const struct model_table *table = &wish->view->set->model->tables[topic];
    struct told told = {.rates = rates_of(&wish->view->query)};
    int r = view_update(wish->view);

    if (r < 0)
        return r;
    told.items = calloc(wish->id ? 1 : table->count + 1, sizeof *told.items);
    if (!told.items)
        return -ENOMEM;
    if (wish->id)
        told.items[told.count++] = (struct told_item){wish->id, wish->subject};
    for (const struct record *record = table->first; !wish->id && record; record = record->next) {
        const struct subject *subject = history_find(history, topic, record->key);

        if (is_shown(wish->view, record) && (subject || topic != TOPIC_OWNERS))
            told.items[told.count++] =
                (struct told_item){record->name ? record->name : topic_info[topic].name, subject};
    }
    *ret_told = told;
    return 0;
}

/* How what is wanted is cut into points. */
struct plan {
    bool is_coarse, has_range; /* of a range, least and largest are told too */
    int64_t from, last;        /* the first and last of the track's own steps */
    int64_t steps_each;        /* in a point */
    size_t points;
    int64_t step_ms, end_ms;
};

static int64_t divide_up(int64_t value, int64_t by)
{
    return (value + by - 1) / by;
}

enum { ARRAYS_OF_RANGE = 3 };

/* The fewest steps in a point, at least that many, of which the points are not too many values. A
 * point of several steps is told by three. */
static int64_t steps_in_point(const struct told *told, bool is_coarse, int64_t steps, int64_t least)
{
    int64_t arrays = (int64_t)told->count * __builtin_popcount(told->rates);
    int64_t most = is_coarse ? HISTORY_LONG_POINTS_MAX : HISTORY_POINTS_MAX;
    int64_t each = divide_up(steps, most);

    each = each > least ? each : least;
    if (!is_coarse && each == 1 && steps * arrays <= HISTORY_VALUES_MAX)
        return 1;
    most = arrays > 0 ? HISTORY_VALUES_MAX / (arrays * ARRAYS_OF_RANGE) : most;
    most = most > 0 ? most : 1;
    return divide_up(steps, most) > each ? divide_up(steps, most) : each;
}

static struct plan make_plan(
    const struct history *history, const struct history_wish *wish, const struct told *told)
{
    const struct track_kind *kind = &history->interfaces.kind;
    struct plan plan = {.is_coarse = wish->window_s > history->limits.fine_s};
    int64_t unit = plan.is_coarse ? kind->coarse_ticks : 1; /* ticks in a step */
    int64_t unit_ms = unit * history->tick_ms;
    int64_t kept = plan.is_coarse ? kind->coarse.steps : kind->fine.steps;
    int64_t steps = divide_up(wish->window_s * INT64_C(1000), unit_ms), since_start, least;

    plan.last = plan.is_coarse ? track_last_coarse(kind, history->last) : history->last;
    since_start = plan.last - history->first / unit + 1;
    steps = steps < kept ? steps : kept;
    steps = steps < since_start ? steps : since_start;
    steps = steps > 0 ? steps : 0;
    least = wish->step_ms > unit_ms ? divide_up(wish->step_ms, unit_ms) : 1;
    plan.steps_each = steps_in_point(told, plan.is_coarse, steps, least);
    plan.points = (size_t)divide_up(steps, plan.steps_each);
    plan.from = plan.last - (int64_t)plan.points * plan.steps_each + 1;
    plan.step_ms = plan.steps_each * unit_ms;
    plan.has_range = plan.step_ms > history->tick_ms;
    plan.end_ms =
        history->last_wall_ms - (history->last - ((plan.last + 1) * unit - 1)) * history->tick_ms;
    return plan;
}

/* --- one rate of one subject --- */

enum which { MEAN, LEAST, LARGEST };

static void append_value(struct buffer *buffer, const struct series_point *point, enum which which)
{
    if (point->known == 0)
        buffer_append(buffer, "null", 4);
    else if (point->max <= 0)
        buffer_append_char(buffer, '0');
    else
        json_append_real(buffer, which == MEAN    ? point->sum / point->known
                                 : which == LEAST ? (double)point->min
                                                  : (double)point->max);
}

static void append_array(struct buffer *buffer, const struct series_points *points,
    enum history_rate rate, enum which which)
{
    static const char *const endings[] = {"", "_min", "_max"};

    buffer_append_char(buffer, '"');
    buffer_append_text(buffer, history_rate_keys[rate]);
    buffer_append_text(buffer, endings[which]);
    buffer_append(buffer, "\":[", 3);
    for (size_t i = 0; i < points->count; i++) {
        append_value(buffer, &points->items[i], which);
        buffer_append_char(buffer, ',');
    }
    if (points->count > 0 && !buffer_failed(buffer))
        buffer->length--;
    buffer_append(buffer, "],", 2);
}

static void read_track(const struct subject *subject, enum history_rate rate,
    const struct plan *plan, struct series_points *points)
{
    memset(points->items, 0, points->count * sizeof *points->items);
    points->from = plan->from;
    points->steps_each = plan->steps_each;
    if (subject && rate < subject->rate_count)
        series_read(
            plan->is_coarse ? &subject->tracks[rate].coarse : &subject->tracks[rate].fine, points);
}

/* --- all of them, in parts --- */

/* What stands between the braces of "series". */
struct body {
    struct buffer text;
    size_t limit; /* longest part; 0: one part */
    size_t *ends; /* of the parts but the last */
    unsigned count;
    size_t capacity;
    struct buffer array; /* the next piece */
    struct series_points points;
};

static void body_fini(struct body *body)
{
    buffer_fini(&body->text);
    buffer_fini(&body->array);
    free(body->ends);
    free(body->points.items);
}

static void close_subject(struct body *body)
{
    if (body->text.length > 0 && body->text.bytes[body->text.length - 1] == ',')
        body->text.length--;
    buffer_append(&body->text, "},", 2);
}

static void open_subject(struct body *body, const char *id)
{
    json_append_name(&body->text, id, strlen(id));
    buffer_append(&body->text, ":{", 2);
}

/* Begins a new part where the next piece would make this one too long. */
static void cut(struct body *body, const char *id)
{
    size_t from = body->count ? body->ends[body->count - 1] : 0;

    if (!body->limit || body->text.length - from + body->array.length <= body->limit)
        return;
    close_subject(body);
    if (!MAKE_ROOM(body->ends, body->count, body->capacity)) {
        body->text.failed = true;
        return;
    }
    body->ends[body->count++] = body->text.length;
    open_subject(body, id);
}

static void append_rate(struct body *body, const struct plan *plan, const struct subject *subject,
    const char *id, enum history_rate rate)
{
    read_track(subject, rate, plan, &body->points);
    for (int which = MEAN; which <= (plan->has_range ? LARGEST : MEAN); which++) {
        body->array.length = 0;
        append_array(&body->array, &body->points, rate, (enum which)which);
        cut(body, id);
        buffer_append(&body->text, body->array.bytes, body->array.length);
    }
}

static void append_subject(struct body *body, const struct plan *plan, unsigned rates,
    const struct subject *subject, const char *id)
{
    open_subject(body, id);
    for (unsigned i = 0; i < HISTORY_RATES; i++) {
        if (rates & 1u << i)
            append_rate(body, plan, subject, id, (enum history_rate)i);
    }
    close_subject(body);
}

static int encode_body(const struct told *told, const struct plan *plan, struct body *body)
{
    body->points.count = plan->points;
    body->points.items = calloc(plan->points + 1, sizeof *body->points.items);
    if (!body->points.items)
        return -ENOMEM;
    for (size_t i = 0; i < told->count; i++)
        append_subject(body, plan, told->rates, told->items[i].subject, told->items[i].id);
    if (buffer_failed(&body->text) || buffer_failed(&body->array))
        return -ENOMEM;
    if (body->text.length > 0)
        body->text.length--; /* the last comma */
    return 0;
}

static int encode(struct history *history, const struct history_wish *wish, struct plan *ret_plan,
    struct body *ret_body)
{
    struct told told CLEANUP(told_fini) = {0};
    int r = collect(history, wish, &told);

    if (r < 0)
        return r;
    *ret_plan = make_plan(history, wish, &told);
    return encode_body(&told, ret_plan, ret_body);
}

static void append_head(struct buffer *buffer, const struct plan *plan)
{
    buffer_append_text(buffer, "\"step_ms\":");
    json_append_i64(buffer, plan->step_ms);
    buffer_append_text(buffer, ",\"end\":");
    json_append_time(buffer, plan->end_ms);
}

int history_append(struct history *history, const struct history_wish *wish, struct buffer *buffer)
{
    struct body body CLEANUP(body_fini) = {0};
    struct plan plan;
    int r = encode(history, wish, &plan, &body);

    if (r < 0)
        return r;
    append_head(buffer, &plan);
    buffer_append_text(buffer, ",\"series\":{");
    buffer_append(buffer, body.text.bytes, body.text.length);
    buffer_append_char(buffer, '}');
    return buffer_failed(buffer) ? -ENOMEM : 0;
}

/* --- messages --- */

enum { AROUND_BYTES = 2048 }; /* a part's head, and the names that it repeats */

/* One part: what it is part of, and its piece of the body, which ends in a comma where another
 * follows. */
static void append_part(
    struct buffer *text, const struct buffer *head, const struct body *body, unsigned part)
{
    size_t from = part ? body->ends[part - 1] : 0;
    size_t to = part < body->count ? body->ends[part] - 1 : body->text.length;
    char numbers[64] = "";

    if (body->count > 0)
        snprintf(numbers, sizeof numbers, ",\"part\":%u,\"parts\":%u", part + 1, body->count + 1);
    buffer_append(text, head->bytes, head->length);
    buffer_append_text(text, numbers);
    buffer_append_text(text, ",\"series\":{");
    buffer_append(text, body->text.bytes + from, to - from);
    buffer_append_text(text, "}}");
}

static int assemble(const struct buffer *head, const struct body *body, struct frame **ret_frame)
{
    struct buffer text CLEANUP(buffer_fini) = {0};
    size_t *lengths CLEANUP(free_p) = calloc(body->count + 1, sizeof *lengths);
    struct frame *frame;
    size_t at = 0;
    int r;

    for (unsigned i = 0; lengths && i <= body->count; i++) {
        size_t before = text.length;

        append_part(&text, head, body, i);
        lengths[i] = text.length - before;
    }
    if (!lengths || buffer_failed(head) || buffer_failed(&text))
        return -ENOMEM;
    r = frame_new(body->count + 1, lengths, &frame);
    if (r < 0)
        return r;
    for (unsigned i = 0; i <= body->count; i++) {
        memcpy(frame_text(frame, i), text.bytes + at, lengths[i]);
        at += lengths[i];
    }
    *ret_frame = frame;
    return 0;
}

int history_frame(
    struct history *history, struct view *view, uint32_t history_s, struct frame **ret_frame)
{
    struct body body CLEANUP(body_fini) = {.limit = ENCODE_PART_BYTES - AROUND_BYTES};
    struct buffer head CLEANUP(buffer_fini) = {0};
    struct history_wish wish = {.view = view, .window_s = history_s};
    struct plan plan;
    int r = encode(history, &wish, &plan, &body);

    if (r < 0)
        return r;
    buffer_append_text(&head, "{\"op\":\"history\",\"stream\":");
    json_append_u64(&head, view->stream);
    buffer_append_char(&head, ',');
    append_head(&head, &plan);
    r = assemble(&head, &body, ret_frame);
    if (r == 0)
        (*ret_frame)->revision = view->set->model->revision;
    return r;
}

void history_frames_drop(struct history_frames *frames)
{
    while (frames->count > 0)
        frame_unref(frames->items[--frames->count].frame);
}

int history_frames_get(struct history_frames *frames, struct history *history, struct view *view,
    uint32_t history_s, struct frame **ret_frame)
{
    int r;

    for (unsigned i = 0; i < frames->count; i++) {
        if (frames->items[i].stream == view->stream && frames->items[i].history_s == history_s) {
            *ret_frame = frame_ref(frames->items[i].frame);
            return 0;
        }
    }
    r = history_frame(history, view, history_s, ret_frame);
    if (r == 0 && frames->count < ARRAY_LENGTH(frames->items))
        frames->items[frames->count++] =
            (struct history_frames_item){view->stream, history_s, frame_ref(*ret_frame)};
    return r;
}
