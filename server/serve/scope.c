#include "scope.h"

#include <string.h>

static const char *const names[SCOPES] = {[SCOPE_ALL] = "all", [SCOPE_INTERFACES] = "interfaces"};

static const char *const hidden_fields[] = {"addresses", "mac_address"};

#define KIND(kind) (1u << NETWORK_EVENT_##kind)
/* The others tell addresses: of interfaces, of gateways, of both ends of connections. */
static const uint32_t shown_kinds = KIND(LINK_UP) | KIND(LINK_DOWN) | KIND(INTERFACE_ADDED) |
                                    KIND(INTERFACE_REMOVED) | KIND(COUNTER_RESET) | KIND(OVERRUN) |
                                    KIND(OVER_BUDGET);

bool scope_parse(const char *word, enum scope *ret_scope)
{
    for (unsigned i = 0; i < SCOPES; i++) {
        if (strcmp(word, names[i]) == 0) {
            *ret_scope = (enum scope)i;
            return true;
        }
    }
    return false;
}

const char *scope_name(enum scope scope)
{
    return names[scope];
}

unsigned scope_topics(enum scope scope)
{
    if (scope == SCOPE_ALL)
        return (1u << TOPICS) - 1;
    return 1u << TOPIC_INTERFACES | 1u << TOPIC_TOTALS | 1u << TOPIC_EVENTS | 1u << TOPIC_SERVER;
}

static uint64_t hidden_bits(void)
{
    const struct record_type *type = topic_info[TOPIC_INTERFACES].record;
    uint64_t bits = 0;

    for (unsigned i = 0; i < type->field_count; i++) {
        for (size_t j = 0; j < ARRAY_LENGTH(hidden_fields); j++) {
            if (strcmp(type->fields[i].key, hidden_fields[j]) == 0)
                bits |= UINT64_C(1) << i;
        }
    }
    return bits;
}

static int narrow_events(struct query *query, struct command_refusal *refusal)
{
    uint32_t beyond = query->event_kinds & ~shown_kinds;

    if (beyond)
        return command_refuse(refusal, "forbidden",
            "events of kind \"%s\" are not for the scope of this token; ask for others",
            network_event_kind_words[__builtin_ctz(beyond)]);
    if (query->event_kinds == 0)
        query->event_kinds = shown_kinds;
    return 0;
}

int scope_narrow(enum scope scope, struct query *query, struct command_refusal *refusal)
{
    if (scope == SCOPE_ALL)
        return 0;
    if (!(scope_topics(scope) & 1u << query->topic))
        return command_refuse(refusal, "forbidden",
            "%s are not for the scope of this token, which is \"%s\"; ask with another",
            topic_info[query->topic].name, names[scope]);
    if (query->topic == TOPIC_EVENTS)
        return narrow_events(query, refusal);
    return query->topic == TOPIC_INTERFACES ? query_hide(query, hidden_bits(), refusal) : 0;
}
