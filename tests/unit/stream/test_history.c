/* What the rates were: held against a plain list of all that was ever observed, in every shape that
 * time can take, and within its bytes. */
#include "history_encode.h"
#include "json.h"
#include "platform.h"
#include "series.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>

enum { TICK_MS = 1000 };

/* A network that is told what to be, and the server's memory of it. */
struct scene {
    struct history history;
    struct model model;
    struct view_set views;
    uint32_t tick_ms;
    int64_t due_ms, wall_ms, slept_ms;
    double read_ms;
    struct network_interface *interfaces;
    size_t interface_count;
    struct network_owner *owners;
    size_t owner_count;
    bool has_connections, is_failing;
};

static void scene_init(struct scene *scene, uint32_t tick_ms, size_t bytes)
{
    struct model_limits limits = {.tombstones = 100, .tombstone_ms = 1000, .events = 10};

    *scene = (struct scene){.tick_ms = tick_ms, .wall_ms = 1000000, .read_ms = 5000};
    history_init(&scene->history, &(struct history_limits){3600, 86400, bytes}, tick_ms);
    model_init(&scene->model, &limits);
    view_set_init(&scene->views, &scene->model);
}

static void scene_fini(struct scene *scene)
{
    history_fini(&scene->history);
    view_set_fini(&scene->views);
    model_fini(&scene->model);
    free(scene->interfaces);
    free(scene->owners);
}

static struct network_interface *add_interface(struct scene *scene, const char *name)
{
    struct network_interface *interface;

    scene->interfaces =
        array_resize(scene->interfaces, scene->interface_count + 1, sizeof *scene->interfaces);
    interface = &scene->interfaces[scene->interface_count++];
    *interface = (struct network_interface){.identity = scene->interface_count};
    PUT_TEXT(interface, name, name);
    PUT(interface, is_counted, true);
    PUT(interface, bytes_received, 0);
    PUT(interface, bytes_sent, 0);
    PUT(interface, packets_received, 0);
    PUT(interface, packets_sent, 0);
    PUT(interface, receive_errors, 0);
    PUT(interface, send_errors, 0);
    PUT(interface, receive_drops, 0);
    PUT(interface, send_drops, 0);
    return interface;
}

static void add_owner(struct scene *scene, unsigned uid, double speed)
{
    struct network_owner *owner;

    scene->owners = array_resize(scene->owners, scene->owner_count + 1, sizeof *scene->owners);
    owner = &scene->owners[scene->owner_count++];
    *owner = (struct network_owner){0};
    PUT(owner, kind, NETWORK_OWNER_USER);
    PUT(owner, uid, uid);
    PUT(owner, download_bytes_per_s, speed);
    PUT(owner, upload_bytes_per_s, 0);
}

/* One observation, as late as it was read. */
static void observe(struct scene *scene, bool is_tick)
{
    struct observation observation = {.is_tick = is_tick,
        .due_ms = scene->due_ms,
        .wall_ms = scene->wall_ms,
        .read_ms = scene->read_ms,
        .connections_interval_ms = scene->tick_ms,
        .has_all_interfaces = true,
        .has_connections = scene->has_connections,
        .interfaces = scene->interfaces,
        .interface_count = scene->interface_count,
        .owners = scene->owners,
        .owner_count = scene->has_connections ? scene->owner_count : 0};
    struct network_server server = {0};

    PUT(&observation.totals, download_bytes_per_s, 1);
    if (scene->has_connections)
        PUT(&observation.totals, unexplained_download_bytes_per_s, 77);
    cr_assert_eq(model_update(&scene->model, &observation, &server), 0);
    history_update(&scene->history, &scene->model, &observation, scene->slept_ms);
}

static void pass(struct scene *scene, int64_t ms)
{
    scene->due_ms += ms;
    scene->wall_ms += ms;
    if (!scene->is_failing)
        scene->read_ms += (double)ms;
}

static void tick(struct scene *scene)
{
    pass(scene, scene->tick_ms);
    observe(scene, true);
}

