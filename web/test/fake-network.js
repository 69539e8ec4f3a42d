// A small believable network for the fake server: six interfaces or more, some thousand connections and
// who owns them, and a past, all from one seed. Records are replaced when they change, never changed
// in place.

import { CAPABILITIES, COUNTERS, PROCESSES, linksOf } from './fake-links.js';
import { Owners, ownerId } from './fake-owners.js';
import { RATES, Recording, Script, portion, round3 } from './fake-script.js';

export { round3 };
const TCP_STATES = ['established', 'established', 'established', 'established', 'time_wait', 'close_wait', 'syn_sent', 'fin_wait2'];
const PORTS = [443, 443, 443, 443, 22, 80, 5432, 993, 8080, 53];
const LINK_BY_ADDRESS = { '192.0.2.10': 'eth0', '2001:db8:10::10': 'eth0', '192.0.2.44': 'wlan0', '10.8.0.2': 'wg0', '127.0.0.1': 'lo' };
const BACKGROUND = 1e6; // bytes/s of all that is not an owner's main connection

const without = (record, names) => Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));

export class Network {
  interfaces = new Map();
  connections = new Map();
  events = new Map();
  hostname = 'attic';
  collection = 'full'; // slower, owners: what the server does by its CPU budget
  connectionsInterval = 1000;
  #owners = new Owners();
  #mains = new Map();
  #muted = new Map(); // interface: ticks without rates still to come
  #seen = null; // connections and owners as last read
  #hasAdvanced = false;
  #lastConnection = 0;
  #lastEvent = 0;
  #tick = 0;

