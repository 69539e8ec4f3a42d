// Who moved how much, and when: one line for every change of anyone's rates, all in one log of typed
// columns and of fixed size, the oldest lines overwritten first. Rates hold from one line of a subject
// to its next, so who is quiet costs nothing, and what thousands of connections did in the last hour
// fits into a few megabytes. Pure.

const NOBODY = 0xffffffff; // from this line on nothing is known of anyone, until they have lines again
const DENSE = 1 << 16; // below this subjects are looked up by themselves

export class Activity {
  #head = 0;
  #largest = 0; // subject

  constructor(capacity, channels = 2) {
    this.capacity = capacity;
    this.channels = channels;
    this.length = 0;
    this.since = NaN; // from when on the log is complete
    this.#allocate(Math.min(4096, capacity));
  }

  #allocate(size) {
    this.times = new Float64Array(size);
    this.subjects = new Uint32Array(size);
    this.values = Array.from({ length: this.channels }, () => new Float32Array(size));
  }

  #grow() {
    const { times, subjects, values, length } = this;
    this.#allocate(Math.min(this.capacity, length * 2));
    this.times.set(times);
    this.subjects.set(subjects);
    values.forEach((column, channel) => this.values[channel].set(column));
    this.#head = length;
  }

  get end() {
    return this.length ? this.times[(this.#head || this.times.length) - 1] : NaN;
  }

  // subject: a small integer. values: NaN or nothing where unknown. Time only moves forward.
  add(time, subject, values) {
    if (Number.isNaN(time) || time < this.end) return;
    if (Number.isNaN(this.since)) this.since = time;
    if (this.length === this.times.length && this.length < this.capacity) this.#grow();
    if (subject !== NOBODY && subject > this.#largest) this.#largest = subject;
    const at = this.#head;
    if (this.length === this.times.length) this.since = this.times[(at + 1) % this.length];
    else this.length++;
    this.times[at] = time;
    this.subjects[at] = subject;
    for (let channel = 0; channel < this.channels; channel++) this.values[channel][at] = values[channel] ?? NaN;
    this.#head = (at + 1) % this.times.length;
  }

  // Nothing was heard since then.
  interrupt(time = this.end) {
    if (this.length) this.add(time, NOBODY, []);
  }

  // Calls act(time, subject, at) for the lines up to a time, oldest first; values[channel][at] are its rates.
  #each(to, act) {
    const size = this.times.length;
    const first = (this.#head - this.length + size) % size;
    for (let index = 0; index < this.length; index++) {
      const at = (first + index) % size;
      if (this.times[at] > to) break;
      act(this.times[at], this.subjects[at], at);
    }
  }

  // What everyone moved in [from, to] by the first two channels: subject -> [download, upload], in
  // bytes for rates of bytes/s. Who moved nothing is not in it.
  moved(from, to) {
    // Arrays are several times as fast as Maps, where their indices are small and close.
    const numbers = new Map();
    const subjects = [];
    const numberOf = (subject) => {
      if (this.#largest < DENSE) return (subjects[subject] = subject);
      if (!numbers.has(subject)) numbers.set(subject, subjects.push(subject) - 1);
      return numbers.get(subject);
    };
    const open = []; // the line whose rates hold
    const [downs, ups] = [[], []];
    const [down, up] = this.values;
    const settle = (number, at, until) => {
      const begin = this.times[at];
      const seconds = (until - (begin > from ? begin : from)) / 1000;
      if (!(seconds > 0)) return;
      if (down[at] > 0) downs[number] = (downs[number] ?? 0) + down[at] * seconds;
      if (up[at] > 0) ups[number] = (ups[number] ?? 0) + up[at] * seconds;
    };
    const settleAll = (until) => open.forEach((at, number) => at !== undefined && settle(number, at, until));
    this.#each(to, (time, subject, at) => {
      if (subject === NOBODY) {
        settleAll(time);
        open.length = 0;
        return;
      }
      const number = numberOf(subject);
      if (open[number] !== undefined) settle(number, open[number], time);
      open[number] = down[at] > 0 || up[at] > 0 ? at : undefined;
    });
    settleAll(to);
    const sums = new Map();
    subjects.forEach((subject, number) => {
      if (number in downs || number in ups) sums.set(subject, [downs[number] ?? 0, ups[number] ?? 0]);
    });
    return sums;
  }

  // The course of one subject, put into a ring of as many channels: a sample at each end of every
  // stretch, so that it is drawn as the steps it is.
  course(subject, ring, { from, to }) {
    ring.clear();
    let held = null;
    const hold = (time) => held !== null && time > ring.end + 1 && ring.push(time - 1, held);
    this.#each(to, (time, other, at) => {
      if (other !== subject && other !== NOBODY) return;
      hold(time);
      held = other === NOBODY ? null : this.values.map((column) => column[at]);
      if (time < from && held) ring.clear();
      ring.push(Math.max(time, from), held ?? []);
    });
    hold(to + 1);
    return ring;
  }

  // Lines from before those that are here, oldest first: [{time, subject, values}].
  precede(lines) {
    const mine = [];
    this.#each(Infinity, (time, subject, at) => mine.push({ time, subject, values: this.values.map((column) => column[at]) }));
    const begin = mine[0]?.time ?? Infinity;
    this.length = this.#head = 0;
    this.since = NaN;
    for (const { time, subject, values } of [...lines.filter((line) => line.time < begin), ...mine]) this.add(time, subject, values);
  }
}
