/* The budget, on a machine whose clocks are numbers. */
#include "budget.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { TICK_MS = 1000, MINUTE = 60, HOUR = 3600 };

/* What things cost, in ms of CPU. */
static struct {
    double rest;    /* of a tick without connections */
    double reading; /* of the connections */
    double listing; /* what is done with a reading that is listed */
    double late;    /* of that, what is done only in the next tick */
    bool is_watched;
} machine;

static struct budget budget;
static double now_ms, cpu_ms, read_at_ms, owed_ms;
static struct budget_tick made; /* readings since the last tick */
static unsigned changes;
static char sentence[BUDGET_SENTENCE_BYTES];

static void begin(double percent, uint32_t interval_ms)
{
    memset(&machine, 0, sizeof machine);
    machine.is_watched = true;
    now_ms = 5000000;
    cpu_ms = 700;
    read_at_ms = owed_ms = 0;
    memset(&made, 0, sizeof made);
    changes = 0;
    budget_init(&budget, percent, interval_ms);
}

static bool is_due(void)
{
    return machine.is_watched && now_ms - read_at_ms + TICK_MS / 2 >= budget.pace.interval_ms;
}

static void read_connections(void)
{
    bool is_listed = budget.pace.collection != NETWORK_COLLECTION_OWNERS;

    read_at_ms = now_ms;
    made.readings++;
    made.reading_ms += machine.reading;
    cpu_ms += machine.reading + (is_listed ? machine.listing - machine.late : 0);
    owed_ms = is_listed ? machine.late : 0;
}

static void tick(void)
{
    made.wall_ms = now_ms;
    made.cpu_ms = cpu_ms;
    made.is_watched = machine.is_watched;
    made.ends_round = is_due();
    if (budget_advance(&budget, &made)) {
        changes++;
        budget_explain(&budget, 48000, sentence);
    }
    memset(&made, 0, sizeof made);
    cpu_ms += machine.rest + owed_ms;
    owed_ms = 0;
    if (is_due())
        read_connections();
    now_ms += TICK_MS;
}

static void run(unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i++)
        tick();
}

static void run_to_next_change(void)
{
    unsigned before = changes;

    for (unsigned i = 0; i < HOUR && changes == before; i++)
        tick();
    cr_assert_eq(changes, before + 1);
}

static void assert_pace(enum network_collection collection, uint32_t interval_ms)
{
    cr_assert_eq(budget.pace.collection, collection, "%s, %u ms",
        network_collection_words[budget.pace.collection], budget.pace.interval_ms);
    cr_assert_eq(budget.pace.interval_ms, interval_ms, "%u ms", budget.pace.interval_ms);
}

Test(budget, what_is_within_it_stays_as_configured)
{
    begin(5, 2000);
    machine.rest = 5;
    machine.reading = 30;
    machine.listing = 40;
    run(HOUR);
    cr_assert_eq(changes, 0);
    assert_pace(NETWORK_COLLECTION_FULL, 2000);
}

Test(budget, of_none_there_is_nothing_to_keep_to)
{
    begin(0, 1000);
    machine.reading = 900;
    run(HOUR);
    cr_assert_eq(changes, 0);
}

Test(budget, one_slow_tick_is_nothing)
{
    begin(5, 1000);
    machine.rest = 2;
    machine.reading = 10;
    for (int i = 0; i < 20; i++) {
        run(47);
        cpu_ms += 800;
    }
    cr_assert_eq(changes, 0);
}

/* 5 ms + 120 ms each second is 12.5 %; every 4 s it is 3.5 %, every 2 s it would be 6.5 %. */
Test(budget, over_it_connections_are_read_more_seldom_and_no_more_than_needed)
{
    begin(5, 1000);
    machine.rest = 5;
    machine.reading = 40;
    machine.listing = 80;
    run(20);
    assert_pace(NETWORK_COLLECTION_SLOWER, 4000);
    cr_assert_eq(changes, 1);
    run(HOUR);
    cr_assert_eq(changes, 1, "and then it rests: %u changes", changes);
}

Test(budget, where_the_longest_interval_does_not_do_they_are_not_listed)
{
    begin(1, 1000);
    machine.rest = 5;
    machine.reading = 40;
    machine.listing = 300;
    run(20);
    assert_pace(NETWORK_COLLECTION_SLOWER, 16000);
    run(MINUTE);
    assert_pace(NETWORK_COLLECTION_OWNERS, 16000);
    cr_assert_eq(changes, 2);
    run(HOUR);
    cr_assert_eq(changes, 2, "what a listed reading cost is remembered: %u changes", changes);
}

Test(budget, the_longest_interval_is_a_minute_or_the_configured_one)
{
    begin(0.1, 7000);
    machine.reading = 900;
    run(MINUTE);
    assert_pace(NETWORK_COLLECTION_SLOWER, 60000);
    begin(0.1, 100000);
    machine.reading = 900;
    run(HOUR);
    assert_pace(NETWORK_COLLECTION_OWNERS, 100000);
    machine.reading = 0.001;
    run(HOUR);
    assert_pace(NETWORK_COLLECTION_FULL, 100000);
    cr_assert_eq(changes, 2);
}

