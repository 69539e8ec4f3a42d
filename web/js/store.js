// What the page knows: the newest record of everything, and the recent past of every interface.
// Writing is cheap and happens whenever a message comes; drawing reads what is shown, which is the
// newest, or, while paused, a picture taken at that moment. Records are never changed in place.

import { Replica } from './protocol.js';
import { Ring } from './ring.js';

export const TOPICS = { interfaces: true, totals: false, connections: true, events: true, server: false };

// Channels of an interface's ring.
export const DOWNLOAD = 0;
export const UPLOAD = 1;
export const TROUBLE = 2; // drops and errors, packets/s
export const DOWN = 3; // 1 while the link is down

const HOUR_OF_SECONDS = 4096;
const TEN_MINUTES_OF_SECONDS = 600;
const MANY_INTERFACES = 64;
const QUIET_MS = 5000; // the server says something at least this often, even when nothing changed

const number = (value) => (typeof value === 'number' ? value : NaN);

export function troubleRate(record) {
  const rates = [record.receive_error_rate, record.send_error_rate, record.drop_rate].filter((rate) => typeof rate === 'number');
  return rates.length ? rates.reduce((sum, rate) => sum + rate, 0) : NaN;
}

// true or false where the record says so, else null.
export function isUp(record) {
  if (typeof record.is_active === 'boolean') return record.is_active;
  return typeof record.is_up === 'boolean' ? record.is_up : null;
}

function sampleOf(record) {
  return [number(record.download_speed), number(record.upload_speed), troubleRate(record), isUp(record) === false ? 1 : 0];
}

export class Store {
  #frozen = null;
  #intervals = new Map();

  constructor() {
    this.replicas = {};
    this.rings = new Map();
    this.totalsRing = new Ring(2, HOUR_OF_SECONDS);
    for (const topic of Object.keys(TOPICS)) this.reset(topic);
  }

  // A fresh copy of the topic, for when the server's old one cannot be followed any more.
  reset(topic) {
    this.replicas[topic] = new Replica(TOPICS[topic]);
    return this.replicas[topic];
  }

  setInterval(topic, milliseconds) {
    this.#intervals.set(topic, milliseconds);
  }

  // The newest time any topic has, in ms; NaN before the first message.
  get time() {
    const times = Object.values(this.replicas).map((replica) => replica.time).filter((time) => !Number.isNaN(time));
    return times.length ? Math.max(...times) : NaN;
  }

  // To be called after a replica took a message: adds what it says to the past.
  record(topic) {
    const replica = this.replicas[topic];
    if (Number.isNaN(replica.time)) return;
    if (topic === 'interfaces') this.#recordInterfaces(replica);
    if (topic === 'totals')
      this.#extend(this.totalsRing, replica.time, [number(replica.data.download_speed), number(replica.data.upload_speed)], topic);
  }

  #recordInterfaces({ data, time }) {
    for (const [name, record] of data) {
      let ring = this.rings.get(name);
      if (!ring) {
        const capacity = this.rings.size < MANY_INTERFACES ? HOUR_OF_SECONDS : TEN_MINUTES_OF_SECONDS;
        ring = new Ring(4, capacity);
        this.rings.set(name, ring);
      }
      this.#extend(ring, time, sampleOf(record), 'interfaces');
    }
    for (const [name, ring] of this.rings) {
      if (data.has(name)) continue;
      if (time - ring.end > HOUR_OF_SECONDS * 1000) this.rings.delete(name);
      else if (!Number.isNaN(ring.value(DOWNLOAD, ring.length - 1))) ring.push(time, []);
    }
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

  // Nothing was heard since then: the lines end there.
  interrupt() {
    for (const ring of [...this.rings.values(), this.totalsRing])
      if (ring.length) ring.push(ring.end + 1, []);
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

  // What the views draw: {time, interfaces, totals, connections, events, server}.
  get shown() {
    if (this.#frozen) return this.#frozen;
    const picture = { time: this.time };
    for (const topic of Object.keys(TOPICS)) picture[topic] = this.replicas[topic].data;
    return picture;
  }
}

// Link-down spans of a ring within [from, to]: [{from, to}], in ms.
export function downSpans(ring, from, to) {
  const spans = [];
  let open = null;
  for (let index = Math.max(0, ring.find(from) - 1); index < ring.length && ring.time(index) <= to; index++) {
    const isDown = ring.value(DOWN, index) === 1;
    if (isDown && !open) spans.push((open = { from: Math.max(from, ring.time(index)), to }));
    else if (!isDown && open) {
      open.to = ring.time(index);
      open = null;
    }
  }
  if (open) open.to = Math.min(to, Math.max(open.from, ring.end));
  return spans;
}

// Where the traffic of each local address shows: address text without prefix -> interface name.
export function addressOwners(interfaces) {
  const owners = new Map();
  for (const [name, record] of interfaces)
    for (const address of Array.isArray(record.addresses) ? record.addresses : [])
      if (typeof address === 'string') owners.set(address.split('/')[0], name);
  return owners;
}
