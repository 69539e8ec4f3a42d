/* network_types - what ifpulse knows about a machine's network, as plain C values.
 *
 * Every datum has a status beside it, under the same name: iface->mtu_bytes is meaningful only
 * when network_has(iface, mtu_bytes). Unknown is never zero. The members, their units and their
 * sources are the rows of metrics.h; a zeroed record is one of which nothing is known.
 *
 * Records hold no padding surprises for the reader: they are compared member by member, and lists
 * are lent by whoever lends the record.
 */
#ifndef IFPULSE_NETWORK_TYPES_H
#define IFPULSE_NETWORK_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metrics.h"

/* Whether a datum is there, and if not, why not. */
enum network_status {
    NETWORK_UNAVAILABLE = 0, /* not read yet, or not to be had just now */
    NETWORK_KNOWN,
    NETWORK_NOT_APPLICABLE, /* this object has no such thing: a listener's remote address */
    NETWORK_NOT_SUPPORTED,  /* this system or driver does not say */
    NETWORK_PERMISSION,     /* there, but not for this user; capabilities say what would show it */
    NETWORK_ERROR,          /* reading it failed */
    NETWORK_STATUSES
};

enum network_interface_type {
    NETWORK_ETHERNET,
    NETWORK_WIFI,
    NETWORK_LOOPBACK,
    NETWORK_VIRTUAL,
    NETWORK_CELLULAR,
    NETWORK_OTHER,
    NETWORK_INTERFACE_TYPES
};

enum network_duplex { NETWORK_HALF_DUPLEX, NETWORK_FULL_DUPLEX, NETWORK_DUPLEXES };

enum network_connection_type {
    NETWORK_TCP,
    NETWORK_UDP,
    NETWORK_OTHER_PROTOCOL,
    NETWORK_CONNECTION_TYPES
};

enum network_connection_state {
    NETWORK_STATE_ESTABLISHED,
    NETWORK_STATE_SYN_SENT,
    NETWORK_STATE_SYN_RECEIVED,
    NETWORK_STATE_FIN_WAIT1,
    NETWORK_STATE_FIN_WAIT2,
    NETWORK_STATE_TIME_WAIT,
    NETWORK_STATE_CLOSE,
    NETWORK_STATE_CLOSE_WAIT,
    NETWORK_STATE_LAST_ACK,
    NETWORK_STATE_LISTEN,
    NETWORK_STATE_CLOSING,
    NETWORK_STATE_NEW_SYN_RECEIVED,
    NETWORK_STATE_UNCONNECTED,
    NETWORK_CONNECTION_STATES
};

enum network_evidence {
    NETWORK_EVIDENCE_SOCKET, /* the kernel keeps it with the socket (macOS) */
    NETWORK_EVIDENCE_BPF,
    NETWORK_EVIDENCE_PROC,
    NETWORK_EVIDENCE_UNIT,
    NETWORK_EVIDENCE_UID,
    NETWORK_EVIDENCES
};

enum network_limited_by {
    NETWORK_LIMITED_BY_APPLICATION,
    NETWORK_LIMITED_BY_RECEIVER,
    NETWORK_LIMITED_BY_SENDER,
    NETWORK_LIMITED_BY_NETWORK,
    NETWORK_LIMITED_BYS
};

/* What a row of owners stands for. A connection belongs to exactly one owner, so that sums add up:
 * to its container, else to its process, else to its unit, else to its user. */
enum network_owner_kind {
    NETWORK_OWNER_CONTAINER,
    NETWORK_OWNER_PROCESS, /* all processes of one name, user and unit */
    NETWORK_OWNER_UNIT,
    NETWORK_OWNER_USER,
    NETWORK_OWNER_KINDS
};

enum network_collection {
    NETWORK_COLLECTION_FULL,
    NETWORK_COLLECTION_SLOWER,
    NETWORK_COLLECTION_OWNERS,
    NETWORK_COLLECTIONS
};

