import assert from 'node:assert/strict';
import test from 'node:test';
import { Activity } from '../../js/activity.js';
import { Ring } from '../../js/ring.js';
import { chance } from './random.js';

// The same by the second: what everyone's rates are in every second, added up.
function model(lines, { from, to }) {
  const sums = new Map();
  for (let second = from; second < to; second++) {
    const rates = new Map();
    for (const { time, subject, down, up } of lines) {
      if (time > second) break;
      if (subject === null) rates.clear();
      else rates.set(subject, [down, up]);
    }
    for (const [subject, [down, up]] of rates) {
      if (!(down > 0 || up > 0)) continue;
      const sum = sums.get(subject) ?? [0, 0];
      sums.set(subject, [sum[0] + (down || 0), sum[1] + (up || 0)]);
    }
  }
  return sums;
}

const sortedEntries = (map) => [...map].sort(([a], [b]) => a - b);

test('what everyone moved in a range is what their rates add up to, second by second', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = chance(seed);
    const log = new Activity(100_000);
    const lines = [];
    let time = 0;
    for (let index = random.below(300); index > 0; index--) {
      time += random.below(4);
      const [down, up] = [random.pick([0, 0, 10, 200, NaN]), random.pick([0, 5, NaN])];
      const subject = random() < 0.03 ? null : random.below(12);
      if (subject === null) log.interrupt(time * 1000);
      else log.add(time * 1000, subject, [down, up]);
      // An interruption of an empty log is nothing to be told of.
      if (subject !== null || lines.length) lines.push({ time, subject, down, up });
    }
    const [a, b] = [random.below(time + 5), random.below(time + 5)];
    const range = { from: Math.min(a, b), to: Math.max(a, b) };
    assert.deepEqual(sortedEntries(log.moved(range.from * 1000, range.to * 1000)), sortedEntries(model(lines, range)), `seed ${seed}`);
  }
});

test('the log has one size; what it has forgotten it says', () => {
  const log = new Activity(1000);
  assert.ok(Number.isNaN(log.since));
  for (let index = 0; index < 5000; index++) log.add(index * 1000, 1, [index % 2 ? 8 : 0, 0]);
  assert.equal(log.length, 1000);
  assert.equal(log.times.length, 1000);
  assert.ok(log.since >= 4000 * 1000 && log.since <= 4001 * 1000);
  assert.deepEqual(log.moved(4500 * 1000, 4600 * 1000).get(1), [400, 0]);
});

test('the course of one is steps, with a hole where nothing was known', () => {
  const log = new Activity(100);
  log.add(1000, 1, [5, 0]);
  log.add(3000, 2, [7, 7]);
  log.add(4000, 1, [9, 1]);
  log.interrupt(6000);
  log.add(8000, 1, [2, 0]);
  const ring = log.course(1, new Ring(2, 100), { from: 2000, to: 9000 });
  const samples = Array.from({ length: ring.length }, (_, index) => [ring.time(index), ring.value(0, index)]);
  assert.deepEqual(samples, [[2000, 5], [3999, 5], [4000, 9], [5999, 9], [6000, NaN], [8000, 2], [9000, 2]]);
});

test('lines from before come in front, whatever came meanwhile', () => {
  const log = new Activity(100);
  log.add(5000, 1, [1, 0]);
  log.precede([{ time: 2000, subject: 1, values: [10, 0] }, { time: 3000, subject: 2, values: [1, 1] }, { time: 6000, subject: 1, values: [99, 0] }]);
  assert.equal(log.since, 2000);
  assert.deepEqual(sortedEntries(log.moved(0, 7000)), [[1, [32, 0]], [2, [4, 4]]]);
});

test('what everyone moved does not depend on how large their numbers are', () => {
  const random = chance(12);
  const [small, large] = [new Activity(500), new Activity(500)];
  const far = 3_000_000_000;
  for (let time = 0; time < 700; time++) {
    const [subject, values] = [random.below(9), [random.below(3) * 100, random.below(3) * 10]];
    small.add(time * 1000, subject, values);
    large.add(time * 1000, subject + far, values);
    if (time % 97 === 0) for (const log of [small, large]) log.interrupt();
  }
  for (const [from, to] of [[0, 700_000], [400_000, 500_500], [650_000, 651_000]]) {
    const moved = [...small.moved(from, to)].sort(([a], [b]) => a - b);
    assert.ok(moved.length > 0);
    assert.deepEqual([...large.moved(from, to)].map(([subject, sums]) => [subject - far, sums]).sort(([a], [b]) => a - b), moved);
  }
});
