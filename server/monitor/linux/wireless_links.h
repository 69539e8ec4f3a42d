/* wireless_links - which interfaces have a radio, which network they are in and how well they hear
 * it (nl80211 over generic netlink).
 *
 * A kernel without wireless support has no such family: then nothing is wireless, which is a fact
 * and not a failure.
 */
#ifndef IFPULSE_WIRELESS_LINKS_H
#define IFPULSE_WIRELESS_LINKS_H

#include "netlink_socket.h"
#include "platform.h"

struct wireless_link {
    uint32_t index;
    bool is_client; /* of an access point; else it is one, or something like it */
    bool has_ssid, has_frequency, has_signal, has_bitrate;
    char ssid[33]; /* any bytes; cut at a NUL */
    uint32_t frequency_mhz;
    int8_t signal_dbm;
    uint64_t bits_per_s;
};

struct wireless_link_array {
    struct wireless_link *items;
    size_t count, capacity;
};

struct wireless {
    struct netlink_socket *socket; /* NETLINK_GENERIC */
    uint16_t family;               /* 0: the kernel has none */
    struct wireless_link_array links, next;
};

/* keeps socket. */
void wireless_init(struct wireless *wireless, struct netlink_socket *socket);
void wireless_fini(struct wireless *wireless);

/* Finds the wireless interfaces anew. */
MUST_CHECK int wireless_read(struct wireless *wireless);
/* Whether there are others than were found, or they are in other networks. Asks nothing where none
 * were: one that appears is announced. */
MUST_CHECK int wireless_look(struct wireless *wireless, bool *ret_changed);
/* Says of an interface whether it is wireless: is_wireless, type, ssid, frequency_mhz. */
void wireless_put_facts(const struct wireless *wireless, struct network_interface *iface);
/* Asks for signal and speed of those found and puts them into their samples; without an answer
 * they are unknown. */
void wireless_put_signals(
    struct wireless *wireless, struct interface_sample *samples, size_t count);

/* Pure. 0, or -EPROTO where the message does not say. */
MUST_CHECK int wireless_decode_interface(
    const struct nlmsghdr *message, struct wireless_link *ret_link);
/* Adds signal and bitrate of a station (the access point) to link. */
MUST_CHECK int wireless_decode_station(const struct nlmsghdr *message, struct wireless_link *link);

#endif
