// The order of the connections table. It follows the data, by value and not by what is written, with
// the unknown always last; and it can be held: then rows stay where they are, those that close are
// kept in their place, and new ones join at the end.

const addressKeys = new Map();
const ADDRESSES_KEPT = 50_000;

// Addresses sort by number: 10.0.0.9 before 10.0.0.10, IPv4 before IPv6.
function addressKey(address) {
  if (typeof address !== 'string') return undefined;
  let key = addressKeys.get(address);
  if (key === undefined) {
    if (addressKeys.size >= ADDRESSES_KEPT) addressKeys.clear();
    const pad = (part, length) => part.padStart(length, '0');
    if (!address.includes(':')) key = `4${address.split('.').map((part) => pad(part, 3)).join('.')}`;
    else {
      const [head, tail] = address.split('::').map((half) => (half ? half.split(':') : []));
      const zeros = tail ? Array(Math.max(0, 8 - head.length - tail.length)).fill('0') : [];
      key = `6${[...head, ...zeros, ...(tail ?? [])].map((part) => pad(part, 4)).join(':')}`;
    }
    addressKeys.set(address, key);
  }
  return key;
}

const lower = (value) => (typeof value === 'string' ? value.toLowerCase() : value);

export function sortKey(record, column) {
  const value = record[column];
  return column.endsWith('_address') ? addressKey(value) : lower(value);
}

function compare(a, b, direction) {
  const [isA, isB] = [a !== undefined && a !== null, b !== undefined && b !== null];
  if (!isA || !isB) return isA === isB ? 0 : isA ? -1 : 1;
  return (a < b ? -1 : a > b ? 1 : 0) * direction;
}

// Ids of the records that match, in order; equal ones by id, so that they do not change places.
export function sorted(records, matches, { key, isDown }) {
  const rows = [];
  for (const [id, record] of records) if (matches(record)) rows.push({ id, number: Number(id), value: sortKey(record, key) });
  const direction = isDown ? -1 : 1;
  rows.sort((a, b) => compare(a.value, b.value, direction) || a.number - b.number);
  return rows.map(({ id }) => id);
}

export class HeldOrder {
  #ids = [];
  #last = new Map(); // the records of what is held, as they were last seen

  // Returns ids: as sorted, or, while held, those there were and then what is new.
  update(records, ids, isHeld) {
    if (isHeld) {
      const here = new Set(this.#ids);
      this.#ids = [...this.#ids, ...ids.filter((id) => !here.has(id))];
    } else {
      this.#ids = ids;
      this.#last.clear();
    }
    for (const id of this.#ids) {
      const record = records.get(id);
      if (record) this.#last.set(id, record);
    }
    return this.#ids;
  }

  find(records, id) {
    const record = records.get(id);
    return record ? { record, isClosed: false } : { record: this.#last.get(id) ?? {}, isClosed: true };
  }
}
