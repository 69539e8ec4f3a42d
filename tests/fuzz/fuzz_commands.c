/* What a client of the stream says. */
#include "fuzz.h"

#include "buffer.h"
#include "command.h"
#include "json.h"
#include <string.h>

static void check_refusal(const struct command_refusal *refusal)
{
    struct buffer buffer = {0};
    FUZZ_CHECK(refusal->code && refusal->code[0] != '\0');
    FUZZ_CHECK(fuzz_is_terminated(refusal->message, sizeof(refusal->message)));
    FUZZ_CHECK(refusal->message[0] != '\0');
    json_append_name(&buffer, refusal->message, strlen(refusal->message));
    fuzz_check_json(buffer.bytes, buffer.length);
    buffer_fini(&buffer);
}

/* Equal to its copy, and with each name and value once, in order. */
static void check_query(const struct query *query)
{
    struct query copy;
    FUZZ_CHECK(query_copy(query, &copy) == 0);
    FUZZ_CHECK(query_equal(query, &copy));
    query_fini(&copy);
    FUZZ_CHECK(query->limit <= QUERY_LIMIT_MAX);
    FUZZ_CHECK(query->fields >> topic_info[query->topic].record->field_count == 0);
    for (size_t i = 0; i < query->filter.count; i++) {
        const struct filter_term *term = &query->filter.terms[i];
        FUZZ_CHECK(term->fields >> topic_info[query->topic].record->field_count == 0);
        FUZZ_CHECK(term->count > 0 && term->count <= FILTER_VALUES_MAX);
        FUZZ_CHECK(i == 0 || strcmp(term[-1].name, term->name) < 0);
        for (size_t j = 1; j < term->count; j++)
            FUZZ_CHECK(filter_compare_values(&term->values[j - 1], &term->values[j]) < 0);
    }
}

static void check_command(const struct command *command)
{
    FUZZ_CHECK(command->op <= COMMAND_AUTHENTICATE);
    FUZZ_CHECK(command->id <= UINT64_C(1) << 53);
    FUZZ_CHECK(command->query.topic < TOPICS);
    FUZZ_CHECK(command->query.event_kinds >> NETWORK_EVENT_KINDS == 0);
    FUZZ_CHECK(command->query.event_kinds == 0 || command->query.topic == TOPIC_EVENTS);
    check_query(&command->query);
    FUZZ_CHECK(command->history_s <= COMMAND_HISTORY_MAX_S);
    FUZZ_CHECK(command->interval_ms == 0 || (command->interval_ms >= COMMAND_INTERVAL_MIN_MS &&
                                                command->interval_ms <= COMMAND_INTERVAL_MAX_MS));
    FUZZ_CHECK(fuzz_is_terminated(command->since_instance, sizeof(command->since_instance)));
    FUZZ_CHECK(fuzz_is_terminated(command->data, sizeof(command->data)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct command command;
    struct command_refusal refusal;
    fuzz_mark(&command, sizeof(command));
    fuzz_mark(&refusal, sizeof(refusal));
    int result = command_parse((const char *)data, size, &command, &refusal);
    FUZZ_CHECK(result == 0 || result == COMMAND_REFUSED);
    if (result == 0) {
        check_command(&command);
        FUZZ_CHECK(fuzz_is_marked(&refusal, sizeof(refusal)));
        command_fini(&command);
    } else {
        check_refusal(&refusal);
        FUZZ_CHECK(fuzz_is_marked(&command, sizeof(command)));
    }
    return 0;
}
