#include "config.h"

#include "tls.h"
#include "tokens.h"

#include <jansson.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

_Static_assert((int)TOKENS_ERROR_BYTES <= (int)CONFIG_ERROR_BYTES &&
                   (int)TLS_ERROR_BYTES <= (int)CONFIG_ERROR_BYTES,
    "their errors go into ours");

void config_init(struct config *config)
{
    *config = (struct config){
        .listen = {.address = "127.0.0.1", .port = 8750, .is_loopback = true},
        .interval_ms = 1000,
        .cpu_budget_percent = 5,
        .limits =
            {
                .clients = 1024,
                .clients_per_address = 64,
                .requests_per_s = 1000,
                .request_burst = 5000,
                .subscriptions = 32,
                .message_bytes = 16384,
                .messages_per_s = 10,
                .message_burst = 50,
            },
        .tombstone_s = 60,
        .tombstones = 100000,
        .events = 10000,
        .fine_s = 3600,
        .coarse_s = 86400,
        .history_bytes = 32 << 20,
        .log_level = LOG_LEVEL_NOTICE,
    };
}

static void free_list(char **list)
{
    for (char **item = list; item && *item; item++)
        free(*item);
    free(list);
}

void config_fini(struct config *config)
{
    free_list(config->allowed_hosts);
    free_list(config->allowed_origins);
    free(config->listen_place);
    free(config->web);
    free(config->token_file);
    free(config->tls_certificate);
    free(config->tls_key);
    *config = (struct config){0};
}

static int wrong(char *error, const char *format, ...) PRINTF_LIKE(2, 3);
static int wrong(char *error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(error, CONFIG_ERROR_BYTES, format, arguments);
    va_end(arguments);
    return CONFIG_WRONG;
}

/* --- single values --- */

static int parse_port(const char *text, uint16_t *ret_port)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end || port > 65535)
        return CONFIG_WRONG;
    *ret_port = (uint16_t)port;
    return 0;
}

static int parse_listen(const char *text, struct config_listen *ret_listen, char *error)
{
    struct config_listen listen = {0};
    bool has_brackets = text[0] == '[';
    const char *address = text + has_brackets;
    const char *end = has_brackets ? strchr(address, ']') : strrchr(address, ':');
    size_t length = end ? (size_t)(end - address) : 0;
    struct in6_addr v6;
    struct in_addr v4;

    if (length == 0 || length >= sizeof listen.address || end[has_brackets] != ':' ||
        parse_port(end + has_brackets + 1, &listen.port))
        return wrong(
            error, "\"%s\" is not ADDRESS:PORT, such as 127.0.0.1:8750 or [::1]:8750", text);
    memcpy(listen.address, address, length);
    if (strcmp(listen.address, "localhost") == 0)
        strcpy(listen.address, "127.0.0.1");
    if (!has_brackets && inet_pton(AF_INET, listen.address, &v4) == 1)
        listen.is_loopback = ntohl(v4.s_addr) >> 24 == 127;
    else if (has_brackets && inet_pton(AF_INET6, listen.address, &v6) == 1)
        listen.is_loopback = IN6_IS_ADDR_LOOPBACK(&v6);
    else
        return wrong(error, "\"%s\" is no IPv4 address and no [IPv6 address]", listen.address);
    *ret_listen = listen;
    return 0;
}

static int check_range(json_int_t value, json_int_t least, json_int_t most, char *error)
{
    if (value >= least && value <= most)
        return 0;
    return wrong(error, "%lld is out of range; from %lld to %lld is right", (long long)value,
        (long long)least, (long long)most);
}

static int parse_u32(const json_t *value, json_int_t most, uint32_t *ret_value, char *error)
{
    int r;

    if (!json_is_integer(value))
        return wrong(error, "it must be an integer");
    r = check_range(json_integer_value(value), 1, most, error);
    if (r == 0)
        *ret_value = (uint32_t)json_integer_value(value);
    return r;
}

static int parse_interval(const json_t *value, uint32_t *ret_interval_ms, char *error)
{
    int r;

    if (!json_is_integer(value))
        return wrong(error, "it must be a number of milliseconds");
    r = check_range(
        json_integer_value(value), CONFIG_INTERVAL_MIN_MS, CONFIG_INTERVAL_MAX_MS, error);
    if (r == 0)
        *ret_interval_ms = (uint32_t)json_integer_value(value);
    return r;
}

static int parse_percent(const json_t *value, double *ret_percent, char *error)
{
    if (!json_is_number(value))
        return wrong(error, "it must be a number of percent of a core");
    if (json_number_value(value) < 0 || json_number_value(value) > 100)
        return wrong(error, "%g is out of range; from 0 to 100 is right", json_number_value(value));
    *ret_percent = json_number_value(value);
    return 0;
}

