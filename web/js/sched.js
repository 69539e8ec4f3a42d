// When to draw: one animation-frame loop for the whole page. Data only marks views as out of date;
// a frame redraws them in order of importance until its few milliseconds are spent, and the rest
// comes first in the next frame. Nothing is drawn while the page is hidden. Where even that is too much
// for the machine, drawing slows to every two seconds, and the page says so. People may ask for slower, too.

const BUDGET_MS = 5;
const LONG_FRAME_MS = 50;
const SLOW_AFTER_MS = 5000;
const FAST_AFTER_MS = 10_000;
const SLOW_PAUSE_MS = 2000;

export class Schedule {
  #views = [];
  #requested = false;
  #longSince = null;
  #shortSince = null;
  #lastLong = -Infinity;
  #pauseUntil = 0;
  isSlow = false;
  every = 0; // ms from one drawing to the next, at least
  frames = 0;

  // env: {now, requestFrame, later, isHidden, failed(name, error), changed()}
  constructor(env) {
    this.env = env;
  }

  // Views are drawn in the order they are added. draw(deadline) may return true: there is more to do.
  add(name, draw) {
    this.#views.push({ name, draw, isDirty: false, late: 0 });
  }

  mark(...names) {
    for (const view of this.#views) if (!names.length || names.includes(view.name)) view.isDirty = true;
    this.#request();
  }

  #request() {
    if (this.#requested) return;
    this.#requested = true;
    const wait = this.#pauseUntil - this.env.now();
    if (wait > 0) this.env.later(() => this.env.requestFrame(() => this.#frame()), wait);
    else this.env.requestFrame(() => this.#frame());
  }

  // What the user asks for is not made to wait.
  hurry(...names) {
    this.#pauseUntil = 0;
    this.#requested = false;
    this.mark(...names);
  }

  #frame() {
    this.#requested = false;
    if (this.env.isHidden() || !this.#views.some((view) => view.isDirty)) return;
    const start = this.env.now();
    this.frames++;
    // Who was left over most often comes first, so that on a busy machine the last are drawn as well.
    const waiting = this.#views.filter((view) => view.isDirty).sort((a, b) => b.late - a.late);
    while (waiting.length) {
      const view = waiting.shift();
      view.isDirty = this.#draw(view, start + BUDGET_MS);
      view.late = view.isDirty ? view.late + 1 : 0;
      if (view.isDirty || this.env.now() - start >= BUDGET_MS) break;
    }
    for (const view of waiting) view.late++;
    const end = this.env.now();
    this.#judge(start, end);
    if (this.#views.some((view) => view.isDirty)) this.#request();
    else this.#pauseUntil = end + Math.max(this.every, this.isSlow ? SLOW_PAUSE_MS : 0);
  }

  // One view that fails must not take the others with it.
  #draw(view, deadline) {
    try {
      return view.draw(deadline) === true;
    } catch (error) {
      this.env.failed(view.name, error);
      return false;
    }
  }

  // Slow: long frames for five seconds with no two seconds free of them. Fast again: none for ten.
  #judge(start, end) {
    if (end - start > LONG_FRAME_MS) {
      if (start - this.#lastLong > SLOW_PAUSE_MS) this.#longSince = start;
      this.#lastLong = start;
      this.#shortSince = null;
      if (!this.isSlow && end - this.#longSince >= SLOW_AFTER_MS) this.#become(true);
    } else if (this.isSlow) {
      this.#shortSince ??= start;
      if (end - this.#shortSince >= FAST_AFTER_MS) this.#become(false);
    }
  }

  #become(isSlow) {
    this.isSlow = isSlow;
    this.#pauseUntil = 0;
    this.#longSince = this.#shortSince = null;
    this.env.changed();
  }
}
