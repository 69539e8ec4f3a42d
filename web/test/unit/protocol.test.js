import assert from 'node:assert/strict';
import test from 'node:test';
import { Replica, merge, parseMessage } from '../../js/protocol.js';
import { chance } from './random.js';

const time = '2026-01-02T03:04:05.678Z';
const json = (value) => JSON.parse(JSON.stringify(value));
const plainMap = (map) => JSON.parse(JSON.stringify(Object.fromEntries(map)));

// RFC 7396 written down a second time, from the RFC's own pseudo-code, on Maps.
function mergeModel(target, patch) {
  const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
  if (!isObject(patch)) return patch;
  const result = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name);
    else result.set(name, mergeModel(result.get(name), value));
  }
  return Object.fromEntries(result);
}

// The examples of RFC 7396, appendix A.
const EXAMPLES = [
  ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'], ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'], ['{"a":"b"}', '{"a":null}', '{}'],
  ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'], ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'], ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
  ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'], ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
  ['["a","b"]', '["c","d"]', '["c","d"]'], ['{"a":"b"}', '["c"]', '["c"]'], ['{"a":"foo"}', '"bar"', '"bar"'],
  ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'], ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'], ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
];

test('merge patch: the examples of the RFC', () => {
  for (const [target, patch, result] of EXAMPLES)
    assert.deepEqual(json(merge(JSON.parse(target), JSON.parse(patch))), JSON.parse(result), `${target} + ${patch}`);
});

function randomValue(random, depth) {
  if (depth && random() < 0.4) return Object.fromEntries(Array.from({ length: random.below(4) }, () => [random.pick(['a', 'b', 'c', '__proto__x']), randomValue(random, depth - 1)]));
  return random.pick([1, 'x', true, [1, null], null, 0, '']);
}

test('merge patch: random documents against a second implementation', () => {
  for (let seed = 1; seed <= 500; seed++) {
    const random = chance(seed);
    const [target, patch] = [randomValue(random, 4), randomValue(random, 4)];
    const before = json(target);
    assert.deepEqual(json(merge(target, patch)), json(mergeModel(target, patch)), `seed ${seed}`);
    assert.deepEqual(target, before, 'the target is not changed');
  }
});

test('a record or member named __proto__ is a name like any other', () => {
  const replica = new Replica(true);
  replica.receive(parseMessage(`{"op":"snapshot","stream":1,"revision":1,"time":"${time}","count":1,"data":{"__proto__":{"__proto__":{"polluted":1},"name":"__proto__"}}}`));
  assert.equal(replica.data.get('__proto__').name, '__proto__');
  assert.equal({}.polluted, undefined);
  assert.equal(replica.data.get('__proto__').polluted, undefined);
});

// A made-up server: a model that changes at random, and the messages that say so.
class Server {
  revision = 10;
  records = {};
  nextId = 1;

  constructor(random) {
    this.random = random;
    for (let index = random.below(30); index >= 0; index--) this.#add();
  }
  #add() {
    this.records[this.nextId++] = { name: `n${this.random.below(100)}`, rate: this.random.below(1000), nested: { a: 1 } };
  }
  change() {
    const patch = {};
    for (const id of Object.keys(this.records)) {
      const roll = this.random();
      if (roll < 0.1) {
        delete this.records[id];
        patch[id] = null;
      } else if (roll < 0.5) {
        patch[id] = this.random.pick([{ rate: this.random.below(1000) }, { rate: null }, { extra: { deep: this.random.below(9) } }, { nested: { a: null, b: 2 } }, { list: [1, 2] }]);
        this.records[id] = mergeModel(this.records[id], patch[id]);
      }
    }
    for (let index = this.random.below(3); index > 0; index--) {
      const id = this.nextId;
      this.#add();
      patch[id] = json(this.records[id]);
    }
    return patch;
  }
  delta(patch, since) {
    return { op: 'delta', stream: 1, since, revision: ++this.revision, time, count: Object.keys(this.records).length, patch };
  }
  snapshot() {
    return { op: 'snapshot', stream: 1, revision: this.revision, time, count: Object.keys(this.records).length, data: json(this.records) };
  }
}

function inParts(message, size) {
  const key = message.op === 'snapshot' ? 'data' : 'patch';
  const entries = Object.entries(message[key]);
  const parts = [];
  for (let at = 0; at < entries.length || !parts.length; at += size) parts.push({ ...message, [key]: Object.fromEntries(entries.slice(at, at + size)) });
  return parts.map((part, index) => (parts.length > 1 ? { ...part, part: index + 1, parts: parts.length } : part));
}

