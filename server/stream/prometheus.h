/* prometheus - the state of the model, and what the server did, as metrics for Prometheus.
 *
 * Names come from the rows of metrics.h by a rule: ifpulse_, what it is of, the key without "is_",
 * the direction in front (bytes_received: receive_bytes), and the unit as a base unit: seconds,
 * bytes, bytes per second, hertz, ratio. Flags are 0 or 1. Left out are rates, which Prometheus
 * makes of the counters; numbers that are names (a user's, a namespace's); the counters of totals,
 * which turn back when an interface goes. Unknown is left out, never 0.
 *
 * How many series there are is bounded: of owners only the PROMETHEUS_OWNERS that moved most
 * bytes since the start. Who is among them changes seldom, because that only grows; who comes back
 * goes on with the same count.
 */
#ifndef IFPULSE_PROMETHEUS_H
#define IFPULSE_PROMETHEUS_H

#include "counts.h"
#include "exposition.h"
#include "model.h"

enum { PROMETHEUS_OWNERS = 50 };

/* What the operating system says of the server's process; a member below 0 is not known. */
struct prometheus_process {
    int64_t cpu_ns, resident_bytes, open_files, files_max;
};

struct prometheus_source {
    const struct model *model;
    const struct counts *counts;
    uint64_t encodes;     /* frames encoded */
    bool has_connections; /* connections and owners are current; else nothing is said of them */
    struct prometheus_process process;
};

/* -ENOMEM only. The caller frees the buffer. */
MUST_CHECK int prometheus_encode(const struct prometheus_source *source,
    enum exposition_format format, struct buffer *ret_buffer);

#endif
