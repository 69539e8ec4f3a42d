// Every socket of the machine: under whom it belongs to, flat, or under the other end, as a table that
// can be searched and sorted. Its order follows the traffic, except while someone is at work in it:
// pointer or keyboard inside, text selected, or held by key. With a range of time selected it has
// those that moved something in it, and how much.

import { element, put, setAttribute } from '../dom.js';
import { parseQuery } from '../query.js';
import { addressOwners, ownerOf } from '../store.js';
import { plain, words } from '../text.js';
import { Rows, Tree, readSort, sortKey } from '../tree.js';
import { UNKNOWN, bytes, clock, count, duration, milliseconds, rate } from '../units.js';
import { VirtualTable } from '../vtable.js';

const MOST_ROWS = 5000;
const ROW_HEIGHT = { cosy: 30, compact: 24 };
const RECENT_MS = 30_000; // so long an owner without a connection stays after it last moved something
const GROUPS = { owner: 'By owner', remote: 'By remote', flat: 'Flat' };
const EXAMPLES = [
  ['firefox port:443|80', 'a name, and one of two ports'],
  ['remote:10.0.0.0/8 -state:listen', 'a network, and what is not to be there'],
  ['down>1M age<10m', 'over 1 Mbit/s (1MB: bytes), opened in the last 10 minutes'],
  ['retrans>0 rtt>100', 'segments sent again over a slow path (ms)'],
  ['unit:nginx limited:receiver', 'a service or container, held back by the other end'],
];

const isNothing = (speed) => !(speed * 8 >= 1);
const text = (value) => (value === undefined ? UNKNOWN : plain(value));

// Why the owners of some connections cannot be seen; null when they can.
export function hiddenBy(server) {
  const owners = server?.capabilities?.owners;
  return owners && owners.status !== 'available' ? plain(owners.detail ?? words(owners.status), 300) : null;
}

// The process of a connection as {name, title}; why there is none, where there is none.
export function processOf(record, hidden) {
  if (record.process_name !== undefined) return { name: plain(record.process_name) };
  if (record.state === 'time_wait') return { name: UNKNOWN, title: 'In time wait a socket belongs to no process any more.' };
  return hidden ? { name: '(hidden)', title: hidden } : { name: UNKNOWN, title: 'No process is known to hold it.' };
}

// look: {unit, time, range, hidden} of what is drawn, changed in place.
function columnsOf(look) {
  const amount = (speed) => (look.range ? bytes(speed * look.range.seconds) : rate(speed, look.unit));
  const exact = (group) => (group.isGroup && group.isExact ? 'All its TCP traffic, that of short-lived connections too' : null);
  const speed = (key, head, className) => ({
    key, head, className: `number rate ${className}`, text: (row) => amount(row[key]), group: ({ sums }) => amount(sums[key]),
    isFaint: (row) => isNothing(row[key]), title: exact,
  });
  return [
    { key: 'process_name', head: 'Process', className: 'process' },
    { key: 'pid', head: 'PID', className: 'number pid', text: (row) => text(row.pid) },
    { key: 'user', head: 'User', className: 'user', isLong: true, text: (row) => text(row.user ?? row.uid) },
    { key: 'connection_type', head: 'Proto', className: 'proto', text: (row) => text(row.connection_type) },
    { key: 'local_address', head: 'Local address', className: 'local', isLong: true, text: (row) => text(row.local_address) },
    { key: 'local_port', head: 'Port', className: 'number port local-port', hint: 'Local port', text: (row) => text(row.local_port) },
    { key: 'remote_address', head: 'Remote address', className: 'remote', isLong: true, text: (row) => text(row.remote_address) },
    { key: 'remote_port', head: 'Port', className: 'number port', hint: 'Remote port', text: (row) => text(row.remote_port) },
    { key: 'state', head: 'State', className: 'state-cell', text: (row, item) => (item.closedAt !== null ? 'closed' : row.state === undefined ? UNKNOWN : words(row.state)) },
    speed('download_speed', 'Download', 'download'),
    speed('upload_speed', 'Upload', 'upload'),
    { key: 'rtt_ms', head: 'RTT', className: 'number rtt', hint: 'Round-trip time', text: (row) => milliseconds(row.rtt_ms) },
    { key: 'retransmits', head: 'Retr.', className: 'number retransmits', hint: 'Segments sent again', text: (row) => count(row.retransmits), group: ({ sums }) => (sums.retransmits === undefined ? '' : count(sums.retransmits)) },
    {
      key: 'age', head: 'Age', className: 'number age', isTimed: true,
      text: (row, item) => (row.opened_at === undefined ? UNKNOWN : duration(((item.closedAt ?? look.time) - Date.parse(row.opened_at)) / 1000)),
    },
  ];
}
const NUMBERS = new Set(['download_speed', 'upload_speed', 'rtt_ms', 'retransmits', 'age']);
const KEYS = columnsOf({}).map(({ key }) => key);
const LEAD_COLUMNS = KEYS.indexOf('download_speed');

