import assert from 'node:assert/strict';
import test from 'node:test';
import { drawBands, drawLines, marks } from '../../js/marks.js';
import { LANES, clustered } from '../../js/timeline.js';
import { chance } from './random.js';

// A context that writes down what is drawn on it: one pixel is one millisecond.
function paper() {
  const drawn = [];
  const note = (name) => (...words) => drawn.push([name, ...words.map((word) => (typeof word === 'number' ? Math.round(word) : word))]);
  const context = Object.fromEntries(['save', 'restore', 'beginPath', 'moveTo', 'lineTo', 'stroke', 'fill', 'fillRect', 'fillText', 'arc', 'setLineDash'].map((name) => [name, note(name)]));
  context.measureText = (text) => ({ width: text.length * 6 });
  return { context, of: (name) => drawn.filter(([other]) => other === name) };
}
const palette = { bad: 'rgb(200, 0, 0)', muted: 'rgb(90, 90, 90)', axis: 'rgb(0, 0, 0)', font: 'x' };
const area = { left: 0, right: 1000, top: 0, bottom: 200 };
const scale = { min: 0, max: 1000, getPixelForValue: (time) => time };

test('bands: words of a broken link always, others where there is room, none in low charts', () => {
  const bands = [{ from: 100, to: 103, text: 'link down', ink: 'bad' }, { from: 300, to: 310, text: 'no data', ink: 'muted' }, { from: 500, to: 700, text: 'no data', ink: 'muted' }, { from: 990, to: 2000, text: 'link down', ink: 'bad' }, { from: -90, to: -80, text: 'gone by', ink: 'bad' }];
  const sheet = paper();
  drawBands(sheet.context, area, scale, { bands, palette });
  assert.deepEqual(sheet.of('fillRect').map(([, x, , width]) => [x, width]), [[100, 3], [300, 10], [500, 200], [990, 10]]);
  const words = sheet.of('fillText').map(([, text, x]) => [text, x]);
  assert.deepEqual(words.map(([text]) => text), ['link down', 'no data', 'link down']);
  assert.ok(words[2][1] + 54 <= 1000, 'words at the edge stay inside');
  const low = paper();
  drawBands(low.context, { ...area, bottom: 60 }, scale, { bands, palette });
  assert.equal(low.of('fillRect').length, 4);
  assert.equal(low.of('fillText').length, 0);
});

test('lines and flags: each where it was, no smear where there are many', () => {
  const sheet = paper();
  drawLines(sheet.context, area, scale, { lines: [10, 11, 12, 400, -5, 1005], palette });
  assert.deepEqual(sheet.of('moveTo').map(([, x]) => Math.floor(x)), [11, 401]);
  const flagged = paper();
  marks.afterDatasetsDraw({ ctx: flagged.context, chartArea: area, scales: { x: scale }, data: { datasets: [] }, marks: { flags: Array.from({ length: 1000 }, (_, index) => index), palette } });
  const tips = flagged.of('moveTo').map(([, x]) => x);
  assert.ok(tips.length > 50 && tips.length < 150, `${tips.length}`);
});

test('a sample alone between two holes is a dot', () => {
  const sheet = paper();
  const data = [{ x: 1, y: 5 }, { x: 2, y: 6 }, { x: 3, y: null }, { x: 4, y: 7 }, { x: 5, y: null }, { x: 6, y: 8 }];
  marks.afterDatasetsDraw({ ctx: sheet.context, chartArea: area, scales: { x: scale, y: scale }, data: { datasets: [{ data, borderWidth: 1.5 }] }, marks: { flags: [], palette } });
  assert.deepEqual(sheet.of('arc').map(([, x]) => x), [4, 6]);
});

test('events that would overlap are one mark with all of them, in their own lane', () => {
  const random = chance(9);
  const entries = Array.from({ length: 5000 }, (_, id) => ({ id, time: id * 17, kind: random.pick(LANES) }));
  const clusters = clustered(entries, { from: 0, to: 5000 * 17, width: 800 });
  assert.equal(clusters.flatMap((cluster) => cluster.entries).length, 5000);
  for (const { lane, entries: all } of clusters) assert.ok(all.every(({ kind }) => kind === LANES[lane]));
  for (let lane = 0; lane < LANES.length; lane++) {
    const places = clusters.filter((cluster) => cluster.lane === lane).map(({ x }) => x);
    assert.ok(places.every((x, index) => !index || x - places[index - 1] >= 20));
    assert.ok(places.length > 20 && places.length <= 40);
  }
});
