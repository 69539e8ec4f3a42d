/* descriptors - how many files may be open, and how many of these are for connections.
 * libwebsockets makes its tables by the limit it finds, and spins where a connection comes that
 * none is left for.
 */
#ifndef IFPULSE_DESCRIPTORS_H
#define IFPULSE_DESCRIPTORS_H

#include "base.h"

/* Before libwebsockets begins: sets the limit to what so many WebSocket clients, requests beside
 * them, and the rest of the program may need, as far as the system allows. -EMFILE: that is too
 * few. */
MUST_CHECK int descriptors_limit(unsigned clients, unsigned elsewhere, unsigned *ret_connections);
/* Once it has made its tables: the rest of the program may have what there is. */
void descriptors_raise(void);

#endif
