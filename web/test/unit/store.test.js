import assert from 'node:assert/strict';
import test from 'node:test';
import { DOWNLOAD, DOWNLOAD_HIGH, ERRORS, PACKETS_IN, Store, addressOwners, downSpans, ownerOf, troubleRate } from '../../js/store.js';

const at = (second) => new Date(1_700_000_000_000 + second * 1000).toISOString();
const ms = (second) => 1_700_000_000_000 + second * 1000;

function take(store, second, data, op = 'snapshot', topic = 'interfaces') {
  const revision = Math.round(second * 10) + 10;
  const body = op === 'snapshot' ? { data } : { patch: data, since: store.replicas[topic].revision };
  const outcome = store.replicas[topic].receive({ op, stream: 1, revision, time: at(second), ...body });
  assert.equal(outcome.kind, 'applied');
  store.record(topic, outcome);
}
const samples = (store, name) => {
  const ring = store.rings.get(name);
  return Array.from({ length: ring.length }, (_, index) => [(ring.time(index) - ms(0)) / 1000, ring.value(DOWNLOAD, index)]);
};

test('a quiet interface is a flat line up to its next change, not a slope', () => {
  const store = new Store();
  take(store, 0, { eth0: { is_active: true, download_speed: 100 } });
  take(store, 4, { eth0: { download_speed: 900 } }, 'delta');
  assert.deepEqual(samples(store, 'eth0'), [[0, 100], [3, 100], [4, 900]]);
});

test('a silence that no heartbeat explains is a hole', () => {
  const store = new Store();
  take(store, 0, { eth0: { is_active: true, download_speed: 100 } });
  take(store, 60, { eth0: { download_speed: 900 } }, 'delta');
  assert.deepEqual(samples(store, 'eth0').map(([, value]) => value), [100, NaN, 900]);
});

test('unknown speeds are holes, not zeros', () => {
  const store = new Store();
  take(store, 0, { eth0: { is_active: true } });
  assert.deepEqual(samples(store, 'eth0'), [[0, NaN]]);
  assert.ok(Number.isNaN(troubleRate({})));
  assert.equal(troubleRate({ drop_rate: 2, receive_error_rate: 1 }), 3);
});

test('link down is a span from its event to the next, bounded by what is looked at', () => {
  const changes = [[3, false], [7, true], [20, false]].map(([second, isUp]) => ({ time: ms(second), isUp }));
  const spans = (from, to, more) => downSpans(more?.changes ?? changes, { from: ms(from), to: ms(to), isDown: true, ...more }).map((span) => [span.from, span.to].map((time) => (time - ms(0)) / 1000));
  assert.deepEqual(spans(0, 30), [[3, 7], [20, 30]]);
  assert.deepEqual(spans(4, 5), [[4, 5]]);
  assert.deepEqual(spans(8, 19), []);
  assert.deepEqual(spans(0, 30, { changes: changes.slice(0, 2), isDown: false }), [[3, 7]]);
  assert.deepEqual(spans(0, 30, { changes: [], isDown: true }), [[0, 30]], 'down for as long as anybody knows');
  assert.deepEqual(spans(0, 30, { changes: [], isDown: false }), []);
});

test('events of the link and its state now make the spans of an interface', () => {
  const store = new Store();
  take(store, 9, { eth0: { is_active: true } });
  take(store, 9, { 1: { event: 'link_down', interface: 'eth0', time: at(3) }, 2: { event: 'link_up', interface: 'eth0', time: at(5) }, 3: { event: 'link_down', interface: 'eth1', time: at(6) } }, 'snapshot', 'events');
  assert.deepEqual(store.downSpans('eth0', ms(0), ms(9)), [{ from: ms(3), to: ms(5) }]);
  take(store, 10, { 4: { event: 'link_down', interface: 'eth0', time: at(10) } }, 'delta', 'events');
  take(store, 11, { eth0: { is_active: false } }, 'delta');
  assert.deepEqual(store.downSpans('eth0', ms(0), ms(11)), [{ from: ms(3), to: ms(5) }, { from: ms(10), to: ms(11) }]);
});