  // connections, interfaces: how many. capabilities: over those where all is seen; without `owners`
  // only anna's processes are. time: of the start, else now. pastS: how long it has been running; past:
  // what happened then, see fake-script.js. isSettled: no connection comes or goes.
  constructor({ connections = 2000, interfaces = 6, seed = 3, capabilities = {}, time = Date.now(), pastS = 26 * 3600, past = {}, tickMs = 1000, isSettled = false } = {}) {
    Object.assign(this, { seed, time, tickMs, isSettled, started: time - pastS * 1000 });
    this.capabilities = { ...CAPABILITIES, ...capabilities };
    this.links = linksOf(interfaces);
    for (const { mean, share, ...facts } of this.links) this.interfaces.set(facts.name, { ...facts, ...this.#counted(mean, share, pastS) });
    this.established = connections * 0.4;
    for (let index = 0; index < connections; index++) this.#open(false);
    this.#addListeners();
    const owners = new Map(PROCESSES.filter(({ share }) => share).map((process, index) => [ownerId(this.#seenOf(process)), { ...process, index }]));
    this.script = new Script({ seed, tickMs, links: this.links, owners, past });
    this.recording = new Recording(this.script, pastS);
    for (const name of this.interfaces.keys()) this.#carry(name, 0);
    this.#remember();
  }

  #counted(mean, share, seconds) {
    const [received, sent] = [mean * seconds, mean * share * seconds].map(Math.round);
    return { ...COUNTERS, bytes_received: received, bytes_sent: sent, packets_received: Math.round(received / 900), packets_sent: Math.round(sent / 400) };
  }

  // The events of what is scripted for the past.
  #remember() {
    const { downs, drops } = this.script.past;
    const told = [
      ...downs.flatMap(({ interface: name, agoS, forS }) => [[agoS, 'link_down', name, `${name}: the link is down`], [agoS - forS, 'link_up', name, `${name}: the link is up`]]),
      ...drops.map(({ interface: name, agoS, packets }) => [agoS, 'drops', name, `${name}: ${packets} packets were dropped: its receive ring was full; a longer ring (ethtool -G) or more CPU for its interrupts helps`, { packets }]),
    ];
    const now = this.time;
    for (const [agoS, event, name, message, more] of told.sort((a, b) => b[0] - a[0])) {
      this.time = now - agoS * 1000;
      if (agoS >= 0) this.addEvent(event, name, message, more);
    }
    this.time = now;
  }

  chance() {
    this.seed = (Math.imul(this.seed, 1664525) + 1013904223) >>> 0;
    return this.seed / 4294967296;
  }
  #pick(list) {
    return list[Math.floor(this.chance() * list.length)];
  }

  #add(record) {
    const id = String(++this.#lastConnection);
    this.connections.set(id, record);
    return id;
  }

  // What can be told of a process: other users' only where the server may look.
  #seenOf({ process_name, pid, uid, user, unit }) {
    const owner = { uid, user, ...(unit && this.capabilities.units.status === 'available' && { unit }) };
    if (this.capabilities.owners.status === 'available' || user === 'anna') return { pid, process_name, ...owner, evidence: 'proc' };
    return { ...owner, evidence: owner.unit ? 'unit' : 'uid' };
  }

  #addListeners() {
    for (const [port, process] of [[22, PROCESSES[1]], [80, PROCESSES[2]], [443, PROCESSES[2]], [5432, PROCESSES[3]]])
      this.#add({ connection_type: 'tcp', local_address: '0.0.0.0', local_port: port, state: 'listen', ...this.#seenOf(process), receive_queue: 0, send_queue: 511 });
  }

  #open(isNew = true) {
    const process = this.#pick(PROCESSES);
    const isTcp = this.chance() < 0.88;
    const isV6 = this.chance() < 0.2;
    const [low, high] = [Math.floor(this.chance() * 0xffff).toString(16), Math.floor(this.chance() * 0xffff).toString(16)];
    const local_address = isV6 ? '2001:db8:10::10' : this.#pick(['192.0.2.10', '192.0.2.10', '192.0.2.44', '10.8.0.2', '127.0.0.1']);
    const state = isTcp ? this.#pick(TCP_STATES) : 'established';
    const ends = {
      connection_type: isTcp ? 'tcp' : 'udp', local_address, local_port: 32768 + Math.floor(this.chance() * 28000),
      remote_address: isV6 ? `2001:db8:${low}::${high}` : `198.51.100.${Math.floor(this.chance() * 254) + 1}`,
      remote_port: this.#pick(PORTS), state, interface: LINK_BY_ADDRESS[local_address], ...(isNew && { opened_at: new Date(this.time).toISOString() }),
    };
    if (state === 'time_wait') return this.#add(ends);
    const owned = { ...ends, ...this.#seenOf(process), receive_queue: 0, send_queue: 0 };
    if (!isTcp) return this.#add({ ...owned, receive_drops: 0 });
    const rtt_ms = round3(0.2 + this.chance() ** 3 * 180);
    const measured = { rtt_ms, rtt_min_ms: round3(rtt_ms * 0.8), retransmits: Math.floor(this.chance() ** 8 * 30), congestion_window: 10 + Math.floor(this.chance() ** 4 * 80), congestion_control: 'cubic', limited_by: 'application' };
    return this.#add({ ...owned, bytes_received: 0, bytes_sent: 0, download_speed: 0, upload_speed: 0, ...measured });
  }

  addEvent(event, name, message, more = {}) {
    this.events.set(String(++this.#lastEvent), { event, time: new Date(this.time).toISOString(), ...(name !== undefined && { interface: name }), ...more, message });
  }

  setLink(name, isActive) {
    const { carrier_changes: changes } = this.interfaces.get(name);
    this.change(name, { is_active: isActive, carrier_changes: (changes ?? 0) + 1 });
    this.addEvent(isActive ? 'link_up' : 'link_down', name, `${name}: the link is ${isActive ? 'up' : 'down'}`);
  }

  change(name, facts) {
    this.interfaces.set(name, { ...this.interfaces.get(name), ...facts });
  }

  // --- faults of the network ---

  stepClock(milliseconds) {
    this.time += milliseconds;
  }

  // No rates for so many ticks: of one interface, or of everything.
  hole(ticks = 1, name = null) {
    this.#muted.set(name, ticks);
    for (const id of name === null ? this.interfaces.keys() : [name]) this.interfaces.set(id, without(this.interfaces.get(id), RATES));
  }

  resetCounters(name) {
    this.hole(1, name);
    this.change(name, COUNTERS);
    this.addEvent('counter_reset', name, `${name}: its counters were reset`);
  }

  drop(name, packets) {
    const record = this.interfaces.get(name);
    this.change(name, { receive_drops: record.receive_drops + packets, receive_missed: record.receive_missed + packets, drop_rate: round3((packets * 1000) / this.tickMs) });
    this.addEvent('drops', name, `${name}: ${packets} packets were dropped: its receive ring was full; a longer ring (ethtool -G) or more CPU for its interrupts helps`, { packets });
  }

  remove(name) {
    const record = this.interfaces.get(name);
    for (const address of record.addresses ?? []) this.addEvent('address_removed', name, `${name}: ${address} is gone`, { address });
    if (record.is_active) this.addEvent('link_down', name, `${name}: the link is down`);
    this.addEvent('interface_removed', name, `${name} is gone`);
    this.interfaces.delete(name);
    return record;
  }

  // Takes a record as remove gave it, or facts of a new interface; named as given.
  add(name, record) {
    this.interfaces.set(name, { ...COUNTERS, ...without(record, RATES), name });
    this.#muted.set(name, 1);
    this.addEvent('interface_added', name, `${name} is new`);
    if (record.is_active) this.addEvent('link_up', name, `${name}: the link is up`);
    for (const address of record.addresses ?? []) this.addEvent('address_added', name, `${name}: ${address}`, { address });
  }

  // As when the kernel's name of a link changes: to everyone who only reads names, one goes, one comes.
  rename(from, to) {
    this.script.links.set(to, this.script.links.get(from));
    this.add(to, this.remove(from));
  }

  // --- time goes on ---

  advance(milliseconds) {
    const seconds = milliseconds / 1000;
    this.time += milliseconds;
    this.#tick++;
    for (const name of this.interfaces.keys()) this.#carry(name, seconds);
    if (!this.#isMuted(null)) this.#churn(seconds);
    for (const [name, ticks] of this.#muted) ticks > 1 ? this.#muted.set(name, ticks - 1) : this.#muted.delete(name);
    this.#hasAdvanced = true;
    this.#seconds = seconds;
  }
  #seconds = 0;

  #isMuted(name) {
    return this.#muted.has(null) || this.#muted.has(name);
  }

  #carry(name, seconds) {
    const old = this.interfaces.get(name);
    const rates = this.script.link(name, this.#tick, old.is_active);
    if (!rates) return;
    const drops = name === 'eth0' && old.is_active && this.chance() < 0.012 * seconds ? 1 + Math.floor(this.chance() * 8) : 0;
    const [down, up, packetsIn, packetsOut] = rates;
    if (!down && old.download_speed === 0) return;
    const told = this.#isMuted(name) ? {} : Object.fromEntries(RATES.map((rate, index) => [rate, round3(rate === 'drop_rate' ? drops && drops / seconds : rates[index])]));
    this.interfaces.set(name, {
      ...without(old, RATES),
      bytes_received: Math.round(old.bytes_received + down * seconds), bytes_sent: Math.round(old.bytes_sent + up * seconds),
      packets_received: Math.round(old.packets_received + packetsIn * seconds), packets_sent: Math.round(old.packets_sent + packetsOut * seconds),
      receive_drops: old.receive_drops + drops, ...told,
    });
  }

  #move(id, down, up, seconds, more) {
    const old = this.connections.get(id);
    const [download_speed, upload_speed] = [round3(down), round3(up)];
    this.connections.set(id, { ...old, download_speed, upload_speed, bytes_received: old.bytes_received + Math.round(down * seconds), bytes_sent: old.bytes_sent + Math.round(up * seconds), ...more });
  }

  #churn(seconds) {
    const ids = [...this.connections.keys()];
    const mains = new Set(this.#mains.values());
    const isTcpOpen = (record) => record?.state === 'established' && record.connection_type === 'tcp';
    const most = Math.min(3e6, (BACKGROUND * 91) / Math.max(1, this.established));
    for (let index = 0; index < ids.length * 0.05; index++) {
      const id = this.#pick(ids);
      if (isTcpOpen(this.connections.get(id)) && !mains.has(id)) this.#move(id, this.chance() ** 90 * most, this.chance() ** 90 * most * 0.14, seconds);
    }
    for (let left = this.isSettled ? 0 : ids.length * 0.004 * seconds; left > this.chance(); left--) {
      const id = this.#pick(ids);
      const record = this.connections.get(id);
      if (!record || record.state === 'listen') continue;
      this.connections.delete(id);
      this.#owners.closed(record);
      this.#open();
    }
    this.#flow(seconds);
  }

  // Most of what an owner moves, it moves by one connection over the line.
  #flow(seconds) {
    const line = this.interfaces.get('eth0');
    for (const [owner, { share, index }] of this.script.owners) {
      const isMain = (record) => record?.state === 'established' && record.interface === 'eth0' && record.bytes_received !== undefined && ownerId(record) === owner;
      if (!isMain(this.connections.get(this.#mains.get(owner)))) {
        const found = [...this.connections].find(([, record]) => isMain(record));
        found ? this.#mains.set(owner, found[0]) : this.#mains.delete(owner);
      }
      const id = this.#mains.get(owner);
      const factor = share * portion(this.script.seed, index, (this.#tick * this.tickMs) / 1000);
      if (id) this.#move(id, (line?.download_speed ?? 0) * factor, (line?.upload_speed ?? 0) * factor, seconds, { limited_by: 'network' });
    }
  }

  #totals(owners) {
    const counted = [...this.interfaces.values()].filter((record) => record.counted);
    const sum = (key) => {
      const known = counted.filter((record) => typeof record[key] === 'number');
      return known.length ? known.reduce((total, record) => total + record[key], 0) : undefined;
    };
    const explained = (key) => [...owners.values()].reduce((total, owner) => total + (owner[key] ?? 0), 0);
    const left = (key) => (sum(key) === undefined ? undefined : round3(Math.max(0, sum(key) - explained(`external_${key}`))));
    const record = {
      ...Object.fromEntries(RATES.map((key) => [key, sum(key) === undefined ? undefined : round3(sum(key))])),
      bytes_received: sum('bytes_received'), bytes_sent: sum('bytes_sent'), connections: this.connections.size,
      established: [...this.connections.values()].reduce((count, { state }) => count + (state === 'established'), 0),
      unexplained_download_speed: left('download_speed'), unexplained_upload_speed: left('upload_speed'),
    };
    for (const key of Object.keys(record)) if (record[key] === undefined) delete record[key];
    return record;
  }

  #server(about) {
    return {
      hostname: this.hostname, os: 'Debian GNU/Linux 12 (bookworm)', kernel: '6.1.0-28-amd64', version: '0.1.0', started: new Date(this.started).toISOString(), interval_ms: this.tickMs,
      connections_interval_ms: this.connectionsInterval, cpu_budget_percent: 5, collection: this.collection,
      capabilities: this.capabilities, cpu_percent: round3(0.2 + this.chance() * 0.2), rss_bytes: 7340032, tick_ms: round3(1 + this.chance()), clients: 0, streams: 0, sockets: this.connections.size, ...about,
    };
  }

  // Connections and owners are read every connectionsInterval only, while that is longer.
  #read() {
    const ticks = Math.max(1, Math.round(this.connectionsInterval / this.tickMs));
    const isDue = this.collection === 'full' || !this.#seen || this.#seen.collection !== this.collection || this.#tick - this.#seen.tick >= ticks;
    if (!isDue) return this.#seen;
    const isCounted = (name) => this.interfaces.get(name)?.counted ?? false;
    const owners = this.#owners.observe(this.connections, isCounted, this.#hasAdvanced ? this.#seconds : 0, !this.#muted.has(null));
    this.#seen = { collection: this.collection, tick: this.#tick, owners, connections: new Map(this.collection === 'owners' ? [] : this.connections) };
    return this.#seen;
  }

  // about: what the server says of itself.
  observe(about = {}) {
    const { owners, connections } = this.#read();
    const state = { interfaces: new Map(this.interfaces), connections, owners, events: new Map(this.events), totals: this.#totals(owners), server: this.#server(about) };
    if (this.#hasAdvanced) this.recording.put(state);
    this.#hasAdvanced = false;
    return state;
  }
}
