/* observation - everything the monitor knew at one moment, copied into one immutable object.
 *
 * It is what passes between the collector's thread and the event loop: it shares nothing with the
 * monitor, so whoever holds it needs no lock.
 */
#ifndef IFPULSE_OBSERVATION_H
#define IFPULSE_OBSERVATION_H

#include "base.h"
#include "network_monitor.h"

struct observation {
    int64_t wall_ms; /* when it was made */
    double tick_ms;  /* what reading it took */
    double read_ms;  /* monotonic: when the counters of interfaces were last read */
    int64_t due_ms;  /* when it was due, counted from the start; unplanned: as the one before */
    bool is_tick;    /* made at a configured tick, not in between */
    bool is_change;  /* interfaces are not as they were: to be told at once */
    uint32_t connections_interval_ms;
    enum network_collection collection;
    bool has_connections;    /* connections were read for this one; else there are none here */
    uint32_t socket_count;   /* how many were in their last reading, also where not listed */
    uint64_t revision;       /* the monitor's */
    bool has_all_interfaces; /* else only those that changed since the revision asked for */
    struct network_interface *interfaces;
    size_t interface_count;
    void *lists; /* holds the lists of the interfaces */
    struct network_connection *connections;
    size_t connection_count;
    struct network_owner *owners; /* read with the connections */
    size_t owner_count;
    struct network_totals totals;
    struct network_event *events; /* those after the identity it was asked to start at */
    size_t event_count;
    struct network_event *closed; /* connections that ended, likewise */
    size_t closed_count;
    struct network_capability *capabilities;
    size_t capability_count;
};

enum observation_scope {
    OBSERVATION_WITHOUT_CONNECTIONS,
    OBSERVATION_WITH_OWNERS, /* none are listed: rows that stayed would be old ones */
    OBSERVATION_WITH_CONNECTIONS,
};

/* What is to be in an observation. */
struct observation_wish {
    enum observation_scope scope;
    uint64_t after_event;    /* events of a larger identity only */
    uint64_t after_revision; /* interfaces that changed later only; 0: all */
};
/* Copies what the monitor lends now. The caller frees it. Members before has_connections are the
 * caller's to set. */
MUST_CHECK int observation_new(const struct network_monitor *monitor,
    const struct observation_wish *wish, struct observation **ret_observation);
void observation_free(struct observation *observation);
DEFINE_CLEANUP(struct observation, observation_free)

/* Moves into newer, asked for with no later a revision, what must not be lost when it replaces
 * older unread: older's events, in front, older's connections and owners where newer has none, and
 * that a tick was made or something changed. Takes older. Without memory for the events they are
 * lost, and newer is otherwise complete. */
MUST_CHECK int observation_supersede(struct observation *newer, struct observation *older);

#endif
