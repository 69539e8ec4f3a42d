#include "rates.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>

static const struct rates_plan plan = {.counters = {1 << 0, 1 << 1, 1 << 0 | 1 << 1}, .count = 3};

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 32;
}

static struct rates_sample sample(uint64_t time_ms, uint64_t a, uint64_t b)
{
    return (struct rates_sample){.time_ns = time_ms * 1000000, .counters = {a, b}, .known = 3};
}

static void advance(struct rates_history *history, struct rates_sample next)
{
    rates_advance(history, &plan, &next);
}

static bool is_known(const struct rates_history *history, unsigned i)
{
    return history->known >> i & 1;
}

Test(rates, are_unknown_after_the_first_sample)
{
    struct rates_history history = {0};
    advance(&history, sample(5000, 1000, 2000));
    cr_assert_eq(history.known, 0);
}

Test(rates, are_growth_per_second_of_the_monotonic_clock)
{
    struct rates_history history = {0};
    advance(&history, sample(1000, 1000, 0));
    advance(&history, sample(3000, 2000, 50));
    cr_assert_eq(history.known, 7);
    cr_assert_float_eq(history.per_s[0], 500, 1e-9);
    cr_assert_float_eq(history.per_s[1], 25, 1e-9);
    cr_assert_float_eq(history.per_s[2], 525, 1e-9);
}

Test(rates, of_a_counter_that_stands_still_are_zero_and_known)
{
    struct rates_history history = {0};
    advance(&history, sample(1000, 7, 7));
    advance(&history, sample(2000, 7, 7));
    cr_assert_eq(history.known, 7);
    cr_assert_eq(history.per_s[0], 0);
}

Test(rates, of_a_counter_that_was_reset_are_unknown_once_and_the_others_stay)
{
    struct rates_history history = {0};
    advance(&history, sample(1000, 1000, 100));
    advance(&history, sample(2000, 10, 200));
    cr_assert_not(is_known(&history, 0));
    cr_assert(is_known(&history, 1));
    cr_assert_float_eq(history.per_s[1], 100, 1e-9);
    cr_assert_not(is_known(&history, 2));
    advance(&history, sample(3000, 30, 200));
    cr_assert_eq(history.known, 7);
    cr_assert_float_eq(history.per_s[0], 20, 1e-9);
}

Test(rates, of_counters_near_the_end_of_64_bits_are_exact)
{
    struct rates_history history = {0};
    advance(&history, sample(1000, UINT64_MAX - 1500, 0));
    advance(&history, sample(2000, UINT64_MAX - 500, 0));
    cr_assert_float_eq(history.per_s[0], 1000, 1e-9);
}

Test(rates, keep_what_they_were_within_ten_milliseconds_and_lose_no_growth)
{
    struct rates_history history = {0};
    advance(&history, sample(1000, 0, 0));
    advance(&history, sample(2000, 100, 0));
    advance(&history, sample(2009, 1000000, 0));
    cr_assert_float_eq(history.per_s[0], 100, 1e-9);
    advance(&history, sample(3000, 1000100, 0));
    cr_assert_float_eq(history.per_s[0], 1000000, 1e-6);
}

Test(rates, start_at_exactly_ten_milliseconds)
{
    struct rates_history history = {0};
    advance(&history, sample(1000, 0, 0));
    advance(&history, sample(1010, 1, 0));
    cr_assert_eq(history.known, 7);
    cr_assert_float_eq(history.per_s[0], 100, 1e-9);
}

Test(rates, do_not_follow_a_clock_that_steps_back)
{
    struct rates_history history = {0};
    advance(&history, sample(2000, 0, 0));
    advance(&history, sample(1000, 100, 0));
    cr_assert_eq(history.known, 0);
    advance(&history, sample(3000, 200, 0));
    cr_assert_float_eq(history.per_s[0], 200, 1e-9);
}

Test(rates, of_an_unknown_counter_are_unknown)
{
    struct rates_history history = {0};
    struct rates_sample partial = sample(1000, 5, 5);
    partial.known = 2;
    advance(&history, partial);
    advance(&history, sample(2000, 10, 10));
    cr_assert_eq(history.known, 2);
}

/* Random lives of two counters with resets and short intervals, against what must hold of every
 * one of them. */
Test(rates, hold_their_promises_for_random_histories)
{
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct rates_history history = {0};
        uint64_t state = seed, time_ms = 1000, a = next_random(&state), from = a, base_ms = time_ms;
        double grown = 0, summed = 0, largest = 0;
        bool has_reset = seed % 2;
        advance(&history, sample(time_ms, a, 0));
        for (int i = 0; i < 200; i++) {
            time_ms += next_random(&state) % 5 == 0 ? next_random(&state) % 10
                                                    : 10 + next_random(&state) % 5000;
            uint64_t growth = next_random(&state) % 1000000;
            if (has_reset && next_random(&state) % 10 == 0)
                a = growth;
            else
                a += growth;
            largest = fmax(largest, (double)growth);
            uint64_t was = history.base.counters[0];
            advance(&history, sample(time_ms, a, 0));
            if (history.base.time_ns != time_ms * 1000000 || time_ms == base_ms)
                continue;
            cr_assert_eq(is_known(&history, 0), a >= was, "seed %" PRIu64, seed);
            if (is_known(&history, 0)) {
                double elapsed_s = (double)(time_ms - base_ms) / 1e3;
                cr_assert(
                    isfinite(history.per_s[0]) && history.per_s[0] >= 0, "seed %" PRIu64, seed);
                summed += history.per_s[0] * elapsed_s;
                grown = (double)(a - from);
            }
            base_ms = time_ms;
        }
        if (!has_reset)
            cr_assert_float_eq(summed, grown, 1e-6 * grown + 1, "seed %" PRIu64, seed);
        else /* no more than what really came in, which a spike would exceed at once */
            cr_assert_leq(summed, 200 * largest + 1, "seed %" PRIu64, seed);
    }
}

