/* config - what the person who runs the server decided: command line over file over default.
 *
 * Everything is checked before anything starts; what is wrong is named with its line or its option,
 * and with what would be right.
 */
#ifndef IFPULSE_CONFIG_H
#define IFPULSE_CONFIG_H

#include "base.h"
#include "client_limits.h"
#include "log.h"

enum {
    CONFIG_INTERVAL_MIN_MS = 50,
    CONFIG_INTERVAL_MAX_MS = 3600000,
    CONFIG_ERROR_BYTES = 512,
};

struct config_listen {
    char address[64]; /* IPv4 or IPv6, without brackets */
    uint16_t port;
    bool is_loopback;
};

struct config {
    struct config_listen listen;
    char *listen_place; /* where the file said so, "file:line: listen"; NULL: it did not */
    char *web;          /* NULL: where the program finds it by itself */
    uint32_t interval_ms;
    uint32_t connections_interval_ms; /* 0: interval_ms */
    double cpu_budget_percent;        /* of a core; 0: no limit */
    bool namespaces;                  /* also the machine's other network namespaces */
    char **allowed_hosts;             /* NULL-terminated; NULL: none */
    char **allowed_origins;
    bool anonymous;
    char *token_file;                /* NULL: none */
    char *tls_certificate, *tls_key; /* NULL: no TLS */
    struct limits limits;
    uint32_t tombstone_s, tombstones, events; /* history */
    uint32_t fine_s, coarse_s, history_bytes;
    enum log_level log_level;
};

void config_init(struct config *config);
void config_fini(struct config *config);

enum { CONFIG_WRONG = 1 };

/* Takes the file's settings over. CONFIG_WRONG: it is not to be used, and error (of
 * CONFIG_ERROR_BYTES) says why, with file and line. */
MUST_CHECK int config_read_file(struct config *config, const char *file, char *error);

/* Takes one option of the command line over: "listen" with its value, without the dashes. */
MUST_CHECK int config_set_option(
    struct config *config, const char *option, const char *value, char *error);

/* Whether the whole may be used: what no single setting can tell. */
MUST_CHECK int config_check(const struct config *config, char *error);

#endif
