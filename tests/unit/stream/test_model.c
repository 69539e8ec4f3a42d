/* The central promise: whoever applies deltas, in whatever steps, holds what a snapshot says. */
#include "encode.h"
#include "random_network.h"
#include "view.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

/* RFC 7396, as its pseudo code has it. */
static json_t *merge(json_t *target, const json_t *patch)
{
    const char *key;
    json_t *value;

    if (!json_is_object(patch)) {
        json_decref(target);
        return json_deep_copy(patch);
    }
    if (!json_is_object(target)) {
        json_decref(target);
        target = json_object();
    }
    json_object_foreach((json_t *)patch, key, value)
    {
        if (json_is_null(value))
            json_object_del(target, key);
        else
            json_object_set_new(
                target, key, merge(json_incref(json_object_get(target, key)), value));
    }
    return target;
}

struct cursor {
    struct view *view;
    uint64_t revision;
    json_t *state;
};

static json_t *part_of(const struct frame *frame, unsigned part)
{
    json_error_t error;
    json_t *message = json_loadb(
        frame_text(frame, part), frame->parts[part].length, JSON_REJECT_DUPLICATES, &error);

    cr_assert(message, "not JSON: %s: %.*s", error.text, (int)frame->parts[part].length,
        frame_text(frame, part));
    cr_assert_leq(frame->parts[part].length, (size_t)ENCODE_PART_BYTES);
    return message;
}

static void take(struct cursor *cursor)
{
    struct frame *frame;
    json_int_t count = -1;

    cr_assert_eq(view_frame(cursor->view, cursor->revision, &frame), 0);
    cr_assert(frame->since == 0 || frame->since == cursor->revision);
    if (frame->since == 0) {
        json_decref(cursor->state);
        cursor->state = json_object();
    }
    for (unsigned i = 0; i < frame->part_count; i++) {
        json_t *message = part_of(frame, i);

        cursor->state =
            merge(cursor->state, json_object_get(message, frame->since ? "patch" : "data"));
        if (json_object_get(message, "count"))
            count = json_integer_value(json_object_get(message, "count"));
        json_decref(message);
    }
    if (count >= 0)
        cr_assert_eq(count, (json_int_t)json_object_size(cursor->state), "count is wrong");
    cursor->revision = frame->revision;
    frame_unref(frame);
}

/* The snapshot of a view that has never looked before. */
static void take_fresh(struct cursor *fresh, const struct query *query, const struct model *model)
{
    struct view_set views;

    view_set_init(&views, model);
    cr_assert_eq(view_open(&views, query, &fresh->view), 0);
    take(fresh);
    view_close(&views, fresh->view);
    view_set_fini(&views);
}

static void assert_like_snapshot(const struct cursor *cursor)
{
    struct cursor fresh = {0};

    take_fresh(&fresh, &cursor->view->query, cursor->view->set->model);
    cr_assert(json_equal(fresh.state, cursor->state), "%s at %llu differs:\n%s\n%s",
        topic_info[cursor->view->query.topic].name, (unsigned long long)cursor->revision,
        json_dumps(cursor->state, JSON_SORT_KEYS), json_dumps(fresh.state, JSON_SORT_KEYS));
    json_decref(fresh.state);
}

/* Every topic, and events by their kinds: those that are a table of their own, and both. */
static struct query queries[] = {
    {.topic = TOPIC_INTERFACES},
    {.topic = TOPIC_CONNECTIONS},
    {.topic = TOPIC_OWNERS},
    {.topic = TOPIC_TOTALS},
    {.topic = TOPIC_EVENTS},
    {.topic = TOPIC_SERVER},
    {.topic = TOPIC_EVENTS, .event_kinds = 1u << NETWORK_EVENT_CONNECTION_CLOSED},
    {.topic = TOPIC_EVENTS,
        .event_kinds = 1u << NETWORK_EVENT_CONNECTION_CLOSED | 1u << NETWORK_EVENT_DROPS},
    {.topic = TOPIC_EVENTS, .event_kinds = 1u << NETWORK_EVENT_LINK_UP},
    /* The parts of queries are filled in by make_queries. */
    {.topic = TOPIC_INTERFACES},
    {.topic = TOPIC_INTERFACES, .limit = 3},
    {.topic = TOPIC_INTERFACES, .limit = 4, .is_descending = true},
    {.topic = TOPIC_CONNECTIONS},
    {.topic = TOPIC_CONNECTIONS, .limit = 10, .is_descending = true},
    {.topic = TOPIC_CONNECTIONS},
    {.topic = TOPIC_OWNERS, .limit = 3},
    {.topic = TOPIC_TOTALS},
    {.topic = TOPIC_EVENTS, .limit = 7, .is_descending = true},
};

