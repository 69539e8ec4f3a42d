import assert from 'node:assert/strict';
import test from 'node:test';
import { STAY_MS, Rows, Tree, readSort } from '../../js/tree.js';
import { chance } from './random.js';

const ALL = { matches: () => true, isTimed: false };
const records = (list) => new Map(list.map((record, index) => [String(index + 1), record]));
const ids = (rows) => rows.map(({ id }) => id);

function ordered(map, sort) {
  const rows = new Rows();
  rows.update(map, { time: 0, sort, query: ALL });
  return ids(rows.shown);
}

test('sorts by value, not by what is written; unknown is last both ways', () => {
  const rows = records([{ rate: 999 }, { rate: 1e6 }, {}, { rate: 0 }, { rate: 20_000 }]);
  assert.deepEqual(ordered(rows, { key: 'rate', isDown: true }), ['2', '5', '1', '4', '3']);
  assert.deepEqual(ordered(rows, { key: 'rate', isDown: false }), ['4', '1', '5', '2', '3']);
});

test('addresses sort as numbers, IPv4 first', () => {
  const rows = records(['10.0.0.10', 'fe80::1', '10.0.0.9', '2001:db8::a:1', '2001:db8::9:2', '9.255.0.1'].map((remote_address) => ({ remote_address })));
  assert.deepEqual(ordered(rows, { key: 'remote_address', isDown: false }), ['6', '3', '1', '5', '4', '2']);
});

test('age: the oldest has the largest, unknown comes last', () => {
  const rows = records([{ opened_at: '2026-01-31T12:00:00.000Z' }, {}, { opened_at: '2026-01-31T11:00:00.000Z' }]);
  assert.deepEqual(ordered(rows, { key: 'age', isDown: true }), ['3', '1', '2']);
  assert.deepEqual(ordered(rows, { key: 'age', isDown: false }), ['1', '3', '2']);
});

test('equal rows keep the order of their ids', () => {
  const rows = new Map([['10', { rate: 1 }], ['9', { rate: 1 }], ['100', { rate: 1 }]]);
  assert.deepEqual(ordered(rows, { key: 'rate', isDown: true }), ['9', '10', '100']);
});

const BY_NAME = { key: 'name', isDown: false };

test('held: places stay, what closed is kept as it was, what is new comes last; then all is put right', () => {
  const rows = new Rows();
  const look = { sort: BY_NAME, query: ALL };
  const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ name }));
  rows.update(new Map([['1', a], ['2', b], ['3', c]]), { ...look, time: 0 });
  const after = new Map([['2', { name: 'z' }], ['3', c], ['4', { name: '0' }]]);
  rows.update(after, { ...look, time: 1000, isHeld: true });
  assert.deepEqual(ids(rows.shown), ['1', '2', '3', '4']);
  assert.equal(rows.shown[0].mark(1000), 'closed');
  assert.equal(rows.shown[0].record, a);
  rows.update(after, { ...look, time: 60_000, isHeld: true });
  assert.deepEqual(ids(rows.shown), ['1', '2', '3', '4'], 'for as long as it is held');
  rows.update(after, { ...look, time: 61_000 });
  assert.deepEqual(ids(rows.shown), ['4', '3', '2']);
});

test('who asks for another order gets it, whatever is held', () => {
  const rows = new Rows();
  const map = records([{ name: 'a', rate: 1 }, { name: 'b', rate: 2 }]);
  rows.update(map, { time: 0, sort: BY_NAME, query: ALL });
  rows.update(map, { time: 1000, sort: { key: 'rate', isDown: true }, query: ALL, isHeld: true });
  assert.deepEqual(ids(rows.shown), ['2', '1']);
  rows.update(map, { time: 2000, sort: { key: 'rate', isDown: true }, query: { matches: ({ name }) => name === 'a' }, isHeld: true });
  assert.deepEqual(ids(rows.shown), ['1']);
});

test('new rows are marked for a while, but not those that were there first, nor those opened long before', () => {
  const rows = new Rows();
  const look = { sort: BY_NAME, query: ALL };
  const map = records([{ name: 'a' }]);
  rows.update(map, { ...look, time: 0 });
  assert.equal(rows.shown[0].mark(0), '');
  map.set('2', { name: 'b' }).set('3', { name: 'c', opened_at: new Date(0).toISOString() });
  rows.update(map, { ...look, time: 90_000 });
  assert.deepEqual(rows.shown.map((row) => row.mark(90_000)), ['', 'new', '']);
  assert.equal(rows.shown[1].mark(90_000 + STAY_MS), '');
});

test('closed rows stay in their place for a while from when they closed', () => {
  const rows = new Rows();
  const look = { sort: BY_NAME, query: ALL, closedAt: (id) => (id === '2' ? 1000 : 400) };
  rows.update(records([{ name: 'a' }, { name: 'b' }, { name: 'c' }]), { ...look, time: 0 });
  const left = new Map([['3', { name: 'c' }]]);
  rows.update(left, { ...look, time: 1000 });
  assert.deepEqual(rows.shown.map((row) => row.mark(1000)), ['closed', 'closed', '']);
  assert.equal(rows.matching, 1);
  rows.update(left, { ...look, time: 400 + STAY_MS });
  assert.deepEqual(ids(rows.shown), ['2', '3']);
  rows.update(left, { ...look, time: 1000 + STAY_MS });
  assert.deepEqual(ids(rows.shown), ['3']);
});

