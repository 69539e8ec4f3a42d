/* drop_causes - why this system drops packets, where it counts that: /proc/net/softnet_stat (of all
 * processors and namespaces), netstat, snmp and snmp6 (of one namespace).
 *
 * The files stay open and are of the namespace they were opened in.
 */
#ifndef IFPULSE_DROP_CAUSES_H
#define IFPULSE_DROP_CAUSES_H

#include "platform.h"

enum {
    DROP_CAUSE_BACKLOG,
    DROP_CAUSE_SQUEEZED,
    DROP_CAUSE_LISTEN_OVERFLOWS,
    DROP_CAUSE_LISTEN_OTHERS,
    DROP_CAUSE_TCP_BACKLOG,
    DROP_CAUSE_TCP_RECEIVE,
    DROP_CAUSE_UDP_RECEIVE,
    DROP_CAUSE_UDP_SEND,
    DROP_CAUSE_UDP_MEMORY,
    DROP_CAUSES
};

enum { DROP_FILE_SOFTNET, DROP_FILE_NETSTAT, DROP_FILE_SNMP, DROP_FILE_SNMP6, DROP_FILES };

struct drop_causes {
    int files[DROP_FILES]; /* -1: not to be read */
    char *text;            /* of one of them */
    struct platform_drop_cause causes[DROP_CAUSES];
};

/* Opens the files of the calling thread's namespace; that some cannot be opened is no failure. */
MUST_CHECK int drop_causes_init(struct drop_causes *causes);
void drop_causes_fini(struct drop_causes *causes);
/* Reads every count anew. Returns whether there is any. */
bool drop_causes_read(struct drop_causes *causes);

/* Pure. Set the counts that the file of that number has; the others stay. text is its whole. */
void drop_causes_parse(unsigned file, const char *text, uint64_t counts[DROP_CAUSES]);

#endif
