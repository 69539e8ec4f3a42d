// One interface in full: charts of traffic, packets and losses on one time axis, what they add up to
// over the range shown or selected, who uses the line, and whether the link dropped.

import { element, put, setAttribute } from '../dom.js';
import { timeTicks } from '../scale.js';
import { DOWNLOAD, DOWNLOAD_HIGH, DROPS, ERRORS, PACKETS_IN, PACKETS_OUT, UPLOAD, UPLOAD_HIGH, isUp } from '../store.js';
import { plain } from '../text.js';
import { count, perSecond, rate } from '../units.js';
import { kindOf, linkWord, speedOf } from './cards.js';
import { createCourse, createFacts, createSums, linkStory } from './figures.js';
import { PANELS, Panel, highsOf, isLong, marksOf } from './panels.js';
import { createPrograms } from './programs.js';
import { createRangeBar, rangeText } from './rangebar.js';

const HOUR_MS = 3_600_000;
const LABEL_WIDTH = 100; // of a time on the x axis, with room around it
const MANY = 30; // samples more than the last time
const NO_MARKS = { bands: [], flags: [], lines: [] };

function summaryOf(name, record, { sums: [down, up], unit, over, story }) {
  const state = record ? linkWord(record).word : 'gone';
  const part = (word, { now, peak }) => `${word} ${rate(now, unit)} now, ${rate(peak, unit)} at most`;
  return `${plain(name, 24)} is ${state}. ${over}: ${part('download', down)}; ${part('upload', up)}. ${story}`;
}

class Detail {
  drawn = { ring: null, length: 0, number: 0 };

