#include "history_interfaces.h"

enum { RATES = HISTORY_INTERFACE_RATES };

/* The counters that each rate adds up, as bits. */
static const uint8_t rate_counters[RATES] = {
    1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5, 1 << 6 | 1 << 7};

/* --- counters --- */

static struct counters read_counters(const struct network_interface *interface)
{
    struct counters counters = {0};
    unsigned i = 0;

#define READ(member)                                                                               \
    counters.values[i] = interface->member;                                                        \
    counters.known |= (uint8_t)(network_has(interface, member) << i++);
    READ(bytes_received)
    READ(bytes_sent)
    READ(packets_received)
    READ(packets_sent)
    READ(receive_errors)
    READ(send_errors)
    READ(receive_drops)
    READ(send_drops)
#undef READ
    return counters;
}

/* What the counters of a rate grew by together; false: one is unknown, or was reset. */
static bool growth_of(const struct subject *interface, uint8_t counters, double *ret_growth)
{
    double growth = 0;

    if ((interface->base.known & interface->now.known & counters) != counters)
        return false;
    for (unsigned i = 0; i < SUBJECT_COUNTERS; i++) {
        if (!(counters & 1u << i))
            continue;
        if (interface->now.values[i] < interface->base.values[i])
            return false;
        growth += (double)(interface->now.values[i] - interface->base.values[i]);
    }
    *ret_growth = growth;
    return true;
}

/* What is now known of it is what it is compared with next. */
static void begin_tick(struct subject *interface)
{
    interface->base = interface->now;
    interface->still = 0;
    for (unsigned i = 0; i < RATES; i++) {
        if ((interface->now.known & rate_counters[i]) == rate_counters[i])
            interface->still |= 1u << i;
    }
}

/* --- what was observed --- */

static struct subject *find_or_add(
    struct history *history, const struct network_interface *interface)
{
    char id[NETWORK_ID_TEXT];
    struct subject *subject;
    struct map_key key = map_key_of_name(interface->name);

    if (network_has(interface, netns)) {
        network_interface_id(interface, id);
        key = map_key_of_text(id);
    }
    subject = subjects_find(&history->interfaces, key);
    if (subject)
        return subject;
    network_interface_id(interface, id);
    return subjects_add(&history->interfaces, key, id, history->last);
}

static void touch(struct history *history, struct subject *subject)
{
    if (subject->is_touched)
        return;
    subject->is_touched = true;
    subject->next_touched = history->touched;
    history->touched = subject;
}

/* Of those that are not there any more nothing is to be sampled. */
static void untouch_missing(struct history *history)
{
    struct subject **link = &history->touched;

    while (*link) {
        struct subject *subject = *link;

        if (subject->seen == history->observations) {
            link = &subject->next_touched;
            continue;
        }
        *link = subject->next_touched;
        subject->is_touched = false;
    }
}

static void part_missing(struct history *history)
{
    struct subjects *interfaces = &history->interfaces;

    untouch_missing(history);
    for (struct subject *subject = interfaces->living.first, *next; subject; subject = next) {
        next = subject->next;
        if (subject->seen == history->observations)
            continue;
        subject->base.known = 0;
        subjects_part(interfaces, subject, history->sampled);
    }
}

static void note_interface(struct history *history, const struct network_interface *interface)
{
    struct subject *subject = find_or_add(history, interface);

    if (!subject)
        return;
    if (subject->is_gone)
        subjects_return(&history->interfaces, subject, history->last);
    if (subject->identity != interface->identity) {
        subject_settle(&history->interfaces, subject, history->sampled);
        subject->base.known = 0; /* another device, whose counters have nothing to do with these */
        subject->still = 0;
    }
    subject->identity = interface->identity;
    subject->is_counted = network_has(interface, is_counted) && interface->is_counted;
    subject->now = read_counters(interface);
    subject->seen = history->observations;
    touch(history, subject);
}

void history_note_interfaces(struct history *history, const struct observation *observation)
{
    history->observations++;
    for (size_t i = 0; i < observation->interface_count; i++)
        note_interface(history, &observation->interfaces[i]);
    if (observation->has_all_interfaces)
        part_missing(history);
}

/* --- a tick --- */

/* What is still idle is left to be filled in later. */
static bool sample_rate(const struct subjects *subjects, struct subject *interface, unsigned rate,
    struct history_tick *tick)
{
    struct track *track = &interface->tracks[rate];
    bool was_still = interface->still & 1u << rate;
    double growth = 0;
    bool is_known = growth_of(interface, rate_counters[rate], &growth);

    if (is_known && growth <= 0 && was_still)
        return true;
    track_settle(track, &subjects->kind, tick->from - 1, was_still);
    if (is_known)
        track_append(track, &subjects->kind, tick->from, tick->last - tick->from + 1,
            growth / tick->elapsed_s);
    else
        track_settle(track, &subjects->kind, tick->last, false);
    if (interface->is_counted)
        tick->sums[rate] += growth / tick->elapsed_s;
    return is_known;
}

static void sample(struct history *history, struct subject *interface, struct history_tick *tick)
{
    unsigned known = 0;

    for (unsigned i = 0; i < RATES; i++)
        known |= (unsigned)sample_rate(&history->interfaces, interface, i, tick) << i;
    begin_tick(interface);
    if (!interface->is_counted)
        return;
    tick->known |= known;
    tick->unknown |= ~known;
}

void history_sample_interfaces(struct history *history, struct history_tick *tick)
{
    for (struct subject *subject = history->touched; subject; subject = subject->next_touched) {
        subject->is_touched = false;
        sample(history, subject, tick);
    }
    history->touched = NULL;
}

void history_resume_interfaces(struct history *history, int64_t tick)
{
    subjects_break(&history->interfaces, history->sampled, tick);
    for (struct subject *subject = history->touched; subject; subject = subject->next_touched) {
        subject->is_touched = false;
        begin_tick(subject);
    }
    history->touched = NULL;
}
