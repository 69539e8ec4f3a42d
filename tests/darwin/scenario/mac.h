/* mac - a Mac's network as a scenario describes it, and the answers its kernel gives of it. */
#ifndef IFPULSE_MAC_H
#define IFPULSE_MAC_H

#include "answers.h"

#include <stdbool.h>

/* --- interfaces --- */

enum { /* net/if.h */
    UP = 0x1,
    BROADCAST = 0x2,
    LOOPBACK = 0x8,
    POINT_TO_POINT = 0x10,
    RUNNING = 0x40,
    MULTICAST = 0x8000,
    PORT = BROADCAST | MULTICAST | 0x20 | 0x800, /* SMART, SIMPLEX */
};
enum { /* net/if_types.h */
    TYPE_ETHERNET = 6,
    TYPE_LOOPBACK = 0x18,
    TYPE_GIF = 0x37,
    TYPE_STF = 0x39,
    TYPE_VLAN = 0x87,
    TYPE_BRIDGE = 0xd1,
    TYPE_CELLULAR = 0xff,
    TYPE_OTHER = 1,
};
enum { /* net/if.h: IFRTYPE_FUNCTIONAL_* */
    DOES_NOT_SAY,
    IS_LOOPBACK,
    IS_WIRED,
    IS_WIFI,
    IS_AWDL,
    IS_CELLULAR,
};
enum { REFUSED = -1 }; /* the kernel refuses to say */
enum {                 /* net/if_media.h */
    MEDIA_VALID = 1,
    MEDIA_ACTIVE = 2,
    MEDIA_ETHERNET = 0x20,
    MEDIA_WIRELESS = 0x80,
    MEDIA_100_TX = 6,
    MEDIA_1000_T = 16,
    MEDIA_2500_T = 22,
    MEDIA_NONE = 2,
    MEDIA_FULL_DUPLEX = 0x100000,
    MEDIA_HALF_DUPLEX = 0x200000,
};

struct mac_counters {
    uint64_t received_packets, received_bytes, receive_errors, queue_drops;
    uint64_t sent_packets, sent_bytes, send_errors;
    uint32_t send_drops;
    uint64_t collisions;
};

struct mac_interface {
    const char *name;
    uint16_t index;
    int32_t flags;
    uint8_t type;
    uint32_t mtu;
    uint64_t baudrate;
    const char *mac;                 /* NULL: none */
    int functional;                  /* or REFUSED */
    int media_status;                /* or REFUSED */
    int media;                       /* what is active */
    const char *parent;              /* of a VLAN */
    const char *addresses[5];        /* "192.0.2.7/24" */
    struct mac_counters counters[3]; /* as told one after another; the last stays. Zero received
                                        packets end them, but for the first */
};

void mac_add_interface(struct bytes *list, const struct mac_interface *iface);
/* What follows an interface in the list and is none: the kernel's own groups. */
void mac_add_multicast(struct bytes *list, uint16_t index);
/* What is asked about each: counters, type, medium, parent. */
void mac_answer_details(const struct mac_interface *iface);
/* What is said of its medium from the second time on. */
void mac_answer_second_media(const struct mac_interface *iface);
/* All of it, as the first and only answer. */
void mac_answer_interfaces(const struct mac_interface *interfaces, size_t count);
void mac_answer_count(unsigned nth, uint32_t count);
#define MAC_LIST "sysctl.4.17.0.0.6.0"
#define MAC_LIST_IN_PROCESS "getifaddrs" /* which macOS's library makes, in this form here */

/* --- routes --- */

enum { ROUTE_UP = 1, ROUTE_GATEWAY = 2, ROUTE_SCOPED = 0x1000000 };
struct mac_route {
    const char *destination; /* "192.0.2.0/24"; NULL: default */
    uint16_t interface;
    int32_t flags;
};
void mac_answer_routes(bool is_ipv6, const struct mac_route *routes, size_t count);

/* --- sockets --- */

enum { /* netinet/tcp_fsm.h */
    TCP_LISTEN = 1,
    TCP_SYN_SENT = 2,
    TCP_ESTABLISHED = 4,
    TCP_CLOSE_WAIT = 5,
    TCP_TIME_WAIT = 10,
};
struct mac_slot {
    uint64_t received, sent;
};
struct mac_socket {
    const char *local, *remote; /* addresses; NULL: not bound, not connected */
    uint16_t local_port, remote_port;
    uint8_t versions; /* 1: IPv4, 2: IPv6, 3: both; 0: as the addresses say */
    int state;
    uint64_t generation;
    bool is_flow; /* of a stack in user space: no generation, no socket, little of TCP */
    bool is_gone; /* the process has closed it: no socket any more */
    uint32_t uid;
    int32_t pid, effective_pid;
    struct mac_slot slots[4];
    uint32_t rtt_ms, congestion_window, segment;
    uint32_t receive_queue, send_queue;
    int16_t waiting, most_waiting;
};
struct mac_table {
    bool is_tcp;
    const struct mac_socket *sockets;
    size_t count;
    uint32_t socket_size;  /* of a socket's record; 0: as of macOS 13 */
    uint32_t announced;    /* 0: as many as there are */
    uint32_t count_at_end; /* 0: likewise */
};
void mac_add_table(struct bytes *bytes, const struct mac_table *table);
void mac_answer_table(const struct mac_table *table);
/* The size the kernel names before: an eighth more than all of them. */
size_t mac_table_size(bool is_tcp, size_t count);
#define MAC_TCP "sysctl.net.inet.tcp.pcblist_n"
#define MAC_UDP "sysctl.net.inet.udp.pcblist_n"
/* Of the kernel: 24 is macOS 15, and so on. */
void mac_answer_release(const char *release, const char *version_of_macos);

/* --- processes --- */

void mac_answer_process(int32_t pid, const char *path, const char *name, uint32_t uid);
void mac_answer_pids(const int32_t *pids, size_t count);
/* All of other users, into which libproc does not let one look. */
void mac_answer_strangers(const int32_t *pids, size_t count);
struct mac_descriptor {
    int32_t number;
    uint32_t type; /* 1: file, 2: socket */
};
void mac_answer_descriptors(int32_t pid, const struct mac_descriptor *descriptors, size_t count);
void mac_answer_process_socket(
    int32_t pid, int32_t descriptor, bool is_tcp, const struct mac_socket *socket);

/* --- events --- */

enum { EVENT_INET = 1, EVENT_LINK = 2, EVENT_INET6 = 6 };
enum {
    EVENT_ATTACHED = 9,
    EVENT_DETACHED = 11,
    EVENT_LINK_OFF = 12,
    EVENT_LINK_ON = 13,
    EVENT_NEW_ADDRESS = 1,
};
void mac_answer_event(
    unsigned nth, uint32_t subclass, uint32_t code, const char *name, uint32_t unit);

/* The same, by the routing socket. */
enum { ROUTE_INTERFACE = 0xe, ROUTE_NEW_ADDRESS = 0xc };
void mac_answer_route_event(unsigned nth, uint8_t kind, uint16_t index);

#endif
