/* darwin_counters - the counters of one interface, whole: IFMIB_IFDATA of net/if_mib.h. */
#ifndef IFPULSE_DARWIN_COUNTERS_H
#define IFPULSE_DARWIN_COUNTERS_H

#include "platform.h"

/* Fills in what COUNTER members of the sample are known, and why the others are not; collisions are
 * the caller's to decide, who knows whether the link can have any. DARWIN_COUNTERS_OF_ANOTHER: the
 * interface is gone, or its number is now one of another name. -EBADMSG: not such an answer. */
enum { DARWIN_COUNTERS_OF_ANOTHER = 1 };
MUST_CHECK int darwin_counters_read(
    const uint8_t *bytes, size_t size, const char *name, struct interface_sample *sample);

#endif
