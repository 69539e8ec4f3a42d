// One subscription's copy of the server's data, kept current by snapshots and deltas.
// Records are never changed in place: a delta puts new ones beside the untouched, so whoever holds
// an old record or a copy of the map (a paused view) keeps a true picture. Pure: no socket, no clock.

export const SUBPROTOCOL = 'ifpulse.v1';

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isRevision = (value) => Number.isSafeInteger(value) && value >= 0;
const isPart = (value) => Number.isSafeInteger(value) && value >= 0;

// JSON Merge Patch (RFC 7396). Objects have no prototype, so a member named __proto__ is just a name.
export function merge(target, patch) {
  if (!isObject(patch)) return patch;
  const result = Object.create(null);
  if (isObject(target)) for (const key of Object.keys(target)) result[key] = target[key];
  for (const key of Object.keys(patch)) {
    if (patch[key] === null) delete result[key];
    else result[key] = merge(result[key], patch[key]);
  }
  return result;
}

// Text to message; throws SyntaxError for what is no message of this protocol.
export function parseMessage(text) {
  const message = JSON.parse(text);
  if (!isObject(message) || typeof message.op !== 'string') throw new SyntaxError('not a message');
  return message;
}

function fault(message) {
  const body = message.op === 'snapshot' ? message.data : message.patch;
  if (!isObject(body)) return `a ${message.op} without its ${message.op === 'snapshot' ? 'data' : 'patch'}`;
  if (!isRevision(message.revision)) return `a ${message.op} without a revision`;
  if (message.op === 'delta' && !isRevision(message.since)) return 'a delta without since';
  if (message.parts !== undefined && !(isPart(message.parts) && isPart(message.part))) return 'a part without its number';
  return null;
}

// The parts of a history, in any order, put together: {topic's name -> {rate: values}} and the rest.
export function joinHistory(parts) {
  const series = {};
  for (const part of parts)
    for (const [name, rates] of Object.entries(part.series)) Object.defineProperty(series, name, { value: { ...series[name], ...rates }, enumerable: true, configurable: true, writable: true });
  return { ...parts[0], series };
}

const IGNORED = { kind: 'ignored' };
const PENDING = { kind: 'pending' };
const broken = (why) => ({ kind: 'broken', why });

export class Replica {
  #parts = [];

  // isCollection: ids to records; otherwise the whole document is one record.
  constructor(isCollection) {
    this.isCollection = isCollection;
    this.revision = null;
    this.time = NaN;
    this.data = isCollection ? new Map() : null;
  }

  // Takes a snapshot or delta message. Returns an outcome:
  //   applied  data is at message.revision; whole, touched and removed (id -> the record before) say what is new
  //   ignored  not newer than what is here
  //   pending  a part; the rest is still to come
  //   broken   why; data can no longer be trusted to follow the server: subscribe again
  receive(message) {
    const wrong = fault(message);
    if (wrong) return broken(wrong);
    if (this.revision !== null && message.revision < this.revision) return IGNORED;
    if (message.op === 'delta') {
      if (this.revision === null) return broken('a delta before the snapshot');
      if (message.revision <= this.revision) return IGNORED;
      if (message.since > this.revision) return broken(`revisions ${this.revision + 1} to ${message.since} are missing`);
    }
    const whole = this.#collect(message);
    return Array.isArray(whole) ? this.#apply(whole) : whole;
  }

  // Parts of one message, in any order, or null while some are missing.
  #collect(message) {
    if (!(message.parts > 1)) {
      this.#parts = [];
      return [message];
    }
    const first = this.#parts[0];
    if (first && (first.revision !== message.revision || first.op !== message.op)) this.#parts = [];
    if (this.#parts.some((other) => other.part === message.part)) return broken(`part ${message.part} came twice`);
    this.#parts.push(message);
    if (this.#parts.length < message.parts) return PENDING;
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  #apply(parts) {
    const last = parts[parts.length - 1];
    const outcome = { kind: 'applied', whole: last.op === 'snapshot', touched: new Map(), removed: new Map() };
    if (outcome.whole) this.data = this.isCollection ? new Map() : null;
    for (const part of parts) {
      if (this.isCollection) this.#applyRecords(part, outcome);
      else this.data = merge(this.data ?? {}, part.data ?? part.patch);
    }
    this.revision = last.revision;
    this.time = Date.parse(last.time);
    if (this.isCollection && Number.isSafeInteger(last.count) && last.count !== this.data.size)
      return broken(`${this.data.size} records here, ${last.count} at the server`);
    return outcome;
  }

  #applyRecords(part, { whole, touched, removed }) {
    const body = part.data ?? part.patch;
    for (const id of Object.keys(body)) {
      if (body[id] === null) {
        if (!this.data.has(id)) continue;
        removed.set(id, this.data.get(id));
        this.data.delete(id);
      } else if (isObject(body[id])) {
        const old = this.data.get(id);
        this.data.set(id, merge(old, body[id]));
        if (!whole) touched.set(id, old);
      }
    }
  }
}
