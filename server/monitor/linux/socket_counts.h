/* socket_counts - how many sockets a namespace has, by /proc/net/sockstat, without a look at them.
 *
 * All namespaces share the kernel's table of connections, and listing one's means to walk all of
 * it: 2 ms on a machine with 24 GB, also where nothing is found. Fifty quiet containers would cost
 * a tenth of a processor. The counts cost 1 µs and say what need not be walked for.
 */
#ifndef IFPULSE_SOCKET_COUNTS_H
#define IFPULSE_SOCKET_COUNTS_H

#include "base.h"

struct socket_counts {
    uint64_t tcp; /* without those in time_wait, and those that are only being accepted */
    uint64_t time_wait;
    uint64_t udp4, udp6;
};

/* The two files, which stay of the namespace they were opened in. */
struct socket_counts_files {
    int v4; /* -1: not to be read */
    int v6; /* -1: without IPv6 */
};

/* Opens those of the calling thread's namespace. That they cannot be opened is no failure. */
void socket_counts_open(struct socket_counts_files *ret_files);
void socket_counts_close(struct socket_counts_files *files);
/* False: not known. */
MUST_CHECK bool socket_counts_read(
    const struct socket_counts_files *files, struct socket_counts *ret_counts);

/* Pure: the texts of sockstat and of sockstat6, which is NULL without IPv6. */
MUST_CHECK bool socket_counts_parse(
    const char *v4, const char *v6, struct socket_counts *ret_counts);

#endif