static int parse_list(const json_t *value, char ***list, char *error)
{
    size_t count = json_array_size(value);
    char **items;

    if (!json_is_array(value))
        return wrong(error, "it must be a list of texts, such as [\"name\"]");
    items = calloc(count + 1, sizeof *items);
    for (size_t i = 0; items && i < count; i++) {
        const char *text = json_string_value(json_array_get(value, i));

        items[i] = text && *text ? strdup(text) : NULL;
        if (!items[i]) {
            free_list(items);
            return wrong(error, "item %zu must be a text", i + 1);
        }
    }
    free_list(*list);
    *list = items;
    return items ? 0 : wrong(error, "no memory");
}

static int parse_text(const json_t *value, char **text, char *error)
{
    if (!json_is_string(value) || !*json_string_value(value))
        return wrong(error, "it must be a text");
    free(*text);
    *text = strdup(json_string_value(value));
    return *text ? 0 : wrong(error, "no memory");
}

static int parse_flag(const json_t *value, bool *ret_flag, char *error)
{
    if (!json_is_boolean(value))
        return wrong(error, "it must be true or false");
    *ret_flag = json_is_true(value);
    return 0;
}

static int parse_log_level(const char *word, enum log_level *ret_level, char *error)
{
    if (word && log_parse_level(word, ret_level))
        return 0;
    return wrong(error, "it must be error, warning, notice, info or debug");
}

/* --- keys of the file --- */

typedef int (*key_setter)(struct config *config, const json_t *value, char *error);

#define KEY(name, expression)                                                                      \
    static int set_##name(struct config *config, const json_t *value, char *error)                 \
    {                                                                                              \
        return expression;                                                                         \
    }

static int set_listen(struct config *config, const json_t *value, char *error)
{
    if (!json_is_string(value))
        return wrong(error, "it must be a text, such as \"127.0.0.1:8750\"");
    return parse_listen(json_string_value(value), &config->listen, error);
}
KEY(web, parse_text(value, &config->web, error))
KEY(interval_ms, parse_interval(value, &config->interval_ms, error))
KEY(connections_interval_ms, parse_interval(value, &config->connections_interval_ms, error))
KEY(cpu_budget_percent, parse_percent(value, &config->cpu_budget_percent, error))
KEY(namespaces, parse_flag(value, &config->namespaces, error))
KEY(allowed_hosts, parse_list(value, &config->allowed_hosts, error))
KEY(allowed_origins, parse_list(value, &config->allowed_origins, error))
KEY(anonymous, parse_flag(value, &config->anonymous, error))
KEY(token_file, parse_text(value, &config->token_file, error))
KEY(tls_certificate, parse_text(value, &config->tls_certificate, error))
KEY(tls_key, parse_text(value, &config->tls_key, error))
KEY(log_level, parse_log_level(json_string_value(value), &config->log_level, error))
KEY(clients, parse_u32(value, 100000, &config->limits.clients, error))
KEY(clients_per_address, parse_u32(value, 100000, &config->limits.clients_per_address, error))
KEY(requests_per_s, parse_u32(value, 1000000, &config->limits.requests_per_s, error))
KEY(request_burst, parse_u32(value, 1000000, &config->limits.request_burst, error))
KEY(subscriptions, parse_u32(value, 1000, &config->limits.subscriptions, error))
KEY(message_bytes, parse_u32(value, 1 << 20, &config->limits.message_bytes, error))
KEY(messages_per_s, parse_u32(value, 1000000, &config->limits.messages_per_s, error))
KEY(message_burst, parse_u32(value, 1000000, &config->limits.message_burst, error))
KEY(tombstone_s, parse_u32(value, 86400, &config->tombstone_s, error))
KEY(tombstones, parse_u32(value, 10000000, &config->tombstones, error))
KEY(events, parse_u32(value, 1000000, &config->events, error))
KEY(fine_s, parse_u32(value, 86400, &config->fine_s, error))
KEY(coarse_s, parse_u32(value, 86400, &config->coarse_s, error))
KEY(history_bytes, parse_u32(value, 1 << 30, &config->history_bytes, error))

struct key {
    const char *name;
    key_setter set; /* NULL: a section */
    const struct key *section;
};