Test(budget, comes_back_by_itself_one_step_after_the_other)
{
    static const uint32_t steps[] = {16000, 8000, 4000, 2000, 1000};
    unsigned seen = 2;

    begin(1, 1000);
    machine.rest = 1;
    machine.reading = 40;
    machine.listing = 300;
    run(2 * MINUTE);
    assert_pace(NETWORK_COLLECTION_OWNERS, 16000);
    machine.reading = 1;
    machine.listing = 5;
    for (unsigned i = 0; i < 10 * MINUTE; i++) {
        tick();
        if (changes == seen)
            continue;
        cr_assert_eq(budget.pace.interval_ms, steps[seen - 2]);
        seen = changes;
    }
    assert_pace(NETWORK_COLLECTION_FULL, 1000);
    cr_assert_eq(seen, 2 + ARRAY_LENGTH(steps));
}

Test(budget, comes_back_when_nobody_watches_any_more)
{
    begin(1, 1000);
    machine.rest = 12; /* more than there is, but that is not for connections to make up for */
    machine.reading = 400;
    run(2 * MINUTE);
    assert_pace(NETWORK_COLLECTION_OWNERS, 16000);
    machine.is_watched = false;
    run(MINUTE);
    assert_pace(NETWORK_COLLECTION_FULL, 1000);
}

/* Else whoever comes and goes would bring back what is too dear. */
Test(budget, does_not_come_back_for_a_moment_without_watchers)
{
    begin(1, 1000);
    machine.rest = 2;
    machine.reading = 40;
    machine.listing = 300;
    run(2 * MINUTE);
    assert_pace(NETWORK_COLLECTION_OWNERS, 16000);
    for (int i = 0; i < HOUR; i++) {
        machine.is_watched = i % 4 == 0;
        if (machine.is_watched)
            read_connections(); /* who begins to watch gets a reading of his own */
        tick();
    }
    assert_pace(NETWORK_COLLECTION_OWNERS, 16000);
    cr_assert_eq(changes, 2, "%u changes", changes);
}

/* Lengthening what costs next to nothing would take something away and bring nothing. */
Test(budget, what_connections_have_no_part_in_is_not_made_up_for_by_them)
{
    begin(5, 1000);
    machine.rest = 200;
    machine.reading = 0.5;
    machine.listing = 0.5;
    run(HOUR);
    assert_pace(NETWORK_COLLECTION_FULL, 1000);
    cr_assert_leq(changes, 6, "there and back once, to measure it: %u changes", changes);
}

/* What only comes of reading that often, no estimate can see. */
Test(budget, a_step_back_that_was_wrong_is_not_tried_again_soon)
{
    begin(5, 1000);
    machine.rest = 2;
    machine.reading = 10;
    for (unsigned i = 0; i < 24 * HOUR; i++) {
        machine.listing = budget.pace.collection == NETWORK_COLLECTION_FULL ? 150 : 10;
        tick();
    }
    cr_assert_lt(changes, 200, "%u changes in a day", changes);
}

Test(budget, what_is_done_later_with_a_reading_counts_as_its_cost)
{
    begin(5, 1000);
    machine.rest = 2;
    machine.reading = 10;
    machine.listing = 150;
    machine.late = 140;
    run(8 * HOUR);
    assert_pace(NETWORK_COLLECTION_SLOWER, 4000);
    cr_assert_eq(changes, 1, "%u changes", changes);
}

/* Two readings in 8 s are over it, two in 9 s would not be. */
Test(budget, it_is_judged_by_whole_rounds)
{
    begin(5, 4000);
    machine.reading = 215;
    run(MINUTE);
    assert_pace(NETWORK_COLLECTION_SLOWER, 8000);
}

Test(budget, a_load_that_comes_and_goes_is_followed_without_fidgeting)
{
    begin(5, 1000);
    machine.rest = 2;
    for (unsigned i = 0; i < 8 * HOUR; i++) {
        machine.reading = i / 1800 % 2 ? 5 : 40;
        machine.listing = 2 * machine.reading;
        tick();
    }
    cr_assert_leq(changes, 16 * 3, "%u changes in 16 half hours", changes);
}

Test(budget, says_what_it_does_and_why)
{
    begin(1.5, 1000);
    machine.rest = 5;
    machine.reading = 40;
    machine.listing = 300;
    run_to_next_change();
    cr_assert_str_eq(sentence, "ifpulse took 34.5 % of a core, over its budget of 1.5 %: its "
                               "48,000 connections are now read every 16 s.");
    run_to_next_change();
    cr_assert(strstr(sentence, "its 48,000 connections are now only added up by owner, every 16 s, "
                               "and not listed."),
        "%s", sentence);
    machine.listing = machine.reading = 0.01;
    run_to_next_change();
    cr_assert_str_eq(sentence, "Reading connections costs little enough for the budget of 1.5 % of "
                               "a core again: they are now listed, and read every 16 s.");
    run(10 * MINUTE);
    cr_assert_str_eq(sentence, "Reading connections costs little enough for the budget of 1.5 % of "
                               "a core again: they are now read every 1 s, as configured.");
}
