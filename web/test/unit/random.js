// A seeded stream of chance for property tests: a failure prints its seed and comes back with it.
export function chance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
  next.below = (limit) => Math.floor(next() * limit);
  next.pick = (list) => list[next.below(list.length)];
  return next;
}
