// What the page knows: the newest record of everything, and the recent past of what moves.
// Writing is cheap and happens whenever a message comes; drawing reads what is shown, which is the
// newest, or, while paused, a picture taken at that moment. Records are never changed in place.

import { Activity } from './activity.js';
import { Replica } from './protocol.js';
import { Ring } from './ring.js';

export const TOPICS = { interfaces: true, totals: false, connections: true, owners: true, events: true, server: false };

// Channels of the rings of interfaces and totals: the rates of history, per second.
export const DOWNLOAD = 0;
export const UPLOAD = 1;
export const PACKETS_IN = 2;
export const PACKETS_OUT = 3;
export const ERRORS = 4;
export const DROPS = 5;
// Only of rings of long steps (store.longRings): the largest in each step.
export const DOWNLOAD_HIGH = 6;
export const UPLOAD_HIGH = 7;
// Of connectionLog, after download and upload.
export const RTT = 2;
export const CONNECTION_CHANNELS = 3;

const HOUR_OF_SECONDS = 4096;
const TEN_MINUTES_OF_SECONDS = 600;
const DAY_OF_MINUTES = 1500;
const MANY_INTERFACES = 64;
const CONNECTION_LINES = 1 << 18; // 24 bytes each
const OWNER_LINES = 1 << 16;
const CLOSED_KEPT = 5000;
const QUIET_MS = 5000; // the server says something at least this often, even when nothing changed
const LONGEST_HOLD_MS = 11_000; // past this silence a quiet interface's last value is no longer known

const number = (value) => (typeof value === 'number' ? value : NaN);
const sum = (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : a + b);

export const errorRate = (record) => sum(number(record.receive_error_rate), number(record.send_error_rate));
export const troubleRate = (record) => sum(errorRate(record), number(record.drop_rate));

// true or false where the record says so, else null.
export function isUp(record) {
  if (typeof record.is_active === 'boolean') return record.is_active;
  return typeof record.is_up === 'boolean' ? record.is_up : null;
}

const sampleOf = (record) => [
  number(record.download_speed), number(record.upload_speed), number(record.packet_receive_rate), number(record.packet_send_rate),
  errorRate(record), number(record.drop_rate),
];

// One series of history as the columns of a ring.
function columnsOf(series) {
  const { receive_error_rate: received, send_error_rate: sent } = series;
  const errors = received && sent ? received.map((value, index) => (value === null ? sent[index] : value + (sent[index] ?? 0))) : received ?? sent;
  const columns = [series.download_speed, series.upload_speed, series.packet_receive_rate, series.packet_send_rate, errors, series.drop_rate];
  if (series.download_speed_max) columns.push(series.download_speed_max, series.upload_speed_max);
  return columns.map((column) => column?.map((value) => value ?? NaN));
}

// The times of a history's values, from the first that anything is known of.
function timesOf({ step_ms: step, end }, columns) {
  const count = Math.max(...columns.map((column) => column?.length ?? 0));
  const last = Date.parse(end);
  return Array.from({ length: count }, (_, index) => last - (count - 1 - index) * step);
}

// From its first known value on.
function known(times, columns) {
  const first = times.findIndex((_, index) => columns.some((column) => column && !Number.isNaN(column[index])));
  return first < 0 ? [[], []] : [times.slice(first), columns.map((column) => column?.slice(first))];
}

// Not every system does; where nobody is connected, nothing is sent again.
function saysRetransmits(connections) {
  let isNoOne = true;
  for (const { retransmits, connection_type: type, state } of connections.values()) {
    if (typeof retransmits === 'number') return true;
    if (type === 'tcp' && state === 'established') isNoOne = false;
  }
  return isNoOne;
}

export class Store {
  #frozen = null;
  #intervals = new Map();
  #ownerNumbers = new Map();
  #links = null; // of events: interface -> [{time, isUp}], oldest first
  #isInterrupted = false;
  #lastTime = NaN;