enum { PLAIN_QUERIES = 9 };

static void add(struct query *query, const char *name, const char *value)
{
    const struct filter_word word = {FILTER_WORD_PLAIN, value, strlen(value)};
    struct command_refusal refusal;

    cr_assert_eq(query_add_filter(query, name, &word, 1, &refusal), 0, "%s", refusal.message);
}

static void order_by(struct query *query, const char *key)
{
    query->order = record_field(topic_info[query->topic].record, key);
    cr_assert(query->order);
}

static void show(struct query *query, const char *key)
{
    struct command_refusal refusal;

    cr_assert_eq(query_add_field(query, key, strlen(key), &refusal), 0);
}

static void make_queries(void)
{
    struct query *query = &queries[PLAIN_QUERIES];

    add(&query[0], "is_active", "true");
    show(&query[0], "mtu");
    show(&query[0], "addresses");
    show(&query[1], "signal_strength");
    order_by(&query[2], "download_speed");
    add(&query[3], "process_name", "1");
    add(&query[4], "state", "established");
    order_by(&query[4], "rtt_ms");
    show(&query[5], "pid");
    order_by(&query[6], "bytes_received");
    show(&query[6], "bytes_received");
    show(&query[7], "established");
    order_by(&query[8], "message");
    add(&query[8], "event", "connection_closed");
    add(&query[8], "event", "link_up");
}

static void forget_queries(void)
{
    for (size_t i = PLAIN_QUERIES; i < ARRAY_LENGTH(queries); i++)
        filter_fini(&queries[i].filter);
}

Test(query, all_of_the_random_test_differ_from_each_other)
{
    make_queries();
    for (size_t i = 0; i < ARRAY_LENGTH(queries); i++) {
        for (size_t j = 0; j < ARRAY_LENGTH(queries); j++)
            cr_assert_eq(query_equal(&queries[i], &queries[j]), i == j, "%zu and %zu", i, j);
    }
    forget_queries();
}

enum { CURSORS_EACH = 4, CURSORS = ARRAY_LENGTH(queries) * CURSORS_EACH };

static void open_cursors(struct view_set *views, struct cursor *cursors)
{
    for (int i = 0; i < CURSORS; i++) {
        cursors[i] = (struct cursor){.state = json_object()};
        cr_assert_eq(view_open(views, &queries[i / CURSORS_EACH], &cursors[i].view), 0);
    }
}

static void close_cursors(struct view_set *views, struct cursor *cursors)
{
    for (int i = 0; i < CURSORS; i++) {
        view_close(views, cursors[i].view);
        json_decref(cursors[i].state);
    }
    cr_assert_eq(views->count, 0);
}

static void run_history(unsigned seed, struct model_limits limits, int ticks)
{
    struct random_network network = {.seed = seed, .wall_ms = 1000000};
    struct network_server server = {0};
    struct cursor cursors[CURSORS];
    struct view_set views;
    struct model model;

    model_init(&model, &limits);
    view_set_init(&views, &model);
    make_queries();
    open_cursors(&views, cursors);
    for (int tick = 0; tick < ticks; tick++) {
        struct observation *observation = random_observation(&network);

        cr_assert_eq(model_update(&model, observation, &server), 0);
        observation_free(observation);
        for (int i = 0; i < CURSORS; i++) {
            /* The first of each topic never misses a tick, the last hardly ever comes. */
            if (pick(&network, 1u << (2 * (i % CURSORS_EACH))) > 0)
                continue;
            take(&cursors[i]);
            assert_like_snapshot(&cursors[i]);
        }
    }
    close_cursors(&views, cursors);
    forget_queries();
    view_set_fini(&views);
    model_fini(&model);
}

