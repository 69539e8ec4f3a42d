/* service - the event loop: libwebsockets' context, its callbacks, its timers, the signals.
 *
 * Everything but the collector runs here, on one thread.
 */
#ifndef IFPULSE_SERVICE_H
#define IFPULSE_SERVICE_H

#include "assets.h"
#include "hub.h"

struct service;

/* What the rest of the program does when the event loop asks. */
struct service_owner {
    int64_t (*late_ms)(void *context); /* for how long a reading of the network is overdue */
    void (*reload)(void *context);     /* SIGHUP; may call service_reload */
    void *context;
};

struct service_options {
    char address[64];                 /* to listen on, IPv4 or IPv6, without brackets */
    uint16_t port;                    /* 0: any that is free */
    const struct assets *assets;      /* the page; keeps it */
    const char *const *allowed_hosts; /* see access.h; keeps these */
    const char *const *allowed_origins;
    const char *token_file;      /* NULL: no token is needed */
    const char *tls_certificate; /* NULL: no TLS; else with its key */
    const char *tls_key;
    unsigned descriptors_elsewhere; /* that the rest of the program may need, beyond a few */
    struct hub_options hub;
    struct service_owner owner;
};

/* Listens. -EADDRINUSE and the like say why not. The first observation must be there to be taken.
 */
MUST_CHECK int service_new(const struct service_options *options, struct service **ret_service);
/* Accepts NULL. */
void service_free(struct service *service);

/* The port listened on. */
uint16_t service_port(const struct service *service);

/* Serves until SIGTERM or SIGINT, then says goodbye to every client and returns. The service
 * manager is told of all of it, and that this goes on as long as no reading of the network is late
 * by as much as its watchdog waits. */
void service_run(struct service *service);

/* Takes over what can change at run time: who is allowed, the limits but for that of clients, and
 * what is now in the files of tokens and of the certificate. Where tokens or TLS are on they stay
 * so, and TLS is not put on. */
void service_reload(struct service *service, const struct service_options *options);

/* An observation can be taken. From any thread. */
void service_wake(struct service *service);

#endif
