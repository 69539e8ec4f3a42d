#include "api.h"

#include "api_history.h"
#include "api_query.h"
#include "encode.h"
#include "json.h"
#include "prometheus.h"
#include "self.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { GZIP_FROM_BYTES = 1024, STALE_MS = 5000, STALE_TICKS = 3 };

void http_response_fini(struct http_response *response)
{
    frame_unref(response->body);
    *response = (struct http_response){0};
}

/* --- problems --- */

static const char *title_of(unsigned status)
{
    switch (status) {
    case 400:
        return "Bad request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not found";
    case 405:
        return "Method not allowed";
    case 413:
        return "Too large";
    case 429:
        return "Too many requests";
    case 426:
        return "Upgrade required";
    case 503:
        return "Not available";
    default:
        return "Internal error";
    }
}

int api_problem(
    struct http_response *ret_response, unsigned status, const char *word, const char *format, ...)
{
    struct buffer body CLEANUP(buffer_fini) = {0};
    struct http_response response = {.status = status, .media_type = "application/problem+json"};
    char detail[1152], head[128];
    va_list arguments;
    int r;

    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    snprintf(head, sizeof head,
        "{\"type\":\"/problems/%s\",\"title\":\"%s\",\"status\":%u,\"detail\":", word,
        title_of(status), status);
    buffer_append_text(&body, head);
    json_append_name(&body, detail, strlen(detail));
    buffer_append_text(&body, "}\n");
    r = frame_new_from(&body, &response.body);
    if (r == 0)
        *ret_response = response;
    return r;
}

/* --- parameters --- */

static const char *const query_parameters[] = {
    "fields", "sort", "limit", "since", "instance", "*", NULL}; /* *: filters, by name */
static const char *const record_parameters[] = {"fields", "since", "instance", NULL};
static const char *const snapshot_parameters[] = {"topics", "since", "instance", NULL};
static const char *const no_parameters[] = {NULL};

static bool is_allowed(const char *const *allowed, const char *name)
{
    while (*allowed && strcmp(*allowed, "*") != 0 && strcmp(*allowed, name) != 0)
        allowed++;
    return *allowed;
}

static void list_words(const char *const *words, char *text, size_t size)
{
    size_t length = 0;

    text[0] = '\0';
    for (; *words && length < size; words++)
        length +=
            (size_t)snprintf(text + length, size - length, "%s%s", length ? ", " : "", *words);
}

/* Whether every parameter is known, and none is given twice; else the problem. */
static int check_parameters(const struct http_request *request, const char *const *allowed,
    struct http_response *ret_response)
{
    char known[128];

    list_words(allowed, known, sizeof known);
    for (unsigned i = 0; i < request->parameter_count; i++) {
        const char *name = request->parameters[i].name;

        if (!is_allowed(allowed, name))
            return api_problem(ret_response, 400, "bad-request",
                "There is no parameter \"%.100s\" here; %s%s.", name,
                *allowed ? "there are: " : "this address takes none", known);
        if (http_parameter(request, name) != request->parameters[i].value)
            return api_problem(ret_response, 400, "bad-request",
                "The parameter \"%.100s\" is given twice; give it once.", name);
    }
    return 0;
}

static int parse_since(const struct http_request *request, const char *instance,
    uint64_t *ret_since, struct http_response *ret_response)
{
    const char *since = http_parameter(request, "since");
    const char *of_instance = http_parameter(request, "instance");
    char *end = NULL;
    uint64_t revision = 0;

    if (of_instance && !since)
        return api_problem(ret_response, 400, "bad-request",
            "The parameter \"instance\" goes with \"since\"; give both.");
    errno = 0;
    if (since)
        revision = strtoull(since, &end, 10);
    if (since && (since[0] < '0' || since[0] > '9' || *end || errno))
        return api_problem(ret_response, 400, "bad-request",
            "\"since\" is \"%.40s\"; it must be the revision number of an earlier answer.", since);
    *ret_since = of_instance && strcmp(of_instance, instance) != 0 ? 0 : revision;
    return 0;
}

static int parse_topics(
    const struct http_request *request, unsigned *ret_topics, struct http_response *ret_response)
{
    const char *word;
    int length;

    if (topic_parse_list(http_parameter(request, "topics"), ret_topics, &word, &length))
        return 0;
    return api_problem(ret_response, 400, "bad-request",
        "\"topics\" names \"%.*s\", which is no topic; there are: %s.", length, word,
        topic_names());
}

/* --- documents --- */