enum network_event_kind {
    NETWORK_EVENT_LINK_UP,
    NETWORK_EVENT_LINK_DOWN,
    NETWORK_EVENT_ADDRESS_ADDED,
    NETWORK_EVENT_ADDRESS_REMOVED,
    NETWORK_EVENT_INTERFACE_ADDED,
    NETWORK_EVENT_INTERFACE_REMOVED,
    NETWORK_EVENT_COUNTER_RESET,
    NETWORK_EVENT_OVERRUN,       /* the kernel had more to say than we could take; re-read */
    NETWORK_EVENT_ROUTE_CHANGED, /* the default route */
    NETWORK_EVENT_DROPS,         /* packets were dropped, and why */
    NETWORK_EVENT_LISTENER_ADDED,
    NETWORK_EVENT_CONNECTION_CLOSED,
    NETWORK_EVENT_OVER_BUDGET, /* or within it again */
    NETWORK_EVENT_KINDS
};

/* The words of an enum as the stream says them, in the enum's order. */
extern const char *const network_status_words[NETWORK_STATUSES];
extern const char *const network_interface_type_words[NETWORK_INTERFACE_TYPES];
extern const char *const network_duplex_words[NETWORK_DUPLEXES];
extern const char *const network_connection_type_words[NETWORK_CONNECTION_TYPES];
extern const char *const network_connection_state_words[NETWORK_CONNECTION_STATES];
extern const char *const network_evidence_words[NETWORK_EVIDENCES];
extern const char *const network_limited_by_words[NETWORK_LIMITED_BYS];
extern const char *const network_event_kind_words[NETWORK_EVENT_KINDS];
extern const char *const network_owner_kind_words[NETWORK_OWNER_KINDS];
extern const char *const network_collection_words[NETWORK_COLLECTIONS];

/* IPv4 or IPv6. Bytes in network order, IPv4 in the first four, the rest zero, so that equal
 * addresses are equal in memory. An IPv4 address mapped into IPv6 is held as IPv4. */
struct network_address {
    uint8_t family;        /* AF_INET or AF_INET6; 0: none */
    uint8_t prefix_length; /* of an interface's address; 0 for a connection's */
    uint8_t bytes[16];
};

/* Longest text of an address with prefix, and its NUL. */
enum { NETWORK_ADDRESS_TEXT = 52 };

/* Interface names: as the kernel has them, any bytes but NUL, NUL-terminated. */
struct network_name {
    char text[16];
};

struct network_capability {
    char name[24];
    uint8_t status;   /* enum network_status; NETWORK_KNOWN: it works */
    char detail[167]; /* a sentence: what it gives, or what is missing and how to get it */
};

struct network_address_list {
    struct network_address *items;
    uint32_t count;
};
struct network_name_list {
    struct network_name *items;
    uint32_t count;
};
struct network_number_list {
    uint32_t *items;
    uint32_t count;
};
struct network_capability_list {
    struct network_capability *items;
    uint32_t count;
};

/* How each type of metrics.h is declared. */
#define NETWORK_DECLARE_flag(member) bool member;
#define NETWORK_DECLARE_u32(member) uint32_t member;
#define NETWORK_DECLARE_u64(member) uint64_t member;
#define NETWORK_DECLARE_i32(member) int32_t member;
#define NETWORK_DECLARE_real(member) double member;
#define NETWORK_DECLARE_time(member) int64_t member; /* ms since 1970 UTC */
#define NETWORK_DECLARE_name(member) char member[16];
#define NETWORK_DECLARE_label(member) char member[32];
#define NETWORK_DECLARE_text(member) char member[64];
#define NETWORK_DECLARE_sentence(member) char member[256];
#define NETWORK_DECLARE_address(member) struct network_address member;
#define NETWORK_DECLARE_addresses(member) struct network_address_list member;
#define NETWORK_DECLARE_names(member) struct network_name_list member;
#define NETWORK_DECLARE_numbers(member) struct network_number_list member;
#define NETWORK_DECLARE_capabilities(member) struct network_capability_list member;
#define NETWORK_DECLARE_interface_type(member) enum network_interface_type member;
#define NETWORK_DECLARE_duplex(member) enum network_duplex member;
#define NETWORK_DECLARE_connection_type(member) enum network_connection_type member;
#define NETWORK_DECLARE_connection_state(member) enum network_connection_state member;
#define NETWORK_DECLARE_evidence(member) enum network_evidence member;
#define NETWORK_DECLARE_limited_by(member) enum network_limited_by member;
#define NETWORK_DECLARE_event_kind(member) enum network_event_kind member;
#define NETWORK_DECLARE_owner_kind(member) enum network_owner_kind member;
#define NETWORK_DECLARE_collection(member) enum network_collection member;

