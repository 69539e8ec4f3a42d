#include "subjects.h"

enum { GONE_MAX = 1000, ID_BYTES = 200 };

void subjects_init(
    struct subjects *subjects, const struct track_kind *kind, size_t bytes, unsigned rate_count)
{
    *subjects = (struct subjects){.kind = *kind, .rate_count = rate_count};
    subjects->pool.bytes_max = bytes;
    subjects->kind.fine.pool = subjects->kind.coarse.pool = &subjects->pool;
}

void subjects_fini(struct subjects *subjects)
{
    while (subjects->living.first)
        subjects_remove(subjects, subjects->living.first);
    while (subjects->gone.first)
        subjects_remove(subjects, subjects->gone.first);
    map_fini(&subjects->by_key);
}

static void link_first(struct subject_list *list, struct subject *subject)
{
    subject->previous = NULL;
    subject->next = list->first;
    *(list->first ? &list->first->previous : &list->last) = subject;
    list->first = subject;
    list->count++;
}

static void unlink_from(struct subject_list *list, struct subject *subject)
{
    *(subject->previous ? &subject->previous->next : &list->first) = subject->next;
    *(subject->next ? &subject->next->previous : &list->last) = subject->previous;
    list->count--;
}

static struct subject_list *list_of(struct subjects *subjects, const struct subject *subject)
{
    return subject->is_gone ? &subjects->gone : &subjects->living;
}

/* --- one subject --- */

static size_t size_of(unsigned rate_count)
{
    return sizeof(struct subject) + rate_count * sizeof(struct track);
}

/* With its id, and its place in the map, which is up to three quarters empty. */
static size_t bytes_of(unsigned rate_count)
{
    return size_of(rate_count) + ID_BYTES + 4 * sizeof(struct map_slot);
}

struct subject *subject_new(struct subjects *subjects, const char *id, unsigned rate_count)
{
    struct subject *subject = NULL;

    if (!series_pool_reserve(&subjects->pool, bytes_of(rate_count)))
        return NULL;
    subject = calloc(1, size_of(rate_count));
    if (subject)
        subject->id = strdup(id);
    if (!subject || !subject->id) {
        series_pool_release(&subjects->pool, bytes_of(rate_count));
        free(subject);
        return NULL;
    }
    subject->rate_count = rate_count;
    return subject;
}

void subject_free(struct subjects *subjects, struct subject *subject)
{
    if (!subject)
        return;
    for (unsigned i = 0; i < subject->rate_count; i++)
        track_clear(&subject->tracks[i], &subjects->kind);
    series_pool_release(&subjects->pool, bytes_of(subject->rate_count));
    free(subject->id);
    free(subject);
}

void subject_settle(const struct subjects *subjects, struct subject *subject, int64_t until)
{
    for (unsigned i = 0; i < subject->rate_count; i++)
        track_settle(&subject->tracks[i], &subjects->kind, until, subject->still & 1u << i);
}

static void resume(struct subject *subject, int64_t until)
{
    for (unsigned i = 0; i < subject->rate_count; i++)
        subject->tracks[i].until = until;
}

/* --- all of them --- */

struct subject *subjects_find(const struct subjects *subjects, struct map_key key)
{
    return map_find(&subjects->by_key, key);
}

struct subject *subjects_add(
    struct subjects *subjects, struct map_key key, const char *id, int64_t until)
{
    struct subject *subject = subject_new(subjects, id, subjects->rate_count);

    if (!subject)
        return NULL;
    if (map_insert(&subjects->by_key, key, subject) < 0) {
        subject_free(subjects, subject);
        return NULL;
    }
    subject->key = key;
    resume(subject, until);
    link_first(&subjects->living, subject);
    return subject;
}

void subjects_remove(struct subjects *subjects, struct subject *subject)
{
    map_remove(&subjects->by_key, subject->key);
    unlink_from(list_of(subjects, subject), subject);
    subject_free(subjects, subject);
}

void subjects_part(struct subjects *subjects, struct subject *subject, int64_t until)
{
    subject_settle(subjects, subject, until);
    unlink_from(&subjects->living, subject);
    subject->is_gone = true;
    subject->still = 0;
    link_first(&subjects->gone, subject);
    if (subjects->gone.count > GONE_MAX)
        subjects_remove(subjects, subjects->gone.last);
}

void subjects_return(struct subjects *subjects, struct subject *subject, int64_t until)
{
    unlink_from(&subjects->gone, subject);
    subject->is_gone = false;
    resume(subject, until);
    link_first(&subjects->living, subject);
}

void subjects_break(struct subjects *subjects, int64_t until, int64_t resumed)
{
    for (struct subject *subject = subjects->living.first; subject; subject = subject->next) {
        subject_settle(subjects, subject, until);
        resume(subject, resumed);
    }
}

static void trim(const struct subjects *subjects, struct subject *subject, int64_t now)
{
    for (unsigned i = 0; i < subject->rate_count; i++)
        track_trim(&subject->tracks[i], &subjects->kind, now);
}

static bool is_empty(const struct subject *subject)
{
    for (unsigned i = 0; i < subject->rate_count; i++) {
        if (subject->tracks[i].fine.first || subject->tracks[i].coarse.first)
            return false;
    }
    return true;
}

/* What is gone makes room before what is there loses its past. */
static bool takes_too_much(const struct subjects *subjects)
{
    return subjects->pool.bytes > subjects->pool.bytes_max / 8 * 7;
}

void subjects_sweep(struct subjects *subjects, int64_t until, int64_t now)
{
    for (struct subject *subject = subjects->living.first; subject; subject = subject->next) {
        subject_settle(subjects, subject, until);
        trim(subjects, subject, now);
    }
    for (struct subject *subject = subjects->gone.first, *next; subject; subject = next) {
        next = subject->next;
        subject_settle(subjects, subject, until);
        trim(subjects, subject, now);
        if (is_empty(subject))
            subjects_remove(subjects, subject);
    }
    while (subjects->gone.last && takes_too_much(subjects))
        subjects_remove(subjects, subjects->gone.last);
}
