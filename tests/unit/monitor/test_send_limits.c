#include "send_limits.h"

#include <criterion/criterion.h>

static struct network_send_times times(uint64_t busy, uint64_t receiver, uint64_t sender)
{
    return (struct network_send_times){.is_known = true,
        .has_unsent = true,
        .busy = busy,
        .receiver_limited = receiver,
        .sender_limited = sender};
}

static const struct network_send_times unknown;
enum { SECOND_US = 1000000 };

/* What held it back over a second. */
static enum network_limited_by judge(
    struct network_send_times before, struct network_send_times now)
{
    enum network_limited_by limit = NETWORK_LIMITED_BYS;
    cr_assert(send_limits_judge(&before, &now, UINT64_C(1000) * SECOND_US, &limit));
    return limit;
}

Test(send_limits, are_what_took_the_largest_part_of_the_time)
{
    struct network_send_times before = times(500, 300, 200);
    cr_assert_eq(judge(before, times(900500, 300, 200)), NETWORK_LIMITED_BY_NETWORK);
    cr_assert_eq(judge(before, times(900500, 500300, 200)), NETWORK_LIMITED_BY_RECEIVER);
    cr_assert_eq(judge(before, times(900500, 100300, 500200)), NETWORK_LIMITED_BY_SENDER);
    cr_assert_eq(judge(before, times(900500, 300300, 100200)), NETWORK_LIMITED_BY_NETWORK);
    cr_assert_eq(judge(before, times(400500, 100300, 200)), NETWORK_LIMITED_BY_APPLICATION);
}

Test(send_limits, of_what_stands_still_are_its_application)
{
    struct network_send_times same = times(5000000, 4000000, 0);
    cr_assert_eq(judge(same, same), NETWORK_LIMITED_BY_APPLICATION);
}

/* A process that writes a little all the time always has something under way. */
Test(send_limits, of_a_trickle_are_its_application_though_something_is_always_under_way)
{
    struct network_send_times now = times(SECOND_US, 0, 0);
    cr_assert_eq(judge(times(0, 0, 0), now), NETWORK_LIMITED_BY_NETWORK);
    now.is_application_limited = true;
    cr_assert_eq(judge(times(0, 0, 0), now), NETWORK_LIMITED_BY_APPLICATION);
    now.sender_limited = SECOND_US;
    cr_assert_eq(judge(times(0, 0, 0), now), NETWORK_LIMITED_BY_SENDER, "which looks the same");
}

Test(send_limits, at_first_are_those_of_its_life)
{
    struct network_send_times now = times(5000, 4000, 0);
    cr_assert_eq(judge(unknown, now), NETWORK_LIMITED_BY_RECEIVER);
    now.has_unsent = false;
    cr_assert_eq(judge(unknown, now), NETWORK_LIMITED_BY_APPLICATION, "it is idle");
}

Test(send_limits, are_not_judged_while_nothing_was_sent)
{
    enum network_limited_by limit = NETWORK_LIMITED_BYS;
    cr_assert_not(send_limits_judge(&unknown, &unknown, SECOND_US, &limit));
    cr_assert_eq(limit, NETWORK_LIMITED_BYS, "untouched");
}

Test(send_limits, bear_times_that_turn_back)
{
    struct network_send_times before = times(900000, 900000, 900000);
    cr_assert_eq(judge(before, times(10, 5, 5)), NETWORK_LIMITED_BY_APPLICATION);
}