static const struct key limit_keys[] = {
    {"clients", set_clients, NULL},
    {"clients_per_address", set_clients_per_address, NULL},
    {"requests_per_s", set_requests_per_s, NULL},
    {"request_burst", set_request_burst, NULL},
    {"subscriptions", set_subscriptions, NULL},
    {"message_bytes", set_message_bytes, NULL},
    {"messages_per_s", set_messages_per_s, NULL},
    {"message_burst", set_message_burst, NULL},
    {NULL, NULL, NULL},
};

static const struct key history_keys[] = {
    {"tombstone_s", set_tombstone_s, NULL},
    {"tombstones", set_tombstones, NULL},
    {"events", set_events, NULL},
    {"fine_s", set_fine_s, NULL},
    {"coarse_s", set_coarse_s, NULL},
    {"bytes", set_history_bytes, NULL},
    {NULL, NULL, NULL},
};

static const struct key keys[] = {
    {"listen", set_listen, NULL},
    {"web", set_web, NULL},
    {"interval_ms", set_interval_ms, NULL},
    {"connections_interval_ms", set_connections_interval_ms, NULL},
    {"cpu_budget_percent", set_cpu_budget_percent, NULL},
    {"namespaces", set_namespaces, NULL},
    {"allowed_hosts", set_allowed_hosts, NULL},
    {"allowed_origins", set_allowed_origins, NULL},
    {"anonymous", set_anonymous, NULL},
    {"limits", NULL, limit_keys},
    {"history", NULL, history_keys},
    {"log_level", set_log_level, NULL},
    {"token_file", set_token_file, NULL},
    {"tls_certificate", set_tls_certificate, NULL},
    {"tls_key", set_tls_key, NULL},
    {NULL, NULL, NULL},
};

/* --- the file --- */

struct source {
    const char *file;
    char *text;
    char *error;
};

/* Line of a member: jansson does not remember where a value stood. Names are looked for as JSON
 * text followed by a colon, a section's members behind the section's own name. */
static unsigned line_of(const struct source *source, const char *section, const char *name)
{
    const char *at = source->text;
    const char *path[] = {section, name};
    unsigned line = 1;

    for (size_t i = 0; i < ARRAY_LENGTH(path); i++) {
        size_t length = path[i] ? strlen(path[i]) : 0;

        for (; path[i] && (at = strchr(at, '"')); at++) {
            const char *rest = at + 1 + length;

            if (strncmp(at + 1, path[i], length) == 0 && *rest == '"' &&
                rest[1 + strspn(rest + 1, " \t\r\n")] == ':')
                break;
        }
        if (!at)
            return 1;
    }
    for (const char *c = source->text; c < at; c++)
        line += *c == '\n';
    return line;
}

static void list_keys(const struct key *key, char *text, size_t size)
{
    size_t length = 0;

    for (; key->name && length < size; key++)
        length +=
            (size_t)snprintf(text + length, size - length, "%s%s", length ? ", " : "", key->name);
}

static int read_object(struct config *config, const struct source *source, const json_t *object,
    const struct key *section);

static int read_member(
    struct config *config, const struct source *source, const json_t *value, const struct key *key)
{
    if (key->section)
        return read_object(config, source, value, key);
    return key->set(config, value, source->error);
}

static int locate(const struct source *source, const char *section, const char *name)
{
    char reason[CONFIG_ERROR_BYTES];

    memcpy(reason, source->error, sizeof reason);
    return wrong(source->error, "%s:%u: %s%s%.60s: %.300s", source->file,
        line_of(source, section, name), section ? section : "", section ? "." : "", name, reason);
}

/* section: a key that has one, or the row that stands for the whole file, without a name. */
static int read_object(struct config *config, const struct source *source, const json_t *object,
    const struct key *section)
{
    const char *name;
    json_t *value;

    if (!json_is_object(object))
        return wrong(source->error, "it must be an object, such as {}");
    json_object_foreach((json_t *)object, name, value)
    {
        const struct key *key = section->section;
        char known[300];
        int r;

        while (key->name && strcmp(key->name, name) != 0)
            key++;
        list_keys(section->section, known, sizeof known);
        r = key->name ? read_member(config, source, value, key)
                      : wrong(source->error, "there is no such key; there are: %s", known);
        if (r && (!key->name || !key->section || !json_is_object(value)))
            return locate(source, section->name, name);
        if (r)
            return r; /* located inside the section */
    }
    return 0;
}

/* Up to a NUL, if there is one: ret_is_cut says so. */
static char *read_text(const char *file, bool *ret_is_cut)
{
    FILE *stream = fopen(file, "re");
    char *text = NULL;
    size_t size = 0;
    ssize_t length;

    if (!stream)
        return NULL;
    errno = 0;
    length = getdelim(&text, &size, '\0', stream);
    *ret_is_cut = length > 0 && text[length - 1] == '\0';
    if (length < 0) {
        bool is_empty = feof(stream) && !errno;

        free(text);
        text = is_empty ? strdup("") : NULL;
    }
    fclose(stream);
    return text;
}

