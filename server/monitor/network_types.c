#include "network_types.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

const char *const network_status_words[NETWORK_STATUSES] = {
    "unavailable", "available", "not_applicable", "not_supported", "permission", "error"};
const char *const network_interface_type_words[NETWORK_INTERFACE_TYPES] = {
    "ethernet", "wifi", "loopback", "virtual", "cellular", "other"};
const char *const network_duplex_words[NETWORK_DUPLEXES] = {"half", "full"};
const char *const network_connection_type_words[NETWORK_CONNECTION_TYPES] = {"tcp", "udp", "other"};
const char *const network_connection_state_words[NETWORK_CONNECTION_STATES] = {"established",
    "syn_sent", "syn_received", "fin_wait1", "fin_wait2", "time_wait", "close", "close_wait",
    "last_ack", "listen", "closing", "new_syn_received", "unconnected"};
const char *const network_evidence_words[NETWORK_EVIDENCES] = {
    "socket", "bpf", "proc", "unit", "uid"};
const char *const network_limited_by_words[NETWORK_LIMITED_BYS] = {
    "application", "receiver", "sender", "network"};
const char *const network_event_kind_words[NETWORK_EVENT_KINDS] = {"link_up", "link_down",
    "address_added", "address_removed", "interface_added", "interface_removed", "counter_reset",
    "overrun", "route_changed", "drops", "listener_added", "connection_closed", "over_budget"};
const char *const network_owner_kind_words[NETWORK_OWNER_KINDS] = {
    "container", "process", "unit", "user"};
const char *const network_collection_words[NETWORK_COLLECTIONS] = {"full", "slower", "owners"};

void network_interface_id(const struct network_interface *iface, char *text)
{
    bool is_elsewhere = network_has(iface, netns);
    snprintf(text, NETWORK_ID_TEXT, "%s%s%s", is_elsewhere ? iface->netns : "",
        is_elsewhere ? "/" : "", iface->name);
}

void network_owner_id(const struct network_owner *owner, char *text)
{
    const char *unit = network_has(owner, unit) ? owner->unit : "";
    const char *kind = network_owner_kind_words[owner->kind];
    switch (owner->kind) {
    case NETWORK_OWNER_PROCESS:
        snprintf(text, NETWORK_ID_TEXT, "%s:%u:%s:%s", kind, owner->uid, unit, owner->process_name);
        break;
    case NETWORK_OWNER_USER:
        snprintf(text, NETWORK_ID_TEXT, "%s:%u", kind, owner->uid);
        break;
    default:
        snprintf(text, NETWORK_ID_TEXT, "%s:%s", kind, unit);
        break;
    }
}

size_t network_address_format(const struct network_address *address, char *text)
{
    text[0] = '\0';
    if (address->family != AF_INET && address->family != AF_INET6)
        return 0;
    if (!inet_ntop(address->family, address->bytes, text, NETWORK_ADDRESS_TEXT))
        return 0;
    size_t length = strlen(text);
    if (address->prefix_length > 0)
        length += (size_t)snprintf(
            text + length, NETWORK_ADDRESS_TEXT - length, "/%u", address->prefix_length);
    return length;
}

bool network_address_is_loopback(const struct network_address *address)
{
    static const uint8_t one[16] = {[15] = 1};
    return address->family == AF_INET ? address->bytes[0] == 127
                                      : memcmp(address->bytes, one, sizeof(one)) == 0;
}
