#include "api_history.h"

#include "history_encode.h"
#include "json.h"
#include "scope.h"

#include <errno.h>

enum { WINDOW_S = 600, SECONDS_MAX = 86400 };

const char *const api_history_parameters[] = {
    "topic", "interface", "owner", "window_s", "step_s", NULL};

static int parse_seconds(const struct http_request *request, const char *name,
    uint32_t *ret_seconds, struct http_response *ret_response)
{
    const char *text = http_parameter(request, name);
    char *end = NULL;
    unsigned long seconds;

    if (!text)
        return 0;
    seconds = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || seconds < 1 || seconds > SECONDS_MAX)
        return api_problem(ret_response, 400, "bad-request",
            "\"%s\" is \"%.40s\"; it must be a number of seconds from 1 to %d.", name, text,
            SECONDS_MAX);
    *ret_seconds = (uint32_t)seconds;
    return 0;
}

/* Of all records of a topic, or of the one that is named. */
static int parse_subject(const struct http_request *request, enum topic *ret_topic,
    const char **ret_id, struct http_response *ret_response)
{
    const char *topic = http_parameter(request, "topic");
    const char *interface = http_parameter(request, "interface");
    const char *owner = http_parameter(request, "owner");

    if (!!topic + !!interface + !!owner > 1)
        return api_problem(ret_response, 400, "bad-request",
            "\"topic\", \"interface\" and \"owner\" each say of what; give one of them.");
    *ret_topic = owner ? TOPIC_OWNERS : TOPIC_INTERFACES;
    *ret_id = owner ? owner : interface;
    if (topic && (!topic_find(topic, ret_topic) || history_rates(*ret_topic) == 0))
        return api_problem(ret_response, 400, "bad-request",
            "\"topic\" is \"%.100s\"; there is history of interfaces, owners and totals.", topic);
    return 0;
}

static const struct record *find_record(const struct model *model, enum topic topic, const char *id)
{
    const struct record *record = model->tables[topic].first;

    while (record && strcmp(record->name, id) != 0)
        record = record->next;
    return record;
}

/* What went is known for as long as something is kept of it. */
static int find_subject(const struct http *http, struct history_wish *wish, const char *asked,
    struct http_response *ret_response)
{
    enum topic topic = wish->view->query.topic;
    const struct record *record;

    wish->subject = history_find_id(&http->hub->history, topic, asked);
    record = wish->subject ? NULL : find_record(&http->hub->model, topic, asked);
    if (!wish->subject && !record)
        return api_problem(ret_response, 404, "not-found",
            "There is no history of %s \"%.100s\"; /api/v1/%s lists those that are there now.",
            topic == TOPIC_OWNERS ? "an owner" : "an interface", asked, topic_info[topic].name);
    wish->id = wish->subject ? wish->subject->id : record->name;
    return 0;
}

static int append_document(
    const struct http *http, const struct history_wish *wish, struct buffer *text)
{
    const struct hub *hub = http->hub;
    int r;

    buffer_append_text(text, "{\"instance\":");
    json_append_text(text, hub->instance, strlen(hub->instance));
    buffer_append_text(text, ",\"revision\":");
    json_append_u64(text, hub->model.revision);
    buffer_append_text(text, ",\"time\":");
    json_append_time(text, hub->model.wall_ms);
    buffer_append_char(text, ',');
    r = history_append(&http->hub->history, wish, text);
    buffer_append_text(text, "}\n");
    return r;
}

static int answer_wish(const struct http *http, const struct http_request *request,
    const struct history_wish *wish, struct http_response *ret_response)
{
    struct buffer text CLEANUP(buffer_fini) = {0};
    int r;

    if (api_is_known(http->hub, request, ret_response))
        return 0;
    r = append_document(http, wish, &text);
    return r < 0 ? r : api_answer_text(request, &text, ret_response);
}

static int answer_view(const struct http *http, const struct http_request *request,
    struct view *view, const char *id, struct http_response *ret_response)
{
    struct history_wish wish = {.view = view, .window_s = WINDOW_S};
    uint32_t step_s = 0;
    int r = parse_seconds(request, "window_s", &wish.window_s, ret_response);

    if (r == 0 && !ret_response->status)
        r = parse_seconds(request, "step_s", &step_s, ret_response);
    if (r == 0 && !ret_response->status && id)
        r = find_subject(http, &wish, id, ret_response);
    if (r < 0 || ret_response->status)
        return r;
    wish.step_ms = step_s * 1000;
    return answer_wish(http, request, &wish, ret_response);
}

int api_answer_history(const struct http *http, const struct http_request *request,
    const char *rest, struct http_response *ret_response)
{
    struct query query CLEANUP(query_fini) = {0};
    struct command_refusal refusal = {0};
    const char *id = NULL;
    struct view *view;
    int r = parse_subject(request, &query.topic, &id, ret_response);

    (void)rest;
    if (r < 0 || ret_response->status)
        return r;
    if (scope_narrow(request->scope, &query, &refusal))
        return api_problem(ret_response, 403, "forbidden", "%s.", refusal.message);
    /* Nobody waits for it, but who asks again finds what was read meanwhile. */
    (void)hub_ask(http->hub, query.topic);
    r = view_open(&http->hub->views, &query, &view);
    if (r < 0)
        return r;
    r = answer_view(http, request, view, id, ret_response);
    view_close(&http->hub->views, view);
    return r;
}
