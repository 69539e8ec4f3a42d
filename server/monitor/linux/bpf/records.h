/* records - what the programs that run in the kernel hand out. Two compilers read this, one of them
 * for a machine without a C library, so it is written in the kernel's types.
 */
#ifndef IFPULSE_RECORDS_H
#define IFPULSE_RECORDS_H

#include <linux/types.h>

enum { COMM_BYTES = 16, NOTED_MAX = 32768 };

/* A process holds an IPv4 or IPv6 socket. */
struct socket_holder {
    __u64 inode;
    __u32 pid; /* as this program's own process namespace counts */
    __u32 fd;
    char comm[COMM_BYTES]; /* any bytes */
};

/* Whether the other side's FIN came before a socket's end; only then is it counted as a byte. */
enum noted_fin { FIN_NOT_KNOWN, FIN_CAME, FIN_MISSING };

/* A process opened or closed a TCP connection. */
struct noted_owner {
    __u64 cgroup;
    __u64 opened_ns; /* monotonic; 0: it did not open it, or that was before */
    __u32 pid;       /* 0: it is of another process namespace */
    __u32 uid;       /* that opened the socket */
    char comm[COMM_BYTES];
    __u64 fin; /* enum noted_fin, at the end */
};

#endif
