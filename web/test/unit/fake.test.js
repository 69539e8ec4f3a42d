// The fake server is held to the protocol: what it says is what docs/asyncapi.yaml and docs/openapi.yaml
// describe, its deltas lead to its states, and its sums add up. Or the page's tests would test nothing.

import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';
import { inflateRawSync } from 'node:zlib';
import WebSocket from 'ws';
import { faultOfAnswer, faultOfMessage, nameOfMessage } from '../../../tests/support/descriptions.mjs';
import { hostileNetwork } from '../fake-hostile.js';
import { Network } from '../fake-network.js';
import { start } from '../fake-server.js';
import { chance } from './random.js';

const TIME = Date.parse('2026-01-31T12:00:00.000Z');
const TOPICS = ['interfaces', 'connections', 'owners', 'totals', 'events', 'server'];
const plain = (value) => JSON.parse(JSON.stringify(value instanceof Map ? Object.fromEntries(value) : value));
const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

function merge(target, patch) {
  if (!isObject(patch)) return patch;
  const result = Object.assign(Object.create(null), isObject(target) ? target : undefined);
  for (const [name, value] of Object.entries(patch)) value === null ? delete result[name] : (result[name] = merge(result[name], value));
  return result;
}

// A client that holds every message against the descriptions and keeps the states.
class Line {
  states = new Map();
  histories = new Map();
  messages = [];
  #byStream = new Map();
  #pieces = [];

