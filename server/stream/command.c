#include "command.h"

#include "history.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define REFUSE(refusal, ...) return command_refuse(refusal, __VA_ARGS__)

static const char *const subscribe_members[] = {"op", "id", "topic", "filter", "fields", "sort",
    "limit", "interval_ms", "since", "history_s", "compress", NULL};
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

static int parse_history(
    const json_t *message, struct command *command, struct command_refusal *refusal)
{
    const json_t *history = json_object_get(message, "history_s");

    if (!history)
        return 0;
    if (history_rates(command->query.topic) == 0)
        REFUSE(refusal, "bad_message",
            "\"history_s\" goes with interfaces, owners and totals; \"%s\" has no history",
            topic_info[command->query.topic].name);
    if (!json_is_integer(history) || json_integer_value(history) < 1 ||
        json_integer_value(history) > COMMAND_HISTORY_MAX_S)
        REFUSE(refusal, "bad_message", "\"history_s\" must be an integer from 1 to %d seconds",
            COMMAND_HISTORY_MAX_S);
    command->history_s = (uint32_t)json_integer_value(history);
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

/* --- the query --- */

struct number {
    char digits[32];
};

/* A value as a word, for which number has the room. False for what is no single value. */
static bool read_word(const json_t *value, struct number *number, struct filter_word *ret_word)
{
    char *digits = number->digits;
    struct filter_word word = {FILTER_WORD_TEXT, digits, 0};

    if (json_is_string(value)) {
        word.text = json_string_value(value);
        word.length = json_string_length(value);
    } else if (json_is_integer(value)) {
        word.type = FILTER_WORD_NUMBER;
        word.length = (size_t)sprintf(digits, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_real(value)) {
        word.type = FILTER_WORD_NUMBER;
        word.length = (size_t)sprintf(digits, "%.17g", json_real_value(value));
    } else if (json_is_boolean(value)) {
        word.type = FILTER_WORD_FLAG;
        word.length = (size_t)sprintf(digits, "%s", json_is_true(value) ? "true" : "false");
    } else {
        return false;
    }
    *ret_word = word;
    return true;
}

/* One term: a value, or a list of them. */
static int parse_term(
    const char *name, const json_t *value, struct command *command, struct command_refusal *refusal)
{
    size_t count = json_is_array(value) ? json_array_size(value) : 1;
    struct filter_word *words CLEANUP(free_p) = calloc(count + 1, sizeof *words);
    struct number *numbers CLEANUP(free_p) = calloc(count + 1, sizeof *numbers);

    if (!words || !numbers)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_is_array(value) ? json_array_get(value, i) : value;

        if (!read_word(item, &numbers[i], &words[i]))
            REFUSE(refusal, "bad_filter",
                "\"%.60s\" in \"filter\" must be a value or a list of values", name);
    }
    return query_add_filter(&command->query, name, words, count, refusal);
}

static int parse_filter(
    const json_t *message, struct command *command, struct command_refusal *refusal)
{
    const json_t *filter = json_object_get(message, "filter");
    const char *name;
    json_t *value;
    int r = 0;

    if (filter && !json_is_object(filter))
        REFUSE(refusal, "bad_filter",
            "\"filter\" must be an object such as {\"state\":[\"established\",\"listen\"]}");
    if (filter && !topic_info[command->query.topic].is_collection)
        REFUSE(refusal, "bad_filter", "%s is one record and takes no \"filter\"; leave it out",
            topic_info[command->query.topic].name);
    json_object_foreach((json_t *)filter, name, value)
    {
        if (r == 0)
            r = parse_term(name, value, command, refusal);
    }
    return r;
}

static int parse_fields(
    const json_t *message, struct command *command, struct command_refusal *refusal)
{
    const json_t *fields = json_object_get(message, "fields");
    json_t *name;
    size_t i;
    int r = 0;

    if (fields && (!json_is_array(fields) || json_array_size(fields) == 0))
        REFUSE(refusal, "bad_field", "\"fields\" must be a list of names, one at least");
    json_array_foreach(fields, i, name)
    {
        if (!json_is_string(name))
            REFUSE(refusal, "bad_field", "\"fields\" must be a list of names; item %zu is none",
                i + 1);
        if (r == 0)
            r = query_add_field(
                &command->query, json_string_value(name), json_string_length(name), refusal);
    }
    return r;
}

static int parse_sort(
    const json_t *message, struct command *command, struct command_refusal *refusal)
{
    const json_t *sort = json_object_get(message, "sort");

    if (!sort)
        return 0;
    if (!json_is_string(sort))
        REFUSE(refusal, "bad_sort",
            "\"sort\" must be the name of a field, with a minus in front for descending");
    return query_set_order(
        &command->query, json_string_value(sort), json_string_length(sort), refusal);
}

static int parse_limit(
    const json_t *message, struct command *command, struct command_refusal *refusal)
{
    const json_t *limit = json_object_get(message, "limit");
    struct filter_word word;
    struct number number;

    if (!limit)
        return 0;
    if (!read_word(limit, &number, &word))
        REFUSE(refusal, "bad_limit", "\"limit\" must be an integer from 1 to %d", QUERY_LIMIT_MAX);
    return query_set_limit(&command->query, &word, refusal);
}

static int parse_query(
    const json_t *message, struct command *command, struct command_refusal *refusal)
{
    int r = parse_topic(message, command, refusal);

    if (r == 0)
        r = parse_filter(message, command, refusal);
    if (r == 0)
        r = parse_fields(message, command, refusal);
    if (r == 0)
        r = parse_sort(message, command, refusal);
    if (r == 0)
        r = parse_limit(message, command, refusal);
    query_canonicalize(&command->query);
    return r;
}

static int parse_compress(
    const json_t *message, struct command *command, struct command_refusal *refusal)
{
    const json_t *compress = json_object_get(message, "compress");

    if (!compress)
        return 0;
    if (!json_is_string(compress) || strcmp(json_string_value(compress), "deflate") != 0)
        REFUSE(refusal, "bad_message", "\"compress\" must be \"deflate\", or be left out");
    command->is_deflated = true;
    return 0;
}

/* --- the other messages --- */

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
        r = parse_query(message, command, refusal);
    if (r == 0)
        r = parse_compress(message, command, refusal);
    if (r == 0)
        r = parse_interval(message, command, refusal);
    if (r == 0)
        r = parse_since(message, command, refusal);
    if (r == 0)
        r = parse_history(message, command, refusal);
    return r;
}

static int parse_token(
    const json_t *message, struct command *command, struct command_refusal *refusal)
{
    const json_t *token = json_object_get(message, "token");

    if (!json_is_string(token) || json_string_length(token) >= sizeof command->data)
        REFUSE(refusal, "bad_message", "\"token\" must be a text of at most %zu bytes",
            sizeof command->data - 1);
    memcpy(command->data, json_string_value(token), json_string_length(token) + 1);
    return 0;
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
    case COMMAND_AUTHENTICATE:
        return parse_token(message, command, refusal);
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

void command_fini(struct command *command)
{
    query_fini(&command->query);
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
    if (r == 0) {
        *ret_command = command;
        return 0;
    }
    command_fini(&command);
    if (r < 0)
        r = command_refuse(&refusal, "bad_message", "no memory for it now; say it again later");
    *ret_refusal = refusal;
    return r;
}
