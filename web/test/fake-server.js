// A server that speaks docs/protocol.md from a scripted, seeded network, and misbehaves on demand.
// The browser tests use it for faults that no real server would commit; `node test/fake-server.js`
// runs it to look at the page.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { Client } from './fake-client.js';
import { Faults, dripping } from './fake-faults.js';
import { Network } from './fake-network.js';
import { COLLECTIONS, TOPIC_NAMES, queryOf, select } from './fake-query.js';
import { answer } from './fake-rest.js';
import { HISTORY_RATES } from './fake-script.js';

const WEB = fileURLToPath(new URL('..', import.meta.url));
const TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml',
  '.png': 'image/png', '.json': 'application/json', '.webmanifest': 'application/manifest+json',
};
export const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; " +
  "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
const KEPT = 90;
const UNTAKEN = 256 * 1024; // a step waits until no client has more than this before it
const DEFAULTS = { tickMs: 1000, isEager: false, csp: CSP, port: 0, web: WEB, version: '0.1.0', tokenDelayMs: 250 };

export class FakeServer {
  faults = new Faults();
  clients = new Set();
  received = [];
  requests = [];
  #streams = new Map(TOPIC_NAMES.map((topic, index) => [queryOf({ topic }).key, index + 1]));
  #held = new Set();
  #views = new WeakMap();
  #ticks = 0;
  #starts = 0;

  // options: tickMs; isEager (send every tick whatever interval was asked); manual (no timer: step() and
  // advance() are the clock); tokens ({ text: 'all' or 'interfaces' }); topics (those an older server
  // has); csp, port, web (folder of the page), version; network (a Network of one's own), or the options of
  // one: connections, interfaces, seed, time, capabilities, pastS, past.
  constructor(options = {}) {
    this.options = { ...DEFAULTS, ...options };
    this.network = options.network ?? new Network(this.options);
    this.version = this.options.version;
    this.restart();
  }

  // A new instance, as after the daemon was started anew; clients are cut.
  restart(version = this.version) {
    this.version = version;
    this.instance = createHash('sha256').update(`${this.options.seed}-${this.#starts++}`).digest('hex').slice(0, 8);
    this.history = [];
    this.revision = 100;
    this.#observe();
    this.tickTime = this.current.time;
    this.cut();
  }

