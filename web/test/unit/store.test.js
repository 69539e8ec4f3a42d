import assert from 'node:assert/strict';
import test from 'node:test';
import { DOWN, DOWNLOAD, Store, addressOwners, downSpans, troubleRate } from '../../js/store.js';

const at = (second) => new Date(1_700_000_000_000 + second * 1000).toISOString();
const ms = (second) => 1_700_000_000_000 + second * 1000;

function take(store, second, data, op = 'snapshot') {
  const revision = Math.round(second * 10) + 10;
  const body = op === 'snapshot' ? { data } : { patch: data, since: store.replicas.interfaces.revision };
  assert.equal(store.replicas.interfaces.receive({ op, stream: 1, revision, time: at(second), ...body }).kind, 'applied');
  store.record('interfaces');
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

test('link down is a span of its own', () => {
  const store = new Store();
  for (let second = 0; second < 10; second++) take(store, second, { eth0: { is_active: second < 3 || second > 6, download_speed: second } });
  const ring = store.rings.get('eth0');
  assert.equal(ring.value(DOWN, 4), 1);
  assert.deepEqual(downSpans(ring, ms(0), ms(9)), [{ from: ms(3), to: ms(7) }]);
  assert.deepEqual(downSpans(ring, ms(4), ms(5)), [{ from: ms(4), to: ms(5) }]);
  take(store, 10, { eth0: { is_active: false } });
  assert.deepEqual(downSpans(ring, ms(8), ms(20)), [{ from: ms(10), to: ms(10) }]);
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
