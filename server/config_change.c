#include "config_change.h"

#include <stdio.h>
#include <string.h>

static bool texts_differ(const char *one, const char *other)
{
    return one && other ? strcmp(one, other) != 0 : one != other;
}

static bool lists_differ(char **one, char **other)
{
    static char *none[] = {NULL};

    one = one ? one : none;
    other = other ? other : none;
    while (*one && *other && strcmp(*one, *other) == 0)
        one++, other++;
    return *one || *other;
}

#define DIFFERS(name, expression)                                                                  \
    static bool name##_differs(const struct config *a, const struct config *b)                     \
    {                                                                                              \
        return expression;                                                                         \
    }

DIFFERS(
    listen, texts_differ(a->listen.address, b->listen.address) || a->listen.port != b->listen.port)
DIFFERS(web, texts_differ(a->web, b->web))
DIFFERS(interval_ms, a->interval_ms != b->interval_ms)
DIFFERS(connections_interval_ms, a->connections_interval_ms != b->connections_interval_ms)
DIFFERS(cpu_budget_percent, a->cpu_budget_percent != b->cpu_budget_percent)
DIFFERS(namespaces, a->namespaces != b->namespaces)
DIFFERS(allowed_hosts, lists_differ(a->allowed_hosts, b->allowed_hosts))
DIFFERS(allowed_origins, lists_differ(a->allowed_origins, b->allowed_origins))
DIFFERS(anonymous, a->anonymous != b->anonymous)
DIFFERS(clients, a->limits.clients != b->limits.clients)
DIFFERS(clients_per_address, a->limits.clients_per_address != b->limits.clients_per_address)
DIFFERS(subscriptions, a->limits.subscriptions != b->limits.subscriptions)
DIFFERS(message_bytes, a->limits.message_bytes != b->limits.message_bytes)
DIFFERS(messages_per_s, a->limits.messages_per_s != b->limits.messages_per_s)
DIFFERS(message_burst, a->limits.message_burst != b->limits.message_burst)
DIFFERS(tombstone_s, a->tombstone_s != b->tombstone_s)
DIFFERS(tombstones, a->tombstones != b->tombstones)
DIFFERS(fine_s, a->fine_s != b->fine_s)
DIFFERS(coarse_s, a->coarse_s != b->coarse_s)
DIFFERS(history_bytes, a->history_bytes != b->history_bytes)
DIFFERS(events, a->events != b->events)
DIFFERS(requests_per_s, a->limits.requests_per_s != b->limits.requests_per_s)
DIFFERS(request_burst, a->limits.request_burst != b->limits.request_burst)
DIFFERS(tokens_off, a->token_file && !b->token_file)
DIFFERS(token_file, b->token_file && texts_differ(a->token_file, b->token_file))
DIFFERS(tls, !a->tls_key != !b->tls_key)
DIFFERS(tls_files, a->tls_key && b->tls_key &&
                       (texts_differ(a->tls_certificate, b->tls_certificate) ||
                           texts_differ(a->tls_key, b->tls_key)))
DIFFERS(log_level, a->log_level != b->log_level)

enum { AT_RESTART, AT_ONCE };

static const struct {
    const char *name;
    bool (*differs)(const struct config *a, const struct config *b);
    int when;
} keys[] = {
    {"listen", listen_differs, AT_RESTART},
    {"web", web_differs, AT_ONCE},
    {"interval_ms", interval_ms_differs, AT_RESTART},
    {"connections_interval_ms", connections_interval_ms_differs, AT_RESTART},
    {"cpu_budget_percent", cpu_budget_percent_differs, AT_RESTART},
    {"namespaces", namespaces_differs, AT_RESTART},
    {"allowed_hosts", allowed_hosts_differs, AT_ONCE},
    {"allowed_origins", allowed_origins_differs, AT_ONCE},
    {"anonymous", anonymous_differs, AT_RESTART},   /* goes with listen */
    {"token_file", tokens_off_differs, AT_RESTART}, /* so do they */
    {"token_file", token_file_differs, AT_ONCE},
    {"tls_certificate, tls_key", tls_differs, AT_RESTART},
    {"tls_certificate, tls_key", tls_files_differs, AT_ONCE},
    {"limits.clients", clients_differs, AT_RESTART}, /* descriptors are reserved for them */
    {"limits.clients_per_address", clients_per_address_differs, AT_ONCE},
    {"limits.requests_per_s", requests_per_s_differs, AT_ONCE},
    {"limits.request_burst", request_burst_differs, AT_ONCE},
    {"limits.subscriptions", subscriptions_differs, AT_ONCE},
    {"limits.message_bytes", message_bytes_differs, AT_ONCE},
    {"limits.messages_per_s", messages_per_s_differs, AT_ONCE},
    {"limits.message_burst", message_burst_differs, AT_ONCE},
    {"history.tombstone_s", tombstone_s_differs, AT_RESTART},
    {"history.tombstones", tombstones_differs, AT_RESTART},
    {"history.fine_s", fine_s_differs, AT_RESTART},
    {"history.coarse_s", coarse_s_differs, AT_RESTART},
    {"history.bytes", history_bytes_differs, AT_RESTART},
    {"history.events", events_differs, AT_RESTART},
    {"log_level", log_level_differs, AT_ONCE},
};

static void append(char *list, const char *name)
{
    size_t length = strlen(list);

    snprintf(list + length, CONFIG_CHANGE_BYTES - length, "%s%s", length > 0 ? ", " : "", name);
}

#define EXCHANGE(one, other)                                                                       \
    do {                                                                                           \
        __typeof__(one) was = (one);                                                               \
        (one) = (other);                                                                           \
        (other) = was;                                                                             \
    } while (0)

static void take_over(struct config *current, struct config *next)
{
    uint32_t clients = current->limits.clients;

    EXCHANGE(current->web, next->web);
    EXCHANGE(current->allowed_hosts, next->allowed_hosts);
    EXCHANGE(current->allowed_origins, next->allowed_origins);
    if (next->token_file)
        EXCHANGE(current->token_file, next->token_file);
    if (current->tls_key && next->tls_key) {
        EXCHANGE(current->tls_certificate, next->tls_certificate);
        EXCHANGE(current->tls_key, next->tls_key);
    }
    current->limits = next->limits;
    current->limits.clients = clients;
    current->log_level = next->log_level;
}

void config_change(struct config *current, struct config *next, struct config_change *ret_change)
{
    *ret_change = (struct config_change){0};
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        if (keys[i].differs(current, next))
            append(keys[i].when == AT_ONCE ? ret_change->taken : ret_change->restart, keys[i].name);
    }
    take_over(current, next);
}
