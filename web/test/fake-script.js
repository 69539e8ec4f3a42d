// What the fake network carried and carries: every rate is a pure function of the seed and the tick, so
// any part of the past can be told without living through it, and goes over into the present. What
// really was said live is recorded, and is the past from then on.

export const RATES = ['download_speed', 'upload_speed', 'packet_receive_rate', 'packet_send_rate', 'receive_error_rate', 'send_error_rate', 'drop_rate'];
export const UNEXPLAINED = ['unexplained_download_speed', 'unexplained_upload_speed'];
export const HISTORY_RATES = { interfaces: RATES, owners: RATES.slice(0, 2), totals: [...RATES, ...UNEXPLAINED] };
const FINE_MS = 3600e3;
const COARSE_MS = 10e3;
const MOST_FINE = 3600;
const MOST_COARSE = 1440;
const MOST_VALUES = 500_000;
const DAY_MS = 86_400e3;

export const round3 = (value) => (value ? Number(value.toPrecision(3)) : 0);

export function fraction(seed, what, index) {
  let state = (seed ^ Math.imul(what + 1, 0x9e3779b1) ^ Math.imul(index | 0, 0x85ebca6b)) >>> 0;
  state = Math.imul(state ^ (state >>> 16), 0x7feb352d) >>> 0;
  state = Math.imul(state ^ (state >>> 15), 0x846ca68b) >>> 0;
  return ((state ^ (state >>> 16)) >>> 0) / 4294967296;
}

// Between 0 and 1, going smoothly from one chance to the next.
function wave(seed, what, at) {
  const knot = Math.floor(at);
  const part = at - knot;
  const eased = part * part * (3 - 2 * part);
  return fraction(seed, what, knot) * (1 - eased) + fraction(seed, what, knot + 1) * eased;
}

// How much of its mean flows in a tick that ends `seconds` after the start: a slow swell, bursts, noise.
export function intensity(seed, what, seconds) {
  const swell = 0.5 * Math.sin(seconds / 47 + what) + 0.35 * Math.sin((seconds / 14_400) * 2 * Math.PI);
  const burst = wave(seed, what + 100, seconds / 19) > 0.86 ? 1.3 * wave(seed, what + 300, seconds / 3) : 0;
  return Math.max(0.05, 1 + swell + burst + 0.5 * (wave(seed, what + 200, seconds / 5) - 0.5) + 0.3 * (fraction(seed, what + 400, Math.round(seconds * 20)) - 0.5));
}

// The part of the line that is one owner's: 0.8 to 1.1 of what is usual for it.
export const portion = (seed, what, seconds) => 0.8 + 0.3 * wave(seed, what + 900, seconds / 23);

const isWithin = (spans, id, agoS) => spans.some(({ interface: name, agoS: from, forS }) => (name === undefined || name === id) && agoS < from && agoS >= from - forS);

// past: { downs: [{ interface, agoS, forS }], holes: [{ agoS, forS, interface? }], drops: [{ interface,
// agoS, packets }] }, all in seconds before the start, a span from agoS on for forS.
export class Script {
  constructor({ seed, tickMs, links, owners, past = {} }) {
    Object.assign(this, { seed, tickMs, owners, past: { downs: [], holes: [], drops: [], ...past } });
    this.links = new Map(links.map((link, index) => [link.name, { ...link, index }]));
  }

  // The seven rates of a link in the tick that ends at that index (0 is the start), or null.
  link(name, tick, isActive = true) {
    const link = this.links.get(name);
    if (!link) return null;
    const seconds = (tick * this.tickMs) / 1000;
    const isPast = tick <= 0;
    if (isPast && isWithin(this.past.holes, name, -seconds)) return null;
    const isFlowing = isActive && link.mean > 0 && !(isPast && isWithin(this.past.downs, name, -seconds));
    const down = isFlowing ? link.mean * intensity(this.seed, link.index, seconds) : 0;
    const up = isFlowing ? link.mean * link.share * intensity(this.seed, link.index + 50, seconds) : 0;
    const lost = this.past.drops.filter((drop) => isPast && drop.interface === name && tick === Math.round((-drop.agoS * 1000) / this.tickMs));
    const drops = lost.reduce((sum, { packets }) => sum + packets, 0);
    return [down, up, down / 900, up / 400, 0, 0, (drops * 1000) / this.tickMs];
  }

  owner(id, tick) {
    const owner = this.owners.get(id);
    const line = owner && this.link('eth0', tick);
    if (!line) return null;
    const factor = owner.share * portion(this.seed, owner.index, (tick * this.tickMs) / 1000);
    return [line[0] * factor, line[1] * factor];
  }

  totals(tick) {
    const sums = Array(RATES.length).fill(0);
    let isKnown = false;
    for (const link of this.links.values()) {
      const rates = link.counted && this.link(link.name, tick);
      if (!rates) continue;
      isKnown = true;
      rates.forEach((rate, index) => (sums[index] += rate));
    }
    if (!isKnown) return null;
    const explained = [0, 0];
    for (const id of this.owners.keys()) this.owner(id, tick)?.forEach((rate, index) => (explained[index] += rate));
    return [...sums, ...explained.map((sum, index) => Math.max(0, sums[index] - sum))];
  }

  of(topic, id, tick) {
    if (topic === 'totals') return this.totals(tick);
    return topic === 'owners' ? this.owner(id, tick) : this.link(id, tick);
  }
}

