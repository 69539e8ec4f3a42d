/* filter - which records of a topic are meant, by what their fields hold.
 *
 * A filter is a list of terms that must all match; a term matches where any of its fields holds any
 * of its values. What is unknown matches nothing. Terms and values are kept sorted and without
 * repetition, addresses without their host bits, so that filters that mean the same are the same.
 *
 * What a term is called says how it matches:
 *   port, address  any port or address of the record, of an interface any of its addresses;
 *   addresses      by network, as in "10.0.0.0/8"; without a prefix length it is one host;
 *   process_name   by a part of it, or where it has a * or ? by the whole, as a glob;
 *   other fields   by the value itself; a list by one of its items.
 * Texts are compared with what the stream writes: \xNN stands for a byte that is no UTF-8.
 */
#ifndef IFPULSE_FILTER_H
#define IFPULSE_FILTER_H

#include "base.h"
#include "fields.h"
#include "refusal.h"

/* One value as it was said. REST says all as plain text; in JSON the type must be the field's. */
struct filter_word {
    enum { FILTER_WORD_PLAIN, FILTER_WORD_TEXT, FILTER_WORD_NUMBER, FILTER_WORD_FLAG } type;
    const char *text; /* of a number its digits, of a flag "true" or "false" */
    size_t length;
};

struct filter_value {
    uint64_t number; /* of a flag, an integer (in two's complement), a choice or a time */
    double real;
    struct network_address network; /* prefix_length counts; host bits are zero */
    char *text;                     /* NULL: not a text */
    size_t length;
};

struct filter_term {
    const char *name;
    uint64_t fields; /* bit per field of the record type */
    struct filter_value *values;
    size_t count;
};

/* A zeroed one takes everything. */
struct filter {
    struct filter_term *terms;
    size_t count;
};

enum { FILTER_VALUES_MAX = 256 /* of a term */ };

void filter_fini(struct filter *filter);
MUST_CHECK int filter_copy(const struct filter *filter, struct filter *ret_filter);
bool filter_equal(const struct filter *one, const struct filter *other);

/* Adds a term. COMMAND_REFUSED with the reason where there is no such name or a word does not fit.
 */
MUST_CHECK int filter_add(struct filter *filter, const struct record_type *type, const char *name,
    const struct filter_word *words, size_t count, struct command_refusal *refusal);

bool filter_takes(const struct filter *filter, const struct record_type *type, const void *record);

/* Whether a term looks at any of these fields. */
bool filter_looks_at(const struct filter *filter, uint64_t fields);

/* Of the parts, for those who make them. Values are in the order of filter_compare_values. */
void filter_term_fini(struct filter_term *term);
int filter_compare_values(const void *a, const void *b);

#endif