  async listen() {
    this.http = http.createServer((request, response) => this.#serve(request, response));
    this.http.on('connection', (socket) => this.#held.add(socket.on('close', () => this.#held.delete(socket)).on('error', () => {})));
    const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 16384, handleProtocols: () => 'ifpulse.v1' });
    this.http.on('upgrade', (request, socket, head) => this.#upgrade(sockets, request, socket, head));
    await new Promise((resolve) => this.http.listen(this.options.port, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.http.address().port}/`;
    if (!this.options.manual) this.timer = setInterval(() => this.tick(), this.options.tickMs);
    return this;
  }

  #upgrade(sockets, request, socket, head) {
    const { faults } = this;
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/);
    if (faults.halfOpen) return;
    if (faults.refuse) return socket.destroy();
    const isWrong = request.url !== '/api/v1/stream' || !offered.includes('ifpulse.v1');
    const isDenied = request.headers.authorization && !this.accessOf(request);
    const status = faults.status || (isWrong ? 400 : isDenied ? 401 : 0);
    if (status) return socket.end(`HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    dripping(socket, faults);
    sockets.handleUpgrade(request, socket, head, (webSocket) => this.#welcome(webSocket, this.accessOf(request)));
  }

  #welcome(webSocket, access) {
    if (this.faults.closeCode) return webSocket.close(this.faults.closeCode, this.faults.closeReason);
    const client = new Client(this, webSocket, access);
    this.clients.add(client);
    webSocket.on('error', () => {}); // a close follows
    webSocket.on('close', () => this.clients.delete(client));
  }

  scopeOf(token) {
    const { tokens } = this.options;
    if (!tokens) return 'all';
    return Object.hasOwn(tokens, token) ? tokens[token] : null;
  }

  // { token, scope } of a request, or null where it has none and one is needed.
  accessOf({ headers }) {
    const [, token] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? [];
    const scope = this.options.tokens && token === undefined ? null : this.scopeOf(token);
    return scope && { token, scope };
  }

  // A token is taken back: those who came in with it are closed.
  withdraw(token) {
    delete this.options.tokens[token];
    for (const { access, socket } of this.clients) if (access?.token === token) socket.close(4401, 'a token is needed');
  }

  async #serve(request, response) {
    const { pathname } = new URL(request.url, 'http://x');
    this.requests.push(pathname);
    const headers = { 'content-security-policy': this.options.csp, 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };
    if (pathname.startsWith('/api/v1/')) {
      const { status, headers: own, body } = answer(this, request);
      return response.writeHead(status, { ...headers, ...own }).end(body);
    }
    const file = path.join(this.options.web, path.normalize(decodeURIComponent(pathname === '/' ? '/index.html' : pathname)));
    try {
      const body = await readFile(file);
      response.writeHead(200, { ...headers, 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' }).end(body);
    } catch {
      response.writeHead(404, headers).end();
    }
  }

  #observe() {
    const state = this.network.observe({ version: this.version, interval_ms: this.options.tickMs, clients: this.clients.size, streams: this.#watched() });
    this.current = { ...state, revision: ++this.revision, time: new Date(this.network.time).toISOString() };
    this.history = [...this.history.slice(-KEPT), this.current];
  }

  #watched() {
    return new Set([...this.clients].flatMap(({ subscriptions }) => [...subscriptions.values()].map(({ stream }) => stream))).size;
  }

  // Milliseconds of ticks since the start, whatever the clock says.
  get elapsed() {
    return this.#ticks * this.options.tickMs;
  }

  streamOf({ key }) {
    if (!this.#streams.has(key)) this.#streams.set(key, this.#streams.size + 1);
    return this.#streams.get(key);
  }

  // What a query tells of a state, reckoned once.
  select(query, state) {
    if (query.isAll) return state[query.topic];
    if (!this.#views.has(state)) this.#views.set(state, new Map());
    const views = this.#views.get(state);
    if (!views.has(query.key)) views.set(query.key, select(query, state));
    return views.get(query.key);
  }

  // The rates of those the query chooses, or of one id.
  past(query, windowS, stepS = 0, id = undefined) {
    const { topic } = query;
    const { recording } = this.network;
    const isOfAll = !query.terms.length && !query.limit;
    const all = isOfAll || !COLLECTIONS.has(topic) ? recording.ids(topic) : [...this.select(query, this.current).keys()];
    const ids = id === undefined ? all : all.filter((other) => other === id);
    return recording.series({ topic, ids, rates: HISTORY_RATES[topic].filter((rate) => query.told.includes(rate)), windowS, stepS });
  }

  tick() {
    this.network.advance(this.options.tickMs);
    this.#ticks++;
    this.#observe();
    this.tickTime = this.current.time;
    for (const client of this.clients) client.tick(this.#ticks);
  }

  // So many ticks, as fast as the clients take them.
  async step(count = 1) {
    for (let done = 0; done < count; done++) {
      this.tick();
      await turn();
      while ([...this.clients].some(({ socket }) => socket.bufferedAmount > UNTAKEN)) await pause(1);
    }
  }

  advance(milliseconds) {
    return this.step(Math.round(milliseconds / this.options.tickMs));
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

  // A message that ends in its middle.
  garbage() {
    this.say('{"op":"delta","stre');
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
    for (const socket of this.#held) socket.destroy();
    await new Promise((resolve) => this.http.close(resolve));
  }
}

export const start = (options) => new FakeServer(options).listen();

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await start({ port: Number(process.argv[2] ?? 0), connections: Number(process.argv[3] ?? 2000) });
  console.log(`fake server: ${server.url}`);
}
