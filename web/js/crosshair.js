// One moment looked at in all charts at once, by pointer or by arrow keys, and the range people select
// in them by dragging or by Enter at its two ends. Lines, shades and the text are elements over the
// canvases, so moving them costs no drawing. What is read are the samples themselves, never the
// drawing: over a hole it says that nothing is known.

import { element, put } from './dom.js';
import { rangeOf, zoomed } from './range.js';
import { clock } from './units.js';

const STRIDE = 10; // with Shift
const DRAG_PX = 5;
const LONG_PRESS_MS = 450;
const ZOOM = 1.3;

export class Crosshair {
  #time = null; // where it stands; null: nowhere
  #plots = [];
  #drag = null;
  #mark = null; // where Enter was pressed first
  #draft = null; // the range being selected
  isSelecting = false; // a finger selects without a long press
  span = { from: 0, to: 0 }; // what the charts show as they are drawn
  // step(time or null, count) -> the time so many samples on, or null; read(time, plot, y) -> text
  source = { step: () => null, read: () => '' };

  constructor(app) {
    this.app = app;
    this.when = element('span', { class: 'tip-time' });
    this.what = element('span', { class: 'tip-text' });
    this.tip = element('div', { class: 'tip', hidden: true }, this.when, this.what);
    this.spoken = element('p', { class: 'unseen', role: 'status' });
  }