/* The answer for that window, as it would be told. */
static json_t *ask(struct scene *scene, enum topic topic, uint32_t window_s, uint32_t step_ms)
{
    struct history_wish wish = {.window_s = window_s, .step_ms = step_ms};
    struct buffer text CLEANUP(buffer_fini) = {0};
    json_error_t error;
    json_t *answer;

    cr_assert_eq(view_open(&scene->views, &(struct query){.topic = topic}, &wish.view), 0);
    buffer_append_char(&text, '{');
    cr_assert_eq(history_append(&scene->history, &wish, &text), 0);
    buffer_append_char(&text, '}');
    view_close(&scene->views, wish.view);
    answer = json_loadb(text.bytes, text.length, 0, &error);
    cr_assert(answer, "%s: %.*s", error.text, (int)text.length, text.bytes);
    return answer;
}

static json_t *array_of(json_t *answer, const char *id, const char *key)
{
    return json_object_get(json_object_get(json_object_get(answer, "series"), id), key);
}

/* The array as text, so that a test reads like what it is about. */
static void assert_told(struct scene *scene, enum topic topic, uint32_t window_s, const char *id,
    const char *key, const char *expected)
{
    json_t *answer = ask(scene, topic, window_s, 0);
    char *text = json_dumps(array_of(answer, id, key), JSON_COMPACT | JSON_ENCODE_ANY);

    cr_assert(text, "there is no %s of %s", key, id);
    cr_assert_str_eq(text, expected);
    free(text);
    json_decref(answer);
}

static void assert_download(struct scene *scene, uint32_t window_s, const char *expected)
{
    assert_told(scene, TOPIC_INTERFACES, window_s, "eth0", "download_speed", expected);
}

Test(history, a_value_keeps_more_than_is_told_of_it)
{
    cr_assert_eq(series_unpack(series_pack(0)), 0);
    for (double value = 2e-5; value < 1e14; value *= 1.00037) {
        double kept = series_unpack(series_pack(value));

        cr_assert_lt(fabs(kept - value) / value, 0.0005, "%g is kept as %g", value, kept);
    }
    for (unsigned i = 1; i <= 2048; i++)
        cr_assert_eq(series_unpack(series_pack(i)), i);
    cr_assert_gt(series_unpack(series_pack(1e30)), 1.4e14);
    cr_assert_eq(series_unpack(series_pack(1e-9)), 0);
}

/* Looks in between, as through a lens, change nothing: each tick has what grew since the last. */
Test(history, a_tick_has_what_grew_since_the_one_before)
{
    struct scene scene;
    struct network_interface *eth0;

    scene_init(&scene, TICK_MS, 1 << 20);
    eth0 = add_interface(&scene, "eth0");
    observe(&scene, true);
    assert_download(&scene, 10, "[]");
    eth0->bytes_received = 500;
    tick(&scene);
    assert_download(&scene, 10, "[500]");
    pass(&scene, 950);
    eth0->bytes_received = 1500;
    observe(&scene, false);
    pass(&scene, 50);
    eth0->bytes_received = 1501;
    observe(&scene, true);
    tick(&scene);
    assert_download(&scene, 10, "[500,1000,0]");
    assert_download(&scene, 2, "[1000,0]");
    assert_told(&scene, TOPIC_TOTALS, 10, "totals", "download_speed", "[500,1000,0]");
    scene_fini(&scene);
}

Test(history, a_reset_is_unknown_and_never_a_spike)
{
    struct scene scene;
    struct network_interface *eth0;

    scene_init(&scene, TICK_MS, 1 << 20);
    eth0 = add_interface(&scene, "eth0");
    eth0->bytes_received = 1000000;
    observe(&scene, true);
    tick(&scene);
    eth0->bytes_received = 10; /* turned back */
    tick(&scene);
    eth0->bytes_received = 20;
    tick(&scene);
    eth0->identity = 99; /* another device, which has counted further already */
    eth0->bytes_received = 5000000;
    tick(&scene);
    eth0->bytes_received += 30;
    tick(&scene);
    assert_download(&scene, 10, "[0,null,10,null,30]");
    assert_told(&scene, TOPIC_TOTALS, 10, "totals", "download_speed", "[0,null,10,null,30]");
    eth0->status.bytes_received = NETWORK_UNAVAILABLE;
    tick(&scene);
    tick(&scene);
    assert_download(&scene, 3, "[30,null,null]");
    scene_fini(&scene);
}