Test(model, deltas_lead_to_what_a_snapshot_says_whatever_happens)
{
    for (unsigned seed = 1; seed <= 6; seed++)
        run_history(seed, (struct model_limits){10000, 1000000000, 50}, 150);
}

Test(model, who_comes_back_after_the_tombstones_are_gone_gets_a_snapshot)
{
    for (unsigned seed = 10; seed <= 13; seed++)
        run_history(seed, (struct model_limits){8, 1000000000, 5}, 150);
    run_history(14, (struct model_limits){100, 1500, 20}, 150);
    run_history(15, (struct model_limits){0, 0, 1}, 100);
}

/* --- the pieces, one by one --- */

struct stage {
    struct model model;
    struct view_set views;
    struct observation observation;
    struct network_interface interfaces[2];
    struct network_server server;
    struct cursor cursor;
};

static void stage_init(struct stage *stage)
{
    struct query query = {.topic = TOPIC_INTERFACES};

    *stage = (struct stage){0};
    model_init(&stage->model, &(struct model_limits){100, 60000, 100});
    view_set_init(&stage->views, &stage->model);
    stage->observation.has_all_interfaces = true;
    stage->observation.interfaces = stage->interfaces;
    stage->observation.interface_count = 1;
    PUT_TEXT(&stage->interfaces[0], name, "eth0");
    PUT_TEXT(&stage->interfaces[1], name, "eth1");
    cr_assert_eq(view_open(&stage->views, &query, &stage->cursor.view), 0);
    stage->cursor.state = json_object();
}

static void stage_tick(struct stage *stage)
{
    cr_assert_eq(model_update(&stage->model, &stage->observation, &stage->server), 0);
}

static void stage_fini(struct stage *stage)
{
    json_decref(stage->cursor.state);
    view_set_fini(&stage->views);
    model_fini(&stage->model);
}

