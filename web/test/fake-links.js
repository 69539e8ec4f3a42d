// The links and programs of the fake network: facts, and how much each usually moves.

const BASE = { is_active: true, is_up: true, is_loopback: false, is_wireless: false, is_point_to_point: false, supports_broadcast: true, supports_multicast: true, mtu: 1500, primary: false, lower: [] };
const LINKS = [
  { name: 'eth0', type: 'ethernet', kind: 'ether', mac_address: '52:54:00:1a:2b:3c', addresses: ['192.0.2.10/24', '2001:db8:10::10/64', 'fe80::5054:ff:fe1a:2b3c/64'], link_speed: 1e9, duplex: 'full', driver: 'igb', primary: true, receive_ring: 256, counted: true, mean: 9.6e6, share: 0.14 },
  { name: 'wlan0', type: 'wifi', kind: 'ether', is_wireless: true, mac_address: '3c:58:c2:7d:90:11', addresses: ['192.0.2.44/24'], link_speed: 866.7e6, signal_strength: -52, ssid: 'attic', frequency: 5180, driver: 'iwlwifi', counted: true, mean: 9e5, share: 0.1 },
  { name: 'wwan0', type: 'cellular', kind: 'wwan', is_active: false, addresses: [], driver: 'cdc_mbim', counted: true, mean: 0, share: 0 },
  { name: 'docker0', type: 'virtual', kind: 'bridge', mac_address: '02:42:5d:91:11:02', addresses: ['172.17.0.1/16'], counted: false, not_counted_reason: 'its ports carry the traffic', mean: 2e5, share: 1.4 },
  { name: 'wg0', type: 'virtual', kind: 'wireguard', is_point_to_point: true, mtu: 1420, addresses: ['10.8.0.2/24'], counted: false, not_counted_reason: 'a tunnel: its bytes leave by another interface', mean: 6e4, share: 0.5 },
  { name: 'lo', type: 'loopback', kind: 'loopback', is_loopback: true, supports_broadcast: false, supports_multicast: false, mtu: 65536, addresses: ['127.0.0.1/8', '::1/128'], counted: false, not_counted_reason: 'loopback', mean: 4e4, share: 1 },
];

const port = (index) => ({
  name: `veth${String(index).padStart(4, '0')}`, type: 'virtual', kind: 'veth', mac_address: `02:00:00:00:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`,
  addresses: [], link_speed: 1e10, duplex: 'full', driver: 'veth', counted: false, not_counted_reason: "leaves through the machine's own links", mean: 2e3 * (1 + (index % 37)), share: 0.6,
});

// So many links, six at least: facts with mean (bytes/s down) and share (of that up).
export const linksOf = (count = LINKS.length) =>
  [...LINKS, ...Array.from({ length: Math.max(0, count - LINKS.length) }, (_, index) => port(index))].map((link) => ({ ...BASE, ...link }));

export const COUNTERS = { bytes_received: 0, bytes_sent: 0, packets_received: 0, packets_sent: 0, receive_errors: 0, send_errors: 0, receive_drops: 0, send_drops: 0, collisions: 0, receive_missed: 0, receive_overruns: 0, queue_drops: 0, carrier_changes: 1 };

// share: how much of the line is usually its own.
export const PROCESSES = [
  { process_name: 'firefox', pid: 2211, uid: 1000, user: 'anna', share: 0.38 },
  { process_name: 'sshd', pid: 812, uid: 0, user: 'root', unit: 'ssh.service', share: 0.01 },
  { process_name: 'nginx', pid: 1044, uid: 33, user: 'www-data', unit: 'nginx.service', share: 0.08 },
  { process_name: 'postgres', pid: 977, uid: 113, user: 'postgres', unit: 'postgresql@15-main.service', share: 0.02 },
  { process_name: 'systemd-resolve', pid: 402, uid: 104, user: 'systemd-resolve', unit: 'systemd-resolved.service', share: 0 },
  { process_name: 'node', pid: 3120, uid: 1000, user: 'anna', share: 0.05 },
  { process_name: 'curl', pid: 9001, uid: 1000, user: 'anna', share: 0.04 },
  { process_name: 'rsync', pid: 5540, uid: 34, user: 'backup', share: 0.09 },
  { process_name: 'thunderbird', pid: 2418, uid: 1000, user: 'anna', share: 0.01 },
  { process_name: 'prometheus', pid: 1188, uid: 117, user: 'prometheus', unit: 'prometheus.service', share: 0.02 },
  { process_name: 'redis-server', pid: 6379, uid: 999, user: 'redis', unit: 'docker:4f9c2e8a1b7d', share: 0.02 },
];

export const CAPABILITIES = {
  interfaces: { status: 'available', detail: 'All links of this network namespace.' },
  connections: { status: 'available', detail: 'All TCP and UDP sockets.' },
  owners: { status: 'available', detail: 'All processes can be seen.' },
  wireless: { status: 'available', detail: 'Signal and name of wireless networks.' },
  units: { status: 'available', detail: 'systemd units and containers by cgroup.' },
  namespaces: { status: 'not_applicable', detail: 'Only the own network namespace is read, as configured.' },
  short_lived: { status: 'available', detail: 'Owners of connections that begin and end between two readings.' },
  closings: { status: 'available', detail: 'Every TCP connection that ends is told of.' },
  drops: { status: 'available', detail: 'Why packets are dropped.' },
};
