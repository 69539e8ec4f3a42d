// The rows of the connections table: which match, in what order, under whom. The order follows the
// data, by value and not by what is written, with the unknown always last. It can be held: then rows
// stay where they are, those that close are kept in their place, and new ones join at the end. Pure.
//
// Records are replaced when they change, so a row is judged anew only when it has another record;
// the rest keep their order, and those that moved are merged into it.

import { hexOf } from './query.js';

export const STAY_MS = 5000; // so long are new rows marked, and closed ones kept
const MOST_CLOSED = 5000; // however long the order is held
const OPEN_UP_TO = 40; // rows that are shown without being asked for

const addressKeys = new Map();
const ADDRESSES_KEPT = 50_000;

// Addresses sort by number: 10.0.0.9 before 10.0.0.10, IPv4 before IPv6.
function addressKey(address) {
  if (typeof address !== 'string') return undefined;
  let key = addressKeys.get(address);
  if (key === undefined) {
    if (addressKeys.size >= ADDRESSES_KEPT) addressKeys.clear();
    const hex = hexOf(address);
    key = hex === null ? address : `${hex.length === 8 ? 4 : 6}${hex}`;
    addressKeys.set(address, key);
  }
  return key;
}

export function sortKey(record, column) {
  if (column === 'age') return record.opened_at === undefined ? undefined : -Date.parse(record.opened_at);
  const value = record[column];
  if (column.endsWith('_address')) return addressKey(value);
  return typeof value === 'string' ? value.toLowerCase() : value;
}

function compare(a, b, direction) {
  const [isA, isB] = [a !== undefined && a !== null, b !== undefined && b !== null];
  if (!isA || !isB) return isA === isB ? 0 : isA ? -1 : 1;
  return (a < b ? -1 : a > b ? 1 : 0) * direction;
}

// '-download_speed' as {key, isDown}.
export const readSort = (text) => ({ key: text.replace(/^-/, ''), isDown: text.startsWith('-') });

// All of one shape from the start, for there are many and each is looked at with every reading.
class Row {
  isGroup = false;
  record = null;
  value = undefined; // what it sorts by
  matches = false;
  sums = [undefined, undefined, undefined]; // of SUMMED
  closedAt = null;
  isGone = false;
  isMoved = false;
  round = 0; // when it was last seen
  groupBy = null;
  groupId = '';
  group = null;
  level = 2;
  position = 0;
  setSize = 0;

  constructor(id, seenAt) {
    this.id = id;
    this.number = Number(id);
    this.seenAt = seenAt; // -Infinity: was there when the page came
  }

  take(record, { key, query }) {
    this.record = record;
    this.value = sortKey(record, key);
    this.matches = query.matches(record);
    this.sums = [record.download_speed, record.upload_speed, record.retransmits];
    this.groupBy = null;
  }

  // 'new', 'closed' or ''.
  mark(time) {
    if (this.closedAt !== null) return 'closed';
    const { opened_at: opened } = this.record;
    return this.seenAt > time - STAY_MS && (opened === undefined || Date.parse(opened) > time - STAY_MS) ? 'new' : '';
  }
}

// Two lists in order as one.
function merged(a, b, before) {
  const all = new Array(a.length + b.length);
  let [first, second] = [0, 0];
  for (let at = 0; at < all.length; at++)
    all[at] = second >= b.length || (first < a.length && before(a[first], b[second]) <= 0) ? a[first++] : b[second++];
  return all;
}

export class Rows {
  #rows = new Map();
  #order = [];
  #moved = []; // rows that are not (any more) where they belong in #order
  #sort = { key: '', isDown: false };
  #query = null;
  #round = 0;
  shown = []; // the rows that match, in order, those that are held or closing among them
  matching = 0; // how many open ones match

  // records: id -> record; sort: {key, isDown}; query: of parseQuery; closedAt(id): when it ended, or
  // undefined. Whoever asks for another order or search gets it, whatever is held.
  update(records, { time, sort, query, isHeld = false, closedAt = () => undefined }) {
    const isSorting = sort.key !== this.#sort.key || sort.isDown !== this.#sort.isDown;
    const isAsked = isSorting || query !== this.#query;
    Object.assign(this, { isAsked });
    this.#sort = sort;
    this.#query = query;
    const look = { key: sort.key, query };
    this.#take(records, { time, look, isAll: isAsked || query.isTimed });
    this.#close(records, { time, closedAt, isHeld: isHeld && !isAsked, look: isAsked ? look : null });
    const direction = sort.isDown ? -1 : 1;
    const before = (a, b) => compare(a.value, b.value, direction) || a.number - b.number;
    if (isHeld && !isAsked) this.#hold(before);
    else {
      this.#arrange(before, isSorting);
      this.shown = this.#order.filter((row) => row.matches);
    }
  }