/* Text of the patch or data that leads the cursor to now. */
static char *next_change(struct stage *stage)
{
    struct frame *frame;
    json_t *message;
    char *text;

    cr_assert_eq(view_frame(stage->cursor.view, stage->cursor.revision, &frame), 0);
    stage->cursor.revision = frame->revision;
    message = part_of(frame, 0);
    text = json_dumps(
        json_object_get(message, frame->since ? "patch" : "data"), JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(message);
    frame_unref(frame);
    return text;
}

static void assert_change(struct stage *stage, const char *expected)
{
    char *text = next_change(stage);

    cr_assert_str_eq(text, expected);
    free(text);
}

Test(model, a_rate_that_reads_the_same_makes_no_delta)
{
    struct stage stage;

    stage_init(&stage);
    PUT(&stage.interfaces[0], download_bytes_per_s, 100010.0);
    stage_tick(&stage);
    assert_change(&stage, "{\"eth0\":{\"download_speed\":100000,\"name\":\"eth0\"}}");
    stage.interfaces[0].download_bytes_per_s = 100400.0;
    stage_tick(&stage);
    assert_change(&stage, "{}");
    stage.interfaces[0].download_bytes_per_s = 100600.0;
    stage_tick(&stage);
    assert_change(&stage, "{\"eth0\":{\"download_speed\":101000}}");
    stage_fini(&stage);
}

Test(model, a_rate_that_is_no_number_is_unknown)
{
    struct stage stage;

    stage_init(&stage);
    PUT(&stage.interfaces[0], download_bytes_per_s, 5.0);
    PUT_TEXT(&stage.interfaces[0], kind, "what makes a snapshot longer than the delta");
    stage_tick(&stage);
    free(next_change(&stage));
    stage.interfaces[0].download_bytes_per_s = NAN;
    stage_tick(&stage);
    assert_change(&stage, "{\"eth0\":{\"download_speed\":null}}");
    stage_fini(&stage);
}

Test(model, a_name_used_again_does_not_inherit_the_earlier_ones_fields)
{
    struct stage stage;
    uint64_t before;
    char *text;

    stage_init(&stage);
    PUT(&stage.interfaces[0], mtu_bytes, 1500);
    PUT_TEXT(&stage.interfaces[1], kind, "a text that makes a snapshot longer than the delta");
    stage.observation.interface_count = 2;
    stage_tick(&stage);
    free(next_change(&stage));
    before = stage.cursor.revision;
    stage.observation.interfaces = &stage.interfaces[1];
    stage.observation.interface_count = 1;
    stage_tick(&stage);
    stage.observation.interfaces = stage.interfaces;
    stage.observation.interface_count = 2;
    stage.interfaces[0].status.mtu_bytes = NETWORK_UNAVAILABLE;
    PUT(&stage.interfaces[0], is_up, true);
    stage_tick(&stage);
    stage.cursor.revision = before;
    text = next_change(&stage);
    cr_assert(strstr(text, "\"mtu\":null"), "the client would keep the old mtu");
    free(text);
    stage_fini(&stage);
}

Test(model, an_entry_and_its_end_between_two_looks_leave_no_trace)
{
    struct stage stage;

    stage_init(&stage);
    stage_tick(&stage);
    free(next_change(&stage));
    stage.observation.interface_count = 2;
    stage_tick(&stage);
    stage.observation.interface_count = 1;
    stage_tick(&stage);
    assert_change(&stage, "{}");
    stage_fini(&stage);
}

Test(model, an_interface_that_an_observation_leaves_out_stays_as_it_was)
{
    struct stage stage;

    stage_init(&stage);
    stage.observation.interface_count = 2;
    stage_tick(&stage);
    free(next_change(&stage));
    stage.observation.has_all_interfaces = false;
    stage.observation.interface_count = 1;
    PUT(&stage.interfaces[0], bytes_sent, 5);
    stage_tick(&stage);
    assert_change(&stage, "{\"eth0\":{\"bytes_sent\":5}}");
    cr_assert_eq(stage.model.tables[TOPIC_INTERFACES].count, 2);
    stage_fini(&stage);
}

/* More connections end between two readings than are kept; who reads every tick gets them all, also
 * where a link changes meanwhile. */
Test(model, keeps_all_ends_of_a_tick_until_the_next)
{
    struct network_event closed[20] = {0};
    struct stage stage;

    stage_init(&stage);
    stage.model.limits.events = 5;
    for (unsigned i = 0; i < ARRAY_LENGTH(closed); i++)
        closed[i].identity = i + 1;
    stage.observation.closed = closed;
    stage.observation.closed_count = ARRAY_LENGTH(closed);
    stage_tick(&stage);
    cr_assert_eq(stage.model.tables[TABLE_CLOSED].count, ARRAY_LENGTH(closed));
    stage.observation.closed_count = 0;
    stage_tick(&stage);
    cr_assert_eq(stage.model.tables[TABLE_CLOSED].count, ARRAY_LENGTH(closed));
    stage.observation.is_tick = true;
    stage_tick(&stage);
    cr_assert_eq(stage.model.tables[TABLE_CLOSED].count, (size_t)5);
    stage_fini(&stage);
}

Test(view, all_who_stand_at_one_revision_share_one_frame)
{
    struct frame *one, *other;
    struct stage stage;

    stage_init(&stage);
    stage_tick(&stage);
    cr_assert_eq(view_frame(stage.cursor.view, 0, &one), 0);
    cr_assert_eq(view_frame(stage.cursor.view, 77, &other), 0); /* from the future: a snapshot */
    cr_assert_eq(one, other);
    cr_assert_eq(stage.views.encoded, 1);
    frame_unref(one);
    frame_unref(other);
    stage_fini(&stage);
}

Test(view, equal_queries_share_one_view_and_its_number)
{
    struct query query = {.topic = TOPIC_INTERFACES};
    struct view *other;
    struct stage stage;

    stage_init(&stage);
    cr_assert_eq(view_open(&stage.views, &query, &other), 0);
    cr_assert_eq(other, stage.cursor.view);
    view_close(&stage.views, other);
    query.topic = TOPIC_TOTALS;
    cr_assert_eq(view_open(&stage.views, &query, &other), 0);
    cr_assert_neq(other->stream, stage.cursor.view->stream);
    stage_fini(&stage);
}

/* Events of both kinds come from two tables, of which the first alone fits into one part. */
Test(encode, cuts_two_tables_like_one)
{
    static struct network_event events[200], closed[200];
    struct query query = {.topic = TOPIC_EVENTS,
        .event_kinds = 1u << NETWORK_EVENT_CONNECTION_CLOSED | 1u << NETWORK_EVENT_DROPS};
    struct cursor cursor = {0};
    struct stage stage;

    stage_init(&stage);
    stage.model.limits.events = ARRAY_LENGTH(events);
    for (unsigned i = 0; i < ARRAY_LENGTH(events); i++) {
        events[i].identity = i + 1;
        PUT(&events[i], event, NETWORK_EVENT_DROPS);
        memset(events[i].message, 'x', sizeof events[i].message - 1);
        events[i].status.message = NETWORK_KNOWN;
        closed[i] = events[i];
        closed[i].identity = i + 1 + ARRAY_LENGTH(events);
        PUT(&closed[i], event, NETWORK_EVENT_CONNECTION_CLOSED);
    }
    stage.observation.events = events;
    stage.observation.closed = closed;
    stage.observation.event_count = stage.observation.closed_count = ARRAY_LENGTH(events);
    stage_tick(&stage);
    cr_assert_eq(view_open(&stage.views, &query, &cursor.view), 0);
    take(&cursor); /* looks at the length of each part */
    cr_assert_eq(json_object_size(cursor.state), 2 * ARRAY_LENGTH(events));
    json_decref(cursor.state);
    stage_fini(&stage);
}

/* A bridge or a load balancer's dummy link has thousands of addresses. */
Test(encode, cuts_lists_that_no_message_holds)
{
    static struct network_address addresses[5000];
    static struct network_name lower[5000];
    struct cursor cursor = {0};
    struct stage stage;

    stage_init(&stage);
    for (unsigned i = 0; i < ARRAY_LENGTH(addresses); i++) {
        addresses[i].family = 10;
        memset(addresses[i].bytes, 0xfd, sizeof addresses[i].bytes);
        addresses[i].bytes[15] = (uint8_t)i;
        addresses[i].bytes[14] = (uint8_t)(i >> 8);
        addresses[i].prefix_length = 128;
        memset(lower[i].text, 1, sizeof lower[i].text - 1);
    }
    stage.interfaces[0].addresses = (struct network_address_list){addresses, 5000};
    stage.interfaces[0].lower = (struct network_name_list){lower, 5000};
    stage.interfaces[0].status.addresses = stage.interfaces[0].status.lower = NETWORK_KNOWN;
    stage_tick(&stage);
    cursor.view = stage.cursor.view;
    take(&cursor); /* looks at the length of each part */
    cr_assert_gt(json_array_size(json_object_get(json_object_get(cursor.state, "eth0"), "addresses")),
        (size_t)500);
    json_decref(cursor.state);
    stage_fini(&stage);
}

Test(encode, sends_the_snapshot_where_the_delta_would_be_longer)
{
    static struct network_connection connections[500];
    struct query query = {.topic = TOPIC_CONNECTIONS};
    struct stage stage;
    struct frame *frame;
    struct view *view;
    uint64_t before;

    stage_init(&stage);
    stage.observation.connections = connections;
    stage.observation.has_connections = true;
    stage.observation.connection_count = ARRAY_LENGTH(connections);
    for (unsigned i = 0; i < ARRAY_LENGTH(connections); i++) {
        connections[i].identity = i + 1;
        PUT(&connections[i], local_port, 1);
    }
    stage_tick(&stage);
    before = stage.model.revision;
    stage.observation.connection_count = 1;
    stage_tick(&stage);
    cr_assert_eq(view_open(&stage.views, &query, &view), 0);
    cr_assert_eq(view_frame(view, before, &frame), 0);
    cr_assert_eq(frame->since, 0);
    cr_assert_lt(frame->parts[0].length, (size_t)200);
    frame_unref(frame);
    stage_fini(&stage);
}
