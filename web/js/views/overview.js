// The strip at the top: the whole machine in five numbers. Download and upload count each byte once,
// as the server's totals do; the note under each number says what it is measured against.

import { Sparkline } from '../chart.js';
import { element, put, quantity } from '../dom.js';
import { niceCeiling, bytes, count, perSecond, perSecondParts, rate, rateParts } from '../units.js';
import { DOWNLOAD, UPLOAD, troubleRate } from '../store.js';

const SPARK_MS = 60_000;

class Tile {
  constructor(parent, label, { className = '', spark = null } = {}) {
    const value = quantity(className);
    this.show = value.show;
    this.note = element('span', { class: 'note' });
    const parts = [value.node, this.note];
    if (spark) {
      const canvas = element('canvas', { class: 'spark', 'aria-hidden': 'true' });
      this.spark = new Sparkline(canvas, [spark]);
      parts.push(canvas);
    }
    parent.append(element('div', { class: spark ? 'tile with-spark' : 'tile' }, element('dt', {}, label), element('dd', {}, ...parts)));
  }

  drawSpark(ring, channel, { app, time }) {
    const from = time - SPARK_MS;
    const { peak } = ring.stats(channel, from, time);
    const top = niceCeiling(Math.max(peak ?? 0, 1250) * 1.05);
    this.spark.draw(ring, { from, to: time, holdUntil: app.store.heldUntil(ring), top, bottom: 0, palette: app.palette });
  }
}

// How many connections are in which state; nothing is known before the first list.
function countStates(connections) {
  let [established, listening] = [0, 0];
  for (const { state } of connections.values()) {
    if (state === 'established') established++;
    else if (state === 'listen') listening++;
  }
  return { established, listening };
}

export function createOverview(root, app) {
  const download = new Tile(root, '↓ Download', { className: 'download', spark: { channel: DOWNLOAD, color: 'download', sign: 1 } });
  const upload = new Tile(root, '↑ Upload', { className: 'upload', spark: { channel: UPLOAD, color: 'upload', sign: 1 } });
  const packets = new Tile(root, 'Packets');
  const connections = new Tile(root, 'Connections');
  const trouble = new Tile(root, 'Errors and drops');

  function drawRates({ totals, time }) {
    const unit = app.unit;
    const ring = app.store.totalsRing;
    for (const [tile, key, channel, sum, verb] of [
      [download, 'download_speed', DOWNLOAD, 'bytes_received', 'received'],
      [upload, 'upload_speed', UPLOAD, 'bytes_sent', 'sent'],
    ]) {
      tile.show(rateParts(totals?.[key], unit));
      const { peak } = ring.stats(channel, time - (app.state.window * 1000), time);
      put(tile.note, peak === null ? ' ' : `peak ${rate(peak, unit)} · ${bytes(totals?.[sum])} ${verb}`);
      tile.drawSpark(ring, channel, { app, time });
    }
  }

  function drawConnections(picture) {
    const isListed = app.hasTopic('connections');
    const total = picture.totals?.connections ?? (isListed ? picture.connections.size : undefined);
    connections.show({ number: count(total), unit: '' });
    if (!isListed) return put(connections.note, '\u00a0');
    const { established, listening } = countStates(picture.connections);
    const parts = [`${count(picture.totals?.established ?? established)} established`];
    if (picture.server?.collection !== 'owners') parts.push(`${count(listening)} listening`);
    put(connections.note, parts.join(' · '));
  }

  function drawTrouble({ totals }) {
    const lost = totals ? troubleRate(totals) : NaN;
    trouble.show(perSecondParts(lost));
    trouble.note.parentElement.classList.toggle('bad', lost > 0);
    put(trouble.note, lost > 0 ? `▲ drops ${perSecond(totals.drop_rate)}` : Number.isNaN(lost) ? 'unknown' : 'none now');
  }

  function drawPackets({ totals }) {
    const [received, sent] = [totals?.packet_receive_rate, totals?.packet_send_rate];
    const isKnown = typeof received === 'number' && typeof sent === 'number';
    packets.show(perSecondParts(isKnown ? received + sent : undefined));
    put(packets.note, isKnown ? `↓ ${perSecond(received)} · ↑ ${perSecond(sent)}` : '\u00a0');
  }

  function draw() {
    const picture = app.store.shown;
    drawRates(picture);
    drawPackets(picture);
    drawConnections(picture);
    drawTrouble(picture);
  }
  return { draw };
}
