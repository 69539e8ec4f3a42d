// The axes of a chart. The upright one is mirrored: download above zero, upload below. Each half ends
// at a nice number, grows at once, and shrinks only after the smaller number has been enough for ten
// seconds, so that the picture does not pump. Pure.

import { clock, clockMinutes, day, niceCeiling } from './units.js';

// Left and right of every plot, in pixels: fixed, so that it does not jump as its labels change and all align.
export const GUTTER = 80;
export const MARGIN = 2;

const PATIENCE_MS = 10_000;
const SMALLEST_SHARE = 0.2;
// Idle noise stays a flat line: the axis never ends below 10 kbit/s, 1 KiB/s, 10 packets/s or 1 loss/s.
const FLOORS = { bit: 10_000 / 8, byte: 1024, byte10: 1000, packet: 10, loss: 1 };
// Where the logarithmic axis begins, and what one step of it multiplies by.
const ORIGINS = { bit: 1000 / 8, byte: 1024, byte10: 1000 };
const FACTORS = { bit: 10, byte: 32, byte10: 10 };

// One half: remembers the end it shows and since when a smaller one would do.
class StickyEnd {
  end = 0;
  #smallerSince = null;

  update(wanted, time) {
    if (wanted >= this.end) {
      this.end = wanted;
      this.#smallerSince = null;
    } else if (this.#smallerSince === null || time < this.#smallerSince) {
      this.#smallerSince = time;
    } else if (time - this.#smallerSince >= PATIENCE_MS) {
      this.end = wanted;
      this.#smallerSince = null;
    }
    return this.end;
  }
}

const niceEnd = (peak, unit) => Math.max(FLOORS[unit], niceCeiling(peak, unit));
const stepsTo = (peak, unit) => Math.max(1, Math.ceil(Math.log(Math.max(1, peak / ORIGINS[unit])) / Math.log(FACTORS[unit]) - 1e-9));

function withShare([top, bottom]) {
  const least = Math.max(top, bottom) * (SMALLEST_SHARE / (1 - SMALLEST_SHARE));
  return [Math.max(top, least), Math.max(bottom, least)];
}

// The larger half is labelled at its end and its middle; the smaller by the same step, or at its end.
function mirrored(top, bottom, step = Math.max(top, bottom) / 2) {
  const ticks = new Set([0]);
  for (const [end, sign] of [[top, 1], [bottom, -1]]) {
    for (let value = step; value <= end * (1 + 1e-9); value += step) ticks.add(sign * value);
    if (end < step) ticks.add(sign * end);
  }
  return { min: -bottom, max: top, ticks: [...ticks].sort((a, b) => a - b) };
}

// What an axis shows by its ends: {min, max, ticks} in its own measure, toY(value, isUpload) into it, and
// fromY(y) back to what a tick says.
const bySame = { toY: (value, isUpload) => (isUpload ? -value : value), fromY: Math.abs };
const SHAPES = {
  same: (ends) => ({ ...mirrored(...withShare(ends)), ...bySame }),
  each: ([top, bottom]) => ({
    ...mirrored(top, top),
    toY: (value, isUpload) => (isUpload ? (-value * top) / bottom : value),
    fromY: (y) => (y < 0 ? (-y * bottom) / top : y),
  }),
  log: (ends, unit) => ({
    ...mirrored(...withShare(ends), Math.ceil(Math.max(...ends) / 4)),
    toY: (value, isUpload) => (Math.max(0, Math.log(value / ORIGINS[unit])) / Math.log(FACTORS[unit])) * (isUpload ? -1 : 1),
    fromY: (y) => ORIGINS[unit] * FACTORS[unit] ** Math.abs(y),
    isLog: true,
  }),
  link: (ends) => ({ ...mirrored(...ends), ...bySame }),
  // Both upwards, for what has no direction.
  up: (ends) => ({ min: 0, max: Math.max(...ends), ticks: [0, Math.max(...ends)], toY: (value) => value, fromY: (y) => y }),
};

export class MirroredAxis {
  #ends = null;
  #unit = null;

  // mode: same (one scale for both directions), each (one each), log, link (both up to the link's speed), up.
  constructor(mode = 'same') {
    this.mode = mode;
  }

  // peaks in bytes/s, null when unknown; time in ms of the data; link: the link's speed in bytes/s, if known.
  update({ download, upload }, unit, time, link = null) {
    if (unit !== this.#unit) this.#ends = [new StickyEnd(), new StickyEnd()];
    this.#unit = unit;
    const mode = this.mode === 'link' && !(link > 0) ? 'same' : this.mode;
    const wanted = (peak) => {
      if (mode === 'log') return stepsTo(peak, unit);
      return mode === 'link' && peak <= link ? link : niceEnd(peak, unit);
    };
    const ends = [download, upload].map((peak, half) => this.#ends[half].update(wanted(peak ?? 0), time));
    return SHAPES[mode](ends, unit);
  }
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const STEPS = [1, 2, 5, 10, 20, 30].map((seconds) => seconds * SECOND);
STEPS.push(...[1, 2, 5, 10, 15, 20, 30].map((minutes) => minutes * MINUTE), ...[1, 2, 3, 6, 12, 24].map((hours) => hours * HOUR));
const SHORT = 4 * MINUTE; // below this ticks may stand between minutes

// Times of the x axis' ticks, at most so many: round ones by the clock on the wall.
export function timeTicks(from, to, most) {
  const every = STEPS.find((step) => (to - from) / step <= most && (step >= MINUTE || to - from < SHORT)) ?? STEPS.at(-1);
  const shift = new Date(from).getTimezoneOffset() * MINUTE;
  const ticks = [];
  for (let time = Math.ceil((from - shift) / every) * every + shift; time <= to; time += every) ticks.push(time);
  return ticks;
}

// How these ticks are written: with seconds where they need them, midnight as the day that begins.
export function timeLabel(ticks) {
  const every = ticks.length > 1 ? ticks[1] - ticks[0] : MINUTE;
  if (every % MINUTE) return clock;
  return (time) => (every >= HOUR && new Date(time).getHours() === 0 ? day(time) : clockMinutes(time));
}
