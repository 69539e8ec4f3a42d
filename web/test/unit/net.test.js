import assert from 'node:assert/strict';
import test from 'node:test';
import { Link, backoff, isFinal } from '../../js/net.js';
import { Store, TOPICS, DOWNLOAD } from '../../js/store.js';
import { chance } from './random.js';

// A clock, timers and sockets that do what the test says and nothing else.
class World {
  time = 0;
  timers = new Map();
  sockets = [];
  log = [];
  nextTimer = 1;

  constructor(env = {}) {
    this.store = new Store();
    this.link = new Link('ws://x/api/v1/stream', {
      store: this.store,
      env: {
        connect: (url, subprotocol) => this.#socket(url, subprotocol),
        now: () => this.time,
        random: () => 0.5,
        setTimeout: (act, wait) => this.#timer(act, wait),
        clearTimeout: (id) => this.timers.delete(id),
        ...env,
      },
      events: {
        changed: () => {},
        received: (topic, { kind }) => this.log.push(`${kind} ${topic}`),
        interrupted: () => this.store.interrupt(),
        restarted: () => this.log.push('restarted'),
      },
    });
  }
  #timer(act, wait) {
    this.timers.set(this.nextTimer, { act, at: this.time + wait });
    return this.nextTimer++;
  }
  #socket(url, subprotocol) {
    const socket = { url, subprotocol, readyState: 0, sent: [], send: (text) => socket.sent.push(JSON.parse(text)), close: (code) => (socket.closedWith = code) };
    this.sockets.push(socket);
    return socket;
  }
  get socket() {
    return this.sockets.at(-1);
  }
  pass(milliseconds) {
    const end = this.time + milliseconds;
    while (this.time < end) {
      this.time = Math.min(end, this.time + 250);
      for (const [id, { act, at }] of [...this.timers])
        if (at <= this.time && this.timers.delete(id)) act();
      this.link.watch();
    }
  }
  say(message) {
    this.socket.onmessage({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  }
  open(instance = 'aa', version = '1') {
    this.socket.readyState = 1;
    this.socket.onopen();
    this.say({ op: 'hello', protocol: 'ifpulse.v1', instance, version, interval_ms: 1000 });
  }
  asked(op, topic) {
    return this.socket.sent.filter((message) => message.op === op && (!topic || message.topic === topic));
  }
  answer(topic, stream, revision = 7, data = {}) {
    const { id } = this.asked('subscribe', topic).at(-1);
    this.say({ op: 'subscribed', id, stream, topic, interval_ms: 1000 });
    this.say({ op: 'snapshot', stream, revision, time: new Date(this.time).toISOString(), count: TOPICS[topic] ? Object.keys(data).length : undefined, data });
  }
  drop(code = 1006, reason = '') {
    this.socket.readyState = 3;
    this.socket.onclose({ code, reason });
  }
}

function live() {
  const world = new World();
  world.link.start();
  world.open();
  world.answer('interfaces', 1, 7, { eth0: { name: 'eth0', is_active: true, download_speed: 10 } });
  world.answer('totals', 2);
  return world;
}

test('backoff is any time up to a bound that doubles from half a second to thirty', () => {
  const random = chance(1);
  for (let attempt = 0; attempt < 40; attempt++) {
    const bound = Math.min(30_000, 500 * 2 ** attempt);
    const waits = Array.from({ length: 200 }, () => backoff(attempt, random));
    assert.ok(waits.every((wait) => wait >= 100 && wait <= bound));
    assert.ok(Math.max(...waits) > bound * 0.8 && Math.min(...waits) < bound * 0.4, 'all of it is used');
  }
});

test('offers the subprotocol and asks for every topic after hello', () => {
  const world = live();
  assert.equal(world.socket.subprotocol, 'ifpulse.v1');
  assert.deepEqual(world.asked('subscribe').map(({ topic }) => topic).sort(), Object.keys(TOPICS).sort());
  assert.equal(new Set(world.asked('subscribe').map(({ id }) => id)).size, Object.keys(TOPICS).length);
  assert.ok(world.asked('subscribe').every(({ since }) => since === undefined));
});

test('comes back with what it has, so that only the difference is sent', () => {
  const world = live();
  world.drop();
  assert.equal(world.link.phase, 'waiting');
  assert.equal(world.link.retryAt, world.time + 250);
  world.pass(500);
  world.open();
  assert.deepEqual(world.asked('subscribe', 'interfaces')[0].since, { instance: 'aa', revision: 7 });
  assert.equal(world.asked('subscribe', 'connections')[0].since, undefined);
});

test('asks for the hour before it was opened, and later for what it missed', () => {
  const world = live();
  const asked = () => world.asked('subscribe').filter(({ history_s: seconds }) => seconds).map(({ topic, history_s: seconds }) => [topic, seconds]);
  assert.deepEqual(asked(), [['interfaces', 3600], ['totals', 3600]]);
  world.drop();
  world.pass(5000);
  world.open();
  assert.deepEqual(asked(), [['interfaces', 15], ['totals', 15]]);
  world.drop();
  world.pass(1000);
  world.open('bb');
  assert.deepEqual(asked(), [['interfaces', 3600], ['totals', 3600]]);
});

test('the parts of a history are put together before anything is seen of them', () => {
  const world = live();
  const history = (part, series) => world.say({ op: 'history', stream: 1, step_ms: 1000, end: new Date(-1000).toISOString(), part, parts: 2, series });
  const ring = world.store.rings.get('eth0');
  history(2, { eth0: { upload_speed: [5, 6] } });
  assert.equal(ring.length, 1);
  history(1, { eth0: { download_speed: [1, 2] } });
  assert.deepEqual([ring.length, ring.time(0), ring.value(DOWNLOAD, 0), ring.value(DOWNLOAD, 2)], [3, -2000, 1, 10]);
});

test('what a token does not reach is told, not asked for again and again', () => {
  const world = live();
  const { id } = world.asked('subscribe', 'connections')[0];
  world.say({ op: 'error', id, code: 'forbidden', message: 'not with this token' });
  assert.equal(world.store.refused.get('connections').code, 'forbidden');
  assert.equal(world.asked('subscribe', 'connections').length, 1);
});

test('compressed messages keep their place among the others', async () => {
  const waiting = [];
  const world = new World({ inflate: (bytes) => new Promise((resolve, reject) => waiting.push({ resolve: () => resolve(bytes.text), reject })) });
  world.link.start();
  world.open();
  assert.ok(world.asked('subscribe').every(({ compress }) => compress === 'deflate'));
  const { id } = world.asked('subscribe', 'interfaces')[0];
  world.say({ op: 'subscribed', id, stream: 1, topic: 'interfaces' });
  const body = (revision, more) => JSON.stringify({ stream: 1, revision, time: new Date(1000).toISOString(), ...more });
  world.socket.onmessage({ data: { text: body(3, { op: 'snapshot', count: 0, data: {} }) } });
  world.socket.onmessage({ data: body(4, { op: 'delta', since: 3, patch: {} }) });
  const last = world.socket.onmessage({ data: { text: body(5, { op: 'delta', since: 4, patch: {} }) } });
  waiting[1].resolve();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(world.store.replicas.interfaces.revision, null);
  waiting[0].resolve();
  await last;
  assert.equal(world.store.replicas.interfaces.revision, 5);
  const broken = world.socket.onmessage({ data: {} });
  waiting[2].reject(new Error('not deflate'));
  await broken;
  assert.equal(world.link.phase, 'waiting');
});

test('the cut is a hole in the lines', () => {
  const world = live();
  world.pass(1000);
  world.drop();
  const ring = world.store.rings.get('eth0');
  assert.ok(Number.isNaN(ring.value(DOWNLOAD, ring.length - 1)));
});

test('another instance: everything is asked for anew', () => {
  const world = live();
  world.drop(1001);
  world.pass(500);
  world.open('bb');
  assert.equal(world.asked('subscribe', 'interfaces')[0].since, undefined);
  assert.ok(world.log.includes('restarted'));
  world.answer('interfaces', 1, 2, { eth0: { name: 'eth0' } });
  assert.equal(world.store.replicas.interfaces.revision, 2, 'a smaller revision of a new instance counts');
});

test('a later since, or a wrong count: the topic is asked for again, under a new id, without since', () => {
  for (const wrong of [{ since: 9, revision: 10, count: 1 }, { since: 7, revision: 8, count: 4 }]) {
    const world = live();
    const before = world.asked('subscribe', 'interfaces').at(-1).id;
    world.say({ op: 'delta', stream: 1, time: new Date(1000).toISOString(), patch: {}, ...wrong });
    const again = world.asked('subscribe', 'interfaces').at(-1);
    assert.notEqual(again.id, before);
    assert.equal(again.since, undefined);
    assert.deepEqual(world.asked('unsubscribe'), [{ op: 'unsubscribe', id: before }]);
    world.say({ op: 'delta', stream: 1, since: 9, revision: 10, time: new Date(1000).toISOString(), count: 1, patch: {} });
    assert.equal(world.asked('subscribe', 'interfaces').length, 2, 'what was under way is ignored');
    world.answer('interfaces', 1, 11, { eth0: {} });
    assert.equal(world.store.replicas.interfaces.revision, 11);
    assert.equal(world.link.resyncCount, 1);
  }
});

test('a server that is wrong again and again is dialled again, with waits', () => {
  const world = live();
  for (let round = 0; round < 10 && world.link.phase === 'open'; round++) {
    world.say({ op: 'delta', stream: 1, since: 90, revision: 91, time: new Date(1000).toISOString(), patch: {} });
    if (world.link.phase === 'open') world.answer('interfaces', 1, 7, { eth0: {} });
  }
  assert.equal(world.link.phase, 'waiting');
});

test('a message that cannot be read ends the line', () => {
  const world = live();
  world.say('{"op":"del');
  assert.equal(world.link.phase, 'waiting');
  assert.equal(world.socket.closedWith, 4000);
});

test('a token is said first, only where it is asked for; without one nobody is called again', () => {
  const greet = (world, more) => {
    world.open();
    world.socket.sent.length = 0;
    world.say({ op: 'hello', protocol: 'ifpulse.v1', instance: 'aa', version: '1', interval_ms: 1000, limits: {}, ...more });
  };
  const world = new World();
  world.link.start();
  greet(world, { authentication: 'required' });
  assert.deepEqual([world.link.phase, world.link.code, world.socket.sent.length], ['refused', 4401, 0]);
  world.pass(120_000);
  assert.equal(world.sockets.length, 1);
  world.link.useToken('right');
  greet(world, { authentication: 'required' });
  assert.deepEqual(world.socket.sent[0], { op: 'authenticate', token: 'right' });
  assert.equal(world.socket.sent[1].op, 'subscribe');
  world.socket.onclose({ code: 4401, reason: 'withdrawn' });
  assert.deepEqual([world.link.phase, world.link.token, world.link.isTokenWrong], ['refused', null, true]);
  world.link.useToken('other');
  greet(world, {});
  assert.ok(world.socket.sent.every(({ op }) => op === 'subscribe'), 'nobody asked');
});

test('44xx is for good until someone asks; 4503, 1001 and 1006 are not', () => {
  for (const code of [4400, 4401, 4429]) {
    const world = live();
    world.drop(code, 'because');
    assert.equal(world.link.phase, 'refused');
    world.pass(120_000);
    world.link.wake();
    assert.equal(world.sockets.length, 1, `${code}: nobody called`);
    world.link.retryNow();
    assert.equal(world.sockets.length, 2);
  }
  for (const code of [4503, 1001, 1006]) {
    const world = live();
    world.drop(code);
    world.pass(1000);
    assert.equal(world.sockets.length, 2, `${code}: called again`);
  }
  assert.ok(isFinal(4400) && isFinal(4499) && !isFinal(4500) && !isFinal(4399) && !isFinal(1009));
});

test('a page that overslept comes back when it is looked at, and not before', () => {
  const world = live();
  world.drop(4408, 'too slow');
  world.pass(120_000);
  assert.equal(world.sockets.length, 1);
  world.link.wake();
  assert.equal(world.sockets.length, 2);
});

test('waits grow until data comes, not until the door opens', () => {
  const world = live();
  const waits = [];
  for (let round = 0; round < 9; round++) {
    world.drop();
    waits.push(world.link.retryAt - world.time);
    world.link.retryNow();
    world.open();
  }
  assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  world.answer('totals', 2, 8);
  world.drop();
  assert.equal(world.link.retryAt - world.time, 250);
});

test('online or visible again: at once', () => {
  const world = live();
  world.drop();
  world.link.wake();
  assert.equal(world.sockets.length, 2);
  world.link.wake();
  assert.equal(world.sockets.length, 2, 'but not twice');
});

test('silence: asked first, stale after three seconds beyond the interval, dialled again in the end', () => {
  const world = live();
  world.pass(3000);
  assert.equal(world.asked('ping').length, 1);
  assert.equal(world.link.silence, 0);
  world.pass(1000);
  assert.ok(world.link.silence >= 4000);
  world.pass(12_000);
  assert.equal(world.link.phase, 'waiting');
});

test('a quiet server that answers is not stale before its heartbeat is due', () => {
  const world = live();
  for (let second = 0; second < 8; second++) {
    world.pass(1000);
    if (world.asked('ping').length) world.say({ op: 'pong', data: '' });
    assert.equal(world.link.silence, 0, `second ${second}`);
  }
  world.pass(1000);
  world.say({ op: 'pong', data: '' });
  assert.ok(world.link.silence > 0, 'answers without data do not count for ever');
});

test('a server that knows no ping is not asked again', () => {
  const world = live();
  world.pass(3000);
  world.say({ op: 'error', code: 'unknown_op', message: 'op: ping' });
  world.pass(6000);
  assert.equal(world.asked('ping').length, 1);
});

test('no answer at all within ten seconds: tries again', () => {
  const world = new World();
  world.link.start();
  world.pass(10_000);
  assert.equal(world.link.phase, 'waiting');
});

test('a late word of an old socket changes nothing', () => {
  const world = live();
  const old = world.socket;
  world.drop();
  world.link.retryNow();
  world.open();
  old.onclose({ code: 4400, reason: '' });
  old.onmessage({ data: '{' });
  assert.equal(world.link.phase, 'open');
});