static bool tag_listed(const char *list, const char *tag)
{
    size_t length = strlen(tag);

    for (const char *at = list; at && *at; at += strcspn(at, ",")) {
        at += strspn(at, ", \t");
        if (*at == '*')
            return true;
        if (strncmp(at, "W/", 2) == 0)
            at += 2;
        if (strncmp(at, tag, length) == 0)
            return true;
    }
    return false;
}

static int compress(const struct http_request *request, struct http_response *response)
{
    struct frame *gzip;
    int r;

    if (!request->accepts_gzip || response->body->parts[0].length < GZIP_FROM_BYTES)
        return 0;
    r = assets_gzip(frame_text(response->body, 0), response->body->parts[0].length, 1, &gzip);
    if (r < 0)
        return r;
    frame_unref(response->body);
    response->body = gzip;
    response->is_gzip = true;
    return 0;
}

int api_answer_text(
    const struct http_request *request, const struct buffer *text, struct http_response *response)
{
    int r = frame_new_from(text, &response->body);

    response->status = 200;
    response->media_type = "application/json";
    if (r == 0)
        r = compress(request, response);
    if (r < 0)
        http_response_fini(response);
    return r;
}

/* Whether all topics are current; those that are not soon will be. */
static bool all_current(struct hub *hub, unsigned topics)
{
    bool current = true;

    for (int i = 0; i < TOPICS; i++) {
        if (topics & 1u << i && !hub_ask(hub, (enum topic)i))
            current = false;
    }
    return current;
}

bool api_is_known(
    const struct hub *hub, const struct http_request *request, struct http_response *ret_response)
{
    snprintf(ret_response->tag, sizeof ret_response->tag, "\"%s-%" PRIu64 "\"", hub->instance,
        hub->model.revision);
    if (!tag_listed(request->if_none_match, ret_response->tag))
        return false;
    ret_response->status = 304;
    return true;
}

static int answer_document(const struct http *http, const struct http_request *request,
    struct encode_request *document, struct http_response *ret_response)
{
    struct buffer text CLEANUP(buffer_fini) = {0};
    const struct model *model = &http->hub->model;
    int r;

    document->instance = http->hub->instance;
    if (api_is_known(http->hub, request, ret_response))
        return 0;
    r = encode_document(model, document, &text);
    return r < 0 ? r : api_answer_text(request, &text, ret_response);
}

/* --- topics --- */

/* Waits until all are current, then tells them. */
static int answer_topics(const struct http *http, const struct http_request *request,
    struct encode_request *document, struct http_response *ret_response)
{
    int r = parse_since(request, http->hub->instance, &document->since, ret_response);

    if (r < 0 || ret_response->status)
        return r;
    if (!all_current(http->hub, document->topics))
        return API_LATER;
    return answer_document(http, request, document, ret_response);
}

/* record: only that one; NULL: all that the query takes. */
static int answer_query(const struct http *http, const struct http_request *request,
    struct query *query, const struct record *record, struct http_response *ret_response)
{
    struct encode_request document = {.topics = 1u << query->topic, .record = record};
    struct view *view;
    int r = api_parse_query(request, query, ret_response);

    if (r < 0 || ret_response->status)
        return r;
    r = view_open(&http->hub->views, query, &view);
    if (r < 0)
        return r;
    document.view = view;
    r = view_update(view);
    if (r == 0)
        r = answer_topics(http, request, &document, ret_response);
    view_close(&http->hub->views, view);
    return r;
}

static int answer_topic(const struct http *http, const struct http_request *request,
    const char *name, struct http_response *ret_response)
{
    struct query query CLEANUP(query_fini) = {0};

    if (!topic_find(name, &query.topic))
        return -EINVAL;
    return answer_query(http, request, &query, NULL, ret_response);
}

/* Several topics, of each what the scope reaches. Topics that were not named are left out where it
 * does not reach them. */
static int answer_scoped(const struct http *http, const struct http_request *request,
    unsigned topics, struct http_response *ret_response)
{
    struct view *views[TOPICS] = {NULL};
    struct encode_request document = {.topics = topics, .views = views};
    struct command_refusal refusal = {0};
    int r = 0;

    if (!http_parameter(request, "topics"))
        document.topics &= scope_topics(request->scope);
    for (int i = 0; i < TOPICS && r == 0; i++) {
        struct query query CLEANUP(query_fini) = {.topic = (enum topic)i};

        if (document.topics & 1u << i)
            r = scope_narrow(request->scope, &query, &refusal);
        if (document.topics & 1u << i && r == 0)
            r = view_open(&http->hub->views, &query, &views[i]);
        if (views[i] && r == 0)
            r = view_update(views[i]);
    }
    if (r == COMMAND_REFUSED)
        r = api_problem(ret_response, 403, "forbidden", "%s.", refusal.message);
    else if (r == 0)
        r = answer_topics(http, request, &document, ret_response);
    for (int i = 0; i < TOPICS; i++)
        view_close(&http->hub->views, views[i]);
    return r;
}

