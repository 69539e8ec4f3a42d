// Who uses the line: the programs that move most now, or that moved most in the range selected.
// Their order holds while someone points at them or has the focus there.

import { element, put, setAttribute } from '../dom.js';
import { plain } from '../text.js';
import { UNKNOWN, bytes, clock, rate } from '../units.js';
import { rangeText } from './rangebar.js';

const ROWS = 9;
const isNumber = (value) => typeof value === 'number';
const sum = (a, b) => (isNumber(a) || isNumber(b) ? (a ?? 0) + (b ?? 0) : undefined);

export const nameOf = (id, { kind, process_name: process, unit, user, uid }) =>
  (kind === 'unit' ? unit : process ?? unit) ?? user ?? (uid === undefined ? id : `user ${uid}`);

// What the search is to find an owner's connections by.
export function queryOf({ kind, process_name: process, unit, user, uid }) {
  const [key, value] = kind === 'process' ? ['process', process] : unit ? ['unit', unit] : ['user', user ?? uid];
  return `${key}:${/[\s"]/.test(value) ? `"${String(value).replaceAll('"', '')}"` : value}`;
}

// Most of its traffic never leaves the machine.
export function isLocal({ download_speed: down, upload_speed: up, external_download_speed: outDown, external_upload_speed: outUp }) {
  const [all, outside] = [sum(down, up), sum(outDown, outUp)];
  return all > 0 && outside !== undefined && outside < all / 2;
}

// [{id, record, now, moved: [down, up]}], the first the one that moves most: at the moment, or in the range.
export function ranked(owners, moved, { byMoved }) {
  const entries = Array.from(owners, ([id, record]) => ({ id, record, now: sum(record.download_speed, record.upload_speed) ?? 0, moved: moved(id) }));
  const total = ({ moved: [down, up] }) => down + up;
  const most = byMoved ? (a, b) => total(b) - total(a) || b.now - a.now : (a, b) => b.now - a.now || total(b) - total(a);
  return entries.filter((entry) => entry.now > 0 || total(entry) > 0).sort(most);
}

class Row {
  constructor(act) {
    const cell = (name) => element('span', { class: name });
    Object.assign(this, { rank: cell('rank'), name: cell('program-name'), note: cell('program-note'), down: cell('download'), up: cell('upload'), moved: cell('moved'), bar: cell('share') });
    this.node = element('li', {}, element('button', { type: 'button', class: 'program', onclick: () => act(this.record) },
      this.rank, element('span', { class: 'program-who' }, this.name, this.note), this.down, this.up, this.moved, this.bar));
  }

  show({ id, record, moved: [down, up] }, { place, unit, total, isKnown }) {
    this.record = record;
    const name = plain(nameOf(id, record), 40);
    put(this.rank, String(place));
    put(this.name, name);
    const note = plain((record.kind === 'container' ? record.unit : record.user) ?? '', 20);
    put(this.note, isLocal(record) ? 'local' : note === name ? '' : note);
    setAttribute(this.note, 'class', isLocal(record) ? 'chip' : 'program-note');
    setAttribute(this.note, 'title', isLocal(record) ? 'Most of its traffic stays within this machine' : null);
    put(this.down, rate(record.download_speed, unit));
    put(this.up, rate(record.upload_speed, unit));
    put(this.moved, isKnown ? bytes(down + up) : UNKNOWN);
    setAttribute(this.moved, 'title', isKnown ? `↓ ${bytes(down)}  ↑ ${bytes(up)}` : null);
    setAttribute(this.node.firstChild, 'title', `Show the connections of ${name}`);
    this.bar.style.width = `${total ? Math.round(((down + up) / total) * 1000) / 10 : 0}%`;
  }
}

// Why there is nothing to see, or not everything; '' when there is.
function reasonOf(app, isEmpty, since) {
  const refused = app.store.refused.get('owners');
  if (refused) return `The server does not tell who uses the line: ${plain(refused.message, 200)}`;
  if (!app.hasTopic('owners')) return 'Waiting for the server…';
  const { status, detail } = app.store.shown.server?.capabilities?.owners ?? {};
  if (status && status !== 'available') return `Not every program can be seen. ${plain(detail, 300)}`;
  if (isEmpty) return 'No program moved anything in this time.';
  return since > app.range.from + 11_000 ? `Moved: known since ${clock(since)}.` : '';
}

