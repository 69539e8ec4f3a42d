/* kernel_script - a macOS kernel's answers, read from a folder of files. For tests.
 *
 * A file is named after a question and holds the answer's raw bytes. `ifpulse capture` writes the
 * same files on a Mac, so what it captures is a script for these tests.
 *
 *   sysctl.4.17.0.0.6.0             sysctl by numbers
 *   sysctl.net.inet.tcp.pcblist_n   sysctl by name
 *   interface.functional_type.en0   the struct that the ioctl fills in (interface.media.en0,
 *                                   interface.vlan.vlan0 likewise)
 *   process.pids                    libproc: what the call fills in (process.files.77,
 *                                   process.socket.77.5, process.path.77, process.short_info.77)
 *   getifaddrs                      what it lists, in the form of sysctl.4.17.0.0.6.0
 *   event                           a datagram of the event socket (see below)
 *
 * The same question may be answered differently each time it is asked: KEY@3 answers from the third
 * time on, KEY is KEY@1. KEY.error, KEY@3.error hold the name of an errno, in which the answer then
 * consists. KEY.size holds what is said to be there, in decimal, when only the size is asked for
 * (which does not count as asking); without it, it is the size of the next answer.
 * Of events, event@1, event@2 … are one datagram each, and then there are no more.
 */
#ifndef IFPULSE_KERNEL_SCRIPT_H
#define IFPULSE_KERNEL_SCRIPT_H

#include <stddef.h>

struct kernel_script {
    char folder[256];
    struct kernel_script_asked *asked;
    size_t asked_count;
};

/* folder NULL: the environment's IFPULSE_KERNEL_SCRIPT. Ends the program when there is none. */
void kernel_script_open(struct kernel_script *script, const char *folder);
void kernel_script_close(struct kernel_script *script);

/* Answers into buffer with room for *size bytes, or without buffer only its size. Returns 0, or a
 * negative errno of the system this is compiled for: -ENOENT for what has no file, -ENOMEM when
 * there is too little room, which is then filled, as sysctl does. */
int kernel_script_answer(struct kernel_script *script, const char *key, void *buffer, size_t *size);

#endif