  constructor(root, app) {
    this.app = app;
    this.observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) this.panels.find(({ stage }) => stage === target).isSeen = isIntersecting;
      app.schedule.mark('detail');
    }, { rootMargin: '100px' });
    this.panels = PANELS.map((spec) => new Panel(app, spec, this.observer));
    this.sums = createSums();
    this.course = createCourse();
    this.facts = createFacts();
    this.bar = createRangeBar(app, app.crosshair);
    this.programs = createPrograms(app);
    this.#build(root);
    app.crosshair.source = { step: (time, steps) => this.#step(time, steps), read: (time, plot, y) => this.#read(time, plot, y) };
    for (const panel of this.panels) app.crosshair.add(panel);
    this.facts.node.addEventListener('toggle', () => app.schedule.hurry('detail'));
  }

  #build(root) {
    this.title = element('h2', { id: 'detail-title' }, 'Traffic');
    this.subtitle = element('p', { class: 'subtitle' });
    this.drops = element('span', { class: 'drops' });
    this.changes = element('span');
    this.story = element('p', { class: 'story' }, this.drops, this.changes);
    this.toggle = element('button', { type: 'button', class: 'button quiet', 'aria-expanded': 'false', onclick: () => this.#toggleTable() }, 'View as table');
    this.quiet = element('p', { class: 'strip-quiet' });
    this.caption = element('figcaption', { class: 'unseen' });
    const stages = this.panels.map(({ stage }) => stage);
    for (const [name, value] of Object.entries({ tabindex: 0, role: 'group', 'aria-label': 'Traffic chart' })) stages[0].setAttribute(name, value);
    this.charts = element('div', { class: 'charts' }, ...stages, this.quiet);
    const legend = element('p', { class: 'legend' },
      element('span', { class: 'download' }, '↓ Download'), element('span', { class: 'upload' }, '↑ Upload'), element('span', { class: 'lost' }, '▲ Packets lost'));
    root.append(
      element('div', { class: 'detail-head' }, element('div', {}, this.title, this.subtitle), this.story, element('div', { class: 'detail-tools' }, legend, this.toggle)),
      element('div', { class: 'detail-body' },
        element('div', { class: 'detail-main' },
          element('figure', {}, this.charts, this.course.node, this.caption), this.bar.node, this.sums.node, this.facts.node),
        this.programs.node));
  }

  // The ring that tells of a time, of the interface looked at.
  #ringFrom(from) {
    return this.app.store.ringFor(this.app.selected, from);
  }

  // The time of the sample so many samples, or pixels where those are finer, beside the one nearest.
  #step(time, steps) {
    const { from, to } = this.app.crosshair.span;
    const ring = this.#ringFrom(from);
    if (!ring?.length) return null;
    const [first, last] = [ring.find(from), Math.min(ring.length - 1, ring.find(to + 1) - 1)];
    if (last < first) return null;
    const { left, right } = this.panels[0].area;
    const stride = Math.max(1, Math.round((last - first) / (right - left)));
    const index = time === null ? last : ring.nearest(time) + steps * stride;
    return ring.time(Math.min(last, Math.max(first, index)));
  }

  #read(time, plot, y) {
    const own = plot?.read?.(time, y);
    if (own) return own;
    const { from, to } = this.app.crosshair.span;
    const ring = this.#ringFrom(from);
    const index = ring?.length ? ring.nearest(time) : -1;
    const far = ring && isLong(ring) ? 61_000 : 6000;
    const value = (channel) => ring.value(channel, index);
    const lines = [];
    if (index < 0 || Math.abs(ring.time(index) - time) > far || (Number.isNaN(value(DOWNLOAD)) && Number.isNaN(value(UPLOAD)))) lines.push('no data');
    else {
      lines.push(`↓ ${rate(value(DOWNLOAD), this.app.unit)}   ↑ ${rate(value(UPLOAD), this.app.unit)}`);
      lines.push(`packets ↓ ${perSecond(value(PACKETS_IN))}   ↑ ${perSecond(value(PACKETS_OUT))}`);
      const [drops, errors] = [value(DROPS), value(ERRORS)];
      if (drops > 0 || errors > 0) lines.push(`▲ lost: ${[drops > 0 && `${perSecond(drops)} dropped`, errors > 0 && `${perSecond(errors)} errors`].filter(Boolean).join(', ')}`);
      if (isLong(ring)) lines.push(`mean of a minute, at most ↓ ${rate(value(DOWNLOAD_HIGH), this.app.unit)}   ↑ ${rate(value(UPLOAD_HIGH), this.app.unit)}`);
    }
    if (this.downs?.some((span) => time >= span.from && time <= span.to)) lines.push('▼ link down');
    const near = ((to - from) / 1000) * 4;
    for (const { record } of this.events?.filter((event) => Math.abs(event.time - time) < near).slice(-2) ?? []) lines.push(plain(record.message, 90));
    return lines.join('\n');
  }

  #toggleTable() {
    const isTable = this.course.node.hidden;
    this.course.node.hidden = !isTable;
    this.charts.hidden = isTable;
    setAttribute(this.toggle, 'aria-expanded', isTable);
    put(this.toggle, isTable ? 'View as charts' : 'View as table');
    this.app.schedule.hurry('detail');
  }

  #drawHead(name, record) {
    put(this.title, name === null ? 'Traffic' : plain(name, 24));
    const parts = record ? [kindOf(record), `${linkWord(record).mark} ${linkWord(record).word}`, speedOf(record)] : ['This interface is gone'];
    put(this.subtitle, name === null ? 'No interface yet' : parts.filter(Boolean).join(' · '));
    setAttribute(this.subtitle, 'data-tone', record && isUp(record) === false ? 'down' : null);
    setAttribute(this.panels[0].stage, 'aria-label', `Traffic chart of ${plain(name ?? 'no interface', 24)}. Download is drawn upwards, upload downwards. Arrow keys read its values; Enter at two places selects the time between.`);
  }

  // Whether the link dropped in the last hour, and how often it ever did.
  #drawStory(name, record) {
    const { store, eventLog } = this.app;
    const { time: now, server } = store.shown;
    this.story.hidden = !record || Number.isNaN(now);
    if (this.story.hidden) return;
    const startedAt = Date.parse(server?.started) || -Infinity;
    const reach = Math.max(startedAt, eventLog.since);
    const spans = store.downSpans(name, now - HOUR_MS, now);
    const { text, isBad } = linkStory({ isUp: isUp(record), spans, now, reach, startedAt });
    const changes = typeof record.carrier_changes === 'number' ? `${count(record.carrier_changes)} carrier ${record.carrier_changes === 1 ? 'change' : 'changes'} in all` : '';
    put(this.drops, text);
    setAttribute(this.drops, 'data-tone', isBad ? (isUp(record) ? 'warn' : 'down') : null);
    put(this.changes, changes && ` · ${changes}`);
  }

  #drawCharts(ring, { name, record, from, to }) {
    const { store, eventLog } = this.app;
    const { server } = store.shown;
    const holdUntil = ring ? store.heldUntil(ring) : NaN;
    // What came in by history is drawn at once, what comes in by the second once the picture moves.
    if (ring !== this.drawn.ring || Math.abs((ring?.length ?? 0) - this.drawn.length) > MANY) this.drawn = { ring, length: ring?.length ?? 0, number: this.drawn.number + 1 };
    const key = [name, from, to, this.drawn.number].join();
    if (this.of !== key || this.version !== eventLog.version) {
      [this.of, this.version] = [key, eventLog.version];
      this.downs = store.downSpans(name, from, to);
      this.events = eventLog.between(from, to).filter((event) => event.record.interface === name);
      this.marks = ring?.length ? marksOf(ring, { from, to, holdUntil, spans: this.downs, events: this.events, startedAt: Date.parse(server?.started) }) : NO_MARKS;
      this.hasLost = this.marks.flags.length > 0;
    }
    const lost = this.panels[2];
    lost.stage.hidden = !this.hasLost;
    this.quiet.hidden = this.hasLost || !ring;
    put(this.quiet, 'No errors or drops in this time');
    const link = record?.link_speed > 0 ? record.link_speed / 8 : null;
    const { width, size } = this.panels[0].chart;
    const shown = { name, from, to, width, holdUntil, marks: this.marks, link, xTicks: timeTicks(from, to, width / LABEL_WIDTH) };
    for (const panel of this.panels) if (!panel.stage.hidden) panel.draw(ring, shown, [key, size, eventLog.version, link].join());
    this.app.crosshair.refresh({ from, to });
  }

  // What the charts show: in long windows the picture stands until it moves by a pixel.
  get #span() {
    const { from, to, isLive } = this.app.visible;
    const { left, right } = this.panels[0].area ?? {};
    const pixel = (to - from) / (right - left);
    const shift = isLive && pixel > 1000 ? to % pixel : 0;
    return { from: from - shift, to: to - shift };
  }

  #drawSums({ name, record }) {
    const { app } = this;
    const { range, unit } = app;
    const ring = this.#ringFrom(range.from);
    this.bar.draw(ring?.length ? ring.time(0) : NaN);
    if (!ring?.length) return;
    const highs = highsOf(ring);
    const sums = [DOWNLOAD, UPLOAD].map((channel, index) => ring.stats(channel, range.from, range.to, highs[index]));
    sums[0].now = record?.download_speed ?? null;
    sums[1].now = record?.upload_speed ?? null;
    const over = rangeText(range, app.store.shown.time, ring.time(0));
    this.sums.show(sums, { unit, over });
    put(this.caption, summaryOf(name, record, { sums, unit, over, story: this.drops.textContent }));
  }

  draw() {
    const { app } = this;
    app.eventLog.refresh();
    const name = app.selected;
    const record = name === null ? undefined : app.store.shown.interfaces.get(name);
    const { from, to } = this.#span;
    if (name !== null && (app.state.window > 3600 || app.state.end !== null || app.state.from !== null)) app.history.wantDay(name);
    const ring = this.#ringFrom(from);
    this.#drawHead(name, record);
    this.#drawStory(name, record);
    if (!this.charts.hidden) this.#drawCharts(ring, { name, record, from, to });
    this.#drawSums({ name, record });
    if (ring?.length && !this.course.node.hidden) this.course.show(ring, { from, to, unit: app.unit, highs: highsOf(ring) });
    if (this.facts.node.open || this.factsOf !== name) this.facts.show(record ?? {});
    this.factsOf = name;
    this.programs.draw();
  }

  // For a picture to keep: the charts as they are now, from top to bottom.
  canvases() {
    const panels = this.panels.filter(({ stage }) => !stage.hidden);
    const seen = panels.map((panel) => panel.isSeen);
    for (const panel of panels) panel.isSeen = true;
    this.draw();
    panels.forEach((panel, index) => (panel.isSeen = seen[index]));
    return panels.map(({ canvas, label }) => ({ canvas, label }));
  }

  // What they are of: {from, to, isSelected, text}.
  range() {
    const { range, store } = this.app;
    return { ...range, text: rangeText(range, store.shown.time) };
  }
}

export const createDetail = (root, app) => new Detail(root, app);
