// A card for every interface. Those that carry this machine's traffic come first; virtual, loopback
// and idle ones are folded below. Places are given once: a card does not move because its link went
// down or its traffic grew, so nothing jumps under a reader's eye.

import { Sparkline } from '../chart.js';
import { element, put, quantity, setAttribute } from '../dom.js';
import { count, duration, linkSpeed, niceCeiling, perSecond, rateParts } from '../units.js';
import { DOWNLOAD, UPLOAD, isUp, troubleRate } from '../store.js';
import { plain } from '../text.js';

const SPARK_MS = 60_000;
const HOUR_MS = 3_600_000;
const MANY = 12; // from this many on they can be searched
const RANK = { ethernet: 0, wifi: 1, cellular: 2, other: 3, virtual: 4, loopback: 5 };

const inOrder = new Intl.Collator(undefined, { numeric: true });
// In a container the uplink is virtual itself; that the totals count it tells it from the others.
const rank = (record) => (record.counted === true ? Math.min(RANK[record.type] ?? RANK.other, RANK.other) : RANK[record.type] ?? RANK.other);
const byRankAndName = (a, b) => rank(a.record) - rank(b.record) || inOrder.compare(a.name, b.name);

export function linkWord(record) {
  const up = isUp(record);
  if (up === null) return { word: 'link unknown', mark: '?', tone: 'unknown' };
  if (up) return { word: 'up', mark: '▲', tone: 'up' };
  return { word: record.is_up === true ? 'no carrier' : 'down', mark: '▼', tone: 'down' };
}

export function kindOf(record) {
  const { type, kind } = record;
  if (type === 'virtual' && kind) return plain(kind);
  if (type === 'wifi') return record.ssid ? `Wi-Fi · ${plain(record.ssid, 32)}` : 'Wi-Fi';
  return plain(type ?? kind ?? 'kind unknown');
}

export function speedOf(record) {
  const parts = [];
  if (typeof record.link_speed === 'number') parts.push(linkSpeed(record.link_speed));
  if (typeof record.signal_strength === 'number') parts.push(`${record.signal_strength}\u00a0dBm`);
  else if (record.duplex === 'half' || record.duplex === 'full') parts.push(`${record.duplex} duplex`);
  return parts.join(' · ');
}

// The first address, and a button that shows the rest.
class Addresses {
  constructor() {
    this.first = element('span', { class: 'card-address' });
    this.list = element('ul', { class: 'card-addresses', hidden: true });
    this.more = element('button', { type: 'button', class: 'card-more', 'aria-expanded': 'false', hidden: true, onclick: () => this.#toggle() });
    this.node = element('div', { class: 'card-net' }, this.first, this.more, this.list);
  }

  #toggle() {
    this.list.hidden = !this.list.hidden;
    setAttribute(this.more, 'aria-expanded', !this.list.hidden);
  }

  draw({ addresses }) {
    const texts = Array.isArray(addresses) ? addresses.map((address) => plain(address, 50)) : null;
    const rest = texts?.slice(1) ?? [];
    put(this.first, texts ? texts[0] ?? 'no address' : 'addresses unknown');
    put(this.more, `+${rest.length}`);
    setAttribute(this.more, 'aria-label', `${rest.length} more addresses`);
    this.more.hidden = !rest.length;
    if (this.drawn === rest.join()) return;
    this.drawn = rest.join();
    this.list.replaceChildren(...rest.map((text) => element('li', {}, text)));
  }
}

const TIMES = ['', 'once', 'twice'];

// How often its link went down in the last hour, and since when it is, in words; '' where it did not.
function dropsOf(spans, { time, isDown }) {
  if (!spans.length) return '';
  const since = isDown && spans.at(-1).to >= time ? `down for ${duration((time - spans.at(-1).from) / 1000)}` : '';
  if (since && spans.length === 1) return since;
  return [since, `link dropped ${TIMES[spans.length] ?? `${count(spans.length)} times`} in the last hour`].filter(Boolean).join(' · ');
}

class Card {
  constructor(name, app, observer) {
    Object.assign(this, { name, app, isVisible: true, end: 0 });
    this.button = element('button', { type: 'button', class: 'card-name', onclick: () => app.select(name) }, plain(name, 24));
    this.kind = element('span', { class: 'card-kind' });
    this.mark = element('span', { class: 'mark', 'aria-hidden': 'true' });
    this.word = element('span');
    this.link = element('span', { class: 'link' }, this.mark, '\u00a0', this.word);
    this.speed = element('span', { class: 'card-speed' });
    this.badge = element('span', { class: 'badge', hidden: true });
    this.addresses = new Addresses();
    this.drops = element('p', { class: 'card-drops', hidden: true });
    this.down = quantity('download');
    this.up = quantity('upload');
    const canvas = element('canvas', { class: 'card-spark', 'aria-hidden': 'true' });
    this.node = element('li', { class: 'card' },
      element('div', { class: 'card-head' }, element('h3', {}, this.button), this.badge, this.kind),
      element('p', { class: 'card-link' }, this.link, this.speed), this.addresses.node, this.drops,
      element('p', { class: 'card-rates' },
        element('span', { class: 'download' }, element('span', { 'aria-hidden': 'true' }, '↓\u00a0'), element('span', { class: 'unseen' }, 'Download '), this.down.node),
        element('span', { class: 'upload' }, element('span', { 'aria-hidden': 'true' }, '↑\u00a0'), element('span', { class: 'unseen' }, 'Upload '), this.up.node)),
      canvas);
    this.node.dataset.name = name;
    this.sparkline = new Sparkline(canvas, [
      { channel: DOWNLOAD, color: 'download', sign: 1 },
      { channel: UPLOAD, color: 'upload', sign: -1 },
    ]);
    observer.observe(this.node);
  }

