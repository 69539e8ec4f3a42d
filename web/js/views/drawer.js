// One connection in full, beside the page or, where there is no room, in its place: who and where, its
// course since the page was opened, and what holds it back, in words.

import { Sparkline } from '../chart.js';
import { element, put, setAttribute } from '../dom.js';
import { Ring } from '../ring.js';
import { CONNECTION_CHANNELS, DOWNLOAD, RTT, UPLOAD } from '../store.js';
import { plain, words } from '../text.js';
import { UNKNOWN, bytes, clock, count, dateAndClock, duration, milliseconds, rate } from '../units.js';
import { hiddenBy, processOf } from './connections.js';
import { known } from './figures.js';

const SAMPLES_KEPT = 8192;
const NARROW = '(max-width: 640px)';

const STATES = {
  established: 'Open', syn_sent: 'Being opened: the other side has not answered yet', syn_received: 'Being opened by the other side',
  new_syn_received: 'Being opened by the other side', fin_wait1: 'Closed here; the other side has not confirmed it yet',
  fin_wait2: 'Closed here; the other side has not closed yet', time_wait: 'Closed; kept a minute for stray packets', close: 'Not connected',
  close_wait: 'Closed by the other side, and not yet by the process', last_ack: 'Closed; the last confirmation is missing',
  listen: 'Waits for connections', closing: 'Closed by both sides at once', unconnected: 'Open for everyone: UDP without a fixed other end',
};
const EVIDENCE = {
  socket: 'kept by the kernel with the socket',
  bpf: 'noted by the kernel when it was opened or closed', proc: 'found among the open files of the process',
  unit: 'by its control group: the process itself is not seen', uid: 'by the user that opened it: nothing more is seen',
};
const LIMITS = {
  application: 'The program here holds it back: it gives nothing to send, or little. Look at what the program waits for.',
  receiver: 'The other side holds it back: its window is full, for its program does not read fast enough. Look there.',
  sender: 'The send buffer is too small for this path: all of it is under way. Look at net.ipv4.tcp_wmem, and at SO_SNDBUF if the program sets it.',
  network: 'The network holds it back: as much is under way as the path and congestion control allow. Look at RTT, retransmits and who else uses the link.',
};

const end = (address, port) => (address === undefined ? UNKNOWN : `${address.includes(':') ? `[${plain(address, 60)}]` : plain(address, 60)}${port === undefined ? '' : `:${port}`}`);
const segments = (value) => (typeof value === 'number' ? `${count(value)} segment${value === 1 ? '' : 's'}` : UNKNOWN);

// [heading, what it says of a record or null to leave it out, why it is not known].
const noBytes = ({ connection_type: type }) => (type === 'udp' ? 'The kernel does not count the bytes of UDP sockets.' : 'Not known yet');
const PARTS = [
  ['Who', [
    ['Process', (record, { hidden }) => processOf(record, hidden).name, (record, { hidden }) => processOf(record, hidden).title],
    ['PID', (record) => known(record.pid), (record, { hidden }) => hidden],
    ['User', (record) => known(record.user ?? record.uid)],
    ['Unit', (record) => known(record.unit)],
    ['Found', (record) => EVIDENCE[record.evidence] ?? UNKNOWN],
  ]],
  ['Where', [
    ['Local', (record) => end(record.local_address, record.local_port)],
    ['Remote', (record) => end(record.remote_address, record.remote_port), (record) => (record.state === 'listen' ? 'A listener has no other end.' : null)],
    ['Protocol', (record) => known(record.connection_type?.toUpperCase())],
    ['Interface', (record) => known(record.interface)],
    ['Namespace', (record) => (record.namespace === undefined ? null : known(record.namespace))],
    ['State', (record) => STATES[record.state] ?? (record.state === undefined ? UNKNOWN : words(record.state))],
    ['Opened', (record) => (record.opened_at === undefined ? UNKNOWN : dateAndClock(Date.parse(record.opened_at))), () => 'It was open before the server watched.'],
    ['Age', (record, { time }) => (record.opened_at === undefined ? UNKNOWN : duration((time - Date.parse(record.opened_at)) / 1000)), () => 'It was open before the server watched.'],
  ]],
  ['In its whole life', [
    ['Received', (record) => bytes(record.bytes_received), noBytes],
    ['Sent and confirmed', (record) => bytes(record.bytes_sent), noBytes],
    ['Retransmits', (record) => segments(record.retransmits)],
  ]],
  ['Path', [
    ['RTT', (record) => milliseconds(record.rtt_ms)],
    ['RTT at least', (record) => milliseconds(record.rtt_min_ms)],
    ['May be under way', (record) => segments(record.congestion_window)],
    ['Congestion control', (record) => known(record.congestion_control)],
    ['To be read', (record) => (record.state === 'listen' && record.connection_type === 'tcp' ? `${count(record.receive_queue)} to accept` : bytes(record.receive_queue))],
    ['To be sent', (record) => (record.state === 'listen' && record.connection_type === 'tcp' ? null : bytes(record.send_queue))],
    ['May wait', (record) => (record.state === 'listen' && record.connection_type === 'tcp' ? `${count(record.send_queue)} connections` : null)],
    ['Dropped', (record) => (record.receive_drops === undefined ? null : `${count(record.receive_drops)} packets`)],
  ]],
];

