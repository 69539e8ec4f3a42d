/* client_limits - what one client, one address and all together may take; from the configuration.
 */
#ifndef IFPULSE_CLIENT_LIMITS_H
#define IFPULSE_CLIENT_LIMITS_H

#include "base.h"

struct limits {
    uint32_t clients;
    uint32_t clients_per_address;
    uint32_t requests_per_s; /* per address; new connections likewise */
    uint32_t request_burst;
    uint32_t subscriptions; /* per client */
    uint32_t message_bytes; /* per message of a client */
    uint32_t messages_per_s;
    uint32_t message_burst;
};

#endif
