import assert from 'node:assert/strict';
import test from 'node:test';
import { HeldOrder, sorted } from '../../js/order.js';

const all = () => true;
const records = (list) => new Map(list.map((record, index) => [String(index + 1), record]));

test('sorts by value, not by what is written; unknown is last both ways', () => {
  const rows = records([{ rate: 999 }, { rate: 1e6 }, {}, { rate: 0 }, { rate: 20_000 }]);
  assert.deepEqual(sorted(rows, all, { key: 'rate', isDown: true }), ['2', '5', '1', '4', '3']);
  assert.deepEqual(sorted(rows, all, { key: 'rate', isDown: false }), ['4', '1', '5', '2', '3']);
});

test('addresses sort as numbers, IPv4 first', () => {
  const rows = records(['10.0.0.10', 'fe80::1', '10.0.0.9', '2001:db8::a:1', '2001:db8::9:2', '9.255.0.1'].map((remote_address) => ({ remote_address })));
  assert.deepEqual(sorted(rows, all, { key: 'remote_address', isDown: false }), ['6', '3', '1', '5', '4', '2']);
});

test('equal rows keep the order of their ids', () => {
  const rows = new Map([['10', { rate: 1 }], ['9', { rate: 1 }], ['100', { rate: 1 }]]);
  assert.deepEqual(sorted(rows, all, { key: 'rate', isDown: true }), ['9', '10', '100']);
});

test('held: places stay, what closed is kept as it was, what is new comes last', () => {
  const order = new HeldOrder();
  const before = records([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
  assert.deepEqual(order.update(before, ['3', '1', '2'], false), ['3', '1', '2']);
  const after = new Map([['2', { name: 'b' }], ['3', { name: 'c' }], ['4', { name: 'd' }]]);
  assert.deepEqual(order.update(after, ['4', '2', '3'], true), ['3', '1', '2', '4']);
  assert.deepEqual(order.find(after, '1'), { record: { name: 'a' }, isClosed: true });
  assert.deepEqual(order.find(after, '4'), { record: { name: 'd' }, isClosed: false });
  assert.deepEqual(order.update(after, ['4', '2', '3'], false), ['4', '2', '3']);
});
