/* Memory may run out at any allocation: the first, the second, … each is made to fail once. What is
 * told afterwards must still be true. */
#include "encode.h"
#include "history_encode.h"
#include "random_network.h"
#include "view.h"

#include <criterion/criterion.h>
#include <errno.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static long countdown; /* the allocation that brings it to 0 fails; 0: none does */

static bool fails(void)
{
    return countdown > 0 && --countdown == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

struct scene {
    struct model model;
    struct history history;
    struct view_set views;
    struct view *view[2 * TOPICS]; /* of the whole, and of a part */
    struct network_server server;
};

/* What there is no memory for is unknown later, so only the answer itself can fail. */
static int look_back(struct scene *scene)
{
    int worst = 0;

    for (int i = 0; i < 2 * TOPICS; i++) {
        struct frame *frame;
        int r = 0;

        if (!scene->view[i] || history_rates(scene->view[i]->query.topic) == 0)
            continue;
        r = history_frame(&scene->history, scene->view[i], 3600, &frame);
        if (r == 0)
            frame_unref(frame);
        else
            worst = r;
    }
    return worst;
}

static int look(struct scene *scene, uint64_t since)
{
    int worst = 0;

    for (int i = 0; i < 2 * TOPICS; i++) {
        struct query query = {.topic = (enum topic)(i % TOPICS)};
        struct frame *frame;
        int r;

        if (topic_info[query.topic].is_collection)
            query.limit = i < TOPICS ? 0 : 4;
        r = scene->view[i] ? 0 : view_open(&scene->views, &query, &scene->view[i]);

        if (r == 0)
            r = view_frame(scene->view[i], since, &frame);
        if (r == 0)
            frame_unref(frame);
        else
            worst = r;
    }
    return worst;
}

/* Whether every record the third observation had is in the model now, and no other. */
static void assert_complete(const struct scene *scene, const struct observation *observation)
{
    cr_assert_eq(scene->model.tables[TOPIC_INTERFACES].count, observation->interface_count);
    cr_assert_eq(scene->model.tables[TOPIC_CONNECTIONS].count, observation->connection_count);
}

/* Runs the same three ticks with the nth allocation of the second failing; whether one did. */
static bool run(long nth)
{
    static const struct model_limits limits = {100, 60000, 100};
    struct random_network network = {.seed = 5, .wall_ms = 1000};
    struct scene scene = {0};
    bool ran_out = false;
    int r = 0;

    model_init(&scene.model, &limits);
    history_init(&scene.history, &(struct history_limits){3600, 86400, 1 << 20}, 1000);
    view_set_init(&scene.views, &scene.model);
    for (int tick = 0; tick < 3; tick++) {
        struct observation *observation = random_observation(&network);

        observation->has_connections = true;
        observation->due_ms = tick * 1000;
        observation->read_ms = 1000 + tick * 1000;
        if (tick == 1)
            countdown = nth;
        r = model_update(&scene.model, observation, &scene.server);
        history_update(&scene.history, &scene.model, observation, 0);
        if (r == 0)
            r = look(&scene, 1);
        if (r == 0)
            r = look_back(&scene);
        cr_assert(r == 0 || r == -ENOMEM);
        if (tick == 2)
            assert_complete(&scene, observation);
        observation_free(observation);
        if (tick == 1) {
            ran_out = countdown == 0;
            countdown = 0;
        }
    }
    cr_assert_eq(r, 0, "with memory it works again");
    view_set_fini(&scene.views);
    history_fini(&scene.history);
    model_fini(&scene.model);
    return ran_out;
}

Test(memory, running_out_anywhere_costs_at_most_one_tick)
{
    long nth = 1;

    while (run(nth))
        nth++;
    cr_assert_gt(nth, 50, "only %ld allocations were tried", nth);
}
