import assert from 'node:assert/strict';
import test from 'node:test';
import { EventLog, KINDS } from '../../js/eventlog.js';
import { linkStory } from '../../js/views/figures.js';
import { chance } from './random.js';

const event = (kind, time, more = {}) => ({ event: kind, time: new Date(time).toISOString(), ...more });
function storeOf(entries) {
  const events = new Map(entries);
  return { isPaused: false, shown: { events }, replicas: { events: { revision: 1 } }, events };
}

test('events come in the order they happened, each of a kind, and only what is new is read', () => {
  const store = storeOf([['10', event('link_up', 3000)], ['9', event('link_down', 2000)], ['8', event('no_such_kind', 1000)]]);
  const log = new EventLog(store).refresh();
  assert.deepEqual(log.list.map(({ id, kind }) => [id, kind]), [[8, 'other'], [9, 'link'], [10, 'link']]);
  const [first] = log.list;
  const { version } = log;
  store.replicas.events.revision++;
  assert.equal(log.refresh().version, version, 'a message that changes nothing changes nothing');
  store.replicas.events.revision++;
  store.events.set('11', event('drops', 4000));
  log.refresh();
  assert.equal(log.list.length, 4);
  assert.equal(log.list[0], first);
  assert.notEqual(log.version, version);
  store.replicas.events.revision++;
  store.events.set('11', event('drops', 4000, { packets: 7 }));
  assert.equal(log.refresh().list[3].record.packets, 7, 'numbers that add up while it lasts');
  assert.equal(log.since, 1000, 'seven before are forgotten');
});

test('those between two times, against a plain filter', () => {
  const random = chance(7);
  const times = Array.from({ length: 300 }, () => random.below(100_000)).sort((a, b) => a - b);
  const log = new EventLog(storeOf(times.map((time, index) => [String(index + 1), event('link_up', time)]))).refresh();
  assert.equal(log.since, -Infinity, 'all there ever were');
  for (let round = 0; round < 200; round++) {
    const [from, to] = [random.below(110_000), random.below(110_000)].sort((a, b) => a - b);
    assert.deepEqual(log.between(from, to).map(({ time }) => time), times.filter((time) => time >= from && time <= to));
  }
});

test('every kind of event of the protocol is of a kind', () => {
  const named = Object.values(KINDS).flatMap(({ events }) => events);
  assert.equal(new Set(named).size, named.length);
});

const NOW = 10_000_000;
const story = (more) => linkStory({ isUp: true, spans: [], now: NOW, reach: -Infinity, startedAt: -Infinity, ...more }).text.replaceAll('\u00a0', ' ');
const at = (time) => new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(time);

test('whether the link dropped, in a sentence', () => {
  assert.equal(story({}), 'Link up, no drop in the last hour');
  assert.equal(story({ spans: [{ from: NOW - 100_000, to: NOW - 69_000 }] }), `Link down once in the last hour, at ${at(NOW - 100_000)} for 31 s`);
  const spans = [900, 500, 100].map((seconds) => ({ from: NOW - seconds * 1000, to: NOW - seconds * 1000 + 500 }));
  assert.equal(story({ spans }), `Link down 3 times in the last hour, last at ${at(NOW - 100_000)} for less than a second`);
  assert.equal(story({ isUp: false, spans: [{ from: NOW - 31_000, to: NOW }] }), `Link down since ${at(NOW - 31_000)}`);
  assert.equal(story({ isUp: null }), '', 'unknown is not up');
});

test('it does not speak of more than is known', () => {
  const startedAt = NOW - 60_000;
  assert.equal(story({ reach: startedAt, startedAt }), `Link up, no drop since the server started at ${at(startedAt)}`);
  assert.equal(story({ reach: startedAt + 5000, startedAt }), `Link up, no drop since ${at(startedAt + 5000)}`);
  assert.equal(story({ isUp: false, reach: startedAt, startedAt, spans: [{ from: NOW - 3_600_000, to: NOW }] }), `Link down since before ${at(startedAt)}`);
  assert.equal(story({ isUp: false, spans: [{ from: NOW - 3_600_000, to: NOW }] }), 'Link down for more than an hour');
});
