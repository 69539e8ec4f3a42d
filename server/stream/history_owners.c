#include "history_owners.h"

#include <math.h>

enum { WEIGHT_HALVES_MS = 600000 };

static double weight_at(const struct history *history, const struct subject *owner, int64_t tick)
{
    double idle_ms = (double)(tick - owner->seen) * history->tick_ms;

    return owner->weight * exp2(-idle_ms / WEIGHT_HALVES_MS);
}

static struct subject *find_lightest(
    const struct history *history, struct subject *first, int64_t tick, struct subject *lightest)
{
    for (struct subject *owner = first; owner; owner = owner->next) {
        if (!lightest || weight_at(history, owner, tick) < weight_at(history, lightest, tick))
            lightest = owner;
    }
    return lightest;
}

/* How many can get a place at one reading; for each all are looked at. */
enum { CANDIDATES = 8 };

/* A reading, the ticks that it tells of, and the heaviest of those that have no place, the heaviest
 * first. */
struct owners_reading {
    const struct model_table *table;
    int64_t from, tick;
    const struct record *candidates[CANDIDATES];
    size_t candidate_count;
};

static double weight_of(const struct record *record)
{
    const struct network_owner *owner = record->value;

    return owner->download_bytes_per_s + owner->upload_bytes_per_s;
}

static void put_off(struct owners_reading *reading, const struct record *record)
{
    size_t at = reading->candidate_count;

    while (at > 0 && weight_of(reading->candidates[at - 1]) < weight_of(record))
        at--;
    if (at == CANDIDATES)
        return;
    if (reading->candidate_count < CANDIDATES)
        reading->candidate_count++;
    memmove(&reading->candidates[at + 1], &reading->candidates[at],
        (reading->candidate_count - at - 1) * sizeof reading->candidates[0]);
    reading->candidates[at] = record;
}

static bool has_place(const struct history *history)
{
    return history->owners.living.count + history->owners.gone.count < HISTORY_OWNERS_MAX;
}

static void take_subject(struct history *history, const struct owners_reading *reading,
    const struct record *record, struct subject *subject)
{
    const struct network_owner *owner = record->value;
    struct subjects *owners = &history->owners;
    int64_t ticks = reading->tick - reading->from + 1;

    if (subject->is_gone)
        subjects_return(owners, subject, reading->from - 1);
    subject_settle(owners, subject, reading->from - 1);
    track_append(&subject->tracks[HISTORY_DOWNLOAD], &owners->kind, reading->from, ticks,
        owner->download_bytes_per_s);
    track_append(&subject->tracks[HISTORY_UPLOAD], &owners->kind, reading->from, ticks,
        owner->upload_bytes_per_s);
    subject->weight = fmax(weight_of(record), weight_at(history, subject, reading->tick));
    subject->seen = reading->tick;
    subject->still = 1u << HISTORY_DOWNLOAD | 1u << HISTORY_UPLOAD;
}

static void take_new(
    struct history *history, const struct owners_reading *reading, const struct record *record)
{
    struct subject *subject =
        subjects_add(&history->owners, record->key, record->name, reading->from - 1);

    if (subject)
        take_subject(history, reading, record, subject);
}

static void take(
    struct history *history, struct owners_reading *reading, const struct record *record)
{
    struct subject *subject = subjects_find(&history->owners, record->key);

    if (subject)
        take_subject(history, reading, record, subject);
    else if (has_place(history))
        take_new(history, reading, record);
    else
        put_off(reading, record);
}

/* Each in the place of one that moves less. */
static void take_candidates(struct history *history, const struct owners_reading *reading)
{
    struct subjects *owners = &history->owners;

    for (size_t i = 0; i < reading->candidate_count; i++) {
        const struct record *record = reading->candidates[i];
        struct subject *lightest = find_lightest(history, owners->gone.first, reading->tick, NULL);

        lightest = find_lightest(history, owners->living.first, reading->tick, lightest);
        if (lightest && weight_at(history, lightest, reading->tick) >= weight_of(record))
            return;
        if (lightest)
            subjects_remove(owners, lightest);
        take_new(history, reading, record);
    }
}

static bool has_speeds(const struct network_owner *owner)
{
    return network_has(owner, download_bytes_per_s) && network_has(owner, upload_bytes_per_s);
}

static void take_moving(struct history *history, struct owners_reading *reading)
{
    for (const struct record *record = reading->table->first; record; record = record->next) {
        if (has_speeds(record->value) && weight_of(record) > 0)
            take(history, reading, record);
    }
}

/* Of the others those that are still there moved nothing. */
static void part_missing(struct history *history, const struct owners_reading *reading)
{
    struct subjects *owners = &history->owners;

    for (struct subject *subject = owners->living.first, *next; subject; subject = next) {
        const struct record *record = map_find(&reading->table->by_key, subject->key);

        next = subject->next;
        if (!record || !has_speeds(record->value))
            subjects_part(owners, subject, reading->from - 1);
    }
}

static void welcome_returned(struct history *history, const struct owners_reading *reading)
{
    struct subjects *owners = &history->owners;

    for (struct subject *subject = owners->gone.first, *next; subject; subject = next) {
        const struct record *record = map_find(&reading->table->by_key, subject->key);

        next = subject->next;
        if (!record || !has_speeds(record->value))
            continue;
        subjects_return(owners, subject, reading->from - 1);
        subject->still = 1u << HISTORY_DOWNLOAD | 1u << HISTORY_UPLOAD;
    }
}

void history_take_owners(
    struct history *history, const struct model *model, int64_t tick, int64_t longest)
{
    struct owners_reading reading = {
        .table = &model->tables[TOPIC_OWNERS], .from = history->owners_read + 1, .tick = tick};

    if (history->owners_read == 0 || tick - history->owners_read > longest) {
        subjects_break(&history->owners, history->owners_read, tick);
        history->owners_read = tick;
        return;
    }
    if (tick <= history->owners_read)
        return;
    part_missing(history, &reading);
    welcome_returned(history, &reading);
    take_moving(history, &reading);
    take_candidates(history, &reading);
    history->owners_read = tick;
}
