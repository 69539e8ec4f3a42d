// A card for every interface. Those that carry this machine's traffic come first; virtual, loopback
// and idle ones are folded below. Places are given once: a card does not move because its link went
// down or its traffic grew, so nothing jumps under a reader's eye.

import { Sparkline } from '../chart.js';
import { element, put, quantity, setAttribute } from '../dom.js';
import { niceCeiling, linkSpeed, perSecond, rateParts } from '../units.js';
import { DOWNLOAD, UPLOAD, isUp, troubleRate } from '../store.js';
import { plain } from '../text.js';

const SPARK_MS = 60_000;
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
  else if (record.duplex === 'half') parts.push('half duplex');
  return parts.join(' · ');
}

function addressText({ addresses }) {
  if (!Array.isArray(addresses)) return 'addresses unknown';
  if (!addresses.length) return 'no address';
  const first = plain(addresses[0], 50);
  return addresses.length > 1 ? `${first}  +${addresses.length - 1}` : first;
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
    this.address = element('span', { class: 'card-address' });
    this.down = quantity('download');
    this.up = quantity('upload');
    const canvas = element('canvas', { class: 'card-spark', 'aria-hidden': 'true' });
    this.node = element('li', { class: 'card' },
      element('div', { class: 'card-head' }, element('h3', {}, this.button), this.badge, this.kind),
      element('p', { class: 'card-link' }, this.link, this.speed, this.address),
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
    put(this.address, addressText(record));
    setAttribute(this.address, 'title', Array.isArray(record.addresses) ? record.addresses.map((address) => plain(address, 50)).join('\n') : null);
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

// The interface to look at first: in front, or else one that can carry traffic.
function firstChoice({ front, folded }) {
  const candidates = [...front, ...folded.filter(({ record }) => isUp(record) && record.type !== 'loopback'), ...folded];
  return candidates[0]?.name ?? null;
}

function summaryOf(folded) {
  const down = folded.filter(({ record }) => isUp(record) === false).length;
  const virtual = folded.length - down;
  const parts = [virtual && `${virtual} virtual or loopback`, down && `${down} down`].filter(Boolean);
  return `${folded.length} more: ${parts.join(', ')}`;
}

function placeAll(list, cards) {
  cards.forEach((card, index) => {
    if (list.children[index] !== card.node) list.insertBefore(card.node, list.children[index] ?? null);
  });
  while (list.children.length > cards.length) list.lastChild.remove();
}

export function createCards(root, app) {
  const cards = new Map();
  const places = new Places();
  const front = element('ul', { class: 'cards' });
  const rest = element('ul', { class: 'cards' });
  const summary = element('summary');
  const fold = element('details', { class: 'fold' }, summary, rest);
  const empty = element('p', { class: 'panel empty' }, 'Waiting for the first list of interfaces…');
  root.append(empty, front, fold);
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

  function arrange(interfaces) {
    forget(interfaces);
    const order = places.arrange(interfaces);
    app.names = [...order.front, ...order.folded].map(({ name }) => name);
    if (!wasTouched && interfaces.size) fold.open = order.front.length === 0;
    placeAll(front, order.front.map(cardOf));
    placeAll(rest, fold.open ? order.folded.map(cardOf) : []);
    empty.hidden = interfaces.size > 0;
    if (!interfaces.size && app.hasTopic('interfaces')) put(empty, 'This machine shows no interfaces here.');
    fold.hidden = order.folded.length === 0;
    put(summary, summaryOf(order.folded));
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
