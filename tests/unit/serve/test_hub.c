/* Who gets what when: intervals, ticks and the lens. */
#include "hub.h"

#include <criterion/criterion.h>

Test(hub, gives_each_the_interval_it_can_keep)
{
    static const struct {
        uint32_t tick_ms;
        enum topic topic;
        uint32_t asked_ms, given_ms;
    } rows[] = {
        {1000, TOPIC_INTERFACES, 0, 1000},
        {1000, TOPIC_INTERFACES, 50, 50},
        {1000, TOPIC_INTERFACES, 51, 100},
        {1000, TOPIC_INTERFACES, 949, 950},
        {1000, TOPIC_INTERFACES, 951, 1000},
        {1000, TOPIC_INTERFACES, 1000, 1000},
        {1000, TOPIC_INTERFACES, 1001, 2000},
        {1000, TOPIC_TOTALS, 50, 1000},
        {1000, TOPIC_CONNECTIONS, 50, 1000},
        {1000, TOPIC_EVENTS, 1500, 2000},
        {1000, TOPIC_SERVER, 0, 1000},
        {50, TOPIC_INTERFACES, 50, 50},
        {50, TOPIC_INTERFACES, 60, 100},
        {60, TOPIC_INTERFACES, 50, 50},
        {60, TOPIC_INTERFACES, 51, 60},
        {60, TOPIC_INTERFACES, 61, 120},
        {333, TOPIC_INTERFACES, 310, 333},
        {333, TOPIC_INTERFACES, 300, 300},
        {333, TOPIC_TOTALS, 334, 666},
        {3600000, TOPIC_INTERFACES, 3599999, 3600000},
        {3600000, TOPIC_TOTALS, 50, 3600000},
    };
    struct hub hub = {0};

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        uint32_t given_ms;

        hub.options.interval_ms = rows[i].tick_ms;
        given_ms = hub_interval(&hub, rows[i].topic, rows[i].asked_ms);
        cr_assert_eq(given_ms, rows[i].given_ms, "row %zu: %u ms", i, given_ms);
        cr_assert_eq(hub_is_lens(&hub, given_ms), given_ms < rows[i].tick_ms);
    }
}

/* How often an interval ends while readings are due at every multiple of either, up to the end. */
static unsigned count_ends(uint32_t interval_ms, uint32_t tick_ms, uint32_t lens_ms)
{
    struct hub hub = {0};
    unsigned ends = 0;

    for (int64_t ms = 1; ms <= 60000; ms++) {
        if (ms % tick_ms != 0 && ms % lens_ms != 0)
            continue;
        hub.before_ms = hub.due_ms;
        hub.due_ms = ms;
        ends += hub_ends_interval(&hub, interval_ms);
    }
    return ends;
}

Test(hub, keeps_every_rhythm_whatever_else_is_read)
{
    cr_assert_eq(count_ends(50, 1000, 50), 1200);
    cr_assert_eq(count_ends(1000, 1000, 50), 60);
    cr_assert_eq(count_ends(2000, 1000, 50), 30);
    cr_assert_eq(count_ends(150, 1000, 50), 400);
    cr_assert_eq(count_ends(50, 333, 50), 1200);
    cr_assert_eq(count_ends(333, 333, 50), 60000 / 333);
}

Test(hub, an_interval_ends_once_also_when_readings_were_late_or_for_a_change)
{
    struct hub hub = {.before_ms = 950, .due_ms = 2100};

    cr_assert(hub_ends_interval(&hub, 1000));
    hub.before_ms = hub.due_ms;
    cr_assert_not(hub_ends_interval(&hub, 50), "a change is not due");
    hub.due_ms = 2950;
    cr_assert_not(hub_ends_interval(&hub, 1000));
    cr_assert(hub_ends_interval(&hub, 50));
}

static void note_watch(void *context, bool watch)
{
    *(int *)context = watch;
}

Test(hub, who_asks_once_has_connections_read_for_a_moment_only)
{
    int is_read = -1;
    struct hub_options options = {.feed = {.watch_connections = note_watch, .context = &is_read},
        .interval_ms = 1000,
        .version = "1"};
    int64_t now_ms = hub_now_ms();
    struct hub hub;

    cr_assert_eq(hub_init(&hub, &options), 0);
    (void)hub_ask_once(&hub, TOPIC_OWNERS);
    cr_assert_eq(is_read, 1);
    cr_assert_lt(hub.asked_until_ms, now_ms + 5000);
    hub.asked_until_ms = hub_now_ms();
    hub_sweep(&hub);
    cr_assert_eq(is_read, 0);

    (void)hub_ask(&hub, TOPIC_OWNERS);
    cr_assert_geq(hub.asked_until_ms, now_ms + 5000);
    (void)hub_ask_once(&hub, TOPIC_OWNERS);
    cr_assert_geq(hub.asked_until_ms, now_ms + 5000, "others asked for more");
    (void)hub_ask_once(&hub, TOPIC_INTERFACES);
    cr_assert_eq(is_read, 1);
    hub_fini(&hub);
}
