// The few choices a person makes, kept in this browser. Whatever is stored is checked on the way
// in; where nothing can be stored the page works the same and forgets.

import { WINDOWS } from './state.js';

const KEY = 'ifpulse';

export const CHOICES = {
  unit: ['bit', 'byte'],
  base: [1024, 1000], // of bytes; bits count by 1000
  theme: ['system', 'light', 'dark'],
  window: WINDOWS,
  axis: ['same', 'each', 'log', 'link'], // of the chart: one scale for both directions, one each …
  every: [0, 2000, 5000], // ms between two drawings at least
  virtual: [true, false], // whether virtual interfaces are shown
  density: ['cosy', 'compact'],
  shortcuts: [true, false],
};
const DEFAULTS = { ...Object.fromEntries(Object.entries(CHOICES).map(([name, [first]]) => [name, first])), window: 300 };

export class Preferences {
  #values = { ...DEFAULTS };

  // storage: localStorage or the like, or a function that gives it (asking may already throw).
  constructor(storage) {
    this.storage = storage;
    try {
      const stored = JSON.parse(this.storage().getItem(KEY));
      for (const [name, allowed] of Object.entries(CHOICES))
        if (allowed.includes(stored?.[name])) this.#values[name] = stored[name];
    } catch {
      // Unreadable counts as empty.
    }
  }

  get(name) {
    return this.#values[name];
  }

  // Returns whether the value is one of the choices; others are not taken.
  set(name, value) {
    if (!CHOICES[name]?.includes(value)) return false;
    this.#values[name] = value;
    try {
      this.storage().setItem(KEY, JSON.stringify(this.#values));
    } catch {
      // Full or forbidden: it lasts as long as the page.
    }
    return true;
  }

  reset() {
    for (const [name, value] of Object.entries(DEFAULTS)) this.set(name, value);
  }

  // The choice after the present one, round and round.
  next(name) {
    const choices = CHOICES[name];
    this.set(name, choices[(choices.indexOf(this.#values[name]) + 1) % choices.length]);
  }
}
