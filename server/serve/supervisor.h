/* supervisor - what the service manager is told of this program, by the protocol of sd_notify(3).
 *
 * That protocol is one datagram to a socket named in the environment, and its manual promises that
 * it stays as it is for those who write it out themselves. So it is written out: libsystemd would
 * load four libraries for compression and cryptography into the program for it.
 */
#ifndef IFPULSE_SUPERVISOR_H
#define IFPULSE_SUPERVISOR_H

#include "base.h"

/* Sends assignments, one a line: "READY=1\nSTATUS=...". Where no manager asked for them, nothing.
 */
void supervisor_tell(const char *format, ...) PRINTF_LIKE(1, 2);

/* Within which time the manager wants to hear WATCHDOG=1 from this process; 0: it does not. */
int64_t supervisor_watchdog_us(void);

#endif
