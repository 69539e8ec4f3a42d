#include "linux_capabilities.h"

#include "platform.h"
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void linux_capability_put(
    struct network_capability *capability, enum network_status status, const char *detail)
{
    capability->status = (uint8_t)status;
    put_text(capability->detail, sizeof(capability->detail), detail);
}

/* The capabilities of capabilities(7) that are in effect, of the first 32. */
static uint32_t effective_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
    return syscall(SYS_capget, &header, data) < 0 ? 0 : data[0].effective;
}

bool linux_may_enter_namespaces(void)
{
    return effective_capabilities() & 1u << CAP_SYS_ADMIN;
}

/* Whether other users' processes can be looked into. */
static bool sees_all_processes(void)
{
    uint32_t effective = effective_capabilities();
    return effective & 1u << CAP_SYS_PTRACE &&
           effective & (1u << CAP_DAC_READ_SEARCH | 1u << CAP_DAC_OVERRIDE);
}

/* Owners are seen without BPF too, so this is what follows the sentence that says how. */
static const char *why_not_faster(int bpf_result)
{
    switch (bpf_result) {
    case -EPERM:
        return "CAP_BPF and CAP_PERFMON would find them faster.";
    case -ENOENT:
        return "a kernel with BTF would find them faster.";
    case -ENOSYS:
        return "built with clang and libbpf, ifpulse would find them faster.";
    default:
        return "this kernel's BPF cannot list them.";
    }
}

static void put_owners_by_proc(struct network_capability *capability, int bpf_result)
{
    char detail[sizeof(capability->detail)];
    snprintf(detail, sizeof(detail),
        "Process and user of every connection but those that no process here holds, by searching "
        "/proc; %s",
        why_not_faster(bpf_result));
    linux_capability_put(capability, NETWORK_KNOWN, detail);
}

void linux_capability_put_owners(struct network_capability *capability, int bpf_result, bool found)
{
    if (bpf_result < 0 && !sees_all_processes())
        linux_capability_put(capability, NETWORK_PERMISSION,
            bpf_result == -EPERM
                ? "Processes of this user only; root, CAP_BPF with CAP_PERFMON, or "
                  "CAP_SYS_PTRACE with CAP_DAC_READ_SEARCH shows every owner."
                : "Processes of this user only; running as root or with "
                  "CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH shows every owner.");
    else if (bpf_result < 0 && !found)
        linux_capability_put(capability, NETWORK_UNAVAILABLE,
            "No connection's process is visible: /proc is not mounted, or shows another process "
            "namespace than the connections'.");
    else if (bpf_result < 0)
        put_owners_by_proc(capability, bpf_result);
    else
        linux_capability_put(capability, NETWORK_KNOWN,
            "Process and user of every connection, listed by the kernel (BPF); the kernel's own "
            "and those of other process namespaces show none.");
}

void linux_capability_put_short_lived(struct network_capability *capability, int bpf_result)
{
    if (bpf_result == 0)
        linux_capability_put(capability, NETWORK_KNOWN,
            "Owners of TCP connections that begin and end between two readings, noted by the "
            "kernel (BPF).");
    else if (bpf_result == -EPERM)
        linux_capability_put(capability, NETWORK_PERMISSION,
            "No owners of TCP connections that begin and end between two readings; CAP_BPF and "
            "CAP_PERFMON would show them.");
    else if (bpf_result == -ENOSYS)
        linux_capability_put(capability, NETWORK_NOT_SUPPORTED,
            "No owners of TCP connections that begin and end between two readings: ifpulse was "
            "built without clang or libbpf.");
    else
        linux_capability_put(capability, NETWORK_NOT_SUPPORTED,
            "No owners of TCP connections that begin and end between two readings: that takes "
            "Linux 5.12 or later, with BTF.");
}

