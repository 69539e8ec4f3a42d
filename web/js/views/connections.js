// Every socket of the machine, as a table that can be searched and sorted. Its order follows the
// traffic, except while someone is at work in it: pointer or keyboard inside, text selected, or held by key.

import { element, put, setAttribute } from '../dom.js';
import { HeldOrder, sorted } from '../order.js';
import { parseQuery } from '../query.js';
import { addressOwners } from '../store.js';
import { plain, words } from '../text.js';
import { UNKNOWN, count, milliseconds, rate } from '../units.js';
import { VirtualTable } from '../vtable.js';

const MOST_ROWS = 5000;
const ROW_HEIGHT = 30;

const isNothing = (speed) => !(speed * 8 >= 1);
const text = (value) => (value === undefined ? UNKNOWN : plain(value));

function columnsOf(unit) {
  return [
    { key: 'process_name', title: 'Process', className: 'process', isLong: true, text: (row) => text(row.process_name) },
    { key: 'pid', title: 'PID', className: 'number pid', text: (row) => text(row.pid) },
    { key: 'connection_type', title: 'Proto', className: 'proto', text: (row) => text(row.connection_type) },
    { key: 'local_address', title: 'Local address', className: 'local', isLong: true, text: (row) => text(row.local_address) },
    { key: 'local_port', title: 'Port', className: 'number port local-port', hint: 'Local port', text: (row) => text(row.local_port) },
    { key: 'remote_address', title: 'Remote address', className: 'remote', isLong: true, text: (row) => text(row.remote_address) },
    { key: 'remote_port', title: 'Port', className: 'number port', hint: 'Remote port', text: (row) => text(row.remote_port) },
    { key: 'state', title: 'State', className: 'state-cell', text: (row) => (row.state === undefined ? UNKNOWN : words(row.state)) },
    { key: 'download_speed', title: 'Download', className: 'number rate download', isFaint: (row) => isNothing(row.download_speed), text: (row) => rate(row.download_speed, unit()) },
    { key: 'upload_speed', title: 'Upload', className: 'number rate upload', isFaint: (row) => isNothing(row.upload_speed), text: (row) => rate(row.upload_speed, unit()) },
    { key: 'rtt_ms', title: 'RTT', className: 'number rtt', hint: 'Round-trip time', text: (row) => milliseconds(row.rtt_ms) },
  ];
}

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

const COUNTED_COLUMNS = new Set(['download_speed', 'upload_speed', 'rtt_ms']);

// The parts around the table: heading, search box, the button that holds the order, what is said
// when there is nothing to show.
function createFrame(root) {
  const parts = {
    tally: element('span', { class: 'tally' }),
    box: element('input', {
      id: 'search', type: 'search', autocomplete: 'off', spellcheck: 'false', placeholder: 'firefox port:443 state:est -lo',
      'aria-label': 'Search connections', 'aria-describedby': 'search-help', 'aria-keyshortcuts': '/', maxlength: 300,
    }),
    help: element('p', { id: 'search-help', class: 'search-help' }),
    hold: element('button', { type: 'button', class: 'button quiet hold', 'aria-pressed': 'false', 'aria-keyshortcuts': 'o' }, 'Hold order'),
    nothing: element('p'),
    clear: element('button', { type: 'button', class: 'button', hidden: true }, 'Clear search'),
    frame: element('div', { class: 'panel table-frame' }),
  };
  const title = element('h2', { id: 'connections-title' }, 'Connections');
  root.append(
    element('div', { class: 'section-head' }, title, parts.tally, element('div', { class: 'search' }, parts.box, parts.hold)),
    parts.help, parts.frame);
  return parts;
}

class Connections {
  #sort = { key: 'download_speed', isDown: true };
  #order = new HeldOrder();
  #mustSort = true; // whatever is held: someone asked for another order

  constructor(root, app) {
    this.app = app;
    this.parts = createFrame(root);
    const { frame, nothing, clear } = this.parts;
    this.table = new VirtualTable(frame, {
      columns: columnsOf(() => app.unit), rowHeight: ROW_HEIGHT, label: 'Connections', onSort: (key) => this.#sortBy(key),
    });
    this.table.showSort(this.#sort);
    frame.append(element('div', { class: 'nothing-box' }, nothing, clear));
    this.attention = new Attention(this.table.box, () => app.schedule.hurry('connections'));
    this.#listen();
  }

  #listen() {
    const { box, hold, clear } = this.parts;
    hold.addEventListener('click', () => this.toggleHold());
    box.addEventListener('input', () => this.#again());
    box.addEventListener('keydown', (event) => event.key === 'Escape' && this.#clearSearch());
    clear.addEventListener('click', () => {
      this.#clearSearch();
      box.focus();
    });
  }

  #again() {
    this.#mustSort = true;
    this.app.schedule.hurry('connections');
  }

  // A second press turns the order round; numbers begin with the largest, names with A.
  #sortBy(key) {
    const isSame = this.#sort.key === key;
    this.#sort = { key, isDown: isSame ? !this.#sort.isDown : COUNTED_COLUMNS.has(key) };
    this.table.showSort(this.#sort);
    this.table.toTop();
    this.#again();
  }

  #clearSearch() {
    this.parts.box.value = '';
    this.#again();
  }

  toggleHold() {
    this.attention.lock(!this.attention.isLocked);
  }

  nextGroup() {}

  focusSearch() {
    this.parts.box.focus();
  }

  #drawHold() {
    const { isHeld, isLocked } = this.attention;
    const { hold } = this.parts;
    setAttribute(hold, 'aria-pressed', isLocked);
    hold.classList.toggle('is-held', isHeld);
    put(hold, isHeld ? 'Order held' : 'Hold order');
  }

  #drawTally({ shown, matching, total }) {
    const { tally, nothing, clear } = this.parts;
    const isListed = this.app.hasTopic('connections');
    const isLeftOut = total === 0 && this.app.store.shown.server?.collection === 'owners';
    const all = matching === total ? count(total) : `${count(matching)} of ${count(total)}`;
    put(tally, !isListed || isLeftOut ? '' : shown < matching ? `showing the top ${count(shown)} of ${count(matching)}` : all);
    put(nothing, !isListed ? 'Waiting for the first list of connections…' : isLeftOut ? 'Connections are not listed now, only added up' : total === 0 ? 'No active connections' : 'No connection matches the search');
    nothing.parentElement.hidden = isListed && matching > 0;
    clear.hidden = !(isListed && total > 0 && matching === 0);
  }

  draw() {
    const { connections, interfaces } = this.app.store.shown;
    const { help, box } = this.parts;
    const query = parseQuery(box.value, interfaceFinder(interfaces));
    put(help, query.problems.join(' '));
    help.hidden = !query.problems.length;
    const matching = sorted(connections, query.matches, this.#sort);
    const top = matching.slice(0, MOST_ROWS);
    const ids = this.#order.update(connections, top, this.attention.isHeld && !this.#mustSort);
    this.#mustSort = false;
    this.app.rows = { shown: top.length, matching: matching.length };
    this.#drawHold();
    this.#drawTally({ ...this.app.rows, total: connections.size });
    this.table.show(ids, (id) => this.#order.find(connections, id));
  }
}

export const createConnections = (root, app) => new Connections(root, app);
