/* refusal - why what a client asked for is not done: a word for programs, a sentence for people
 * that names what was wrong and what would be right.
 */
#ifndef IFPULSE_REFUSAL_H
#define IFPULSE_REFUSAL_H

#include "base.h"

struct command_refusal {
    const char *code;
    bool has_id;
    uint64_t id;
    char
        message[1024]; /* may end in, or hold, half a character of the client's: see encode_error */
};

enum { COMMAND_REFUSED = 1 };

/* Fills in a refusal; message by format. Returns COMMAND_REFUSED. */
int command_refuse(struct command_refusal *refusal, const char *code, const char *format, ...)
    PRINTF_LIKE(3, 4);

#endif
