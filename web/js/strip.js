// A low chart below the big one, on the same time axis: two courses, two labels, the same bands and lines. It is
// drawn on a bare canvas, which costs a fifth of what Chart.js does for as little.

import { PointPool, drawRuns, splitRuns } from './chart.js';
import { fitCanvas } from './dom.js';
import { drawBands, drawLines } from './marks.js';
import { GUTTER, MARGIN } from './scale.js';

const STRIP_HEIGHT = 82;
const TOP = 20; // above it stands its label
const BOTTOM = 4;

export class StripChart {
  #points = new PointPool();

  // label(value) -> text at the axis; colors: two tokens of the palette.
  constructor(canvas, { label, colors }) {
    Object.assign(this, { canvas, label, colors, context: canvas.getContext('2d') });
  }

  draw(ring, { width, channels, from, to, axis, xTicks, holdUntil, marks, palette }) {
    fitCanvas(this.canvas, this.context, { width, height: STRIP_HEIGHT });
    this.area = { left: GUTTER, right: width - MARGIN, top: TOP, bottom: STRIP_HEIGHT - BOTTOM };
    const { context, area } = this;
    const plot = area.right - area.left;
    const x = (time) => area.left + ((time - from) / (to - from)) * plot;
    const y = (value) => area.bottom - ((value - axis.min) / (axis.max - axis.min)) * (area.bottom - area.top);
    const scale = { min: from, max: to, getPixelForValue: x };
    const shown = { ...marks, palette };
    context.font = `11px ${palette.font}`;
    this.#grid({ x, y, axis, xTicks, palette });
    drawBands(context, area, scale, shown);
    drawLines(context, area, scale, shown);
    context.save();
    context.beginPath();
    context.rect(area.left, area.top - 1, plot, area.bottom - area.top + 2);
    context.clip();
    const columns = Math.max(60, Math.min(800, Math.round(plot)));
    const points = this.#points.reserve(3 * (columns + 3));
    channels.forEach((channel, index) => {
      const count = ring ? ring.decimate(channel, { from, to, columns }, points) : 0;
      for (let at = 0; at < count; at++) if (points[at].y !== null) points[at].y = axis.toY(points[at].y, index === 1);
      const color = palette[this.colors[index]];
      const runs = splitRuns(points, count, { to, holdUntil });
      drawRuns(context, runs, { x, y, zero: y(0), color });
    });
    context.restore();
  }

  #grid({ x, y, axis, xTicks, palette }) {
    const { context, area } = this;
    const line = (color, x1, y1, x2, y2) => {
      context.strokeStyle = color;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x1, y1);
      context.lineTo(x2, y2);
      context.stroke();
    };
    for (const time of xTicks) line(palette.line, Math.round(x(time)) + 0.5, area.top, Math.round(x(time)) + 0.5, area.bottom);
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    context.fillStyle = palette.muted;
    for (const value of [0, axis.max]) {
      const at = Math.round(y(value)) + 0.5;
      line(value ? palette.line : palette.axis, area.left, at, area.right, at);
      context.fillText(this.label(value), area.left - 8, at);
    }
    context.textAlign = 'left';
  }
}
