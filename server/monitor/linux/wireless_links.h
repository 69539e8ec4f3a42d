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
    bool has_ssid, has_signal, has_bitrate;
    char ssid[33]; /* any bytes; cut at a NUL */
    int8_t signal_dbm;
    uint64_t bits_per_s;
};

struct wireless {
    struct netlink_socket netlink;
    uint16_t family; /* 0: the kernel has none */
    struct wireless_link *links;
    size_t count, capacity;
};

MUST_CHECK int wireless_init(struct wireless *wireless);
void wireless_fini(struct wireless *wireless);

/* Finds the wireless interfaces anew and marks them: is_wireless, type, ssid. */
MUST_CHECK int wireless_read_facts(struct wireless *wireless, struct interface_array *interfaces);
/* Asks for signal and speed of those found and puts them into their samples; without an answer
 * they are unknown. */
void wireless_put_signals(
    struct wireless *wireless, struct interface_sample *samples, size_t count);

/* Pure. 0, or -EPROTO where the message does not say. */
MUST_CHECK int wireless_decode_family(const struct nlmsghdr *message, uint16_t *ret_family);
MUST_CHECK int wireless_decode_interface(
    const struct nlmsghdr *message, struct wireless_link *ret_link);
/* Adds signal and bitrate of a station (the access point) to link. */
MUST_CHECK int wireless_decode_station(const struct nlmsghdr *message, struct wireless_link *link);

#endif
