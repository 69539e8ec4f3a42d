#include "command.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define REFUSE(refusal, ...) return command_refuse(refusal, __VA_ARGS__)

int command_refuse(struct command_refusal *refusal, const char *code, const char *format, ...)
{
    va_list arguments;

    refusal->code = code;
    va_start(arguments, format);
    vsnprintf(refusal->message, sizeof refusal->message, format, arguments);
    va_end(arguments);
    return COMMAND_REFUSED;
}

static const char *const subscribe_members[] = {
    "op", "id", "topic", "interval_ms", "since", "filter", NULL};
static const char *const unsubscribe_members[] = {"op", "id", NULL};
static const char *const ping_members[] = {"op", "data", NULL};
static const char *const authenticate_members[] = {"op", "token", NULL};

static const struct op_word {
    const char *word;
    enum command_op op;
    const char *const *members;
} op_words[] = {
    {"subscribe", COMMAND_SUBSCRIBE, subscribe_members},
    {"unsubscribe", COMMAND_UNSUBSCRIBE, unsubscribe_members},
    {"ping", COMMAND_PING, ping_members},
    {"authenticate", COMMAND_AUTHENTICATE, authenticate_members},
};

/* What the protocol has and this version does not offer yet, each with its own error. */
static const struct {
    const char *member, *code;
} later_members[] = {
    {"fields", "bad_field"},
    {"sort", "bad_sort"},
    {"limit", "bad_limit"},
    {"compress", "bad_message"},
    {"history_s", "bad_message"},
};

static bool is_listed(const char *const *list, const char *word)
{
    while (*list && strcmp(*list, word) != 0)
        list++;
    return *list;
}

static int check_members(
    const json_t *message, const struct op_word *op, struct command_refusal *refusal)
{
    const char *member;
    json_t *value;

    json_object_foreach((json_t *)message, member, value)
    {
        if (is_listed(op->members, member))
            continue;
        for (size_t i = 0; i < ARRAY_LENGTH(later_members); i++) {
            if (op->op == COMMAND_SUBSCRIBE && strcmp(member, later_members[i].member) == 0)
                REFUSE(refusal, later_members[i].code,
                    "\"%s\" is not offered by this version; leave it out to get the whole topic",
                    member);
        }
        REFUSE(refusal, "bad_message", "%s has no member \"%.100s\"", op->word, member);
    }
    return 0;
}

static int parse_id(const json_t *message, struct command *command, struct command_refusal *refusal)
{
    const json_t *id = json_object_get(message, "id");

    if (!id)
        REFUSE(refusal, "bad_id", "\"id\" is missing; give an integer of your own choice");
    if (!json_is_integer(id) || json_integer_value(id) < 0 ||
        json_integer_value(id) > (json_int_t)1 << 53)
        REFUSE(refusal, "bad_id", "\"id\" must be an integer from 0 to 2^53");
    command->id = refusal->id = (uint64_t)json_integer_value(id);
    refusal->has_id = true;
    return 0;
}

static int parse_topic(
    const json_t *message, struct command *command, struct command_refusal *refusal)
{
    const json_t *topic = json_object_get(message, "topic");

    if (!json_is_string(topic))
        REFUSE(refusal, "unknown_topic", "\"topic\" must be one of: %s", topic_names());
    if (strlen(json_string_value(topic)) != json_string_length(topic) ||
        !topic_find(json_string_value(topic), &command->query.topic))
        REFUSE(refusal, "unknown_topic", "there is no topic \"%.100s\"; there are: %s",
            json_string_value(topic), topic_names());
    return 0;
}

static int parse_interval(
    const json_t *message, struct command *command, struct command_refusal *refusal)
{
    const json_t *interval = json_object_get(message, "interval_ms");

    if (!interval)
        return 0;
    if (!json_is_integer(interval) || json_integer_value(interval) < COMMAND_INTERVAL_MIN_MS ||
        json_integer_value(interval) > COMMAND_INTERVAL_MAX_MS)
        REFUSE(refusal, "bad_interval", "\"interval_ms\" must be an integer from %d to %d",
            COMMAND_INTERVAL_MIN_MS, COMMAND_INTERVAL_MAX_MS);
    command->interval_ms = (uint32_t)json_integer_value(interval);
    return 0;
}

static int parse_since(
    const json_t *message, struct command *command, struct command_refusal *refusal)
{
    const json_t *since = json_object_get(message, "since");
    const json_t *instance = json_object_get(since, "instance");
    const json_t *revision = json_object_get(since, "revision");

    if (!since)
        return 0;
    if (!json_is_object(since) || json_object_size(since) != 2 || !json_is_string(instance) ||
        !json_is_integer(revision) || json_integer_value(revision) < 0)
        REFUSE(refusal, "bad_since",
            "\"since\" must be {\"instance\": text of hello, \"revision\": integer of the last "
            "message}");
    snprintf(
        command->since_instance, sizeof command->since_instance, "%s", json_string_value(instance));
    command->since = (uint64_t)json_integer_value(revision);
    return 0;
}

