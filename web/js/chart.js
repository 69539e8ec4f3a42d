// The big picture and the smallest. The big one is a Chart.js line chart with everything it does by itself
// switched off (animation, parsing, legend, tooltips, events), which makes it fifty times cheaper;
// the sparklines are so simple that a bare canvas draws them.

import '../vendor/chart.umd.min.js';
import { fitCanvas } from './dom.js';
import { marks } from './marks.js';
import { faded } from './palette.js';
import { GUTTER, MARGIN } from './scale.js';

const { Chart } = globalThis;
const DOT = 2; // half of it
const LABEL_HALF = 30; // of a time's label, in pixels

// Points that are filled anew at each draw instead of being made anew.
export class PointPool {
  points = [];

  reserve(count) {
    while (this.points.length < count) this.points.push({ x: 0, y: null });
    return this.points;
  }

  // Makes data hold the first count points.
  lend(data, count) {
    for (let index = 0; index < count; index++) data[index] = this.points[index];
    data.length = count;
  }
}

function options() {
  return {
    parsing: false,
    normalized: true,
    animation: false,
    spanGaps: false,
    events: [],
    maintainAspectRatio: false,
    layout: { padding: { top: 6, right: MARGIN }, autoPadding: false },
    elements: { point: { radius: 0 }, line: { borderWidth: 1.5, borderJoinStyle: 'round' } },
    plugins: { legend: { display: false }, tooltip: { enabled: false } },
    scales: {
      x: { type: 'linear', min: 0, max: 1, border: { display: false }, grid: { drawTicks: false }, ticks: { maxRotation: 0, minRotation: 0, padding: 6, autoSkip: false } },
      y: { type: 'linear', min: -1, max: 1, border: { display: false }, grid: { drawTicks: false }, ticks: { padding: 8, autoSkip: false } },
    },
  };
}

// Two courses over time, the second below zero where its axis says so.
export class MirroredChart {
  #pools = Array.from({ length: 4 }, () => new PointPool());
  #axis = { ticks: [], fromY: Math.abs };
  #times = [];

