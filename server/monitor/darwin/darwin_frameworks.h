/* darwin_frameworks - what macOS tells through frameworks only, found at run time by dlopen(3).
 *
 * So that one source builds everywhere, needs no framework's headers, and a framework that is not
 * there is a datum that is not there. Everything is called through prototypes of its own; nothing
 * is linked. Works on any system: where there are no frameworks, all answers are -ENOSYS. Callable
 * from any thread.
 */
#ifndef IFPULSE_DARWIN_FRAMEWORKS_H
#define IFPULSE_DARWIN_FRAMEWORKS_H

#include "base.h"

/* A port as SystemConfiguration lists it, and IOKit drives it. Empty texts are not known. Texts are
 * UTF-8, and cut between characters where they are longer. */
struct darwin_port {
    char name[16];   /* BSD name */
    char type[32];   /* SCNetworkInterfaceGetInterfaceType: "Ethernet", "IEEE80211", "Bridge" … */
    char title[64];  /* localized name for people, as in System Settings */
    char driver[64]; /* the driver's class: of what its IONetworkInterface is attached to */
};
struct darwin_ports {
    struct darwin_port *items;
    size_t count, capacity;
};
void darwin_ports_fini(struct darwin_ports *ports);
/* Appends the configurable ports, which lack lo0, utun and the like, and those that only have a
 * driver, as awdl0; each name once. What one framework does not say the other still may: only when
 * neither does, that is an error: -ENOSYS when they are not there. Costs milliseconds: not for
 * every tick. */
MUST_CHECK int darwin_frameworks_read_ports(struct darwin_ports *ret_ports);

/* What CoreWLAN says of a wireless interface. */
struct darwin_radio {
    bool is_on;                 /* its power */
    bool is_joined;             /* it is in a network; else nothing of the following is known */
    int32_t signal_dbm;         /* 0: not known */
    int32_t noise_dbm;          /* 0: not known */
    double transmit_mbit_per_s; /* 0: not known */
    uint32_t frequency_mhz;     /* 0: not known */
    char ssid[33];              /* empty: none, or not for this program (Location Services) */
};
/* Asks a system service and may take long: only for a thread of its own (darwin_radios.h). -ENOSYS
 * without CoreWLAN, -ENODEV when it knows no such interface. Never scans. */
MUST_CHECK int darwin_frameworks_read_radio(const char *name, struct darwin_radio *ret_radio);

#endif
