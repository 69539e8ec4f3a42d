/* json - values as JSON text, appended to a buffer.
 *
 * Names in a kernel are bytes, JSON text is UTF-8: a byte that is no part of valid UTF-8 is
 * written as the four characters \xNN, and so is a backslash, so that two different names never
 * become the same text.
 */
#ifndef IFPULSE_JSON_H
#define IFPULSE_JSON_H

#include "base.h"
#include "buffer.h"
#include "fields.h"

/* Length of the UTF-8 sequence that begins there (RFC 3629: no surrogates, nothing overlong), of
 * left bytes at least one; 0: none does. */
size_t json_utf8_length(const char *bytes, size_t left);
/* "…" with everything escaped that JSON asks for. */
void json_append_name(struct buffer *buffer, const char *bytes, size_t length);
/* The same for text that is known to be UTF-8 (ours, or checked by the JSON parser). */
void json_append_text(struct buffer *buffer, const char *text, size_t length);
void json_append_u64(struct buffer *buffer, uint64_t value);
void json_append_i64(struct buffer *buffer, int64_t value);
/* Three significant digits, never an exponent; what is smaller than 1e-9 is 0. */
void json_append_real(struct buffer *buffer, double value);
/* "2026-11-22T09:24:10.123Z", quoted. ms since 1970 UTC. */
void json_append_time(struct buffer *buffer, int64_t ms);
/* The field's value in record, which must be known. Of a list that takes more bytes than this only
 * the first items are written: a record has two lists at most, and must fit into a message. */
enum { JSON_LIST_BYTES = 24 << 10 };
void json_append_field(struct buffer *buffer, const struct field *field, const void *record);

/* Whether two finite values read the same once written with three significant digits. */
bool json_real_equal(double a, double b);
/* Their order as they are written: 0 where they read the same. */
int json_real_compare(double a, double b);

#endif
