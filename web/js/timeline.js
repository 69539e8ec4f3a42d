// Events along the charts' time axis: a lane for each kind, a mark for each event, its shape and
// colour by what happened, and one mark with a count where they would overlap.

import { fitCanvas } from './dom.js';
import { KINDS } from './eventlog.js';
import { GUTTER, MARGIN } from './scale.js';

const LANE = 17;
const TIMES_HEIGHT = 20;
const TOGETHER = 20; // nearer than so many pixels they are one mark
const REACH = 9; // from a mark's middle

// event -> the mark it has in pictures and lists, and a token of the palette.
const LOOKS = {
  link_up: ['▲', 'good'], link_down: ['▼', 'bad'], address_added: ['◆', 'download'], address_removed: ['◇', 'muted'],
  interface_added: ['■', 'good'], interface_removed: ['□', 'bad'], counter_reset: ['↺', 'muted'], drops: ['✕', 'bad'],
  overrun: ['!', 'bad'], listener_added: ['◉', 'warn'], route_changed: ['⇄', 'download'],
};
export const lookOf = (event) => LOOKS[event] ?? ['●', 'muted'];

export const LANES = Object.keys(KINDS);
const HEIGHT = LANES.length * LANE + TIMES_HEIGHT;

// Entries in time's order, put together where closer than TOGETHER pixels: [{x, lane, entries}].
export function clustered(entries, { from, to, width }) {
  const open = new Map(); // lane -> the last cluster there
  const clusters = [];
  for (const entry of entries) {
    const x = ((entry.time - from) / (to - from)) * width;
    const last = open.get(entry.kind);
    if (last && x - last.x < TOGETHER) {
      last.entries.push(entry);
      continue;
    }
    const cluster = { x, lane: LANES.indexOf(entry.kind), entries: [entry] };
    open.set(entry.kind, cluster);
    clusters.push(cluster);
  }
  return clusters;
}

export class Timeline {
  clusters = [];

  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
  }

  // times: [{time, text}] of the axis.
  draw(entries, { from, to, width, times, palette }) {
    fitCanvas(this.canvas, this.context, { width, height: HEIGHT });
    this.area = { left: GUTTER, right: width - MARGIN, top: 0, bottom: HEIGHT - TIMES_HEIGHT };
    const { context, area } = this;
    const span = area.right - area.left;
    if (span <= 0) return;
    context.font = `11px ${palette.font}`;
    this.#grid(times.map(({ time, text }) => ({ x: Math.round(area.left + ((time - from) / (to - from)) * span) + 0.5, text })), { width, palette });
    this.clusters = clustered(entries, { from, to, width: span });
    context.textBaseline = 'middle';
    for (const { x, lane, entries: all } of this.clusters) {
      const [mark, color] = lookOf(all.at(-1).record.event);
      const [at, y] = [area.left + x, (lane + 0.5) * LANE];
      context.fillStyle = palette[color];
      context.textAlign = 'center';
      context.fillText(mark, at, y);
      if (all.length === 1) continue;
      context.textAlign = at > area.right - 30 ? 'right' : 'left';
      context.fillStyle = palette.text;
      context.fillText(String(all.length), at + (at > area.right - 30 ? -7 : 7), y);
    }
  }

  #grid(times, { width, palette }) {
    const { context, area } = this;
    context.strokeStyle = palette.line;
    context.fillStyle = palette.muted;
    context.beginPath();
    LANES.forEach((kind, lane) => {
      const y = (lane + 1) * LANE - 0.5;
      context.moveTo(area.left, y);
      context.lineTo(area.right, y);
      context.textAlign = 'right';
      context.textBaseline = 'middle';
      context.fillText(KINDS[kind].label, area.left - 8, y + 0.5 - LANE / 2);
    });
    for (const { x, text } of times) {
      context.moveTo(x, 0);
      context.lineTo(x, area.bottom);
      context.textAlign = 'center';
      if (x < width - 30) context.fillText(text, x, HEIGHT - TIMES_HEIGHT / 2);
    }
    context.stroke();
  }

  // The cluster at a place, or undefined.
  at(x, y) {
    const lane = Math.floor(y / LANE);
    return this.clusters.find((cluster) => cluster.lane === lane && Math.abs(cluster.x + GUTTER - x) <= REACH + (cluster.entries.length > 1 ? 6 : 0));
  }
}
