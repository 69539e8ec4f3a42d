/* command - what a client says, read and checked. The only reader of client JSON. */
#ifndef IFPULSE_COMMAND_H
#define IFPULSE_COMMAND_H

#include "base.h"
#include "query.h"
#include "refusal.h"

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
    COMMAND_HISTORY_MAX_S = 86400,
};

struct command {
    enum command_op op;
    uint64_t id;
    struct query query;   /* of a subscription, in its canonical form */
    bool is_deflated;     /* long messages of it are to be deflated */
    uint32_t interval_ms; /* 0: not said */
    uint32_t history_s;   /* 0: not said */
    uint64_t since;       /* 0: not said */
    char since_instance[COMMAND_INSTANCE_BYTES];
    char data[COMMAND_DATA_BYTES]; /* of a ping; or the token */
    bool has_data;
};

void command_fini(struct command *command);

/* 0 and a command for the caller to end, or COMMAND_REFUSED with the reason in ret_refusal. text
 * need not end in NUL. */
MUST_CHECK int command_parse(const char *text, size_t length, struct command *ret_command,
    struct command_refusal *ret_refusal);

#endif
