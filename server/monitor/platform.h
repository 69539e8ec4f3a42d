/* platform - THE contract every system's backend keeps; network_monitor.c is its only caller.
 *
 * One backend is linked in: linux/, darwin/ or fake/. tests/conformance runs against each.
 * A backend reports what the system says now. It computes no rate, no total and no event, and
 * remembers only what saves asking again. It neither logs nor exits.
 *
 * Zero means zero: whatever the system does not say is left at its status (NETWORK_UNAVAILABLE
 * unless a better reason is known), never filled with a guess.
 */
#ifndef IFPULSE_PLATFORM_H
#define IFPULSE_PLATFORM_H

#include "base.h"
#include "network_types.h"

struct platform;

/* Readings closer to each other say nothing reliable about speeds. */
#define PLATFORM_SHORTEST_NS UINT64_C(10000000)

struct platform_options {
    bool other_namespaces; /* also what is in the other network namespaces of this machine */
};

/* Growable arrays of records, reused from reading to reading. The lists inside interfaces
 * (addresses, lower) belong to the array's owner: interface_array_clear frees them. */
struct interface_array {
    struct network_interface *items;
    size_t count, capacity;
};
struct connection_array {
    struct network_connection *items;
    size_t count, capacity;
};
void interface_array_clear(struct interface_array *array);
void interface_array_fini(struct interface_array *array);
void connection_array_fini(struct connection_array *array);
/* Appends a zeroed record and lends it until the next append; NULL without memory. */
struct network_interface *interface_array_append(struct interface_array *array);
/* The same with a copy, whose lists are its own. On -ENOMEM the array may have it without lists. */
MUST_CHECK int interface_array_append_copy(
    struct interface_array *array, const struct network_interface *iface);
struct network_connection *connection_array_append(struct connection_array *array);

/* Sets a datum and its status in one: PUT(iface, mtu_bytes, 1500). */
#define PUT(record, member, value)                                                                 \
    ((record)->member = (value), (record)->status.member = NETWORK_KNOWN)
/* For name, text and sentence members; cut at the member's size, always terminated. */
#define PUT_TEXT(record, member, value)                                                            \
    (put_text((record)->member, sizeof((record)->member), (value)),                                \
        (record)->status.member = NETWORK_KNOWN)
/* Sets a datum, which is no list, and its status to what they are in another record. */
#define TAKE(to, from, member) TAKE_AS(to, member, from, member)
#define TAKE_AS(to, to_member, from, from_member)                                                  \
    do {                                                                                           \
        memcpy(&(to)->to_member, &(from)->from_member, sizeof((to)->to_member));                   \
        (to)->status.to_member = (from)->status.from_member;                                       \
    } while (0)
void put_text(char *member, size_t size, const char *value);

MUST_CHECK int platform_open(
    const struct platform_options *options, struct platform **ret_platform);
/* Accepts NULL. */
void platform_close(struct platform *platform);

/* Monotonic nanoseconds by the clock that the backend's counters keep. */
uint64_t platform_now_ns(struct platform *platform);
/* Wall clock, ms since 1970 UTC. */
int64_t platform_wall_ms(struct platform *platform);

/* Appends every interface of this namespace, also those that are down, each once, in an order that
 * is stable between calls; identity unique among them. With other_namespaces those of the others
 * too, which have netns known; here it is NETWORK_NOT_APPLICABLE, and so with connections. Always
 * known: name, type, kind, is_active, is_up, is_loopback, is_wireless, is_point_to_point,
 * supports_broadcast, supports_multicast, addresses (empty is known), lower (empty is known).
 * Only facts: every COUNTER member but carrier_changes is left untouched, and every RATE.
 * is_counted and not_counted_reason are not the backend's: totals.c decides, from type, kind, lower
 * and is_linked_outside, which the backend sets. On failure ret_interfaces may hold a part; the
 * caller throws it away. May cost much: it is for when platform_drain_changes told of a change. */
MUST_CHECK int platform_read_interfaces(
    struct platform *platform, struct interface_array *ret_interfaces);

/* What changes of an interface without a word from the system: its counters, which are the rows of
 * metrics.h that are COUNTER and u64, and what its radio hears. */
#define SAMPLE_FACT(X, member, type)
#define SAMPLE_GAUGE(X, member, type)
#define SAMPLE_RATE(X, member, type)
#define SAMPLE_COUNTER(X, member, type) SAMPLE_COUNTER_##type(X, member)
#define SAMPLE_COUNTER_u32(X, member) /* carrier_changes, which comes with the facts */
#define SAMPLE_COUNTER_u64(X, member) X(member)
#define SAMPLE_STATUS_OF_(member) uint8_t member;
#define SAMPLE_MEMBER_OF_(member) uint64_t member;
#define SAMPLE_STATUS_(member, key, type, kind, unit, help)                                        \
    SAMPLE_##kind(SAMPLE_STATUS_OF_, member, type)