#define NETWORK_MEMBER_(member, key, type, kind, unit, help) NETWORK_DECLARE_##type(member)
#define NETWORK_STATUS_(member, key, type, kind, unit, help) uint8_t member;

struct network_interface {
    /* Of this very device: differs when its name is used again. On Linux the ifindex, and in the
     * high half how many devices had that before. */
    uint64_t identity;
    uint64_t revision; /* of its last change; see network_monitor_revision */
    /* How many of carrier_changes the events have told of. */
    uint32_t carrier_changes_told;
    /* Its other end (veth peer, macvlan parent …) is in another network namespace. */
    bool is_linked_outside;
    struct {
        NETWORK_INTERFACE_METRICS(NETWORK_STATUS_)
    } status;
    NETWORK_INTERFACE_METRICS(NETWORK_MEMBER_)
};

/* What held a TCP sender back, as the kernel adds it up over the connection's life: limited_by is
 * judged from what these grew by. In microseconds. */
struct network_send_times {
    bool is_known;               /* false too while nothing was ever sent */
    bool is_application_limited; /* now: the process gives less than could be sent */
    bool has_unsent;             /* now: something is written and not confirmed */
    uint64_t busy, receiver_limited, sender_limited;
};

struct network_connection {
    uint64_t identity; /* of this very socket while it lives; on Linux the socket cookie */
    struct network_send_times send_times;
    struct {
        NETWORK_CONNECTION_METRICS(NETWORK_STATUS_)
    } status;
    NETWORK_CONNECTION_METRICS(NETWORK_MEMBER_)
};

struct network_owner {
    struct {
        NETWORK_OWNER_METRICS(NETWORK_STATUS_)
    } status;
    NETWORK_OWNER_METRICS(NETWORK_MEMBER_)
};

struct network_totals {
    struct {
        NETWORK_TOTALS_METRICS(NETWORK_STATUS_)
    } status;
    NETWORK_TOTALS_METRICS(NETWORK_MEMBER_)
};

struct network_event {
    uint64_t identity; /* grows by one with every event of a monitor, from 1 */
    struct {
        NETWORK_EVENT_METRICS(NETWORK_STATUS_)
    } status;
    NETWORK_EVENT_METRICS(NETWORK_MEMBER_)
};

/* What a server says of itself; the library fills nothing of it. */
struct network_server {
    struct {
        NETWORK_SERVER_METRICS(NETWORK_STATUS_)
    } status;
    NETWORK_SERVER_METRICS(NETWORK_MEMBER_)
};

/* Whether the datum is known: network_has(iface, mtu_bytes). */
#define network_has(record, member) ((record)->status.member == NETWORK_KNOWN)

/* Longest id of an interface or owner, and its NUL. */
enum { NETWORK_ID_TEXT = 192 };

/* The id of a record, by which the stream names it, into text (NETWORK_ID_TEXT bytes). An
 * interface's is its name, with "namespace/" in front when it is in another one. An owner's tells
 * all that sets it apart: "container:docker:0123456789ab", "process:33:nginx.service:nginx" (user,
 * unit, name), "unit:nginx.service", "user:33". */
void network_interface_id(const struct network_interface *iface, char *text);
void network_owner_id(const struct network_owner *owner, char *text);

/* Writes "10.0.0.2" or "fe80::1", with "/24" when the address carries a prefix length, into text
 * (NETWORK_ADDRESS_TEXT bytes). Returns the length; 0 and an empty text when there is no address.
 */
size_t network_address_format(const struct network_address *address, char *text);
/* 127.0.0.0/8 or ::1. */
bool network_address_is_loopback(const struct network_address *address);

#endif
