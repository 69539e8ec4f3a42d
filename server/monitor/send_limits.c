#include "send_limits.h"

/* What the kernel adds up never shrinks; where it does all the same, nothing is known to have
 * grown. */
static uint64_t growth(uint64_t before, uint64_t now)
{
    return now > before ? now - before : 0;
}

bool send_limits_judge(const struct network_send_times *before,
    const struct network_send_times *now, uint64_t elapsed_ns, enum network_limited_by *ret_limit)
{
    if (!now->is_known)
        return false;
    uint64_t busy = growth(before->busy, now->busy);
    uint64_t receiver = growth(before->receiver_limited, now->receiver_limited);
    uint64_t sender = growth(before->sender_limited, now->sender_limited);
    uint64_t idle = before->is_known  ? growth(busy, elapsed_ns / 1000)
                    : now->has_unsent ? 0
                                      : UINT64_MAX;
    uint64_t rest = growth(receiver + sender, busy);
    if (idle > receiver && idle > sender && idle > rest)
        *ret_limit = NETWORK_LIMITED_BY_APPLICATION;
    else if (receiver > sender && receiver > rest)
        *ret_limit = NETWORK_LIMITED_BY_RECEIVER;
    else if (sender > rest)
        *ret_limit = NETWORK_LIMITED_BY_SENDER;
    else
        *ret_limit = now->is_application_limited ? NETWORK_LIMITED_BY_APPLICATION
                                                 : NETWORK_LIMITED_BY_NETWORK;
    return true;
}