static int answer_snapshot(const struct http *http, const struct http_request *request,
    const char *rest, struct http_response *ret_response)
{
    struct encode_request document = {0};
    int r = parse_topics(request, &document.topics, ret_response);

    (void)rest;
    if (r < 0 || ret_response->status)
        return r;
    if (request->scope != SCOPE_ALL)
        return answer_scoped(http, request, document.topics, ret_response);
    return answer_topics(http, request, &document, ret_response);
}

/* An interface is asked for by its id as the stream writes it. */
static const struct record *find_interface(const struct model *model, const char *id)
{
    const struct record *record = model->tables[TOPIC_INTERFACES].first;

    for (; record; record = record->next) {
        struct buffer text CLEANUP(buffer_fini) = {0};
        struct buffer asked CLEANUP(buffer_fini) = {0};
        const char *name = record->name;

        if (strcmp(name, id) == 0)
            return record;
        json_append_name(&text, name, strlen(name));
        json_append_text(&asked, id, strlen(id));
        if (text.length == asked.length && !buffer_failed(&text) && !buffer_failed(&asked) &&
            memcmp(text.bytes, asked.bytes, text.length) == 0)
            return record;
    }
    return NULL;
}

static int answer_interface(const struct http *http, const struct http_request *request,
    const char *name, struct http_response *ret_response)
{
    struct query query CLEANUP(query_fini) = {.topic = TOPIC_INTERFACES};
    const struct record *record = find_interface(&http->hub->model, name);

    if (!record)
        return api_problem(ret_response, 404, "not-found",
            "There is no interface \"%.100s\" now; /api/v1/interfaces lists them.", name);
    return answer_query(http, request, &query, record, ret_response);
}

static int answer_health(const struct http *http, const struct http_request *request,
    const char *rest, struct http_response *ret_response)
{
    struct buffer text CLEANUP(buffer_fini) = {0};
    const struct hub *hub = http->hub;
    int64_t age_ms = hub_now_ms() - hub->updated_ms;
    int64_t limit_ms = (int64_t)hub->options.interval_ms * STALE_TICKS;
    char line[160];

    (void)rest;
    if (age_ms > (limit_ms > STALE_MS ? limit_ms : STALE_MS))
        return api_problem(ret_response, 503, "not-available",
            "The network was last read %" PRId64 " ms ago.", age_ms);
    snprintf(line, sizeof line,
        "{\"status\":\"ok\",\"instance\":\"%s\",\"revision\":%" PRIu64 ",\"age_ms\":%" PRId64 "}\n",
        hub->instance, hub->model.revision, age_ms);
    buffer_append_text(&text, line);
    return api_answer_text(request, &text, ret_response);
}

static int answer_stream(const struct http *http, const struct http_request *request,
    const char *rest, struct http_response *ret_response)
{
    int r = api_problem(ret_response, 426, "bad-request",
        "This address speaks WebSocket with the subprotocol " HTTP_STREAM_PROTOCOL ".");

    (void)http, (void)request, (void)rest;
    if (r == 0) {
        ret_response->header = "upgrade:";
        ret_response->header_value = "websocket";
    }
    return r;
}

/* --- metrics --- */

/* Where connections cannot be read, the rest is worth having. */
static int answer_metrics(const struct http *http, const struct http_request *request,
    const char *rest, struct http_response *ret_response)
{
    struct buffer text CLEANUP(buffer_fini) = {0};
    struct hub *hub = http->hub;
    bool has_owners = scope_topics(request->scope) & 1u << TOPIC_OWNERS;
    enum exposition_format format =
        request->prefers_openmetrics ? EXPOSITION_OPENMETRICS : EXPOSITION_TEXT;
    struct prometheus_source source = {.model = &hub->model,
        .counts = &hub->counts,
        .encodes = hub->views.encoded,
        .has_connections = has_owners && hub_ask_once(hub, TOPIC_OWNERS)};
    int r;

    (void)rest;
    if (has_owners && !source.has_connections && request->waited_ms < API_PATIENCE_MS)
        return API_LATER;
    source.process = self_read_process();
    r = prometheus_encode(&source, format, &text);
    if (r == 0)
        r = api_answer_text(request, &text, ret_response);
    ret_response->media_type = exposition_media_type(format);
    ret_response->header = "vary:";
    ret_response->header_value = "accept";
    return r;
}

