/* metrics - THE table: every datum ifpulse knows, one row each.
 *
 * The structs of network_types.h, the field descriptions of fields.h, the stream's records, the
 * documentation's tables and the tests are all expanded from these rows. To add a metric: add a
 * row here, and the line that reads it in the backend.
 *
 * A row is  X(member, json_key, type, kind, unit, help)
 *   member    the C name, with its unit where a number has one
 *   json_key  the name in the stream and in REST
 *   type      how it is held: flag u32 u64 i32 real time name label text sentence address addresses
 *             names numbers capabilities, or the name of an enum of network_types.h
 *   kind      FACT (changes seldom), COUNTER (only grows until a reset), GAUGE (any value),
 *             RATE (a counter's growth per second; sent with 3 significant digits)
 *   unit      for people and for the documentation
 *   help      one line; says the source where that is not obvious
 * Whether a datum is known is kept beside it: record.status.member (enum network_status).
 */
#ifndef IFPULSE_METRICS_H
#define IFPULSE_METRICS_H

/* clang-format off */
#define NETWORK_INTERFACE_METRICS(X) \
    X(name,                   "name",                   name,           FACT,    "",          "name in the kernel (IFLA_IFNAME, if_msghdr2); also the record's id, in another network namespace with that in front: web/eth0") \
    X(type,                   "type",                   interface_type, FACT,    "",          "ethernet, wifi, loopback, virtual, cellular or other, by link kind, ARPHRD type and wireless phy, never by name; on macOS by functional type, ifi_type and flags, and what is Ethernet only to look at by its driver's name") \
    X(kind,                   "kind",                   text,           FACT,    "",          "link kind (IFLA_INFO_KIND): veth, bridge, wireguard …; without one the hardware type: ether, loopback …; the same words on macOS, by ifi_type") \
    X(alias,                  "alias",                  text,           FACT,    "",          "name for people: the one given by ip link set … alias (IFLA_IFALIAS), on macOS that of System Settings; not applicable where it has none") \
    X(is_active,              "is_active",              flag,           FACT,    "",          "up and able to pass traffic (IFF_UP and IFF_RUNNING)") \
    X(is_up,                  "is_up",                  flag,           FACT,    "",          "switched on by the administrator (IFF_UP)") \
    X(is_loopback,            "is_loopback",            flag,           FACT,    "",          "IFF_LOOPBACK") \
    X(is_wireless,            "is_wireless",            flag,           FACT,    "",          "has a radio for Wi-Fi (nl80211; on macOS by functional type, or SystemConfiguration)") \
    X(is_point_to_point,      "is_point_to_point",      flag,           FACT,    "",          "IFF_POINTOPOINT") \
    X(supports_broadcast,     "supports_broadcast",     flag,           FACT,    "",          "IFF_BROADCAST") \
    X(supports_multicast,     "supports_multicast",     flag,           FACT,    "",          "IFF_MULTICAST") \
    X(mac_address,            "mac_address",            text,           FACT,    "",          "hardware address, lower-case hex with colons; not applicable where the link has none") \
    X(addresses,              "addresses",              addresses,      FACT,    "",          "IP addresses with prefix length, IPv4 first") \
    X(mtu_bytes,              "mtu",                    u32,            FACT,    "bytes",     "largest packet") \
    X(link_bits_per_s,        "link_speed",             u64,            FACT,    "bit/s",     "negotiated speed") \
    X(duplex,                 "duplex",                 duplex,         FACT,    "",          "half or full") \
    X(driver,                 "driver",                 text,           FACT,    "",          "kernel driver; on macOS its class in the I/O registry") \
    X(signal_dbm,             "signal_strength",        i32,            GAUGE,   "dBm",       "received signal of a wireless interface (nl80211, CoreWLAN)") \
    X(ssid,                   "ssid",                   text,           FACT,    "",          "name of the wireless network joined (nl80211, CoreWLAN); on macOS only for programs that Location Services allow") \
    X(frequency_mhz,          "frequency",              u32,            FACT,    "MHz",       "channel of the wireless network joined (nl80211, CoreWLAN)") \
    X(is_primary,             "primary",                flag,           FACT,    "",          "whether the default route leaves through it: IPv4's, or IPv6's where there is no other; of several the one of least metric") \
    X(netns,                  "namespace",              label,          FACT,    "",          "network namespace it is in; not applicable in the one ifpulse runs in") \
    X(link_netns_id,          "link_namespace",         i32,            FACT,    "",          "the kernel's number for the namespace of its other end (IFLA_LINK_NETNSID); not applicable where that is here") \
    X(receive_ring,           "receive_ring",           u32,            FACT,    "packets",   "length of the device's receive ring (ethtool)") \
    X(bytes_received,         "bytes_received",         u64,            COUNTER, "bytes",     "rx_bytes of rtnl_link_stats64; on macOS ifi_ibytes of IFMIB_IFDATA") \
    X(bytes_sent,             "bytes_sent",             u64,            COUNTER, "bytes",     "tx_bytes; ifi_obytes") \
    X(packets_received,       "packets_received",       u64,            COUNTER, "packets",   "rx_packets; ifi_ipackets") \
    X(packets_sent,           "packets_sent",           u64,            COUNTER, "packets",   "tx_packets; ifi_opackets") \
    X(receive_errors,         "receive_errors",         u64,            COUNTER, "packets",   "rx_errors; ifi_ierrors") \
    X(send_errors,            "send_errors",            u64,            COUNTER, "packets",   "tx_errors; ifi_oerrors") \
    X(receive_drops,          "receive_drops",          u64,            COUNTER, "packets",   "rx_dropped and rx_missed_errors; ifi_iqdrops") \
    X(send_drops,             "send_drops",             u64,            COUNTER, "packets",   "tx_dropped; ifmd_snd_drops, which has 32 bits") \
    X(collisions,             "collisions",             u64,            COUNTER, "packets",   "collisions; on macOS not applicable but to Ethernet") \
    X(receive_missed,         "receive_missed",         u64,            COUNTER, "packets",   "rx_missed_errors: the receive ring was full; part of receive_drops") \
    X(receive_overruns,       "receive_overruns",       u64,            COUNTER, "packets",   "rx_over_errors and rx_fifo_errors: the device could not keep up") \
    X(queue_drops,            "queue_drops",            u64,            COUNTER, "packets",   "dropped by the queueing disciplines in front of the device (RTM_GETQDISC)") \
    X(carrier_changes,        "carrier_changes",        u32,            COUNTER, "",          "times the link went up or down (IFLA_CARRIER_CHANGES)") \
    X(download_bytes_per_s,   "download_speed",         real,           RATE,    "bytes/s",   "growth of bytes_received") \
    X(upload_bytes_per_s,     "upload_speed",           real,           RATE,    "bytes/s",   "growth of bytes_sent") \
    X(receive_packets_per_s,  "packet_receive_rate",    real,           RATE,    "packets/s", "growth of packets_received") \
    X(send_packets_per_s,     "packet_send_rate",       real,           RATE,    "packets/s", "growth of packets_sent") \
    X(receive_errors_per_s,   "receive_error_rate",     real,           RATE,    "packets/s", "growth of receive_errors") \
    X(send_errors_per_s,      "send_error_rate",        real,           RATE,    "packets/s", "growth of send_errors") \
    X(drops_per_s,            "drop_rate",              real,           RATE,    "packets/s", "growth of receive_drops and send_drops together") \
    X(lower,                  "lower",                  names,          FACT,    "",          "interfaces of this machine that carry this one's traffic: VLAN parent, bridge ports, bond members") \
    X(is_counted,             "counted",                flag,           FACT,    "",          "whether the totals include it; they count each byte once") \
    X(not_counted_reason,     "not_counted_reason",     text,           FACT,    "",          "why not, in words")

