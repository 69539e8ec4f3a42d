#include "topic.h"

#include <string.h>

const struct topic_info topic_info[TOPICS] = {
    [TOPIC_INTERFACES] = {"interfaces", &interface_record, true, true},
    [TOPIC_CONNECTIONS] = {"connections", &connection_record, true, false},
    [TOPIC_TOTALS] = {"totals", &totals_record, false, false},
    [TOPIC_EVENTS] = {"events", &event_record, true, false},
    [TOPIC_SERVER] = {"server", &server_record, false, false},
};

const char *topic_names(void)
{
    return "interfaces, connections, totals, events, server";
}

bool topic_find_n(const char *name, size_t length, enum topic *ret_topic)
{
    for (int i = 0; i < TOPICS; i++) {
        if (strlen(topic_info[i].name) == length && memcmp(topic_info[i].name, name, length) == 0) {
            *ret_topic = (enum topic)i;
            return true;
        }
    }
    return false;
}

bool topic_find(const char *name, enum topic *ret_topic)
{
    return topic_find_n(name, strlen(name), ret_topic);
}

bool topic_parse_list(
    const char *text, unsigned *ret_topics, const char **ret_wrong, int *ret_length)
{
    unsigned topics = text ? 0 : TOPICS_BY_DEFAULT;
    enum topic topic;

    while (text) {
        size_t length = strcspn(text, ",");

        if (!topic_find_n(text, length, &topic)) {
            *ret_wrong = text;
            *ret_length = length < 100 ? (int)length : 100;
            return false;
        }
        topics |= 1u << topic;
        text = text[length] ? text + length + 1 : NULL;
    }
    *ret_topics = topics;
    return true;
}
