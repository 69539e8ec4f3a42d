// Who owns the fake's connections, and what each owner moved: the sums of docs/data.md.

import { round3 } from './fake-script.js';

const CLOSING = new Set(['fin_wait1', 'fin_wait2', 'time_wait', 'close', 'last_ack', 'closing']);
const OPENING = new Set(['syn_sent', 'syn_received', 'new_syn_received']);
const isContainer = (unit) => /^(docker|podman|containerd):/.test(unit ?? '');

// The first of container, process, unit and user that is known; null of what nobody has any more.
export function ownerId({ process_name: name, uid, unit }) {
  if (isContainer(unit)) return `container:${unit}`;
  if (name !== undefined) return `process:${uid ?? ''}:${unit ?? ''}:${name}`;
  if (unit !== undefined) return `unit:${unit}`;
  return uid === undefined ? null : `user:${uid}`;
}

function begin(id, { process_name, unit, uid, user }) {
  const sums = { connections: 0, established: 0, listening: 0, udp: 0, unconnected: 0, opening: 0, close_wait: 0, closing: 0 };
  return { facts: { kind: id.slice(0, id.indexOf(':')), process_name, unit, uid, user }, pids: new Set(), sums, hasTcp: false, isKnown: false, down: 0, up: 0, outDown: 0, outUp: 0 };
}

function addUp(owner, connection, isCounted) {
  const { sums } = owner;
  const { state, connection_type: type } = connection;
  sums.connections++;
  if (state === 'established') sums.established++;
  else if (state === 'listen') sums.listening++;
  else if (state === 'unconnected') sums.unconnected++;
  else if (state === 'close_wait') sums.close_wait++;
  else if (OPENING.has(state)) sums.opening++;
  else if (CLOSING.has(state)) sums.closing++;
  if (type === 'udp') sums.udp++;
  if (connection.pid !== undefined) owner.pids.add(connection.pid);
  if (connection.bytes_received === undefined) return;
  owner.hasTcp = true;
  if (connection.download_speed === undefined) return;
  owner.isKnown = true;
  owner.down += connection.download_speed;
  owner.up += connection.upload_speed;
  if (!isCounted(connection.interface)) return;
  owner.outDown += connection.download_speed;
  owner.outUp += connection.upload_speed;
}

export class Owners {
  #moved = new Map(); // by id: bytes and closed since the start

  #of(id) {
    if (!this.#moved.has(id)) this.#moved.set(id, { received: 0, sent: 0, closed: 0, hasTcp: false });
    return this.#moved.get(id);
  }

  closed(connection) {
    const id = ownerId(connection);
    if (id !== null) this.#of(id).closed++;
  }

  // The owners of these connections; seconds have passed since the last time.
  observe(connections, isCounted, seconds, areRatesKnown) {
    const found = new Map();
    for (const connection of connections.values()) {
      const id = ownerId(connection);
      if (id === null) continue;
      if (!found.has(id)) found.set(id, begin(id, connection));
      addUp(found.get(id), connection, isCounted);
    }
    const result = new Map();
    for (const [id, owner] of found) {
      const moved = this.#of(id);
      moved.received += Math.round(owner.down * seconds);
      moved.sent += Math.round(owner.up * seconds);
      moved.hasTcp ||= owner.hasTcp;
      const pids = [...owner.pids].sort((a, b) => a - b);
      const record = { ...owner.facts, ...(pids.length && { pids }), ...owner.sums, closed: moved.closed };
      if (areRatesKnown && owner.isKnown)
        Object.assign(record, { download_speed: round3(owner.down), upload_speed: round3(owner.up), external_download_speed: round3(owner.outDown), external_upload_speed: round3(owner.outUp) });
      if (moved.hasTcp) Object.assign(record, { bytes_received: moved.received, bytes_sent: moved.sent });
      for (const name of Object.keys(record)) if (record[name] === undefined) delete record[name];
      result.set(id, record);
    }
    return result;
  }
}
