/* query - what a client wants to watch: today a whole topic.
 *
 * Kept apart from the view because equal questions, however they were put, must share one view;
 * the canonical text is what makes them equal.
 */
#ifndef IFPULSE_QUERY_H
#define IFPULSE_QUERY_H

#include "topic.h"

struct query {
    enum topic topic;
};

static inline bool query_equal(const struct query *one, const struct query *other)
{
    return one->topic == other->topic;
}

#endif
