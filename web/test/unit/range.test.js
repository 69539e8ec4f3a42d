import assert from 'node:assert/strict';
import test from 'node:test';
import { momentOf, rangeOf, zoomed } from '../../js/range.js';
import { chance } from './random.js';

test('two moments in any order are a range of whole seconds, a second at least', () => {
  assert.deepEqual(rangeOf(5200, 1900), { from: 1000, to: 6000 });
  assert.deepEqual(rangeOf(3000, 3000), { from: 3000, to: 4000 });
  const random = chance(3);
  for (let round = 0; round < 500; round++) {
    const [a, b] = [random() * 1e6, random() * 1e6];
    const { from, to } = rangeOf(a, b);
    assert.ok(from <= Math.min(a, b) && to >= Math.max(a, b) && to - from >= 1000 && from % 1000 === 0 && to % 1000 === 0);
  }
});

test('zooming leaves the moment under the pointer where it is', () => {
  const random = chance(4);
  for (let round = 0; round < 500; round++) {
    const from = 1.7e12;
    const to = from + 60_000 + random() * 3_000_000;
    const at = from + random() * (to - from);
    const { window, end } = zoomed({ from, to, isLive: false }, at, random.pick([0.5, 0.8, 1.3, 2]));
    const share = (to - at) / (to - from);
    assert.ok(Math.abs((end - at) / (window * 1000) - share) < 0.001);
    assert.ok(window >= 5 && window <= 86_400 && Number.isInteger(window));
  }
});

test('at the newest time zooming stays live; farther left it does not', () => {
  const live = { from: 0, to: 100_000, isLive: true };
  assert.deepEqual(zoomed(live, 95_000, 0.5), { window: 50, end: null });
  assert.deepEqual(zoomed(live, 50_000, 0.5), { window: 50, end: 75_000 });
  assert.equal(zoomed(live, 99_000, 1e-6).window, 5);
  assert.equal(zoomed(live, 99_000, 1e6).window, 86_400);
});

test('a time of day is the last such moment', () => {
  const now = new Date(2026, 10, 28, 9, 24, 30).getTime();
  const moment = (...words) => new Date(2026, 10, ...words).getTime();
  assert.equal(momentOf('09:24:10', now), moment(28, 9, 24, 10));
  assert.equal(momentOf('09:24', now), moment(28, 9, 24));
  assert.equal(momentOf('09:24:31', now), moment(27, 9, 24, 31), 'not yet today, so it was yesterday');
  assert.equal(momentOf('', now), null);
  assert.equal(momentOf('9 o’clock', now), null);
});