test('property: the order kept is the order there would be if all were sorted anew', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const next = chance(seed);
    const rows = new Rows();
    const map = new Map();
    let [id, sort, query] = [0, { key: 'rate', isDown: true }, ALL];
    const record = () => ({ rate: next() < 0.2 ? undefined : next.below(8), name: next.pick(['a', 'b', undefined]) });
    for (let time = 0; time < 40_000; time += 1000) {
      for (let count = next.below(5); count > 0; count--) map.set(String(++id), record());
      for (const known of [...map.keys()]) {
        if (next() < 0.15) map.set(known, record());
        if (next() < 0.1) map.delete(known);
      }
      if (next() < 0.1) sort = { key: next.pick(['rate', 'name']), isDown: next() < 0.5 };
      if (next() < 0.1) query = next.pick([ALL, { matches: ({ rate }) => rate > 3 }, { matches: ({ name }) => name === 'a' }]);
      rows.update(map, { time, sort, query, isHeld: next() < 0.3 });
      rows.update(map, { time, sort, query });
      const fresh = new Rows();
      fresh.update(map, { time, sort, query });
      const open = rows.shown.filter((row) => row.closedAt === null);
      assert.deepEqual(ids(open), ids(fresh.shown), `seed ${seed}, at ${time}`);
      assert.ok(rows.shown.every((row) => row.closedAt === null || time - row.closedAt < STAY_MS), `seed ${seed}`);
      assert.equal(rows.matching, fresh.shown.length);
      for (const row of open) assert.equal(row.record, map.get(row.id));
    }
  }
});

const OWNERS = { by: 'owner', of: (record) => record.owner ?? null, label: { key: 'name', of: ({ groupId }) => groupId || undefined }, owners: new Map(), stands: () => false };

function treeOf(map, { sort = { key: 'download_speed', isDown: true }, tree = new Tree(), ...options } = {}) {
  const rows = new Rows();
  rows.update(map, { time: 0, sort, query: ALL });
  tree.update(rows, { ...OWNERS, sort, ...options });
  return tree;
}
const outline = (tree, most = 99) => tree.list(most).items.map((item) => (item.isGroup ? item.groupId : `  ${item.id}`));

test('a tree: groups by their sums, rows by theirs, what has no owner in a group of its own', () => {
  const tree = treeOf(records([
    { owner: 'a', download_speed: 5 }, { owner: 'b', download_speed: 3 }, { owner: 'b', download_speed: 4 }, {}, { owner: 'a' },
  ]));
  assert.deepEqual(outline(tree), ['b', '  3', '  2', 'a', '  1', '  5', '', '  4']);
  const { items } = tree.list(99);
  assert.equal(items[0].sums.download_speed, 7);
  assert.equal(items[0].count, 2);
  assert.equal(items.at(-2).sums.download_speed, undefined, 'unknown is not zero');
  assert.deepEqual([items[1].level, items[1].position, items[1].setSize], [2, 1, 2]);
});

test('a group sorts by its name where that is asked, else by the first of its rows', () => {
  const map = records([{ owner: 'b', port: 1 }, { owner: 'a', port: 9 }, { owner: 'a', port: 4 }, { port: 5 }]);
  assert.deepEqual(outline(treeOf(map, { sort: { key: 'name', isDown: false } })), ['a', '  2', '  3', 'b', '  1', '', '  4']);
  assert.deepEqual(outline(treeOf(map, { sort: { key: 'port', isDown: false } })), ['b', '  1', 'a', '  3', '  2', '', '  4']);
});

test('many rows: groups are closed until someone opens them, and each stays as it was left', () => {
  const map = records(Array.from({ length: 41 }, (_, index) => ({ owner: index % 2 ? 'b' : 'a', download_speed: index })));
  const tree = treeOf(map);
  assert.deepEqual(outline(tree), ['a', 'b']);
  const [a] = tree.list(99).items;
  tree.toggle(a);
  treeOf(map, { tree });
  assert.equal(outline(tree).length, 23);
  tree.toggleAll(false);
  assert.deepEqual(outline(tree), ['a', 'b']);
  tree.toggleAll(true);
  assert.equal(outline(tree).length, 43);
  const { items, omitted } = tree.list(30);
  assert.deepEqual([items.length, omitted], [32, 11], 'what is left out is counted');
});

test('an owner has its own exact sums, and stands without a connection when it should', () => {
  const owners = new Map([['a', { download_speed: 50 }], ['b', { download_speed: 9 }], ['c', { download_speed: 0 }]]);
  const tree = treeOf(records([{ owner: 'a', download_speed: 5 }]), { owners, stands: (id) => id === 'b', isExact: true });
  assert.deepEqual(outline(tree), ['a', '  1', 'b']);
  assert.equal(tree.list(9).items[0].sums.download_speed, 50);
  assert.equal(tree.list(9).items[2].isExpanded, undefined, 'nothing to open');
});

test('held groups keep their places', () => {
  const tree = treeOf(records([{ owner: 'a', download_speed: 5 }, { owner: 'b', download_speed: 1 }]));
  const rows = new Rows();
  const sort = { key: 'download_speed', isDown: true };
  const changed = records([{ owner: 'a', download_speed: 0 }, { owner: 'b', download_speed: 7 }, { owner: 'c', download_speed: 9 }]);
  rows.update(changed, { time: 0, sort, query: ALL });
  rows.isAsked = false;
  tree.update(rows, { ...OWNERS, sort, isHeld: true });
  assert.deepEqual(tree.list(9).items.filter(({ isGroup }) => isGroup).map(({ groupId }) => groupId), ['a', 'b', 'c']);
  tree.update(rows, { ...OWNERS, sort });
  assert.deepEqual(tree.list(9).items.filter(({ isGroup }) => isGroup).map(({ groupId }) => groupId), ['c', 'b', 'a']);
});

test('reads an order', () => {
  assert.deepEqual(readSort('-rtt_ms'), { key: 'rtt_ms', isDown: true });
  assert.deepEqual(readSort('pid'), { key: 'pid', isDown: false });
});
