// One line of the fake server: what its client asked for, and what it was told last.

import { deflateRawSync } from 'node:zlib';
import { patchOf, seriesParts, wholeOf } from './fake-messages.js';
import { COLLECTIONS, Refusal, TOPIC_NAMES, queryOf, select, wishesOf } from './fake-query.js';

const HEARTBEAT_MS = 5000;
const PATIENCE_MS = 5000;
const DEFLATED_FROM = 1024;
const BACKLOG = 1 << 20; // who has so much still to take skips revisions
const LIMITS = { subscriptions: 32, message_bytes: 16384, messages_per_s: 10, message_burst: 50 };
const MISUNDERSTOOD = ['bad_json', 'bad_message', 'unknown_op'];

export class Client {
  #errors = 0;

  // access: { token, scope } of who has come in already, or null where a token is awaited.
  constructor(server, socket, access) {
    Object.assign(this, { server, socket, access, subscriptions: new Map() });
    const authentication = access ? undefined : 'required';
    this.send({ op: 'hello', protocol: 'ifpulse.v1', instance: server.instance, version: server.version, interval_ms: server.options.tickMs, authentication, limits: LIMITS });
    if (!access) this.timer = setTimeout(() => this.turnAway('no token came'), PATIENCE_MS);
    socket.on('message', (data, isBinary) => this.take(String(data), isBinary));
    socket.on('close', () => clearTimeout(this.timer));
  }

  send(message) {
    this.sendText(JSON.stringify(message));
  }

  sendText(text, isCompressed = false) {
    if (this.server.faults.stall) return;
    this.socket.send(isCompressed && text.length >= DEFLATED_FROM ? deflateRawSync(text) : text);
  }

