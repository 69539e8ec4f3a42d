#include "history.h"

#include "history_interfaces.h"
#include "history_owners.h"
#include "json.h"

const char *const history_rate_keys[HISTORY_RATES] = {
    [HISTORY_DOWNLOAD] = "download_speed",
    [HISTORY_UPLOAD] = "upload_speed",
    [HISTORY_PACKETS_RECEIVED] = "packet_receive_rate",
    [HISTORY_PACKETS_SENT] = "packet_send_rate",
    [HISTORY_RECEIVE_ERRORS] = "receive_error_rate",
    [HISTORY_SEND_ERRORS] = "send_error_rate",
    [HISTORY_DROPS] = "drop_rate",
    [HISTORY_UNEXPLAINED_DOWNLOAD] = "unexplained_download_speed",
    [HISTORY_UNEXPLAINED_UPLOAD] = "unexplained_upload_speed",
};

enum {
    COARSE_MS = 10000,
    OWNERS_SHARE = 4, /* the owners' part of the bytes, a fourth */
    OWNER_RATES = HISTORY_UPLOAD + 1,
};

static int64_t divide_up(int64_t value, int64_t by)
{
    return (value + by - 1) / by;
}

void history_init(struct history *history, const struct history_limits *limits, uint32_t tick_ms)
{
    int64_t coarse_ticks = divide_up(COARSE_MS, tick_ms);
    struct track_kind kind = {
        .fine = {.steps = divide_up(limits->fine_s * INT64_C(1000), tick_ms)},
        .coarse = {.has_range = true,
            .steps = divide_up(limits->coarse_s * INT64_C(1000), coarse_ticks * tick_ms)},
        .coarse_ticks = coarse_ticks,
    };
    size_t owners_bytes = limits->bytes / OWNERS_SHARE;

    *history = (struct history){.limits = *limits, .tick_ms = tick_ms};
    subjects_init(
        &history->interfaces, &kind, limits->bytes - owners_bytes, HISTORY_INTERFACE_RATES);
    subjects_init(&history->owners, &kind, owners_bytes, OWNER_RATES);
}

void history_fini(struct history *history)
{
    subject_free(&history->interfaces, history->totals);
    subjects_fini(&history->interfaces);
    subjects_fini(&history->owners);
    *history = (struct history){0};
}

unsigned history_rates(enum topic topic)
{
    switch (topic) {
    case TOPIC_INTERFACES:
        return (1u << HISTORY_INTERFACE_RATES) - 1;
    case TOPIC_OWNERS:
        return (1u << OWNER_RATES) - 1;
    case TOPIC_TOTALS:
        return (1u << HISTORY_RATES) - 1;
    default:
        return 0;
    }
}

size_t history_bytes(const struct history *history)
{
    return history->interfaces.pool.bytes + history->owners.pool.bytes;
}

/* --- a tick --- */

static bool has_totals(struct history *history)
{
    if (!history->totals)
        history->totals = subject_new(&history->interfaces, "totals", HISTORY_RATES);
    return history->totals;
}

static unsigned known_totals(const struct network_totals *totals)
{
    return (unsigned)network_has(totals, download_bytes_per_s) << HISTORY_DOWNLOAD |
           (unsigned)network_has(totals, upload_bytes_per_s) << HISTORY_UPLOAD |
           (unsigned)network_has(totals, receive_packets_per_s) << HISTORY_PACKETS_RECEIVED |
           (unsigned)network_has(totals, send_packets_per_s) << HISTORY_PACKETS_SENT |
           (unsigned)network_has(totals, receive_errors_per_s) << HISTORY_RECEIVE_ERRORS |
           (unsigned)network_has(totals, send_errors_per_s) << HISTORY_SEND_ERRORS |
           (unsigned)network_has(totals, drops_per_s) << HISTORY_DROPS;
}

/* Interfaces without news add nothing. Where all news are of interfaces that were reset, a sum of
 * none would say that there was nothing. */
static void sample_totals(
    struct history *history, const struct network_totals *totals, const struct history_tick *tick)
{
    unsigned known = known_totals(totals) & (tick->known | ~tick->unknown);

    if (!has_totals(history))
        return;
    for (unsigned i = 0; i < HISTORY_INTERFACE_RATES; i++) {
        if (known & 1u << i)
            track_append(&history->totals->tracks[i], &history->interfaces.kind, tick->from,
                tick->last - tick->from + 1, tick->sums[i]);
    }
}

static void sweep(struct history *history)
{
    subjects_sweep(&history->interfaces, history->sampled, history->last);
    subjects_sweep(&history->owners, history->owners_read, history->last);
    for (unsigned i = 0; history->totals && i < HISTORY_RATES; i++)
        track_trim(&history->totals->tracks[i], &history->interfaces.kind, history->last);
}

/* Counters that could not be read this time are told of at the next tick at which they can. */
static void take_tick(
    struct history *history, const struct observation *observation, int64_t number)
{
    int64_t coarse_ticks = history->interfaces.kind.coarse_ticks;
    double elapsed_ms = observation->read_ms - history->read_ms;
    struct history_tick tick = {history->sampled + 1, number, elapsed_ms / 1e3, {0}, 0, 0};
    bool ends_coarse = number / coarse_ticks > history->last / coarse_ticks;

