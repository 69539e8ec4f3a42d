/* subjects - the interfaces, or the owners, whose rates are remembered: those that are there, and
 * those that went a while ago. Together they take no more than the bytes of their pool.
 *
 * What is idle is not touched tick by tick: a track knows up to which tick it is filled, and the
 * zeros since then are added when it moves, goes, or is asked for.
 */
#ifndef IFPULSE_SUBJECTS_H
#define IFPULSE_SUBJECTS_H

#include "base.h"
#include "map.h"
#include "track.h"

enum { SUBJECT_COUNTERS = 8 };

/* What counters are at one moment. */
struct counters {
    uint64_t values[SUBJECT_COUNTERS];
    uint8_t known; /* bit i: value i is */
};

struct subject {
    struct subject *next, *previous; /* in its list */
    struct subject *next_touched;
    struct map_key key;
    char *id; /* as it is named, before that is JSON */
    bool is_gone, is_touched;
    unsigned still;    /* bit per rate: 0 since its track was filled last */
    int64_t seen;      /* of an interface the last observation that had it, of an owner the last
                          tick at which it moved something */
    double weight;     /* of an owner: how much that was, the less the longer ago */
    uint64_t identity; /* of an interface, and whether the totals include it */
    bool is_counted;
    struct counters base, now; /* of an interface, at the last tick and since */
    unsigned rate_count;
    struct track tracks[];
};

struct subject_list {
    struct subject *first, *last; /* the last that came is first */
    size_t count;
};

struct subjects {
    struct map by_key;
    struct subject_list living, gone;
    struct series_pool pool;
    struct track_kind kind;
    unsigned rate_count; /* of each */
};

/* Of which all tracks are of that kind; the pools in it are set here. */
void subjects_init(
    struct subjects *subjects, const struct track_kind *kind, size_t bytes, unsigned rate_count);
void subjects_fini(struct subjects *subjects);

/* A subject that is in no list, with as many rates; NULL: there is no memory for it. */
struct subject *subject_new(struct subjects *subjects, const char *id, unsigned rate_count);
/* Accepts NULL. */
void subject_free(struct subjects *subjects, struct subject *subject);

struct subject *subjects_find(const struct subjects *subjects, struct map_key key);
/* Adds a living one, nothing of which is known up to the tick until. NULL: there is no memory. */
struct subject *subjects_add(
    struct subjects *subjects, struct map_key key, const char *id, int64_t until);
void subjects_remove(struct subjects *subjects, struct subject *subject);

/* It went: it was there until that tick. Or it is there again, from the one after. */
void subjects_part(struct subjects *subjects, struct subject *subject, int64_t until);
void subjects_return(struct subjects *subjects, struct subject *subject, int64_t until);

/* Fills in the zeros up to that tick of what is idle. */
void subject_settle(const struct subjects *subjects, struct subject *subject, int64_t until);
/* Likewise all, of which nothing is known from then to the tick resumed. */
void subjects_break(struct subjects *subjects, int64_t until, int64_t resumed);
/* Now and then, at the tick now: fills in, and forgets what is too old or takes too much. */
void subjects_sweep(struct subjects *subjects, int64_t until, int64_t now);

#endif
