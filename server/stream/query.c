#include "query.h"

#include <stdio.h>
#include <string.h>

#define CLOSED_BIT (1u << NETWORK_EVENT_CONNECTION_CLOSED)
#define ALL_BUT_CLOSED (((1u << NETWORK_EVENT_KINDS) - 1) & ~CLOSED_BIT)

static uint32_t canonical_kinds(const struct query *query)
{
    return query->event_kinds ? query->event_kinds : ALL_BUT_CLOSED;
}

bool query_equal(const struct query *one, const struct query *other)
{
    return one->topic == other->topic && canonical_kinds(one) == canonical_kinds(other);
}

bool query_add_event_kind(struct query *query, const char *word, size_t length)
{
    for (unsigned i = 0; i < NETWORK_EVENT_KINDS; i++) {
        const char *kind = network_event_kind_words[i];

        if (strlen(kind) == length && memcmp(kind, word, length) == 0) {
            query->event_kinds |= 1u << i;
            return true;
        }
    }
    return false;
}

void query_list_event_kinds(char *text, size_t size)
{
    size_t length = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < NETWORK_EVENT_KINDS && length < size; i++)
        length += (size_t)snprintf(
            text + length, size - length, "%s%s", i ? ", " : "", network_event_kind_words[i]);
}

unsigned query_tables(
    const struct query *query, const struct model *model, const struct model_table *ret_tables[2])
{
    unsigned count = 0;

    if (query->topic != TOPIC_EVENTS || query->event_kinds != CLOSED_BIT)
        ret_tables[count++] = &model->tables[query->topic];
    if (query->topic == TOPIC_EVENTS && query->event_kinds & CLOSED_BIT)
        ret_tables[count++] = &model->tables[TABLE_CLOSED];
    return count;
}

bool query_takes(const struct query *query, const struct record *record)
{
    const struct network_event *event = record->value;

    return query->topic != TOPIC_EVENTS || query->event_kinds == 0 ||
           query->event_kinds & 1u << event->event;
}

size_t query_count(const struct query *query, const struct model *model)
{
    const struct model_table *tables[2];
    unsigned table_count = query_tables(query, model, tables);
    size_t count = 0;

    for (unsigned i = 0; i < table_count; i++) {
        if (query->event_kinds == 0 || tables[i] == &model->tables[TABLE_CLOSED]) {
            count += tables[i]->count;
            continue;
        }
        for (const struct record *record = tables[i]->first; record; record = record->next)
            count += query_takes(query, record);
    }
    return count;
}

bool query_is_kept(const struct query *query, const struct model *model, uint64_t since)
{
    const struct model_table *tables[2];
    unsigned table_count = query_tables(query, model, tables);

    for (unsigned i = 0; i < table_count; i++) {
        if (!model_is_kept(model, tables[i], since))
            return false;
    }
    return true;
}

uint64_t query_changed(const struct query *query, const struct model *model)
{
    const struct model_table *tables[2];
    unsigned table_count = query_tables(query, model, tables);
    uint64_t newest = 0;

    for (unsigned i = 0; i < table_count; i++) {
        uint64_t changed = model_changed(tables[i]);

        newest = changed > newest ? changed : newest;
    }
    return newest;
}
