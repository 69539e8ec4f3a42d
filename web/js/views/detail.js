// One interface in full: the mirrored chart with its crosshair, what it adds up to over the window,
// the facts about the link, and the same course as a table for those who cannot see a picture.

import { MirroredChart } from '../chart.js';
import { Crosshair } from '../crosshair.js';
import { element, put, setAttribute } from '../dom.js';
import { MirroredAxis, timeTicks } from '../scale.js';
import { DOWNLOAD, DROPS, ERRORS, UPLOAD, isUp } from '../store.js';
import { plain } from '../text.js';
import { UNKNOWN, bytes, clock, clockMinutes, count, duration, perSecond, rate } from '../units.js';
import { kindOf, linkWord, speedOf } from './cards.js';

const LINK_EVENTS = new Set(['link_up', 'link_down', 'counter_reset', 'route_changed']);
const TABLE_ROWS = 15;
const LABEL_WIDTH = 100; // of a time on the x axis, with room around it

const yesNo = (value) => (value === true ? 'yes' : value === false ? 'no' : UNKNOWN);
const known = (value) => (value === undefined || value === '' ? UNKNOWN : plain(value));
const pair = (show, received, sent) => `↓\u00a0${show(received)}  ↑\u00a0${show(sent)}`;
const sumOf = (a, b) => (typeof a === 'number' && typeof b === 'number' ? a + b : undefined);

const FACTS = [
  ['Hardware address', (record) => known(record.mac_address)],
  ['MTU', (record) => (typeof record.mtu === 'number' ? `${count(record.mtu)} bytes` : UNKNOWN)],
  ['Driver', (record) => known(record.driver)],
  ['Packets', (record) => pair(perSecond, record.packet_receive_rate, record.packet_send_rate)],
  ['Errors', (record) => count(sumOf(record.receive_errors, record.send_errors))],
  ['Drops', (record) => count(sumOf(record.receive_drops, record.send_drops))],
  ['Carrier changes', (record) => count(record.carrier_changes)],
  ['In the totals', (record) => (record.counted === false && record.not_counted_reason ? `no: ${plain(record.not_counted_reason)}` : yesNo(record.counted))],
];

function createFacts() {
  const cells = FACTS.map(([label]) => ({ label, value: element('dd') }));
  const addresses = element('dd', { class: 'fact-addresses' });
  const node = element('dl', { class: 'facts' },
    ...cells.map(({ label, value }) => element('div', {}, element('dt', {}, label), value)),
    element('div', { class: 'wide' }, element('dt', {}, 'Addresses'), addresses));
  function show(record) {
    cells.forEach(({ value }, index) => put(value, FACTS[index][1](record)));
    const list = Array.isArray(record.addresses) ? record.addresses.map((address) => plain(address, 50)) : null;
    put(addresses, list === null ? UNKNOWN : list.slice(0, 6).join('\n') + (list.length > 6 ? `\n+${list.length - 6}` : '') || 'none');
  }
  return { node, show };
}

function createSums() {
  const columns = ['Now', 'Average', 'Peak', 'Total'];
  const rows = [['download', '↓', 'Download'], ['upload', '↑', 'Upload']].map(([className, arrow, label]) => {
    const cells = columns.map(() => element('td'));
    return { cells, node: element('tr', {}, element('th', { scope: 'row', class: className }, arrow, element('span', { class: 'label' }, `\u00a0${label}`)), ...cells) };
  });
  const heads = columns.map((label) => element('th', { scope: 'col' }, label));
  const span = element('td', { class: 'span' });
  const node = element('table', { class: 'sums' },
    element('caption', { class: 'unseen' }, 'Over the window shown'),
    element('thead', {}, element('tr', {}, span, ...heads)),
    element('tbody', {}, ...rows.map((row) => row.node)));
  function show(sums, { unit, over }) {
    put(span, over);
    sums.forEach(({ now, mean, peak, total }, index) => {
      [rate(now, unit), rate(mean, unit), rate(peak, unit), bytes(total)].forEach((text, column) => put(rows[index].cells[column], text.replace('\u00a0', ' ')));
    });
  }
  return { node, show };
}

