/* encode_body - what a view shows, or what of it changed, as the members of a JSON object.
 *
 * A snapshot and a delta, a message and a REST answer are this one text between other braces.
 */
#ifndef IFPULSE_ENCODE_BODY_H
#define IFPULSE_ENCODE_BODY_H

#include "buffer.h"
#include "view.h"

/* How much of a record is told. */
struct telling {
    uint64_t fields;    /* these only, as bits */
    uint64_t since;     /* and of these what changed later; 0: all */
    bool tells_unknown; /* also that a field is unknown: the client may hold a value */
};

/* Returns how many were told to be unknown. */
size_t encode_fields(struct buffer *buffer, const struct record_type *type,
    const struct record *record, const struct telling *telling);

/* "key": with a comma in front but for the first. */
void encode_key(struct buffer *buffer, const char *key, bool *first);

/* Where the parts of a long message may begin and end. */
struct cuts {
    size_t limit; /* longest part; 0: one part */
    size_t *ends; /* of each part but the last, as offsets in the buffer */
    unsigned count;
    size_t capacity;
};

/* A view's content being written, from since to now. */
struct writing {
    const struct view *view;
    uint64_t since;
    struct buffer *buffer;
    struct cuts *cuts;
    size_t told, nulls; /* entries, and among what they say */
};

/* What stands between the braces of data or patch. Every entry ends in a comma; the last one's
 * goes, and those at the cuts are left out by whoever copies the parts. */
void encode_body(struct writing *writing);

#endif
