// A table of any length in a box of fixed height: only the rows in sight exist, and they are used
// again as the reader scrolls. Rows have one height, known beforehand; the place of each follows
// from its number alone. Roles say what the elements no longer do.

import { element, put, setAttribute } from './dom.js';

const SPARE_ROWS = 6;

class Row {
  constructor(columns) {
    this.cells = columns.map(({ className = '' }) => element('div', { class: `cell ${className}`, role: 'cell' }));
    this.node = element('div', { class: 'row', role: 'row' }, ...this.cells);
    this.place = -1;
  }

  show(place, { record, columns, rowHeight, isClosed }) {
    if (this.place !== place) {
      this.place = place;
      this.node.style.transform = `translateY(${place * rowHeight}px)`;
      setAttribute(this.node, 'aria-rowindex', place + 2);
    }
    this.node.hidden = false;
    this.node.classList.toggle('closed', isClosed);
    columns.forEach(({ text, isLong, isFaint }, index) => {
      const shown = text(record);
      put(this.cells[index], shown);
      if (isFaint) this.cells[index].classList.toggle('faint', isFaint(record));
      if (isLong) setAttribute(this.cells[index], 'title', shown);
    });
  }

  hide() {
    this.node.hidden = true;
    this.place = -1;
  }
}

export class VirtualTable {
  #rows = [];
  #ids = [];
  #source = null;

  // columns: [{key, title, className, isLong, text(record), isFaint(record)}]; onSort(key) when a heading is pressed.
  constructor(root, { columns, rowHeight, label, onSort }) {
    Object.assign(this, { columns, rowHeight });
    this.heads = columns.map(({ key, title, className = '', hint }) => {
      const button = element('button', { type: 'button', onclick: () => onSort(key), title: hint }, element('span', {}, title), element('span', { class: 'arrow', 'aria-hidden': 'true' }));
      return element('div', { class: `cell ${className}`, role: 'columnheader' }, button);
    });
    this.body = element('div', { class: 'rows', role: 'rowgroup' });
    this.table = element('div', { class: 'vtable', role: 'table', 'aria-label': label, 'aria-colcount': columns.length },
      element('div', { class: 'heads', role: 'rowgroup' }, element('div', { class: 'row head', role: 'row', 'aria-rowindex': 1 }, ...this.heads)), this.body);
    this.box = element('div', { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': `${label}, scrolls` }, this.table);
    root.append(this.box);
    this.box.addEventListener('scroll', () => requestAnimationFrame(() => this.#draw()), { passive: true });
    new ResizeObserver(() => this.#draw()).observe(this.box);
  }

  showSort({ key, isDown }) {
    this.columns.forEach((column, index) => {
      const isSorted = column.key === key;
      setAttribute(this.heads[index], 'aria-sort', isSorted ? (isDown ? 'descending' : 'ascending') : null);
      put(this.heads[index].querySelector('.arrow'), isSorted ? (isDown ? '▾' : '▴') : '');
    });
  }

  // ids in their order; source(id) gives {record, isClosed}.
  show(ids, source) {
    this.#ids = ids;
    this.#source = source;
    setAttribute(this.table, 'aria-rowcount', ids.length + 1);
    this.body.style.height = `${ids.length * this.rowHeight}px`;
    this.#draw();
  }

  toTop() {
    this.box.scrollTop = 0;
  }

  // Row n is always drawn by the same element, so scrolling by one row changes one row.
  #draw() {
    if (!this.#source) return;
    const inSight = Math.ceil(this.box.clientHeight / this.rowHeight) + 2 * SPARE_ROWS;
    while (this.#rows.length < inSight) {
      const row = new Row(this.columns);
      this.#rows.push(row);
      this.body.append(row.node);
      for (const other of this.#rows) other.place = -1;
    }
    const first = Math.max(0, Math.floor(this.box.scrollTop / this.rowHeight) - SPARE_ROWS);
    const size = this.#rows.length;
    for (let offset = 0; offset < size; offset++) {
      const place = first + offset;
      const row = this.#rows[place % size];
      if (place >= this.#ids.length) row.hide();
      else row.show(place, { ...this.#source(this.#ids[place]), columns: this.columns, rowHeight: this.rowHeight });
    }
  }
}
