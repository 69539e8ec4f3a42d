import assert from 'node:assert/strict';
import test from 'node:test';
import { FIRST, WINDOWS, narrower, readAddress, wider, writeAddress } from '../../js/state.js';
import { chance } from './random.js';

const HOSTILE = ['eth0', '<b>x</b>', '#&=?%', '\u202eabc', 'web/eth0', 'firefox port:443 -lo', '"a b"', '100%', '+1', '\\x5c'];

test('what is looked at survives its way through the address', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = chance(seed);
    const values = {
      ...FIRST, view: random.pick(['all', 'conn', 'events']), interface: random.pick([null, ...HOSTILE]), window: random.pick([...WINDOWS, 77]),
      end: random.pick([null, 1_764_000_000_123, 1_764_000_000_000]), query: random.pick(['', ...HOSTILE]), group: random.pick(['owner', 'flat', 'remote']),
      sort: random.pick(['-download_speed', 'rtt_ms']), connection: random.pick([null, '17']), unit: random.pick(['bit', 'byte']),
    };
    if (random() < 0.5) Object.assign(values, { from: 1_763_999_000_000, to: 1_763_999_060_500 });
    assert.deepEqual({ ...FIRST, ...readAddress(writeAddress(values)) }, values, `seed ${seed}`);
  }
});

test('the address is empty while nothing special is looked at, and easy to read when something is', () => {
  assert.equal(writeAddress(FIRST), '');
  const words = { view: 'conn', interface: 'eth0', query: 'port:443', window: 600, end: Date.UTC(2026, 10, 28, 5, 6, 7) };
  assert.equal(writeAddress({ ...FIRST, ...words }), '#view=conn&if=eth0&w=600&end=2026-11-28T05:06:07Z&q=port:443');
});

test('what makes no sense in an address is as if it were not there', () => {
  for (const hash of ['#w=0', '#w=abc', '#w=1e9', '#view=%00', '#u=furlong', '#id=-1', '#from=2026-01-02&to=2026-01-01', '#from=x&to=y', '#end=', '#sort=%3Cb%3E', '#%E0%A4%A', '#&&&=', '#if='])
    assert.deepEqual(readAddress(hash), {}, hash);
  assert.ok(readAddress(`#q=${'x'.repeat(100_000)}`).query.length < 5000);
});

test('windows grow and shrink by one step, from any length', () => {
  assert.deepEqual([narrower(300), narrower(60), narrower(77), wider(77), wider(3600), wider(86400)], [60, 60, 60, 300, 86400, 86400]);
});
