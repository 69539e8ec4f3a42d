/* Whether ifpulse.json says what the program does without it: the configuration that is read from
 * the file must equal the one that nothing was read into. */
#include "config.h"

#include <stdio.h>
#include <string.h>

static bool is_empty(char **list)
{
    return !list || !*list;
}

/* The first setting that differs; NULL when all are the same. */
static const char *find_difference(const struct config *one, const struct config *other)
{
#define SAME(member)                                                                               \
    if (one->member != other->member)                                                              \
        return #member;
    if (strcmp(one->listen.address, other->listen.address) != 0)
        return "listen.address";
    SAME(listen.port)
    SAME(listen.is_loopback)
    SAME(web)
    SAME(interval_ms)
    SAME(connections_interval_ms)
    SAME(cpu_budget_percent)
    if (!is_empty(one->allowed_hosts) || !is_empty(one->allowed_origins))
        return "allowed_hosts or allowed_origins";
    SAME(anonymous)
    SAME(token_file)
    SAME(tls_certificate)
    SAME(tls_key)
    SAME(limits.requests_per_s)
    SAME(limits.request_burst)
    SAME(limits.clients)
    SAME(limits.clients_per_address)
    SAME(limits.subscriptions)
    SAME(limits.message_bytes)
    SAME(limits.messages_per_s)
    SAME(limits.message_burst)
    SAME(tombstone_s)
    SAME(tombstones)
    SAME(events)
    SAME(log_level)
    return NULL;
#undef SAME
}

int main(int count, char **words)
{
    struct config from_file, standard;
    char error[CONFIG_ERROR_BYTES] = "no file was named";
    const char *difference = NULL;
    bool is_read;

    config_init(&from_file);
    config_init(&standard);
    is_read = count == 2 && config_read_file(&from_file, words[1], error) == 0;
    if (is_read)
        difference = find_difference(&from_file, &standard);
    if (!is_read)
        fprintf(stderr, "%s\n", error);
    if (difference)
        fprintf(stderr, "%s: %s is not the program's default\n", words[1], difference);
    config_fini(&from_file);
    config_fini(&standard);
    return is_read && !difference ? EXIT_SUCCESS : EXIT_FAILURE;
}
