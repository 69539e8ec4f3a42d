import assert from 'node:assert/strict';
import test from 'node:test';
import { History } from '../../js/history.js';

function world() {
  const seen = { asked: [], taken: [], changes: 0, time: 0, isDown: false };
  const store = { setLong: (name, { series }) => seen.taken.push([name, series]), backfill: (topic) => seen.taken.push([topic]) };
  const fetch = async (path) => {
    seen.asked.push(path);
    if (seen.isDown) throw new Error('503');
    return { series: path.length };
  };
  return { seen, history: new History(store, { fetch, now: () => seen.time }, () => seen.changes++) };
}

test('a day is asked for once a minute at most, by name, whatever the name is', async () => {
  const { seen, history } = world();
  await Promise.all([history.wantDay('a/b c&d'), history.wantDay('a/b c&d'), history.wantDay(null)]);
  assert.deepEqual(seen.asked, ['api/v1/history?interface=a%2Fb%20c%26d&window_s=86400&step_s=60', 'api/v1/history?topic=totals&window_s=86400&step_s=60']);
  seen.time = 59_999;
  await history.wantDay('a/b c&d');
  assert.equal(seen.asked.length, 2);
  seen.time = 60_000;
  await history.wantDay('a/b c&d');
  assert.deepEqual([seen.asked.length, seen.taken.length, seen.changes], [3, 3, 3]);
});

test('what cannot be had is asked for again later; a new server is asked at once', async () => {
  const { seen, history } = world();
  seen.isDown = true;
  await history.wantOwners();
  assert.deepEqual([seen.taken.length, seen.changes], [0, 0]);
  seen.isDown = false;
  await history.wantOwners();
  assert.equal(seen.taken.length, 0);
  history.forget();
  await history.wantOwners();
  assert.deepEqual(seen.taken, [['owners']]);
  seen.time = 1e9;
  await history.wantOwners();
  assert.equal(seen.asked.length, 2, 'what comes later is heard on the stream');
});
