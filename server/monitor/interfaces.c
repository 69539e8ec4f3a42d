#include "interfaces.h"

#include "totals.h"
#include "transitions.h"
#include <string.h>

void interfaces_fini(struct interfaces *interfaces)
{
    if (!interfaces)
        return;
    reading_fini(&interfaces->reading);
    reading_fini(&interfaces->next);
    sample_array_fini(&interfaces->samples);
    sample_array_fini(&interfaces->last_samples);
    rates_fini(&interfaces->rates);
    drops_fini(&interfaces->drops);
}

static void swap_readings(struct interfaces *interfaces)
{
    struct reading reading = interfaces->reading;
    interfaces->reading = interfaces->next;
    interfaces->next = reading;
}

/* Makes the two readings ready to be compared. */
static int align_readings(struct interfaces *interfaces)
{
    if (reading_is_aligned(&interfaces->reading, &interfaces->next))
        return 0;
    int result = reading_index(&interfaces->reading);
    return result == 0 ? reading_index(&interfaces->next) : result;
}

/* Reads new facts into next, with the counters and speeds of now. */
static int read_facts(struct interfaces *interfaces, struct platform *platform)
{
    reading_clear(&interfaces->next);
    int result = platform_read_interfaces(platform, &interfaces->next.interfaces);
    if (result == 0)
        result = align_readings(interfaces);
    if (result == 0)
        reading_carry_counters(&interfaces->next, &interfaces->reading);
    return result;
}

static int read_samples(struct interfaces *interfaces, struct platform *platform)
{
    interfaces->samples.count = 0;
    return platform_read_samples(platform, &interfaces->samples);
}

/* What came or went since the facts were read is read once more, and else at the next refresh: a
 * network that changes all the time must be shown too. PLATFORM_CHANGED leaves is_stale set. */
static int read_all(struct interfaces *interfaces, struct platform *platform)
{
    int result = PLATFORM_CHANGED;
    for (int i = 0; i < 2 && result == PLATFORM_CHANGED; i++) {
        result = interfaces->is_stale ? read_facts(interfaces, platform) : 0;
        if (result == 0)
            result = read_samples(interfaces, platform);
        interfaces->is_stale |= result == PLATFORM_CHANGED;
    }
    if (result < 0 || !interfaces->is_stale)
        return result;
    int followed = rates_follow_interfaces(&interfaces->rates, &interfaces->next.interfaces);
    return followed < 0 ? followed : result;
}

static void find_transitions(
    struct interfaces *interfaces, struct platform *platform, struct event_log *log)
{
    uint64_t now_ns = platform_now_ns(platform);
    struct transitions_time time = {.wall_ms = platform_wall_ms(platform),
        .span_ms = (now_ns - interfaces->current_ns) / 1000000};
    transitions_find(&interfaces->reading, &interfaces->next, &time, log);
}

/* The next reading becomes the one that is lent; what happened goes to the log, where there is one.
 * Returns whether it is another. */
static bool publish_facts(
    struct interfaces *interfaces, struct platform *platform, struct event_log *log)
{
    if (log)
        find_transitions(interfaces, platform, log);
    totals_decide(&interfaces->next.interfaces);
    bool has_changed =
        reading_mark_changes(&interfaces->next, &interfaces->reading, ++interfaces->revision);
    if (has_changed)
        interfaces->facts_revision = interfaces->revision;
    swap_readings(interfaces);
    interfaces->is_stale = false;
    interfaces->current_ns = platform_now_ns(platform);
    return has_changed;
}

/* Mostly most interfaces are idle, so those are not even looked at. */
static bool is_idle(const struct interfaces *interfaces, size_t at, size_t sample_at)
{
    const struct sample_array *last = &interfaces->last_samples;
    return rates_is_still(&interfaces->rates, at) && sample_at < last->count &&
           memcmp(&last->items[sample_at], &interfaces->samples.items[sample_at],
               sizeof(*last->items)) == 0;
}

/* Returns whether a counter turned back. */
static bool publish_sample(
    struct interfaces *interfaces, size_t at, const struct interface_sample *sample)
{
    struct network_interface *iface = &interfaces->reading.interfaces.items[at];
    drops_compare(&interfaces->drops, iface, sample);
    iface->revision = interfaces->revision;
    return reading_put_sample(iface, sample);
}

