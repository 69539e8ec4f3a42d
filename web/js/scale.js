// The mirrored axis: download above zero, upload below, both on one scale of bytes/s per pixel.
// Each half ends at a nice number of its own, grows at once, and shrinks only after the smaller
// number has been enough for ten seconds, so that the picture does not pump.

import { niceCeiling } from './units.js';

const PATIENCE_MS = 10_000;
const SMALLEST_SHARE = 0.2;

// Idle noise stays a flat line: the axis never ends below 10 kbit/s, or 1 KiB/s.
const floor = (unit) => (unit === 'bit' ? 10_000 / 8 : 1024);

// One half: remembers the end it shows and since when a smaller one would do.
class StickyEnd {
  end = 0;
  #smallerSince = null;

  update(peak, unit, time) {
    const wanted = Math.max(floor(unit), niceCeiling(peak ?? 0, unit));
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

export class MirroredAxis {
  #download = new StickyEnd();
  #upload = new StickyEnd();
  #unit = null;

  // peaks in bytes/s, null when unknown; time in ms of the data. Returns {min, max, ticks}, min below zero.
  update({ download, upload }, unit, time) {
    if (unit !== this.#unit) {
      this.#download = new StickyEnd();
      this.#upload = new StickyEnd();
      this.#unit = unit;
    }
    const top = this.#download.update(download, unit, time);
    const bottom = this.#upload.update(upload, unit, time);
    const least = Math.max(top, bottom) * (SMALLEST_SHARE / (1 - SMALLEST_SHARE));
    return mirrored(Math.max(top, least), Math.max(bottom, least));
  }
}

// The larger half is labelled at its end and its middle; the smaller by the same step, or at its end.
function mirrored(top, bottom) {
  const step = Math.max(top, bottom) / 2;
  const ticks = new Set([0]);
  for (const [end, sign] of [[top, 1], [bottom, -1]]) {
    for (let value = step; value <= end * (1 + 1e-9); value += step) ticks.add(sign * value);
    if (end < step) ticks.add(sign * end);
  }
  return { min: -bottom, max: top, ticks: [...ticks].sort((a, b) => a - b) };
}

const MINUTE = 60_000;
const SECONDS_STEPS = [10_000, 20_000, 30_000, MINUTE];
const MINUTE_STEPS = [1, 2, 5, 10, 15, 20, 30, 60].map((minutes) => minutes * MINUTE);

// Times of the x axis' ticks, at most so many: round ones, whole minutes in windows over a minute.
export function timeTicks(from, to, most) {
  const steps = to - from <= MINUTE ? SECONDS_STEPS : MINUTE_STEPS;
  const every = steps.find((step) => (to - from) / step <= most) ?? steps[steps.length - 1];
  const ticks = [];
  for (let time = Math.ceil(from / every) * every; time <= to; time += every) ticks.push(time);
  return ticks;
}