// The chart in words and figures: one row for each stretch of the window.
function createCourse() {
  const body = element('tbody');
  const heads = ['From', '↓ average', '↓ peak', '↑ average', '↑ peak', 'Lost'];
  const table = element('table', {}, element('caption', { class: 'unseen' }, 'Course over the window shown'),
    element('thead', {}, element('tr', {}, ...heads.map((label) => element('th', { scope: 'col' }, label)))), body);
  const node = element('div', { class: 'course', role: 'region', 'aria-label': 'Traffic as a table', tabindex: '0', hidden: true }, table);
  const rows = Array.from({ length: TABLE_ROWS }, () => element('tr', {}, ...heads.map((_, index) => element(index ? 'td' : 'th', index ? {} : { scope: 'row' }))));
  body.append(...rows);
  function show(ring, { from, to, unit }) {
    const step = (to - from) / TABLE_ROWS;
    rows.forEach((row, index) => {
      const end = to - index * step;
      const [down, up, errors, drops] = [DOWNLOAD, UPLOAD, ERRORS, DROPS].map((channel) => ring.stats(channel, end - step, end));
      const lost = { total: errors.total === null ? drops.total : errors.total + (drops.total ?? 0) };
      const texts = [clock(end - step), rate(down.mean, unit), rate(down.peak, unit), rate(up.mean, unit), rate(up.peak, unit), lost.total === null ? UNKNOWN : count(Math.round(lost.total))];
      texts.forEach((text, column) => put(row.children[column], text));
    });
  }
  return { node, show };
}

function marksOf(ring, name, { events, from, to, spans }) {
  const flags = [];
  for (let index = ring.find(from); index < ring.length && ring.time(index) <= to; index++)
    if (ring.value(ERRORS, index) > 0 || ring.value(DROPS, index) > 0) flags.push(ring.time(index));
  const lines = [];
  for (const event of events.values())
    if (event.interface === name && LINK_EVENTS.has(event.event)) lines.push(Date.parse(event.time));
  const bands = spans.map((span) => ({ ...span, text: 'link down', ink: 'bad' }));
  if (ring.time(0) > from) bands.push({ from, to: ring.time(0), text: `before ${clock(ring.time(0))} the server did not run`, ink: 'muted' });
  return { bands, flags, lines };
}

function summaryOf(name, record, { sums: [down, up], unit, over }) {
  const state = record ? linkWord(record).word : 'gone';
  const part = (word, { now, peak }) => `${word} ${rate(now, unit)} now, ${rate(peak, unit)} at most`;
  return `${plain(name, 24)} is ${state}. ${over}: ${part('download', down)}; ${part('upload', up)}.`;
}

function createFrame(root, { facts, sums, course }) {
  const parts = {
    title: element('h2', { id: 'detail-title' }, 'Traffic'),
    subtitle: element('p', { class: 'subtitle' }),
    toggle: element('button', { type: 'button', class: 'button quiet', 'aria-expanded': 'false' }, 'View as table'),
    canvas: element('canvas', { 'aria-hidden': 'true' }),
    caption: element('figcaption', { class: 'unseen' }),
  };
  parts.stage = element('div', { class: 'stage', tabindex: '0', role: 'group', 'aria-label': 'Traffic chart' }, parts.canvas);
  const legend = element('p', { class: 'legend' },
    element('span', { class: 'download' }, '↓ Download'), element('span', { class: 'upload' }, '↑ Upload'), element('span', { class: 'lost' }, '▲ Packets lost'));
  root.append(
    element('div', { class: 'detail-head' }, element('div', {}, parts.title, parts.subtitle), legend, parts.toggle),
    element('div', { class: 'detail-body' }, element('figure', {}, parts.stage, course.node, sums.node, parts.caption), facts.node));
  return parts;
}

function sampleAt(ring, index) {
  const [down, up, errors, drops] = [DOWNLOAD, UPLOAD, ERRORS, DROPS].map((channel) => ring.value(channel, index));
  return { index, time: ring.time(index), down, up, lost: (errors || 0) + (drops || 0), isDown: false };
}

class Detail {
  #axis = { of: null, mirrored: new MirroredAxis() };
  #palette = null;

