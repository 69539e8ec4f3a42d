#include "track.h"

#include <math.h>

static struct series_value constant(double value)
{
    return (struct series_value){value, value, value};
}

static void end_coarse_step(struct track *track, const struct track_kind *kind)
{
    struct series_value value = {track->sum / track->known, (double)track->min, (double)track->max};

    if (track->known > 0)
        series_append(&track->coarse, &kind->coarse, track->coarse_step, 1, &value);
    track->known = 0;
    track->sum = 0;
    track->min = INFINITY;
    track->max = 0;
}

/* To the step being filled, whose ticks these are. */
static void fill_coarse_step(
    struct track *track, const struct track_kind *kind, int64_t first, int64_t count, double value)
{
    int64_t step = first / kind->coarse_ticks;

    if (track->known == 0 || track->coarse_step != step)
        end_coarse_step(track, kind);
    track->coarse_step = step;
    track->sum += value * (double)count;
    track->min = fminf(track->min, (float)value);
    track->max = fmaxf(track->max, (float)value);
    track->known += (uint32_t)count;
    if ((first + count) % kind->coarse_ticks == 0)
        end_coarse_step(track, kind);
}

static int64_t smaller(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

/* The end of a step, whole steps at once, the beginning of the next. */
static void append_coarse(
    struct track *track, const struct track_kind *kind, int64_t first, int64_t count, double value)
{
    int64_t ticks = kind->coarse_ticks, end = first + count;
    int64_t whole = smaller((first + ticks - 1) / ticks * ticks, end);
    struct series_value same = constant(value);

    if (whole > first)
        fill_coarse_step(track, kind, first, whole - first, value);
    if (end - whole >= ticks) {
        end_coarse_step(track, kind);
        series_append(&track->coarse, &kind->coarse, whole / ticks, (end - whole) / ticks, &same);
        whole += (end - whole) / ticks * ticks;
    }
    if (end > whole)
        fill_coarse_step(track, kind, whole, end - whole, value);
}

void track_append(
    struct track *track, const struct track_kind *kind, int64_t first, int64_t count, double value)
{
    struct series_value same = constant(value);

    if (count <= 0)
        return;
    series_append(&track->fine, &kind->fine, first, count, &same);
    append_coarse(track, kind, first, count, value);
    track->until = first + count - 1;
}

int64_t track_last_coarse(const struct track_kind *kind, int64_t last)
{
    return (last + 1) / kind->coarse_ticks - 1;
}

void track_settle(struct track *track, const struct track_kind *kind, int64_t last, bool is_still)
{
    if (is_still)
        track_append(track, kind, track->until + 1, last - track->until, 0);
    if (track->until < last)
        track->until = last;
    if (track->known > 0 && track->coarse_step <= track_last_coarse(kind, last))
        end_coarse_step(track, kind);
}

void track_trim(struct track *track, const struct track_kind *kind, int64_t last)
{
    series_trim(&track->fine, &kind->fine, last);
    series_trim(&track->coarse, &kind->coarse, track_last_coarse(kind, last));
}

void track_clear(struct track *track, const struct track_kind *kind)
{
    series_clear(&track->fine, kind->fine.pool);
    series_clear(&track->coarse, kind->coarse.pool);
}