export function createPrograms(app) {
  let order = []; // of ids, as they stand
  let isHeld = false;
  let choice = null; // by what they are ordered, once someone chose
  const list = element('ol', { class: 'program-list' });
  const rest = { down: element('span', { class: 'download' }), up: element('span', { class: 'upload' }), node: null };
  rest.node = element('div', { class: 'program rest', hidden: true, title: 'What the interfaces carried beyond the TCP bytes of all programs: headers, repeats, UDP, forwarded traffic, programs that cannot be seen' },
    element('span'), element('span', { class: 'program-who' }, 'Not explained'), rest.down, rest.up, element('span', { class: 'moved' }, UNKNOWN));
  const note = element('p', { class: 'program-reason' });
  const head = element('span', { class: 'moved' });
  const sort = element('button', { type: 'button', class: 'button quiet', onclick: () => ((choice = !byMoved()), (order = []), app.schedule.hurry('detail')) });
  const frame = element('div', { class: 'program-frame' },
    element('p', { class: 'program heads', 'aria-hidden': 'true' }, element('span'), element('span', { class: 'program-who' }, 'Program'), element('span', {}, '↓ now'), element('span', {}, '↑ now'), head), list, rest.node);
  const node = element('section', { class: 'programs', 'aria-labelledby': 'programs-title' },
    element('div', { class: 'section-head' }, element('h3', { id: 'programs-title' }, 'Top programs'), sort), frame, note);
  const rows = Array.from({ length: ROWS }, () => new Row(open));
  const hold = (held) => () => {
    isHeld = held;
    app.schedule.mark('detail');
  };
  for (const name of ['pointerenter', 'focusin']) list.addEventListener(name, hold(true));
  for (const name of ['pointerleave', 'focusout']) list.addEventListener(name, hold(false));

  function byMoved() {
    return choice ?? app.range.isSelected;
  }

  function open(record) {
    app.set({ query: queryOf(record), ...(app.state.view === 'events' && { view: 'all' }) });
    document.getElementById('connections').scrollIntoView();
  }

  function arrange(entries) {
    if (!isHeld) order = entries.slice(0, ROWS).map(({ id }) => id);
    const byId = new Map(entries.map((entry) => [entry.id, entry]));
    return order.map((id) => byId.get(id) ?? { id, record: app.store.shown.owners.get(id) ?? { process_name: id }, moved: [0, 0] });
  }

  let drawn = '';
  function draw() {
    const { store, unit, range } = app;
    const { owners, totals, time } = store.shown;
    const key = [range.from, range.to, time, owners?.size, store.ownerLog.length, unit, isHeld, byMoved()].join();
    if (key === drawn) return;
    drawn = key;
    const sums = store.ownerLog.moved(range.from, range.to);
    const entries = ranked(owners ?? [], (id) => sums.get(store.ownerNumber(id)) ?? [0, 0], { byMoved: byMoved() });
    const shown = arrange(entries);
    let total = 0;
    for (const [down, up] of sums.values()) total += down + up;
    const isKnown = store.ownerLog.since <= range.to;
    shown.forEach((entry, index) => rows[index].show(entry, { place: index + 1, unit, total, isKnown }));
    rows.forEach((row, index) => {
      if (index < shown.length !== row.node.isConnected) index < shown.length ? list.append(row.node) : row.node.remove();
    });
    const { unexplained_download_speed: down, unexplained_upload_speed: up } = totals ?? {};
    rest.node.hidden = !isNumber(down) && !isNumber(up);
    put(rest.down, rate(down, unit));
    put(rest.up, rate(up, unit));
    put(head, range.isSelected ? 'selected' : 'moved');
    setAttribute(head, 'title', rangeText(range, time));
    put(sort, byMoved() ? 'By amount moved' : 'By speed now');
    setAttribute(sort, 'aria-label', `Order: ${byMoved() ? 'by amount moved' : 'by speed now'}. Change`);
    put(note, reasonOf(app, !shown.length, store.ownerLog.since));
    note.hidden = !note.textContent;
    frame.hidden = !shown.length && rest.node.hidden;
  }
  return { node, draw };
}
