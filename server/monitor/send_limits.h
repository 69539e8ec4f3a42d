/* send_limits - what held a TCP sender back, judged from where its time went.
 *
 * Of the time since the last reading, the largest part decides: the time in which nothing was
 * written that was not confirmed, in which the other side's window was full, in which the send
 * buffer was, and the rest, in which data was under way. The rest is the network's, unless the
 * kernel says that the process could have sent more just then. So an idle connection waits for its
 * application. One on which nothing was ever sent is not judged.
 */
#ifndef IFPULSE_SEND_LIMITS_H
#define IFPULSE_SEND_LIMITS_H

#include "base.h"
#include "network_types.h"

/* before is what was read elapsed_ns earlier. Where it is not known, the connection is judged over
 * its life, and as idle when it is just now. False when there is no verdict; *ret_limit is then
 * untouched. */
bool send_limits_judge(const struct network_send_times *before,
    const struct network_send_times *now, uint64_t elapsed_ns, enum network_limited_by *ret_limit);

#endif
