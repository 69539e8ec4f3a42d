/* series - one rate over time, in little memory.
 *
 * Time is counted in steps; a step has a value, or it is unknown. Values lie in nodes of
 * SERIES_NODE_STEPS steps, which are made as time passes. Steps of nothing but zeros are one node
 * however many they are, and unknown steps are no node at all, so what is idle or not there costs
 * next to nothing.
 *
 * A value takes 16 bits, which hold what is ever told of it, three significant digits: it is off by
 * less than 0.05 %. Of several readings in one step their mean, least and largest are kept.
 *
 * All nodes of a pool together take no more than its bytes: where one more would, the oldest that
 * hold values go, whosever they are.
 */
#ifndef IFPULSE_SERIES_H
#define IFPULSE_SERIES_H

#include "base.h"

/* With its head such a node fills to the byte what malloc gives, of one value a step or of three.
 */
enum { SERIES_NODE_STEPS = 116 };

/* Values of one step; equal where it holds one reading. Finite and not negative; what is larger
 * than 1.4e14 is that, what is smaller than 1.6e-5 is 0. */
struct series_value {
    double mean, min, max;
};

struct series_node;

struct series_pool {
    size_t bytes, bytes_max;               /* what all nodes and all else that was reserved take */
    struct series_node *oldest, *youngest; /* of those that hold values */
};

/* A zeroed one knows of nothing. */
struct series {
    struct series_node *first, *last; /* by time */
};

/* Accounts for bytes that lie elsewhere but count, at the expense of the oldest nodes; false: there
 * is not that much. */
MUST_CHECK bool series_pool_reserve(struct series_pool *pool, size_t bytes);
void series_pool_release(struct series_pool *pool, size_t bytes);

/* How long a series reaches back, and whether least and largest are kept beside the mean. */
struct series_kind {
    struct series_pool *pool;
    int64_t steps;
    bool has_range;
};

void series_clear(struct series *series, struct series_pool *pool);

/* The value of count steps, the first of which is later than all that were appended; what is left
 * out in between is unknown. Without memory these are unknown too. */
void series_append(struct series *series, const struct series_kind *kind, int64_t first,
    int64_t count, const struct series_value *value);

/* Forgets what is older than the kind's steps up to last. */
void series_trim(struct series *series, const struct series_kind *kind, int64_t last);

/* What is known of some steps together. A zeroed one is of none. */
struct series_point {
    double sum; /* of the means */
    float min, max;
    uint32_t known; /* steps */
};

/* Adds steps to points, each of which spans as many; the first begins at the step from. */
struct series_points {
    int64_t from;
    int64_t steps_each;
    size_t count;
    struct series_point *items;
};
void series_read(const struct series *series, struct series_points *points);

/* A value as it is kept, and back. */
uint16_t series_pack(double value);
double series_unpack(uint16_t packed);

#endif