#define NETWORK_CONNECTION_METRICS(X) \
    X(type,                   "connection_type",        connection_type,  FACT,  "",          "tcp, udp or other") \
    X(local_address,          "local_address",          address,        FACT,    "",          "0.0.0.0 or :: when bound to every address") \
    X(local_port,             "local_port",             u32,            FACT,    "",          "") \
    X(remote_address,         "remote_address",         address,        FACT,    "",          "not applicable for listeners and unconnected UDP") \
    X(remote_port,            "remote_port",            u32,            FACT,    "",          "not applicable for listeners and unconnected UDP") \
    X(state,                  "state",                  connection_state, FACT,  "",          "TCP state (RFC 9293 names); UDP: established or unconnected") \
    X(pid,                    "pid",                    u32,            FACT,    "",          "a process that holds the socket; the lowest when several do") \
    X(process_name,           "process_name",           label,          FACT,    "",          "that process's comm; on macOS the name of its program file") \
    X(uid,                    "uid",                    u32,            FACT,    "",          "user that opened the socket") \
    X(user,                   "user",                   label,          FACT,    "",          "that user's name") \
    X(unit,                   "unit",                   text,           FACT,    "",          "systemd unit or container") \
    X(interface,              "interface",              name,           FACT,    "",          "interface it goes through: the one it is bound to, else the one the route leads to") \
    X(netns,                  "namespace",              label,          FACT,    "",          "network namespace it is in; not applicable in the one ifpulse runs in") \
    X(evidence,               "evidence",               evidence,       FACT,    "",          "how its owner was found: socket, bpf, proc, unit or uid") \
    X(bytes_received,         "bytes_received",         u64,            COUNTER, "bytes",     "tcpi_bytes_received; on macOS rxbytes of the socket's statistics, of UDP too") \
    X(bytes_sent,             "bytes_sent",             u64,            COUNTER, "bytes",     "tcpi_bytes_acked: what the other side has confirmed; on macOS txbytes of the socket's statistics, of UDP too") \
    X(download_bytes_per_s,   "download_speed",         real,           RATE,    "bytes/s",   "growth of bytes_received") \
    X(upload_bytes_per_s,     "upload_speed",           real,           RATE,    "bytes/s",   "growth of bytes_sent") \
    X(rtt_ms,                 "rtt_ms",                 real,           GAUGE,   "ms",        "smoothed round-trip time (tcpi_rtt, t_srtt); sent with 3 significant digits") \
    X(rtt_min_ms,             "rtt_min_ms",             real,           GAUGE,   "ms",        "tcpi_min_rtt") \
    X(retransmits,            "retransmits",            u32,            COUNTER, "segments",  "tcpi_total_retrans") \
    X(congestion_window,      "congestion_window",      u32,            GAUGE,   "segments",  "tcpi_snd_cwnd, on macOS snd_cwnd in whole segments: how much may be under way") \
    X(receive_queue_bytes,    "receive_queue",          u32,            GAUGE,   "bytes",     "received and not yet read by the process, of UDP with what keeping it takes; of a TCP listener, connections not yet accepted") \
    X(send_queue_bytes,       "send_queue",             u32,            GAUGE,   "bytes",     "written by the process and not yet sent or confirmed; of a TCP listener, the most that may wait to be accepted") \
    X(receive_drops,          "receive_drops",          u64,            COUNTER, "packets",   "UDP: dropped for want of room in the socket (sk_drops)") \
    X(congestion_control,     "congestion_control",     name,           FACT,    "",          "algorithm (INET_DIAG_CONG)") \
    X(limited_by,             "limited_by",             limited_by,     GAUGE,   "",          "what held back sending for the largest part of the time since the last reading: application (it gave nothing to send, or little), receiver (its window was full), sender (its send buffer was full) or network; not known while nothing was ever sent") \
    X(opened_ms,              "opened_at",              time,           FACT,    "",          "when first seen; not known for those open before the monitor")

