/* outward - whether what a connection carries goes through an interface that counts in the totals.
 */
#ifndef IFPULSE_OUTWARD_H
#define IFPULSE_OUTWARD_H

#include "platform.h"

enum { OUTWARD_DECIDED = 16 };

struct outward_decision {
    char interface[16];
    bool is_made, is_carried;
};

struct outward {
    const struct interface_array *interfaces; /* NULL: not known just now */
    struct outward_decision decisions[OUTWARD_DECIDED];
};

/* interfaces is kept until the next call; NULL: between readings. */
void outward_begin(struct outward *outward, const struct interface_array *interfaces);
bool outward_is(struct outward *outward, const struct network_connection *connection);

#endif