function createFacts() {
  const lines = [];
  const node = element('div', { class: 'drawer-facts' }, ...PARTS.map(([head, facts]) =>
    element('section', {}, element('h3', {}, head), element('dl', { class: 'facts' }, ...facts.map(([label, says, why]) => {
      const value = element('dd');
      const line = element('div', {}, element('dt', {}, label), value);
      lines.push({ line, value, says, why });
      return line;
    })))));
  function show(record, look) {
    for (const { line, value, says, why } of lines) {
      const shown = says(record, look);
      line.hidden = shown === null;
      put(value, shown ?? '');
      setAttribute(value, 'title', shown === UNKNOWN || shown === '(hidden)' ? why?.(record, look) ?? 'Not known' : null);
    }
  }
  return { node, show };
}

const HEADS = ['Now', 'Average', 'Peak', 'Moved'];

// Current, average, peak and what was moved over the time shown.
function createSums() {
  const rows = [['download', '↓', 'Download'], ['upload', '↑', 'Upload']].map(([className, arrow, label]) => {
    const cells = HEADS.map(() => element('td'));
    return { cells, node: element('tr', {}, element('th', { scope: 'row', class: className, 'aria-label': label }, arrow), ...cells) };
  });
  const node = element('table', { class: 'sums' }, element('caption', { class: 'unseen' }, 'Over the time shown'),
    element('thead', {}, element('tr', {}, element('td'), ...HEADS.map((head) => element('th', { scope: 'col' }, head)))),
    element('tbody', {}, ...rows.map((row) => row.node)));
  function show(record, sums, { unit, isClosed }) {
    ['download_speed', 'upload_speed'].forEach((key, index) => {
      const { mean, peak, total } = sums[index];
      [rate(isClosed ? undefined : record[key], unit), rate(mean, unit), rate(peak, unit), bytes(total)].forEach((text, column) => {
        put(rows[index].cells[column], text);
        setAttribute(rows[index].cells[column], 'title', text === UNKNOWN ? (isClosed && !column ? 'It is closed' : noBytes(record)) : null);
      });
    });
  }
  return { node, show };
}

// A small picture with its scale written at its edges.
function createPicture(label, channels) {
  const canvas = element('canvas', { 'aria-hidden': 'true' });
  const [top, bottom] = [element('span', { class: 'scale' }), element('span', { class: 'scale low' })];
  const caption = element('figcaption', {}, label);
  const line = new Sparkline(canvas, channels);
  const node = element('figure', { class: 'course-picture' }, caption, element('div', {}, canvas, top, bottom));
  return {
    node,
    show(ring, { high, low = '', ...look }) {
      put(top, high);
      put(bottom, low);
      line.draw(ring, look);
    },
  };
}