  // plot: {stage: element, area: {left, right, top, bottom} in it}; its line and shade come into the stage.
  // The first is the big chart, which has the keys.
  add(plot) {
    const { stage } = plot;
    plot.line = element('div', { class: 'cross', hidden: true });
    plot.shade = element('div', { class: 'chosen', hidden: true });
    stage.append(plot.shade, plot.line);
    if (!this.#plots.length) {
      stage.append(this.tip, this.spoken);
      stage.addEventListener('keydown', (event) => this.#key(event));
      stage.addEventListener('blur', () => this.#hide());
    }
    this.#plots.push(plot);
    const on = (name, act) => stage.addEventListener(name, (event) => act(event, plot), { passive: name !== 'wheel' });
    on('pointermove', (event) => (this.#drag ? this.#pull(event) : this.#point(event, plot)));
    on('pointerdown', (event) => this.#press(event, plot));
    on('pointerup', () => this.#release());
    on('pointercancel', () => this.#letGo());
    on('pointerleave', () => this.#drag ?? this.#hide());
    on('dblclick', () => this.app.set({ end: null, from: null, to: null }));
    on('wheel', (event) => this.#wheel(event, plot));
    // A long press would open it while selecting.
    stage.addEventListener('contextmenu', (event) => this.#drag?.isOn && event.preventDefault());
  }

  #hide() {
    this.#time = this.#mark = this.#draft = null;
    this.refresh();
    put(this.spoken, '');
  }

  // The time under the pointer, null outside the plot unless held to its edges.
  #timeOf(event, { stage, area }, isHeld = false) {
    const x = event.clientX - stage.getBoundingClientRect().left;
    if (!area || (!isHeld && (x < area.left || x > area.right))) return null;
    const share = Math.min(1, Math.max(0, (x - area.left) / (area.right - area.left)));
    return this.span.from + share * (this.span.to - this.span.from);
  }

  #point(event, plot) {
    const time = this.#timeOf(event, plot);
    if (time === null) return this.#hide();
    if (this.tip.parentNode !== plot.stage) plot.stage.append(this.tip);
    this.plot = plot;
    this.y = event.clientY - plot.stage.getBoundingClientRect().top;
    return this.stand(time);
  }

  #press(event, plot) {
    this.#point(event, plot);
    if (event.button !== 0 || this.#time === null) return;
    const isOn = event.pointerType !== 'touch' || this.isSelecting;
    this.#drag = { plot, isOn, start: this.#time, x: event.clientX };
    plot.stage.setPointerCapture(event.pointerId);
    if (isOn) return;
    this.#drag.timer = setTimeout(() => {
      this.#drag.isOn = true;
      this.#draft = rangeOf(this.#drag.start, this.#drag.start);
      this.refresh();
    }, LONG_PRESS_MS);
  }

  #pull(event) {
    const { plot, isOn, x, start } = this.#drag;
    if (Math.abs(event.clientX - x) < DRAG_PX && !this.#draft) return;
    if (!isOn) {
      this.#letGo(); // a finger that moves at once reads values
      return;
    }
    this.#time = this.#timeOf(event, plot, true);
    this.#draft = rangeOf(start, this.#time);
    this.refresh();
  }

  #letGo() {
    clearTimeout(this.#drag?.timer);
    this.#drag = this.#draft = null;
    this.refresh();
  }

  #release() {
    const draft = this.#draft;
    const { plot, x } = this.#drag ?? {};
    this.#letGo();
    if (draft) this.app.set(draft);
    else if (plot) plot.pick?.(x - plot.stage.getBoundingClientRect().left, this.y);
  }

  #wheel(event, plot) {
    const time = this.#timeOf(event, plot);
    if (time === null || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.app.show(zoomed({ ...this.span, isLive: this.app.visible.isLive }, time, event.deltaY > 0 ? ZOOM : 1 / ZOOM));
  }

  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target !== event.currentTarget) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) this.#walk(step * (event.shiftKey ? STRIDE : 1));
    else if (event.key === 'Enter') this.#markHere();
    else if (event.key === 'Escape') this.#escape();
    else return;
    event.preventDefault();
  }

  #walk(count) {
    const time = this.source.step(this.#time, count);
    if (time === null) return;
    this.plot = null;
    if (this.tip.parentNode !== this.#plots[0].stage) this.#plots[0].stage.append(this.tip);
    this.#draft = this.#mark === null ? null : rangeOf(this.#mark, time);
    this.stand(time);
    put(this.spoken, `${this.when.textContent} ${this.what.textContent}`);
  }

  #markHere() {
    if (this.#time === null) return;
    if (this.#mark === null) {
      this.#mark = this.#time;
      put(this.spoken, `The range begins at ${clock(this.#mark)}. Enter again at its end.`);
      return;
    }
    const range = rangeOf(this.#mark, this.#time);
    this.#mark = this.#draft = null;
    this.app.set(range);
    put(this.spoken, `Selected: ${clock(range.from)} to ${clock(range.to)}`);
  }

  // The innermost thing first: a range begun, a range selected, the line.
  #escape() {
    if (this.#mark !== null) {
      this.#mark = this.#draft = null;
      this.refresh();
    } else if (this.app.state.from !== null) this.app.set({ from: null, to: null });
    else this.#hide();
  }

  #isInside(time) {
    return time !== null && time >= this.span.from && time <= this.span.to;
  }

  stand(time) {
    this.#time = time;
    this.refresh();
  }

  // The picture moved under it; what it no longer shows is not read. (What stands for a picture to come is
  // not outside of it yet.)
  refresh(span) {
    if (span) {
      this.span = span;
      if (!this.#drag && !this.#isInside(this.#time)) this.#time = null;
    }
    const { isSelected, ...range } = this.app.range;
    const chosen = this.#draft ?? (isSelected ? range : null);
    for (const plot of this.#plots) this.#place(plot, chosen);
    this.tip.hidden = !this.#isInside(this.#time);
    if (this.tip.hidden) return;
    put(this.when, clock(this.#time));
    put(this.what, this.source.read(this.#time, this.plot, this.y));
    const { area } = this.#plots.find(({ stage }) => stage === this.tip.parentNode);
    const x = this.#pixel(area, this.#time);
    const isRight = x > (area.left + area.right) / 2;
    this.tip.style.left = isRight ? 'auto' : `${x + 10}px`;
    this.tip.style.right = isRight ? `calc(100% - ${x - 10}px)` : 'auto';
  }

  // Of the charts, in pixels.
  get width() {
    return this.#plots[0].chart.width;
  }

  #pixel({ left, right }, time) {
    return Math.round(left + ((time - this.span.from) / (this.span.to - this.span.from)) * (right - left));
  }

  #place({ area, line, shade }, chosen) {
    line.hidden = !area || !this.#isInside(this.#time);
    shade.hidden = !chosen || !area || chosen.to <= this.span.from || chosen.from >= this.span.to;
    for (const node of [line, shade])
      if (!node.hidden) {
        node.style.top = `${area.top}px`;
        node.style.height = `${area.bottom - area.top}px`;
      }
    if (!line.hidden) line.style.left = `${this.#pixel(area, this.#time)}px`;
    if (shade.hidden) return;
    const [left, right] = [Math.max(this.span.from, chosen.from), Math.min(this.span.to, chosen.to)].map((time) => this.#pixel(area, time));
    shade.style.left = `${left}px`;
    shade.style.width = `${Math.max(1, right - left)}px`;
  }
}
