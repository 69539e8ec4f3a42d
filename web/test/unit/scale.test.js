import assert from 'node:assert/strict';
import test from 'node:test';
import { MirroredAxis, timeTicks } from '../../js/scale.js';
import { chance } from './random.js';

const bits = (value) => value / 8;
const close = (a, b) => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b));

test('both halves fit, end at ticks, and the smaller has a fifth at least', () => {
  const random = chance(5);
  for (let round = 0; round < 2000; round++) {
    const unit = random.pick(['bit', 'byte']);
    const [download, upload] = [10 ** (random() * 10), 10 ** (random() * 10)];
    const { min, max, ticks } = new MirroredAxis().update({ download, upload }, unit, 0);
    assert.ok(max >= download * (1 - 1e-6) && -min >= upload * (1 - 1e-6));
    assert.ok(Math.min(max, -min) / (max - min) >= 0.2 - 1e-9);
    assert.ok(ticks.length >= 3 && ticks.length <= 9 && ticks.includes(0), `${ticks}`);
    for (const tick of ticks) assert.ok(tick >= min * (1 + 1e-9) && tick <= max * (1 + 1e-9));
  }
});

test('idle noise stays flat: the axis never ends below 10 kbit/s', () => {
  const { max } = new MirroredAxis().update({ download: 3, upload: null }, 'bit', 0);
  assert.ok(close(max, bits(10_000)));
});

test('grows at once, shrinks only after ten seconds below', () => {
  const axis = new MirroredAxis();
  const top = (download, second) => axis.update({ download: bits(download), upload: 0 }, 'bit', second * 1000).max * 8;
  assert.ok(close(top(90e6, 0), 100e6));
  assert.ok(close(top(101e6, 1), 200e6));
  for (let second = 2; second < 12; second++) assert.ok(close(top(3e6, second), 200e6), `second ${second}`);
  assert.ok(close(top(3e6, 12), 5e6));
});

test('a single return to the old height starts the ten seconds anew', () => {
  const axis = new MirroredAxis();
  const top = (download, second) => axis.update({ download: bits(download), upload: 0 }, 'bit', second * 1000).max * 8;
  top(90e6, 0);
  top(1e6, 5);
  top(90e6, 10);
  assert.ok(close(top(1e6, 16), 100e6));
  assert.ok(close(top(1e6, 25), 100e6));
  assert.ok(close(top(1e6, 26), 1e6));
});

test('another unit starts afresh', () => {
  const axis = new MirroredAxis();
  axis.update({ download: bits(200e6), upload: 0 }, 'bit', 0);
  assert.equal(axis.update({ download: 1000, upload: 0 }, 'byte', 1).max, 1024);
});

test('time ticks are round, inside, and few enough for the width', () => {
  const random = chance(2);
  for (const seconds of [60, 300, 600, 1800, 3600])
    for (let round = 0; round < 50; round++) {
      const to = 1.7e12 + random.below(1e9);
      const most = 2 + random.below(8);
      const ticks = timeTicks(to - seconds * 1000, to, most);
      assert.ok(ticks.length <= most + 1 && ticks.length >= 1, `${seconds} ${most}: ${ticks.length}`);
      for (const tick of ticks) assert.ok(tick % (seconds > 60 ? 60_000 : 10_000) === 0 && tick <= to && tick >= to - seconds * 1000);
    }
});
