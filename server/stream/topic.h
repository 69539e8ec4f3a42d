/* topic - the documents of the stream, and which record each is made of. */
#ifndef IFPULSE_TOPIC_H
#define IFPULSE_TOPIC_H

#include "base.h"
#include "fields.h"
#include "map.h"

enum topic {
    TOPIC_INTERFACES,
    TOPIC_CONNECTIONS,
    TOPIC_OWNERS,
    TOPIC_TOTALS,
    TOPIC_EVENTS,
    TOPIC_SERVER,
    TOPICS
};

/* What a snapshot shows that names no topics, as bits: all but events. */
#define TOPICS_BY_DEFAULT (((1u << TOPICS) - 1) & ~(1u << TOPIC_EVENTS))

struct topic_info {
    const char *name;
    const struct record_type *record;
    bool is_collection; /* maps ids to records; else it is one record */
    /* Where ids are texts, which can be used again, the record's id into text (NETWORK_ID_TEXT
     * bytes); NULL where they are numbers, which are not. */
    void (*write_id)(const void *value, char *text);
};

extern const struct topic_info topic_info[TOPICS];

/* Parses names separated by commas into bits; NULL is the default. On false, ret_wrong and
 * ret_length lend the name that is none. */
MUST_CHECK bool topic_parse_list(
    const char *text, unsigned *ret_topics, const char **ret_wrong, int *ret_length);

/* Every topic's name, for messages: "interfaces, connections, …". */
const char *topic_names(void);

MUST_CHECK bool topic_find(const char *name, enum topic *ret_topic);
/* The same for a name of length bytes without a NUL. */
MUST_CHECK bool topic_find_n(const char *name, size_t length, enum topic *ret_topic);

#endif