  constructor() {
    this.replicas = {};
    this.rings = new Map(); // interface -> the last hour
    this.totalsRing = new Ring(6, HOUR_OF_SECONDS);
    this.longRings = new Map(); // interface, or null for the totals -> the last day in steps of a minute
    this.retransmitsRing = new Ring(1, HOUR_OF_SECONDS); // segments/s of all connections together
    this.connectionLog = new Activity(CONNECTION_LINES, CONNECTION_CHANNELS); // subject: Number(id)
    this.ownerLog = new Activity(OWNER_LINES); // subject: ownerNumber(id)
    this.closed = new Map(); // id -> {record, closedAt}, of the connections that ended last
    this.refused = new Map(); // topic -> why the server does not tell it
    for (const topic of Object.keys(TOPICS)) this.reset(topic);
  }

  // A fresh copy of the topic, for when the server's old one cannot be followed any more.
  reset(topic) {
    this.replicas[topic] = new Replica(TOPICS[topic]);
    if (topic === 'events') this.#links = null;
    return this.replicas[topic];
  }

  // The server was started anew: its ids mean others now.
  forget() {
    this.#lastTime = this.time;
    for (const topic of Object.keys(TOPICS)) this.reset(topic);
    this.connectionLog = new Activity(CONNECTION_LINES, CONNECTION_CHANNELS);
    this.ownerLog.interrupt();
    this.closed.clear();
    this.longRings.clear();
  }

  setInterval(topic, milliseconds) {
    this.#intervals.set(topic, milliseconds);
  }

  // The newest time any topic has, in ms; NaN before the first message ever. A server started anew has
  // said nothing yet for a moment: until then it is what it was.
  get time() {
    const times = Object.values(this.replicas).map((replica) => replica.time).filter((time) => !Number.isNaN(time));
    return times.length ? Math.max(...times) : this.#lastTime;
  }

  // To be called after a replica took a message, with its outcome: adds what it says to the past.
  record(topic, outcome) {
    const replica = this.replicas[topic];
    const { data, time } = replica;
    if (Number.isNaN(time)) return;
    if (topic === 'interfaces') this.#recordInterfaces(replica);
    if (topic === 'totals') this.#extend(this.totalsRing, time, sampleOf(data), topic);
    if (topic === 'connections') this.#recordConnections(replica, outcome);
    if (topic === 'owners') this.#recordOwners(replica, outcome);
    if (topic === 'events' && (outcome.whole || outcome.touched.size || outcome.removed.size)) this.#links = null;
  }