  fail(id, code, message) {
    this.send({ op: 'error', id, code, message });
    if (!MISUNDERSTOOD.includes(code)) this.#errors = 0;
    else if (++this.#errors === 3) this.socket.close(4400, 'not understood');
  }

  turnAway(why) {
    clearTimeout(this.timer);
    this.fail(undefined, 'unauthorized', why);
    this.socket.close(4401, 'a token is needed');
  }

  take(text, isBinary) {
    let message;
    try {
      if (isBinary) return this.fail(undefined, 'bad_message', 'messages are text, and this one is binary');
      message = JSON.parse(text);
    } catch {
      return this.fail(undefined, 'bad_json', 'not JSON');
    }
    this.server.received.push(message);
    if (message === null || typeof message !== 'object' || typeof message.op !== 'string') return this.fail(undefined, 'bad_message', 'a message is a JSON object with a text "op"');
    const acts = { ping: this.ping, subscribe: this.subscribe, unsubscribe: this.unsubscribe, authenticate: this.authenticate };
    if (!this.access && message.op !== 'authenticate') return this.turnAway('a token must come first');
    if (!Object.hasOwn(acts, message.op)) return this.fail(message.id, 'unknown_op', `there is no op "${message.op}"; there are: ${Object.keys(acts).join(', ')}`);
    try {
      acts[message.op].call(this, message);
      this.#errors = 0;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.fail(Number.isSafeInteger(message.id) ? message.id : undefined, error.code, error.message);
    }
  }

  authenticate({ token }) {
    if (typeof token !== 'string') throw new Refusal('bad_message', '"token" must be a text');
    const scope = this.server.scopeOf(token);
    if (!scope) return void setTimeout(() => this.turnAway("the token is none of this server's"), this.server.options.tokenDelayMs);
    clearTimeout(this.timer);
    this.access ??= { token, scope };
  }

  ping({ data }) {
    if (data !== undefined && (typeof data !== 'string' || data.length > 1024)) throw new Refusal('bad_message', '"data" of a ping must be a text of at most 1024 bytes');
    this.send({ op: 'pong', data });
  }

  subscribe(message) {
    const { server } = this;
    const { id, topic, interval: asked = 0, since, historyS, isCompressed } = wishesOf(message, server.options.topics ?? TOPIC_NAMES);
    const query = queryOf(message, this.access);
    if (this.subscriptions.has(id)) throw new Refusal('id_in_use', `subscription ${id} is still open; use another id or unsubscribe it first`);
    const same = [...this.subscriptions].find(([, other]) => other.query.key === query.key);
    if (same) throw new Refusal('already_subscribed', `that of "${topic}" is subscribed already, as id ${same[0]}; unsubscribe that first`);
    if (this.subscriptions.size >= LIMITS.subscriptions) {
      this.fail(id, 'too_many_subscriptions', `${LIMITS.subscriptions} subscriptions a client are the most`);
      return this.socket.close(4429, 'too many subscriptions');
    }
    const { tickMs, isEager } = server.options;
    const interval = isEager ? tickMs : Math.max(1, Math.ceil(asked / tickMs)) * tickMs;
    const stream = server.streamOf(query);
    const kept = since && since.instance === server.instance && server.history.find(({ revision }) => revision === since.revision);
    const subscription = { topic, query, stream, interval, isCompressed, sent: kept || null, saidAt: server.elapsed };
    this.subscriptions.set(id, subscription);
    this.send({ op: 'subscribed', id, stream, topic, interval_ms: interval, fields: query.told });
    if (historyS) this.tellPast(subscription, historyS);
    this.update(subscription, true);
  }

  tellPast({ query, stream, isCompressed }, windowS) {
    const { stepMs, series } = this.server.past(query, windowS);
    const parts = seriesParts(series);
    parts.forEach((part, index) => {
      const head = { op: 'history', stream, step_ms: stepMs, end: this.server.tickTime, ...(parts.length > 1 && { part: index + 1, parts: parts.length }) };
      this.sendText(`${JSON.stringify(head).slice(0, -1)},"series":${part}}`, isCompressed);
    });
  }

  unsubscribe({ id }) {
    if (!Number.isSafeInteger(id)) throw new Refusal('bad_id', '"id" must be an integer from 0 to 2^53');
    if (!this.subscriptions.delete(id)) throw new Refusal('unknown_subscription', `there is no subscription ${id} here`);
    this.send({ op: 'complete', id });
  }

  update(subscription, isFirst = false) {
    const { server } = this;
    const { faults, current: state, elapsed } = server;
    const { stream, topic, query } = subscription;
    if (faults.take('snapshot', topic)) subscription.sent = null;
    const { sent } = subscription;
    const now = server.select(query, state);
    const body = sent ? patchOf(topic, server.select(query, sent), now) : null;
    if (sent && !body && !isFirst && elapsed - subscription.saidAt < HEARTBEAT_MS) {
      subscription.sent = state;
      subscription.saidUpTo ??= sent.revision;
      return;
    }
    const head = { op: sent ? 'delta' : 'snapshot', stream };
    if (sent) head.since = (subscription.saidUpTo ?? sent.revision) + (faults.take('skip', topic) ? 1 : 0);
    subscription.saidUpTo = undefined;
    Object.assign(head, { revision: state.revision, time: state.time });
    if (COLLECTIONS.has(topic)) head.count = now.size + (faults.take('lie', topic) ? 1 : 0);
    const parts = sent ? body ?? ['{}'] : wholeOf(topic, now);
    parts.forEach((part, index) => {
      const numbered = parts.length > 1 ? { ...head, part: index + 1, parts: parts.length } : head;
      this.sendText(`${JSON.stringify(numbered).slice(0, -1)},"${sent ? 'patch' : 'data'}":${part}}`, subscription.isCompressed);
    });
    subscription.sent = state;
    subscription.saidAt = elapsed;
  }

  tick(number) {
    if (this.socket.bufferedAmount > BACKLOG) return;
    const { tickMs } = this.server.options;
    for (const subscription of this.subscriptions.values())
      if (number % Math.round(subscription.interval / tickMs) === 0) this.update(subscription);
  }
}