void linux_capability_put_units(struct network_capability *capability, const char *root)
{
    if (root)
        linux_capability_put(capability, NETWORK_KNOWN,
            "Systemd unit or container of connections, by their control group.");
    else
        linux_capability_put(capability, NETWORK_NOT_SUPPORTED,
            "Control groups of version 2 are not mounted, so units and containers are not seen.");
}

static bool is_forbidden(int refusal)
{
    return refusal == -EPERM || refusal == -EACCES;
}

void linux_capability_put_namespaces(
    struct network_capability *capability, size_t open, size_t refused, int refusal)
{
    char detail[sizeof(capability->detail)];
    enum network_status status = NETWORK_KNOWN;
    if (refused > 0)
        snprintf(detail, sizeof(detail),
            "%zu of %zu other network namespaces are read; the rest cannot be opened (%s).", open,
            open + refused, strerrordesc_np(-refusal));
    else
        snprintf(detail, sizeof(detail), "Other network namespaces that are read: %zu.%s", open,
            sees_all_processes() ? ""
                                 : " Those that only other users' processes refer to need "
                                   "CAP_SYS_PTRACE to be found.");
    if (refused > 0 && open == 0)
        status = is_forbidden(refusal) ? NETWORK_PERMISSION : NETWORK_UNAVAILABLE;
    linux_capability_put(capability, status, detail);
}

void linux_capability_put_closings(struct network_capability *capability, int result)
{
    if (result == 0)
        linux_capability_put(capability, NETWORK_KNOWN,
            "Every TCP connection that ends, with its last counts, however short it was.");
    else if (is_forbidden(result))
        linux_capability_put(capability, NETWORK_PERMISSION,
            "This user may not hear of connections that end; those that end between two readings "
            "are missed.");
    else
        linux_capability_put(capability, NETWORK_NOT_SUPPORTED,
            "The kernel does not tell of connections that end (sock_diag of Linux 4.2 does); those "
            "that end between two readings are missed.");
}

void linux_capability_put_wireless(struct network_capability *capability, bool has_family)
{
    if (has_family)
        linux_capability_put(capability, NETWORK_KNOWN,
            "Signal, network name, channel and bit rate of wireless interfaces, by nl80211.");
    else
        linux_capability_put(capability, NETWORK_NOT_SUPPORTED,
            "The kernel has no wireless support loaded (nl80211), so nothing here is wireless.");
}

void linux_capability_put_drops(struct network_capability *capability, bool found)
{
    if (found)
        linux_capability_put(capability, NETWORK_KNOWN,
            "Why packets are dropped: by each interface's counters, and by the system's of its "
            "queues, "
            "listeners and socket buffers.");
    else
        linux_capability_put(capability, NETWORK_UNAVAILABLE,
            "Why packets are dropped, by each interface's counters only: the system's in /proc/net "
            "cannot be read.");
}

void linux_capabilities_init(struct network_capability capabilities[CAPABILITIES])
{
    static const char *const names[CAPABILITIES] = {"interfaces", "connections", "owners",
        "wireless", "units", "namespaces", "short_lived", "closings", "drops"};
    memset(capabilities, 0, CAPABILITIES * sizeof(*capabilities));
    for (int i = 0; i < CAPABILITIES; i++)
        put_text(capabilities[i].name, sizeof(capabilities[i].name), names[i]);
    linux_capability_put(&capabilities[CAPABILITY_INTERFACES], NETWORK_KNOWN,
        "Every interface of this network namespace, its addresses and counters, by netlink.");
    linux_capability_put(&capabilities[CAPABILITY_CONNECTIONS], NETWORK_KNOWN,
        "Every TCP and UDP socket of this network namespace, by sock_diag.");
    linux_capability_put_wireless(&capabilities[CAPABILITY_WIRELESS], false);
    linux_capability_put_drops(&capabilities[CAPABILITY_DROPS], true);
    linux_capability_put(&capabilities[CAPABILITY_NAMESPACES], NETWORK_NOT_APPLICABLE,
        "Only the own network namespace is read; with the option \"namespaces\" (--namespaces) the "
        "machine's others are too.");
}
