// A small believable network for the fake server: six interfaces, some thousand connections, all
// from one seed. Records are replaced when they change, never changed in place.

const PROCESSES = [
  ['firefox', 2211, 'anna'], ['sshd', 812, 'root'], ['nginx', 1044, 'www-data'], ['postgres', 977, 'postgres'],
  ['systemd-resolve', 402, 'systemd-resolve'], ['node', 3120, 'anna'], ['curl', 9001, 'anna'], ['rsync', 5540, 'backup'],
  ['thunderbird', 2418, 'anna'], ['prometheus', 1188, 'prometheus'],
];
const TCP_STATES = ['established', 'established', 'established', 'established', 'time_wait', 'close_wait', 'syn_sent', 'fin_wait2'];
const PORTS = [443, 443, 443, 443, 22, 80, 5432, 993, 8080, 53];

export const round3 = (value) => (value ? Number(value.toPrecision(3)) : 0);

const BASE = { is_active: true, is_up: true, is_loopback: false, is_wireless: false, is_point_to_point: false, supports_broadcast: true, supports_multicast: true, mtu: 1500, duplex: 'full' };
const COUNTERS = { bytes_received: 0, bytes_sent: 0, packets_received: 0, packets_sent: 0, receive_errors: 0, send_errors: 0, receive_drops: 0, send_drops: 0, collisions: 0, carrier_changes: 1 };

const LINKS = [
  { name: 'eth0', type: 'ethernet', kind: 'ether', mac_address: '52:54:00:1a:2b:3c', addresses: ['192.0.2.10/24', '2001:db8:10::10/64', 'fe80::5054:ff:fe1a:2b3c/64'], link_speed: 1e9, driver: 'igb', counted: true, mean: 9.6e6, share: 0.14 },
  { name: 'wlan0', type: 'wifi', kind: 'ether', is_wireless: true, mac_address: '3c:58:c2:7d:90:11', addresses: ['192.0.2.44/24'], link_speed: 866.7e6, signal_strength: -52, ssid: 'attic', driver: 'iwlwifi', counted: true, mean: 9e5, share: 0.1 },
  { name: 'wwan0', type: 'cellular', kind: 'wwan', is_active: false, addresses: [], driver: 'cdc_mbim', counted: true, mean: 0, share: 0 },
  { name: 'docker0', type: 'virtual', kind: 'bridge', mac_address: '02:42:5d:91:11:02', addresses: ['172.17.0.1/16'], counted: false, not_counted_reason: 'a bridge: its ports carry the same bytes', mean: 2e5, share: 1.4 },
  { name: 'wg0', type: 'virtual', kind: 'wireguard', is_point_to_point: true, mtu: 1420, addresses: ['10.8.0.2/24'], counted: false, not_counted_reason: 'a tunnel: its bytes leave by another interface', mean: 6e4, share: 0.5 },
  { name: 'lo', type: 'loopback', kind: 'loopback', is_loopback: true, mtu: 65536, addresses: ['127.0.0.1/8', '::1/128'], counted: false, not_counted_reason: 'loopback', mean: 4e4, share: 1 },
];

export class Network {
  interfaces = new Map();
  connections = new Map();
  events = new Map();
  collection = 'full'; // slower, owners: what the server does by its CPU budget
  connectionsInterval = 1000;
  #flows = new Map();
  #lastConnection = 0;
  #lastEvent = 0;
  #seconds = 0;

  constructor({ connections = 2000, seed = 3, capabilities = {} } = {}) {
    this.seed = seed;
    this.time = Date.now();
    this.started = this.time;
    this.capabilities = { owners: { status: 'available', detail: 'All processes can be seen.' }, ...capabilities };
    for (const { mean, share, ...facts } of LINKS) {
      this.interfaces.set(facts.name, { ...BASE, ...facts, ...COUNTERS });
      this.#flows.set(facts.name, { mean, share, down: mean, up: mean * share });
    }
    for (let index = 0; index < connections; index++) this.#open();
    this.#addListeners();
  }

