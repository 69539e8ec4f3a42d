#include "budget.h"

#include <stdio.h>
#include <string.h>

enum {
    WINDOW_MS = 5000,
    OVER_WINDOWS = 2,
    PATIENCE = 2,
    PATIENCE_MOST = 256,
    TRIAL = 12, /* windows after a step back in which going over again means that it was wrong */
    SLOWEST_TIMES = 16,
    SLOWEST_MS = 60000,
};

static const double ROOM = 0.8; /* part of the limit that a better pace may be expected to take */
static const double NOTABLE = 0.1; /* part of the limit from which connections have a part in it */

void budget_init(struct budget *budget, double percent, uint32_t interval_ms)
{
    uint64_t longest_ms = (uint64_t)interval_ms * SLOWEST_TIMES;

    if (longest_ms > SLOWEST_MS)
        longest_ms = interval_ms > SLOWEST_MS ? interval_ms : SLOWEST_MS;
    *budget = (struct budget){
        .limit = percent / 100,
        .configured_ms = interval_ms,
        .longest_ms = (uint32_t)longest_ms,
        .pace = {NETWORK_COLLECTION_FULL, interval_ms},
        .wall_ms = -1,
        .whole = 1,
        .patience = PATIENCE,
        .trial = TRIAL,
    };
    budget->before = budget->pace;
}

/* --- what it costs --- */

static void add_tick(struct budget *budget, const struct budget_tick *tick)
{
    struct budget_window *window = &budget->window;
    double wall_ms = tick->wall_ms - budget->wall_ms, cpu_ms = tick->cpu_ms - budget->cpu_ms;

    window->wall_ms += wall_ms;
    window->cpu_ms += cpu_ms;
    window->readings += tick->readings;
    window->reading_ms += tick->reading_ms;
    if (tick->readings > 0 || wall_ms <= 0)
        return;
    if (!window->has_rest || cpu_ms / wall_ms < window->rest)
        window->rest = cpu_ms / wall_ms;
    window->has_rest = true;
}

/* A window ends with a round of reading: one that holds a reading too many or too few would say
 * more or less than is true. Where nobody watches there are no rounds. */
static bool is_whole(const struct budget *budget, const struct budget_tick *tick)
{
    double wall_ms = budget->window.wall_ms;

    return wall_ms >= WINDOW_MS && (tick->ends_round || !tick->is_watched ||
                                       wall_ms >= WINDOW_MS + (double)budget->pace.interval_ms);
}

struct cost {
    double usage;      /* share of a core, all in all */
    double rest;       /* share of a core without what connections cost */
    double reading_ms; /* CPU time of one reading that is listed, all that follows it included */
};

static bool is_listed(const struct budget *budget)
{
    return budget->pace.collection != NETWORK_COLLECTION_OWNERS;
}

/* What is done with a reading (comparing, encoding, sending) costs more than the reading. How much
 * more is seen where there are ticks without one, and is remembered for where there are none. */
static void learn_whole(struct budget *budget)
{
    const struct budget_window *window = &budget->window;
    double rest_ms = window->has_rest ? window->rest * window->wall_ms : 0;

    if (window->reading_ms <= 0 || !is_listed(budget) ||
        (budget->is_whole_known && !window->has_rest))
        return;
    budget->whole = (window->cpu_ms - rest_ms) / window->reading_ms;
    if (budget->whole < 1)
        budget->whole = 1;
    budget->is_whole_known = window->has_rest;
}

static struct cost estimate(struct budget *budget, bool is_watched)
{
    const struct budget_window *window = &budget->window;
    double part = is_listed(budget) ? budget->whole : 1;
    struct cost cost = {.usage = window->cpu_ms / window->wall_ms, .rest = window->rest};

    if (window->readings > 0)
        budget->reading_ms = window->reading_ms / window->readings * budget->whole;
    if (is_watched)
        cost.reading_ms = budget->reading_ms;
    if (!window->has_rest)
        cost.rest = cost.usage - window->reading_ms * part / window->wall_ms;
    if (cost.rest < 0)
        cost.rest = 0;
    return cost;
}

/* --- the steps --- */

static struct budget_pace better_pace(const struct budget *budget)
{
    struct budget_pace pace = budget->pace;

    if (is_listed(budget))
        pace.interval_ms /= 2;
    if (pace.interval_ms < budget->configured_ms)
        pace.interval_ms = budget->configured_ms;
    pace.collection = pace.interval_ms > budget->configured_ms ? NETWORK_COLLECTION_SLOWER
                                                               : NETWORK_COLLECTION_FULL;
    return pace;
}

/* The mildest interval that will do, so that it is not tried one after the other; to owners only
 * from the longest, because there the rows go. */
static struct budget_pace worse_pace(const struct budget *budget, const struct cost *cost)
{
    struct budget_pace pace = budget->pace;

