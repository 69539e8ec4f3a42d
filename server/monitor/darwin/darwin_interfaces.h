/* darwin_interfaces - the interfaces of this Mac: facts from the kernel's list, a few ioctls and
 * the frameworks; counters one by one.
 */
#ifndef IFPULSE_DARWIN_INTERFACES_H
#define IFPULSE_DARWIN_INTERFACES_H

#include "darwin_ask.h"
#include "darwin_frameworks.h"
#include "darwin_links.h"
#include "darwin_radios.h"
#include "darwin_routes.h"
#include "darwin_types.h"
#include "platform.h"

/* An interface that was seen, and how often its number was another's. */
struct darwin_device {
    char name[16];
    uint32_t index, ordinal;
    bool is_present;
};

/* One of the last reading, with what its samples need. */
struct darwin_interface {
    uint64_t identity;
    uint32_t index;
    char name[16];
    struct darwin_kind kind;
    struct darwin_media media;
    uint64_t baudrate;
    uint32_t frequency_mhz; /* as it was told with the facts */
    char ssid[33];
};

struct darwin_interfaces {
    struct darwin_ask *ask; /* lent */
    struct darwin_radios *radios;
    struct buffer answer;
    struct darwin_links links;
    struct darwin_routes routes;
    uint32_t primary_index;  /* 0: there is no default route */
    uint64_t routes_read_ns; /* when, to read them again now and then: nothing tells of a change */
    struct darwin_ports ports;
    int ports_result; /* of reading them */
    struct darwin_device *devices;
    size_t device_count, device_capacity;
    struct darwin_interface *items; /* in the order of the last reading */
    size_t count, capacity;
    uint32_t announced; /* how many the kernel said it has, after that reading */
};

/* keeps ask. */
MUST_CHECK int darwin_interfaces_init(struct darwin_interfaces *interfaces, struct darwin_ask *ask);
void darwin_interfaces_fini(struct darwin_interfaces *interfaces);

/* As platform_read_interfaces and platform_read_samples. */
MUST_CHECK int darwin_interfaces_read(
    struct darwin_interfaces *interfaces, uint64_t now_ns, struct interface_array *ret_interfaces);
MUST_CHECK int darwin_interfaces_sample(
    struct darwin_interfaces *interfaces, uint64_t now_ns, struct sample_array *ret_samples);

/* One of that name is new: even if there was one before, it is another. */
void darwin_interfaces_note_attached(struct darwin_interfaces *interfaces, const char *name);

/* Lends the name; NULL: there is none of that number. */
const char *darwin_interfaces_name(const struct darwin_interfaces *interfaces, uint32_t index);
bool darwin_interfaces_have_radio(const struct darwin_interfaces *interfaces);

#endif
