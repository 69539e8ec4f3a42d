// Numbers and names as files: what a spreadsheet, a parser and a file system make of hostile ones.
import assert from 'node:assert/strict';
import test from 'node:test';
import { cell, connectionsTable, csv, fileName, json, rangeTable } from '../../js/export.js';
import { Ring } from '../../js/ring.js';
import { HOSTILE_NAMES } from '../fake-hostile.js';

// Reads RFC 4180, independently of how it is written.
function parse(text) {
  const rows = [[]];
  let [field, isQuoted, wasQuoted] = ['', false, false];
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (isQuoted && letter === '"' && text[at + 1] === '"') field += text[at++];
    else if (letter === '"' && (isQuoted || field === '')) [isQuoted, wasQuoted] = [!isQuoted, true];
    else if (!isQuoted && (letter === ',' || letter === '\r')) {
      rows.at(-1).push(field);
      [field, wasQuoted] = ['', false];
      if (letter === '\r' && text[++at] === '\n') rows.push([]);
    } else field += letter;
  }
  assert.ok(!isQuoted && !wasQuoted && field === '', 'the text ends with a line');
  return rows.slice(0, -1);
}

test('a cell that could be a formula is text, a number is a number, what is unknown is empty', () => {
  for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '\n=1', ' =1', '\u00a0=1', '＝1']) assert.match(cell(text), /^"'/, JSON.stringify(text));
  for (const [value, text] of [[-5, '-5'], [0, '0'], [1e21, '1e+21'], [NaN, ''], [undefined, ''], [null, ''], ['a', 'a'], ['a,b', '"a,b"'], ['say "x"', '"say ""x"""'], ['a\nb', '"a\nb"'], [true, 'true'], ['', ''], ['10.0.0.1', '10.0.0.1']])
    assert.equal(cell(value), text);
});

test('hostile names come back as they were, with at most an apostrophe before', () => {
  const records = HOSTILE_NAMES.map((name, index) => ({ process_name: name, pid: index, download_speed: -1.5 }));
  const { columns, rows } = connectionsTable(records, 'bit');
  const [heads, ...lines] = parse(csv(columns, rows));
  assert.equal(lines.length, records.length);
  lines.forEach((line, index) => {
    assert.equal(line.length, heads.length);
    assert.equal(line[0].replace(/^'/, ''), HOSTILE_NAMES[index].replace(/^'/, ''));
    assert.doesNotMatch(line[0], /^\s*[=+\-@]/);
    assert.equal(line[heads.indexOf('download_speed (bit/s)')], '-12');
  });
  const document = JSON.parse(json({ host: HOSTILE_NAMES[0] }, columns, rows));
  assert.deepEqual(document.rows.map(({ process_name: name }) => name), HOSTILE_NAMES);
  assert.equal(document.units.download_speed, 'bit/s');
});

test('the range of a ring: ISO times, raw numbers in the unit of the page, holes empty', () => {
  const ring = new Ring(6, 100);
  const start = Date.parse('2026-11-28T09:00:00Z');
  for (let second = 0; second < 10; second++) ring.push(start + second * 1000, second === 5 ? [] : [0.0123, 1e6, 3, 4, 0, 0]);
  const range = { from: start + 3000, to: start + 6000 };
  const { columns, rows } = rangeTable(ring, { ...range, unit: 'bit' });
  const lines = csv(columns, rows).split('\r\n');
  assert.equal(lines[0], 'time,download_speed (bit/s),upload_speed (bit/s),packet_receive_rate (packets/s),packet_send_rate (packets/s),error_rate (packets/s),drop_rate (packets/s)');
  assert.equal(lines[1], '2026-11-28T09:00:03.000Z,0.0984,8000000,3,4,0,0');
  assert.equal(lines[3], '2026-11-28T09:00:05.000Z,,,,,,');
  assert.equal(lines.length, 6);
  const inBytes = JSON.parse(json({}, ...Object.values(rangeTable(ring, { ...range, unit: 'byte' })))).rows;
  assert.deepEqual([inBytes[0].upload_speed, inBytes[2].upload_speed], [1e6, null]);
});

test('file names have nothing a file system could mind', () => {
  for (const name of [...HOSTILE_NAMES, '../../etc/passwd', 'C:\\x', '.', '..', '']) {
    const file = fileName([name, 'eth0', '2026'], 'csv');
    assert.match(file, /^ifpulse-([A-Za-z0-9_][A-Za-z0-9._-]*-)?eth0-2026\.csv$/, JSON.stringify(name));
    assert.ok(file.length < 100);
  }
});