#define NETWORK_OWNER_METRICS(X) \
    X(kind,                   "kind",                   owner_kind,     FACT,    "",          "container, process, unit or user: the first of these that is known") \
    X(process_name,           "process_name",           label,          FACT,    "",          "name of its processes; of a container or unit only where all have the same") \
    X(pids,                   "pids",                   numbers,        FACT,    "",          "processes that hold its connections now, ascending") \
    X(unit,                   "unit",                   text,           FACT,    "",          "systemd unit or container") \
    X(uid,                    "uid",                    u32,            FACT,    "",          "user that opened its sockets; of a container or unit only where it is one user") \
    X(user,                   "user",                   label,          FACT,    "",          "that user's name") \
    X(connections,            "connections",            u32,            GAUGE,   "",          "its TCP and UDP sockets now, listeners too") \
    X(established,            "established",            u32,            GAUGE,   "",          "of these in state established") \
    X(listening,              "listening",              u32,            GAUGE,   "",          "of these TCP listeners") \
    X(udp,                    "udp",                    u32,            GAUGE,   "",          "of these UDP sockets; only macOS counts their bytes") \
    X(unconnected,            "unconnected",            u32,            GAUGE,   "",          "of these UDP sockets without a remote end") \
    X(opening,                "opening",                u32,            GAUGE,   "",          "of these in syn_sent, syn_received or new_syn_received") \
    X(close_wait,             "close_wait",             u32,            GAUGE,   "",          "of these closed by the other side and not yet by the process") \
    X(closing,                "closing",                u32,            GAUGE,   "",          "of these in any other state on the way to their end") \
    X(closed,                 "closed",                 u64,            COUNTER, "",          "TCP connections that have ended since the monitor started") \
    X(download_bytes_per_s,   "download_speed",         real,           RATE,    "bytes/s",   "growth of bytes_received") \
    X(upload_bytes_per_s,     "upload_speed",           real,           RATE,    "bytes/s",   "growth of bytes_sent") \
    X(external_download_bytes_per_s, "external_download_speed", real,   RATE,    "bytes/s",   "the part of download_speed that came through counted interfaces") \
    X(external_upload_bytes_per_s, "external_upload_speed", real,       RATE,    "bytes/s",   "the part of upload_speed that went through counted interfaces") \
    X(bytes_received,         "bytes_received",         u64,            COUNTER, "bytes",     "TCP payload received since the monitor started, also by connections that are gone; on macOS that of UDP too, elsewhere absent of who has had only UDP") \
    X(bytes_sent,             "bytes_sent",             u64,            COUNTER, "bytes",     "TCP payload confirmed by the other side since the monitor started, likewise")