const howMany = (number) => ({ count: count(number), word: number === 1 ? 'connection' : 'connections' });

// Up to three different values of a field among the rows of a group, as text.
function among(rows, key) {
  const found = new Set();
  for (const { record } of rows.slice(0, 200)) if (record[key] !== undefined) found.add(record[key]);
  const list = [...found].slice(0, 3).map((value) => plain(value, 24)).join(', ');
  return found.size > 3 ? `${list} …` : list;
}

function nameOfOwner({ groupId, record, children }) {
  const { process_name: process, unit, user, uid } = record ?? children[0]?.record ?? {};
  const [kind] = groupId.split(':');
  if (kind === 'process') return { name: process, details: [user, unit] };
  if (kind === 'container') return process === undefined ? { name: unit, details: [user] } : { name: process, details: [unit, user] };
  if (kind === 'unit') return { name: unit, details: [user] };
  return { name: user ?? `user ${uid}`, details: [] };
}

function leadOfOwner(group, { hidden, isLeftOut, range }) {
  const number = isLeftOut ? group.record?.connections : group.count;
  const tally = number > 0 ? howMany(number) : range ? {} : { count: '0', word: 'open now' };
  if (group.groupId === '')
    return { name: hidden ? '(hidden)' : 'No process', ...tally, title: `${hidden ? `${hidden} ` : ''}In time wait a socket belongs to no process any more.` };
  const { name, details } = nameOfOwner(group);
  const pids = group.record?.pids;
  const all = [...details.map((detail) => detail && plain(detail)), pids?.length === 1 ? `PID ${pids[0]}` : pids?.length > 1 && `${count(pids.length)} processes`].filter(Boolean);
  return { name: plain(name), detail: all.join(' · '), ...tally, title: [plain(name), ...all].join(' · ') };
}

function leadOfRemote(group) {
  const tally = howMany(group.count);
  const names = among(group.children, 'process_name');
  if (group.groupId === '') return { name: 'No other end', detail: names, ...tally, title: 'Listening, or UDP that is not connected' };
  const ports = among(group.children, 'remote_port');
  return { name: plain(group.groupId), detail: [ports && `port ${ports}`, names].filter(Boolean).join(' · '), ...tally };
}

const BY = {
  owner: { of: ownerOf, lead: leadOfOwner, label: { key: 'process_name', of: (group) => String((group.groupId && nameOfOwner(group).name) || '').toLowerCase() || undefined } },
  remote: { of: (record) => record.remote_address, lead: leadOfRemote, label: { key: 'remote_address', of: ({ groupId }) => sortKey({ remote_address: groupId || undefined }, 'remote_address') } },
};