    if (pace.interval_ms >= budget->longest_ms) {
        pace.collection = NETWORK_COLLECTION_OWNERS;
        return pace;
    }
    pace.collection = NETWORK_COLLECTION_SLOWER;
    do {
        bool is_last = pace.interval_ms > budget->longest_ms / 2;

        pace.interval_ms = is_last ? budget->longest_ms : pace.interval_ms * 2;
    } while (pace.interval_ms < budget->longest_ms &&
             cost->rest + cost->reading_ms / pace.interval_ms > budget->limit);
    return pace;
}

static bool is_over(const struct budget *budget, const struct cost *cost)
{
    return is_listed(budget) && cost->usage > budget->limit &&
           cost->usage - cost->rest >= NOTABLE * budget->limit;
}

static bool leaves_room(const struct budget *budget, const struct cost *cost)
{
    double share = cost->reading_ms / better_pace(budget).interval_ms;

    return budget->pace.collection != NETWORK_COLLECTION_FULL &&
           (cost->rest + share <= ROOM * budget->limit || share < NOTABLE * budget->limit);
}

static void step(struct budget *budget, struct budget_pace pace)
{
    budget->before = budget->pace;
    budget->pace = pace;
    budget->over = budget->fit = 0;
}

static void step_down(struct budget *budget, const struct cost *cost)
{
    bool was_wrong = budget->trial < TRIAL;

    budget->patience = was_wrong ? budget->patience * 2 : PATIENCE;
    if (budget->patience > PATIENCE_MOST)
        budget->patience = PATIENCE_MOST;
    budget->trial = TRIAL;
    step(budget, worse_pace(budget, cost));
}

static bool judge(struct budget *budget, bool is_watched)
{
    struct cost cost = estimate(budget, is_watched);
    unsigned patience = is_watched ? budget->patience : 1;

    budget->usage = cost.usage;
    budget->trial += budget->trial < TRIAL;
    budget->over = is_over(budget, &cost) ? budget->over + 1 : 0;
    budget->fit = leaves_room(budget, &cost) ? budget->fit + 1 : 0;
    if (budget->over >= OVER_WINDOWS) {
        step_down(budget, &cost);
        return true;
    }
    if (budget->fit >= patience) {
        budget->trial = 0;
        step(budget, better_pace(budget));
        return true;
    }
    return false;
}

bool budget_advance(struct budget *budget, const struct budget_tick *tick)
{
    bool is_changed = false;

    if (budget->limit <= 0)
        return false;
    if (budget->wall_ms >= 0)
        add_tick(budget, tick);
    budget->wall_ms = tick->wall_ms;
    budget->cpu_ms = tick->cpu_ms;
    if (is_whole(budget, tick)) {
        learn_whole(budget);
        is_changed = judge(budget, tick->is_watched || budget->window.readings > 0);
        budget->window = (struct budget_window){0};
    }
    return is_changed;
}

/* --- in words --- */

/* "48,000" */
static void print_count(size_t count, char *text, size_t size)
{
    char digits[32];
    size_t length = (size_t)snprintf(digits, sizeof digits, "%zu", count), at = 0;

    for (size_t i = 0; i < length && at + 2 < size; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
}

/* "800 ms", "1.6 s" */
static void print_interval(uint32_t interval_ms, char *text, size_t size)
{
    if (interval_ms < 1000)
        snprintf(text, size, "%u ms", interval_ms);
    else
        snprintf(text, size, "%g s", interval_ms / 1000.0);
}

static bool is_worse(const struct budget *budget)
{
    return budget->pace.collection > budget->before.collection ||
           budget->pace.interval_ms > budget->before.interval_ms;
}

static void explain_worse(const struct budget *budget, size_t connections, char *sentence)
{
    char count[32], interval[32];

    print_count(connections, count, sizeof count);
    print_interval(budget->pace.interval_ms, interval, sizeof interval);
    snprintf(sentence, BUDGET_SENTENCE_BYTES,
        "ifpulse took %.3g %% of a core, over its budget of %.3g %%: its %s connections are now "
        "%severy %s%s.",
        budget->usage * 100, budget->limit * 100, count,
        is_listed(budget) ? "read " : "only added up by owner, ", interval,
        is_listed(budget) ? "" : ", and not listed");
}

void budget_explain(const struct budget *budget, size_t connections, char *sentence)
{
    bool were_listed = budget->before.collection != NETWORK_COLLECTION_OWNERS;
    bool is_full = budget->pace.collection == NETWORK_COLLECTION_FULL;
    char interval[32];

    if (is_worse(budget)) {
        explain_worse(budget, connections, sentence);
        return;
    }
    print_interval(budget->pace.interval_ms, interval, sizeof interval);
    snprintf(sentence, BUDGET_SENTENCE_BYTES,
        "Reading connections costs little enough for the budget of %.3g %% of a core again: they "
        "are now %sread every %s%s.",
        budget->limit * 100, were_listed ? "" : "listed, and ", interval,
        is_full ? ", as configured" : "");
}