const remembered = (seconds, series, more) => ({ op: 'history', step_ms: 1000, end: at(seconds), series, ...more });

test('history takes the place of what was before, and of a hole; what came since stays', () => {
  const store = new Store();
  take(store, 5, { eth0: { download_speed: 50 } });
  store.interrupt();
  take(store, 9, { eth0: { download_speed: 90 } });
  store.backfill('interfaces', remembered(8, {
    eth0: { download_speed: [null, 20, 30, null, 50, 60, 70, 80], packet_receive_rate: [null, 2, 3, null, 5, 6, 7, 8], receive_error_rate: [null, 1, 0, null, 0, 0, 0, 0], send_error_rate: [null, 1, 0, null, 0, 0, 0, 0] },
    gone: { download_speed: [null, null, 1, 1, 1, 1, 1, null] },
  }));
  assert.deepEqual(samples(store, 'eth0'), [[2, 20], [3, 30], [4, NaN], [5, 50], [6, 60], [7, 70], [8, 80], [9, 90]]);
  const ring = store.rings.get('eth0');
  assert.deepEqual([ring.value(PACKETS_IN, 0), ring.value(ERRORS, 0)], [2, 2]);
  assert.deepEqual(samples(store, 'gone').at(-1), [8, NaN]);
});

test('a long past is asked of the ring that reaches back so far', () => {
  const store = new Store();
  take(store, 7200, { eth0: { download_speed: 1 } });
  assert.equal(store.ringFor('eth0', ms(0)), store.rings.get('eth0'));
  store.setLong('eth0', remembered(7200, { eth0: { download_speed: [1, 2, 3], upload_speed: [0, 0, 0], download_speed_max: [5, 6, 7], upload_speed_max: [0, 0, 0] } }, { step_ms: 60_000 }));
  const long = store.ringFor('eth0', ms(0));
  assert.deepEqual([long.length, long.value(DOWNLOAD, 0), long.value(DOWNLOAD_HIGH, 2)], [3, 1, 7]);
  assert.equal(store.ringFor('eth0', ms(7200)), store.rings.get('eth0'), 'what is recent is told by the tick');
});

test('what connections did is logged by their changes, and who ended is kept for a while', () => {
  const store = new Store();
  take(store, 0, { 1: { download_speed: 100, retransmits: 0 }, 2: { download_speed: 0 } }, 'snapshot', 'connections');
  take(store, 1, { 1: { retransmits: 3 }, 2: { rtt_ms: 9 } }, 'delta', 'connections');
  take(store, 2, { 1: { download_speed: 300 } }, 'delta', 'connections');
  take(store, 4, { 1: null }, 'delta', 'connections');
  assert.deepEqual([...store.connectionLog.moved(ms(0), ms(9))], [[1, [100 * 2 + 300 * 2, 0]]]);
  assert.equal(store.retransmitsRing.value(0, 1), 3);
  assert.deepEqual([...store.closed], [['1', { record: store.closed.get('1').record, closedAt: ms(4) }]]);
  assert.equal(store.closed.get('1').record.download_speed, 300);
});

test('a system that does not count what is sent again has no rate of it, not a rate of zero', () => {
  const store = new Store();
  take(store, 0, { 1: { connection_type: 'tcp', state: 'established' } }, 'snapshot', 'connections');
  take(store, 1, { 1: { download_speed: 5 } }, 'delta', 'connections');
  assert.ok(Number.isNaN(store.retransmitsRing.value(0, 1)));
  take(store, 2, { 2: { connection_type: 'tcp', state: 'established', retransmits: 0 } }, 'delta', 'connections');
  assert.equal(store.retransmitsRing.value(0, 2), 0);
});