/* --- the page, and the descriptions --- */

/* What is named by its content never changes; for all else browsers ask again, and get a 304. */
static const char *cache_control_of(const struct asset *asset)
{
    return strncmp(asset->path, ASSETS_IMMUTABLE, strlen(ASSETS_IMMUTABLE)) == 0
               ? "public, max-age=31536000, immutable"
               : "no-cache";
}

static int answer_asset(const struct http *http, const struct http_request *request,
    const char *rest, struct http_response *ret_response)
{
    const struct asset *asset = assets_find(http->assets, request->path);

    (void)rest;
    if (!asset)
        return api_problem(
            ret_response, 404, "not-found", "There is nothing at \"%.200s\".", request->path);
    ret_response->status = 200;
    ret_response->cache_control = cache_control_of(asset);
    memcpy(ret_response->tag, asset->tag, sizeof asset->tag);
    if (tag_listed(request->if_none_match, asset->tag)) {
        ret_response->status = 304;
        return 0;
    }
    ret_response->media_type = asset->media_type;
    ret_response->is_gzip = asset->gzip && request->accepts_gzip;
    ret_response->body = frame_ref(ret_response->is_gzip ? asset->gzip : asset->plain);
    return 0;
}

/* --- routes --- */

/* path ends in '/': what follows is handed to the handler; else its last word is. */
static const struct route {
    const char *path;
    int (*answer)(const struct http *http, const struct http_request *request, const char *rest,
        struct http_response *ret_response);
    const char *const *parameters;
} routes[] = {
    {"/api/v1/snapshot", answer_snapshot, snapshot_parameters},
    {"/api/v1/interfaces", answer_topic, query_parameters},
    {"/api/v1/interfaces/", answer_interface, record_parameters},
    {"/api/v1/connections", answer_topic, query_parameters},
    {"/api/v1/owners", answer_topic, query_parameters},
    {"/api/v1/totals", answer_topic, query_parameters},
    {"/api/v1/events", answer_topic, query_parameters},
    {"/api/v1/history", api_answer_history, api_history_parameters},
    {"/api/v1/server", answer_topic, query_parameters},
    {"/api/v1/health", answer_health, no_parameters},
    {"/api/v1/stream", answer_stream, no_parameters},
    {"/metrics", answer_metrics, no_parameters},
    {"/api/v1/openapi.yaml", answer_asset, no_parameters},
    {"/api/v1/asyncapi.yaml", answer_asset, no_parameters},
    {"/api/v1/schema.yaml", answer_asset, no_parameters},
};

static const struct route *find_route(const char *path, const char **ret_rest)
{
    for (size_t i = 0; i < ARRAY_LENGTH(routes); i++) {
        size_t length = strlen(routes[i].path);

        if (routes[i].path[length - 1] == '/' && strncmp(path, routes[i].path, length) == 0 &&
            path[length]) {
            *ret_rest = path + length;
            return &routes[i];
        }
        if (strcmp(path, routes[i].path) == 0) {
            *ret_rest = strrchr(path, '/') + 1;
            return &routes[i];
        }
    }
    return NULL;
}

static int answer_route(
    const struct http *http, const struct http_request *request, struct http_response *response)
{
    const char *rest;
    const struct route *route = find_route(request->path, &rest);
    int r;

    if (!route && strncmp(request->path, "/api/", 5) != 0)
        return answer_asset(http, request, NULL, response);
    if (!route)
        return api_problem(response, 404, "not-found",
            "There is nothing at \"%.200s\"; there are /api/v1/snapshot, interfaces, "
            "interfaces/{name}, connections, owners, totals, events, history, server, health, "
            "stream, "
            "openapi.yaml, asyncapi.yaml and schema.yaml.",
            request->path);
    r = check_parameters(request, route->parameters, response);
    return r < 0 || response->status ? r : route->answer(http, request, rest, response);
}

int api_answer(
    const struct http *http, const struct http_request *request, struct http_response *ret_response)
{
    struct http_response response = {0};
    int r = answer_route(http, request, &response);

    if (r == API_LATER && request->waited_ms >= API_PATIENCE_MS)
        r = api_problem(&response, 503, "not-available",
            "The connections could not be read in time; ask again.");
    if (r == 0)
        *ret_response = response;
    return r;
}
