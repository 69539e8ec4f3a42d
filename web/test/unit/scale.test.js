import assert from 'node:assert/strict';
import test from 'node:test';
import { MirroredAxis, timeLabel, timeTicks } from '../../js/scale.js';
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

const modes = ['same', 'each', 'log', 'link'];

test('every mode: what is drawn fits, grows with the value, and its ticks read back as they are placed', () => {
  const random = chance(11);
  for (let round = 0; round < 1000; round++) {
    const [mode, unit] = [random.pick(modes), random.pick(['bit', 'byte', 'byte10'])];
    const peaks = { download: 10 ** (random() * 10), upload: 10 ** (random() * 10) };
    const axis = new MirroredAxis(mode).update(peaks, unit, 0, 1e9 / 8);
    for (const [half, peak] of [peaks.download, peaks.upload].entries()) {
      const y = axis.toY(peak, half === 1);
      assert.ok(y >= axis.min * (1 + 1e-6) && y <= axis.max * (1 + 1e-6), `${mode}: ${y} of ${axis.min} … ${axis.max}`);
      assert.ok(half ? y <= 0 : y >= 0);
      assert.ok(Math.abs(axis.toY(peak / 2, half === 1)) <= Math.abs(y));
      assert.ok(axis.toY(0, half === 1) === 0);
    }
    assert.ok(axis.ticks.includes(0) && axis.ticks.length >= 3 && axis.ticks.length <= 11, `${mode} ${axis.ticks}`);
    for (const tick of axis.ticks) if (tick) assert.ok(close(axis.toY(axis.fromY(tick), tick < 0), tick), `${mode} ${tick}`);
  }
});

test('per direction: both halves are as high, each with its own end', () => {
  const axis = new MirroredAxis('each').update({ download: bits(90e6), upload: bits(40e3) }, 'bit', 0);
  assert.ok(close(axis.max, -axis.min));
  assert.ok(close(axis.fromY(axis.max), bits(100e6)) && close(axis.fromY(axis.min), bits(50e3)));
});

test('log: each step is as high, so that what is a thousandth of the peak is well seen', () => {
  const axis = new MirroredAxis('log').update({ download: bits(1e9), upload: 0 }, 'bit', 0);
  assert.ok(close(axis.toY(bits(1e6)) / axis.max, 0.5), 'from 1 kbit/s to 1 Gbit/s, 1 Mbit/s is half way');
  assert.equal(axis.toY(bits(999)), 0);
});

test("link: up to the link's speed, beyond it where it says too little, and the same scale where it is unknown", () => {
  const axis = new MirroredAxis('link');
  const end = (peak, link, second) => axis.update({ download: peak, upload: 0 }, 'bit', second * 1000, link);
  assert.ok(close(end(bits(5e6), bits(1e9), 0).max, bits(1e9)));
  assert.ok(close(end(bits(5e6), bits(1e9), 0).min, -bits(1e9)));
  assert.ok(close(end(bits(1.2e9), bits(1e9), 1).max, bits(2e9)));
  assert.ok(close(new MirroredAxis('link').update({ download: bits(5e6), upload: 0 }, 'bit', 0, null).max, bits(5e6)));
});

test('time ticks of a day are whole hours by the clock on the wall, those of a zoom whole seconds', () => {
  const to = new Date(2026, 10, 28, 9, 24).getTime();
  const day = timeTicks(to - 86_400_000, to, 9);
  assert.ok(day.length >= 4 && day.length <= 10);
  for (const tick of day) assert.equal(new Date(tick).getMinutes() + (new Date(tick).getHours() % 3), 0);
  const midnight = day.find((tick) => new Date(tick).getHours() === 0);
  assert.match(timeLabel(day)(midnight), /28/);
  const zoom = timeTicks(to, to + 7000, 9);
  assert.deepEqual(zoom.map((tick) => (tick - to) / 1000), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.match(timeLabel(zoom)(to), /:00/);
});