// Which interface a connection uses: the one it is bound to, or the one that has its local address;
// traffic between two of the machine's own addresses never leaves it.
function interfaceFinder(interfaces) {
  const owners = addressOwners(interfaces);
  const loopback = [...interfaces].find(([, record]) => record.is_loopback)?.[0];
  const isOwn = (address) => owners.has(address) || /^127\./.test(address ?? '');
  const names = new Set([...interfaces.keys()].map((name) => name.toLowerCase()));
  return {
    isInterface: (word) => names.has(word),
    interfaceOf: (row) => {
      if (row.interface) return row.interface;
      if (loopback && (/^127\./.test(row.local_address ?? '') || (row.remote_address && isOwn(row.remote_address)))) return loopback;
      return owners.get(row.local_address);
    },
  };
}

// The query of the search box, read again only when it or the addresses of the interfaces change.
class Search {
  #text = null;
  #addresses = null;

  constructor(now) {
    this.now = now;
  }

  read(wanted, interfaces) {
    const isSame = this.#addresses?.size === interfaces.size && [...interfaces].every(([name, { addresses }]) => this.#addresses.has(name) && this.#addresses.get(name) === addresses);
    if (isSame && wanted === this.#text) return this.query;
    if (!isSame) {
      this.#addresses = new Map([...interfaces].map(([name, { addresses }]) => [name, addresses]));
      this.finder = interfaceFinder(interfaces);
    }
    this.#text = wanted;
    this.query = parseQuery(wanted, { ...this.finder, now: this.now });
    return this.query;
  }
}

// Which owners moved something lately.
class Lately {
  #seen = new Map(); // id -> {record, at}

  has(id, record, time) {
    let seen = this.#seen.get(id);
    if (!seen) this.#seen.set(id, (seen = { record: null, at: -Infinity }));
    if (seen.record !== record) {
      seen.record = record;
      if (record.download_speed > 0 || record.upload_speed > 0) seen.at = time;
    }
    return time - seen.at < RECENT_MS;
  }

  keep(owners) {
    if (this.#seen.size > 2 * owners.size + 100) for (const id of this.#seen.keys()) if (!owners.has(id)) this.#seen.delete(id);
  }
}

// What moved in a stretch of time, as records whose speeds are the mean over it: {from, to, seconds,
// connections, owners, count, down, up, since}.
function picture({ store, from, to }) {
  const { connectionLog, ownerLog, closed } = store;
  const seconds = (to - from) / 1000;
  const mean = ([down, up]) => ({ download_speed: down / seconds, upload_speed: up / seconds });
  const result = { from, to, seconds, connections: new Map(), owners: new Map(), count: 0, down: 0, up: 0, since: connectionLog.since };
  const open = store.replicas.connections.data;
  for (const [subject, sums] of to > from ? connectionLog.moved(from, to) : []) {
    const id = String(subject);
    const record = open.get(id) ?? closed.get(id)?.record;
    result.count++;
    result.down += sums[0];
    result.up += sums[1];
    if (record) result.connections.set(id, { ...record, ...mean(sums), ...(open.has(id) ? {} : { state: 'closed' }) });
  }
  const moved = to > from ? ownerLog.moved(from, to) : new Map();
  for (const [id, record] of store.replicas.owners.data) {
    const sums = moved.get(store.ownerNumber(id));
    if (sums) result.owners.set(id, { ...record, ...mean(sums) });
  }
  return result;
}

// Whether someone is at work inside the node, so that nothing in it should move.
class Attention {
  isPointer = false;
  isFocus = false;
  isSelection = false;
  isLocked = false;

  constructor(node, changed) {
    const set = (name, value) => {
      if (this[name] === value) return;
      this[name] = value;
      changed();
    };
    node.addEventListener('pointerenter', ({ pointerType }) => set('isPointer', pointerType !== 'touch'));
    node.addEventListener('pointerleave', () => set('isPointer', false));
    node.addEventListener('focusin', () => set('isFocus', true));
    node.addEventListener('focusout', ({ relatedTarget }) => set('isFocus', node.contains(relatedTarget)));
    document.addEventListener('selectionchange', () => {
      const selection = document.getSelection();
      set('isSelection', !selection.isCollapsed && node.contains(selection.anchorNode));
    });
    this.lock = (isLocked) => set('isLocked', isLocked);
  }

