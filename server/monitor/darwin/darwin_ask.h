/* darwin_ask - asks the system, again where an answer grew meanwhile, and keeps what it answered
 * for a capture.
 *
 * Files of a capture are named after the questions, as tests/darwin/kernel_script.h reads them.
 */
#ifndef IFPULSE_DARWIN_ASK_H
#define IFPULSE_DARWIN_ASK_H

#include "buffer.h"
#include "darwin_sys.h"

struct darwin_ask {
    struct darwin_sys *sys;
    const char *folder; /* where answers are kept; NULL: nowhere. Lent */
    size_t kept;        /* files written */
    int trouble;        /* the first failure to write one, -errno */
};

/* A table of the kernel, by numbers or by name, into answer, whose room is used again.
 * ret_announced: what the kernel said there would be, in bytes, which may be more than it then
 * gave. */
struct darwin_table {
    const char *name; /* NULL: by numbers */
    int mib[6];
    unsigned length;
};
MUST_CHECK int darwin_ask_table(struct darwin_ask *ask, const struct darwin_table *table,
    struct buffer *answer, size_t *ret_announced);

/* What has a fixed size, into bytes, with room for *size. */
MUST_CHECK int darwin_ask_fixed(
    struct darwin_ask *ask, const struct darwin_table *table, void *bytes, size_t *size);
/* bytes: DARWIN_INTERFACE_ANSWER of them. */
MUST_CHECK int darwin_ask_interface(struct darwin_ask *ask, enum darwin_interface_question question,
    const char *name, uint8_t *bytes, size_t *ret_size);

struct darwin_process {
    enum darwin_process_question question;
    int32_t pid, descriptor;
};
/* A list, DARWIN_PIDS or DARWIN_FILES. */
MUST_CHECK int darwin_ask_processes(
    struct darwin_ask *ask, const struct darwin_process *process, struct buffer *answer);
MUST_CHECK int darwin_ask_process(
    struct darwin_ask *ask, const struct darwin_process *process, void *bytes, size_t *size);

/* One datagram of the event socket: its size, or -errno. */
MUST_CHECK ssize_t darwin_ask_event(struct darwin_ask *ask, void *bytes, size_t size);

#endif
