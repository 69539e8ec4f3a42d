#include "darwin_capabilities.h"

#include "platform.h"

static void put(
    struct network_capability *capability, enum network_status status, const char *detail)
{
    capability->status = (uint8_t)status;
    put_text(capability->detail, sizeof(capability->detail), detail);
}

void darwin_capabilities_put_sockets(
    struct network_capability capabilities[DARWIN_CAPABILITIES], bool is_hidden)
{
    if (is_hidden) {
        put(&capabilities[DARWIN_CONNECTIONS], NETWORK_PERMISSION,
            "Only sockets of this user's processes, without bytes and times: macOS hides the "
            "others "
            "from programs that do not run as root.");
        put(&capabilities[DARWIN_OWNERS], NETWORK_PERMISSION,
            "Processes of this user only, by libproc; running as root shows every owner.");
        return;
    }
    put(&capabilities[DARWIN_CONNECTIONS], NETWORK_KNOWN,
        "Every TCP and UDP socket of this Mac with its bytes, by the kernel's tables.");
    put(&capabilities[DARWIN_OWNERS], NETWORK_KNOWN,
        "Process and user of every socket, as the kernel keeps them with it: the process that used "
        "it last.");
}

void darwin_capabilities_put_wireless(
    struct network_capability *capability, bool has_radio, int result, bool has_ssid)
{
    if (!has_radio)
        put(capability, NETWORK_NOT_APPLICABLE, "Nothing here is wireless.");
    else if (result == -ENOSYS)
        put(capability, NETWORK_NOT_SUPPORTED,
            "No signal or speed of Wi-Fi: CoreWLAN cannot be loaded.");
    else if (result == -EAGAIN)
        put(capability, NETWORK_UNAVAILABLE,
            "CoreWLAN has not answered about Wi-Fi yet, or hangs.");
    else if (result < 0)
        put(capability, NETWORK_ERROR, "Asking CoreWLAN about Wi-Fi failed.");
    else if (has_ssid)
        put(capability, NETWORK_KNOWN,
            "Signal, network name, channel and bit rate of Wi-Fi, by CoreWLAN.");
    else
        put(capability, NETWORK_KNOWN,
            "Signal, channel and bit rate of Wi-Fi, by CoreWLAN; the network's name is only for "
            "programs that Location Services allow.");
}

void darwin_capabilities_put_events(
    struct network_capability *capability, int result, bool is_route)
{
    if (result < 0)
        put(capability, NETWORK_ERROR,
            "Nothing tells of changes of links and addresses, so they are seen when interfaces "
            "come "
            "or go.");
    else if (is_route)
        put(capability, NETWORK_KNOWN,
            "Changes of links and addresses at once, by the routing socket; interfaces that come "
            "or "
            "go with the next reading.");
    else
        put(capability, NETWORK_KNOWN,
            "Changes of interfaces, links and addresses at once, by the kernel's event socket.");
}

void darwin_capabilities_put_ports(struct network_capability *capability, int result)
{
    if (result == 0)
        put(capability, NETWORK_KNOWN,
            "Names for people and drivers of network ports, by SystemConfiguration and IOKit.");
    else if (result == -ENOSYS)
        put(capability, NETWORK_NOT_SUPPORTED,
            "No names for people and no drivers of network ports: SystemConfiguration cannot be "
            "loaded.");
    else
        put(capability, NETWORK_ERROR, "Asking SystemConfiguration for network ports failed.");
}

void darwin_capabilities_init(struct network_capability capabilities[DARWIN_CAPABILITIES])
{
    static const char *const names[DARWIN_CAPABILITIES] = {"interfaces", "connections", "owners",
        "wireless", "units", "namespaces", "short_lived", "closings", "drops", "events", "ports"};
    memset(capabilities, 0, DARWIN_CAPABILITIES * sizeof(*capabilities));
    for (int i = 0; i < DARWIN_CAPABILITIES; i++)
        put_text(capabilities[i].name, sizeof(capabilities[i].name), names[i]);
    put(&capabilities[DARWIN_INTERFACES], NETWORK_KNOWN,
        "Every interface of this Mac, its addresses and counters, by sysctl.");
    put(&capabilities[DARWIN_UNITS], NETWORK_NOT_SUPPORTED,
        "macOS has no control groups, so there are no units and containers.");
    put(&capabilities[DARWIN_NAMESPACES], NETWORK_NOT_SUPPORTED,
        "macOS has no network namespaces.");
    put(&capabilities[DARWIN_SHORT_LIVED], NETWORK_NOT_SUPPORTED,
        "No TCP connections that begin and end between two readings: macOS does not tell of them.");
    put(&capabilities[DARWIN_CLOSINGS], NETWORK_NOT_SUPPORTED,
        "TCP connections that end are noticed by the next reading, with the counts of the last: "
        "macOS does not tell of ends.");
    put(&capabilities[DARWIN_DROPS], NETWORK_NOT_SUPPORTED,
        "Why packets are dropped, by each interface's counters only.");
    darwin_capabilities_put_sockets(capabilities, false);
    darwin_capabilities_put_wireless(&capabilities[DARWIN_WIRELESS], false, 0, false);
    darwin_capabilities_put_ports(&capabilities[DARWIN_PORTS], 0);
}