#define NETWORK_TOTALS_METRICS(X) \
    X(download_bytes_per_s,   "download_speed",         real,           RATE,    "bytes/s",   "sum over the counted interfaces") \
    X(upload_bytes_per_s,     "upload_speed",           real,           RATE,    "bytes/s",   "sum over the counted interfaces") \
    X(receive_packets_per_s,  "packet_receive_rate",    real,           RATE,    "packets/s", "sum over the counted interfaces") \
    X(send_packets_per_s,     "packet_send_rate",       real,           RATE,    "packets/s", "sum over the counted interfaces") \
    X(receive_errors_per_s,   "receive_error_rate",     real,           RATE,    "packets/s", "sum over the counted interfaces") \
    X(send_errors_per_s,      "send_error_rate",        real,           RATE,    "packets/s", "sum over the counted interfaces") \
    X(drops_per_s,            "drop_rate",              real,           RATE,    "packets/s", "sum over the counted interfaces") \
    X(bytes_received,         "bytes_received",         u64,            COUNTER, "bytes",     "sum over the counted interfaces") \
    X(bytes_sent,             "bytes_sent",             u64,            COUNTER, "bytes",     "sum over the counted interfaces") \
    X(connections,            "connections",            u32,            GAUGE,   "",          "TCP and UDP sockets, listeners too, in all network namespaces that are read") \
    X(established,            "established",            u32,            GAUGE,   "",          "of these in state established") \
    X(unexplained_download_bytes_per_s, "unexplained_download_speed", real, RATE, "bytes/s", "what the counted interfaces received beyond the external_download_speed of all owners: headers, repeats, UDP, other protocols, forwarded traffic, owners that are not seen") \
    X(unexplained_upload_bytes_per_s, "unexplained_upload_speed", real, RATE,    "bytes/s",   "the same of what they sent")

