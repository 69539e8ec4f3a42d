// A table of any length, flat or as a tree of two levels, in a box of fixed height: only the rows in
// sight exist, and they are used again as the reader scrolls. Rows have one height, known beforehand;
// the place of each follows from its number alone. Roles say what the elements no longer do.
//
// A row is drawn by the same element for as long as it is in sight, and the one the keyboard stands
// on also out of sight: so it keeps the focus wherever the order takes it.

import { element, put, setAttribute } from './dom.js';

const SPARE_ROWS = 6;

class Row {
  constructor(columns) {
    this.cells = columns.map(({ className = '' }, index) => element('div', { class: `cell ${className}`, role: 'gridcell', 'aria-colindex': index + 1 }));
    this.twist = element('span', { class: 'twist', 'aria-hidden': 'true' });
    [this.name, this.detail, this.tally, this.word] = ['name', 'detail', 'count', 'word'].map((name) => element('span', { class: `lead-${name}` }));
    this.cells[0].append(this.twist, this.name, this.detail, this.tally, this.word);
    this.node = element('div', { role: 'row' }, ...this.cells);
  }

  show(item, place, look) {
    const { node } = this;
    const isAnew = this.item !== item;
    this.item = item;
    if (this.place !== place || this.height !== look.rowHeight) {
      Object.assign(this, { place, height: look.rowHeight });
      node.style.transform = `translateY(${place * look.rowHeight}px)`;
      setAttribute(node, 'aria-rowindex', place + 2);
    }
    const mark = look.markOf(item);
    const className = `row ${item.isGroup ? 'group' : look.isTree ? 'child' : ''} ${mark}`;
    if (node.className !== className) node.className = className;
    this.#tell(item, look);
    const isSame = !isAnew && !item.isGroup && this.record === item.record && this.mark === mark && this.stamp === look.stamp;
    Object.assign(this, { record: item.record, mark, stamp: look.stamp });
    if (!isSame) this.#showLead(look.lead(item), look);
    for (let index = 1; index < look.columns.length; index++) {
      const { text, group, isFaint, isLong, isTimed, title } = look.columns[index];
      if (isSame && !isTimed) continue;
      const shown = item.isGroup ? (group?.(item) ?? '') : text(item.record, item);
      put(this.cells[index], shown);
      if (isFaint) this.cells[index].classList.toggle('faint', isFaint(item.isGroup ? item.sums : item.record));
      if (isLong || title) setAttribute(this.cells[index], 'title', title ? title(item) : shown);
    }
  }

  #tell(item, { isTree, chosen, cursor, leadColumns }) {
    const { node } = this;
    setAttribute(node, 'aria-level', isTree ? item.level : null);
    setAttribute(node, 'aria-posinset', isTree ? item.position : null);
    setAttribute(node, 'aria-setsize', isTree ? item.setSize : null);
    setAttribute(node, 'aria-expanded', item.isGroup && item.isExpanded !== undefined ? String(item.isExpanded) : null);
    setAttribute(node, 'aria-selected', item.id === chosen ? 'true' : null);
    setAttribute(node, 'tabindex', item.id === cursor ? 0 : -1);
    setAttribute(this.cells[0], 'aria-colspan', item.isGroup ? leadColumns : null);
  }

  #showLead({ name, detail = '', count = '', word = '', title }) {
    put(this.twist, this.item.isGroup && this.item.isExpanded !== undefined ? '▸' : '');
    put(this.name, name);
    put(this.detail, detail);
    put(this.tally, count);
    put(this.word, word);
    setAttribute(this.cells[0], 'title', title ?? name);
  }
}

export class VirtualTable {
  #shown = new Map(); // id -> Row
  #spare = [];
  #items = [];
  #look = null;
  #cursor = null; // id of the row the keyboard stands on
  #place = 0; // where that one was
  #sight = { top: 0, height: 0 }; // asked for when it changes: at each draw it would have the page laid out

