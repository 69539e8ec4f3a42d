// What happened, in the server's own sentences: along the charts' time axis, and as a list, newest
// first. A click on either centres the charts there.

import { element, put, setAttribute } from '../dom.js';
import { KINDS } from '../eventlog.js';
import { timeLabel, timeTicks } from '../scale.js';
import { plain, words } from '../text.js';
import { Timeline, lookOf } from '../timeline.js';
import { clock, count, dateAndClock, duration } from '../units.js';

const FEW = 8;
const MORE = 100;
const LABEL_WIDTH = 100;
const ago = (ms) => (ms < 1500 ? 'now' : `${duration(ms / 1000)} ago`);
const sentence = ({ message, address, event }) => plain(message ?? address ?? words(event), 300);

function createRow(open) {
  const time = element('time');
  const mark = element('span', { class: 'event-mark', 'aria-hidden': 'true' });
  const [word, name, text] = ['event-word', 'event-name', 'event-text'].map((className) => element('span', { class: className }));
  const button = element('button', { type: 'button', class: 'event' }, time, mark, word, name, text);
  const row = { node: element('li', {}, button), entry: null };
  button.addEventListener('click', () => open(row.entry));
  row.age = (now) => put(time, ago(now - row.entry.time));
  row.show = (entry, now) => {
    if (row.entry !== entry) {
      row.entry = entry;
      const { record } = entry;
      const [shape, tone] = lookOf(record.event);
      setAttribute(time, 'datetime', plain(record.time));
      setAttribute(time, 'title', dateAndClock(entry.time));
      put(mark, shape);
      setAttribute(mark, 'data-tone', tone);
      put(word, words(record.event));
      put(name, plain(record.interface ?? '', 24));
      put(text, sentence(record));
    }
    row.age(now);
  };
  return row;
}

// Which kinds are listed: all, or the one pressed.
function createChips(choose) {
  const chips = ['all', ...Object.keys(KINDS)].map((kind) => {
    const number = element('span', { class: 'chip-count' });
    const node = element('button', { type: 'button', class: 'button quiet', onclick: () => choose(kind) }, kind === 'all' ? 'All' : KINDS[kind].label, number);
    return { kind, number, node };
  });
  const node = element('div', { class: 'event-chips', role: 'group', 'aria-label': 'Kinds of event listed' }, ...chips.map((chip) => chip.node));
  function show(counts, chosen) {
    for (const { kind, number, node: chip } of chips) {
      put(number, `\u00a0${count(counts.get(kind) ?? 0)}`);
      setAttribute(chip, 'aria-pressed', kind === chosen);
      chip.hidden = kind !== 'all' && kind !== chosen && !counts.get(kind);
    }
  }
  return { node, show };
}

export function createEvents(root, app) {
  const canvas = element('canvas', { 'aria-hidden': 'true' });
  const stage = element('div', { class: 'timeline', role: 'img', 'aria-label': 'Timeline of events' }, canvas);
  const empty = element('p', { class: 'empty' }, 'Waiting for the server…');
  const list = element('ol', { class: 'event-list' });
  const more = element('button', { type: 'button', class: 'button quiet', hidden: true, onclick: () => ((most += MORE), redraw()) });
  const chips = createChips((kind) => ((chosen = kind), (most = FEW), redraw()));
  root.append(element('div', { class: 'event-head' }, stage, chips.node), empty, list, more);
  const timeline = new Timeline(canvas);
  const rows = [];
  let most = FEW;
  let chosen = 'all';
  let listed = '';
  let drawn = '';
  let isSeen = true;
  new IntersectionObserver(([{ isIntersecting }]) => ((isSeen = isIntersecting), app.schedule.mark('events')), { rootMargin: '100px' }).observe(root);
  const redraw = () => app.schedule.hurry('events');

  // Looks at the time of an event, in the charts of the interface it is about.
  function open({ time, record }) {
    if (app.store.shown.interfaces.has(record.interface)) app.set({ interface: record.interface });
    app.show({ end: time + app.state.window * 500 });
    app.crosshair.stand(time);
  }

  app.crosshair.add({
    stage,
    get area() {
      return timeline.area;
    },
    read(time, y) {
      const area = timeline.area;
      const { from, to } = app.crosshair.span;
      const cluster = timeline.at(area.left + ((time - from) / (to - from)) * (area.right - area.left), y);
      if (!cluster) return '';
      const lines = cluster.entries.slice(-4).map(({ time: at, record }) => `${clock(at)}  ${sentence(record).slice(0, 90)}`);
      return [cluster.entries.length > 4 && `${count(cluster.entries.length)} events, the last:`, ...lines].filter(Boolean).join('\n');
    },
    pick(x, y) {
      const cluster = timeline.at(x, y);
      if (cluster) open(cluster.entries.at(-1));
    },
  });

  function drawTimeline(log) {
    const { from, to } = app.crosshair.span; // as the charts are drawn
    const { width } = app.crosshair; // the charts' own, so that all align
    const key = [from, to, log.version, width, app.palette.line, app.palette.text].join();
    if (key === drawn) return;
    drawn = key;
    const ticks = timeTicks(from, to, width / LABEL_WIDTH);
    const label = timeLabel(ticks);
    const entries = log.between(from, to);
    timeline.draw(entries, { from, to, width, palette: app.palette, times: ticks.map((time) => ({ time, text: label(time) })) });
    setAttribute(stage, 'aria-label', `Timeline: ${count(entries.length)} events in the time shown. They are listed below.`);
    app.crosshair.refresh();
  }

  function drawList(log, now) {
    const key = `${log.version} ${chosen} ${most} ${app.hasTopic('events')} ${app.state.view}`;
    if (key !== listed) {
      listed = key;
      const counts = new Map([['all', log.list.length]]);
      for (const { kind } of log.list) counts.set(kind, (counts.get(kind) ?? 0) + 1);
      const limit = app.state.view === 'events' ? Math.max(most, MORE) : most;
      const matching = counts.get(chosen) ?? 0;
      const shown = [];
      for (let index = log.list.length - 1; index >= 0 && shown.length < limit; index--)
        if (chosen === 'all' || log.list[index].kind === chosen) shown.push(log.list[index]);
      while (rows.length < shown.length) rows.push(createRow(open));
      shown.forEach((entry, index) => {
        rows[index].show(entry, now);
        if (list.children[index] !== rows[index].node) list.append(rows[index].node);
      });
      while (list.children.length > shown.length) list.lastChild.remove();
      chips.show(counts, chosen);
      chips.node.hidden = !log.list.length;
      empty.hidden = shown.length > 0;
      if (app.hasTopic('events')) put(empty, chosen === 'all' ? 'Nothing has happened since the server started.' : 'Nothing of this kind has happened.');
      more.hidden = matching <= shown.length;
      put(more, `Show ${count(Math.min(MORE, matching - shown.length))} more of ${count(matching)}`);
    }
    if (isSeen) for (let index = 0; index < list.children.length; index++) rows[index].age(now);
  }

  function draw() {
    const log = app.eventLog.refresh();
    if (isSeen && app.palette) drawTimeline(log);
    drawList(log, app.store.shown.time);
  }
  return { draw };
}
