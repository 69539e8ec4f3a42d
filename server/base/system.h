/* system - what of the operating system differs from one to another, apart from the network.
 *
 * One file for each: system_linux.c, system_darwin.c; CMake takes the one it builds for. What POSIX
 * has is not here.
 */
#ifndef IFPULSE_SYSTEM_H
#define IFPULSE_SYSTEM_H

#include "base.h"

#include <poll.h>

/* Its name and version for people: "Debian GNU/Linux 12 (bookworm)", "macOS 15.1". False: it does
 * not say. */
MUST_CHECK bool system_name(char *ret_name, size_t size);

/* Where the file of this running program is. */
MUST_CHECK bool system_program_path(char *ret_path, size_t size);

/* What this process has; -1: not known. */
int64_t system_resident_bytes(void);
int64_t system_open_descriptors(void);

/* For how long CLOCK_MONOTONIC stood still since the machine started, because that slept. */
int64_t system_stood_still_ms(void);

/* poll(2), for a span that may be a fraction of a millisecond. */
int system_poll(struct pollfd *fds, size_t count, uint64_t span_ns);

/* Holds back what is written to a TCP socket, and then sends it all at once, where that can be. */
void system_cork(int socket, bool is_corked);

/* What an errno means, as strerror(3) has it, but for any thread at any time. */
const char *system_error_text(int error);

/* A descriptor that polls readable once CLOCK_MONOTONIC is where it was set to; -errno. Setting it
 * anew forgets what it was set to before. */
MUST_CHECK int system_timer_open(int *ret_timer);
MUST_CHECK int system_timer_set(int timer, uint64_t at_ns);
/* Whether it went off since it was set; then it polls readable no more. */
MUST_CHECK int system_timer_take(int timer, bool *ret_went_off);

#endif
