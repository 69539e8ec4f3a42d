/* network_monitor - a machine's network, observed: the library's whole face.
 *
 * A monitor is opened, refreshed as often as the caller wishes (1 to 5 s is usual, 50 ms the least
 * that makes sense), and asked. Each refresh is one reading of the kernel; speeds are what the
 * counters grew by between the last two readings, by the monotonic clock, and so are unknown after
 * the first. What one call lends stays valid until the next refresh or read of the same monitor.
 *
 * A monitor belongs to one thread at a time. Nothing here logs, exits or changes the system.
 * Unprivileged use works: what the user may not see has status NETWORK_PERMISSION, and
 * network_monitor_capabilities() says what would show it.
 *
 * Functions that can fail return 0 or a negative errno; network_error_of() maps that to the four
 * kinds that users of network modules know.
 */
#ifndef IFPULSE_NETWORK_MONITOR_H
#define IFPULSE_NETWORK_MONITOR_H

#include "network_types.h"

#define NETWORK_MUST_CHECK __attribute__((warn_unused_result))

struct network_monitor;

enum network_error {
    NETWORK_OK,
    NETWORK_ERROR_NETWORK,       /* the network stack answered wrongly or not at all */
    NETWORK_ERROR_NOT_AVAILABLE, /* this system has no such thing */
    NETWORK_ERROR_SYSTEM,        /* memory, descriptors, and the like */
    NETWORK_ERROR_PERMISSION,
};

/* Maps what a function here returned (0 or -errno) to its kind. */
enum network_error network_error_of(int result);
/* "network", "not available", "system", "permission"; "ok" for NETWORK_OK. */
const char *network_error_text(enum network_error error);

/* Opens a monitor of this machine (of this network namespace) and takes the first reading of its
 * interfaces. The caller closes it. */
NETWORK_MUST_CHECK int network_monitor_open(struct network_monitor **ret_monitor);
/* The same with options; a zeroed one is the default. */
struct network_options {
    bool other_namespaces; /* also the machine's other network namespaces, where permitted */
};
NETWORK_MUST_CHECK int network_monitor_open_with(
    const struct network_options *options, struct network_monitor **ret_monitor);
/* Accepts NULL. */
void network_monitor_close(struct network_monitor *monitor);

/* Reads interfaces and totals anew. Two calls within 10 ms count as one reading for the speeds:
 * the second keeps those of the first. On failure everything stays as it was before. */
NETWORK_MUST_CHECK int network_monitor_refresh(struct network_monitor *monitor);

/* Reads the connections anew, with their owners. Apart from refresh because it costs more: some
 * microseconds a socket. On failure the last ones stay. */
NETWORK_MUST_CHECK int network_monitor_refresh_connections(struct network_monitor *monitor);

/* Looks for listeners that were not there before, which make events. network_monitor_refresh_
 * connections does so too; this is for when nobody wants the connections, and is cheap. */
NETWORK_MUST_CHECK int network_monitor_refresh_listeners(struct network_monitor *monitor);

/* Follows what the kernel has announced since the last call: link and address changes. Cheap when
 * there was nothing. Counters and speeds keep the values of the last refresh. ret_changed says
 * whether interfaces or events differ now. */
NETWORK_MUST_CHECK int network_monitor_follow(struct network_monitor *monitor, bool *ret_changed);
/* A descriptor that polls readable when network_monitor_follow has something to do; -1 where the
 * system has none. Owned by the monitor. */
int network_monitor_follow_fd(const struct network_monitor *monitor);

/* Lends all interfaces, in the kernel's order. */
const struct network_interface *network_monitor_interfaces(
    const struct network_monitor *monitor, size_t *ret_count);
/* Grows with every change of the interfaces. An interface's own revision says when any datum of it
 * last changed: what has been seen up to a revision need not be looked at again. */
uint64_t network_monitor_revision(const struct network_monitor *monitor);
/* The revision at which interfaces last came, went or had other facts. */
uint64_t network_monitor_facts_revision(const struct network_monitor *monitor);
/* Lends the interface of that name in this network namespace; NULL when there is none. */
const struct network_interface *network_monitor_find(
    const struct network_monitor *monitor, const char *name);

/* Lends the connections of the last network_monitor_refresh_connections; none before the first. */
const struct network_connection *network_monitor_connections(
    const struct network_monitor *monitor, size_t *ret_count);

/* Lends those who own connections: processes, units, containers, users. Their bytes are counted
 * from the first network_monitor_refresh_connections on, and include connections that are gone. */
const struct network_owner *network_monitor_owners(
    const struct network_monitor *monitor, size_t *ret_count);

/* Lends the sums over the interfaces that are counted: every byte once (see is_counted). */
const struct network_totals *network_monitor_totals(const struct network_monitor *monitor);
/* Shorthands: bytes per second over all counted interfaces; NaN while unknown. */
double network_monitor_total_download_speed(const struct network_monitor *monitor);
double network_monitor_total_upload_speed(const struct network_monitor *monitor);

/* Lends the events since the monitor was opened, the oldest first; the last 1,024 are kept, and all
 * since the last refresh or follow. Their identities grow by one, so a gap says how many were
 * missed. */
const struct network_event *network_monitor_events(
    const struct network_monitor *monitor, size_t *ret_count);

/* Lends the TCP connections that ended since the refresh before the last, as events of kind
 * NETWORK_EVENT_CONNECTION_CLOSED with their last counts, in the order in which they ended. They
 * are numbered with the other events and are not among those. */
const struct network_event *network_monitor_closed(
    const struct network_monitor *monitor, size_t *ret_count);

/* Adds an event of the caller's own; sentence is for people. */
void network_monitor_note(
    struct network_monitor *monitor, enum network_event_kind kind, const char *sentence);

/* Lends what this monitor can see here, and why not what it cannot. A read that failed shows here
 * as NETWORK_ERROR until it succeeds again. */
const struct network_capability *network_monitor_capabilities(
    const struct network_monitor *monitor, size_t *ret_count);

/* Version of the library, "major.minor.patch". */
const char *network_version(void);

#endif
