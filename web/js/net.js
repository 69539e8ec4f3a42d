// The line to the server: one WebSocket, one subscription a topic, and the will to come back.
// It decides when to connect, when to give up and when a topic must be asked for again; what the
// messages say goes into the store's replicas. All that surrounds it (socket, clock, timers,
// chance) comes in through env, so that tests can hold it.

import { SUBPROTOCOL, joinHistory, parseMessage } from './protocol.js';
import { TOPICS } from './store.js';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const OPEN_WITHIN_MS = 10_000;
const GIVE_UP_SILENT_MS = 15_000; // a line that is silent this long is cut and dialled again
const PATIENCE_MS = 3000;
const HEARTBEAT_MS = 5000; // the server's longest silence on a subscription where nothing changes
const RESYNCS_ALLOWED = 5; // in a minute; then the whole line is in doubt
const INTERVAL_MS = 1000;
const HISTORY_S = 3600;
const WITH_HISTORY = new Set(['interfaces', 'totals']);
const TOO_SLOW = 4408;
const NEEDS_TOKEN = 4401;

// Full jitter: any time up to a bound that doubles with each failure, so that a thousand pages do
// not come back at the same moment.
export function backoff(attempt, random) {
  const bound = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempt, 16));
  return Math.max(100, random() * bound);
}

// 44xx is the page's own fault: coming back unchanged would only repeat it.
export const isFinal = (code) => code >= 4400 && code < 4500;

export class Link {
  #socket = null;
  #retryTimer = null;
  #openTimer = null;
  #nextId = 1;
  #byId = new Map(); // subscription id -> topic
  #byStream = new Map(); // the server's stream number -> topic
  #resyncs = [];
  #isAnew = false; // the server was started again since the last line
  #mayPing = true;
  #pinged = false;
  #histories = new Map(); // topic -> the parts that have come
  #last = null; // the message under way from bytes to text, as a promise; later ones wait for it

  // env: {connect(url, subprotocol), now, random, setTimeout, clearTimeout, inflate(bytes) -> promise of
  // text, or null where messages are not to be compressed}
  // events: {changed(), received(topic, outcome), interrupted(), restarted(hello)}
  // token: to be said where the server asks for one; null while nobody gave one that it takes.
  constructor(url, { store, env, events, token = null }) {
    Object.assign(this, { url, store, env, events, token });
    this.isTokenWrong = false; // the last one that was said
    this.phase = 'connecting'; // open, waiting (for retryAt), refused (for good, see code)
    this.attempt = 0;
    this.retryAt = null;
    this.lostAt = null; // since when there is no data, null while there is
    this.code = null;
    this.reason = '';
    this.hello = null;
    this.hasData = false; // on this line
    this.hadData = false; // ever
    this.lastHeard = null;
    this.lastData = null;
    this.resyncCount = 0;
  }

  start() {
    this.#connect();
  }

  // Connects now rather than later; also the way out of a refusal.
  retryNow() {
    if (this.phase === 'waiting' || this.phase === 'refused') this.#connect();
  }

  useToken(token) {
    this.token = token;
    this.retryNow();
  }

  // The machine is back on a network, or the page is looked at again.
  wake() {
    // Too slow is what a page becomes that was put to sleep with its tab; awake it may try again.
    const overslept = this.phase === 'refused' && this.code === TOO_SLOW;
    if (this.phase === 'waiting' || overslept) this.#connect();
  }