/* For what can only be said of it when all is known. Without memory it is said without the place.
 */
static void note_listen(struct config *config, const struct source *source)
{
    free(config->listen_place);
    if (asprintf(&config->listen_place, "%s:%u: listen", source->file,
            line_of(source, NULL, "listen")) < 0)
        config->listen_place = NULL;
}

int config_read_file(struct config *config, const char *file, char *error)
{
    static const struct key whole = {NULL, NULL, keys};
    struct source source = {.file = file, .error = error};
    bool is_cut = false;
    char *text CLEANUP(free_p) = read_text(file, &is_cut);
    json_error_t at;
    json_t *root;
    int r;

    if (!text)
        return wrong(error, "%s: %s", file, strerror(errno));
    if (is_cut)
        return wrong(error, "%s: not JSON: there is a NUL byte in it", file);
    source.text = text;
    root = json_loads(text, JSON_REJECT_DUPLICATES, &at);
    if (!root)
        return wrong(error, "%s:%d: not JSON: %s", file, at.line, at.text);
    if (json_is_object(root))
        r = read_object(config, &source, root, &whole);
    else
        r = wrong(error, "%s:1: it must hold one JSON object", file);
    if (r == 0 && json_object_get(root, "listen"))
        note_listen(config, &source);
    json_decref(root);
    return r;
}

/* --- the command line --- */

static int set_interval_text(struct config *config, const char *text, char *error)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (!*text || *end)
        return wrong(error, "\"%s\" is not a number of milliseconds", text);
    if (check_range(value, CONFIG_INTERVAL_MIN_MS, CONFIG_INTERVAL_MAX_MS, error))
        return CONFIG_WRONG;
    config->interval_ms = (uint32_t)value;
    return 0;
}

int config_set_option(struct config *config, const char *option, const char *value, char *error)
{
    char reason[CONFIG_ERROR_BYTES] = "";
    int r;

    if (strcmp(option, "listen") == 0) {
        r = parse_listen(value, &config->listen, reason);
        free(config->listen_place);
        config->listen_place = NULL;
    } else if (strcmp(option, "interval-ms") == 0) {
        r = set_interval_text(config, value, reason);
    } else if (strcmp(option, "log-level") == 0) {
        r = parse_log_level(value, &config->log_level, reason);
    } else if (strcmp(option, "web") == 0) {
        free(config->web);
        config->web = strdup(value);
        r = config->web ? 0 : wrong(reason, "no memory");
    } else if (strcmp(option, "namespaces") == 0) {
        config->namespaces = true;
        r = 0;
    } else if (strcmp(option, "token-file") == 0) {
        free(config->token_file);
        config->token_file = strdup(value);
        r = config->token_file ? 0 : wrong(reason, "no memory");
    } else {
        config->anonymous = true;
        r = 0;
    }
    return r ? wrong(error, "--%s: %.400s", option, reason) : 0;
}

static int check_tls(const struct config *config, char *error)
{
    if (!config->tls_certificate && !config->tls_key)
        return 0;
    if (!config->tls_certificate || !config->tls_key)
        return wrong(error, "%s: TLS needs both tls_certificate and tls_key; add %s",
            config->tls_certificate ? "tls_certificate" : "tls_key",
            config->tls_certificate ? "tls_key" : "tls_certificate");
    return tls_check(config->tls_certificate, config->tls_key, error) ? CONFIG_WRONG : 0;
}

static int check_tokens(const struct config *config, char *error)
{
    struct tokens tokens CLEANUP(tokens_fini) = {0};

    if (!config->token_file)
        return 0;
    if (config->anonymous)
        return wrong(error, "a token file and anonymous do not go together; take one of them out");
    return tokens_read(config->token_file, &tokens, error) ? CONFIG_WRONG : 0;
}

int config_check(const struct config *config, char *error)
{
    int r = check_tls(config, error);

    if (r == 0)
        r = check_tokens(config, error);
    if (r)
        return r;
    if (!config->listen.is_loopback && !config->anonymous && !config->token_file)
        return wrong(error,
            "%s: listening on %s would show this machine's network to others without a token; "
            "name a --token-file (\"token_file\"), listen on 127.0.0.1, or say --anonymous "
            "(\"anonymous\": true) if that is meant",
            config->listen_place ? config->listen_place : "--listen", config->listen.address);
    return 0;
}
