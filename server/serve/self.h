/* self - what the server says of itself: the machine's name, its own cost. */
#ifndef IFPULSE_SELF_H
#define IFPULSE_SELF_H

#include "network_types.h"
#include "prometheus.h"

/* Fills in what does not change: hostname, os, kernel. */
void self_read_host(struct network_server *server);
/* CPU time of this process so far, ns. */
int64_t self_cpu_ns(void);
/* Resident memory, bytes; unknown where the system does not say. */
void self_read_memory(struct network_server *server);
/* What /metrics says of this process. */
struct prometheus_process self_read_process(void);

#endif
