/* command - what a client says, read and checked. The only reader of client JSON. */
#ifndef IFPULSE_COMMAND_H
#define IFPULSE_COMMAND_H

#include "base.h"
#include "query.h"

enum command_op {
    COMMAND_SUBSCRIBE,
    COMMAND_UNSUBSCRIBE,
    COMMAND_PING,
    COMMAND_AUTHENTICATE,
};

enum {
    COMMAND_INSTANCE_BYTES = 33,
    COMMAND_DATA_BYTES = 1025,
    COMMAND_INTERVAL_MIN_MS = 50,
    COMMAND_INTERVAL_MAX_MS = 3600000,
};

struct command {
    enum command_op op;
    uint64_t id;
    struct query query;
    uint32_t interval_ms; /* 0: not said */
    uint64_t since;       /* 0: not said */
    char since_instance[COMMAND_INSTANCE_BYTES];
    char data[COMMAND_DATA_BYTES]; /* of a ping */
    bool has_data;
};

/* Why a message was refused: a word for programs, a sentence for people that names what was wrong
 * and what would be right. */
struct command_refusal {
    const char *code;
    bool has_id;
    uint64_t id;
    char message[512]; /* may end in, or hold, half a character of the client's: see encode_error */
};

enum { COMMAND_REFUSED = 1 };

/* 0, or COMMAND_REFUSED with the reason in ret_refusal. text need not end in NUL. */
MUST_CHECK int command_parse(const char *text, size_t length, struct command *ret_command,
    struct command_refusal *ret_refusal);

/* Fills in a refusal; message by format. Returns COMMAND_REFUSED. */
int command_refuse(struct command_refusal *refusal, const char *code, const char *format, ...)
    PRINTF_LIKE(3, 4);

#endif