  #recordInterfaces({ data, time }) {
    for (const [name, record] of data) this.#extend(this.#ringOf(name), time, sampleOf(record), 'interfaces');
    for (const [name, ring] of this.rings) {
      if (data.has(name)) continue;
      if (time - ring.end > HOUR_OF_SECONDS * 1000) this.rings.delete(name);
      else if (!Number.isNaN(ring.value(DOWNLOAD, ring.length - 1))) ring.push(time, []);
    }
  }

  #ringOf(name) {
    if (!this.rings.has(name)) this.rings.set(name, new Ring(6, this.rings.size < MANY_INTERFACES ? HOUR_OF_SECONDS : TEN_MINUTES_OF_SECONDS));
    return this.rings.get(name);
  }

  // The server keeps silent while nothing changes: a short silence means the old value went on, so
  // it is repeated just before the new one. A longer one means nobody knows: a hole.
  #extend(ring, time, sample, topic) {
    const interval = this.#intervals.get(topic) ?? 1000;
    const silence = time - ring.end;
    if (silence > 2 * QUIET_MS + interval) ring.push(ring.end + interval, []);
    else if (silence > 1.5 * interval && ring.length) {
      const last = ring.length - 1;
      ring.push(time - interval, ring.values.map((_, channel) => ring.value(channel, last)));
    }
    ring.push(time, sample);
  }

  #recordConnections({ data, time }, { whole, touched, removed }) {
    const log = (id, { download_speed: down, upload_speed: up, rtt_ms: rtt }) =>
      this.connectionLog.add(time, Number(id), [number(down), number(up), number(rtt)]);
    // After a hole whoever has a speed has one again, also where it is the same as before.
    if (whole || this.#isInterrupted) for (const [id, record] of data) if (record.download_speed > 0 || record.upload_speed > 0) log(id, record);
    let retransmits = 0;
    for (const [id, old] of touched) {
      const record = data.get(id);
      if (!old || record.download_speed !== old.download_speed || record.upload_speed !== old.upload_speed) log(id, record);
      if (record.retransmits > old?.retransmits) retransmits += record.retransmits - old.retransmits;
    }
    for (const [id, record] of removed) {
      this.connectionLog.add(time, Number(id), [0, 0]);
      this.closed.delete(id);
      this.closed.set(id, { record, closedAt: time });
    }
    for (const id of this.closed.keys()) {
      if (this.closed.size <= CLOSED_KEPT) break;
      this.closed.delete(id);
    }
    const seconds = (time - this.retransmitsRing.end) / 1000;
    if (whole || !(seconds > 0)) this.retransmitsRing.push(time, []);
    else this.#extend(this.retransmitsRing, time, [saysRetransmits(data) ? retransmits / Math.min(seconds, QUIET_MS / 1000) : NaN], 'connections');
    this.#isInterrupted = false;
  }

  // A small number for an owner's id, the same as long as the page is open.
  ownerNumber(id) {
    if (!this.#ownerNumbers.has(id)) this.#ownerNumbers.set(id, this.#ownerNumbers.size);
    return this.#ownerNumbers.get(id);
  }

  #recordOwners({ data, time }, { whole, touched, removed }) {
    const log = (id, record) => this.ownerLog.add(time, this.ownerNumber(id), [number(record.download_speed), number(record.upload_speed)]);
    if (whole) for (const [id, record] of data) log(id, record);
    for (const [id, old] of touched) {
      const record = data.get(id);
      if (!old || record.download_speed !== old.download_speed || record.upload_speed !== old.upload_speed) log(id, record);
    }
    for (const id of removed.keys()) this.ownerLog.add(time, this.ownerNumber(id), [0, 0]);
  }

  // A message of history, whole: what was before the page was opened, or while the line was cut.
  backfill(topic, message) {
    if (topic === 'owners') return this.#backfillOwners(message);
    for (const [name, series] of Object.entries(message.series)) {
      const columns = columnsOf(series).slice(0, 6);
      const [times, values] = known(timesOf(message, columns), columns);
      (topic === 'totals' ? this.totalsRing : this.#ringOf(name)).replace(times, values);
    }
  }

  #backfillOwners(message) {
    const lines = [];
    for (const [id, { download_speed: down, upload_speed: up }] of Object.entries(message.series)) {
      const subject = this.ownerNumber(id);
      const last = [NaN, NaN];
      timesOf(message, [down, up]).forEach((time, index) => {
        const values = [down[index] ?? NaN, up[index] ?? NaN];
        if (values.every((value, channel) => Object.is(value, last[channel]))) return;
        // A value is of the step that ends at its time.
        lines.push({ time: time - message.step_ms, subject, values });
        [last[0], last[1]] = values;
      });
    }
    this.ownerLog.precede(lines.sort((a, b) => a.time - b.time));
  }

  // The last day of an interface, or of the totals (null), in long steps.
  setLong(name, message) {
    const ring = new Ring(8, DAY_OF_MINUTES);
    const columns = columnsOf(message.series[name ?? 'totals'] ?? {});
    ring.replace(...known(timesOf(message, columns), columns));
    this.longRings.set(name, ring);
  }

  // The ring that tells of an interface (or the totals: null) from a time on: by the tick, or where
  // that does not reach back so far, in long steps. undefined: nothing is known.
  ringFor(name, from) {
    const ring = name === null ? this.totalsRing : this.rings.get(name);
    const long = this.longRings.get(name);
    const begins = (of) => (of?.length ? of.time(0) : Infinity);
    return begins(ring) > from && begins(long) < begins(ring) ? long : ring;
  }

  // A quiet interface sends nothing: its newest value still holds at the newest time.
  heldUntil(ring) {
    return this.time - ring.end < LONGEST_HOLD_MS ? this.time : ring.end;
  }

  // When the link of an interface was down within [from, to]: [{from, to}] in ms.
  downSpans(name, from, to) {
    this.#links ??= linkChanges(this.replicas.events.data);
    const record = this.shown.interfaces.get(name);
    return downSpans(this.#links.get(name) ?? [], { from, to, isDown: record ? isUp(record) === false : false });
  }

  // Nothing was heard since then: the lines end there.
  interrupt() {
    for (const ring of [...this.rings.values(), this.totalsRing, this.retransmitsRing])
      if (ring.length) ring.push(ring.end + 1, []);
    this.connectionLog.interrupt();
    this.ownerLog.interrupt();
    this.#isInterrupted = true;
  }

  get isPaused() {
    return this.#frozen !== null;
  }

  pause() {
    const picture = { time: this.time };
    for (const topic of Object.keys(TOPICS)) {
      const { data } = this.replicas[topic];
      picture[topic] = data instanceof Map ? new Map(data) : data;
    }
    this.#frozen = picture;
  }

  resume() {
    this.#frozen = null;
  }

  // What the views draw: {time, interfaces, totals, connections, owners, events, server}.
  get shown() {
    if (this.#frozen) return this.#frozen;
    const picture = { time: this.time };
    for (const topic of Object.keys(TOPICS)) picture[topic] = this.replicas[topic].data;
    return picture;
  }
}

function linkChanges(events) {
  const changes = new Map();
  for (const [id, { event, interface: name, time }] of events) {
    if (event !== 'link_up' && event !== 'link_down') continue;
    if (!changes.has(name)) changes.set(name, []);
    changes.get(name).push({ id: Number(id), time: Date.parse(time), isUp: event === 'link_up' });
  }
  for (const list of changes.values()) list.sort((a, b) => a.id - b.id);
  return changes;
}

// changes: of one link, oldest first. isDown: what it is after the last of them.
export function downSpans(changes, { from, to, isDown }) {
  const spans = [];
  let end = isDown ? to : null;
  for (const { time, isUp: cameUp } of changes.toReversed()) {
    if (cameUp) end = time;
    else if (end !== null) {
      spans.push({ from: time, to: end });
      end = null;
    }
  }
  if (end !== null && isDown && !changes.length) spans.push({ from, to: end });
  return spans.filter((span) => span.to > from && span.from < to).map((span) => ({ from: Math.max(from, span.from), to: Math.min(to, span.to) })).reverse();
}

// Who has a connection, by the server's own rule for the ids of owners: a container, else the
// process, else the unit, else the user; null where not even that is known.
export function ownerOf({ unit, uid, process_name: name }) {
  if (unit && /^(docker|podman|kubernetes|containerd|lxc):/.test(unit)) return `container:${unit}`;
  if (name !== undefined) return `process:${uid ?? ''}:${unit ?? ''}:${name}`;
  if (unit) return `unit:${unit}`;
  return uid === undefined ? null : `user:${uid}`;
}

// Where the traffic of each local address shows: address text without prefix -> interface name.
export function addressOwners(interfaces) {
  const owners = new Map();
  for (const [name, record] of interfaces)
    for (const address of Array.isArray(record.addresses) ? record.addresses : [])
      if (typeof address === 'string') owners.set(address.split('/')[0], name);
  return owners;
}