  // labels: {time(ms), value(number, axis)}; colors: two tokens of the palette.
  constructor(canvas, { labels, colors }) {
    this.colors = colors;
    const settings = options();
    const { x, y } = settings.scales;
    x.afterBuildTicks = (axis) => (axis.ticks = this.#times.map((value) => ({ value })));
    y.afterBuildTicks = (axis) => (axis.ticks = this.#axis.ticks.map((value) => ({ value })));
    y.afterFit = (axis) => (axis.width = GUTTER);
    // A label that would not fit at the right edge must not move the plot to make room.
    x.afterFit = (axis) => (axis.paddingLeft = axis.paddingRight = 0);
    x.ticks.callback = (value) => (this.chart && this.chart.scales.x.getPixelForValue(value) > this.chart.width - LABEL_HALF ? '' : labels.time(value));
    y.ticks.callback = (value) => labels.value(this.#axis.fromY(value), value === 0 && this.#axis);
    // The last two are what lies between the mean and the largest, where samples are of long steps.
    const datasets = Array.from({ length: 4 }, (_, index) => ({ data: [], fill: 'origin', borderWidth: index < 2 ? 1.5 : 0 }));
    this.chart = new Chart(canvas, { type: 'line', data: { datasets }, options: settings, plugins: [marks] });
  }

  setPalette(palette) {
    this.palette = palette;
    this.chart.data.datasets.forEach((dataset, index) => {
      dataset.borderColor = palette[this.colors[index % 2]];
      dataset.backgroundColor = faded(dataset.borderColor, 0.2);
    });
    const { x, y } = this.chart.options.scales;
    for (const axis of [x, y]) {
      axis.ticks.color = palette.muted;
      axis.ticks.font = { family: palette.font, size: 11 };
    }
    x.grid.color = palette.line;
    y.grid.color = ({ tick }) => (tick?.value === 0 ? palette.axis : palette.line);
  }

  get area() {
    return this.chart.chartArea;
  }

  // Without asking the page to lay itself out.
  get width() {
    return this.chart.width || 600;
  }

  get size() {
    return `${this.chart.width} ${this.chart.height}`;
  }

  // channels: of the ring: two, and perhaps two more with the largest of each; holdUntil: the newest
  // value is known to hold up to then.
  draw(ring, { channels, from, to, axis, xTicks, holdUntil, marks: shown, palette }) {
    if (palette !== this.palette) this.setPalette(palette);
    const columns = Math.max(60, Math.min(800, Math.round(this.area?.width ?? 600)));
    for (let index = 0; index < 4; index++) {
      const pool = this.#pools[index];
      const points = pool.reserve(3 * (columns + 3) + 1);
      let count = ring && index < channels.length ? ring.decimate(channels[index], { from, to, columns }, points) : 0;
      const last = points[count - 1];
      if (count && last.y !== null && last.x < to && holdUntil > last.x) {
        points[count].x = holdUntil;
        points[count].y = last.y;
        count++;
      }
      for (let at = 0; at < count; at++) if (points[at].y !== null) points[at].y = axis.toY(points[at].y, index % 2 === 1);
      pool.lend(this.chart.data.datasets[index].data, count);
    }
    const { x, y } = this.chart.options.scales;
    [x.min, x.max, y.min, y.max] = [from, to, axis.min, axis.max];
    this.#times = xTicks;
    this.#axis = axis;
    this.chart.marks = { ...shown, palette: this.palette };
    this.chart.update('none');
  }

  destroy() {
    this.chart.destroy();
  }
}

// A small picture without axes: each channel in its half, both on one scale.
export class Sparkline {
  #points = new PointPool();
  #size = { width: 0, height: 0 };
  #drawn = null;

  constructor(canvas, channels) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.channels = channels; // [{channel, color: a token of the palette, sign}]
    // The browser tells its size when it changes: asked at each draw, it would lay the page out each time.
    new ResizeObserver(([{ contentRect }]) => {
      this.#size = contentRect;
      if (this.#drawn) this.draw(...this.#drawn);
    }).observe(canvas);
  }

  // ends: {download, upload}, the values at the top and (mirrored) at the bottom edge.
  draw(ring, shown) {
    this.#drawn = [ring, shown];
    const { from, to, holdUntil, top, bottom, palette } = shown;
    const { width, height } = this.#size;
    const { context } = this;
    fitCanvas(this.canvas, context, this.#size);
    if (!ring || !width) return;
    const columns = Math.max(8, Math.round(width));
    const points = this.#points.reserve(3 * (columns + 3));
    const zero = 1 + (height - 2) * (top / (top + bottom));
    const x = (time) => ((time - from) / (to - from)) * width;
    const y = (value) => zero - (value / (top + bottom)) * (height - 2);
    for (const { channel, color, sign } of this.channels) {
      const count = ring.decimate(channel, { from, to, columns, sign }, points);
      const runs = splitRuns(points, count, { to, holdUntil });
      drawRuns(context, runs, { x, y, zero, color: palette[color] });
    }
  }
}

// Stretches of points without a hole; the last one goes on for as long as its value is known to hold.
export function splitRuns(points, count, { to, holdUntil }) {
  const runs = [[]];
  for (let index = 0; index < count; index++) {
    const run = runs[runs.length - 1];
    if (points[index].y !== null) run.push(points[index]);
    else if (run.length) runs.push([]);
  }
  const last = runs[runs.length - 1].at(-1);
  if (last && holdUntil > last.x) runs[runs.length - 1].push({ x: Math.min(to, holdUntil), y: last.y });
  return runs.filter((run) => run.length);
}

// A sample that stands alone, which a line shows as nothing, is a dot.
export function drawRuns(context, runs, { x, y, zero, color }) {
  for (const run of runs) {
    context.beginPath();
    run.forEach((point, index) => context[index ? 'lineTo' : 'moveTo'](x(point.x), y(point.y)));
    context.strokeStyle = color;
    context.lineWidth = 1.25;
    context.lineJoin = 'round';
    context.stroke();
    context.lineTo(x(run.at(-1).x), zero);
    context.lineTo(x(run[0].x), zero);
    context.closePath();
    context.fillStyle = faded(color, 0.18);
    context.fill();
    if (run.length > 1) continue;
    context.fillStyle = color;
    context.fillRect(x(run[0].x) - DOT, y(run[0].y) - DOT, 2 * DOT, 2 * DOT);
  }
}
