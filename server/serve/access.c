#include "access.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* A host and its port, as a Host header or an origin names them. */
struct authority {
    char host[256]; /* without brackets, without a final dot */
    unsigned port;
};

static bool parse_port(const char *text, unsigned *ret_port)
{
    unsigned port = 0;
    size_t digits = 0;

    for (; text[digits] >= '0' && text[digits] <= '9' && digits < 6; digits++)
        port = port * 10 + (unsigned)(text[digits] - '0');
    if (digits == 0 || text[digits] || port > 65535)
        return false;
    *ret_port = port;
    return true;
}

static bool parse_authority(const char *text, unsigned default_port, struct authority *ret)
{
    bool has_brackets = text[0] == '[';
    const char *start = text + has_brackets;
    size_t length = strcspn(start, has_brackets ? "]" : ":");
    const char *rest = start + length;

    if (length == 0 || length >= sizeof ret->host || (has_brackets && *rest++ != ']'))
        return false;
    memcpy(ret->host, start, length);
    ret->host[length] = '\0';
    if (length > 1 && ret->host[length - 1] == '.')
        ret->host[length - 1] = '\0';
    ret->port = default_port;
    if (*rest == '\0')
        return true;
    return *rest == ':' && parse_port(rest + 1, &ret->port);
}

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (strcasecmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static bool same_address(const char *one, const char *other)
{
    struct in6_addr a, b;

    if (strcasecmp(one, other) == 0)
        return true;
    return inet_pton(AF_INET6, one, &a) == 1 && inet_pton(AF_INET6, other, &b) == 1 &&
           memcmp(&a, &b, sizeof a) == 0;
}

/* "name" allows any port, "name:port" that one. A bare IPv6 address has colons of its own. */
static bool matches_allowed(const char *allowed, const struct authority *host)
{
    struct authority entry;
    struct in6_addr v6;

    if (inet_pton(AF_INET6, allowed, &v6) == 1)
        return same_address(allowed, host->host);
    if (!parse_authority(allowed, host->port, &entry))
        return false;
    return entry.port == host->port && same_address(entry.host, host->host);
}

static unsigned default_port(const struct access_rules *rules)
{
    return rules->is_tls ? 443 : 80;
}

static bool host_granted(
    const struct access_rules *rules, const struct authority *host, const char *local_address)
{
    for (const char *const *allowed = rules->allowed_hosts; allowed && *allowed; allowed++) {
        if (matches_allowed(*allowed, host))
            return true;
    }
    if (host->port != rules->port)
        return false;
    return is_loopback(host->host) || same_address(host->host, local_address) ||
           (rules->hostname && strcasecmp(host->host, rules->hostname) == 0);
}

static bool origin_granted(
    const struct access_rules *rules, const struct authority *host, const char *origin)
{
    const char *scheme = rules->is_tls ? "https://" : "http://";
    struct authority site;

    for (const char *const *allowed = rules->allowed_origins; allowed && *allowed; allowed++) {
        if (strcasecmp(*allowed, origin) == 0)
            return true;
    }
    if (strncasecmp(origin, scheme, strlen(scheme)) != 0 ||
        !parse_authority(origin + strlen(scheme), default_port(rules), &site))
        return false;
    return site.port == host->port && same_address(site.host, host->host);
}

enum access_verdict access_check(const struct access_rules *rules, const char *host,
    const char *origin, const char *local_address)
{
    struct authority authority;

    if (!host || !parse_authority(host, default_port(rules), &authority))
        return ACCESS_NO_HOST;
    if (!host_granted(rules, &authority, local_address))
        return ACCESS_WRONG_HOST;
    if (origin && !origin_granted(rules, &authority, origin))
        return ACCESS_WRONG_ORIGIN;
    return ACCESS_GRANTED;
}

bool access_is_guarded(const char *path)
{
    static const char *const guarded[] = {"/api", "/metrics"};

    for (size_t i = 0; i < ARRAY_LENGTH(guarded); i++) {
        size_t length = strlen(guarded[i]);

        if (strncmp(path, guarded[i], length) == 0 && strchr("/", path[length]))
            return true;
    }
    return false;
}

const char *access_bearer(const char *authorization)
{
    static const char scheme[] = "Bearer ";
    const char *token;

    if (!authorization || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
        return NULL;
    token = authorization + sizeof scheme - 1;
    token += strspn(token, " ");
    return *token ? token : NULL;
}