test('after a cut, whoever has a speed is logged again although nothing of it changed', () => {
  const store = new Store();
  take(store, 0, { 1: { download_speed: 100 } }, 'snapshot', 'connections');
  take(store, 2, {}, 'delta', 'connections');
  store.connectionLog.add(ms(2), 2, [0, 0]);
  store.interrupt();
  take(store, 6, {}, 'delta', 'connections');
  assert.deepEqual(store.connectionLog.moved(ms(0), ms(8)).get(1), [100 * 2 + 100 * 2, 0], 'two seconds before the cut, two after');
});

test('what owners did before the page was opened comes in front of what it saw itself', () => {
  const store = new Store();
  take(store, 10, { 'user:7': { download_speed: 4, upload_speed: 0 } }, 'snapshot', 'owners');
  store.backfill('owners', remembered(12, { 'user:7': { download_speed: [null, 1, 1, 3], upload_speed: [null, 0, 0, 0] }, 'user:8': { download_speed: [9, 9, 9, 9], upload_speed: [0, 0, 0, 0] } }, { step_ms: 3000 }));
  const moved = store.ownerLog.moved(ms(0), ms(11));
  assert.deepEqual(moved.get(store.ownerNumber('user:7')), [1 * 6 + 3 * 1 + 4 * 1, 0]);
});

test('a server started anew: the time shown stays until it says another, also an earlier one', () => {
  const store = new Store();
  take(store, 9, { eth0: { download_speed: 1 } });
  store.forget();
  assert.equal(store.shown.time, ms(9));
  assert.equal(store.shown.interfaces.size, 0);
  take(store, 5, { eth0: { download_speed: 1 } });
  assert.equal(store.shown.time, ms(5));
});

test('a connection leads to its owner by the rule the server goes by', () => {
  assert.equal(ownerOf({ unit: 'docker:0123456789ab', process_name: 'x', uid: 0 }), 'container:docker:0123456789ab');
  assert.equal(ownerOf({ unit: 'nginx.service', process_name: 'nginx', uid: 33 }), 'process:33:nginx.service:nginx');
  assert.equal(ownerOf({ process_name: 'curl', uid: 0 }), 'process:0::curl');
  assert.equal(ownerOf({ unit: 'ssh.service', uid: 0 }), 'unit:ssh.service');
  assert.equal(ownerOf({ uid: 5 }), 'user:5');
  assert.equal(ownerOf({}), null);
});

test('an interface that went away ends in a hole and goes on when it is back', () => {
  const store = new Store();
  take(store, 0, { eth0: { download_speed: 1 }, tun0: { download_speed: 2 } });
  take(store, 1, { tun0: null }, 'delta');
  take(store, 2, {}, 'delta');
  assert.deepEqual(samples(store, 'tun0'), [[0, 2], [1, NaN]]);
  take(store, 3, { tun0: { download_speed: 7 } }, 'delta');
  assert.deepEqual(samples(store, 'tun0').at(-1), [3, 7]);
});

test('paused: what is shown stays, what is stored goes on', () => {
  const store = new Store();
  take(store, 0, { eth0: { download_speed: 1 }, eth1: { download_speed: 5 } });
  store.pause();
  take(store, 1, { eth0: { download_speed: 2 }, eth1: null }, 'delta');
  assert.equal(store.shown.interfaces.get('eth0').download_speed, 1);
  assert.equal(store.shown.interfaces.size, 2);
  assert.equal(store.shown.time, ms(0));
  assert.equal(samples(store, 'eth0').length, 2);
  store.resume();
  assert.equal(store.shown.interfaces.get('eth0').download_speed, 2);
});

test('many interfaces keep less of the past each', () => {
  const store = new Store();
  take(store, 0, Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`veth${index}`, { download_speed: 1 }])));
  assert.equal(store.rings.get('veth0').capacity, 4096);
  assert.equal(store.rings.get('veth99').capacity, 600);
});

test('addresses lead to the interface that has them', () => {
  const owners = addressOwners(new Map([['eth0', { addresses: ['10.0.0.2/24', 'fe80::1/64'] }], ['x', {}]]));
  assert.deepEqual([...owners], [['10.0.0.2', 'eth0'], ['fe80::1', 'eth0']]);
});
