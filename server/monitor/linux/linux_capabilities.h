/* linux_capabilities - what this process can see on this kernel, in sentences. */
#ifndef IFPULSE_LINUX_CAPABILITIES_H
#define IFPULSE_LINUX_CAPABILITIES_H

#include "network_types.h"

enum linux_capability {
    CAPABILITY_INTERFACES,
    CAPABILITY_CONNECTIONS,
    CAPABILITY_OWNERS,
    CAPABILITY_WIRELESS,
    CAPABILITY_UNITS,
    CAPABILITY_NAMESPACES,
    CAPABILITY_SHORT_LIVED,
    CAPABILITY_CLOSINGS,
    CAPABILITY_DROPS,
    CAPABILITIES
};

void linux_capabilities_init(struct network_capability capabilities[CAPABILITIES]);
/* Says of one what it is now. */
void linux_capability_put(
    struct network_capability *capability, enum network_status status, const char *detail);
/* bpf_result: 0, or why BPF does not list them, as task_files_open says it. found: whether any of
 * the sockets that were read has a process here; with none read, true. */
void linux_capability_put_owners(struct network_capability *capability, int bpf_result, bool found);
/* bpf_result: 0, or why they are not noted, likewise. */
void linux_capability_put_short_lived(struct network_capability *capability, int bpf_result);
/* root: where cgroup v2 is mounted; NULL: nowhere. */
void linux_capability_put_units(struct network_capability *capability, const char *root);
/* open: how many other namespaces are read; refused: how many cannot be, and why, -errno. */
void linux_capability_put_namespaces(
    struct network_capability *capability, size_t open, size_t refused, int refusal);
/* Whether setns is this process's to call. */
bool linux_may_enter_namespaces(void);
/* result: of opening their socket, 0 or -errno. */
void linux_capability_put_closings(struct network_capability *capability, int result);
void linux_capability_put_wireless(struct network_capability *capability, bool has_family);
/* found: whether any of the system's counts could be read. */
void linux_capability_put_drops(struct network_capability *capability, bool found);

#endif
