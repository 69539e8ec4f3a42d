// The charts of the detail, each with its place on the page, and what is marked in them.

import { MirroredChart } from '../chart.js';
import { element } from '../dom.js';
import { MirroredAxis, timeLabel } from '../scale.js';
import { DOWNLOAD, DOWNLOAD_HIGH, DROPS, ERRORS, PACKETS_IN, PACKETS_OUT, UPLOAD, UPLOAD_HIGH } from '../store.js';
import { StripChart } from '../strip.js';
import { clock, perSecond, rate } from '../units.js';

const SHORT_HOLE_MS = 2500;
const START_SLACK_MS = 5000; // the first reading comes this soon after a start

// The charts, the first of them large.
export const PANELS = [
  { channels: [DOWNLOAD, UPLOAD], highs: [DOWNLOAD_HIGH, UPLOAD_HIGH], colors: ['download', 'upload'] },
  { label: 'Packets/s', keys: [['download', '↓ in'], ['upload', '↑ out']], channels: [PACKETS_IN, PACKETS_OUT], colors: ['download', 'upload'], unit: 'packet' },
  { label: 'Lost/s', keys: [['lost', '▲ drops'], ['warn', 'errors']], channels: [DROPS, ERRORS], colors: ['bad', 'warn'], unit: 'loss', mode: 'up' },
];

// In rings of long steps the largest of each step is a channel of its own.
export const isLong = (ring) => ring.values.length > DOWNLOAD_HIGH;
export const highsOf = (ring) => (isLong(ring) ? [DOWNLOAD_HIGH, UPLOAD_HIGH] : [DOWNLOAD, UPLOAD]);

// Stretches of [from, to] of which nothing is known, and the times at which packets were lost.
function findHoles(ring, { from, to, holdUntil }) {
  const holes = [];
  const flags = [];
  let begin = null;
  const close = (end) => {
    if (begin !== null && end - begin > SHORT_HOLE_MS) holes.push({ from: begin, to: end });
    begin = null;
  };
  const first = ring.find(from);
  for (let index = Math.max(0, first - 1); index < ring.length; index++) {
    const time = ring.time(index);
    if (time > to) break;
    if (Number.isNaN(ring.value(DOWNLOAD, index))) begin ??= time;
    else close(time);
    if (index >= first && (ring.value(ERRORS, index) > 0 || ring.value(DROPS, index) > 0)) flags.push(time);
  }
  if (begin === null && holdUntil < to) begin = holdUntil;
  close(to);
  return { holes, flags };
}

export function marksOf(ring, { from, to, holdUntil, spans, events, startedAt }) {
  const { holes, flags } = findHoles(ring, { from, to, holdUntil });
  const start = ring.time(0);
  const bands = holes.map((hole) => ({ ...hole, text: startedAt > hole.from && startedAt < hole.to + START_SLACK_MS ? 'server not running' : 'no data', ink: 'muted' }));
  if (start > from) {
    const why = Math.abs(start - startedAt) < START_SLACK_MS ? 'server not running' : 'nothing known';
    bands.push({ from, to: start, text: `${why} before ${clock(start)}`, ink: 'muted' });
  }
  bands.push(...spans.map((span) => ({ ...span, text: 'link down', ink: 'bad' })));
  return { bands, flags, lines: events.map(({ time }) => time) };
}

// One chart with its place on the page. It is not drawn while it is scrolled away, nor when its picture
// would be the same.
export class Panel {
  isSeen = true;
  #axis = { of: null };
  #drawn = '';

  constructor(app, { label, keys, ...spec }, observer) {
    Object.assign(this, { app, spec });
    this.canvas = element('canvas', { 'aria-hidden': 'true' });
    this.label = label ?? 'Traffic';
    this.stage = element('div', { class: label ? 'strip' : 'stage' }, this.canvas);
    if (label) this.stage.append(element('p', { class: 'strip-label' }, label, ...keys.map(([name, text]) => element('span', { class: name }, text))));
    this.chart = label ? new StripChart(this.canvas, { label: (value) => perSecond(value).replace('/s', '').trim(), colors: spec.colors }) : this.#bigChart();
    observer.observe(this.stage);
  }

  #bigChart() {
    const value = (number, zero) => `${zero?.isLog ? '≤ ' : ''}${rate(number, this.app.unit)}`;
    return new MirroredChart(this.canvas, { colors: this.spec.colors, labels: { time: (moment) => this.timeLabel(moment), value } });
  }

  get area() {
    return this.chart.area;
  }

  // Another interface or window is another picture: its axis remembers nothing of the last.
  #axisFor(of, mode) {
    if (this.#axis.of !== of) this.#axis = { of, mirrored: new MirroredAxis(mode) };
    return this.#axis.mirrored;
  }

  // shown: {name, from, to, width, holdUntil, marks, xTicks, link}; key: of all that is in the picture.
  draw(ring, shown, key) {
    const { spec, app } = this;
    const { name, from, to, link } = shown;
    const mode = spec.mode ?? (spec.unit ? 'same' : app.prefs.get('axis'));
    const unit = spec.unit ?? app.unit;
    const drawn = [key, unit, mode].join();
    if (!this.isSeen || (drawn === this.#drawn && this.palette === app.palette)) return;
    this.#drawn = drawn;
    this.palette = app.palette;
    const highs = (ring && isLong(ring) && spec.highs) || spec.channels;
    const [download, upload] = spec.channels.map((channel, index) => ring?.stats(channel, from, to, highs[index]).peak ?? null);
    this.timeLabel = timeLabel(shown.xTicks);
    this.chart.draw(ring, {
      ...shown, palette: app.palette,
      channels: highs === spec.channels ? highs : [...spec.channels, ...highs],
      axis: this.#axisFor(`${name} ${to - from} ${mode}`, mode).update({ download, upload }, unit, to, link),
    });
  }
}