test('random streams of snapshots, deltas, parts and repeats end at the server\'s state', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = chance(seed);
    const server = new Server(random);
    const replica = new Replica(true);
    let outcome;
    for (const part of inParts(server.snapshot(), 1 + random.below(10))) outcome = replica.receive(part);
    assert.equal(outcome.kind, 'applied');
    for (let step = 0; step < 30; step++) {
      const since = server.revision;
      const message = server.delta(server.change(), since);
      const all = random() < 0.1 ? [server.snapshot()] : inParts(message, 1 + random.below(10));
      for (const part of all) outcome = replica.receive(json(part));
      assert.equal(outcome.kind, 'applied', `seed ${seed} step ${step}: ${outcome.why}`);
      if (random() < 0.2) assert.equal(replica.receive(json(message)).kind, 'ignored', 'a repeat is dropped');
      assert.deepEqual(plainMap(replica.data), server.records, `seed ${seed} step ${step}`);
      assert.equal(replica.revision, server.revision);
    }
  }
});

const snapshot = (data, more = {}) => ({ op: 'snapshot', stream: 1, revision: 5, time, count: Object.keys(data).length, data, ...more });
const delta = (patch, more = {}) => ({ op: 'delta', stream: 1, since: 5, revision: 6, time, patch, ...more });

test('a gap in the revisions and a wrong count break the copy', () => {
  const replica = new Replica(true);
  assert.equal(replica.receive(delta({})).kind, 'broken');
  replica.receive(snapshot({ 1: { a: 1 } }));
  assert.equal(replica.receive(delta({}, { since: 7, revision: 8 })).kind, 'broken');
  assert.equal(replica.receive(delta({ 2: { a: 2 } }, { count: 2 })).kind, 'applied');
  assert.equal(replica.receive(delta({}, { since: 6, revision: 7, count: 3 })).kind, 'broken');
});

test('stale revisions are dropped, a delta since earlier is taken', () => {
  const replica = new Replica(true);
  replica.receive(snapshot({ 1: { a: 1 } }));
  assert.equal(replica.receive(delta({ 1: { a: 9 } }, { since: 3, revision: 5 })).kind, 'ignored');
  assert.equal(replica.receive(snapshot({ 1: { a: 8 } }, { revision: 4 })).kind, 'ignored');
  assert.equal(replica.data.get('1').a, 1);
  assert.equal(replica.receive(delta({ 1: { a: 2 } }, { since: 3 })).kind, 'applied');
  assert.equal(replica.data.get('1').a, 2);
});

test('nothing is seen of a message until its last part is in', () => {
  const replica = new Replica(true);
  const parts = inParts(snapshot({ 1: { a: 1 }, 2: { a: 2 }, 3: { a: 3 } }), 1);
  assert.equal(replica.receive(parts[0]).kind, 'pending');
  assert.equal(replica.receive(parts[2]).kind, 'pending');
  assert.equal(replica.data.size, 0);
  assert.equal(replica.receive(parts[1]).kind, 'applied');
  assert.equal(replica.data.size, 3);
});

test('records are replaced, so an earlier picture stays true', () => {
  const replica = new Replica(true);
  replica.receive(snapshot({ 1: { a: 1, keep: { b: 1 } }, 2: { a: 5 } }));
  const [before, other] = [replica.data.get('1'), replica.data.get('2')];
  const outcome = replica.receive(delta({ 1: { a: 2 } }));
  assert.equal(before.a, 1);
  assert.equal(replica.data.get('2'), other);
  assert.deepEqual([...outcome.touched], [['1', before]], 'and told of');
});

test('one record: null makes a field unknown again', () => {
  const replica = new Replica(false);
  replica.receive({ op: 'snapshot', stream: 2, revision: 1, time, data: { cpu_percent: 1, capabilities: { owners: { status: 'available' } } } });
  replica.receive({ op: 'delta', stream: 2, since: 1, revision: 2, time, patch: { cpu_percent: null, capabilities: { owners: { detail: 'x' } } } });
  assert.deepEqual(json(replica.data), { capabilities: { owners: { status: 'available', detail: 'x' } } });
});

test('what is no message is refused', () => {
  for (const text of ['', 'x', '[]', 'null', '7', '{}', '{"op":7}']) assert.throws(() => parseMessage(text), SyntaxError, text);
  for (const message of [{ op: 'snapshot' }, snapshot({}, { revision: '7' }), delta([]), delta({}, { since: null }), snapshot({}, { parts: 2 })])
    assert.equal(new Replica(true).receive(message).kind, 'broken');
});
