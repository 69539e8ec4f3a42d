// Under the charts: which stretch of time the sums are of, and buttons for what dragging, the wheel
// and the keys do.

import { element, put, setAttribute } from '../dom.js';
import { momentOf, zoomed } from '../range.js';
import { wider, narrower } from '../state.js';
import { clock, dateAndClock, duration } from '../units.js';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

// The range in words: Last 5 min; 09:24:10 – 09:25:00 selected. since: from when on it is known.
export function rangeText({ from, to, isLive, isSelected }, now, since = -Infinity) {
  const moment = now - from > DAY_MS / 2 ? dateAndClock : clock;
  const text = isLive ? `Last ${duration(Math.round((to - from) / 1000)).replace(/(h)\s0\smin$/, '$1')}` : `${moment(from)} – ${clock(to)}${isSelected ? ' selected' : ''}`;
  return since > from + 2500 ? `${text}, known since ${moment(since)}` : text;
}

const inputValue = (time) => new Date(time - new Date(time).getTimezoneOffset() * MINUTE_MS).toISOString().slice(11, 19);

// crosshair: that fingers select at once in while the form is open.
export function createRangeBar(app, crosshair) {
  const button = (text, onclick, attributes) => element('button', { type: 'button', class: 'button quiet', onclick, ...attributes }, text);
  const move = (share) => {
    const { from, to } = app.visible;
    app.show({ end: to + share * (to - from) });
  };
  const zoom = (window) => {
    const { from, to, isLive } = app.visible;
    app.show(isLive ? { window } : zoomed({ from, to }, (from + to) / 2, (window * 1000) / (to - from)));
  };
  const name = element('p', { class: 'range-name' });
  const later = button('▶', () => move(0.5), { 'aria-label': 'Later' });
  const select = button('Select…', toggle, { 'aria-expanded': 'false' });
  const into = button('Zoom to selection', () => {
    const { from, to } = app.state;
    app.show({ window: Math.max(5, Math.round((to - from) / 1000)), end: to });
    app.set({ from: null, to: null });
  });
  const clear = button('Clear', () => app.set({ from: null, to: null }), { 'aria-label': 'Clear selection' });
  const fields = ['From', 'To'].map((label) => ({ label, input: element('input', { type: 'time', step: 1, required: true }) }));
  const problem = element('span', { class: 'range-problem', role: 'alert' });
  const form = element('form', { class: 'range-form', hidden: true, onsubmit: submit },
    ...fields.map(({ label, input }) => element('label', { class: 'choice' }, label, input)),
    element('button', { class: 'button' }, 'Select'),
    button('Last minute', () => finish({ from: app.visible.to - MINUTE_MS, to: app.visible.to })),
    button('All shown', () => finish({ from: app.visible.from, to: app.visible.to })),
    problem);
  const node = element('div', { class: 'range' },
    element('div', { class: 'range-bar' }, name, into, clear, select,
      element('span', { class: 'range-tools' },
        button('◀', () => move(-0.5), { 'aria-label': 'Earlier' }), later,
        button('−', () => zoom(wider(app.state.window)), { 'aria-label': 'Show a longer time' }),
        button('+', () => zoom(narrower(app.state.window)), { 'aria-label': 'Show a shorter time' }))),
    form);

  function toggle() {
    form.hidden = !form.hidden;
    crosshair.isSelecting = !form.hidden;
    setAttribute(select, 'aria-expanded', !form.hidden);
    put(problem, '');
    if (form.hidden) return;
    const { from, to } = app.range;
    [Math.max(from, to - DAY_MS / 2), to].forEach((time, index) => (fields[index].input.value = inputValue(time)));
    fields[0].input.focus();
  }

  function finish({ from, to }) {
    app.set({ from: Math.round(from), to: Math.round(to) });
    toggle();
    select.focus();
  }

  function submit(event) {
    event.preventDefault();
    const to = momentOf(fields[1].input.value, app.store.shown.time + 1000);
    const from = momentOf(fields[0].input.value, to ?? 0);
    if (to === null || from === null) put(problem, 'Both times are needed, as in 09:24:10.');
    else if (from === to) put(problem, 'The range must be at least a second long.');
    else finish({ from, to });
  }

  function draw(since) {
    const { range, visible } = app;
    put(name, rangeText(range, app.store.shown.time, since));
    into.hidden = clear.hidden = !range.isSelected;
    later.disabled = visible.isLive;
    if (range.isSelected && form.hidden === false) crosshair.isSelecting = true;
  }
  return { node, draw };
}
