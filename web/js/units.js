// Numbers as people read them. One unit at a time: SI bits/s or IEC bytes/s, always three
// significant digits so that widths stay put; what is unknown is a dash, never 0.

export const UNKNOWN = '–';

const SI = ['', 'k', 'M', 'G', 'T', 'P'];
const IEC = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'];

const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);

const formats = new Map();
function digits(count) {
  if (!formats.has(count))
    formats.set(count, new Intl.NumberFormat(undefined, { minimumFractionDigits: count, maximumFractionDigits: count }));
  return formats.get(count);
}

// Three significant digits of a number that is 0, or about 1 and more.
function significant(value) {
  if (value === 0) return digits(0).format(0);
  return digits(value < 9.995 ? 2 : value < 99.95 ? 1 : 0).format(value);
}

const joined = ({ number, unit }) => (unit ? `${number}\u00a0${unit}` : number);

function scaled(value, step, prefixes) {
  let size = Math.abs(value);
  let power = 0;
  // 999.5 would be written 1000: it belongs to the next prefix.
  while (power < prefixes.length - 1 && (size >= step || (step === 1000 && size >= 999.5))) {
    size /= step;
    power++;
  }
  const whole = power === 0 ? digits(0).format(Math.floor(size)) : null;
  const text = whole ?? (size >= 999.5 ? digits(0).format(size) : significant(size));
  return { number: value < 0 && size >= 1 ? `-${text}` : text, prefix: prefixes[power] };
}

// A speed in bytes/s as {number, unit}; unit is 'bit', 'byte' (by 1024) or 'byte10' (by 1000).
export function rateParts(bytesPerSecond, unit = 'bit') {
  if (!isNumber(bytesPerSecond)) return { number: UNKNOWN, unit: '' };
  const { number, prefix } =
    unit === 'byte' ? scaled(bytesPerSecond, 1024, IEC) : scaled(unit === 'bit' ? bytesPerSecond * 8 : bytesPerSecond, 1000, SI);
  return { number, unit: `${prefix}${unit === 'bit' ? 'bit/s' : 'B/s'}` };
}

export const rate = (bytesPerSecond, unit) => joined(rateParts(bytesPerSecond, unit));

export function bytes(count) {
  if (!isNumber(count)) return UNKNOWN;
  const { number, prefix } = scaled(count, 1024, IEC);
  return `${number}\u00a0${prefix}B`;
}

const shortNumber = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });

// A link's speed is a round number: 1 Gbit/s, not 1.00.
export function linkSpeed(bitsPerSecond) {
  if (!isNumber(bitsPerSecond) || bitsPerSecond <= 0) return UNKNOWN;
  let size = bitsPerSecond;
  let power = 0;
  while (size >= 1000 && power < SI.length - 1) {
    size /= 1000;
    power++;
  }
  return `${shortNumber.format(size)}\u00a0${SI[power]}bit/s`;
}

export const count = (value) => (isNumber(value) ? digits(0).format(value) : UNKNOWN);

// Things per second as {number, unit}: 0, 0.25, 3.20, 41.0, 29.3 k.
export function perSecondParts(value) {
  if (!isNumber(value)) return { number: UNKNOWN, unit: '' };
  if (value > 0 && value < 1) return { number: value < 0.005 ? `<${digits(2).format(0.01)}` : digits(2).format(value), unit: '/s' };
  if (value < 999.5) return { number: significant(value), unit: '/s' };
  const { number, prefix } = scaled(value, 1000, SI);
  return { number, unit: `${prefix}/s` };
}

export const perSecond = (value) => joined(perSecondParts(value));

export function milliseconds(value) {
  if (!isNumber(value)) return UNKNOWN;
  if (value >= 9999.5) return `${significant(value / 1000)}\u00a0s`;
  if (value > 0 && value < 0.005) return `<${digits(2).format(0.01)}\u00a0ms`;
  return `${value < 1 ? digits(2).format(value) : significant(value)}\u00a0ms`;
}

// The time between two readings: 800 ms, 1.6 s, 16 s.
export function interval(ms) {
  if (!isNumber(ms)) return UNKNOWN;
  return ms < 1000 ? `${digits(0).format(ms)}\u00a0ms` : `${new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 }).format(ms / 1000)}\u00a0s`;
}

// A length of time in words: 5 s, 3 min, 2 h 5 min.
export function duration(seconds) {
  if (!isNumber(seconds)) return UNKNOWN;
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 90) return `${whole}\u00a0s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}\u00a0min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}\u00a0h ${minutes % 60}\u00a0min`;
  return `${Math.floor(hours / 24)}\u00a0d ${hours % 24}\u00a0h`;
}

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const minuteFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const dateFormat = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dayFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

export const clock = (time) => (isNumber(time) ? clockFormat.format(time) : UNKNOWN);
export const clockMinutes = (time) => (isNumber(time) ? minuteFormat.format(time) : UNKNOWN);
export const day = (time) => dateFormat.format(time);
export const dateAndClock = (time) => (isNumber(time) ? dayFormat.format(time) : UNKNOWN);

// The smallest nice number of bytes/s that is not below the given one: 1-2-5 x 10^n bits, or 2^n bytes.
export function niceCeiling(bytesPerSecond, unit = 'bit') {
  if (unit === 'byte') return 2 ** Math.ceil(Math.log2(Math.max(bytesPerSecond, 1)) - 1e-9);
  const each = unit === 'bit' ? 8 : 1;
  const value = Math.max(bytesPerSecond * each, 1);
  const decade = 10 ** Math.floor(Math.log10(value) + 1e-9);
  const step = [1, 2, 5, 10].find((factor) => value <= factor * decade * (1 + 1e-9));
  return (step * decade) / each;
}