  #take(records, { time, look, isAll }) {
    const seenAt = this.#rows.size ? time : -Infinity;
    this.#round++;
    this.matching = 0;
    for (const [id, record] of records) {
      let row = this.#rows.get(id);
      if (!row) this.#rows.set(id, (row = new Row(id, seenAt)));
      if (row.record !== record || isAll) {
        const { value } = row;
        row.take(record, look);
        row.closedAt = null;
        if (value !== row.value || row.round === 0) this.#move(row);
      }
      row.round = this.#round;
      if (row.matches) this.matching++;
    }
  }

  #move(row) {
    if (row.isMoved) return;
    row.isMoved = true;
    this.#moved.push(row);
  }

  // Rows without a record are closed, and go after a while.
  #close(records, { time, closedAt, isHeld, look }) {
    let closed = this.#rows.size - records.size;
    if (!closed) return;
    for (const [id, row] of this.#rows) {
      if (row.round === this.#round) continue;
      row.closedAt ??= closedAt(id) ?? time;
      if (look) row.take(row.record, look);
      if (isHeld ? closed <= MOST_CLOSED : time - row.closedAt < STAY_MS) continue;
      closed--;
      row.isGone = true;
      this.#rows.delete(id);
    }
  }

  #arrange(before, isSorting) {
    const moved = this.#moved.filter((row) => !row.isGone);
    if (isSorting) this.#order = [...this.#rows.values()].sort(before);
    else this.#order = merged(this.#order.filter((row) => !row.isMoved && !row.isGone), moved.sort(before), before);
    for (const row of this.#moved) row.isMoved = false;
    this.#moved = [];
  }

  #hold(before) {
    const here = new Set(this.shown);
    const come = [...this.#rows.values()].filter((row) => row.matches && !here.has(row)).sort(before);
    this.shown = [...this.shown.filter((row) => !row.isGone), ...come];
  }
}

class Group {
  isGroup = true;
  level = 1;
  children = [];
  record = undefined; // of the owner, where there is one

  constructor(groupId) {
    this.groupId = groupId;
    this.id = `group ${groupId}`;
  }

  // The open ones among the children, added up; what none of them knows is not known.
  add() {
    let [count, down, up, again] = [0];
    for (const { closedAt, sums } of this.children) {
      if (closedAt !== null) continue;
      count++;
      if (sums[0] !== undefined) down = (down ?? 0) + sums[0];
      if (sums[1] !== undefined) up = (up ?? 0) + sums[1];
      if (sums[2] !== undefined) again = (again ?? 0) + sums[2];
    }
    this.count = count;
    this.sums = { download_speed: down, upload_speed: up, retransmits: again };
  }
}
const SUMMED = ['download_speed', 'upload_speed', 'retransmits'];

// Rows under whom they belong to.
export class Tree {
  #groups = new Map();
  #order = [];
  #chosen = new Map(); // group's id -> whether it is open, where someone said so
  #isOpen = null;

  // by: 'owner' or 'remote'; of(record): the id of the group; label: {key, of(group)}, what groups sort
  // by under that key; owners: id -> record, of which those that stand(id, record) are there without
  // a row too; isExact: the speeds of a group are those of its owner.
  update({ shown, isAsked, matching }, { by, of, label, sort, owners, stands, isExact = false, isHeld = false }) {
    if (by !== this.by) this.#forget(by);
    if (this.#isOpen === null || isAsked) this.#isOpen = matching <= OPEN_UP_TO;
    for (const group of this.#groups.values()) group.children = [];
    for (const row of shown) {
      if (row.groupBy !== by) {
        row.groupBy = by;
        row.groupId = of(row.record) ?? '';
      }
      this.#groupOf(row.groupId).children.push(row);
    }
    for (const [id, record] of owners) if (!this.#groups.has(id) && stands(id, record)) this.#groupOf(id);
    for (const [id, group] of this.#groups) {
      group.record = owners.get(id);
      if (!group.children.length && !(group.record && stands(id, group.record))) this.#groups.delete(id);
      group.add();
      group.isExact = isExact && group.record !== undefined;
      if (group.isExact) group.sums = { ...group.sums, download_speed: group.record.download_speed, upload_speed: group.record.upload_speed };
    }
    this.#arrange({ sort, label, isHeld: isHeld && !isAsked });
  }

  #forget(by) {
    this.by = by;
    this.#groups.clear();
    this.#order = [];
    this.#isOpen = null;
  }

  #groupOf(id) {
    let group = this.#groups.get(id);
    if (!group) this.#groups.set(id, (group = new Group(id)));
    return group;
  }

  #arrange({ sort, label, isHeld }) {
    const kept = this.#order.filter((group) => this.#groups.get(group.groupId) === group);
    const here = new Set(kept);
    const come = [...this.#groups.values()].filter((group) => !here.has(group));
    const { key, isDown } = sort;
    const direction = isDown ? -1 : 1;
    for (const group of this.#groups.values())
      group.value = SUMMED.includes(key) ? group.sums[key] : key === label.key ? label.of(group) : group.children[0]?.value;
    const before = (a, b) => compare(a.value, b.value, direction) || (a.groupId < b.groupId ? -1 : 1);
    this.#order = isHeld ? [...kept, ...come.sort(before)] : [...kept, ...come].sort(before);
  }

  isOpen({ groupId, children }) {
    return children.length > 0 && (this.#chosen.get(groupId) ?? this.#isOpen);
  }

  get isAnyOpen() {
    return this.#order.some((group) => this.isOpen(group));
  }

  toggle(group, isOpen = !this.isOpen(group)) {
    this.#chosen.set(group.groupId, isOpen);
  }

  toggleAll(isOpen) {
    this.#chosen.clear();
    this.#isOpen = isOpen;
  }

  // Groups, with the rows of those that are open below them, at most so many of these; what is left
  // out is counted.
  list(most) {
    const items = [];
    let left = most;
    let omitted = 0;
    this.#order.forEach((group, index) => {
      Object.assign(group, { position: index + 1, setSize: this.#order.length, isExpanded: group.children.length ? this.isOpen(group) : undefined });
      items.push(group);
      if (!group.isExpanded) return;
      const { children } = group;
      const count = Math.min(left, children.length);
      for (let at = 0; at < count; at++) {
        const row = children[at];
        row.position = at + 1;
        row.setSize = children.length;
        row.group = group;
        items.push(row);
      }
      left -= count;
      omitted += children.length - count;
    });
    return { items, omitted };
  }
}
