// The strip at the top: the whole machine in six numbers. Download and upload count each byte once,
// as the server's totals do; the notes under each number say what it is measured against.

import { Sparkline } from '../chart.js';
import { element, put, quantity } from '../dom.js';
import { UNKNOWN, bytes, count, niceCeiling, perSecond, perSecondParts, rate, rateParts } from '../units.js';
import { DOWNLOAD, DOWNLOAD_HIGH, DROPS, PACKETS_IN, PACKETS_OUT, UPLOAD, errorRate, troubleRate } from '../store.js';
import { words } from '../text.js';

const MINUTE_MS = 60_000;
const BLANK = '\u00a0';
const NOTHING = { number: UNKNOWN, unit: '' };
// States that few connections are in for long, and from how many on they are worth a word.
const UNUSUAL = { syn_sent: 1, syn_received: 10, new_syn_received: 10, close_wait: 1, fin_wait1: 5, last_ack: 5, closing: 5, time_wait: 100 };

class Tile {
  constructor(parent, label, { className = '', spark = null } = {}) {
    const value = quantity(className);
    this.show = value.show;
    this.notes = [0, 1].map(() => element('span', { class: 'note' }));
    this.node = element('div', { class: 'tile is-waiting' }, element('dt', {}, label), element('dd', {}, value.node, ...this.notes));
    if (spark) {
      const canvas = element('canvas', { class: 'spark', 'aria-hidden': 'true' });
      this.channels = spark;
      this.spark = new Sparkline(canvas, spark);
      this.node.lastChild.append(canvas);
    }
    parent.append(this.node);
  }

  // What is not known yet is neither zero nor a dash: the place is kept empty.
  put(isWaiting, parts, ...notes) {
    this.node.classList.toggle('is-waiting', isWaiting);
    this.show(isWaiting ? { number: BLANK, unit: '' } : parts);
    this.notes.forEach((note, index) => put(note, (!isWaiting && notes[index]) || BLANK));
  }

  // least: at the top edge, where all is less.
  drawSpark(ring, least, { app, time }) {
    const from = time - MINUTE_MS;
    const peaks = this.channels.map(({ channel }) => ring.stats(channel, from, time).peak ?? 0);
    const [top, bottom] = [1, -1].map((sign) => Math.max(0, ...peaks.filter((_, index) => this.channels[index].sign === sign)));
    const scale = niceCeiling(Math.max(top, bottom, least) * 1.05);
    this.spark.draw(ring, { from, to: time, holdUntil: app.store.heldUntil(ring), top: scale, bottom: bottom && scale, palette: app.palette });
  }
}

// state -> how many; nothing is known before the first list.
function countStates(connections) {
  const counts = new Map();
  for (const { state } of connections.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}

export function createOverview(root, app) {
  const one = (channel, color) => [{ channel, color, sign: 1 }];
  const download = new Tile(root, '↓ Download', { className: 'download', spark: one(DOWNLOAD, 'download') });
  const upload = new Tile(root, '↑ Upload', { className: 'upload', spark: one(UPLOAD, 'upload') });
  const packets = new Tile(root, 'Packets', { spark: [...one(PACKETS_IN, 'download'), { channel: PACKETS_OUT, color: 'upload', sign: -1 }] });
  const connections = new Tile(root, 'Connections');
  const trouble = new Tile(root, 'Errors and drops', { spark: one(DROPS, 'bad') });
  const retransmits = new Tile(root, 'Retransmits', { spark: one(0, 'warn') });

  // Whether the topic's first message is still to come.
  const isAwaited = (topic) => !app.hasTopic(topic) && !app.store.refused.has(topic);

  function drawRates({ totals, time }) {
    const unit = app.unit;
    const { from, to } = app.visible;
    if (!app.visible.isLive || app.state.window > 3600) app.history.wantDay(null);
    const past = app.store.ringFor(null, from);
    for (const [tile, key, channel, sum, verb] of [
      [download, 'download_speed', DOWNLOAD, 'bytes_received', 'received'],
      [upload, 'upload_speed', UPLOAD, 'bytes_sent', 'sent'],
    ]) {
      const high = past && past.values.length > DOWNLOAD_HIGH ? DOWNLOAD_HIGH + channel : channel;
      const peak = past?.stats(channel, from, to, high).peak ?? null;
      tile.put(isAwaited('totals'), rateParts(totals?.[key], unit), peak !== null && `peak ${rate(peak, unit)}`, totals && `${bytes(totals[sum])} ${verb}`);
      tile.drawSpark(app.store.totalsRing, 1250, { app, time });
    }
  }

  function drawPackets({ totals, time }) {
    const [received, sent] = [totals?.packet_receive_rate, totals?.packet_send_rate];
    const isKnown = typeof received === 'number' && typeof sent === 'number';
    packets.put(isAwaited('totals'), perSecondParts(isKnown ? received + sent : undefined), isKnown && `↓ ${perSecond(received)}`, isKnown && `↑ ${perSecond(sent)}`);
    packets.drawSpark(app.store.totalsRing, 10, { app, time });
  }

  function drawConnections({ totals, connections: records, server }) {
    const isListed = app.hasTopic('connections') && server?.collection !== 'owners';
    const total = totals?.connections ?? (isListed ? records.size : undefined);
    const counts = isListed ? countStates(records) : new Map();
    const established = totals?.established ?? (isListed ? counts.get('established') ?? 0 : undefined);
    const unusual = Object.entries(UNUSUAL).filter(([state, least]) => counts.get(state) >= least).map(([state]) => `${count(counts.get(state))} ${words(state)}`);
    const usual = [established !== undefined && `${count(established)} established`, isListed && `${count(counts.get('listen') ?? 0)} listening`];
    connections.put(total === undefined && isAwaited('connections'), total === undefined ? NOTHING : { number: count(total), unit: '' },
      usual.filter(Boolean).join(' · '), unusual.join(' · '));
  }

  function drawTrouble({ totals, time }) {
    const lost = totals ? troubleRate(totals) : NaN;
    trouble.put(isAwaited('totals'), perSecondParts(lost), Number.isNaN(lost) ? 'unknown' : lost > 0 ? `▲ ${perSecond(totals.drop_rate)} drops` : 'none now', lost > 0 && `▲ ${perSecond(errorRate(totals))} errors`);
    trouble.node.classList.toggle('bad', lost > 0);
    trouble.drawSpark(app.store.totalsRing, 1, { app, time });
  }

  function drawRetransmits({ time }) {
    const ring = app.store.retransmitsRing;
    const last = ring.length ? ring.nearest(time) : -1;
    const now = last < 0 || time - ring.time(last) > 2 * MINUTE_MS ? NaN : ring.value(0, last);
    const { peak } = ring.stats(0, time - MINUTE_MS, time);
    retransmits.put(isAwaited('connections'), perSecondParts(now), peak === null ? 'unknown' : peak > 0 ? `peak ${perSecond(peak)}` : 'none in 1 min', peak > 0 && 'in 1 min');
    retransmits.drawSpark(ring, 1, { app, time });
  }

  function draw() {
    const picture = app.store.shown;
    for (const drawPart of [drawRates, drawPackets, drawConnections, drawTrouble, drawRetransmits]) drawPart(picture);
  }
  return { draw };
}