  get isHeld() {
    return this.isPointer || this.isFocus || this.isSelection || this.isLocked;
  }
}

// The parts around the table: heading, how it is grouped, search box with its help, the button that
// holds the order, what is said of a range, and when there is nothing to show.
function createFrame(root, { group, search }) {
  const button = (className, label, attributes = {}) => element('button', { type: 'button', class: `button ${className}`, ...attributes }, label);
  const parts = {
    tally: element('span', { class: 'tally' }),
    groups: Object.entries(GROUPS).map(([name, label]) => element('button', { type: 'button', 'aria-pressed': 'false', 'aria-keyshortcuts': 'g', onclick: () => group(name) }, label)),
    unfold: button('quiet unfold', 'Expand all'),
    box: element('input', {
      id: 'search', type: 'search', autocomplete: 'off', spellcheck: 'false', placeholder: 'firefox port:443 state:est -lo',
      'aria-label': 'Search connections', 'aria-describedby': 'search-help', 'aria-keyshortcuts': '/', maxlength: 4200,
    }),
    ask: button('quiet ask', '?', { 'aria-expanded': 'false', 'aria-controls': 'search-tips', 'aria-label': 'How to search' }),
    help: element('p', { id: 'search-help', class: 'search-help' }),
    hold: button('quiet hold', 'Hold order', { 'aria-pressed': 'false', 'aria-keyshortcuts': 'o' }),
    rangeText: element('span'),
    clearRange: button('quiet', 'Clear range'),
    nothing: element('p'),
    clear: button('', 'Clear search', { hidden: true }),
    frame: element('div', { class: 'panel table-frame' }),
  };
  parts.tips = element('ul', { id: 'search-tips', class: 'search-tips', hidden: true, 'aria-label': 'Examples of searches' },
    ...EXAMPLES.map(([example, meaning]) => element('li', {}, element('button', { type: 'button', onclick: () => search(example) }, example), ` ${meaning}`)));
  parts.range = element('p', { class: 'range-line', hidden: true }, parts.rangeText, parts.clearRange);
  root.append(
    element('div', { class: 'section-head' }, element('h2', { id: 'connections-title' }, 'Connections'), parts.tally,
      element('div', { class: 'segments', role: 'group', 'aria-label': 'Group connections' }, ...parts.groups), parts.unfold,
      element('div', { class: 'search' }, parts.box, parts.ask, parts.hold)),
    parts.help, parts.tips, parts.range, parts.frame);
  return parts;
}

class Connections {
  #rows = new Rows();
  #tree = new Tree();
  #lately = new Lately();
  #range = null;
  #log = null;
  #sort = null;
  #look = { unit: 'bit', time: NaN, range: null, hidden: null };

  constructor(root, app) {
    this.app = app;
    this.search = new Search(() => app.store.shown.time);
    this.parts = createFrame(root, { group: (group) => app.set({ group }), search: (query) => app.set({ query }) });
    const { frame, nothing, clear } = this.parts;
    this.table = new VirtualTable(frame, {
      columns: columnsOf(this.#look), label: 'Connections', leadColumns: LEAD_COLUMNS,
      lead: (item) => (item.isGroup ? BY[app.state.group].lead(item, this.#look) : processOf(item.record, this.#look.hidden)),
      markOf: (item) => (item.isGroup || this.#look.range ? '' : item.mark(this.#look.time)),
      acts: {
        sort: (key) => this.#sortBy(key),
        open: (id) => app.set({ connection: id }),
        toggle: (group, isOpen) => {
          this.#tree.toggle(group, isOpen);
          this.draw();
        },
      },
    });
    frame.append(element('div', { class: 'nothing-box' }, nothing, clear));
    this.attention = new Attention(this.table.box, () => app.schedule.hurry('connections'));
    this.#listen();
  }

  #listen() {
    const { app } = this;
    const { box, ask, tips, hold, clear, clearRange, unfold } = this.parts;
    hold.addEventListener('click', () => this.toggleHold());
    box.addEventListener('input', () => app.set({ query: box.value }));
    box.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      app.set({ query: '' });
    });
    ask.addEventListener('click', () => {
      tips.hidden = !tips.hidden;
      setAttribute(ask, 'aria-expanded', String(!tips.hidden));
    });
    clear.addEventListener('click', () => {
      app.set({ query: '' });
      box.focus();
    });
    clearRange.addEventListener('click', () => app.set({ from: null, to: null }));
    unfold.addEventListener('click', () => {
      this.#tree.toggleAll(!this.#tree.isAnyOpen);
      this.draw();
    });
  }

  // A second press turns the order round; numbers begin with the largest, names with A.
  #sortBy(key) {
    const { isDown } = this.#sort;
    const isNowDown = this.#sort.key === key ? !isDown : NUMBERS.has(key);
    this.table.toTop();
    this.app.set({ sort: `${isNowDown ? '-' : ''}${key}` });
  }