  // columns: [{key, title, className, text(record, item), group(item), isLong, isFaint(record or sums),
  // title, isTimed: changes by itself}]; the first is drawn by lead(item) -> {name, detail, count, word, title}.
  // acts: {sort(key), open(id), toggle(item, isOpen)}.
  constructor(root, { columns, label, lead, leadColumns, markOf, acts }) {
    Object.assign(this, { columns, acts });
    this.fixed = { columns, lead, leadColumns, markOf };
    this.heads = columns.map(({ key, head, className = '', hint }, index) => {
      const button = element('button', { type: 'button', onclick: () => acts.sort(key), title: hint }, element('span', {}, head), element('span', { class: 'arrow', 'aria-hidden': 'true' }));
      return element('div', { class: `cell ${className}`, role: 'columnheader', 'aria-colindex': index + 1 }, button);
    });
    this.body = element('div', { class: 'rows', role: 'rowgroup' });
    this.table = element('div', { class: 'vtable', role: 'grid', 'aria-label': label, 'aria-colcount': columns.length },
      element('div', { class: 'heads', role: 'rowgroup' }, element('div', { class: 'row head', role: 'row', 'aria-rowindex': 1 }, ...this.heads)), this.body);
    this.box = element('div', { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': `${label}, scrolls` }, this.table);
    root.append(this.box);
    this.box.addEventListener('scroll', () => requestAnimationFrame(() => this.#see()), { passive: true });
    new ResizeObserver(() => this.#see()).observe(this.box);
    this.body.addEventListener('click', (event) => this.#click(event));
    this.body.addEventListener('keydown', (event) => this.#key(event));
    this.body.addEventListener('focusin', ({ target }) => {
      const row = this.#rowOf(target);
      if (row) this.#stand(row.item.id, row.place);
    });
  }

  // Another heading for a column.
  rename(key, head) {
    const index = this.columns.findIndex((column) => column.key === key);
    put(this.heads[index].querySelector('span'), head);
  }

  showSort({ key, isDown }) {
    this.columns.forEach((column, index) => {
      const isSorted = column.key === key;
      setAttribute(this.heads[index], 'aria-sort', isSorted ? (isDown ? 'descending' : 'ascending') : null);
      put(this.heads[index].querySelector('.arrow'), isSorted ? (isDown ? '▾' : '▴') : '');
    });
  }

  // items: rows and groups in their order, each with an id that stays; of a tree with level, position,
  // setSize. chosen: the id of the one that is looked at. stamp: changes when texts do though records do not.
  show(items, { isTree, rowHeight, chosen, stamp }) {
    this.#items = items;
    this.#look = { ...this.fixed, isTree, rowHeight, chosen, stamp };
    setAttribute(this.table, 'role', isTree ? 'treegrid' : 'grid');
    setAttribute(this.table, 'aria-rowcount', items.length + 1);
    this.body.style.height = `${items.length * rowHeight}px`;
    this.#draw();
  }

  #see() {
    const { scrollTop: top, clientHeight: height } = this.box;
    this.#sight = { top, height };
    this.#draw();
  }

  toTop() {
    this.box.scrollTop = this.#sight.top = 0;
  }

  // Returns whether there is such a row.
  focus(id) {
    const place = this.#items.findIndex((item) => item.id === id);
    if (place >= 0) this.#go(place);
    return place >= 0;
  }

  #rowOf(node) {
    const found = node.closest?.('[role=row]');
    for (const row of this.#shown.values()) if (row.node === found) return row;
    return null;
  }

  #stand(id, place) {
    if (this.#cursor === id) return;
    this.#cursor = id;
    this.#place = place;
    this.#draw();
  }

  #go(place) {
    const { rowHeight } = this.#look;
    const { box } = this;
    const top = place * rowHeight;
    const room = box.clientHeight - this.#headHeight;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + rowHeight > box.scrollTop + room) box.scrollTop = top + rowHeight - room;
    const { id } = this.#items[place];
    this.#cursor = id;
    this.#place = place;
    this.#see();
    this.#shown.get(id).node.focus({ preventScroll: true });
  }

  get #headHeight() {
    return this.table.firstChild.offsetHeight;
  }

  #click({ target }) {
    const row = this.#rowOf(target);
    if (!row || !document.getSelection().isCollapsed) return;
    this.#act(row.item);
  }

  #act(item) {
    if (!item.isGroup) this.acts.open(item.id);
    else if (item.isExpanded !== undefined) this.acts.toggle(item, !item.isExpanded);
  }

  #key(event) {
    const row = this.#rowOf(event.target);
    if (!row || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const { item, place } = row;
    const page = Math.max(1, Math.floor((this.box.clientHeight - this.#headHeight) / this.#look.rowHeight) - 1);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[event.key];
    if (step !== undefined) this.#go(Math.max(0, Math.min(this.#items.length - 1, place + step)));
    else if (event.key === 'Enter') this.#act(item);
    else if (event.key === 'ArrowRight' && item.isExpanded) this.#go(place + 1);
    else if (event.key === 'ArrowRight' && item.isExpanded === false) this.acts.toggle(item, true);
    else if (event.key === 'ArrowLeft' && item.isExpanded) this.acts.toggle(item, false);
    else if (event.key === 'ArrowLeft' && item.group && this.#look.isTree) this.focus(item.group.id);
    else return;
    event.preventDefault();
  }

  // Where the row is that the keyboard stands on; when it is gone, on the one in its place.
  #findCursor(isFocused) {
    const items = this.#items;
    if (!items.length) return -1;
    if (items[this.#place]?.id === this.#cursor) return this.#place;
    let place = this.#cursor === null ? 0 : items.findIndex((item) => item.id === this.#cursor);
    if (place < 0) {
      place = Math.min(this.#place, items.length - 1);
      this.#cursor = isFocused ? items[place].id : null;
      if (!isFocused) place = 0;
    }
    this.#place = place;
    return place;
  }

  #draw() {
    if (!this.#look) return;
    const items = this.#items;
    const { rowHeight } = this.#look;
    const { height } = this.#sight;
    const top = Math.max(0, Math.min(this.#sight.top, items.length * rowHeight - height)); // fewer rows scroll less far
    const focused = this.body.contains(document.activeElement) ? document.activeElement : null;
    const cursorPlace = this.#findCursor(focused !== null);
    const first = Math.max(0, Math.floor(top / rowHeight) - SPARE_ROWS);
    const last = Math.min(items.length, first + Math.ceil(height / rowHeight) + 2 * SPARE_ROWS);
    const places = [];
    for (let place = first; place < last; place++) places.push(place);
    if (cursorPlace >= 0 && (cursorPlace < first || cursorPlace >= last)) places.push(cursorPlace);
    this.#release(new Set(places.map((place) => items[place].id)), focused);
    const look = { ...this.#look, cursor: items[cursorPlace]?.id };
    for (const place of places) {
      const item = items[place];
      let row = this.#shown.get(item.id);
      if (!row) this.#shown.set(item.id, (row = this.#take()));
      row.show(item, place, look);
    }
    // The focused row is gone: the reader goes on at the one in its place.
    const here = this.#shown.get(look.cursor)?.node;
    if (focused && focused !== here) (here ?? this.box).focus({ preventScroll: true });
  }

  #release(wanted) {
    for (const [id, row] of this.#shown) {
      if (wanted.has(id)) continue;
      this.#shown.delete(id);
      this.#spare.push(row);
      row.node.hidden = true;
    }
  }

  #take() {
    let row = this.#spare.pop();
    if (!row) {
      row = new Row(this.columns);
      this.body.append(row.node);
    }
    row.node.hidden = false;
    return row;
  }
}
