// A server that speaks PROTOCOL.md from a scripted, seeded network, and misbehaves on demand.
// The browser tests use it for faults that no real server would commit; `node test/fake-server.js`
// runs it to look at the page.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { Network } from './fake-network.js';

const WEB = fileURLToPath(new URL('..', import.meta.url));
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };
export const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
const LONGEST = 64 * 1024;
const KEPT = 90;
const HEARTBEAT_MS = 5000;
const COLLECTIONS = new Set(['interfaces', 'connections', 'events']);

// What turns `from` into `to` by merge patch; undefined when nothing does.
function difference(from, to) {
  const patch = {};
  for (const key of Object.keys(from)) if (!(key in to)) patch[key] = null;
  for (const [key, value] of Object.entries(to)) {
    if (JSON.stringify(from[key]) === JSON.stringify(value)) continue;
    const isNested = [from[key], value].every((side) => side && typeof side === 'object' && !Array.isArray(side));
    Object.defineProperty(patch, key, { value: isNested ? difference(from[key], value) : value, enumerable: true });
  }
  return Object.keys(patch).length ? patch : undefined;
}

// Between two states of a collection, whose records are replaced, never changed.
function recordsDifference(from, to) {
  const patch = [];
  for (const id of from.keys()) if (!to.has(id)) patch.push([id, null]);
  for (const [id, record] of to) {
    const old = from.get(id);
    if (old === record) continue;
    const change = old ? difference(old, record) : record;
    if (change) patch.push([id, change]);
  }
  return patch;
}

// Entries as one or more JSON objects, none much over the longest message.
function split(entries) {
  const parts = [];
  let part = [];
  let length = 0;
  for (const [id, value] of entries) {
    const text = `${JSON.stringify(id)}:${JSON.stringify(value)}`;
    if (length + text.length > LONGEST - 300 && part.length) {
      parts.push(part);
      part = [];
      length = 0;
    }
    part.push(text);
    length += text.length + 1;
  }
  return [...parts, part].map((texts) => `{${texts.join(',')}}`);
}

class Client {
  constructor(server, socket) {
    Object.assign(this, { server, socket, subscriptions: new Map(), errors: 0 });
    this.send({ op: 'hello', protocol: 'ifpulse.v1', instance: server.instance, version: server.version, interval_ms: server.options.tickMs, limits: {} });
    socket.on('message', (data) => this.take(String(data)));
  }

  send(message) {
    this.sendText(JSON.stringify(message));
  }

  sendText(text) {
    if (!this.server.faults.stall) this.socket.send(text);
  }

  fail(id, code, message) {
    this.send({ op: 'error', id, code, message });
    if (['bad_json', 'bad_message', 'unknown_op'].includes(code) && ++this.errors === 3) this.socket.close(4400, message);
  }

  take(text) {
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return this.fail(undefined, 'bad_json', 'not JSON');
    }
    this.server.received.push(message);
    if (message.op === 'ping') return this.send({ op: 'pong', data: message.data });
    if (message.op === 'subscribe') return this.subscribe(message);
    if (message.op === 'unsubscribe') return this.unsubscribe(message);
    return this.fail(message.id, 'unknown_op', `op: ${message.op}`);
  }

  subscribe({ id, topic, interval_ms: asked = 0, since }) {
    if (!Number.isSafeInteger(id)) return this.fail(id, 'bad_id', 'id');
    if (this.subscriptions.has(id)) return this.fail(id, 'id_in_use', `id ${id}`);
    if (!this.server.streams.has(topic)) return this.fail(id, 'unknown_topic', `topic ${topic}`);
    if ([...this.subscriptions.values()].some((other) => other.topic === topic)) return this.fail(id, 'already_subscribed', topic);
    this.errors = 0;
    const { tickMs, isEager } = this.server.options;
    const interval = isEager ? tickMs : Math.max(1, Math.ceil(asked / tickMs)) * tickMs;
    const stream = this.server.streams.get(topic);
    const kept = since && since.instance === this.server.instance && this.server.history.find(({ revision }) => revision === since.revision);
    const subscription = { topic, stream, interval, sent: kept || null, due: 0, saidAt: Date.now() };
    this.subscriptions.set(id, subscription);
    this.send({ op: 'subscribed', id, stream, topic, interval_ms: interval });
    this.update(subscription, true);
  }

  unsubscribe({ id }) {
    if (!this.subscriptions.delete(id)) return this.fail(id, 'unknown_subscription', `id ${id}`);
    this.send({ op: 'complete', id });
  }

  update(subscription, isFirst = false) {
    const { server } = this;
    const { sent, stream, topic } = subscription;
    const state = server.current;
    const body = sent ? server.patch(topic, sent, state) : null;
    if (sent && !body && !isFirst && Date.now() - subscription.saidAt < HEARTBEAT_MS) {
      subscription.sent = state;
      subscription.saidUpTo ??= sent.revision;
      return;
    }
    const head = { op: sent ? 'delta' : 'snapshot', stream };
    if (sent) head.since = (subscription.saidUpTo ?? sent.revision) + server.faults.takeSkip(topic);
    subscription.saidUpTo = undefined;
    Object.assign(head, { revision: state.revision, time: state.time });
    if (COLLECTIONS.has(topic)) head.count = state[topic].size + server.faults.takeLie(topic);
    const parts = sent ? body ?? ['{}'] : server.whole(topic, state);
    parts.forEach((part, index) => {
      const numbered = parts.length > 1 ? { ...head, part: index + 1, parts: parts.length } : head;
      this.sendText(`${JSON.stringify(numbered).slice(0, -1)},"${sent ? 'patch' : 'data'}":${part}}`);
    });
    subscription.sent = state;
    subscription.saidAt = Date.now();
  }

  tick(number) {
    const { tickMs } = this.server.options;
    for (const subscription of this.subscriptions.values())
      if (number % Math.round(subscription.interval / tickMs) === 0) this.update(subscription);
  }
}

