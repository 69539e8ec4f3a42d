/* mirrors - the macOS kernel's records as structs, in our words: the second statement of what
 * server/monitor/darwin/decode/darwin_wire.h says in offsets, and written without it.
 *
 * The file of Apple's xnu is named with each; all were looked up in xnu-11417 (macOS 15.4). The
 * kernel packs them to four bytes, little-endian. Members that mean nothing to us are gaps.
 */
#ifndef IFPULSE_MIRRORS_H
#define IFPULSE_MIRRORS_H

#include <stdint.h>

#pragma pack(push, 4)

/* --- interfaces --- */

/* bsd/net/if_var.h: if_data64 */
struct mirror_if_data {
    uint8_t type, type_length, physical, address_length, header_length, quotas[2], unused;
    uint32_t mtu, metric;
    uint64_t baudrate;
    uint64_t received_packets, receive_errors, sent_packets, send_errors, collisions;
    uint64_t received_bytes, sent_bytes, received_multicasts, sent_multicasts;
    uint64_t queue_drops, unknown_protocols;
    uint32_t timings[2];
    int32_t changed_s, changed_us;
};

/* bsd/net/if.h: if_msghdr2 */
struct mirror_if_message {
    uint16_t length;
    uint8_t version, kind;
    int32_t addresses, flags;
    uint16_t index;
    int32_t queue_length, queue_limit, queue_drops, timer;
    struct mirror_if_data data;
};

/* bsd/net/if.h: if_msghdr, with the data of 32 bits */
struct mirror_old_if_message {
    uint16_t length;
    uint8_t version, kind;
    int32_t addresses, flags;
    uint16_t index;
    uint32_t data[24];
};

/* bsd/net/if.h: ifa_msghdr */
struct mirror_address_message {
    uint16_t length;
    uint8_t version, kind;
    int32_t addresses, flags;
    uint16_t index;
    int32_t metric;
};

/* bsd/net/if.h: ifma_msghdr2 */
struct mirror_multicast_message {
    uint16_t length;
    uint8_t version, kind;
    int32_t addresses, flags;
    uint16_t index;
    int32_t references;
};

/* bsd/net/if_mib.h: ifmibdata */
struct mirror_if_mib {
    char name[16];
    uint32_t promiscuous, flags, queue_length, queue_limit, queue_drops, filler[4];
    struct mirror_if_data data;
};

/* bsd/net/if_dl.h: sockaddr_dl; as much as an interface's name and address take */
struct mirror_link_address {
    uint8_t length, family;
    uint16_t index;
    uint8_t type, name_length, address_length, selector_length;
    char data[40];
};

/* bsd/net/if.h: ifreq, its union with an int in use */
struct mirror_if_request {
    char name[16];
    uint32_t value, rest[3];
};

/* bsd/net/if.h: ifmediareq */
struct mirror_media_request {
    char name[16];
    int32_t current, mask, status, active, count;
    uint64_t list;
};

/* bsd/net/if_vlan_var.h: vlanreq */
struct mirror_vlan_request {
    char parent[16];
    uint16_t tag;
};

/* --- routes: bsd/net/route.h: rt_msghdr, with its rt_metrics --- */

struct mirror_route_message {
    uint16_t length;
    uint8_t version, kind;
    uint16_t index;
    int32_t flags, addresses, pid, sequence, error, used;
    uint32_t initialised, metrics[14];
};

/* --- sockets --- */

/* bsd/netinet/in_pcb.h: xinpgen */
struct mirror_table_end {
    uint32_t length, count;
    uint64_t generation, socket_generation;
};

/* bsd/netinet/in_pcb.h: xinpcb_n; ports are big-endian */
struct mirror_block {
    uint32_t length, kind;
    uint64_t handle;
    uint8_t remote_port[2], local_port[2];
    uint64_t protocol_handle, generation;
    int32_t flags;
    uint32_t flow;
    uint8_t versions, ttl, protocol;
    uint32_t remote[4], local[4];
    uint8_t type_of_service;
    struct {
        uint8_t hops_limit;
        int32_t checksum;
        uint16_t interface;
        int16_t hops;
    } ipv6;
    uint32_t flow_hash, more_flags;
};

/* bsd/sys/socketvar.h: xsocket_n, as of macOS 13 */
struct mirror_socket {
    uint32_t length, kind;
    uint64_t handle;
    int16_t type;
    uint32_t options;
    int16_t linger, state;
    uint64_t block_handle;
    int32_t protocol, family;
    int16_t queue, incomplete_queue, queue_limit, timeout;
    uint16_t error;
    int32_t process_group;
    uint32_t out_of_band;
    uint32_t uid;
    int32_t last_pid, effective_pid;
    /* macOS 12 ends here */
    uint64_t generation;
    uint32_t more[5];
};

/* bsd/sys/socketvar.h: xsockbuf_n */
struct mirror_buffer {
    uint32_t length, kind, bytes, high_water, memory, memory_limit;
    int32_t low_water;
    int16_t flags, timeout;
};