Test(history, what_is_not_there_is_unknown_and_what_is_idle_is_zero)
{
    struct scene scene;

    scene_init(&scene, TICK_MS, 1 << 20);
    add_interface(&scene, "lo");
    add_interface(&scene, "eth0");
    observe(&scene, true);
    tick(&scene);
    scene.interface_count = 1; /* gone */
    for (int i = 0; i < 3; i++)
        tick(&scene);
    cr_assert_not_null(history_find_id(&scene.history, TOPIC_INTERFACES, "eth0"));
    scene.interface_count = 2; /* and back */
    for (int i = 0; i < 3; i++)
        tick(&scene);
    assert_download(&scene, 10, "[0,null,null,null,null,0,0]");
    assert_told(&scene, TOPIC_INTERFACES, 10, "lo", "download_speed", "[0,0,0,0,0,0,0]");
    scene_fini(&scene);
}

Test(history, a_late_tick_is_spread_and_a_gap_stays_one)
{
    struct scene scene;
    struct network_interface *eth0;

    scene_init(&scene, TICK_MS, 1 << 20);
    eth0 = add_interface(&scene, "eth0");
    observe(&scene, true);
    eth0->bytes_received = 300; /* two ticks were left out */
    pass(&scene, 3000);
    observe(&scene, true);
    assert_download(&scene, 20, "[100,100,100]");
    scene.is_failing = true; /* two that could not be read */
    tick(&scene);
    tick(&scene);
    assert_download(&scene, 20, "[100,100,100,null,null]");
    scene.is_failing = false;
    scene.read_ms += 2000;
    eth0->bytes_received = 330;
    tick(&scene);
    assert_download(&scene, 20, "[100,100,100,10,10,10]");
    eth0->bytes_received = 1000000; /* a stop for longer than is spread */
    pass(&scene, 12000);
    observe(&scene, true);
    tick(&scene);
    assert_download(&scene, 20,
        "[100,100,100,10,10,10,null,null,null,null,null,null,null,null,null,"
        "null,null,null,0]");
    scene_fini(&scene);
}

/* Asleep for 15 s, so that the clock of the ticks stood still, and the wall clock set back. */
Test(history, sleep_is_a_gap_and_a_wall_clock_that_is_set_is_none)
{
    struct scene scene;
    struct network_interface *eth0;
    json_t *answer;

    scene_init(&scene, TICK_MS, 1 << 20);
    eth0 = add_interface(&scene, "eth0");
    observe(&scene, true);
    tick(&scene);
    scene.slept_ms = 14990; /* no whole number of ticks */
    scene.wall_ms -= 500000;
    eth0->bytes_received = 40;
    tick(&scene);
    assert_download(&scene, 20,
        "[0,null,null,null,null,null,null,null,null,null,null,null,null,"
        "null,null,null,40]");
    answer = ask(&scene, TOPIC_INTERFACES, 20, 0);
    cr_assert_str_eq(json_string_value(json_object_get(answer, "end")), "1970-01-01T00:08:22.000Z");
    json_decref(answer);
    scene_fini(&scene);
}

/* --- against a list of everything --- */

enum { TICKS = 30000 };

/* The mean of a span is that of its steps, each of so many ticks, which may not all be known. */
static double naive_mean(const double *values, long from, long count, long step, double range[2])
{
    double sum = 0;
    long known = 0;

    if (step > 1) {
        for (long i = from; i < from + count; i += step) {
            double mean = naive_mean(values, i, step, 1, range);

            sum += isnan(mean) ? 0 : mean;
            known += !isnan(mean);
        }
        return known ? sum / (double)known : NAN;
    }
    for (long i = from < 0 ? 0 : from; i < from + count; i++) {
        if (isnan(values[i]))
            continue;
        range[0] = fmin(range[0], values[i]);
        range[1] = fmax(range[1], values[i]);
        sum += values[i];
        known++;
    }
    return known ? sum / (double)known : NAN;
}

static void assert_same(const json_t *value, double expected, const char *what, long at)
{
    if (isnan(expected)) {
        cr_assert(json_is_null(value), "%s %ld is known", what, at);
        return;
    }
    cr_assert(json_is_number(value), "%s %ld is unknown, and was %g", what, at, expected);
    cr_assert_leq(fabs(json_number_value(value) - expected), expected * 0.007 + 1e-4,
        "%s %ld is %g, and was %g", what, at, json_number_value(value), expected);
}