  constructor(root, app) {
    this.app = app;
    this.facts = createFacts();
    this.sums = createSums();
    this.course = createCourse();
    this.parts = createFrame(root, this);
    this.chart = new MirroredChart(this.parts.canvas, {
      time: (value) => ((app.state.window * 1000) <= 60_000 ? clock(value) : clockMinutes(value)),
      rate: (value) => rate(value, this.#unit),
    });
    this.crosshair = new Crosshair(this.parts.stage, {
      chart: this.chart,
      nearest: (time) => (this.#ring?.length ? sampleAt(this.#ring, this.#ring.nearest(time)) : null),
      at: (index) => (this.#ring && index >= 0 && index < this.#ring.length ? this.#ring.time(index) : null),
      rate: (value) => rate(value, this.#unit),
    });
    this.parts.toggle.addEventListener('click', () => this.#toggleTable());
  }

  get #ring() {
    return this.app.store.rings.get(this.app.selected);
  }

  get #unit() {
    return this.app.unit;
  }

  #toggleTable() {
    const { stage, toggle } = this.parts;
    const isTable = this.course.node.hidden;
    this.course.node.hidden = !isTable;
    stage.hidden = isTable;
    setAttribute(toggle, 'aria-expanded', isTable);
    put(toggle, isTable ? 'View as chart' : 'View as table');
    this.app.schedule.hurry('detail');
  }

  #drawHead(name, record) {
    const { title, subtitle, stage } = this.parts;
    put(title, name === null ? 'Traffic' : plain(name, 24));
    const parts = record ? [kindOf(record), `${linkWord(record).mark} ${linkWord(record).word}`, speedOf(record)] : ['This interface is gone'];
    put(subtitle, name === null ? 'No interface yet' : parts.filter(Boolean).join(' · '));
    setAttribute(subtitle, 'data-tone', record && isUp(record) === false ? 'down' : null);
    setAttribute(stage, 'aria-label', `Traffic chart of ${plain(name ?? 'no interface', 24)}. Download is drawn upwards, upload downwards. Arrow keys read its values.`);
  }

  // Another interface or window is another picture: its axis remembers nothing of the last.
  #axisFor(name) {
    const of = `${name} ${(this.app.state.window * 1000)}`;
    if (this.#axis.of !== of) this.#axis = { of, mirrored: new MirroredAxis() };
    return this.#axis.mirrored;
  }

  #drawChart(ring, { name, from, to, events }) {
    if (this.#palette !== this.app.palette) this.chart.setPalette((this.#palette = this.app.palette));
    const [down, up] = [DOWNLOAD, UPLOAD].map((channel) => ring?.stats(channel, from, to).peak ?? null);
    this.chart.draw(ring, {
      channels: [DOWNLOAD, UPLOAD], from, to,
      axis: this.#axisFor(name).update({ download: down, upload: up }, this.#unit, to),
      xTicks: timeTicks(from, to, this.parts.stage.clientWidth / LABEL_WIDTH),
      holdUntil: ring ? this.app.store.heldUntil(ring) : NaN,
      marks: ring ? marksOf(ring, name, { events, from, to, spans: this.app.store.downSpans(name, from, to) }) : { bands: [], flags: [], lines: [] },
    });
    this.crosshair.refresh();
  }

  #drawSums(ring, { name, record, from, to }) {
    const unit = this.#unit;
    const both = [DOWNLOAD, UPLOAD].map((channel) => ring.stats(channel, from, to));
    both[0].now = record?.download_speed ?? null;
    both[1].now = record?.upload_speed ?? null;
    const seen = Math.min(to - from, Math.max(0, to - ring.time(0))) / 1000;
    const over = seen < (to - from) / 1000 - 1 ? `Since opened, ${duration(seen)}` : `Last ${duration(seen)}`;
    this.sums.show(both, { unit, over });
    put(this.parts.caption, summaryOf(name, record, { sums: both, unit, over }));
  }

  draw() {
    const { interfaces, events } = this.app.store.shown;
    const name = this.app.selected;
    const record = name === null ? undefined : interfaces.get(name);
    const { from, to } = this.app.visible;
    if (name !== null && (this.app.state.window > 3600 || this.app.state.end !== null)) this.app.history.wantDay(name);
    const ring = this.app.store.ringFor(name, from);
    this.#drawHead(name, record);
    if (!this.parts.stage.hidden) this.#drawChart(ring, { name, from, to, events });
    if (!ring) return;
    this.#drawSums(ring, { name, record, from, to });
    if (!this.course.node.hidden) this.course.show(ring, { from, to, unit: this.#unit });
    this.facts.show(record ?? {});
  }
}

export const createDetail = (root, app) => new Detail(root, app);