#define SAMPLE_MEMBER_(member, key, type, kind, unit, help)                                        \
    SAMPLE_##kind(SAMPLE_MEMBER_OF_, member, type)

struct interface_sample {
    uint64_t identity;
    struct {
        NETWORK_INTERFACE_METRICS(SAMPLE_STATUS_)
        uint8_t signal_dbm, link_bits_per_s;
    } status;
    bool has_radio; /* else signal_dbm and link_bits_per_s are those of the facts */
    int32_t signal_dbm;
    NETWORK_INTERFACE_METRICS(SAMPLE_MEMBER_)
    uint64_t link_bits_per_s;
};

struct sample_array {
    struct interface_sample *items;
    size_t count, capacity;
};
void sample_array_fini(struct sample_array *array);
/* Appends a zeroed one and lends it until the next append; NULL without memory. */
struct interface_sample *sample_array_append(struct sample_array *array);

/* Appends a sample of every interface of the last platform_read_interfaces, in the same order;
 * those that are gone have none. COUNTER members are the device's own since it appeared or was last
 * reset. Returns PLATFORM_CHANGED when interfaces came or went, so that the facts are to be read
 * again; what is there is good all the same. On failure ret_samples may hold a part. */
enum { PLATFORM_OVERRUN = 1, PLATFORM_CHANGED = 2 };
MUST_CHECK int platform_read_samples(struct platform *platform, struct sample_array *ret_samples);

/* Appends every TCP socket (in every state, time_wait too) and every UDP socket of this namespace,
 * over IPv4 and IPv6, each once. identity is unique and stays while the socket lives; a new socket
 * never has an old one's. Always known: type, local_address, local_port, state. remote_address and
 * remote_port are NETWORK_NOT_APPLICABLE for listeners and unconnected UDP. uid is 0..2^32-1, not
 * applicable for sockets that belong to nobody any more (time_wait). Byte counts where the system
 * has them, which of UDP few do. opened_ms and every RATE are left untouched; so is
 * limited_by, but for the reason why it never is known: it is judged from send_times. */
MUST_CHECK int platform_read_connections(
    struct platform *platform, struct connection_array *ret_connections);

/* Appends the sockets that wait for others, as platform_read_connections would, but without their
 * processes: TCP listeners and unconnected UDP. Meant to be cheap, for they are few; a system that
 * has only one table of all sockets reads that. */
MUST_CHECK int platform_read_listeners(
    struct platform *platform, struct connection_array *ret_listeners);

/* Appends the TCP connections that ended since the last call, each end of one that was open, with
 * their last counts; identity is that of platform_read_connections. Their state is
 * NETWORK_STATE_CLOSE. Where the system tells of ends (the capability "closings") that is all of
 * them, also those that no reading saw; elsewhere it is what a reading had and the next has not,
 * with the counts of the former. A connection that its own process reset may have lost its counts
 * and its remote port: unavailable, and a reading that saw it knows more. Counts may be a byte
 * short where the system cannot tell a FIN from payload, so of what a reading saw the larger count
 * is right. Owners only where the system itself names them in time: the caller joins the others to
 * what it knew of them. What is left of it in time_wait may be in readings for a while yet, as the
 * same. Returns PLATFORM_OVERRUN when some were lost; what is there is good all the same. */
MUST_CHECK int platform_read_closed(struct platform *platform, struct connection_array *ret_closed);

/* Reasons of the whole system to drop packets, each with how often it came up since the system
 * started; the same reasons in the same order for the backend's life. Read anew at every call; what
 * cannot be read has count UINT64_MAX. Lent until the next call. */
struct platform_drop_cause {
    const char *one, *many; /* what is counted: "packet was dropped", "packets were dropped" */
    const char *why;        /* what it means in plain words, and what helps */
    bool is_drop;           /* packets were lost; else it only looks like trouble to come */
    uint64_t count;
};
const struct platform_drop_cause *platform_read_drop_causes(
    struct platform *platform, size_t *ret_count);

/* A descriptor that polls readable when interface facts may have changed, or connections have
 * ended; -1: there is none. */
int platform_change_fd(const struct platform *platform);
/* Empties it. *ret_changed: whether a change of interface facts was announced. Returns
 * PLATFORM_OVERRUN when announcements were lost: the caller re-reads everything and makes an event
 * of it. */
MUST_CHECK int platform_drain_changes(struct platform *platform, bool *ret_changed);

/* Lends what this backend can see and why not what it cannot, one entry per name, the same names
 * in the same order for the backend's life: interfaces, connections, owners, wireless, … */
const struct network_capability *platform_capabilities(
    struct platform *platform, size_t *ret_count);

/* Opens a backend, reads everything it reads twice, a second apart, and writes what the system
 * answered as raw bytes, one file a question, into folder, which must be there and empty.
 * ret_count: files written. -ENOTSUP: this backend has no such answers. */
MUST_CHECK int platform_capture(const char *folder, size_t *ret_count);

#endif
