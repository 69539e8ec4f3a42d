#include "topic.h"

#include <string.h>

static void write_interface_id(const void *value, char *text)
{
    network_interface_id(value, text);
}

static void write_owner_id(const void *value, char *text)
{
    network_owner_id(value, text);
}

const struct topic_info topic_info[TOPICS] = {
    [TOPIC_INTERFACES] = {"interfaces", &interface_record, true, write_interface_id},
    [TOPIC_CONNECTIONS] = {"connections", &connection_record, true, NULL},
    [TOPIC_OWNERS] = {"owners", &owner_record, true, write_owner_id},
    [TOPIC_TOTALS] = {"totals", &totals_record, false, NULL},
    [TOPIC_EVENTS] = {"events", &event_record, true, NULL},
    [TOPIC_SERVER] = {"server", &server_record, false, NULL},
};

const char *topic_names(void)
{
    return "interfaces, connections, owners, totals, events, server";
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
