// Which keys act, and when they leave it to others.
import assert from 'node:assert/strict';
import test from 'node:test';
import { keyName, listenForKeys } from '../../js/keys.js';

function setUp(isOn = true) {
  const acted = [];
  const shortcut = (key, more) => ({ keys: [key], does: key, act: () => acted.push(key), ...more });
  let press;
  listenForKeys({ addEventListener: (_, act) => (press = act) }, { isOn: () => isOn, shortcuts: [shortcut('u'), shortcut(' '), shortcut('Escape'), shortcut('ArrowLeft', { isFar: true }), { keys: ['x'], does: 'elsewhere' }] });
  // inside: the selectors that the focused element is within.
  const type = (key, { inside = [], ...more } = {}) => {
    const event = { key, target: { closest: (list) => list.split(/,\s*/).some((one) => inside.includes(one)) || null }, preventDefault: () => (event.isTaken = true), ...more };
    press(event);
    return event.isTaken === true;
  };
  return { acted, type };
}

test('a key acts once, and not where someone types, in dialogs, with Ctrl, or after another took it', () => {
  const { acted, type } = setUp();
  assert.ok(type('u'));
  for (const more of [{ inside: ['textarea'] }, { inside: ['dialog'] }, { ctrlKey: true }, { altKey: true }, { metaKey: true }, { defaultPrevented: true }]) assert.ok(!type('u', more));
  assert.ok(!type(' ', { inside: ['button'] }) && type('u', { inside: ['button'] }));
  assert.ok(!type('x'));
  assert.deepEqual(acted, ['u', 'u']);
});

test('arrows belong to what has the focus', () => {
  const { type } = setUp();
  assert.ok(type('ArrowLeft') && !type('ArrowLeft', { inside: ['main *'] }));
});

test('switched off, single characters do nothing; Escape still does', () => {
  const { type } = setUp(false);
  assert.ok(!type('u') && !type(' ') && type('Escape'));
  assert.deepEqual(['Escape', ' ', 'ArrowLeft', 'u'].map(keyName), ['Esc', 'Space', '←', 'u']);
});