  constructor(server, headers = {}) {
    this.socket = new WebSocket(`${server.url.replace('http', 'ws')}api/v1/stream`, 'ifpulse.v1', { headers });
    this.socket.on('message', (data, isBinary) => this.#take(isBinary ? inflateRawSync(data) : data));
    this.socket.on('error', (error) => (this.error = error));
    this.closed = new Promise((resolve) => this.socket.on('close', (code) => resolve(code)));
  }

  say(message) {
    this.socket.send(JSON.stringify(message));
  }
  async until(what) {
    for (let tries = 0; tries < 2000; tries++) {
      const found = what();
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return assert.fail(`waited in vain for ${what}; the last was ${JSON.stringify(this.messages.at(-1))?.slice(0, 300)}`);
  }
  heard(op, id) {
    return this.until(() => this.messages.find((message) => message.op === op && (id === undefined || message.id === id)));
  }

  #take(data) {
    assert.ok(data.length <= 64 * 1024, `a message of ${data.length} bytes`);
    const message = JSON.parse(data);
    this.messages.push(message);
    if (message.op === 'subscribed') this.#byStream.set(message.stream, message);
    const { topic, id } = this.#byStream.get(message.stream) ?? {};
    assert.equal(faultOfMessage(nameOfMessage(message, topic), message), '');
    const { op, part = 1, parts = 1 } = message;
    if (op === 'history') this.histories.set(id, merge(this.histories.get(id), message));
    if (op !== 'snapshot' && op !== 'delta') return;
    if (part === 1) this.#pieces = [];
    this.#pieces.push(message.data ?? message.patch);
    if (part < parts) return;
    const held = this.states.get(id);
    if (op === 'delta') assert.equal(message.since, held.revision, topic);
    const state = this.#pieces.reduce(merge, op === 'delta' ? held.state : undefined);
    if (message.count !== undefined) assert.equal(Object.keys(state).length, message.count, topic);
    this.states.set(id, { state, revision: message.revision });
  }
}

async function serving(options, act) {
  const server = await start({ manual: true, connections: 150, time: TIME, tokenDelayMs: 1, ...options });
  try {
    await act(server);
  } finally {
    await server.close();
  }
}

async function subscribed(server, ...messages) {
  const line = new Line(server);
  await line.heard('hello');
  messages.forEach((message, index) => line.say({ op: 'subscribe', id: index + 1, ...message }));
  for (let id = 1; id <= messages.length; id++) await line.until(() => line.states.has(id));
  return line;
}

// All that was said before has come.
async function caughtUp(line) {
  const { length } = line.messages;
  line.say({ op: 'ping' });
  await line.until(() => line.messages.slice(length).some(({ op }) => op === 'pong'));
}

test('after random ticks and troubles every state is the server\'s, and everything said is as described', () =>
  serving({ past: { downs: [{ interface: 'eth0', agoS: 900, forS: 60 }], drops: [{ interface: 'eth0', agoS: 300, packets: 7 }] } }, async (server) => {
    const random = chance(7);
    const { network } = server;
    const line = await subscribed(server, ...TOPICS.map((topic, index) => ({ topic, ...(index % 2 && { compress: 'deflate' }) })));
    const troubles = [
      () => network.setLink('eth0', random() < 0.5), () => network.hole(), () => network.hole(2, 'wlan0'), () => network.resetCounters('eth0'),
      () => network.drop('eth0', 3), () => network.rename('docker0', 'docker1'), () => network.add('docker0', network.remove('docker1')),
      () => network.stepClock(-3600e3), () => network.stepClock(7200e3), () => Object.assign(network, { collection: 'slower', connectionsInterval: 3000 }),
      () => (network.collection = 'owners'), () => Object.assign(network, { collection: 'full', connectionsInterval: 1000 }), () => server.faults.snapshot('connections'),
    ];
    for (let round = 0; round < 3 * troubles.length; round++) {
      troubles[round % troubles.length]();
      if (random() < 0.5) server.announce();
      await server.step(1 + random.below(4));
      await caughtUp(line);
      TOPICS.forEach((topic, index) => assert.deepEqual(plain(line.states.get(index + 1).state), plain(server.current[topic]), `${topic} in round ${round}`));
    }
    assert.ok(line.states.get(5).state['1'].time < new Date(TIME).toISOString(), 'events of the past');
  }));

test('the owners are the sums of the connections, and with what is unexplained the totals', () =>
  serving({ connections: 400 }, async (server) => {
    await server.step(20);
    const { connections, owners, totals, interfaces } = server.current;
    const sum = (records, key) => [...records.values()].reduce((all, record) => all + (record[key] ?? 0), 0);
    const owned = [...connections.values()].filter(({ uid }) => uid !== undefined);
    assert.equal(sum(owners, 'connections'), owned.length);
    assert.ok(owners.size >= 10 && [...owners.keys()].every((id) => /^(process:\d+:[^:]*:|container:)/.test(id)), [...owners.keys()].join());
    const isNear = (value, other, what) => assert.ok(Math.abs(value - other) <= 0.01 * Math.max(value, other, 1000), `${what}: ${value} and ${other}`);
    isNear(sum(owners, 'download_speed'), sum(connections, 'download_speed'), 'downloads');
    const outside = owned.filter((record) => interfaces.get(record.interface)?.counted);
    isNear(sum(owners, 'external_upload_speed'), outside.reduce((all, record) => all + (record.upload_speed ?? 0), 0), 'external uploads');
    isNear(totals.download_speed, sum(owners, 'external_download_speed') + totals.unexplained_download_speed, 'the line');
    assert.ok(totals.unexplained_download_speed > 0);
  }));

test('history: of every length as long as promised, the past goes over into what was said live', () =>
  serving({ past: { holes: [{ agoS: 100, forS: 10 }], downs: [{ interface: 'eth0', agoS: 50, forS: 5 }] } }, async (server) => {
    await server.step(30);
    const line = await subscribed(server, { topic: 'interfaces', history_s: 200 }, { topic: 'totals', history_s: 86_400, compress: 'deflate' }, { topic: 'owners', history_s: 3600 });
    const { series: { eth0 }, step_ms: step, end } = line.histories.get(1);
    assert.deepEqual([step, end, eth0.download_speed.length], [1000, server.current.time, 200]);
    assert.equal(eth0.download_speed.at(-1), server.current.interfaces.get('eth0').download_speed);
    assert.equal(server.history.length, 31);
    server.history.slice(1).forEach((state, index) => assert.equal(eth0.upload_speed[170 + index], state.interfaces.get('eth0').upload_speed));
    const agoS = (seconds) => eth0.download_speed[169 - seconds];
    for (let second = 91; second < 100; second++) assert.equal(agoS(second), null, `hole ${second}`);
    assert.ok(agoS(101) > 0 && agoS(89) > 0);
    assert.deepEqual([agoS(49), agoS(47), agoS(52) > 0, agoS(44) > 0], [0, 0, true, true]);
    const day = line.histories.get(2);
    assert.deepEqual([day.step_ms, day.series.totals.drop_rate.length], [60_000, 1440]);
    day.series.totals.download_speed.forEach((mean, index) => {
      const { download_speed_min: least, download_speed_max: largest } = day.series.totals;
      assert.ok(mean === null || (least[index] <= mean && mean <= largest[index]), `${least[index]} ${mean} ${largest[index]}`);
    });
    const owners = line.histories.get(3);
    assert.equal(owners.step_ms, 1000);
    const { download_speed: firefox } = owners.series['process:1000::firefox'];
    assert.equal(firefox.at(-1), server.current.owners.get('process:1000::firefox').download_speed);
    assert.ok(firefox[10] > 0);
    assert.ok(line.messages.filter(({ op, parts }) => op === 'history' && parts > 1).length > 1, 'in parts');
  }));

test('history is no longer than the server has run', () =>
  serving({ pastS: 20 }, async (server) => {
    await server.step(5);
    const answer = await (await fetch(`${server.url}api/v1/history?interface=eth0&window_s=600`)).json();
    assert.equal(answer.series.eth0.download_speed.length, 25);
  }));

test('a part of a topic: filter, fields, sort and limit', () =>
  serving({ connections: 500 }, async (server) => {
    const line = await subscribed(server,
      { topic: 'connections', filter: { state: ['established', 'listen'], process_name: 'ngin' } },
      { topic: 'connections', filter: { port: 443 }, fields: ['remote_port', 'local_port'] },
      { topic: 'connections', sort: '-rtt_ms', limit: 7 }, { topic: 'owners', sort: '-download_speed', limit: 3, fields: ['download_speed'], history_s: 5 },
      { topic: 'connections', filter: { address: '2001:db8:10::/64', process_name: 'fire*' } });
    await server.step(12);
    await caughtUp(line);
    const all = Object.entries(plain(server.current.connections));
    const state = (id) => plain(line.states.get(id).state);
    assert.deepEqual(state(1), Object.fromEntries(all.filter(([, { state, process_name: name }]) => ['established', 'listen'].includes(state) && name === 'nginx')));
    assert.deepEqual(Object.keys(state(2)), all.filter(([, record]) => record.local_port === 443 || record.remote_port === 443).map(([id]) => id));
    assert.deepEqual(Object.keys(Object.values(state(2))[0]).sort(), ['local_port', 'remote_port']);
    const largest = all.map(([, { rtt_ms: rtt = -1 }]) => rtt).sort((a, b) => b - a).slice(0, 7);
    assert.deepEqual(Object.values(state(3)).map(({ rtt_ms: rtt }) => rtt).sort((a, b) => b - a), largest);
    assert.equal(Object.keys(state(4)).length, 3);
    assert.ok(Object.keys(line.histories.get(4).series).length <= 3);
    assert.deepEqual(new Set(Object.values(state(5)).map((record) => `${record.local_address} ${record.process_name}`)), new Set(['2001:db8:10::10 firefox']));
  }));

test('since: the difference from what is held, together with the history', () =>
  serving({}, async (server) => {
    const before = await subscribed(server, { topic: 'interfaces' });
    const held = before.states.get(1);
    before.socket.terminate();
    await server.step(3);
    const line = new Line(server);
    await line.heard('hello');
    line.states.set(1, held);
    line.say({ op: 'subscribe', id: 1, topic: 'interfaces', since: { instance: server.instance, revision: held.revision }, history_s: 60 });
    await line.heard('delta');
    assert.deepEqual(line.messages.map(({ op }) => op), ['hello', 'subscribed', 'history', 'delta']);
    assert.deepEqual(plain(line.states.get(1).state), plain(server.current.interfaces));
  }));

const WRONG = [
  [{ topic: 'processes' }, 'unknown_topic'], [{ topic: 'totals', filter: {} }, 'bad_filter'], [{ topic: 'connections', filter: { foo: 1 } }, 'bad_filter'],
  [{ topic: 'connections', filter: { state: 'open' } }, 'bad_filter'], [{ topic: 'connections', filter: { port: '443' } }, 'bad_filter'], [{ topic: 'connections', filter: { address: 'home' } }, 'bad_filter'],
  [{ topic: 'connections', fields: ['x'] }, 'bad_field'], [{ topic: 'owners', sort: '-pids' }, 'bad_sort'], [{ topic: 'owners', limit: 0 }, 'bad_limit'],
  [{ topic: 'totals', interval_ms: 1 }, 'bad_interval'], [{ topic: 'totals', since: {} }, 'bad_since'], [{ topic: 'totals', id: 'a' }, 'bad_id'],
  [{ topic: 'totals' }, 'already_subscribed'], [{ topic: 'server', id: 0 }, 'id_in_use'],
  [{ topic: 'events', history_s: 60 }, 'bad_message'], [{ topic: 'totals', compress: 'gzip' }, 'bad_message'], [{ topic: 'server', colour: 1 }, 'bad_message'],
];
test('what is wrong gets the protocol\'s error, and three that are not understood in a row the end', () =>
  serving({}, async (server) => {
    const line = new Line(server);
    await line.heard('hello');
    line.say({ op: 'subscribe', id: 0, topic: 'totals' });
    WRONG.forEach(([message], index) => line.say({ op: 'subscribe', id: index + 100, ...message }));
    assert.equal(await line.closed, 4400);
    assert.deepEqual(line.messages.filter(({ op }) => op === 'error').map(({ code: word }) => word), WRONG.map(([, word]) => word));
  }));

test('tokens: none, a wrong one, a right one, one of narrow scope, one withdrawn', () =>
  serving({ tokens: { whole: 'all', narrow: 'interfaces' } }, async (server) => {
    for (const first of [{ op: 'authenticate', token: 'wrong' }, { op: 'subscribe', id: 1, topic: 'totals' }]) {
      const line = new Line(server);
      assert.equal((await line.heard('hello')).authentication, 'required');
      line.say(first);
      assert.equal((await line.heard('error')).code, 'unauthorized');
      assert.equal(await line.closed, 4401);
    }
    const program = new Line(server, { authorization: 'Bearer wrong' });
    await program.closed;
    assert.match(program.error.message, /401/);
    const line = new Line(server);
    line.socket.once('open', () => line.say({ op: 'authenticate', token: 'narrow' }));
    await line.heard('hello');
    const asked = [{ topic: 'connections' }, { topic: 'owners' }, { topic: 'events', filter: { event: 'listener_added' } }, { topic: 'interfaces', fields: ['mac_address'] }, { topic: 'interfaces' }, { topic: 'events' }];
    asked.forEach((message, id) => line.say({ op: 'subscribe', id, ...message }));
    await line.until(() => line.states.has(5));
    assert.deepEqual(line.messages.filter(({ op }) => op === 'error').map(({ code }) => code), ['forbidden', 'forbidden', 'forbidden', 'bad_field']);
    assert.ok(!('addresses' in line.states.get(4).state.eth0));
    const get = async (path, token) => (await fetch(`${server.url}api/v1/${path}`, token && { headers: { authorization: `Bearer ${token}` } })).status;
    assert.deepEqual([await get('totals'), await get('totals', 'wrong'), await get('connections', 'narrow'), await get('connections', 'whole')], [401, 401, 403, 200]);
    server.withdraw('narrow');
    assert.equal(await line.closed, 4401);
  }));

test('REST answers are as described', () =>
  serving({}, async (server) => {
    await server.step(3);
    const get = async (path, query = '') => {
      const response = await fetch(server.url.slice(0, -1) + path.replace('{name}', 'eth0') + query);
      const text = await response.text();
      return { status: response.status, headers: Object.fromEntries(response.headers), text, json: JSON.parse(text) };
    };
    const since = server.history.at(-2).revision;
    const paths = [...TOPICS.map((topic) => [`/api/v1/${topic}`]), ['/api/v1/interfaces/{name}'], ['/api/v1/snapshot', '?topics=totals,server,events'], ['/api/v1/health'],
      ['/api/v1/interfaces', `?since=${since}&instance=${server.instance}`], ['/api/v1/connections', '?port=443&limit=3&fields=pid'],
      ['/api/v1/history', '?topic=owners&window_s=20&step_s=5'], ['/api/v1/history', '?owner=process:1000::firefox'], ['/api/v1/history', '?interface=nope'], ['/api/v1/history', '?colour=red'], ['/api/v1/snapshot', '?topics=foo']];
    for (const [path, query] of paths) assert.equal(faultOfAnswer(path, await get(path, query)), '', `${path}${query ?? ''}`);
    const { json } = await get('/api/v1/totals');
    assert.deepEqual(json.data, plain(server.current.totals));
    assert.equal((await get('/api/v1/history', '?interface=nope')).status, 404);
  }));

test('faults of the line: half open, an HTTP status, bytes that trickle', () =>
  serving({}, async (server) => {
    server.faults.halfOpen = true;
    const { port } = new URL(server.url);
    const socket = net.connect(port, '127.0.0.1');
    socket.on('data', () => assert.fail('it answered')).on('error', () => {});
    socket.write('GET /api/v1/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ifpulse.v1\r\n\r\n');
    await new Promise((resolve) => setTimeout(resolve, 100));
    server.faults.halfOpen = false;
    server.faults.status = 429;
    const refused = new Line(server);
    await refused.closed;
    assert.match(refused.error.message, /429/);
    server.faults.status = 0;
    server.faults.drip = { bytes: 700, ms: 1 };
    const line = await subscribed(server, { topic: 'interfaces' }, { topic: 'totals' });
    await server.step(2);
    server.faults.drip = null;
    await server.step(2);
    await caughtUp(line);
    assert.deepEqual(plain(line.states.get(1).state), plain(server.current.interfaces));
  }));

test('the same seed and time say the same; hostile names and many of everything are as described', async () => {
  const observe = (seed) => {
    const network = new Network({ seed, time: TIME, connections: 50 });
    for (let index = 0; index < 10; index++) network.advance(1000);
    return plain({ ...network.observe(), connections: plain(network.connections) });
  };
  assert.deepEqual(observe(5), observe(5));
  assert.notDeepEqual(observe(5), observe(6));
  await serving({ network: hostileNetwork({ time: TIME }) }, async (server) => {
    const line = await subscribed(server, ...TOPICS.map((topic) => ({ topic })));
    await server.step(3);
    assert.deepEqual(plain(line.states.get(3).state), plain(server.current.owners));
    assert.equal(Object.keys(line.states.get(1).state).includes('__proto__'), true);
  });
  await serving({ connections: 20_000, interfaces: 100 }, async (server) => {
    const line = await subscribed(server, { topic: 'connections' }, { topic: 'interfaces', history_s: 3600 });
    const parts = line.messages.filter(({ op, stream }) => op === 'snapshot' && stream === 2);
    assert.ok(JSON.stringify(parts).length > 8e6, `${JSON.stringify(parts).length} bytes`);
    assert.equal(Object.keys(line.states.get(2).state).length, 100);
    assert.equal(Object.keys(line.states.get(1).state).length, 20_004);
  });
});

test('a limited server names users and units, no processes of others', () =>
  serving({ capabilities: { owners: { status: 'permission', detail: 'Needs CAP_SYS_PTRACE.' } } }, async (server) => {
    await server.step(2);
    const kinds = new Set([...server.current.owners.values()].map(({ kind }) => kind));
    assert.deepEqual([...kinds].sort(), ['container', 'process', 'unit', 'user']);
  }));
