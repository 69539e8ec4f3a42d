/* darwin_sys - all that this backend asks of macOS, one function a kind of question, in raw bytes.
 *
 * sys/ asks the kernel and is the only folder that needs Apple's headers; tests answer from files
 * (tests/darwin/kernel_script.h). What asks, retries and understands is the same code for both, and
 * runs on any system. Every function returns 0 or -errno; outputs are untouched then.
 */
#ifndef IFPULSE_DARWIN_SYS_H
#define IFPULSE_DARWIN_SYS_H

#include "base.h"

struct darwin_sys;

MUST_CHECK int darwin_sys_open(struct darwin_sys **ret_sys);
/* Accepts NULL. */
void darwin_sys_close(struct darwin_sys *sys);

/* sysctl(3). *size is the room in buffer, then what was written. Without a buffer it is what there
 * may be, which is a guess: with it comes -ENOMEM when there is more by now. */
MUST_CHECK int darwin_sys_sysctl(
    struct darwin_sys *sys, const int *mib, unsigned length, void *buffer, size_t *size);
MUST_CHECK int darwin_sys_sysctl_named(
    struct darwin_sys *sys, const char *name, void *buffer, size_t *size);

/* ioctls about an interface by name. */
enum darwin_interface_question {
    DARWIN_FUNCTIONAL_TYPE, /* SIOCGIFFUNCTIONALTYPE: struct ifreq */
    DARWIN_MEDIA,           /* SIOCGIFXMEDIA: struct ifmediareq */
    DARWIN_VLAN,            /* SIOCGIFVLAN: struct vlanreq, where ifr_data points to */
    DARWIN_INTERFACE_QUESTIONS
};
enum { DARWIN_INTERFACE_ANSWER = 64 }; /* the largest of them */
/* buffer is of DARWIN_INTERFACE_ANSWER bytes. */
MUST_CHECK int darwin_sys_ask_interface(struct darwin_sys *sys,
    enum darwin_interface_question question, const char *name, void *buffer, size_t *ret_size);

/* The list of interfaces and addresses as getifaddrs(3) has it, made anew: for kernels that do not
 * give NET_RT_IFLIST2. */
struct darwin_links;
MUST_CHECK int darwin_sys_list_links(struct darwin_sys *sys, struct darwin_links *links);

/* Opens what tells of changes, non-blocking, until darwin_sys_close: the kernel's event socket
 * (PF_SYSTEM), or the routing socket (PF_ROUTE) where there is none. */
MUST_CHECK int darwin_sys_open_events(struct darwin_sys *sys, bool *ret_is_route, int *ret_fd);
/* One datagram: its size; -EAGAIN when there is none, -ENOBUFS when some were lost. */
MUST_CHECK ssize_t darwin_sys_receive(struct darwin_sys *sys, void *buffer, size_t size);

/* libproc. *size in bytes likewise; a NULL buffer asks for the size. */
enum darwin_process_question {
    DARWIN_PIDS,       /* proc_listallpids: int32_t each; of no process */
    DARWIN_FILES,      /* PROC_PIDLISTFDS: struct proc_fdinfo each */
    DARWIN_SOCKET,     /* PROC_PIDFDSOCKETINFO of a descriptor: struct socket_fdinfo */
    DARWIN_PATH,       /* proc_pidpath: text, without its NUL */
    DARWIN_SHORT_INFO, /* PROC_PIDT_SHORTBSDINFO: struct proc_bsdshortinfo */
    DARWIN_PROCESS_QUESTIONS
};
MUST_CHECK int darwin_sys_ask_process(struct darwin_sys *sys, enum darwin_process_question question,
    int32_t pid, int32_t descriptor, void *buffer, size_t *size);

#endif
