/* track - one rate of one thing as it is remembered: tick by tick near the present, in coarse steps
 * with mean, least and largest farther back.
 */
#ifndef IFPULSE_TRACK_H
#define IFPULSE_TRACK_H

#include "base.h"
#include "series.h"

/* A zeroed one knows of nothing. */
struct track {
    struct series fine, coarse;
    int64_t until; /* filled up to this tick; later ones are to be told yet, or unknown */
    /* Of the coarse step that is being filled: */
    int64_t coarse_step;
    double sum;
    float min, max;
    uint32_t known; /* its ticks so far; 0: none is being filled */
};

/* What all tracks of one pool have in common. */
struct track_kind {
    struct series_kind fine, coarse;
    int64_t coarse_ticks; /* in a coarse step */
};

/* The rate held for count ticks, the first of which is later than all before. */
void track_append(
    struct track *track, const struct track_kind *kind, int64_t first, int64_t count, double value);
/* Of the ticks after those up to last it was zero (is_still), or it is not known what it was. Ends
 * a coarse step that ended with them. */
void track_settle(struct track *track, const struct track_kind *kind, int64_t last, bool is_still);
/* Forgets what is too old at the tick last. */
void track_trim(struct track *track, const struct track_kind *kind, int64_t last);
void track_clear(struct track *track, const struct track_kind *kind);

/* The last coarse step that is over with that tick. */
int64_t track_last_coarse(const struct track_kind *kind, int64_t last);

#endif