  toggleHold() {
    this.attention.lock(!this.attention.isLocked);
  }

  nextGroup() {
    const names = Object.keys(GROUPS);
    this.app.set({ group: names[(names.indexOf(this.app.state.group) + 1) % names.length] });
  }

  focusSearch() {
    this.parts.box.focus();
  }

  // Back to the row of a connection, or to what it is under.
  focusRow(id) {
    const row = this.#rows.shown.find((other) => other.id === id);
    if (!row || !(this.table.focus(id) || this.table.focus(`group ${row.groupId}`))) this.table.box.focus();
  }

  // The records that match, as they stand.
  get records() {
    return this.#rows.shown.map(({ record }) => record);
  }

  #drawHead(query) {
    const { app } = this;
    const { isHeld, isLocked } = this.attention;
    const { hold, help, box, groups } = this.parts;
    if (box.value !== app.state.query) box.value = app.state.query;
    put(help, query.problems.join(' '));
    help.hidden = !query.problems.length;
    setAttribute(hold, 'aria-pressed', String(isLocked));
    hold.classList.toggle('is-held', isHeld);
    put(hold, isHeld ? 'Order held' : 'Hold order');
    Object.keys(GROUPS).forEach((name, index) => setAttribute(groups[index], 'aria-pressed', String(name === app.state.group)));
    const sort = readSort(app.state.sort);
    this.#sort = KEYS.includes(sort.key) ? sort : { key: 'download_speed', isDown: true };
    this.table.showSort(this.#sort);
  }

  #drawRange() {
    const { range, rangeText } = this.parts;
    const selected = this.#range;
    range.hidden = !selected;
    this.table.rename('download_speed', selected ? '↓ in range' : 'Download');
    this.table.rename('upload_speed', selected ? '↑ in range' : 'Upload');
    if (!selected) return;
    const { from, to, since } = selected;
    const known = !(since <= from) && (Number.isNaN(since) ? ' · no connection is known yet' : ` · single connections are known since you opened this page at ${clock(since)}`);
    // Before the page was opened nothing is known of single ones, which is not the same as none.
    const isUnknown = !(since < to);
    if (isUnknown) put(rangeText, `${clock(from)}–${clock(to)}, by owner alone${known}`);
    const many = howMany(selected.count);
    if (!isUnknown) put(rangeText, `${many.count} ${many.word} active ${clock(from)}–${clock(to)}, ${bytes(selected.down)} down, ${bytes(selected.up)} up${known || ''}`);
  }