  draw(record, time) {
    const unit = this.app.unit;
    const { word, mark, tone } = linkWord(record);
    const lost = troubleRate(record);
    put(this.mark, mark);
    put(this.word, word);
    setAttribute(this.link, 'data-tone', tone);
    put(this.kind, kindOf(record));
    put(this.speed, speedOf(record));
    this.addresses.draw(record);
    const drops = dropsOf(this.app.store.downSpans(this.name, time - HOUR_MS, time), { time, isDown: tone === 'down' });
    this.drops.hidden = !drops;
    put(this.drops, drops && `▼ ${drops}`);
    this.badge.hidden = !(lost > 0);
    if (lost > 0) put(this.badge, `▲ lost ${perSecond(lost)}`);
    setAttribute(this.button, 'aria-pressed', this.app.selected === this.name);
    this.down.show(rateParts(record.download_speed, unit));
    this.up.show(rateParts(record.upload_speed, unit));
    this.#drawSpark(time);
  }

  #drawSpark(time) {
    const ring = this.app.store.rings.get(this.name);
    if (!ring) return;
    const from = time - SPARK_MS;
    const most = (channel) => niceCeiling(Math.max(ring.stats(channel, from, time).peak ?? 0, 1250));
    const top = most(DOWNLOAD);
    const bottom = most(UPLOAD);
    const least = Math.max(top, bottom) / 4;
    this.sparkline.draw(ring, {
      from, to: time, holdUntil: this.app.store.heldUntil(ring), top: Math.max(top, least), bottom: Math.max(bottom, least), palette: this.app.palette,
    });
  }
}

// Which interfaces are in front. Being in front is for good: see the head of this file.
class Places {
  #front = new Set();