  #connect() {
    this.env.clearTimeout(this.#retryTimer);
    this.phase = 'connecting';
    this.retryAt = null;
    this.#byId.clear();
    this.#byStream.clear();
    this.#histories.clear();
    this.#last = null;
    this.#mayPing = true;
    this.#pinged = false;
    const socket = this.env.connect(this.url, SUBPROTOCOL);
    this.#socket = socket;
    if (this.env.inflate) socket.binaryType = 'arraybuffer';
    const ifCurrent = (act) => (event) => this.#socket === socket && act(event);
    socket.onopen = ifCurrent(() => this.#opened());
    socket.onmessage = ifCurrent((event) => this.#take(event.data, ifCurrent));
    socket.onclose = ifCurrent((event) => this.#closed(event.code, event.reason));
    this.#openTimer = this.env.setTimeout(ifCurrent(() => this.#abandon('no answer')), OPEN_WITHIN_MS);
    this.events.changed();
  }

  #opened() {
    this.phase = 'open';
    this.lastHeard = this.lastData = this.env.now();
    this.events.changed();
  }

  #closed(code, reason) {
    this.env.clearTimeout(this.#openTimer);
    this.#socket = null;
    this.code = code;
    this.reason = reason;
    if (code === NEEDS_TOKEN) {
      this.isTokenWrong = this.token !== null;
      this.token = null;
    }
    if (this.hasData) this.events.interrupted();
    this.hasData = false;
    this.lostAt ??= this.env.now();
    if (isFinal(code)) {
      this.phase = 'refused';
    } else {
      const wait = backoff(this.attempt++, this.env.random);
      this.phase = 'waiting';
      this.retryAt = this.env.now() + wait;
      this.#retryTimer = this.env.setTimeout(() => this.#connect(), wait);
    }
    this.events.changed();
  }

  // Does not wait for the other side to agree: on a dead line it never would.
  #abandon(reason, code = 1006) {
    const socket = this.#socket;
    this.#closed(code, reason);
    socket.close(4000, reason.slice(0, 100));
  }

  #send(message) {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(message));
  }

  // Long messages come compressed, and that takes a moment; the order stays.
  #take(data, ifCurrent) {
    this.lastHeard = this.env.now();
    this.#pinged = false;
    if (typeof data === 'string' && this.#last === null) return this.#heard(data);
    const text = typeof data === 'string' ? data : this.env.inflate?.(data) ?? Promise.reject();
    const mine = Promise.all([text, this.#last]).then(
      ifCurrent(([whole]) => this.#heard(whole)),
      ifCurrent(() => this.#abandon('a message that could not be read')),
    ).then(() => this.#last === mine && (this.#last = null));
    this.#last = mine;
    return mine;
  }

  #heard(text) {
    let message;
    try {
      message = parseMessage(text);
    } catch {
      this.#abandon('a message that could not be read');
      return;
    }
    switch (message.op) {
      case 'hello':
        return this.#greeted(message);
      case 'subscribed':
        return this.#subscribed(message);
      case 'snapshot':
      case 'delta':
        return this.#received(message);
      case 'history':
        return this.#remembered(message);
      case 'error':
        return this.#complained(message);
    }
  }

  #greeted(hello) {
    this.env.clearTimeout(this.#openTimer);
    if (hello.authentication === 'required') {
      if (this.token === null) return this.#abandon('', NEEDS_TOKEN);
      this.#send({ op: 'authenticate', token: this.token });
    }
    this.#isAnew = this.hello !== null && this.hello.instance !== hello.instance;
    if (this.#isAnew) {
      this.store.forget();
      this.events.restarted(hello, this.hello);
    }
    this.hello = hello;
    this.store.refused.clear();
    for (const topic of Object.keys(TOPICS)) this.#subscribe(topic);
    this.events.changed();
  }

  #subscribe(topic) {
    const id = this.#nextId++;
    const { revision } = this.store.replicas[topic];
    const message = { op: 'subscribe', id, topic, interval_ms: INTERVAL_MS };
    if (revision !== null) message.since = { instance: this.hello.instance, revision };
    if (WITH_HISTORY.has(topic)) message.history_s = this.#missing();
    if (this.env.inflate) message.compress = 'deflate';
    this.#byId.set(id, topic);
    this.#send(message);
  }

  // Seconds of the past that the page has not seen: all of them at first, later those while it was away.
  #missing() {
    const isFirst = this.lostAt === null || !this.hadData || this.#isAnew;
    return isFirst ? HISTORY_S : Math.min(HISTORY_S, Math.ceil((this.env.now() - this.lostAt) / 1000) + 10);
  }

  #subscribed({ id, stream, interval_ms: interval }) {
    const topic = this.#byId.get(id);
    if (!topic) return;
    this.#byStream.set(stream, topic);
    if (interval > 0) this.store.setInterval(topic, interval);
  }

