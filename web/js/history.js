// What is asked for once, by REST, rather than told by the stream: the last day of what is looked at,
// and who moved how much in the hour before the page was opened.

const FRESH_MS = 60_000;
const DAY_S = 86_400;
const HOUR_S = 3600;

export class History {
  #asked = new Map(); // name -> when

  // env: {fetch(path) -> Promise of the document, now}; changed() after something came.
  constructor(store, env, changed) {
    Object.assign(this, { store, env, changed });
  }

  // A new instance remembers another past.
  forget() {
    this.#asked.clear();
  }

  async #ask(key, query, take) {
    if (this.env.now() - (this.#asked.get(key) ?? -Infinity) < FRESH_MS) return;
    this.#asked.set(key, this.env.now());
    try {
      take(await this.env.fetch(`api/v1/history?${query}`));
      this.changed();
    } catch {
      // Nothing is kept of it, or the line is cut: what is drawn is what is here, and it is asked again.
    }
  }

  // The last day of an interface, or of the totals (null), kept no older than a minute.
  wantDay(name) {
    const of = name === null ? 'topic=totals' : `interface=${encodeURIComponent(name)}`;
    return this.#ask(`day ${name}`, `${of}&window_s=${DAY_S}&step_s=60`, (message) => this.store.setLong(name, message));
  }

  // Once: what comes later is heard on the stream.
  wantOwners() {
    return this.#ask('owners', `topic=owners&window_s=${HOUR_S}&step_s=10`, (message) => {
      this.store.backfill('owners', message);
      this.#asked.set('owners', Infinity);
    });
  }
}