#define NETWORK_EVENT_METRICS(X) \
    X(event,                  "event",                  event_kind,     FACT,    "",          "what happened") \
    X(time_ms,                "time",                   time,           FACT,    "",          "when it was noticed") \
    X(interface,              "interface",              name,           FACT,    "",          "the interface it is about") \
    X(netns,                  "namespace",              label,          FACT,    "",          "network namespace it happened in; not applicable in the one ifpulse runs in") \
    X(address,                "address",                address,        FACT,    "",          "the address it is about, with prefix length") \
    X(connection_type,        "connection_type",        connection_type, FACT,   "",          "of the socket it is about, as the following, which are those of connections") \
    X(local_address,          "local_address",          address,        FACT,    "",          "") \
    X(local_port,             "local_port",             u32,            FACT,    "",          "") \
    X(remote_address,         "remote_address",         address,        FACT,    "",          "") \
    X(remote_port,            "remote_port",            u32,            FACT,    "",          "") \
    X(pid,                    "pid",                    u32,            FACT,    "",          "") \
    X(process_name,           "process_name",           label,          FACT,    "",          "") \
    X(uid,                    "uid",                    u32,            FACT,    "",          "") \
    X(user,                   "user",                   label,          FACT,    "",          "") \
    X(unit,                   "unit",                   text,           FACT,    "",          "") \
    X(evidence,               "evidence",               evidence,       FACT,    "",          "how the owner was found") \
    X(bytes_received,         "bytes_received",         u64,            FACT,    "bytes",     "in the whole life of the connection that ended") \
    X(bytes_sent,             "bytes_sent",             u64,            FACT,    "bytes",     "likewise") \
    X(rtt_ms,                 "rtt_ms",                 real,           FACT,    "ms",        "its last smoothed round-trip time") \
    X(retransmits,            "retransmits",            u32,            FACT,    "segments",  "in its whole life") \
    X(opened_ms,              "opened_at",              time,           FACT,    "",          "when it was first seen; absent where it was never seen open") \
    X(packets,                "packets",                u64,            FACT,    "packets",   "how many were dropped") \
    X(message,                "message",                sentence,       FACT,    "",          "one sentence for people")

#define NETWORK_SERVER_METRICS(X) \
    X(hostname,               "hostname",               sentence,       FACT,    "",          "name of the machine observed") \
    X(os,                     "os",                     sentence,       FACT,    "",          "its operating system") \
    X(kernel,                 "kernel",                 sentence,       FACT,    "",          "its kernel release") \
    X(version,                "version",                text,           FACT,    "",          "version of ifpulse") \
    X(started_ms,             "started",                time,           FACT,    "",          "when this instance started") \
    X(interval_ms,            "interval_ms",            u32,            FACT,    "ms",        "the configured tick") \
    X(connections_interval_ms, "connections_interval_ms", u32,         GAUGE,   "ms",        "time between two readings of connections while someone watches them") \
    X(cpu_budget_percent,     "cpu_budget_percent",     real,           FACT,    "% of a core", "what the program may spend; 0: no limit") \
    X(collection,             "collection",             collection,     GAUGE,   "",          "full, slower (connections are read more seldom) or owners (connections are only added up by owner), by the CPU budget") \
    X(capabilities,           "capabilities",           capabilities,   FACT,    "",          "what can be seen here, and why not what cannot") \
    X(cpu_percent,            "cpu_percent",            real,           GAUGE,   "% of a core", "own CPU time over the last tick") \
    X(rss_bytes,              "rss_bytes",              u64,            GAUGE,   "bytes",     "own resident memory") \
    X(tick_ms,                "tick_ms",                real,           GAUGE,   "ms",        "time the last reading of the network took") \
    X(clients,                "clients",                u32,            GAUGE,   "",          "WebSocket clients connected") \
    X(streams,                "streams",                u32,            GAUGE,   "",          "distinct queries being watched") \
    X(sockets,                "sockets",                u32,            GAUGE,   "",          "sockets read in the last tick that read them")
/* clang-format on */

#endif
