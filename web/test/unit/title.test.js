// What the tab says of state and rate.
import assert from 'node:assert/strict';
import test from 'node:test';
import { level, lookOf, titleOf } from '../../js/title.js';

const live = { word: 'Live', tone: 'live', host: 'attic', download: 86.5e6 / 8, upload: 2.1e6 / 8, unit: 'bit' };
const title = (more) => titleOf({ ...live, ...more }).replaceAll('\u00a0', ' ');

test('the title tells rate, state and host', () => {
  assert.equal(title(), '↓86.5 Mbit/s ↑2.10 Mbit/s · attic');
  assert.equal(title({ unit: 'byte' }), '↓10.3 MiB/s ↑256 KiB/s · attic');
  assert.equal(title({ word: 'Paused', tone: 'wait' }), '⏸ ↓86.5 Mbit/s ↑2.10 Mbit/s · attic');
  assert.equal(title({ word: 'Reconnecting', tone: 'bad' }), '⚠ Reconnecting · attic');
  assert.equal(title({ word: 'Connecting…', tone: 'wait', host: undefined, download: undefined, upload: undefined }), 'Connecting… · ifpulse');
  assert.equal(title({ host: '\u202egnp', upload: undefined }), '↓86.5 Mbit/s ↑– · \ufffdgnp');
});

test('the icon changes with the state and with powers of ten, not with every number', () => {
  assert.deepEqual([NaN, undefined, 0, 1, 125, 1250, 12.5e6, 125e6, 1e12].map(level), [0, 0, 0, 1, 1, 2, 6, 6, 6]);
  assert.equal(lookOf(live), lookOf({ ...live, download: live.download * 1.1 }));
  const looks = [live, { ...live, download: 0 }, { ...live, word: 'Paused', tone: 'wait' }, { ...live, word: 'Connecting…', tone: 'wait' }, { ...live, tone: 'bad' }].map(lookOf);
  assert.equal(new Set(looks).size, looks.length);
});
