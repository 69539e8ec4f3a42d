/* snapshot - one REST-shaped document on standard output, without a server. */
#ifndef IFPULSE_SNAPSHOT_H
#define IFPULSE_SNAPSHOT_H

#include "base.h"
#include "network_monitor.h"

#include <stdio.h>

/* text: names with commas; NULL: every topic but events. Positive with error (of
 * CONFIG_ERROR_BYTES) filled when a name is wrong. */
MUST_CHECK int snapshot_parse_topics(const char *text, unsigned *ret_topics, char *error);

/* Reads twice, span_ms apart, so that there are rates, and prints the second reading. */
enum { SNAPSHOT_NOT_WRITTEN = 1 };
MUST_CHECK int snapshot_print(
    unsigned topics, uint32_t span_ms, const struct network_options *options, FILE *out);

#endif