  chance() {
    this.seed = (Math.imul(this.seed, 1664525) + 1013904223) >>> 0;
    return this.seed / 4294967296;
  }
  #pick(list) {
    return list[Math.floor(this.chance() * list.length)];
  }

  #add(record) {
    this.connections.set(String(++this.#lastConnection), record);
  }

  #addListeners() {
    for (const [port, [process_name, pid, user]] of [[22, PROCESSES[1]], [80, PROCESSES[2]], [443, PROCESSES[2]], [5432, PROCESSES[3]]])
      this.#add({ connection_type: 'tcp', local_address: '0.0.0.0', local_port: port, state: 'listen', pid, process_name, user });
  }

  #open() {
    const [process_name, pid, user] = this.#pick(PROCESSES);
    const isTcp = this.chance() < 0.88;
    const isV6 = this.chance() < 0.2;
    const [low, high] = [Math.floor(this.chance() * 0xffff).toString(16), Math.floor(this.chance() * 0xffff).toString(16)];
    const record = {
      connection_type: isTcp ? 'tcp' : 'udp',
      local_address: isV6 ? '2001:db8:10::10' : this.#pick(['192.0.2.10', '192.0.2.10', '192.0.2.44', '10.8.0.2', '127.0.0.1']),
      local_port: 32768 + Math.floor(this.chance() * 28000),
      remote_address: isV6 ? `2001:db8:${low}::${high}` : `198.51.100.${Math.floor(this.chance() * 254) + 1}`,
      remote_port: this.#pick(PORTS), state: isTcp ? this.#pick(TCP_STATES) : 'established',
      pid, process_name, user, bytes_received: 0, bytes_sent: 0, download_speed: 0, upload_speed: 0,
    };
    if (isTcp) record.rtt_ms = round3(0.2 + this.chance() ** 3 * 180);
    this.#add(record.state === 'time_wait' ? { ...record, pid: undefined, process_name: undefined, user: undefined } : record);
  }

  addEvent(event, name, message) {
    this.events.set(String(++this.#lastEvent), { event, time: new Date(this.time).toISOString(), interface: name, message });
  }

  setLink(name, isActive) {
    this.change(name, { is_active: isActive });
    this.addEvent(isActive ? 'link_up' : 'link_down', name, `${name}: the link is ${isActive ? 'up' : 'down'}`);
  }

  change(name, facts) {
    this.interfaces.set(name, { ...this.interfaces.get(name), ...facts });
  }

  advance(milliseconds) {
    const seconds = milliseconds / 1000;
    this.time += milliseconds;
    this.#seconds += seconds;
    for (const name of this.#flows.keys()) if (this.interfaces.has(name)) this.#carry(name, seconds);
    this.#churn();
  }

  // A random walk around the mean, with a slow swell and now and then a burst.
  #carry(name, seconds) {
    const flow = this.#flows.get(name);
    const old = this.interfaces.get(name);
    const swell = 1 + 0.6 * Math.sin(this.#seconds / 47 + flow.mean) + (Math.sin(this.#seconds / 19) > 0.93 ? 1.4 : 0);
    const walk = (value, mean) => Math.max(mean * 0.05, value + (mean * swell - value) * 0.2 + (this.chance() - 0.5) * mean * 0.35);
    flow.down = walk(flow.down, flow.mean);
    flow.up = walk(flow.up, flow.mean * flow.share);
    const [down, up] = old.is_active ? [flow.down, flow.up] : [0, 0];
    const drops = name === 'eth0' && this.chance() < 0.012 * seconds ? 1 + Math.floor(this.chance() * 8) : 0;
    const isIdle = !down && !old.download_speed;
    if (isIdle && old.download_speed === 0) return;
    this.change(name, {
      bytes_received: Math.round(old.bytes_received + down * seconds), bytes_sent: Math.round(old.bytes_sent + up * seconds),
      packets_received: Math.round(old.packets_received + (down / 900) * seconds), packets_sent: Math.round(old.packets_sent + (up / 400) * seconds),
      receive_drops: old.receive_drops + drops, download_speed: round3(down), upload_speed: round3(up),
      packet_receive_rate: round3(down / 900), packet_send_rate: round3(up / 400), receive_error_rate: 0, send_error_rate: 0, drop_rate: round3(drops / seconds),
    });
  }

  #churn() {
    const ids = [...this.connections.keys()];
    for (let index = 0; index < ids.length * 0.05; index++) {
      const id = this.#pick(ids);
      const old = this.connections.get(id);
      if (old.state !== 'established') continue;
      const [download_speed, upload_speed] = [round3(this.chance() ** 90 * 3e6), round3(this.chance() ** 90 * 4e5)];
      this.connections.set(id, { ...old, download_speed, upload_speed, bytes_received: old.bytes_received + Math.round(download_speed), bytes_sent: old.bytes_sent + Math.round(upload_speed) });
    }
    for (let index = 0; index < ids.length * 0.004; index++) {
      const id = this.#pick(ids);
      if (this.connections.get(id)?.state === 'listen' || !this.connections.delete(id)) continue;
      this.#open();
    }
  }

  #totals() {
    const counted = [...this.interfaces.values()].filter((record) => record.counted);
    const sum = (key) => {
      const known = counted.filter((record) => typeof record[key] === 'number');
      return known.length ? round3(known.reduce((total, record) => total + record[key], 0)) : undefined;
    };
    const rates = ['download_speed', 'upload_speed', 'packet_receive_rate', 'packet_send_rate', 'receive_error_rate', 'send_error_rate', 'drop_rate'];
    const all = [...this.connections.values()];
    return {
      ...Object.fromEntries(rates.map((key) => [key, sum(key)])),
      bytes_received: counted.reduce((total, record) => total + record.bytes_received, 0), bytes_sent: counted.reduce((total, record) => total + record.bytes_sent, 0),
      connections: all.length, established: all.filter((record) => record.state === 'established').length,
    };
  }

  #server() {
    return {
      hostname: 'attic', os: 'Debian GNU/Linux 12 (bookworm)', kernel: '6.1.0-28-amd64', version: '0.1.0', started: new Date(this.started).toISOString(), interval_ms: 1000,
      connections_interval_ms: this.connectionsInterval, cpu_budget_percent: 5, collection: this.collection,
      capabilities: this.capabilities, cpu_percent: round3(0.2 + this.chance() * 0.2), rss_bytes: 7340032, tick_ms: round3(1 + this.chance()), clients: 1, streams: 5, sockets: this.connections.size,
    };
  }

  observe() {
    return { interfaces: new Map(this.interfaces), connections: new Map(this.collection === 'owners' ? [] : this.connections), events: new Map(this.events), totals: this.#totals(), server: this.#server() };
  }
}