  #drawTally({ omitted, matching, total, isEmpty, hasGroups }) {
    const { tally, nothing, clear, unfold } = this.parts;
    const { app } = this;
    unfold.hidden = app.state.group === 'flat';
    put(unfold, this.#tree.isAnyOpen ? 'Collapse all' : 'Expand all');
    const refused = app.store.refused.get('connections');
    const isListed = app.hasTopic('connections');
    const { isLeftOut } = this.#look;
    const of = matching === total ? count(total) : `${count(matching)} of ${count(total)}`;
    const all = omitted ? `showing the top ${count(matching - omitted)} of ${count(matching)}` : of;
    put(tally, refused || !isListed || (this.#range && !(this.#range.since < this.#range.to)) ? '' : isLeftOut ? (hasGroups ? 'only added up by owner now' : '') : all);
    const why = refused ? `Connections are not shown with this access token: ${plain(refused.message, 300)}`
      : !isListed ? 'Waiting for the first list of connections…'
      : isLeftOut ? 'Connections are not listed now, only added up by owner'
      : total > 0 ? 'No connection matches the search'
      : this.#range ? 'Nothing is known to have moved anything in the selected time'
      : 'No active connections';
    put(nothing, why);
    nothing.parentElement.hidden = !isEmpty;
    clear.hidden = !(isEmpty && app.state.query !== '' && isListed && !refused);
  }

  // What moved in the selected time; reckoned once for as long as nothing more can be known of it.
  #select() {
    const { range: { isSelected, from, to: end }, store } = this.app;
    if (!isSelected) return null;
    const to = Math.min(end, Number.isNaN(store.time) ? -Infinity : store.time);
    const key = [from, to, ...[store.connectionLog, store.ownerLog].map((log) => Math.max(from, log.since))].join();
    return this.#range?.key === key ? this.#range : { ...picture({ store, from, to }), key };
  }

  #followSources() {
    const { store } = this.app;
    const range = this.#select();
    if (range?.key === this.#range?.key && this.#log === store.connectionLog) return;
    this.#range = range;
    this.#log = store.connectionLog;
    this.#rows = new Rows(); // ids mean others now, or records do
  }

  #updateTree(owners, { query, isHeld }) {
    const { state: { group }, store } = this.app;
    const { time, isLeftOut, range } = this.#look;
    this.#lately.keep(owners);
    const stands = (id, record) => {
      const isLately = range !== null || this.#lately.has(id, record, time) || (isLeftOut && record.connections > 0);
      return query.isEmpty ? isLately : (isLately || query.isNaming) && query.matches(record);
    };
    const isExact = query.isEmpty;
    this.#tree.update(this.#rows, { by: group, ...BY[group], sort: this.#sort, owners: group === 'owner' && !store.refused.has('owners') ? owners : new Map(), stands, isExact, isHeld });
    return this.#tree.list(MOST_ROWS);
  }

  draw() {
    const { app } = this;
    const { store: { shown, closed }, state } = app;
    const { isHeld } = this.attention;
    this.#followSources();
    const { connections, owners } = this.#range ?? shown;
    const isLeftOut = !this.#range && connections.size === 0 && shown.server?.collection === 'owners';
    Object.assign(this.#look, { unit: app.unit, time: shown.time, range: this.#range, hidden: hiddenBy(shown.server), isLeftOut });
    const query = this.search.read(state.query, shown.interfaces);
    this.#drawHead(query);
    // While the list is fetched anew what was there stays.
    if (app.hasTopic('connections') || this.#range)
      this.#rows.update(connections, { time: shown.time, sort: this.#sort, query, isHeld, closedAt: (id) => closed.get(id)?.closedAt });
    const isTree = state.group !== 'flat';
    setAttribute(this.parts.frame, 'data-by', state.group);
    const rows = this.#rows.shown;
    const { items, omitted } = isTree ? this.#updateTree(owners, { query, isHeld }) : { items: rows.slice(0, MOST_ROWS), omitted: Math.max(0, this.#rows.matching - MOST_ROWS) };
    app.rows = { shown: this.#rows.matching - omitted, matching: this.#rows.matching };
    this.#drawRange();
    this.#drawTally({ omitted, matching: this.#rows.matching, total: connections.size, isEmpty: items.length === 0, hasGroups: items.length > 0 });
    this.table.show(items, {
      isTree, rowHeight: ROW_HEIGHT[app.prefs.get('density')] ?? ROW_HEIGHT.cosy, chosen: state.connection,
      stamp: `${app.unit} ${this.#range?.key} ${this.#look.hidden} ${state.group}`,
    });
  }
}

export const createConnections = (root, app) => new Connections(root, app);