// The rates of each tick since the start, a column for each rate: NaN is unknown.
export class Recording {
  #columns = new Map();
  #from = 0; // ticks that are forgotten
  length = 0;

  constructor(script, pastS) {
    Object.assign(this, { script, pastTicks: Math.floor((pastS * 1000) / script.tickMs), tickMs: script.tickMs });
    this.kept = Math.ceil(DAY_MS / script.tickMs);
  }

  // Takes the tick's records: { interfaces: Map, owners: Map, totals: object }.
  put(state) {
    if (this.length - this.#from >= 2 * this.kept) this.#forget();
    for (const topic of ['interfaces', 'owners']) for (const [id, record] of state[topic]) this.#put(topic, id, record);
    this.#put('totals', 'totals', state.totals);
    this.length++;
  }

  #put(topic, id, record) {
    const key = `${topic}/${id}`;
    const rates = HISTORY_RATES[topic];
    if (!this.#columns.has(key)) this.#columns.set(key, rates.map(() => new Float32Array(64).fill(NaN)));
    const columns = this.#columns.get(key);
    const at = this.length - this.#from;
    rates.forEach((rate, index) => {
      if (at >= columns[index].length) {
        const longer = new Float32Array(Math.max(at + 1, 2 * columns[index].length)).fill(NaN);
        longer.set(columns[index]);
        columns[index] = longer;
      }
      columns[index][at] = record[rate] ?? NaN;
    });
  }

  #forget() {
    for (const columns of this.#columns.values())
      columns.forEach((column, index) => (columns[index] = column.slice(this.kept)));
    this.#from += this.kept;
  }

  ids(topic) {
    const live = [...this.#columns.keys()].filter((key) => key.startsWith(`${topic}/`)).map((key) => key.slice(topic.length + 1));
    const past = { interfaces: this.script.links, owners: this.script.owners, totals: new Map([['totals', 0]]) }[topic];
    return [...new Set([...past.keys(), ...live])];
  }

  // All rates of a tick: 0 and before by the script, then as recorded; null when none is known.
  #at(topic, id, tick) {
    if (tick <= 0) return this.script.of(topic, id, tick);
    const at = tick - 1 - this.#from;
    const columns = this.#columns.get(`${topic}/${id}`);
    return columns && at >= 0 ? columns.map((column) => column[at] ?? NaN) : null;
  }

  // { stepMs, series: { id: { rate: [value or null …], rate_min…, rate_max… } } }, by the rules of
  // docs/protocol.md for how long a step is.
  series({ topic, ids, rates, windowS, stepS = 0 }) {
    const wanted = Math.max(1, Math.min(Math.ceil((windowS * 1000) / this.tickMs), this.length + this.pastTicks));
    const unit = windowS * 1000 <= FINE_MS ? 1 : Math.ceil(COARSE_MS / this.tickMs);
    const most = unit === 1 ? MOST_FINE : MOST_COARSE;
    const shortest = Math.ceil((stepS * 1000) / this.tickMs);
    const arrays = Math.max(1, ids.length * rates.length);
    const multiple = Math.max(1, Math.ceil(shortest / unit), Math.ceil(wanted / unit / most));
    const isFine = unit * multiple === 1 && arrays * wanted <= MOST_VALUES;
    const widened = isFine ? multiple : Math.max(multiple, Math.ceil((arrays * 3 * wanted) / unit / MOST_VALUES));
    const step = unit * widened;
    const count = Math.ceil(wanted / step);
    const series = {};
    for (const id of ids) {
      const one = this.#steps(topic, id, rates, { step, count, wanted });
      if (one) Object.defineProperty(series, id, { value: one, enumerable: true });
    }
    return { stepMs: step * this.tickMs, series };
  }

  #steps(topic, id, rates, { step, count, wanted }) {
    const all = HISTORY_RATES[topic];
    const places = rates.map((rate) => all.indexOf(rate));
    const means = rates.map(() => Array(count).fill(null));
    const least = rates.map(() => Array(count).fill(null));
    const largest = rates.map(() => Array(count).fill(null));
    let isKnown = false;
    for (let index = 0; index < count; index++) {
      const last = this.length - (count - 1 - index) * step;
      const first = Math.max(last - step + 1, this.length - wanted + 1);
      const sums = rates.map(() => ({ sum: 0, count: 0, least: Infinity, largest: -Infinity }));
      for (let tick = first; tick <= last; tick++) {
        const values = this.#at(topic, id, tick);
        if (!values) continue;
        places.forEach((place, at) => {
          const value = values[place];
          if (Number.isNaN(value)) return;
          const sum = sums[at];
          sum.sum += value;
          sum.count++;
          if (value < sum.least) sum.least = value;
          if (value > sum.largest) sum.largest = value;
        });
      }
      sums.forEach((sum, at) => {
        if (!sum.count) return;
        isKnown = true;
        means[at][index] = round3(sum.sum / sum.count);
        least[at][index] = round3(sum.least);
        largest[at][index] = round3(sum.largest);
      });
    }
    if (!isKnown) return null;
    const told = rates.flatMap((rate, at) => [[rate, means[at]], ...(step > 1 ? [[`${rate}_min`, least[at]], [`${rate}_max`, largest[at]]] : [])]);
    return Object.fromEntries(told);
  }
}
