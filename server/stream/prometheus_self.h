/* prometheus_self - the metrics that come from no row of metrics.h: of the server's process, under
 * the names that all who are watched by Prometheus use, and of what the server did.
 */
#ifndef IFPULSE_PROMETHEUS_SELF_H
#define IFPULSE_PROMETHEUS_SELF_H

#include "prometheus.h"

/* Without memory the buffer fails. */
void prometheus_append_self(
    const struct prometheus_source *source, enum exposition_format format, struct buffer *buffer);

#endif