static struct network_interface *add_interface(
    struct interface_array *array, uint64_t identity, uint64_t bytes)
{
    struct network_interface *iface = interface_array_append(array);
    iface->identity = identity;
    PUT(iface, bytes_received, bytes);
    return iface;
}

static void update(struct rates *rates, struct interface_array *array, uint64_t time_ms)
{
    cr_assert_eq(rates_follow_interfaces(rates, array), 0);
    for (size_t i = 0; i < array->count; i++)
        rates_update_interface(rates, i, &array->items[i], time_ms * 1000000);
    rates_end_interfaces(rates, time_ms * 1000000);
}

Test(rates, follow_interfaces_by_identity_wherever_they_stand)
{
    struct rates rates = {0};
    struct interface_array array = {0};
    add_interface(&array, 1, 100);
    add_interface(&array, 2, 1000);
    update(&rates, &array, 1000);
    cr_assert_not(network_has(&array.items[0], download_bytes_per_s));
    interface_array_clear(&array);
    add_interface(&array, 2, 3000);
    add_interface(&array, 3, 9999);
    update(&rates, &array, 2000);
    cr_assert_float_eq(array.items[0].download_bytes_per_s, 2000, 1e-9);
    cr_assert_not(network_has(&array.items[1], download_bytes_per_s));
    cr_assert_not(network_has(&array.items[0], upload_bytes_per_s), "its counter is unknown");
    interface_array_clear(&array);
    add_interface(&array, 1, 500); /* back again: a first sample */
    update(&rates, &array, 3000);
    cr_assert_not(network_has(&array.items[0], download_bytes_per_s));
    interface_array_fini(&array);
    rates_fini(&rates);
}

static void add_connection(struct connection_array *array, uint64_t identity, uint64_t bytes)
{
    struct network_connection *connection = connection_array_append(array);
    connection->identity = identity;
    PUT(connection, bytes_sent, bytes);
    connection->status.bytes_received = NETWORK_NOT_SUPPORTED;
}

Test(rates, know_when_a_connection_was_opened_only_if_it_came_after_the_first_reading)
{
    struct rates rates = {0};
    struct connection_array array = {0};
    add_connection(&array, 10, 0);
    cr_assert_eq(rates_update_connections(&rates, &array, 1000000000, 111), 0);
    cr_assert_not(network_has(&array.items[0], opened_ms));
    array.count = 0;
    add_connection(&array, 11, 5);
    add_connection(&array, 10, 700);
    cr_assert_eq(rates_update_connections(&rates, &array, 2000000000, 222), 0);
    cr_assert_eq(array.items[0].opened_ms, 222);
    cr_assert_not(network_has(&array.items[1], opened_ms));
    cr_assert_float_eq(array.items[1].upload_bytes_per_s, 700, 1e-9);
    cr_assert_eq(array.items[1].status.download_bytes_per_s, NETWORK_NOT_SUPPORTED);
    array.count = 0;
    add_connection(&array, 11, 5);
    cr_assert_eq(rates_update_connections(&rates, &array, 2001000000, 333), 0);
    cr_assert_eq(array.items[0].opened_ms, 222, "the time of the first sight stays");
    connection_array_fini(&array);
    rates_fini(&rates);
}

static void add_sender(struct connection_array *array, uint64_t busy, uint64_t receiver_limited)
{
    add_connection(array, 10, 1000);
    array->items[array->count - 1].send_times = (struct network_send_times){
        .is_known = true, .has_unsent = true, .busy = busy, .receiver_limited = receiver_limited};
}

static struct network_connection update_sender(
    struct rates *rates, uint64_t time_ms, uint64_t busy, uint64_t receiver_limited)
{
    struct connection_array array = {0};
    add_sender(&array, busy, receiver_limited);
    cr_assert_eq(rates_update_connections(rates, &array, time_ms * 1000000, 1), 0);
    struct network_connection connection = array.items[0];
    connection_array_fini(&array);
    return connection;
}

Test(rates, come_with_what_held_a_connection_back_since_the_last_reading)
{
    struct rates rates = {0};
    cr_assert_eq(update_sender(&rates, 1000, 5000000, 4000000).limited_by,
        NETWORK_LIMITED_BY_RECEIVER, "over its life");
    cr_assert_eq(
        update_sender(&rates, 2000, 6000000, 4000000).limited_by, NETWORK_LIMITED_BY_NETWORK);
    cr_assert_eq(update_sender(&rates, 2009, 6009000, 4009000).limited_by,
        NETWORK_LIMITED_BY_NETWORK, "too soon for another verdict");
    cr_assert_eq(
        update_sender(&rates, 3000, 7000000, 5000000).limited_by, NETWORK_LIMITED_BY_RECEIVER);
    cr_assert_eq(
        update_sender(&rates, 4000, 7000000, 5000000).limited_by, NETWORK_LIMITED_BY_APPLICATION);
    rates_fini(&rates);
}

Test(rates, leave_why_nothing_is_known_of_what_held_a_connection_back)
{
    struct rates rates = {0};
    struct connection_array array = {0};
    add_connection(&array, 10, 0);
    array.items[0].status.limited_by = NETWORK_NOT_APPLICABLE;
    cr_assert_eq(rates_update_connections(&rates, &array, 1000000000, 1), 0);
    cr_assert_eq(array.items[0].status.limited_by, NETWORK_NOT_APPLICABLE);
    connection_array_fini(&array);
    rates_fini(&rates);
}
