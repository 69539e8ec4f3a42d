// Reading values off the chart, by pointer or by arrow keys. The line and the text are elements over
// the canvas, so moving them costs no drawing. It reads the samples themselves, never the drawing:
// over a hole it says that nothing is known.

import { element, put } from './dom.js';
import { clock, perSecond } from './units.js';

const FAR_MS = 6000;
const STRIDE = 10; // samples, with Shift

function textOf({ down, up, isDown, lost }, rate) {
  if (Number.isNaN(down) && Number.isNaN(up)) return 'no data';
  const parts = [`↓ ${rate(down)}`, `↑ ${rate(up)}`];
  if (isDown) parts.push('link down');
  if (lost > 0) parts.push(`▲ lost ${perSecond(lost)}`);
  return parts.join('   ');
}

export class Crosshair {
  #time = null; // where it stands; null: nowhere
  #index = -1;

  // source: {chart, nearest(time) -> sample or null, at(index) -> time or null, rate(bytes/s)}
  constructor(stage, source) {
    Object.assign(this, { stage, ...source });
    this.line = element('div', { class: 'cross', hidden: true });
    this.when = element('span', { class: 'tip-time' });
    this.what = element('span', { class: 'tip-text' });
    this.tip = element('div', { class: 'tip', hidden: true }, this.when, this.what);
    this.spoken = element('p', { class: 'unseen', role: 'status' });
    stage.append(this.line, this.tip, this.spoken);
    stage.addEventListener('pointermove', (event) => this.#point(event));
    stage.addEventListener('pointerdown', (event) => this.#point(event));
    stage.addEventListener('pointerleave', () => this.#hide());
    stage.addEventListener('blur', () => this.#hide());
    stage.addEventListener('keydown', (event) => this.#key(event));
  }

  #hide() {
    this.#time = null;
    this.line.hidden = this.tip.hidden = true;
    put(this.spoken, '');
  }

  #point(event) {
    const x = event.clientX - this.stage.getBoundingClientRect().left;
    const { area } = this.chart;
    if (!area || x < area.left || x > area.right) return this.#hide();
    this.#stand(this.chart.timeAt(x));
  }

  #key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === 'Escape') return this.#hide();
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return undefined;
    event.preventDefault();
    const start = this.#time === null ? this.nearest(Infinity)?.index : this.#index + step * (event.shiftKey ? STRIDE : 1);
    const time = this.at(start ?? -1);
    if (time === null) return undefined;
    this.#stand(time);
    return put(this.spoken, `${this.when.textContent} ${this.what.textContent}`);
  }

  #stand(time) {
    this.#time = time;
    this.refresh();
  }

  // The picture moved under it.
  refresh() {
    if (this.#time === null) return;
    const { area } = this.chart;
    const sample = this.nearest(this.#time);
    const x = this.chart.pixelAt(this.#time);
    if (!area || x < area.left - 1 || x > area.right + 1) return this.#hide();
    const isHere = sample && Math.abs(sample.time - this.#time) <= FAR_MS;
    this.#index = sample?.index ?? -1;
    put(this.when, clock(this.#time));
    put(this.what, isHere ? textOf(sample, this.rate) : 'no data');
    this.line.hidden = this.tip.hidden = false;
    this.line.style.left = `${Math.round(x)}px`;
    this.line.style.top = `${area.top}px`;
    this.line.style.height = `${area.bottom - area.top}px`;
    const isRight = x > (area.left + area.right) / 2;
    this.tip.style.left = isRight ? 'auto' : `${Math.round(x) + 10}px`;
    this.tip.style.right = isRight ? `${Math.round(this.stage.clientWidth - x) + 10}px` : 'auto';
  }
}

