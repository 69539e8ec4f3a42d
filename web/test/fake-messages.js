// From states to the text of messages: what changed between two, in parts that are not too long.

import { COLLECTIONS } from './fake-query.js';

export const LONGEST = 64 * 1024;
const define = (target, key, value) => Object.defineProperty(target, key, { value, enumerable: true, configurable: true });

// What turns `from` into `to` by merge patch; undefined when nothing does.
export function difference(from, to) {
  const patch = {};
  for (const key of Object.keys(from)) if (from[key] !== undefined && to[key] === undefined) define(patch, key, null);
  for (const [key, value] of Object.entries(to)) {
    if (value === undefined || from[key] === value || JSON.stringify(from[key]) === JSON.stringify(value)) continue;
    const isNested = [from[key], value].every((side) => side && typeof side === 'object' && !Array.isArray(side));
    define(patch, key, isNested ? difference(from[key], value) : value);
  }
  return Object.keys(patch).length ? patch : undefined;
}

// Between two states of a collection, whose records are replaced, never changed.
function recordsDifference(from, to) {
  const patch = [];
  for (const id of from.keys()) if (!to.has(id)) patch.push([id, null]);
  for (const [id, record] of to) {
    const old = from.get(id);
    if (old === record) continue;
    const change = old ? difference(old, record) : record;
    if (change) patch.push([id, change]);
  }
  return patch;
}

// Texts of members as one or more texts of objects, none much over the longest message.
function join(members) {
  const parts = [];
  let part = [];
  let length = 0;
  for (const text of members) {
    if (length + text.length > LONGEST - 300 && part.length) {
      parts.push(part);
      part = [];
      length = 0;
    }
    part.push(text);
    length += text.length + 1;
  }
  return [...parts, part].map((texts) => `{${texts.join(',')}}`);
}

const membersOf = (entries) => entries.map(([id, value]) => `${JSON.stringify(id)}:${JSON.stringify(value)}`);

// The state as texts of objects.
export const wholeOf = (topic, state) => (COLLECTIONS.has(topic) ? join(membersOf([...state])) : [JSON.stringify(state)]);

// The change as texts of objects, or null where there is none.
export function patchOf(topic, from, to) {
  if (!COLLECTIONS.has(topic)) {
    const change = difference(from, to);
    return change ? [JSON.stringify(change)] : null;
  }
  const entries = recordsDifference(from, to);
  return entries.length ? join(membersOf(entries)) : null;
}

// Arrays of one interface may lie in several parts.
export function seriesParts(series) {
  const parts = [{}];
  let length = 0;
  for (const [id, rates] of Object.entries(series))
    for (const [rate, values] of Object.entries(rates)) {
      const size = JSON.stringify([id, rate, values]).length + 8;
      if (length + size > LONGEST - 300 && length) {
        parts.push({});
        length = 0;
      }
      length += size;
      const part = parts.at(-1);
      if (!Object.hasOwn(part, id)) define(part, id, {});
      part[id][rate] = values;
    }
  return parts.map((part) => JSON.stringify(part));
}