    history->last = number;
    history->last_wall_ms = observation->wall_ms;
    if (!(elapsed_ms > 0))
        return;
    if (elapsed_ms > (double)(coarse_ticks + 1) * history->tick_ms) {
        history_resume_interfaces(history, number);
    } else {
        if (number - history->sampled > coarse_ticks) { /* it slept: awake it was but a tick */
            subjects_break(&history->interfaces, history->sampled, number - 1);
            tick.from = number;
        }
        history_sample_interfaces(history, &tick);
        sample_totals(history, &observation->totals, &tick);
    }
    history->sampled = number;
    history->read_ms = observation->read_ms;
    if (ends_coarse)
        sweep(history);
}

static void begin(struct history *history, const struct observation *observation, int64_t number)
{
    history->last = history->sampled = number;
    history->first = number + 1;
    history->last_wall_ms = observation->wall_ms;
    history->read_ms = observation->read_ms;
    history_resume_interfaces(history, number);
}

/* What the owners do not explain is known at the readings of connections. */
static void sample_unexplained(
    struct history *history, const struct network_totals *totals, int64_t before, int64_t number)
{
    const struct track_kind *kind = &history->interfaces.kind;

    if (!has_totals(history))
        return;
    if (network_has(totals, unexplained_download_bytes_per_s))
        track_append(&history->totals->tracks[HISTORY_UNEXPLAINED_DOWNLOAD], kind, before + 1,
            number - before, totals->unexplained_download_bytes_per_s);
    if (network_has(totals, unexplained_upload_bytes_per_s))
        track_append(&history->totals->tracks[HISTORY_UNEXPLAINED_UPLOAD], kind, before + 1,
            number - before, totals->unexplained_upload_bytes_per_s);
}

static void take_connections(struct history *history, const struct model *model,
    const struct observation *observation, int64_t number)
{
    int64_t longest = history->interfaces.kind.coarse_ticks, before = history->owners_read;
    int64_t planned = divide_up(observation->connections_interval_ms, history->tick_ms) * 2;

    longest = planned > longest ? planned : longest;
    history_take_owners(history, model, number, longest);
    if (before > 0 && number > before && number - before <= longest)
        sample_unexplained(history, &observation->totals, before, number);
}

void history_update(struct history *history, const struct model *model,
    const struct observation *observation, int64_t slept_ms)
{
    int64_t tick_ms = history->tick_ms;
    /* From 1, so that 0 is before all. */
    int64_t number = observation->due_ms / tick_ms + (slept_ms + tick_ms / 2) / tick_ms + 1;

    history_note_interfaces(history, observation);
    if (history->first == 0)
        begin(history, observation, number);
    else if (observation->is_tick && number > history->last)
        take_tick(history, observation, number);
    if (observation->has_connections)
        take_connections(history, model, observation, number);
}

/* --- asking --- */

static struct subjects *subjects_of(struct history *history, enum topic topic)
{
    return topic == TOPIC_OWNERS ? &history->owners : &history->interfaces;
}

static void settle_totals(struct history *history)
{
    for (unsigned i = 0; i < HISTORY_RATES; i++)
        track_settle(&history->totals->tracks[i], &history->interfaces.kind,
            i < HISTORY_INTERFACE_RATES ? history->sampled : history->owners_read, false);
}

static struct subject *bring_up_to_date(
    struct history *history, enum topic topic, struct subject *subject)
{
    int64_t until = topic == TOPIC_OWNERS ? history->owners_read : history->sampled;

    if (subject && topic == TOPIC_TOTALS)
        settle_totals(history);
    else if (subject)
        subject_settle(subjects_of(history, topic), subject, until);
    return subject;
}

struct subject *history_find(struct history *history, enum topic topic, struct map_key key)
{
    struct subject *subject =
        topic == TOPIC_TOTALS ? history->totals : subjects_find(subjects_of(history, topic), key);

    return bring_up_to_date(history, topic, subject);
}

/* As the stream writes it, where bytes that are no text are \xNN. */
static bool is_written(const struct subject *subject, const char *id)
{
    struct buffer written CLEANUP(buffer_fini) = {0};
    struct buffer asked CLEANUP(buffer_fini) = {0};

    json_append_name(&written, subject->id, strlen(subject->id));
    json_append_text(&asked, id, strlen(id));
    return !buffer_failed(&written) && !buffer_failed(&asked) && written.length == asked.length &&
           memcmp(written.bytes, asked.bytes, asked.length) == 0;
}

static struct subject *find_in(const struct subject_list *list, const char *id,
    bool is_named(const struct subject *, const char *))
{
    struct subject *subject = list->first;

    while (subject && !is_named(subject, id))
        subject = subject->next;
    return subject;
}

static bool has_id(const struct subject *subject, const char *id)
{
    return strcmp(subject->id, id) == 0;
}

struct subject *history_find_id(struct history *history, enum topic topic, const char *id)
{
    const struct subjects *subjects = subjects_of(history, topic);
    struct subject *subject = find_in(&subjects->living, id, has_id);

    if (!subject)
        subject = find_in(&subjects->gone, id, has_id);
    if (!subject && strchr(id, '\\'))
        subject = find_in(&subjects->living, id, is_written);
    if (!subject && strchr(id, '\\'))
        subject = find_in(&subjects->gone, id, is_written);
    return bring_up_to_date(history, topic, subject);
}