/* values[i] is of the tick i, and the last tick is `last`. */
static void compare(
    struct scene *scene, const double *values, long last, uint32_t window_s, uint32_t step_ms)
{
    json_t *answer = ask(scene, TOPIC_INTERFACES, window_s, step_ms);
    long ticks = (long)json_integer_value(json_object_get(answer, "step_ms")) / scene->tick_ms;
    json_t *mean = array_of(answer, "eth0", "download_speed");
    json_t *min = array_of(answer, "eth0", "download_speed_min");
    json_t *max = array_of(answer, "eth0", "download_speed_max");
    long count = (long)json_array_size(mean);
    long end =
        window_s > 3600 ? (last + 3) / 10 * 10 - 3 : last; /* tick 0 is the second that was */

    cr_assert_gt(ticks, 0);
    cr_assert_eq(min != NULL, ticks > 1);
    for (long i = 0; i < count; i++) {
        long from = end - (count - i) * ticks + 1;
        double range[2] = {INFINITY, 0};
        double expected = naive_mean(values, from, ticks, window_s > 3600 ? 10 : 1, range);

        assert_same(json_array_get(mean, (size_t)i), expected, "the mean", i);
        if (ticks == 1)
            continue;
        assert_same(
            json_array_get(min, (size_t)i), isnan(expected) ? NAN : range[0], "the least", i);
        assert_same(
            json_array_get(max, (size_t)i), isnan(expected) ? NAN : range[1], "the largest", i);
    }
    json_decref(answer);
}

/* Idle, busy, reset, gone, for as long as each lasts. */
static double live(struct scene *scene, unsigned *seed, unsigned *mood)
{
    struct network_interface *eth0 = &scene->interfaces[0];
    bool was_gone = scene->interface_count == 0;
    uint64_t grown;

    if (rand_r(seed) % 40 == 0)
        *mood = (unsigned)rand_r(seed) % 6;
    scene->interface_count = *mood != 5;
    grown = *mood < 3 ? (uint64_t)rand_r(seed) >> (rand_r(seed) % 31) : 0;
    if (*mood == 4 && rand_r(seed) % 10 == 0) {
        eth0->bytes_received = 0;
        grown = 1;
        eth0->identity++;
        return NAN;
    }
    eth0->bytes_received += grown;
    return scene->interface_count == 0 || was_gone ? NAN : (double)grown;
}

Test(history, tells_what_a_list_of_everything_tells)
{
    static double values[TICKS];
    struct scene scene;
    unsigned mood = 0;

    for (unsigned seed = 1; seed <= 3; seed++) {
        unsigned state = seed;

        scene_init(&scene, TICK_MS, 4 << 20);
        add_interface(&scene, "eth0");
        observe(&scene, true);
        for (long i = 0; i < TICKS; i++) {
            values[i] = live(&scene, &state, &mood);
            tick(&scene);
            if (i % 2999 != 17 || scene.interface_count == 0)
                continue;
            compare(&scene, values, i, 60, 0);
            compare(&scene, values, i, 3600, 0);
            compare(&scene, values, i, 3600, 7000);
            compare(&scene, values, i, 86400, 0);
            compare(&scene, values, i, 20000, 45000);
        }
        scene_fini(&scene);
    }
}

/* --- bounds --- */

Test(history, takes_no_more_than_its_bytes_whatever_comes_and_goes)
{
    enum { BYTES = 1 << 20 };
    struct scene scene;
    unsigned seed = 7;

    scene_init(&scene, TICK_MS, BYTES);
    observe(&scene, true);
    for (int i = 0; i < 4000; i++) {
        scene.interface_count = 0;
        for (int j = 0; j < 40; j++) {
            char name[16];
            struct network_interface *interface;

            snprintf(name, sizeof name, "veth%d", j < 20 ? j : i / 10 * 20 + j);
            interface = add_interface(&scene, name);
            interface->identity = (uint64_t)(j < 20 ? j : i / 10 * 20 + j) + 1;
            interface->bytes_received = interface->packets_sent = (uint64_t)i * 1000 + 1;
        }
        scene.has_connections = true;
        scene.owner_count = 0;
        for (int j = 0; j < 50; j++)
            add_owner(&scene, (unsigned)rand_r(&seed) % 10000, rand_r(&seed) % 1000);
        tick(&scene);
        cr_assert_leq(history_bytes(&scene.history), BYTES);
        cr_assert_leq(scene.history.owners.living.count + scene.history.owners.gone.count,
            HISTORY_OWNERS_MAX);
    }
    assert_told(&scene, TOPIC_INTERFACES, 3, "veth7", "download_speed", "[1000,1000,1000]");
    scene_fini(&scene);
}

