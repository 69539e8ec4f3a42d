// What the detail says in figures and words: sums over a range, the course as a table for those who
// cannot see a picture, the facts about an interface, and whether its link dropped.

import { element, put, setAttribute } from '../dom.js';
import { DOWNLOAD, DROPS, ERRORS, PACKETS_IN, PACKETS_OUT, UPLOAD } from '../store.js';
import { plain } from '../text.js';
import { UNKNOWN, bytes, clock, count, dateAndClock, duration, perSecond, rate } from '../units.js';

const TABLE_ROWS = 15;
const HOUR_MS = 3_600_000;

const yesNo = (value) => (value === true ? 'yes' : value === false ? 'no' : UNKNOWN);
export const known = (value) => (value === undefined || value === '' ? UNKNOWN : plain(value));
const sumOf = (a, b) => (typeof a === 'number' && typeof b === 'number' ? a + b : undefined);
const both = (show, received, sent) => `↓\u00a0${show(received)}  ↑\u00a0${show(sent)}`;

const FACTS = [
  ['Hardware address', (record) => known(record.mac_address)],
  ['MTU', (record) => (typeof record.mtu === 'number' ? `${count(record.mtu)} bytes` : UNKNOWN)],
  ['Known as', (record) => known(record.alias)],
  ['Driver', (record) => known(record.driver)],
  ['Bytes', (record) => both(bytes, record.bytes_received, record.bytes_sent)],
  ['Packets', (record) => both(count, record.packets_received, record.packets_sent)],
  ['Errors', (record) => count(sumOf(record.receive_errors, record.send_errors))],
  ['Drops', (record) => count(sumOf(record.receive_drops, record.send_drops))],
  ['In the totals', (record) => (record.counted === false && record.not_counted_reason ? `no: ${plain(record.not_counted_reason)}` : yesNo(record.counted))],
];

export function createFacts() {
  const cells = FACTS.map(([label]) => ({ label, value: element('dd') }));
  const addresses = element('dd', { class: 'fact-addresses' });
  const list = element('dl', { class: 'facts' },
    ...cells.map(({ label, value }) => element('div', {}, element('dt', {}, label), value)),
    element('div', { class: 'wide' }, element('dt', {}, 'Addresses'), addresses));
  const node = element('details', { class: 'facts-fold' }, element('summary', {}, 'Facts'), list);
  function show(record) {
    cells.forEach(({ value }, index) => put(value, FACTS[index][1](record)));
    const all = Array.isArray(record.addresses) ? record.addresses.map((address) => plain(address, 50)) : null;
    put(addresses, all === null ? UNKNOWN : all.slice(0, 6).join('\n') + (all.length > 6 ? `\n+${all.length - 6}` : '') || 'none');
  }
  return { node, show };
}

export function createSums() {
  const columns = ['Now', 'Average', 'Peak', 'Total'];
  const rows = [['download', '↓', 'Download'], ['upload', '↑', 'Upload']].map(([className, arrow, label]) => {
    const cells = columns.map(() => element('td'));
    return { cells, node: element('tr', {}, element('th', { scope: 'row', class: className }, arrow, element('span', { class: 'label' }, `\u00a0${label}`)), ...cells) };
  });
  const caption = element('caption', { class: 'unseen' });
  const node = element('table', { class: 'sums' }, caption,
    element('thead', {}, element('tr', {}, element('td'), ...columns.map((label) => element('th', { scope: 'col' }, label)))),
    element('tbody', {}, ...rows.map((row) => row.node)));
  function show(sums, { unit, over }) {
    put(caption, over);
    sums.forEach(({ now, mean, peak, peakAt, total }, index) => {
      const { cells } = rows[index];
      [rate(now, unit), rate(mean, unit), rate(peak, unit), bytes(total)].forEach((text, column) => put(cells[column], text.replace('\u00a0', ' ')));
      setAttribute(cells[2], 'title', peakAt === null ? null : `at ${dateAndClock(peakAt)}`);
    });
  }
  return { node, show };
}

// The charts in words and figures: one row for each stretch of what they show.
export function createCourse() {
  const heads = ['From', '↓ average', '↓ peak', '↑ average', '↑ peak', '↓ packets', '↑ packets', 'Lost'];
  const rows = Array.from({ length: TABLE_ROWS }, () => element('tr', {}, ...heads.map((_, index) => element(index ? 'td' : 'th', index ? {} : { scope: 'row' }))));
  const table = element('table', {}, element('caption', { class: 'unseen' }, 'Course over the time shown'),
    element('thead', {}, element('tr', {}, ...heads.map((label) => element('th', { scope: 'col' }, label)))), element('tbody', {}, ...rows));
  const node = element('div', { class: 'course', role: 'region', 'aria-label': 'Traffic as a table', tabindex: '0', hidden: true }, table);
  function show(ring, { from, to, unit, highs: [downHigh, upHigh] }) {
    const step = (to - from) / TABLE_ROWS;
    rows.forEach((row, index) => {
      const end = to - index * step;
      const over = (channel, high) => ring.stats(channel, end - step, end, high);
      const [down, up] = [over(DOWNLOAD, downHigh), over(UPLOAD, upHigh)];
      const [errors, drops] = [over(ERRORS), over(DROPS)].map(({ total }) => total);
      const lost = errors === null ? drops : errors + (drops ?? 0);
      const texts = [clock(end - step), rate(down.mean, unit), rate(down.peak, unit), rate(up.mean, unit), rate(up.peak, unit),
        perSecond(over(PACKETS_IN).mean), perSecond(over(PACKETS_OUT).mean), lost === null ? UNKNOWN : count(Math.round(lost))];
      texts.forEach((text, column) => put(row.children[column], text));
    });
  }
  return { node, show };
}

const TIMES = ['', 'once', 'twice'];

// Whether the link dropped, in a sentence. spans: of being down, oldest first, within the hour before
// now; reach: from when on drops are known; startedAt: of the server. {text, isBad}.
export function linkStory({ isUp, spans, now, reach, startedAt }) {
  if (isUp === null) return { text: '', isBad: false };
  const isWhole = reach <= now - HOUR_MS;
  const over = isWhole ? 'in the last hour' : `since ${reach === startedAt ? `the server started at ${clock(reach)}` : clock(reach)}`;
  const last = spans.at(-1);
  const times = TIMES[spans.length] ?? `${spans.length} times`;
  if (!isUp) {
    const since = last && last.from > Math.max(reach, now - HOUR_MS) ? `since ${clock(last.from)}` : isWhole ? 'for more than an hour' : `since before ${clock(reach)}`;
    return { text: `Link down ${since}${spans.length > 1 ? `, ${times} ${over}` : ''}`, isBad: true };
  }
  if (!last) return { text: `Link up, no drop ${over}`, isBad: false };
  const length = last.to - last.from < 1000 ? 'less than a second' : duration((last.to - last.from) / 1000);
  return { text: `Link down ${times} ${over}, ${spans.length > 1 ? 'last ' : ''}at ${clock(last.from)} for ${length}`, isBad: true };
}
