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
