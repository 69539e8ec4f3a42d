/* fields - the rows of metrics.h as data, for code that treats all records alike.
 *
 * A record_type describes one of the structs of network_types.h: its fields in the table's order,
 * where each lies, and where its status lies. The model, the encoder and the tests walk these and
 * know no field by name.
 */
#ifndef IFPULSE_FIELDS_H
#define IFPULSE_FIELDS_H

#include "base.h"
#include "network_types.h"

enum value_type {
    VALUE_FLAG,
    VALUE_U32,
    VALUE_U64,
    VALUE_I32,
    VALUE_REAL,
    VALUE_TIME,
    VALUE_TEXT,   /* char[n], NUL-terminated, any bytes */
    VALUE_CHOICE, /* an enum; words names its values */
    VALUE_ADDRESS,
    VALUE_ADDRESSES,    /* struct network_address_list */
    VALUE_NAMES,        /* struct network_name_list */
    VALUE_NUMBERS,      /* struct network_number_list */
    VALUE_CAPABILITIES, /* struct network_capability_list */
};

enum field_kind { FIELD_FACT, FIELD_COUNTER, FIELD_GAUGE, FIELD_RATE };

struct field {
    const char *key; /* JSON key */
    const char *unit;
    const char *help;
    enum value_type type;
    enum field_kind kind;
    uint16_t offset, size; /* of the member */
    uint16_t status_offset;
    const char *const *words; /* of a CHOICE */
    unsigned word_count;
};

enum { RECORD_FIELDS_MAX = 48 };

struct record_type {
    const char *name; /* the topic's */
    const struct field *fields;
    unsigned field_count; /* at most RECORD_FIELDS_MAX */
    size_t size;          /* of the struct */
};

extern const struct record_type interface_record;
extern const struct record_type connection_record;
extern const struct record_type owner_record;
extern const struct record_type totals_record;
extern const struct record_type event_record;
extern const struct record_type server_record;

/* The list types are the last of enum value_type. */
static inline bool value_is_list(enum value_type type)
{
    return type >= VALUE_ADDRESSES;
}
/* Size of one item of a list type; 0 for others. All lists are laid out {pointer, uint32_t count}.
 */
size_t value_item_size(enum value_type type);

static inline enum network_status field_status(const struct field *field, const void *record)
{
    return (enum network_status)((const uint8_t *)record)[field->status_offset];
}

/* NULL when the record type has no such field. */
const struct field *record_field(const struct record_type *type, const char *key);

/* Whether a datum has the same status and, where known, the same value in two records of its type;
 * lists are the same when their items are, in the same order. */
bool field_is_same(const struct field *field, const void *a, const void *b);

#endif