static int add_event_kind(
    const json_t *word, struct command *command, struct command_refusal *refusal)
{
    char known[256];

    if (json_is_string(word) &&
        query_add_event_kind(&command->query, json_string_value(word), json_string_length(word)))
        return 0;
    query_list_event_kinds(known, sizeof known);
    REFUSE(refusal, "bad_filter", "\"event\" in \"filter\" must be one or a list of: %s", known);
}

static int parse_event_kinds(
    const json_t *kinds, struct command *command, struct command_refusal *refusal)
{
    int r = 0;
    size_t i;
    json_t *word;

    if (!json_is_array(kinds) || json_array_size(kinds) == 0)
        return add_event_kind(kinds, command, refusal);
    json_array_foreach(kinds, i, word)
    {
        if (r == 0)
            r = add_event_kind(word, command, refusal);
    }
    return r;
}

/* Of all the filters of the protocol this version offers one: which kinds of events. */
static int parse_filter(
    const json_t *message, struct command *command, struct command_refusal *refusal)
{
    const json_t *filter = json_object_get(message, "filter");
    const json_t *kinds = json_object_get(filter, "event");

    if (!filter)
        return 0;
    if (command->query.topic != TOPIC_EVENTS || !json_is_object(filter) ||
        json_object_size(filter) != (kinds ? 1 : 0))
        REFUSE(refusal, "bad_filter",
            "this version filters only events, by {\"event\": [kinds]}; leave \"filter\" out to "
            "get "
            "the whole topic");
    return kinds ? parse_event_kinds(kinds, command, refusal) : 0;
}

static int parse_ping(
    const json_t *message, struct command *command, struct command_refusal *refusal)
{
    const json_t *data = json_object_get(message, "data");

    if (!data)
        return 0;
    if (!json_is_string(data) || json_string_length(data) >= sizeof command->data ||
        strlen(json_string_value(data)) != json_string_length(data))
        REFUSE(refusal, "bad_message", "\"data\" of a ping must be a text of at most %zu bytes",
            sizeof command->data - 1);
    memcpy(command->data, json_string_value(data), json_string_length(data) + 1);
    command->has_data = true;
    return 0;
}

static int parse_subscribe(
    const json_t *message, struct command *command, struct command_refusal *refusal)
{
    int r = parse_id(message, command, refusal);

    if (r == 0)
        r = parse_topic(message, command, refusal);
    if (r == 0)
        r = parse_filter(message, command, refusal);
    if (r == 0)
        r = parse_interval(message, command, refusal);
    if (r == 0)
        r = parse_since(message, command, refusal);
    return r;
}

static int parse_operands(
    const json_t *message, struct command *command, struct command_refusal *refusal)
{
    switch (command->op) {
    case COMMAND_SUBSCRIBE:
        return parse_subscribe(message, command, refusal);
    case COMMAND_UNSUBSCRIBE:
        return parse_id(message, command, refusal);
    case COMMAND_PING:
        return parse_ping(message, command, refusal);
    case COMMAND_AUTHENTICATE: /* no token is asked for here, so any is good */
        return 0;
    }
    return 0;
}

static const struct op_word *find_op(const json_t *op)
{
    for (size_t i = 0; json_is_string(op) && i < ARRAY_LENGTH(op_words); i++) {
        if (strcmp(json_string_value(op), op_words[i].word) == 0)
            return &op_words[i];
    }
    return NULL;
}

static int parse_message(
    const json_t *message, struct command *command, struct command_refusal *refusal)
{
    const json_t *op = json_object_get(message, "op");
    const struct op_word *word = find_op(op);
    struct command_refusal ignored;
    int r;

    /* An error names the id that the client gave, also when the error is elsewhere. */
    if (json_is_object(message) && parse_id(message, command, &ignored) == 0) {
        refusal->has_id = true;
        refusal->id = command->id;
    }
    if (!json_is_object(message) || !json_is_string(op))
        REFUSE(refusal, "bad_message", "a message is a JSON object with a text \"op\"");
    if (!word)
        REFUSE(refusal, "unknown_op",
            "there is no op \"%.100s\"; there are: subscribe, unsubscribe, ping, authenticate",
            json_string_value(op));
    command->op = word->op;
    r = parse_operands(message, command, refusal);
    return r ? r : check_members(message, word, refusal);
}

int command_parse(const char *text, size_t length, struct command *ret_command,
    struct command_refusal *ret_refusal)
{
    struct command command = {0};
    struct command_refusal refusal = {0};
    json_error_t error;
    json_t *message =
        json_loadb(length ? text : "", length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    int r;

    if (message)
        r = parse_message(message, &command, &refusal);
    else
        r = command_refuse(
            &refusal, "bad_json", "not JSON: %s at byte %d", error.text, error.position);
    json_decref(message);
    if (r == 0)
        *ret_command = command;
    else
        *ret_refusal = refusal;
    return r;
}
