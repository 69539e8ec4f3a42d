#include "owners.h"

#include <errno.h>
#include <unistd.h>

void owners_init(struct owners *owners)
{
    *owners = (struct owners){0};
    owners->files_result = task_files_open(&owners->files);
    owners->noted_result = noted_owners_open(&owners->noted);
}

void owners_fini(struct owners *owners)
{
    if (!owners)
        return;
    task_files_close(owners->files);
    noted_owners_close(owners->noted);
    buffer_fini(&owners->records);
    socket_holders_fini(&owners->holders);
    owner_search_fini(&owners->search);
    users_fini(&owners->users);
}

/* Once reading fails, rights were taken away; that does not pass. */
static int update_from_bpf(struct owners *owners)
{
    int result = task_files_read(owners->files, &owners->records);
    if (result == 0)
        result =
            socket_holders_parse(&owners->holders, owners->records.bytes, owners->records.length);
    if (result < 0 && result != -ENOMEM) {
        task_files_close(HAND_OVER(owners->files));
        owners->files_result = result;
        return 0;
    }
    return result;
}

/* Puts the process that holds the socket at that index, if there is one. */
static bool put_process(
    struct owners *owners, struct network_connection *connection, size_t index, uint64_t inode)
{
    if (owners->files) {
        const struct socket_holder *holder = socket_holders_find(&owners->holders, inode);
        if (!holder)
            return false;
        PUT(connection, pid, holder->pid);
        PUT_TEXT(connection, process_name, holder->comm);
        PUT(connection, evidence, NETWORK_EVIDENCE_BPF);
        return true;
    }
    const struct process *process = owner_search_find(&owners->search, index);
    if (!process)
        return false;
    PUT(connection, pid, process->pid);
    PUT_TEXT(connection, process_name, process->comm);
    PUT(connection, evidence, NETWORK_EVIDENCE_PROC);
    return true;
}

static bool may_be_hidden(const struct owners *owners, const struct network_connection *connection)
{
    uint32_t self = geteuid();
    return !owners->files &&
           (owners->search.was_denied ||
               (self != 0 && network_has(connection, uid) && connection->uid != self));
}

static void put_unknown(const struct owners *owners, struct network_connection *connection)
{
    uint8_t status = may_be_hidden(owners, connection) ? NETWORK_PERMISSION : NETWORK_UNAVAILABLE;
    connection->status.pid = status;
    connection->status.process_name = status;
    if (network_has(connection, uid))
        PUT(connection, evidence, NETWORK_EVIDENCE_UID);
}

static void put_user(struct owners *owners, struct network_connection *connection)
{
    const char *name =
        network_has(connection, uid) ? users_find(&owners->users, connection->uid) : NULL;
    if (name)
        PUT_TEXT(connection, user, name);
}

static void put_processes(struct owners *owners, struct connection_array *connections,
    const struct socket_owner_hint *hints)
{
    owners->with_process = owners->without_process = 0;
    for (size_t i = 0; i < connections->count; i++) {
        struct network_connection *connection = &connections->items[i];
        if (hints[i].inode == 0)
            continue;
        bool found = put_process(owners, connection, i, hints[i].inode);
        if (!found)
            put_unknown(owners, connection);
        owners->with_process += found;
        owners->without_process += !found;
    }
}

/* Whether the list of an earlier reading told of as many as it did when it was new. */
static bool is_still_good(struct owners *owners, struct connection_array *connections,
    const struct socket_owner_hint *hints)
{
    if (!owners->files || ++owners->unlisted > connections->count / OWNERS_LISTED)
        return false;
    put_processes(owners, connections, hints);
    return owners->without_process <= owners->unheld;
}

/* Who closed it between the reading of the sockets and that of their holders, or had it only now,
 * is in no list, but was noted. Else its bytes so far would be its user's. */
static void put_noted(struct owners *owners, struct connection_array *connections,
    const struct socket_owner_hint *hints)
{
    struct noted_owner noted;
    for (size_t i = 0; owners->noted && i < connections->count; i++) {
        struct network_connection *connection = &connections->items[i];
        if (hints[i].inode == 0 || network_has(connection, pid) ||
            connection->type != NETWORK_TCP ||
            !noted_owners_find(owners->noted, connection->identity, &noted) || noted.pid == 0)
            continue;
        PUT(connection, pid, noted.pid);
        PUT_TEXT(connection, process_name, noted.comm);
        PUT(connection, evidence, NETWORK_EVIDENCE_BPF);
    }
}

static int find_anew(struct owners *owners, struct connection_array *connections,
    const struct socket_owner_hint *hints)
{
    int result = owners->files ? update_from_bpf(owners) : 0;
    if (result == 0 && !owners->files)
        result = owner_search_update(&owners->search, hints, connections->count);
    if (result < 0)
        return result;
    put_processes(owners, connections, hints);
    owners->unlisted = 0;
    owners->unheld = owners->without_process;
    put_noted(owners, connections, hints);
    return 0;
}

int owners_find(struct owners *owners, struct connection_array *connections,
    const struct socket_owner_hint *hints)
{
    for (size_t i = 0; i < connections->count; i++)
        put_user(owners, &connections->items[i]);
    return is_still_good(owners, connections, hints) ? 0 : find_anew(owners, connections, hints);
}

bool owners_find_noted(
    struct owners *owners, struct network_connection *connection, struct noted_owner *ret_noted)
{
    struct noted_owner noted;
    if (!noted_owners_find(owners->noted, connection->identity, &noted))
        return false;
    noted_owners_forget(owners->noted, connection->identity);
    PUT(connection, uid, noted.uid);
    PUT(connection, evidence, NETWORK_EVIDENCE_UID);
    put_user(owners, connection);
    if (noted.pid != 0) {
        PUT(connection, pid, noted.pid);
        PUT_TEXT(connection, process_name, noted.comm);
        PUT(connection, evidence, NETWORK_EVIDENCE_BPF);
    }
    *ret_noted = noted;
    return true;
}
