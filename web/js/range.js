// Stretches of time and moving about in them: what people select, zoom into and type. Pure.

const LEAST_MS = 1000;
const SHORTEST_S = 5;
const LONGEST_S = 86_400;

// Two moments, in any order, as a range of whole seconds.
export function rangeOf(a, b) {
  const from = Math.floor(Math.min(a, b) / 1000) * 1000;
  return { from, to: Math.max(from + LEAST_MS, Math.ceil(Math.max(a, b) / 1000) * 1000) };
}

// What is visible, made factor times as long with one moment staying where it is: {window (s), end}.
// At the right end it stays there: who watches what is new goes on doing so.
export function zoomed({ from, to, isLive }, at, factor) {
  const window = Math.round(Math.min(LONGEST_S, Math.max(SHORTEST_S, ((to - from) * factor) / 1000)));
  const share = (to - at) / (to - from);
  return { window, end: isLive && share < 0.1 ? null : Math.round(at + share * window * 1000) };
}

// A time of day as a form gives it, 09:24 or 09:24:10: the last such moment that is not after the given one.
export function momentOf(text, notAfter) {
  const match = /^(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?$/.exec(text);
  if (!match) return null;
  const moment = new Date(notAfter);
  moment.setHours(Number(match[1]), Number(match[2]), Number(match[3] ?? 0), 0);
  if (moment > notAfter) moment.setDate(moment.getDate() - 1);
  return moment.getTime();
}