/* All of the busiest interface's rates for an hour and a day, as docs/config.md says. */
Test(history, a_busy_interface_takes_what_is_documented_and_an_idle_one_next_to_nothing)
{
    struct scene scene;
    struct network_interface *eth0;
    size_t idle;

    scene_init(&scene, TICK_MS, 32 << 20);
    eth0 = add_interface(&scene, "eth0");
    eth0->is_counted = false; /* the totals would take as much again */
    observe(&scene, true);
    for (int i = 0; i < 90000; i++)
        tick(&scene);
    idle = history_bytes(&scene.history);
    cr_assert_lt(idle, 8192, "%zu bytes", idle);
    for (int i = 0; i < 90000; i++) {
        eth0->bytes_received += 1000;
        eth0->bytes_sent += 1000;
        eth0->packets_received += 10;
        eth0->packets_sent += 10;
        tick(&scene);
    }
    cr_assert_lt(history_bytes(&scene.history), 280000, "%zu bytes", history_bytes(&scene.history));
    scene_fini(&scene);
}

/* --- owners --- */

Test(history, owners_are_known_while_connections_are_read)
{
    struct scene scene;

    scene_init(&scene, TICK_MS, 1 << 20);
    add_owner(&scene, 1, 0);
    add_owner(&scene, 2, 500);
    observe(&scene, true);
    tick(&scene);
    scene.has_connections = true;
    for (int i = 0; i < 3; i++)
        tick(&scene);
    scene.owners[1].download_bytes_per_s = 0;
    tick(&scene);
    tick(&scene);
    scene.owner_count = 1; /* the other is gone */
    tick(&scene);
    scene.has_connections = false;
    tick(&scene);
    scene.owner_count = 2;
    scene.has_connections = true;
    tick(&scene);
    assert_told(
        &scene, TOPIC_OWNERS, 20, "user:2", "download_speed", "[null,null,500,500,0,0,null,0,0]");
    cr_assert_null(history_find_id(&scene.history, TOPIC_OWNERS, "user:1"), "it never moved");
    assert_told(&scene, TOPIC_TOTALS, 20, "totals", "unexplained_download_speed",
        "[null,null,77,77,77,77,77,77,77]");
    scene_fini(&scene);
}

Test(history, of_many_owners_those_that_move_most_are_kept)
{
    struct scene scene;

    scene_init(&scene, TICK_MS, 32 << 20);
    scene.has_connections = true;
    for (unsigned i = 0; i < 3000; i++)
        add_owner(&scene, i, i == 2999 ? 1e9 : 1 + i % 10);
    observe(&scene, true);
    tick(&scene);
    tick(&scene);
    cr_assert_eq(scene.history.owners.living.count, HISTORY_OWNERS_MAX);
    cr_assert_not_null(history_find_id(&scene.history, TOPIC_OWNERS, "user:2999"));
    scene_fini(&scene);
}

/* --- messages --- */

/* Merged one by one as a client does, without regard to which parts there are. */
static json_t *merge_parts(const struct frame *frame, uint64_t stream)
{
    json_t *series = json_object();

    for (unsigned i = 0; i < frame->part_count; i++) {
        json_t *message = json_loadb(frame_text(frame, i), frame->parts[i].length, 0, NULL);
        const char *id;
        json_t *record;

        cr_assert(message);
        cr_assert_leq(frame->parts[i].length, 65536);
        cr_assert_eq(json_integer_value(json_object_get(message, "stream")), (json_int_t)stream);
        cr_assert_eq(json_integer_value(json_object_get(message, "part")),
            frame->part_count > 1 ? i + 1 : 0);
        json_object_foreach(json_object_get(message, "series"), id, record)
        {
            if (!json_object_get(series, id))
                json_object_set_new(series, id, json_object());
            json_object_update(json_object_get(series, id), record);
        }
        json_decref(message);
    }
    return series;
}

