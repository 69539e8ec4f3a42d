#include "series.h"

struct series_node {
    struct series_node *next;            /* later in the same series */
    struct series_node *older, *younger; /* in the pool; of a run of zeros NULL */
    struct series *series;
    int64_t first;
    uint32_t count;         /* steps */
    bool is_run, has_range; /* a run is all zeros, and without values */
    uint16_t values[];
};

/* Nodes of 744 and 280 bytes are what malloc makes of 752 and 288. */
_Static_assert(sizeof(struct series_node) == 48 || sizeof(void *) != 8, "see SERIES_NODE_STEPS");

enum { VALUES_OF_RANGE = 3, MALLOC_BYTES = 8, MALLOC_STEP = 16 };

/* --- values --- */

/* The upper bits of a float without its sign: 6 bits of exponent instead of 8, and 10 of the 23 of
 * the fraction. */
enum {
    FRACTION_BITS = 10,
    DROPPED_BITS = 23 - FRACTION_BITS,
    SMALLEST_EXPONENT = 127 - 16,
    LARGEST = 0xfffe,
    UNKNOWN = 0xffff,
};

uint16_t series_pack(double value)
{
    float single = (float)value;
    uint32_t bits;
    int32_t packed;

    memcpy(&bits, &single, sizeof bits);
    bits += 1u << (DROPPED_BITS - 1); /* rounds; into the exponent too, where it must */
    packed = (int32_t)(bits >> DROPPED_BITS) - ((SMALLEST_EXPONENT - 1) << FRACTION_BITS);
    if (packed < 1 << FRACTION_BITS)
        return 0;
    return (uint16_t)(packed > LARGEST ? LARGEST : packed);
}

double series_unpack(uint16_t packed)
{
    uint32_t bits = ((uint32_t)packed + ((SMALLEST_EXPONENT - 1) << FRACTION_BITS)) << DROPPED_BITS;
    float single;

    if (packed == 0)
        return 0;
    memcpy(&single, &bits, sizeof single);
    return (double)single;
}

/* --- memory --- */

static size_t values_per_step(bool has_range)
{
    return has_range ? VALUES_OF_RANGE : 1;
}

static size_t size_of_node(bool is_run, bool has_range)
{
    return sizeof(struct series_node) +
           (is_run ? 0 : SERIES_NODE_STEPS * values_per_step(has_range) * sizeof(uint16_t));
}

static size_t size_in_memory(size_t size)
{
    return (size + MALLOC_BYTES + MALLOC_STEP - 1) / MALLOC_STEP * MALLOC_STEP;
}

static void link_to_pool(struct series_pool *pool, struct series_node *node)
{
    node->older = pool->youngest;
    *(pool->youngest ? &pool->youngest->younger : &pool->oldest) = node;
    pool->youngest = node;
}

static void unlink_from_pool(struct series_pool *pool, struct series_node *node)
{
    *(node->older ? &node->older->younger : &pool->oldest) = node->younger;
    *(node->younger ? &node->younger->older : &pool->youngest) = node->older;
}

static void drop_first(struct series *series, struct series_pool *pool)
{
    struct series_node *node = series->first;

    series->first = node->next;
    if (!series->first)
        series->last = NULL;
    if (!node->is_run)
        unlink_from_pool(pool, node);
    pool->bytes -= size_in_memory(size_of_node(node->is_run, node->has_range));
    free(node);
}

/* With what comes before it in its series: zeros, of which the pool keeps no list. */
static void drop_oldest(struct series_pool *pool)
{
    struct series_node *oldest = pool->oldest;
    struct series *series = oldest->series;

    while (series->first != oldest)
        drop_first(series, pool);
    drop_first(series, pool);
}

bool series_pool_reserve(struct series_pool *pool, size_t bytes)
{
    while (pool->oldest && pool->bytes + bytes > pool->bytes_max)
        drop_oldest(pool);
    if (pool->bytes + bytes > pool->bytes_max)
        return false;
    pool->bytes += bytes;
    return true;
}

void series_pool_release(struct series_pool *pool, size_t bytes)
{
    pool->bytes -= bytes;
}

void series_clear(struct series *series, struct series_pool *pool)
{
    while (series->first)
        drop_first(series, pool);
}

void series_trim(struct series *series, const struct series_kind *kind, int64_t last)
{
    int64_t oldest = last - kind->steps + 1;
    struct series_node *node;

    while (series->first && series->first->first + series->first->count <= oldest)
        drop_first(series, kind->pool);
    node = series->first;
    if (node && node->is_run && node->first < oldest) {
        node->count -= (uint32_t)(oldest - node->first);
        node->first = oldest;
    }
}

/* Makes the series' next node; NULL: there is no room. Older ones, of this series too, may go. */
static struct series_node *add_node(
    struct series *series, const struct series_kind *kind, int64_t first, bool is_run)
{
    size_t size = size_of_node(is_run, kind->has_range);
    struct series_node *node;