// What goes wrong, and when. `stall` and `refuse` last; skip and lie happen once to a topic.
class Faults {
  stall = false;
  refuse = false;
  #skips = new Set();
  #lies = new Set();

  skip(topic) {
    this.#skips.add(topic);
  }
  lie(topic) {
    this.#lies.add(topic);
  }
  takeSkip(topic) {
    return this.#skips.delete(topic) ? 1 : 0;
  }
  takeLie(topic) {
    return this.#lies.delete(topic) ? 1 : 0;
  }
}

export class FakeServer {
  faults = new Faults();
  clients = new Set();
  received = [];
  requests = [];
  streams = new Map(['interfaces', 'totals', 'connections', 'events', 'server'].map((topic, index) => [topic, index + 1]));
  #ticks = 0;
  #starts = 0;

  // options: tickMs, isEager (send every tick whatever interval was asked), connections, seed,
  // csp, capabilities, network (a Network of one's own)
  constructor(options = {}) {
    this.options = { tickMs: 1000, isEager: false, csp: CSP, port: 0, ...options };
    this.network = options.network ?? new Network(this.options);
    this.version = '0.1.0';
    this.restart();
  }

  // A new instance, as after the daemon was started anew; clients are cut.
  restart(version = this.version) {
    this.version = version;
    this.instance = createHash('sha256').update(`${this.options.seed}-${this.#starts++}`).digest('hex').slice(0, 8);
    this.history = [];
    this.revision = 100;
    this.#observe();
    this.cut();
  }

  async listen() {
    this.http = http.createServer((request, response) => this.#serve(request, response));
    const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 16384, handleProtocols: () => 'ifpulse.v1' });
    this.http.on('upgrade', (request, socket, head) => {
      const offered = (request.headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/);
      if (this.faults.refuse) return socket.destroy();
      if (request.url !== '/api/v1/stream' || !offered.includes('ifpulse.v1')) return socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
      sockets.handleUpgrade(request, socket, head, (webSocket) => this.#welcome(webSocket));
    });
    await new Promise((resolve) => this.http.listen(this.options.port, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.http.address().port}/`;
    this.timer = setInterval(() => this.tick(), this.options.tickMs);
    return this;
  }

  #welcome(webSocket) {
    if (this.faults.closeCode) return webSocket.close(this.faults.closeCode, this.faults.closeReason);
    const client = new Client(this, webSocket);
    this.clients.add(client);
    webSocket.on('close', () => this.clients.delete(client));
  }

  async #serve(request, response) {
    const { pathname } = new URL(request.url, 'http://x');
    const file = path.join(WEB, path.normalize(decodeURIComponent(pathname === '/' ? '/index.html' : pathname)));
    this.requests.push(pathname);
    const headers = { 'content-security-policy': this.options.csp, 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };
    try {
      const body = await readFile(file);
      response.writeHead(200, { ...headers, 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' }).end(body);
    } catch {
      response.writeHead(404, headers).end();
    }
  }

  #observe() {
    const state = this.network.observe();
    this.current = { ...state, revision: ++this.revision, time: new Date(this.network.time).toISOString() };
    this.history = [...this.history.slice(-KEPT), this.current];
  }

  whole(topic, state) {
    return COLLECTIONS.has(topic) ? split(state[topic]) : [JSON.stringify(state[topic])];
  }

  patch(topic, from, to) {
    if (!COLLECTIONS.has(topic)) {
      const change = difference(from[topic], to[topic]);
      return change ? [JSON.stringify(change)] : null;
    }
    const entries = recordsDifference(from[topic], to[topic]);
    return entries.length ? split(entries) : null;
  }

  tick() {
    this.network.advance(this.options.tickMs);
    this.#observe();
    this.#ticks++;
    for (const client of this.clients) client.tick(this.#ticks);
  }

  // Something happened between ticks that link and event watchers are told at once.
  announce() {
    this.network.time = Math.max(this.network.time + 1, Math.min(this.network.time + this.options.tickMs - 1, Date.now()));
    this.#observe();
    for (const client of this.clients)
      for (const subscription of client.subscriptions.values())
        if (subscription.topic === 'interfaces' || subscription.topic === 'events') client.update(subscription);
  }

  say(text) {
    for (const client of this.clients) client.socket.send(text);
  }

  cut() {
    for (const client of this.clients) client.socket.terminate();
    this.clients.clear();
  }

  // Closes everyone, and whoever comes, with this code; 0 lets them in again.
  closeWith(code, reason = '') {
    Object.assign(this.faults, { closeCode: code, closeReason: reason });
    if (code) for (const client of this.clients) client.socket.close(code, reason);
  }

  async close() {
    clearInterval(this.timer);
    this.cut();
    this.http.closeAllConnections?.();
    await new Promise((resolve) => this.http.close(resolve));
  }
}

export const start = (options) => new FakeServer(options).listen();

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await start({ port: Number(process.argv[2] ?? 0), connections: Number(process.argv[3] ?? 2000) });
  console.log(`fake server: ${server.url}`);
}
