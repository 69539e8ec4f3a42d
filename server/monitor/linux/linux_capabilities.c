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

void linux_capability_put_owners(struct network_capability *capability, bool found)
{
    if (!sees_all_processes())
        linux_capability_put(capability, NETWORK_PERMISSION,
            "Processes of this user only; running as root or with CAP_SYS_PTRACE and "
            "CAP_DAC_READ_SEARCH shows every owner.");
    else if (!found)
        linux_capability_put(capability, NETWORK_UNAVAILABLE,
            "No connection's process is visible: /proc is not mounted, or shows another process "
            "namespace than the connections'.");
    else
        linux_capability_put(capability, NETWORK_KNOWN,
            "Process and user of every connection, by the sockets its processes hold; the kernel's "
            "own and those of other process namespaces show none.");
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

void linux_capability_put_wireless(struct network_capability *capability, bool has_family)
{
    if (has_family)
        linux_capability_put(capability, NETWORK_KNOWN,
            "Signal, network name and bit rate of wireless interfaces, by nl80211.");
    else
        linux_capability_put(capability, NETWORK_NOT_SUPPORTED,
            "The kernel has no wireless support loaded (nl80211), so nothing here is wireless.");
}

void linux_capabilities_init(struct network_capability capabilities[CAPABILITIES])
{
    static const char *const names[CAPABILITIES] = {
        "interfaces", "connections", "owners", "wireless", "units", "namespaces"};
    memset(capabilities, 0, CAPABILITIES * sizeof(*capabilities));
    for (int i = 0; i < CAPABILITIES; i++)
        put_text(capabilities[i].name, sizeof(capabilities[i].name), names[i]);
    linux_capability_put(&capabilities[CAPABILITY_INTERFACES], NETWORK_KNOWN,
        "Every interface of this network namespace, its addresses and counters, by netlink.");
    linux_capability_put(&capabilities[CAPABILITY_CONNECTIONS], NETWORK_KNOWN,
        "Every TCP and UDP socket of this network namespace, by sock_diag.");
    linux_capability_put_owners(&capabilities[CAPABILITY_OWNERS], true);
    linux_capability_put_wireless(&capabilities[CAPABILITY_WIRELESS], false);
    linux_capability_put(&capabilities[CAPABILITY_NAMESPACES], NETWORK_NOT_APPLICABLE,
        "Only the own network namespace is read; with the option \"namespaces\" (--namespaces) the "
        "machine's others are too.");
}
