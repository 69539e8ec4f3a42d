/* answers - writes a scripted kernel's folder (kernel_script.h), one answer a file. Whatever fails
 * ends the program. */
#ifndef IFPULSE_ANSWERS_H
#define IFPULSE_ANSWERS_H

#include <stddef.h>
#include <stdint.h>

struct bytes {
    uint8_t at[65536];
    size_t length;
};
/* Appends; data NULL: zeroes. */
void bytes_add(struct bytes *bytes, const void *data, size_t size);
void bytes_pad(struct bytes *bytes, size_t multiple);

void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

void answers_into(const char *folder);
/* nth 1 is what is answered from the first time on, 2 from the second … */
void answer(unsigned nth, const void *data, size_t size, const char *key, ...)
    __attribute__((format(printf, 4, 5)));
void answer_error(unsigned nth, const char *error, const char *key, ...)
    __attribute__((format(printf, 3, 4)));
/* What is said to be there when only the size is asked for. */
void answer_size(size_t size, const char *key);

#endif