  #remembered(message) {
    const topic = this.#byStream.get(message.stream);
    if (!topic) return;
    const parts = [...(this.#histories.get(topic) ?? []), message];
    this.#histories.set(topic, parts);
    if (parts.length < (message.parts ?? 1)) return;
    this.#histories.delete(topic);
    this.store.backfill(topic, joinHistory(parts));
  }

  #received(message) {
    const topic = this.#byStream.get(message.stream);
    if (!topic) return; // still under way when the topic was asked for again
    const outcome = this.store.replicas[topic].receive(message);
    if (outcome.kind === 'broken') this.#resync(topic, outcome.why);
    if (outcome.kind !== 'applied') return;
    this.store.record(topic, outcome);
    this.lastData = this.env.now();
    const isFirst = !this.hasData;
    this.hasData = this.hadData = true;
    this.attempt = 0;
    this.lostAt = null;
    this.code = null;
    this.events.received(topic, outcome);
    if (isFirst) this.events.changed();
  }

  // The copy of a topic is not the server's any more: ask for all of it again.
  #resync(topic, why) {
    const now = this.env.now();
    this.resyncCount++;
    this.#resyncs = [...this.#resyncs.filter((time) => now - time < 60_000), now];
    this.store.reset(topic);
    if (this.#resyncs.length > RESYNCS_ALLOWED) {
      this.#resyncs = [];
      this.#abandon(`${topic}: ${why}`);
      return;
    }
    for (const [stream, other] of this.#byStream) if (other === topic) this.#byStream.delete(stream);
    for (const [id, other] of this.#byId) {
      if (other !== topic) continue;
      this.#byId.delete(id);
      this.#send({ op: 'unsubscribe', id });
    }
    this.#subscribe(topic);
  }

  #complained({ id, code, message }) {
    if (code === 'unknown_op') this.#mayPing = false;
    const topic = this.#byId.get(id);
    if (topic === undefined) return;
    this.#byId.delete(id);
    // It may not know the revision offered, or keep it no longer: without one it must answer.
    if (code === 'bad_since' && this.store.replicas[topic].revision !== null) {
      this.store.reset(topic);
      this.#subscribe(topic);
      return;
    }
    this.store.refused.set(topic, { code, message });
    this.events.changed();
  }

  get interval() {
    return Math.max(INTERVAL_MS, this.hello?.interval_ms ?? 0);
  }

  // How long the line has been silent beyond what is right, in ms; 0 while all is well.
  get silence() {
    if (this.phase !== 'open') return 0;
    const now = this.env.now();
    const unheard = now - this.lastHeard;
    const undelivered = now - this.lastData;
    const isStale = unheard >= this.interval + PATIENCE_MS || undelivered >= this.interval + HEARTBEAT_MS + PATIENCE_MS;
    return isStale ? Math.max(unheard, undelivered) : 0;
  }

  // To be called a few times a second. A line that says nothing is asked whether it still lives.
  watch() {
    if (this.phase !== 'open') return;
    const unheard = this.env.now() - this.lastHeard;
    if (unheard >= this.interval + PATIENCE_MS / 2 && !this.#pinged && this.#mayPing && this.hello) {
      this.#pinged = true;
      this.#send({ op: 'ping', data: 'still there?' });
    }
    if (unheard >= this.interval + GIVE_UP_SILENT_MS) this.#abandon('silent for too long');
  }
}