static void swap_samples(struct interfaces *interfaces)
{
    struct sample_array samples = interfaces->last_samples;
    interfaces->last_samples = interfaces->samples;
    interfaces->samples = samples;
}

/* Both are in the same order; an interface without a sample is gone, and keeps what it had. */
static void publish_samples(
    struct interfaces *interfaces, struct platform *platform, struct event_log *log)
{
    const struct sample_array *samples = &interfaces->samples;
    /* After the reading, because counters are the last thing that is read. */
    uint64_t time_ns = platform_now_ns(platform);
    interfaces->revision++;
    for (size_t i = 0, j = 0; i < interfaces->reading.interfaces.count; i++) {
        struct network_interface *iface = &interfaces->reading.interfaces.items[i];
        bool has_sample = j < samples->count && samples->items[j].identity == iface->identity;
        size_t at = j;
        j += has_sample;
        if (has_sample && is_idle(interfaces, i, at))
            continue;
        if (has_sample && publish_sample(interfaces, i, &samples->items[at]) && log)
            transitions_reset(iface, platform_wall_ms(platform), log);
        rates_update_interface(&interfaces->rates, i, has_sample ? iface : NULL, time_ns);
    }
    rates_end_interfaces(&interfaces->rates, time_ns);
    swap_samples(interfaces);
}

/* What drops are counted from: what was dropped before the first reading is told to nobody. */
static void read_drop_causes(
    struct interfaces *interfaces, struct platform *platform, uint64_t now_ns)
{
    size_t count;
    if (!drops_are_due(&interfaces->drops, now_ns))
        return;
    interfaces->drop_causes = platform_read_drop_causes(platform, &count);
    drops_take_causes(&interfaces->drops, interfaces->drop_causes, count, now_ns);
}

static int drain(struct interfaces *interfaces, struct platform *platform, struct event_log *log)
{
    bool has_changed = false;
    int result = platform_drain_changes(platform, &has_changed);
    if (result == PLATFORM_OVERRUN)
        transitions_overrun(platform_wall_ms(platform), log);
    interfaces->is_stale |= has_changed || result == PLATFORM_OVERRUN;
    if (!interfaces->is_stale)
        interfaces->current_ns = platform_now_ns(platform);
    return result < 0 ? result : 0;
}

/* Once all is read nothing can fail. */
static int read_and_publish(
    struct interfaces *interfaces, struct platform *platform, struct event_log *log)
{
    int result = read_all(interfaces, platform);
    if (result < 0)
        return result;
    if (interfaces->is_stale)
        (void)publish_facts(interfaces, platform, log);
    publish_samples(interfaces, platform, log);
    read_drop_causes(interfaces, platform, platform_now_ns(platform));
    interfaces->is_stale = result == PLATFORM_CHANGED;
    return 0;
}

int interfaces_open(struct interfaces *interfaces, struct platform *platform)
{
    interfaces->is_stale = true;
    return read_and_publish(interfaces, platform, NULL);
}

int interfaces_refresh(
    struct interfaces *interfaces, struct platform *platform, struct event_log *log)
{
    int result = drain(interfaces, platform, log);
    if (result == 0)
        result = read_and_publish(interfaces, platform, log);
    if (result < 0)
        return result;
    struct drops_time time = {platform_now_ns(platform), platform_wall_ms(platform)};
    drops_tell(&interfaces->drops, interfaces->drop_causes, &time, log);
    return 0;
}

static int follow_facts(struct interfaces *interfaces, struct platform *platform,
    struct event_log *log, bool *ret_changed)
{
    int result = read_facts(interfaces, platform);
    if (result == 0)
        result = rates_follow_interfaces(&interfaces->rates, &interfaces->next.interfaces);
    if (result == 0)
        *ret_changed = publish_facts(interfaces, platform, log);
    return result;
}

int interfaces_follow(struct interfaces *interfaces, struct platform *platform,
    struct event_log *log, bool *ret_changed)
{
    uint64_t last_event = log->last_identity;
    bool has_changed = false;
    int result = drain(interfaces, platform, log);
    if (result == 0 && interfaces->is_stale)
        result = follow_facts(interfaces, platform, log, &has_changed);
    if (result == 0)
        *ret_changed = has_changed || log->last_identity != last_event;
    return result;
}
