// What is seen, as files: the charts as a picture, numbers as CSV and JSON. Names in them are other
// people's: no cell may become a formula, no file name a path.

import { element } from './dom.js';
import { DOWNLOAD, DOWNLOAD_HIGH, DROPS, ERRORS, PACKETS_IN, PACKETS_OUT, UPLOAD, UPLOAD_HIGH } from './store.js';
import { plain } from './text.js';
import { dateAndClock } from './units.js';

// A spreadsheet takes what begins like this for a formula, blanks before it or not.
const FORMULA = /^[\s\0]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

// One cell by RFC 4180: numbers as they are, unknown empty, text as text and nothing else.
export function cell(value) {
  if (value === undefined || value === null || Number.isNaN(value)) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : String(value);
  return /[",\r\n\t]/.test(text) || text !== String(value) ? `"${text.replaceAll('"', '""')}"` : text;
}

// columns: [{name, unit}]; rows: arrays of values.
export function csv(columns, rows) {
  const heads = columns.map(({ name, unit }) => (unit ? `${name} (${unit})` : name));
  return [heads, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

export function json(about, columns, rows) {
  const units = Object.fromEntries(columns.filter(({ unit }) => unit).map(({ name, unit }) => [name, unit]));
  const records = rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]]).filter(([, value]) => value !== undefined)));
  const unknownAsNull = (_, value) => (Number.isNaN(value) ? null : value);
  return `${JSON.stringify({ ...about, units, rows: records }, unknownAsNull, 1)}\n`;
}

const stamp = (time) => new Date(time).toISOString();

// A file's name that no system takes for anything else.
export function fileName(parts, ending) {
  const clean = (part) => String(part).replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, 60).replace(/^[._-]+|[._-]+$/g, '');
  return `${['ifpulse', ...parts].map(clean).filter(Boolean).join('-')}.${ending}`;
}
const fileTime = (time) => stamp(time).replace(/:|\.\d+/g, '');

const speedUnit = (unit) => (unit === 'bit' ? 'bit/s' : 'B/s');
const speed = (bytes, unit) => (typeof bytes === 'number' && unit === 'bit' ? bytes * 8 : bytes);
// Rings hold numbers of 7 digits; more would be made up.
const digits = (value) => Number(value.toPrecision(7));

// The samples of a ring in [from, to]; unit: that of the page.
export function rangeTable(ring, { from, to, unit }) {
  const isLong = ring.values.length > DOWNLOAD_HIGH;
  const channels = [
    ['download_speed', DOWNLOAD, true], ['upload_speed', UPLOAD, true],
    ...(isLong ? [['download_speed_max', DOWNLOAD_HIGH, true], ['upload_speed_max', UPLOAD_HIGH, true]] : []),
    ['packet_receive_rate', PACKETS_IN], ['packet_send_rate', PACKETS_OUT], ['error_rate', ERRORS], ['drop_rate', DROPS],
  ];
  const columns = [{ name: 'time' }, ...channels.map(([name, , isSpeed]) => ({ name, unit: isSpeed ? speedUnit(unit) : 'packets/s' }))];
  const rows = [];
  for (let index = ring.find(from); index < ring.length && ring.time(index) <= to; index++)
    rows.push([stamp(ring.time(index)), ...channels.map(([, channel, isSpeed]) => {
      const value = digits(ring.value(channel, index));
      return isSpeed ? speed(value, unit) : value;
    })]);
  return { columns, rows };
}

const FIELDS = [
  ['process_name'], ['pid'], ['user'], ['unit'], ['connection_type'], ['local_address'], ['local_port'], ['remote_address'], ['remote_port'],
  ['state'], ['interface'], ['namespace'], ['download_speed', 'speed'], ['upload_speed', 'speed'], ['bytes_received', 'bytes'], ['bytes_sent', 'bytes'],
  ['rtt_ms', 'ms'], ['rtt_min_ms', 'ms'], ['retransmits', 'segments'], ['limited_by'], ['opened_at'],
];

export function connectionsTable(records, unit) {
  const columns = FIELDS.map(([name, kind]) => ({ name, unit: kind === 'speed' ? speedUnit(unit) : kind }));
  return { columns, rows: records.map((record) => FIELDS.map(([name, kind]) => (kind === 'speed' ? speed(record[name], unit) : record[name]))) };
}

