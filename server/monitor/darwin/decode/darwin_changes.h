/* darwin_changes - what a datagram of the kernel's event socket, or of the routing socket, says
 * has changed. */
#ifndef IFPULSE_DARWIN_CHANGES_H
#define IFPULSE_DARWIN_CHANGES_H

#include "base.h"

struct darwin_change {
    bool facts;        /* of interfaces, their addresses or routes */
    char attached[32]; /* an interface that is new, under a name that may have been another's */
};

/* Adds to the change what one datagram says. What is not understood, or of no interest, adds
 * nothing: the caller reads everything anew after any change. */
void darwin_change_read_event(const uint8_t *bytes, size_t size, struct darwin_change *change);
void darwin_change_read_route(const uint8_t *bytes, size_t size, struct darwin_change *change);

#endif
