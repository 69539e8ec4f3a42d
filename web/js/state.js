// What is being looked at, as plain values that stand in the address after #, so that a link shows
// the same picture to whoever opens it: #if=eth0&w=300&q=port:443&view=conn&sort=-download_speed.
// What an address says is checked; what makes no sense is as if it were not there. Pure.

export const WINDOWS = [60, 300, 600, 1800, 3600, 86400]; // seconds
const SHORTEST_S = 5;

const oneOf = (...words) => ({ read: (text) => (words.includes(text) ? text : undefined), write: String });
const text = { read: (value) => value.slice(0, 4200) || undefined, write: String };
const whole = (low, high) => ({
  read: (value) => (/^\d{1,9}$/.test(value) && value >= low && value <= high ? Number(value) : undefined),
  write: String,
});
// A moment, in ms; written as people read it.
const moment = {
  read: (value) => {
    const time = /^\d{11,14}$/.test(value) ? Number(value) : Date.parse(value);
    return Number.isNaN(time) ? undefined : time;
  },
  write: (time) => new Date(time).toISOString().replace('.000Z', 'Z'),
};

// name of the value -> its key in the address, and what it is where nothing is said.
const VALUES = {
  view: { key: 'view', first: 'all', ...oneOf('all', 'conn', 'events') },
  interface: { key: 'if', first: null, ...text },
  window: { key: 'w', first: 300, ...whole(SHORTEST_S, 86400) },
  end: { key: 'end', first: null, ...moment }, // the right edge of the charts; null: now, moving
  from: { key: 'from', first: null, ...moment }, // the range selected
  to: { key: 'to', first: null, ...moment },
  query: { key: 'q', first: '', ...text },
  group: { key: 'group', first: 'owner', ...oneOf('owner', 'flat', 'remote') },
  sort: { key: 'sort', first: '-download_speed', read: (value) => (/^-?[a-z_]{1,40}$/.test(value) ? value : undefined), write: String },
  connection: { key: 'id', first: null, read: (value) => (/^\d{1,16}$/.test(value) ? value : undefined), write: String },
  unit: { key: 'u', first: 'bit', ...oneOf('bit', 'byte') },
};

// The values an address names, and no others.
export function readAddress(hash) {
  const words = new URLSearchParams(hash.replace(/^#/, ''));
  const values = {};
  for (const [name, { key, read }] of Object.entries(VALUES)) {
    const value = words.has(key) ? read(words.get(key)) : undefined;
    if (value !== undefined) values[name] = value;
  }
  if (!(values.from < values.to)) delete values.from, delete values.to;
  return values;
}

export function writeAddress(values) {
  const words = new URLSearchParams();
  for (const [name, { key, first, write }] of Object.entries(VALUES)) if (values[name] !== first && values[name] !== null) words.set(key, write(values[name]));
  // These are allowed after # and easier to read as they are.
  const line = words.toString().replace(/%3A/g, ':').replace(/%2C/g, ',').replace(/%2F/g, '/');
  return line && `#${line}`;
}

export const FIRST = Object.fromEntries(Object.entries(VALUES).map(([name, { first }]) => [name, first]));

// The windows one step narrower and wider.
export const narrower = (window) => WINDOWS.findLast((other) => other < window) ?? WINDOWS[0];
export const wider = (window) => WINDOWS.find((other) => other > window) ?? WINDOWS.at(-1);
