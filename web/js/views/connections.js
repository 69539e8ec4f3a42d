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

export function createConnections(root, app) {
  const tally = element('span', { class: 'tally' });
  const box = element('input', {
    id: 'search', type: 'search', autocomplete: 'off', spellcheck: 'false', placeholder: 'firefox port:443 state:est -lo',
    'aria-label': 'Search connections', 'aria-describedby': 'search-help', 'aria-keyshortcuts': '/', maxlength: 300,
  });
  const help = element('p', { id: 'search-help', class: 'search-help' });
  const hold = element('button', { type: 'button', class: 'button quiet hold', 'aria-pressed': 'false', 'aria-keyshortcuts': 'o' }, 'Hold order');
  const nothing = element('p', { class: 'nothing' });
  const clear = element('button', { type: 'button', class: 'button', hidden: true }, 'Clear search');
  const frame = element('div', { class: 'panel table-frame' });
  root.append(
    element('div', { class: 'section-head' }, element('h2', { id: 'connections-title' }, 'Connections'), tally, element('div', { class: 'search' }, box, hold)),
    help, frame);

  const sort = { key: 'download_speed', isDown: true };
  const order = new HeldOrder();
  let mustSort = true;
  const again = () => {
    mustSort = true;
    app.schedule.hurry('connections');
  };
  const table = new VirtualTable(frame, {
    columns: columnsOf(() => app.prefs.get('unit')), rowHeight: ROW_HEIGHT, label: 'Connections',
    onSort: (key) => {
      const isNumber = ['download_speed', 'upload_speed', 'rtt_ms'].includes(key);
      sort.isDown = sort.key === key ? !sort.isDown : isNumber;
      sort.key = key;
      table.showSort(sort);
      table.toTop();
      again();
    },
  });
  table.showSort(sort);
  frame.append(element('div', { class: 'nothing-box' }, nothing, clear));
  const attention = new Attention(table.box, () => app.schedule.hurry('connections'));
  const toggleHold = () => attention.lock(!attention.isLocked);
  hold.addEventListener('click', toggleHold);
  box.addEventListener('input', again);
  box.addEventListener('keydown', (event) => event.key === 'Escape' && clearSearch());
  clear.addEventListener('click', () => {
    clearSearch();
    box.focus();
  });
  function clearSearch() {
    box.value = '';
    again();
  }

  function drawHold() {
    const { isHeld, isLocked } = attention;
    setAttribute(hold, 'aria-pressed', isLocked);
    hold.classList.toggle('is-held', isHeld);
    put(hold, isHeld ? 'Order held' : 'Hold order');
  }

  function drawTally({ shown, matching, total }) {
    app.rows = { shown, matching };
    const isListed = app.hasTopic('connections');
    const some = shown < matching ? `showing the top ${count(shown)} of ${count(matching)}` : matching === total ? count(total) : `${count(matching)} of ${count(total)}`;
    put(tally, isListed ? some : '');
    put(nothing, !isListed ? 'Waiting for the first list of connections…' : total === 0 ? 'No active connections' : 'No connection matches the search');
    nothing.parentElement.hidden = isListed && matching > 0;
    clear.hidden = !(isListed && total > 0 && matching === 0);
  }

  function draw() {
    const { connections, interfaces } = app.store.shown;
    const query = parseQuery(box.value, interfaceFinder(interfaces));
    put(help, query.problems.join(' '));
    help.hidden = !query.problems.length;
    const matching = sorted(connections, query.matches, sort);
    const isHeld = attention.isHeld && !mustSort;
    mustSort = false;
    const top = matching.length > MOST_ROWS ? matching.slice(0, MOST_ROWS) : matching;
    const ids = order.update(connections, top, isHeld);
    drawHold();
    drawTally({ shown: top.length, matching: matching.length, total: connections.size });
    table.show(ids, (id) => order.find(connections, id));
  }
  return { draw, toggleHold, focusSearch: () => box.focus() };
}
