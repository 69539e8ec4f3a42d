#include "fields.h"

#include <string.h>

/* What fields.h says of each type of metrics.h. */
#define TYPE_flag VALUE_FLAG
#define TYPE_u32 VALUE_U32
#define TYPE_u64 VALUE_U64
#define TYPE_i32 VALUE_I32
#define TYPE_real VALUE_REAL
#define TYPE_time VALUE_TIME
#define TYPE_name VALUE_TEXT
#define TYPE_label VALUE_TEXT
#define TYPE_text VALUE_TEXT
#define TYPE_sentence VALUE_TEXT
#define TYPE_address VALUE_ADDRESS
#define TYPE_addresses VALUE_ADDRESSES
#define TYPE_names VALUE_NAMES
#define TYPE_numbers VALUE_NUMBERS
#define TYPE_capabilities VALUE_CAPABILITIES
#define TYPE_interface_type VALUE_CHOICE
#define TYPE_duplex VALUE_CHOICE
#define TYPE_connection_type VALUE_CHOICE
#define TYPE_connection_state VALUE_CHOICE
#define TYPE_evidence VALUE_CHOICE
#define TYPE_limited_by VALUE_CHOICE
#define TYPE_event_kind VALUE_CHOICE
#define TYPE_owner_kind VALUE_CHOICE
#define TYPE_collection VALUE_CHOICE

#define NO_WORDS .words = NULL, .word_count = 0
#define WORDS(array) .words = (array), .word_count = ARRAY_LENGTH(array)
#define WORDS_flag NO_WORDS
#define WORDS_u32 NO_WORDS
#define WORDS_u64 NO_WORDS
#define WORDS_i32 NO_WORDS
#define WORDS_real NO_WORDS
#define WORDS_time NO_WORDS
#define WORDS_name NO_WORDS
#define WORDS_label NO_WORDS
#define WORDS_text NO_WORDS
#define WORDS_sentence NO_WORDS
#define WORDS_address NO_WORDS
#define WORDS_addresses NO_WORDS
#define WORDS_names NO_WORDS
#define WORDS_numbers NO_WORDS
#define WORDS_capabilities NO_WORDS
#define WORDS_interface_type WORDS(network_interface_type_words)
#define WORDS_duplex WORDS(network_duplex_words)
#define WORDS_connection_type WORDS(network_connection_type_words)
#define WORDS_connection_state WORDS(network_connection_state_words)
#define WORDS_evidence WORDS(network_evidence_words)
#define WORDS_limited_by WORDS(network_limited_by_words)
#define WORDS_event_kind WORDS(network_event_kind_words)
#define WORDS_owner_kind WORDS(network_owner_kind_words)
#define WORDS_collection WORDS(network_collection_words)

#define ROW(record, member, json_key, type_, kind_, unit_, help_)                                  \
    {.key = (json_key),                                                                            \
        .unit = (unit_),                                                                           \
        .help = (help_),                                                                           \
        .type = TYPE_##type_,                                                                      \
        .kind = FIELD_##kind_,                                                                     \
        .offset = offsetof(struct record, member),                                                 \
        .size = sizeof(((struct record *)NULL)->member),                                           \
        .status_offset = offsetof(struct record, status.member),                                   \
        WORDS_##type_},

#define INTERFACE_ROW(...) ROW(network_interface, __VA_ARGS__)
#define CONNECTION_ROW(...) ROW(network_connection, __VA_ARGS__)
#define OWNER_ROW(...) ROW(network_owner, __VA_ARGS__)
#define TOTALS_ROW(...) ROW(network_totals, __VA_ARGS__)
#define EVENT_ROW(...) ROW(network_event, __VA_ARGS__)
#define SERVER_ROW(...) ROW(network_server, __VA_ARGS__)

static const struct field interface_fields[] = {NETWORK_INTERFACE_METRICS(INTERFACE_ROW)};
static const struct field connection_fields[] = {NETWORK_CONNECTION_METRICS(CONNECTION_ROW)};
static const struct field owner_fields[] = {NETWORK_OWNER_METRICS(OWNER_ROW)};
static const struct field totals_fields[] = {NETWORK_TOTALS_METRICS(TOTALS_ROW)};
static const struct field event_fields[] = {NETWORK_EVENT_METRICS(EVENT_ROW)};
static const struct field server_fields[] = {NETWORK_SERVER_METRICS(SERVER_ROW)};

#define RECORD_TYPE(topic, table, record)                                                          \
    {                                                                                              \
        .name = (topic), .fields = (table), .field_count = ARRAY_LENGTH(table),                    \
        .size = sizeof(struct record)                                                              \
    }

const struct record_type interface_record =
    RECORD_TYPE("interfaces", interface_fields, network_interface);
const struct record_type connection_record =
    RECORD_TYPE("connections", connection_fields, network_connection);
const struct record_type owner_record = RECORD_TYPE("owners", owner_fields, network_owner);
const struct record_type totals_record = RECORD_TYPE("totals", totals_fields, network_totals);
const struct record_type event_record = RECORD_TYPE("events", event_fields, network_event);
const struct record_type server_record = RECORD_TYPE("server", server_fields, network_server);

#define CHECK_FIELD_COUNT(table)                                                                   \
    _Static_assert(ARRAY_LENGTH(table) <= RECORD_FIELDS_MAX, "RECORD_FIELDS_MAX is too small")
CHECK_FIELD_COUNT(interface_fields);
CHECK_FIELD_COUNT(connection_fields);
CHECK_FIELD_COUNT(owner_fields);
CHECK_FIELD_COUNT(totals_fields);
CHECK_FIELD_COUNT(event_fields);
CHECK_FIELD_COUNT(server_fields);

size_t value_item_size(enum value_type type)
{
    switch (type) {
    case VALUE_ADDRESSES:
        return sizeof(struct network_address);
    case VALUE_NAMES:
        return sizeof(struct network_name);
    case VALUE_NUMBERS:
        return sizeof(uint32_t);
    case VALUE_CAPABILITIES:
        return sizeof(struct network_capability);
    default:
        return 0;
    }
}

const struct field *record_field(const struct record_type *type, const char *key)
{
    for (unsigned i = 0; i < type->field_count; i++)
        if (strcmp(type->fields[i].key, key) == 0)
            return &type->fields[i];
    return NULL;
}

/* The layout all lists share. */
struct list {
    const void *items;
    uint32_t count;
};

static bool is_same_list(const struct list *a, const struct list *b, size_t item_size)
{
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->items, b->items, a->count * item_size) == 0);
}

bool field_is_same(const struct field *field, const void *a, const void *b)
{
    if (field_status(field, a) != field_status(field, b))
        return false;
    if (field_status(field, a) != NETWORK_KNOWN)
        return true;
    const char *left = (const char *)a + field->offset, *right = (const char *)b + field->offset;
    size_t item_size = value_item_size(field->type);
    if (item_size > 0)
        return is_same_list((const void *)left, (const void *)right, item_size);
    if (field->type == VALUE_TEXT)
        return strncmp(left, right, field->size) == 0;
    return memcmp(left, right, field->size) == 0;
}