function save(name, content, type) {
  const blob = content instanceof Blob ? content : new Blob([content], { type });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const EDGE = 20;
const HEAD = 62;
const LABEL = 24;

// charts: [{canvas, label}] -> a canvas with all of them below each other, title and time above.
function compose(charts, { title, subtitle, palette }) {
  const ratio = globalThis.devicePixelRatio || 1;
  const width = Math.max(...charts.map(({ canvas }) => canvas.clientWidth));
  const height = charts.reduce((sum, { canvas, label }) => sum + canvas.clientHeight + (label ? LABEL : 8), HEAD);
  const picture = document.createElement('canvas');
  [picture.width, picture.height] = [(width + 2 * EDGE) * ratio, (height + EDGE) * ratio];
  const context = picture.getContext('2d');
  context.scale(ratio, ratio);
  context.fillStyle = palette.panel;
  context.fillRect(0, 0, width + 2 * EDGE, height + EDGE);
  const write = (text, y, [color, font]) => {
    context.fillStyle = palette[color];
    context.font = `${font} ${palette.font}`;
    context.fillText(text, EDGE, y, width);
  };
  write(title, 30, ['text', '600 17px']);
  write(subtitle, 50, ['muted', '13px']);
  let y = HEAD;
  for (const { canvas, label } of charts) {
    if (label) write(label, y + 16, ['muted', '13px']);
    y += label ? LABEL : 8;
    context.drawImage(canvas, EDGE, y, canvas.clientWidth, canvas.clientHeight);
    y += canvas.clientHeight;
  }
  return picture;
}

// app: see main.js; charts() and connections(): what the views show. root: a details element, the menu.
export function createExport(root, app, { charts, connections }) {
  const host = () => app.store.shown.server?.hostname ?? '';
  const write = (ending, names, { columns, rows }, about) => {
    const isCsv = ending === 'csv';
    const text = isCsv ? csv(columns, rows) : json({ host: host(), ...about }, columns, rows);
    save(fileName([host(), ...names], ending), text, isCsv ? 'text/csv' : 'application/json');
  };
  const range = (ending) => {
    const { selected, range: { from, to } } = app;
    const ring = app.store.ringFor(selected, from);
    if (ring) write(ending, [selected, fileTime(from), fileTime(to)], rangeTable(ring, { from, to, unit: app.unit }), { interface: selected, from: stamp(from), to: stamp(to) });
  };
  const list = (ending) => {
    const { time } = app.store.shown;
    write(ending, ['connections', fileTime(time)], connectionsTable(connections(), app.unit), { time: stamp(time), search: app.state.query });
  };
  const picture = () => {
    const shown = charts().filter(({ canvas }) => canvas.clientWidth > 0);
    if (!shown.length) return;
    const { selected, visible: { from, to } } = app;
    const title = [host() && plain(host(), 60), plain(selected, 60)].filter(Boolean).join(' · ');
    compose(shown, { title, subtitle: `${dateAndClock(from)} – ${dateAndClock(to)}`, palette: app.palette })
      .toBlob((blob) => blob && save(fileName([host(), selected ?? '', fileTime(from), fileTime(to)], 'png'), blob), 'image/png');
  };
  const item = (label, act) => element('button', { type: 'button', onclick: () => {
    root.open = false;
    root.firstChild.focus();
    if (!Number.isNaN(app.store.shown.time)) act();
  } }, label);
  const group = (title, ...items) => element('div', { role: 'group', 'aria-label': title }, element('p', { 'aria-hidden': 'true' }, title), ...items);
  root.append(
    element('summary', { class: 'button' }, 'Export'),
    element('div', { class: 'menu-list' },
      group('Charts on show', item('Picture (PNG)', picture), item('Numbers (CSV)', () => range('csv')), item('Numbers (JSON)', () => range('json'))),
      group('Connections as filtered', item('List (CSV)', () => list('csv')), item('List (JSON)', () => list('json')))));
  document.addEventListener('pointerdown', ({ target }) => root.contains(target) || (root.open = false));
  root.addEventListener('focusout', ({ relatedTarget }) => relatedTarget && !root.contains(relatedTarget) && (root.open = false));
  root.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !root.open) return;
    event.preventDefault();
    root.open = false;
    root.firstChild.focus();
  });
}
