/* fake_frameworks - Core Foundation, SystemConfiguration, IOKit, CoreWLAN and the Objective-C
 * runtime as far as ifpulse calls them, told what they are to say. For tests, on any system.
 *
 * They keep Apple's rules, and are strict where Apple's are forgiving: what Copy and Create
 * functions return is the caller's to release, what Get functions return is lent by what it was
 * taken from, what methods return lasts until the autorelease pool is popped,
 * IOServiceGetMatchingServices takes its dictionary. Whoever uses what is gone, releases too often,
 * calls a method that is not there or hands over what does not fit ends the program with a word on
 * stderr; what was not released is counted by fake_frameworks_end.
 *
 * To use them: fake_frameworks_begin says what there is; dlopen, dlsym and dlclose are then to be
 * answered by fake_frameworks_open, _find and _close. Native code gets there by the linker's --wrap
 * (tests/unit/darwin), a loader of foreign code by binding its imports to them: everything that
 * _find returns has the C calling convention of the system this is compiled for, which on x86_64 is
 * that of macOS too. A world to begin with is fake_frameworks_laptop.
 * All functions may be called from any thread.
 */
#ifndef IFPULSE_FAKE_FRAMEWORKS_H
#define IFPULSE_FAKE_FRAMEWORKS_H

#include <stdbool.h>
#include <stddef.h>

/* A port of SystemConfiguration. NULL: there is none. */
struct fake_port {
    const char *name, *type, *title;
};

/* An IONetworkInterface in IOKit's registry. */
struct fake_device {
    const char *name;  /* NULL: has no "BSD Name" */
    bool has_number;   /* its "BSD Name" is a number */
    unsigned adapters; /* how many IOSkywalkLegacyEthernet are between it and its driver */
    const char *driver, *user_class; /* NULL: is attached to nothing; has no "IOUserClass" */
};

/* What CoreWLAN says of an interface. */
struct fake_radio {
    const char *name;
    bool is_on;
    long channel, band; /* channel 0: wlanChannel is nil */
    long signal, noise;
    double rate;
    const char *ssid; /* NULL: nil */
    bool hangs;       /* does not answer until that is set to false */
};

struct fake_frameworks {
    const struct fake_port *ports;
    size_t port_count;
    const struct fake_device *devices;
    size_t device_count;
    const struct fake_radio *radios;
    size_t radio_count;
    const char
        *missing;     /* path of a library, name of a function, class or method that is not there */
    bool has_no_list; /* SCNetworkInterfaceCopyAll returns NULL */
    int matching_error; /* what IOServiceGetMatchingServices returns; 0: it works */
    unsigned changes;   /* how often the registry changes while it is looked through */
    bool cuts_anywhere; /* CFStringGetBytes fills its buffer to the last byte */
};

extern const struct fake_frameworks fake_frameworks_laptop;

/* Keeps what it is given until the end. Begins anew where something had begun. */
void fake_frameworks_begin(const struct fake_frameworks *world);
/* How many objects are left; stderr names them. Nothing may be called by then. */
size_t fake_frameworks_end(void);

/* As dlopen, dlsym and dlclose; nothing is there before the begin. */
void *fake_frameworks_open(const char *path);
void *fake_frameworks_find(void *library, const char *name);
int fake_frameworks_close(void *library);

/* Says from now on something else of the radio of that name. */
void fake_frameworks_set_radio(const struct fake_radio *radio);
/* How often CWWiFiClient was asked for an interface of that name since the begin. */
unsigned fake_frameworks_asked(const char *name);

/* All names that there are of functions, methods and libraries, to go through what may be missing;
 * NULL behind the last. */
const char *fake_frameworks_name(size_t index);

#endif