// What to write into the search for one value; what cannot be told apart in quotes is left out.
const quoted = (value) => `"${String(value).split('"').reduce((longest, part) => (part.length > longest.length ? part : longest), '')}"`;
const host = (address) => `${address}/${address.includes(':') ? 128 : 32}`;
const ONLY = [
  ['Only this process', ({ process_name: name, unit, user }) => (name !== undefined ? `process:${quoted(name)}` : unit !== undefined ? `unit:${quoted(unit)}` : user !== undefined ? `user:${quoted(user)}` : null)],
  ['Only this remote', ({ remote_address: address }) => (address === undefined ? null : `remote:${host(address)}`)],
  // The one that stands for a service is nearly always the lower.
  ['Only this port', ({ local_port: local, remote_port: remote }) => (local === undefined && remote === undefined ? null : `port:${Math.min(local ?? Infinity, remote ?? Infinity)}`)],
];

class Drawer {
  #id = null;
  #ring = new Ring(CONNECTION_CHANNELS, SAMPLES_KEPT);

  // back(id): puts the focus where the drawer was opened from.
  constructor(node, app, back) {
    Object.assign(this, { node, app, back });
    this.narrow = matchMedia(NARROW);
    this.facts = createFacts();
    this.sums = createSums();
    this.rates = createPicture('↓ above, ↑ below', [{ channel: DOWNLOAD, color: 'download', sign: 1 }, { channel: UPLOAD, color: 'upload', sign: -1 }]);
    this.rtt = createPicture('Round-trip time', [{ channel: RTT, color: 'text', sign: 1 }]);
    this.#build();
    node.addEventListener('cancel', (event) => {
      event.preventDefault();
      this.#leave();
    });
    document.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.defaultPrevented || this.#id === null || document.querySelector('dialog[open]:not(.drawer)')) return;
      event.preventDefault();
      this.#leave();
    });
    this.narrow.addEventListener('change', () => this.#id !== null && this.#open());
    // Below the header, which grows with its notices.
    const header = document.querySelector('.top');
    new ResizeObserver(() => node.style.setProperty('--below', `${header.offsetHeight}px`)).observe(header);
  }

  #build() {
    const { node } = this;
    this.title = element('h2', { id: 'drawer-title', tabindex: '-1' });
    this.subtitle = element('p', { class: 'subtitle' });
    this.note = element('p', { class: 'drawer-note' });
    this.limit = element('p', { class: 'limit' });
    this.since = element('p', { class: 'note' });
    const close = element('button', { type: 'button', class: 'button quiet close', 'aria-label': 'Close the details', onclick: () => this.#leave() }, '✕');
    this.only = ONLY.map(([label, queryOf]) => ({ queryOf, node: element('button', { type: 'button', class: 'button', onclick: () => this.#search(queryOf) }, label) }));
    this.content = element('div', {}, element('div', { class: 'only' }, ...this.only.map((one) => one.node)), this.sums.node, this.rates.node, this.rtt.node, this.since, this.limit, this.facts.node);
    node.append(element('div', { class: 'drawer-head' }, element('div', {}, this.title, this.subtitle), close), this.note, this.content);
  }

  #leave() {
    this.app.set({ connection: null });
  }

  #search(queryOf) {
    const query = queryOf(this.record);
    if (query === null) return;
    this.app.set(this.narrow.matches ? { query, connection: null } : { query });
  }

  // Beside the page it leaves the page at hand; in its place, nothing else can be reached.
  #open() {
    const { node } = this;
    if (node.matches(':modal') === this.narrow.matches && node.open) return;
    if (node.open) node.close();
    if (this.narrow.matches) node.showModal();
    else node.setAttribute('open', '');
  }

  #follow(id) {
    if (id === this.#id) return;
    const before = this.#id;
    this.#id = id;
    if (id === null) {
      const isHere = this.node.contains(document.activeElement) || document.activeElement === document.body;
      this.node.close();
      if (isHere) this.back(before);
      return;
    }
    // Who opened it from the table goes on here; who came by a link stays where the page begins.
    const isFromRow = document.activeElement?.closest('.rows') ?? null;
    this.#open();
    this.node.scrollTop = 0;
    if (isFromRow) this.title.focus();
  }

  // The record as it is or was, and when it ended.
  #find(id) {
    const { store } = this.app;
    const record = store.shown.connections.get(id);
    return record ? { record, closedAt: null } : (store.closed.get(id) ?? { record: null, closedAt: null });
  }

  // Its course over what the charts show. One that was always quiet has no lines in the log: it moved nothing.
  #courseOf(record, { from, to }) {
    const { connectionLog: log } = this.app.store;
    const ring = log.course(Number(this.#id), this.#ring, { from, to });
    const begin = Math.max(from, log.since, record.opened_at === undefined ? 0 : Date.parse(record.opened_at));
    if (record.download_speed === undefined || !(begin < to)) return ring;
    const quiet = [[0, 0], [0, 0], [NaN, NaN], [NaN, NaN]];
    if (!ring.length) {
      ring.push(begin, [0, 0, record.rtt_ms, record.retransmits]);
      ring.push(to, [record.download_speed, record.upload_speed, record.rtt_ms, record.retransmits]);
    } else if (ring.time(0) - 1 > begin) ring.replace([begin, ring.time(0) - 1], quiet);
    return ring;
  }

  #drawCourse(record, closedAt) {
    const { app } = this;
    const { visible, range, unit, store } = app;
    const to = closedAt === null ? visible.to : Math.min(visible.to, closedAt);
    const ring = this.#courseOf(record, { from: visible.from, to });
    const sums = [DOWNLOAD, UPLOAD].map((channel) => ring.stats(channel, range.from, range.to));
    this.sums.show(record, sums, { unit, isClosed: closedAt !== null });
    const peaks = [DOWNLOAD, UPLOAD].map((channel) => ring.stats(channel, visible.from, visible.to).peak ?? 0);
    const [high, low] = peaks.map((peak) => Math.max(peak, 1250)); // 10 kbit/s: noise is flat
    const look = { from: visible.from, to: visible.to, holdUntil: to, palette: app.palette };
    this.rates.show(ring, { ...look, top: Math.max(high, low / 4), bottom: Math.max(low, high / 4), high: `↓ ${rate(high, unit)}`, low: `↑ ${rate(low, unit)}` });
    const rtt = ring.stats(RTT, visible.from, visible.to).peak;
    this.rtt.node.hidden = rtt === null;
    if (rtt !== null) this.rtt.show(ring, { ...look, top: rtt * 1.1 || 1, bottom: 0, high: `at most ${milliseconds(rtt)}` });
    const { since } = store.connectionLog;
    const span = `${clock(visible.from)} – ${clock(visible.to)}`;
    put(this.since, since > visible.from ? `${span}; known since you opened this page at ${clock(since)}` : span);
  }

  #drawHead({ record, closedAt }) {
    const { app } = this;
    const isWaiting = !app.hasTopic('connections');
    put(this.title, record ? processOf(record, hiddenBy(app.store.shown.server)).name : 'Connection');
    put(this.subtitle, record ? [known(record.connection_type?.toUpperCase()), record.remote_address === undefined ? end(record.local_address, record.local_port) : `→ ${end(record.remote_address, record.remote_port)}`].join(' ') : '');
    const note = !record ? (isWaiting ? 'Waiting for the first list of connections…' : 'This connection ended before this page was opened, or too long ago to be known.')
      : closedAt !== null ? `Closed at ${clock(closedAt)}. What is shown is the last that was known of it.` : '';
    put(this.note, note);
    this.note.hidden = note === '';
    this.content.hidden = !record;
  }

  draw() {
    const { app } = this;
    this.#follow(app.state.connection);
    if (this.#id === null) return;
    const { record, closedAt } = this.#find(this.#id);
    this.record = record;
    this.#drawHead({ record, closedAt });
    if (!record) return;
    this.#drawCourse(record, closedAt);
    const { time, server } = app.store.shown;
    this.facts.show(record, { time: closedAt ?? time, hidden: hiddenBy(server) });
    for (const { node, queryOf } of this.only) node.disabled = queryOf(record) === null;
    const limit = LIMITS[record.limited_by];
    this.limit.hidden = !limit;
    put(this.limit, limit ?? '');
  }
}

export const createDrawer = (node, app, back) => new Drawer(node, app, back);