/* bsd/sys/socketvar.h: xsockstat_n with its data_stats */
struct mirror_statistics {
    uint32_t length, kind;
    struct {
        uint64_t received_packets, received_bytes, sent_packets, sent_bytes;
    } slots[4];
};

/* bsd/netinet/tcp_var.h: xtcpcb_n; TCPT_NTIMERS_EXT is 4 */
struct mirror_tcp {
    uint32_t length, kind;
    uint64_t segments;
    int32_t duplicates, timers[4], state;
    uint32_t flags;
    int32_t force;
    uint32_t sent[8];     /* snd_una to irs */
    uint32_t received[2]; /* rcv_nxt, rcv_adv */
    uint32_t receive_window, received_urgent;
    uint32_t send_window, congestion_window, slow_start_threshold, segment_with_options;
    uint32_t receive_time, start_time;
    int32_t round_trip;
    uint32_t timed_sequence;
    int32_t retransmit_timer;
    uint32_t segment;
    int32_t smoothed_round_trip, round_trip_variance, retransmit_shift;
    uint32_t least_round_trip, round_trips, largest_window;
    int32_t soft_error;
    uint8_t small[6];
    uint32_t rest[8];
};

/* --- processes: bsd/sys/proc_info.h --- */

/* proc_fdinfo */
struct mirror_descriptor {
    int32_t number;
    uint32_t type;
};

/* in_sockinfo and, of TCP, the state behind it; ports are big-endian in an int's first half */
struct mirror_internet_socket {
    uint8_t remote_port[4], local_port[4];
    uint64_t generation;
    uint32_t flags, flow;
    uint8_t versions, ttl;
    uint32_t reserved, remote[4], local[4];
    uint8_t type_of_service;
    uint8_t ipv6[12];
    int32_t tcp_state;
};

/* sockbuf_info */
struct mirror_buffer_info {
    uint32_t bytes, high_water, memory, memory_limit, low_water;
    int16_t flags, timeout;
};

/* socket_fdinfo: proc_fileinfo, then socket_info with its vinfo_stat */
struct mirror_process_socket {
    uint32_t open_flags, status;
    uint64_t offset;
    int32_t type;
    uint32_t guard;
    uint8_t stat[136];
    uint64_t handle, block_handle;
    int32_t socket_type, protocol, family;
    int16_t options, linger, state, queue, incomplete_queue, queue_limit, timeout;
    uint16_t error;
    uint32_t out_of_band;
    struct mirror_buffer_info receive, send;
    int32_t kind;
    uint32_t reserved;
    union {
        struct mirror_internet_socket internet;
        uint8_t largest[528];
    };
};

/* proc_bsdshortinfo */
struct mirror_process {
    uint32_t pid, parent, group, status;
    char name[16];
    uint32_t flags, uid, gid, real_uid, real_gid, saved_uid, saved_gid, reserved;
};

/* --- events --- */

/* bsd/sys/kern_event.h: kern_event_msg; bsd/net/net_kev.h: net_event_data */
struct mirror_event {
    uint32_t total, vendor, class, subclass, id, code;
    uint32_t family, unit;
    char name[16];
};

#pragma pack(pop)

/* The kernel's own sizes: of what a list steps over by, or a request's number holds. */
#define MIRROR_IS(type, size) _Static_assert(sizeof(struct type) == (size), #type)
MIRROR_IS(mirror_if_data, 128);
MIRROR_IS(mirror_if_message, 160);
MIRROR_IS(mirror_old_if_message, 112);
MIRROR_IS(mirror_address_message, 20);
MIRROR_IS(mirror_multicast_message, 20);
MIRROR_IS(mirror_if_mib, 180);
MIRROR_IS(mirror_if_request, 32);
MIRROR_IS(mirror_media_request, 44);
MIRROR_IS(mirror_vlan_request, 18);
MIRROR_IS(mirror_route_message, 92);
MIRROR_IS(mirror_table_end, 24);
MIRROR_IS(mirror_block, 104);
MIRROR_IS(mirror_socket, 104);
MIRROR_IS(mirror_buffer, 32);
MIRROR_IS(mirror_statistics, 136);
MIRROR_IS(mirror_tcp, 204);
MIRROR_IS(mirror_descriptor, 8);
MIRROR_IS(mirror_process_socket, 792);
MIRROR_IS(mirror_process, 64);
MIRROR_IS(mirror_event, 48);

enum {
    MIRROR_VERSION = 5, /* RTM_VERSION */
    MIRROR_INTERFACE = 0x12,
    MIRROR_ADDRESS = 0xc,
    MIRROR_MULTICAST = 0x13,
    MIRROR_ROUTE = 0x4,
    MIRROR_AF_INET = 2,
    MIRROR_AF_LINK = 18,
    MIRROR_AF_INET6 = 30,
};

#endif
