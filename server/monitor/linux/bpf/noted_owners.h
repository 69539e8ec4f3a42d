/* noted_owners - who opened or closed a TCP connection, noted by the kernel while they do
 * (noted_owners.bpf.c): the owners of connections too short to be listed.
 *
 * What was noted stays in the kernel, NOTED_MAX connections of it, the oldest making room, and
 * costs nothing here until it is asked for. It is noted from open to close, whether or not somebody
 * asks.
 */
#ifndef IFPULSE_NOTED_OWNERS_H
#define IFPULSE_NOTED_OWNERS_H

#include "base.h"
#include "records.h"

struct noted_owners;

/* As task_files_open. */
MUST_CHECK int noted_owners_open(struct noted_owners **ret_owners);
/* Accepts NULL. */
void noted_owners_close(struct noted_owners *owners);
/* By the socket's cookie; of several processes the first. Accepts NULL, which knows nobody. */
MUST_CHECK bool noted_owners_find(
    const struct noted_owners *owners, uint64_t cookie, struct noted_owner *ret_owner);
/* Makes room: for a connection that has ended. Accepts NULL. */
void noted_owners_forget(const struct noted_owners *owners, uint64_t cookie);

#endif
