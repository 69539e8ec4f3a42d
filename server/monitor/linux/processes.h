/* processes - those that own sockets: who they are, by (pid, start time), because pids are used
 * again. Each is asked for at most once a reading.
 */
#ifndef IFPULSE_PROCESSES_H
#define IFPULSE_PROCESSES_H

#include "map.h"

struct process {
    uint32_t pid;
    uint64_t start_time; /* in clock ticks since boot */
    char comm[16];       /* any bytes */
    uint32_t reading;    /* the last in which it was asked for */
    bool is_replaced;    /* another had the pid, or none, in the reading before that */
};

struct processes {
    struct process *items;
    size_t count, capacity;
    struct map by_pid; /* to indices */
    uint32_t reading;
};

void processes_fini(struct processes *processes);
/* A new reading begins: what was not asked for in the last one is forgotten. */
MUST_CHECK int processes_begin(struct processes *processes);
/* Lends the process of that pid, asked anew in this reading, until the next call. NULL when there
 * is none, no memory, or, with is_same, when it is another than it was in the last reading. */
const struct process *processes_find(struct processes *processes, uint32_t pid, bool is_same);

/* Pure: /proc/PID/stat. The name is in parentheses and may itself hold some. */
MUST_CHECK bool process_parse_stat(const char *text, struct process *ret_process);

#endif
