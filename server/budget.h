/* budget - how often connections are read, and whether each is listed, for what the program may
 * spend.
 *
 * Connections are what can become dear: so they are what is read more seldom, and at last only
 * added up by owner, while the program takes more of a core than it may. Interfaces stay as they
 * are. Where connections have no notable part in the cost, they stay too: it would not help.
 *
 * It is judged by windows of some seconds that hold whole rounds of reading, and it takes two in a
 * row to be over, so that one slow tick is nothing. The way back goes step by step, each when what
 * it will cost, by what readings cost now, leaves room; a step that turned out wrong makes the next
 * one wait longer. No clock in here: time is a parameter.
 */
#ifndef IFPULSE_BUDGET_H
#define IFPULSE_BUDGET_H

#include "base.h"
#include "network_types.h"

struct budget_pace {
    enum network_collection collection;
    uint32_t interval_ms; /* between two readings of the connections */
};

/* What is known when a tick begins. */
struct budget_tick {
    double wall_ms, cpu_ms; /* monotonic time, and CPU time of the whole program so far */
    unsigned readings;      /* of the connections, since the tick before */
    double reading_ms;      /* CPU time of these alone, without what was done with them */
    bool is_watched;        /* connections are read at all */
    bool ends_round;        /* and this tick will read them */
};

struct budget_window {
    double wall_ms, cpu_ms, reading_ms;
    unsigned readings;
    bool has_rest;
    double rest; /* least share of a core in a tick that followed no reading */
};

struct budget {
    double limit; /* as a share of a core; 0: none */
    uint32_t configured_ms, longest_ms;
    struct budget_pace pace, before; /* before: the one that this took the place of */
    struct budget_window window;
    double wall_ms, cpu_ms; /* of the last tick; negative: there was none */
    double usage;           /* share of a core in the last whole window */
    double whole;           /* what a listed reading costs in all, as a multiple of its own time */
    bool is_whole_known;    /* measured apart from the rest; else all there was counted */
    double reading_ms;      /* what the last listed reading cost in all, or would have */
    unsigned over, fit;     /* windows in a row that were, or that left room for the next step */
    unsigned patience;      /* windows that must leave room before a step back */
    unsigned trial;         /* windows since the last step back */
};

/* percent of a core, 0 for no limit; interval_ms: the configured one. */
void budget_init(struct budget *budget, double percent, uint32_t interval_ms);
/* Returns whether the pace is another one now. */
MUST_CHECK bool budget_advance(struct budget *budget, const struct budget_tick *tick);

enum { BUDGET_SENTENCE_BYTES = 256 };
/* Says in a sentence (of BUDGET_SENTENCE_BYTES) what changed with the last step, and why.
 * connections: how many there were at the last reading. */
void budget_explain(const struct budget *budget, size_t connections, char *sentence);

#endif
