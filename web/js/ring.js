// A time series that forgets: typed-array columns with the newest samples, oldest first.
// A sample holds over the time since the one before it, so averages are weighted by time.
// NaN is a hole and is never joined, averaged or counted.

const SMALLEST = 128;

export class Ring {
  #head = 0;

  // channels: how many values a sample has. capacity: the most samples kept; memory grows up to it.
  constructor(channels, capacity) {
    this.capacity = capacity;
    this.length = 0;
    this.#allocate(channels, Math.min(SMALLEST, capacity));
  }

  #allocate(channels, size) {
    this.times = new Float64Array(size);
    this.values = Array.from({ length: channels }, () => new Float32Array(size));
  }

  #slot(index) {
    const size = this.times.length;
    return (this.#head - this.length + index + size) % size;
  }

  #grow() {
    const { times, values, length } = this;
    const from = Array.from({ length }, (_, index) => this.#slot(index));
    this.#allocate(values.length, Math.min(this.capacity, times.length * 2));
    for (let index = 0; index < length; index++) {
      this.times[index] = times[from[index]];
      for (let channel = 0; channel < values.length; channel++)
        this.values[channel][index] = values[channel][from[index]];
    }
    this.#head = length % this.times.length;
  }

  // Time only moves forward: an older sample is refused, one of the same time replaces the last.
  push(time, sample) {
    if (Number.isNaN(time) || time < this.end) return false;
    if (time === this.end) this.#put(this.#slot(this.length - 1), sample);
    else this.#append(time, sample);
    return true;
  }

  #put(slot, sample) {
    for (let channel = 0; channel < this.values.length; channel++)
      this.values[channel][slot] = sample[channel] ?? NaN;
  }

  #append(time, sample) {
    if (this.length === this.times.length && this.length < this.capacity) this.#grow();
    this.times[this.#head] = time;
    this.#put(this.#head, sample);
    this.#head = (this.#head + 1) % this.times.length;
    if (this.length < this.times.length) this.length++;
  }

  // Puts a course known from elsewhere in the place of what is here from its first time to its last.
  // times ascend; columns: for each channel the values at these times, or nothing where unknown.
  replace(times, columns) {
    if (!times.length) return;
    const [before, after] = [this.find(times[0]), this.find(times[times.length - 1] + 1)];
    const samples = Array.from({ length: this.length }, (_, index) => [this.time(index), this.values.map((_, channel) => this.value(channel, index))]);
    this.clear();
    for (const [time, sample] of samples.slice(0, before)) this.push(time, sample);
    times.forEach((time, index) => this.push(time, columns.map((column) => column?.[index])));
    for (const [time, sample] of samples.slice(after)) this.push(time, sample);
  }

  clear() {
    this.length = this.#head = 0;
  }

  time(index) {
    return this.times[this.#slot(index)];
  }

  value(channel, index) {
    return this.values[channel][this.#slot(index)];
  }

  get end() {
    return this.length ? this.time(this.length - 1) : NaN;
  }

  // Index of the first sample at or after time; length when there is none.
  find(time) {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.time(middle) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // Index of the sample nearest to time, -1 when the ring is empty.
  nearest(time) {
    if (!this.length) return -1;
    const after = this.find(time);
    if (after === 0) return 0;
    if (after === this.length) return after - 1;
    return time - this.time(after - 1) <= this.time(after) - time ? after - 1 : after;
  }

  // {now, mean, peak, peakAt, total, seconds} of the samples in (from, to]; null where none is known.
  // total is value x seconds: bytes, for a channel of bytes/s. high: the channel with the largest of
  // each sample's time, where samples are means over long steps.
  stats(channel, from, to, high = channel) {
    const result = { now: null, mean: null, peak: null, peakAt: null, total: null, seconds: 0 };
    let sum = 0;
    for (let index = this.find(from); index < this.length; index++) {
      const time = this.time(index);
      if (time > to) break;
      if (!(time > from)) continue;
      const value = this.value(channel, index);
      result.now = Number.isNaN(value) ? null : value;
      if (result.now === null) continue;
      const highest = this.value(high, index);
      if (result.peak === null || highest > result.peak) {
        result.peak = highest;
        result.peakAt = time;
      }
      const seconds = index ? (time - Math.max(from, this.time(index - 1))) / 1000 : 0;
      sum += value * seconds;
      result.seconds += seconds;
    }
    if (result.seconds > 0) {
      result.mean = sum / result.seconds;
      result.total = sum;
    }
    return result;
  }

  // Writes the channel's course over [from, to] into points [{x, y}]: for each of columns the smallest
  // and the largest value in the order they came, then y null where a hole follows. A hole that
  // begins and ends within one column is not drawn: it is under a pixel wide.
  // Returns how many points were written; there must be room for 3 x (columns + 3).
  decimate(channel, { from, to, columns, sign = 1 }, points) {
    if (!(to > from)) return 0;
    const width = (to - from) / columns;
    let written = 0;
    let column = null;
    for (let index = Math.max(0, this.find(from) - 1); index < this.length; index++) {
      const time = this.time(index);
      const value = this.value(channel, index);
      const number = Math.min(columns, Math.max(-1, Math.floor((time - from) / width)));
      if (Number.isNaN(value)) {
        if (column) column.holeAt ??= time;
      } else if (column?.number === number) {
        column.add(time, value);
      } else {
        if (column) written = column.write(points, written, sign);
        column = new Column(number, time, value);
      }
      if (time > to) break;
    }
    return column ? column.write(points, written, sign) : written;
  }
}

// The samples that fall on one column of pixels.
class Column {
  holeAt = null;

  constructor(number, time, value) {
    this.number = number;
    this.low = this.high = value;
    this.lowAt = this.highAt = time;
  }

  add(time, value) {
    this.holeAt = null;
    if (value < this.low) [this.low, this.lowAt] = [value, time];
    if (value > this.high) [this.high, this.highAt] = [value, time];
  }

  write(points, at, sign) {
    const put = (x, y) => {
      points[at].x = x;
      points[at++].y = y;
    };
    const lowFirst = this.lowAt <= this.highAt;
    if (lowFirst) put(this.lowAt, this.low * sign);
    if (this.highAt !== this.lowAt) put(this.highAt, this.high * sign);
    if (!lowFirst) put(this.lowAt, this.low * sign);
    if (this.holeAt !== null) put(this.holeAt, null);
    return at;
  }
}
