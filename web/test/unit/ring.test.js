import assert from 'node:assert/strict';
import test from 'node:test';
import { Ring } from '../../js/ring.js';
import { chance } from './random.js';

// The same promises over a plain array.
class Model {
  samples = [];
  constructor(capacity) {
    this.capacity = capacity;
  }
  push(time, value) {
    const last = this.samples.at(-1);
    if (last && time < last.time) return;
    if (last && time === last.time) last.value = value;
    else this.samples.push({ time, value });
    if (this.samples.length > this.capacity) this.samples.shift();
  }
  stats(from, to) {
    let [sum, seconds, peak] = [0, 0, null];
    this.samples.forEach(({ time, value }, index) => {
      if (time <= from || time > to || Number.isNaN(value)) return;
      const span = index ? (time - Math.max(from, this.samples[index - 1].time)) / 1000 : 0;
      sum += value * span;
      seconds += span;
      peak = peak === null ? value : Math.max(peak, value);
    });
    return { mean: seconds ? sum / seconds : null, total: seconds ? sum : null, peak, seconds };
  }
}

function fill(random, { capacity, steps }) {
  const ring = new Ring(2, capacity);
  const model = new Model(capacity);
  let time = 1_700_000_000_000;
  for (let step = 0; step < steps; step++) {
    time += random() < 0.05 ? -random.below(2000) : random.below(3) * 500;
    const value = random() < 0.15 ? NaN : Math.fround(random() * 1e6);
    ring.push(time, [value, -value]);
    model.push(time, value);
    time = model.samples.at(-1).time;
  }
  return { ring, model };
}

test('a ring holds what an array of its newest samples holds', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = chance(seed);
    const { ring, model } = fill(random, { capacity: 1 + random.below(400), steps: random.below(1500) + 1 });
    assert.equal(ring.length, model.samples.length, `seed ${seed}`);
    model.samples.forEach(({ time, value }, index) => {
      assert.equal(ring.time(index), time, `seed ${seed} time ${index}`);
      assert.equal(ring.value(0, index), value, `seed ${seed} value ${index}`);
      assert.equal(ring.value(1, index), -value, `seed ${seed} second channel ${index}`);
    });
  }
});

test('find and nearest agree with a walk through the array', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = chance(seed);
    const { ring, model } = fill(random, { capacity: 200, steps: 300 });
    const [first, last] = [model.samples[0].time, model.samples.at(-1).time];
    for (let probe = 0; probe < 50; probe++) {
      const time = first - 1000 + random() * (last - first + 2000);
      const expected = model.samples.findIndex((sample) => sample.time >= time);
      assert.equal(ring.find(time), expected < 0 ? model.samples.length : expected);
      const distance = Math.abs(ring.time(ring.nearest(time)) - time);
      assert.equal(distance, Math.min(...model.samples.map((sample) => Math.abs(sample.time - time))));
    }
  }
});

test('range statistics are weighted by time and leave holes out', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = chance(seed);
    const { ring, model } = fill(random, { capacity: 300, steps: 500 });
    const from = model.samples[random.below(model.samples.length)].time - random.below(700);
    const to = from + random.below(60_000);
    const [found, expected] = [ring.stats(0, from, to), model.stats(from, to)];
    assert.equal(found.peak, expected.peak, `seed ${seed}`);
    for (const key of ['mean', 'total', 'seconds'])
      assert.ok(found[key] === expected[key] || Math.abs(found[key] - expected[key]) <= 1e-6 * Math.abs(expected[key]), `seed ${seed} ${key}`);
  }
});

test('what is unknown is null, never zero', () => {
  const ring = new Ring(1, 10);
  assert.deepEqual(ring.stats(0, 0, 1e15), { now: null, mean: null, peak: null, peakAt: null, total: null, seconds: 0 });
  ring.push(1000, [5]);
  ring.push(2000, []);
  assert.equal(ring.stats(0, 0, 3000).now, null);
  assert.equal(ring.nearest(Infinity), 1);
  assert.equal(new Ring(1, 4).nearest(7), -1);
});

function decimated(ring, range) {
  const points = Array.from({ length: 3 * (range.columns + 3) }, () => ({ x: -1, y: -1 }));
  return points.slice(0, ring.decimate(0, range, points));
}

test('decimation keeps every peak, the order of time, and the room it was given', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = chance(seed);
    const { ring, model } = fill(random, { capacity: 4000, steps: 3000 });
    const columns = 1 + random.below(300);
    const from = model.samples[random.below(1000)].time;
    const to = from + 60_000 + random.below(1_000_000);
    const points = decimated(ring, { from, to, columns });
    for (let index = 1; index < points.length; index++) assert.ok(points[index].x >= points[index - 1].x, `seed ${seed}: time goes back`);
    const inside = model.samples.filter(({ time, value }) => time >= from && time <= to && !Number.isNaN(value));
    const drawn = points.filter(({ x, y }) => y !== null && x >= from && x <= to);
    if (!inside.length) continue;
    const ends = (list) => [Math.min(...list), Math.max(...list)];
    assert.deepEqual(ends(drawn.map(({ y }) => y)), ends(inside.map(({ value }) => value)), `seed ${seed}`);
    for (const { x, y } of drawn) assert.ok(inside.some(({ time, value }) => time === x && value === y), `seed ${seed}: an invented point`);
  }
});

test('a hole wider than a pixel is a hole, and no line leads over it', () => {
  const ring = new Ring(1, 1000);
  for (let second = 0; second < 100; second++) ring.push(second * 1000 + 1, [second >= 40 && second < 60 ? NaN : 7]);
  const points = decimated(ring, { from: 0, to: 100_000, columns: 50, sign: -1 });
  const hole = points.findIndex(({ y }) => y === null);
  assert.ok(hole > 0);
  assert.ok(points[hole - 1].x <= 40_000 && points[hole + 1].x >= 60_000);
  assert.ok(points.every(({ y }) => y === null || y === -7));
});

test('a sample alone between two holes is still there', () => {
  const ring = new Ring(1, 100);
  for (const [time, value] of [[1000, NaN], [20_000, 3], [30_000, NaN], [50_000, 4], [51_000, NaN]]) ring.push(time, [value]);
  const points = decimated(ring, { from: 0, to: 60_000, columns: 60 });
  assert.deepEqual(points.map(({ y }) => y), [3, null, 4, null]);
});

test('a course from elsewhere takes the place of what lies between its ends', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = chance(seed);
    const { ring, model } = fill(random, { capacity: 50 + random.below(300), steps: random.below(400) + 1 });
    const begin = model.samples[random.below(model.samples.length)].time + random.below(3) - 1;
    const times = Array.from({ length: random.below(30) }, (_, index) => begin + index * 700);
    const values = times.map(() => Math.fround(random() * 1e6));
    ring.replace(times, [values]);
    if (times.length) model.samples = [...model.samples.filter(({ time }) => time < times[0]), ...times.map((time, index) => ({ time, value: values[index] })), ...model.samples.filter(({ time }) => time > times.at(-1))].slice(-model.capacity);
    assert.deepEqual(Array.from({ length: ring.length }, (_, index) => [ring.time(index), ring.value(0, index)]), model.samples.map(({ time, value }) => [time, value]), `seed ${seed}`);
  }
});

test('no stretch of time has no points', () => {
  const { ring } = fill(chance(3), { capacity: 100, steps: 90 });
  for (const range of [{ from: NaN, to: NaN }, { from: 5, to: 5 }, { from: 9, to: 5 }]) assert.equal(ring.decimate(0, { ...range, columns: 10 }, []), 0);
});
