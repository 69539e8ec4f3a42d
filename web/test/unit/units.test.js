import assert from 'node:assert/strict';
import test from 'node:test';
import { plain } from '../../js/text.js';
import { UNKNOWN, bytes, count, duration, linkSpeed, milliseconds, niceCeiling, perSecond, rate, rateParts } from '../../js/units.js';
import { chance } from './random.js';

const text = (value) => value.replaceAll('\u00a0', ' ');

test('rates in bits: SI steps and three significant digits', () => {
  for (const [value, expected] of [
    [0, '0 bit/s'], [0.1, '0 bit/s'], [1, '8 bit/s'], [124.9, '999 bit/s'], [125, '1.00 kbit/s'], [1250, '10.0 kbit/s'],
    [12_500, '100 kbit/s'], [124_990, '1.00 Mbit/s'], [125e6, '1.00 Gbit/s'], [9.7125e6, '77.7 Mbit/s'], [1.25e9, '10.0 Gbit/s'],
  ]) assert.equal(text(rate(value)), expected);
});

test('rates in bytes: IEC steps', () => {
  for (const [value, expected] of [[0, '0 B/s'], [1023, '1023 B/s'], [1024, '1.00 KiB/s'], [1536, '1.50 KiB/s'], [1048576, '1.00 MiB/s'], [123456789, '118 MiB/s']])
    assert.equal(text(rate(value, 'byte')).replace(',', ''), expected);
});

test('unknown is a dash everywhere, never 0', () => {
  for (const value of [undefined, null, NaN, Infinity, '5'])
    for (const show of [rate, bytes, count, perSecond, milliseconds, duration, linkSpeed]) assert.equal(show(value), UNKNOWN);
});

test('every rate has at most three significant digits and reads back near its value', () => {
  const scale = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 };
  const random = chance(7);
  for (let round = 0; round < 5000; round++) {
    const value = 10 ** (random() * 13);
    const { number, unit } = rateParts(value);
    assert.ok(number.replace(/\D/g, '').length <= 3, `${value}: ${number}`);
    const read = Number(number) * scale[unit.replace('bit/s', '')];
    assert.ok(Math.abs(read - value * 8) <= Math.max(1, value * 8 * 0.0051), `${value}: ${number} ${unit}`);
  }
});

test('link speeds are round, times and counts are short', () => {
  assert.equal(text(linkSpeed(1e9)), '1 Gbit/s');
  assert.equal(text(linkSpeed(866.7e6)), '867 Mbit/s');
  assert.equal(text(linkSpeed(2.5e9)), '2.5 Gbit/s');
  assert.equal(text(milliseconds(0.1234)), '0.12 ms');
  assert.equal(text(milliseconds(12_345)), '12.3 s');
  assert.equal(text(perSecond(29_290)), '29.3 k/s');
  assert.equal(text(perSecond(0.25)), '0.25 /s');
  assert.equal(text(perSecond(999.7)), '1.00 k/s');
  assert.equal(text(duration(3725)), '1 h 2 min');
});

test('nice numbers are 1-2-5 in bits and powers of two in bytes, and never too small', () => {
  const random = chance(3);
  for (let round = 0; round < 3000; round++) {
    const value = 10 ** (random() * 11);
    const bits = niceCeiling(value) * 8;
    assert.ok(bits >= value * 8 * (1 - 1e-6) && bits <= value * 8 * 2.5 * (1 + 1e-6), `${value}`);
    assert.ok([1, 2, 5].includes(Number(bits.toExponential(6).split('e')[0])), `${value}: ${bits}`);
    const size = niceCeiling(value, 'byte');
    assert.ok(Number.isInteger(Math.log2(size)) && size >= value * (1 - 1e-6) && size < value * 2.01);
  }
});

test('hostile text: controls and direction marks are made visible, length is bounded', () => {
  assert.equal(plain('a\u202eb\u0000c\nd'), 'a\ufffdb\ufffdc\ufffdd');
  assert.equal(plain('<img src=x onerror=alert(1)>'), '<img src=x onerror=alert(1)>');
  assert.equal(plain('x'.repeat(4096)).length, 121);
  assert.ok(!/[\ud800-\udbff]…$/.test(plain(`${'x'.repeat(119)}😀😀`)));
  assert.equal(plain(undefined), '');
});