    series_trim(series, kind, first);
    if (!series_pool_reserve(kind->pool, size_in_memory(size)))
        return NULL;
    node = malloc(size);
    if (!node) {
        series_pool_release(kind->pool, size_in_memory(size));
        return NULL;
    }
    *node = (struct series_node){
        .series = series, .first = first, .is_run = is_run, .has_range = kind->has_range};
    *(series->last ? &series->last->next : &series->first) = node;
    series->last = node;
    if (!is_run)
        link_to_pool(kind->pool, node);
    return node;
}

/* --- writing --- */

static int64_t end_of(const struct series_node *node)
{
    return node->first + node->count;
}

static void write_values(struct series_node *node, uint32_t count, const struct series_value *value)
{
    uint16_t mean = series_pack(value->mean);
    uint16_t *at = node->values + node->count * values_per_step(node->has_range);

    for (uint32_t i = 0; i < count; i++) {
        *at++ = mean;
        if (node->has_range) {
            *at++ = series_pack(value->min);
            *at++ = series_pack(value->max);
        }
    }
    node->count += count;
}

static void write_unknown(struct series_node *node, int64_t end)
{
    size_t width = values_per_step(node->has_range);

    for (size_t at = node->count * width; at < (size_t)(end - node->first) * width; at++)
        node->values[at] = UNKNOWN;
    node->count = (uint32_t)(end - node->first);
}

static bool has_room(const struct series_node *node, int64_t first)
{
    return node && !node->is_run && first < node->first + SERIES_NODE_STEPS;
}

/* Zeros after zeros become one run. A new one is begun only where the last is a while ago, lest
 * what comes and goes all the time is a node for each of its steps. */
static bool begins_run(const struct series_node *last, int64_t first)
{
    return !last || !last->is_run || first - end_of(last) >= SERIES_NODE_STEPS;
}

static struct series_node *node_for(
    struct series *series, const struct series_kind *kind, int64_t first, bool is_zero)
{
    struct series_node *last = series->last;

    if (has_room(last, first) || (is_zero && last && last->is_run && end_of(last) == first))
        return last;
    return add_node(series, kind, first, is_zero && begins_run(last, first));
}

void series_append(struct series *series, const struct series_kind *kind, int64_t first,
    int64_t count, const struct series_value *value)
{
    bool is_zero = series_pack(value->max) == 0;
    int64_t end = series->last ? end_of(series->last) : first;

    if (first < end) { /* what is told stays */
        count -= end - first;
        first = end;
    }
    while (count > 0) {
        struct series_node *node = node_for(series, kind, first, is_zero);
        int64_t fits = count;

        if (!node)
            return;
        if (node->is_run) {
            node->count += (uint32_t)count;
            if (node->count > 2 * kind->steps)
                series_trim(series, kind, first + count - 1);
            return;
        }
        write_unknown(node, first);
        if (fits > node->first + SERIES_NODE_STEPS - first)
            fits = node->first + SERIES_NODE_STEPS - first;
        write_values(node, (uint32_t)fits, value);
        first += fits;
        count -= fits;
    }
}

/* --- reading --- */

static void add_steps(struct series_point *point, const struct series_value *value, uint32_t steps)
{
    if (point->known == 0 || (float)value->min < point->min)
        point->min = (float)value->min;
    if (point->known == 0 || (float)value->max > point->max)
        point->max = (float)value->max;
    point->sum += value->mean * steps;
    point->known += steps;
}

static int64_t end_of_points(const struct series_points *points)
{
    return points->from + points->steps_each * (int64_t)points->count;
}

static void read_run(const struct series_node *run, struct series_points *points)
{
    static const struct series_value zero = {0};
    int64_t end = end_of(run) < end_of_points(points) ? end_of(run) : end_of_points(points);
    int64_t at = run->first > points->from ? run->first : points->from;

    while (at < end) {
        int64_t nth = (at - points->from) / points->steps_each;
        int64_t next = points->from + (nth + 1) * points->steps_each;

        next = next < end ? next : end;
        add_steps(&points->items[nth], &zero, (uint32_t)(next - at));
        at = next;
    }
}

static void read_values(const struct series_node *node, struct series_points *points)
{
    size_t width = values_per_step(node->has_range);
    int64_t end = end_of(node) < end_of_points(points) ? end_of(node) : end_of_points(points);
    int64_t at = node->first > points->from ? node->first : points->from;

    for (; at < end; at++) {
        const uint16_t *values = node->values + (size_t)(at - node->first) * width;
        struct series_value value;

        if (values[0] == UNKNOWN)
            continue;
        value.mean = value.min = value.max = series_unpack(values[0]);
        if (node->has_range) {
            value.min = series_unpack(values[1]);
            value.max = series_unpack(values[2]);
        }
        add_steps(&points->items[(at - points->from) / points->steps_each], &value, 1);
    }
}

void series_read(const struct series *series, struct series_points *points)
{
    for (const struct series_node *node = series->first; node; node = node->next) {
        if (node->is_run)
            read_run(node, points);
        else
            read_values(node, points);
    }
}