  arrange(interfaces) {
    const all = [...interfaces].map(([name, record]) => ({ name, record }));
    for (const { name, record } of all) if (rank(record) < RANK.virtual && isUp(record) !== false) this.#front.add(name);
    for (const name of this.#front) if (!interfaces.has(name)) this.#front.delete(name);
    all.sort(byRankAndName);
    return { front: all.filter(({ name }) => this.#front.has(name)), folded: all.filter(({ name }) => !this.#front.has(name)) };
  }
}

// The interface to look at first: that of the default route, or else one in front, or one that can carry traffic.
function firstChoice({ front, folded }) {
  const candidates = [...[...front, ...folded].filter(({ record }) => record.primary), ...front, ...folded.filter(({ record }) => isUp(record) && record.type !== 'loopback'), ...folded];
  return candidates[0]?.name ?? null;
}

const isVirtual = (record) => rank(record) >= RANK.virtual;

function summaryOf(folded) {
  const down = folded.filter(({ record }) => isUp(record) === false).length;
  const others = folded.length - down;
  const parts = [others && `${count(others)} virtual or loopback`, down && `${count(down)} down`].filter(Boolean);
  return `${count(folded.length)} more: ${parts.join(', ')}`;
}

// What the filter box looks through.
const textOf = ({ name, record: { alias, kind, type, ssid, driver, addresses } }) => [name, alias, kind, type, ssid, driver, ...(Array.isArray(addresses) ? addresses : [])].join(' ').toLowerCase();

function placeAll(list, cards) {
  cards.forEach((card, index) => {
    if (list.children[index] !== card.node) list.insertBefore(card.node, list.children[index] ?? null);
  });
  while (list.children.length > cards.length) list.lastChild.remove();
}

export function createCards(root, app) {
  const cards = new Map();
  const places = new Places();
  const filter = element('input', { type: 'search', class: 'filter', placeholder: 'Name, kind, address', 'aria-label': 'Find interfaces', hidden: true, oninput: () => app.schedule.hurry('cards') });
  const virtual = element('button', { type: 'button', class: 'button quiet', hidden: true, onclick: () => {
    app.prefs.set('virtual', !app.prefs.get('virtual'));
    app.schedule.hurry('cards');
  } });
  const front = element('ul', { class: 'cards' });
  const rest = element('ul', { class: 'cards' });
  const summary = element('summary');
  const fold = element('details', { class: 'fold' }, summary, rest);
  const empty = element('p', { class: 'panel empty', hidden: true });
  const bones = element('div', { class: 'cards', 'aria-hidden': 'true' }, element('div', { class: 'card bone' }), element('div', { class: 'card bone' }), element('div', { class: 'card bone' }));
  root.append(element('div', { class: 'section-head' }, element('h2', { id: 'interfaces-title' }, 'Interfaces'), element('div', { class: 'cards-tools' }, filter, virtual)), bones, empty, front, fold);
  let wasTouched = false;
  summary.addEventListener('click', () => (wasTouched = true));
  fold.addEventListener('toggle', () => app.schedule.hurry('cards'));
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const card = cards.get(target.dataset.name);
      if (card) card.isVisible = isIntersecting;
    }
    app.schedule.mark('cards');
  }, { rootMargin: '100px' });

  const cardOf = ({ name }) => {
    if (!cards.has(name)) cards.set(name, new Card(name, app, observer));
    return cards.get(name);
  };

  function forget(interfaces) {
    for (const [name, card] of cards) {
      if (interfaces.has(name)) continue;
      observer.unobserve(card.node);
      card.node.remove();
      cards.delete(name);
    }
  }

  function drawTools(interfaces) {
    const hidden = [...interfaces.values()].filter(isVirtual).length;
    filter.hidden = interfaces.size <= MANY;
    virtual.hidden = hidden === 0;
    put(virtual, app.prefs.get('virtual') ? 'Hide virtual' : `Show ${count(hidden)} virtual`);
  }

  function drawEmpty(interfaces, isNothingFound) {
    const isKnown = app.hasTopic('interfaces');
    bones.hidden = isKnown;
    empty.hidden = !isKnown || (interfaces.size > 0 && !isNothingFound);
    if (isKnown) put(empty, isNothingFound ? 'No interface matches.' : 'This machine shows no interfaces here.');
  }

  function arrange(interfaces) {
    forget(interfaces);
    drawTools(interfaces);
    const text = filter.hidden ? '' : filter.value.trim().toLowerCase();
    const isShown = ({ name, record }) => (app.prefs.get('virtual') || !isVirtual(record) || name === app.selected) && (!text || textOf({ name, record }).includes(text));
    const order = places.arrange(interfaces);
    const [first, folded] = [order.front.filter(isShown), order.folded.filter(isShown)];
    app.names = [...first, ...folded].map(({ name }) => name);
    if (!interfaces.has(app.first)) app.first = firstChoice(order);
    if (!wasTouched && interfaces.size) fold.open = first.length === 0;
    const isOpen = fold.open || text !== '';
    placeAll(front, [...first, ...(text ? folded : [])].map(cardOf));
    placeAll(rest, isOpen && !text ? folded.map(cardOf) : []);
    drawEmpty(interfaces, !first.length && !folded.length);
    fold.hidden = folded.length === 0 || text !== '';
    put(summary, summaryOf(folded));
  }

  let waiting = [];
  function draw(deadline) {
    const { interfaces, time } = app.store.shown;
    if (!waiting.length) {
      arrange(interfaces);
      waiting = [...cards.values()].filter((card) => card.isVisible && card.node.isConnected);
    }
    while (waiting.length) {
      const card = waiting.shift();
      const record = interfaces.get(card.name);
      if (record) card.draw(record, time);
      if (performance.now() >= deadline) break;
    }
    return waiting.length > 0;
  }
  return { draw };
}
