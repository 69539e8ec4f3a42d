/* access - who may come in: the rules for Host, Origin and Authorization, apart from any transport.
 *
 * A page of another site can make a browser send requests here, and a hostile name server can point
 * its own name at this address. Both show in the headers: Host must be a name or address of this
 * listener, and Origin, which browsers add, must be the same host. So no other site reads anything,
 * without a cookie or a token being involved.
 */
#ifndef IFPULSE_ACCESS_H
#define IFPULSE_ACCESS_H

#include "base.h"

struct access_rules {
    const char *hostname;             /* of this machine; NULL when only loopback is listened on */
    uint16_t port;                    /* of the listener */
    bool is_tls;                      /* it speaks https */
    const char *const *allowed_hosts; /* "name" for any port, or "name:port"; NULL-terminated */
    const char *const *allowed_origins; /* "https://name:port"; NULL-terminated */
};

enum access_verdict {
    ACCESS_GRANTED,
    ACCESS_NO_HOST,      /* none, or none that can be read */
    ACCESS_WRONG_HOST,   /* not a name of this listener */
    ACCESS_WRONG_ORIGIN, /* another site's page */
};

/* host and origin are the headers' texts; NULL when absent. local_address is the address the
 * connection came in on, as text. */
enum access_verdict access_check(const struct access_rules *rules, const char *host,
    const char *origin, const char *local_address);

/* Whether the path asks for a token where tokens are on: the page does not, all else does. */
bool access_is_guarded(const char *path);
/* Lends the token in the text of an Authorization header, which may be NULL; NULL: it is of another
 * kind, or holds none. */
const char *access_bearer(const char *authorization);

#endif
