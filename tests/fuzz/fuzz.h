/* fuzz - what the fuzz targets share: input as its reader gets it, and what must hold of whatever a
 * reader makes of it.
 *
 * A target is one file, fuzz_<name>.c, that defines LLVMFuzzerTestOneInput. It is built twice: with
 * libFuzzer by script/fuzz, and with replay.c by everyone, which gives it the inputs that are kept
 * in corpus/<name> and regressions/<name>. All input lies in heap memory of just its size, so that
 * the sanitizer sees a read too many.
 */
#ifndef IFPULSE_FUZZ_H
#define IFPULSE_FUZZ_H

#include "base.h"
#include "fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program, in release builds too, where something does not hold. */
#define FUZZ_CHECK(condition)                                                                      \
    ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, "does not hold: " #condition))
_Noreturn void fuzz_fail(const char *file, int line, const char *what);

/* Fills an output with a pattern, to see later whether it is untouched. */
void fuzz_mark(void *output, size_t size);
bool fuzz_is_marked(const void *output, size_t size);

/* The input as text, which ends at its first NUL; the caller frees it. */
char *fuzz_text(const uint8_t *data, size_t size);
/* Takes the next byte off the input, 0 when there is none: for what is no part of a message but
 * decides how it is read. */
uint8_t fuzz_take_byte(const uint8_t **data, size_t *size);

bool fuzz_is_terminated(const char *text, size_t size);
/* Text must be one JSON value. */
void fuzz_check_json(const char *text, size_t length);
/* Every datum: a status there is, a value its type may have, written as JSON. */
void fuzz_check_record(const struct record_type *type, const void *record);

struct nlmsghdr;
/* Gives take every message of a datagram as the program's own loop finds them, each in memory of
 * its own. Then once more with the lengths mended of those that say more than there is: so that
 * the piece of a message is a message too. */
void fuzz_messages(const uint8_t *data, size_t size,
    void (*take)(const struct nlmsghdr *message, void *context), void *context);

#endif
