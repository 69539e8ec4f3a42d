/* owners - which process holds which socket, by the best evidence there is.
 *
 * With BPF, the kernel lists all holders anew: at every reading, so that a socket that was handed
 * on and a process with a new name are seen at once. Of very many sockets the list costs a third of
 * what the sockets cost, so there it is made when a socket is new to it, and else at one reading in
 * as many as there are OWNERS_LISTED sockets. Where BPF is not allowed or not there, /proc is
 * searched.
 */
#ifndef IFPULSE_OWNERS_H
#define IFPULSE_OWNERS_H

#include "bpf/noted_owners.h"
#include "bpf/task_files.h"
#include "owner_search.h"
#include "platform.h"
#include "socket_holders.h"
#include "users.h"

/* So many sockets are listed at every reading. */
enum { OWNERS_LISTED = 4096 };

struct owners {
    struct task_files *files;       /* NULL: no BPF */
    struct noted_owners *noted;     /* likewise */
    int files_result, noted_result; /* why not, as task_files_open says it */
    struct buffer records;
    struct socket_holders holders;
    uint32_t unlisted; /* readings since the list was made */
    size_t unheld;     /* sockets that were not in it then */
    struct owner_search search;
    struct users users;
    size_t with_process, without_process; /* sockets of the last reading */
};

/* Finds out which evidence is to be had. */
void owners_init(struct owners *owners);
void owners_fini(struct owners *owners);

/* Fills pid, process_name, user and evidence of every connection; hints is beside it. */
MUST_CHECK int owners_find(struct owners *owners, struct connection_array *connections,
    const struct socket_owner_hint *hints);

/* Fills the same, and uid, of a TCP connection that may have been too short to be listed, by its
 * identity, once. false: nothing was noted of it. ret_noted is all that was. */
MUST_CHECK bool owners_find_noted(
    struct owners *owners, struct network_connection *connection, struct noted_owner *ret_noted);

#endif