Test(history, a_long_message_comes_in_parts_that_merge_to_the_whole)
{
    struct history_frames frames = {0};
    struct scene scene;
    struct view *view;
    struct frame *frame, *again;
    json_t *whole, *merged;

    scene_init(&scene, TICK_MS, 32 << 20);
    for (unsigned i = 0; i < 9; i++) {
        char name[16];

        snprintf(name, sizeof name, "\"eth\x80%u", i);
        add_interface(&scene, name);
    }
    observe(&scene, true);
    for (unsigned i = 0; i < 3700; i++) {
        for (unsigned j = 0; j < 9; j++)
            scene.interfaces[j].bytes_received += 123456789ull * (i + j);
        tick(&scene);
    }
    cr_assert_eq(view_open(&scene.views, &(struct query){.topic = TOPIC_INTERFACES}, &view), 0);
    cr_assert_eq(history_frames_get(&frames, &scene.history, view, 3600, &frame), 0);
    cr_assert_eq(history_frames_get(&frames, &scene.history, view, 3600, &again), 0);
    cr_assert_eq(frame, again, "made once for all who ask the same");
    cr_assert_gt(frame->part_count, 3);
    merged = merge_parts(frame, view->stream);
    whole = ask(&scene, TOPIC_INTERFACES, 3600, 0);
    cr_assert(json_equal(merged, json_object_get(whole, "series")));
    cr_assert_eq(json_array_size(array_of(whole, "\"eth\\x807", "download_speed")), 3600);
    json_decref(whole);
    json_decref(merged);
    frame_unref(frame);
    frame_unref(again);
    history_frames_drop(&frames);
    view_close(&scene.views, view);
    scene_fini(&scene);
}

Test(history, steps_are_whole_ticks)
{
    static const struct {
        uint32_t tick_ms, window_s, step_ms, told_ms;
    } rows[] = {
        {1000, 600, 0, 1000},
        {1000, 600, 1500, 2000},
        {1000, 3601, 0, 10000},
        {3000, 3601, 0, 12000},
        {700, 7200, 0, 10500},
        {60000, 86400, 0, 60000},
        {50, 60, 0, 50},
        {50, 60, 120, 150},
        {1000, 86400, 25000, 30000},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct scene scene;
        json_t *answer;

        scene_init(&scene, rows[i].tick_ms, 1 << 20);
        add_interface(&scene, "eth0");
        observe(&scene, true);
        for (int j = 0; j < 300; j++)
            tick(&scene);
        answer = ask(&scene, TOPIC_INTERFACES, rows[i].window_s, rows[i].step_ms);
        cr_assert_eq(
            json_integer_value(json_object_get(answer, "step_ms")), rows[i].told_ms, "row %zu", i);
        json_decref(answer);
        scene_fini(&scene);
    }
}

static size_t values_of(json_t *answer)
{
    size_t values = 0;
    const char *id, *key;
    json_t *record, *array;

    json_object_foreach(json_object_get(answer, "series"), id, record)
    {
        json_object_foreach(record, key, array) values += json_array_size(array);
    }
    return values;
}

Test(history, an_answer_of_many_has_no_more_values_than_may_be)
{
    struct scene scene;
    json_t *answer;

    scene_init(&scene, TICK_MS, 32 << 20);
    for (unsigned i = 0; i < 300; i++) {
        char name[16];

        snprintf(name, sizeof name, "veth%u", i);
        add_interface(&scene, name);
    }
    observe(&scene, true);
    for (int i = 0; i < 300; i++)
        tick(&scene);
    answer = ask(&scene, TOPIC_INTERFACES, 200, 0);
    cr_assert_eq(values_of(answer), 300 * 7 * 200, "as many as may be are told tick by tick");
    json_decref(answer);
    answer = ask(&scene, TOPIC_INTERFACES, 300, 0);
    cr_assert_leq(values_of(answer), HISTORY_VALUES_MAX);
    cr_assert_gt(values_of(answer), HISTORY_VALUES_MAX / 2);
    json_decref(answer);
    scene_fini(&scene);
}
