// The events in time's order, each read once however often they are looked at, and what kinds there
// are. Pure.

// kind -> its words and the events that are of it; the rest is "other".
export const KINDS = {
  link: { label: 'Link', events: ['link_up', 'link_down'] },
  address: { label: 'Addresses', events: ['address_added', 'address_removed'] },
  interface: { label: 'Interfaces', events: ['interface_added', 'interface_removed', 'counter_reset'] },
  drops: { label: 'Drops', events: ['drops', 'overrun'] },
  listener: { label: 'Listeners', events: ['listener_added'] },
  other: { label: 'Other', events: [] },
};
const KIND_OF = new Map(Object.entries(KINDS).flatMap(([kind, { events }]) => events.map((event) => [event, kind])));

export class EventLog {
  list = []; // [{id, time, kind, record}], oldest first
  version = 0; // another number, another list
  #read = new WeakMap(); // record -> its entry
  #events = null;
  #revision = null;

  constructor(store) {
    this.store = store;
  }

  // Takes in what came since; gives itself.
  refresh() {
    const { events } = this.store.shown;
    const revision = this.store.isPaused ? null : this.store.replicas.events.revision;
    if (events === this.#events && revision === this.#revision) return this;
    [this.#events, this.#revision] = [events, revision];
    const list = Array.from(events, ([id, record]) => this.#entryOf(id, record)).sort((a, b) => a.id - b.id);
    if (list.length === this.list.length && list.every((entry, index) => entry === this.list[index])) return this;
    this.list = list;
    this.version++;
    return this;
  }

  #entryOf(id, record) {
    if (!this.#read.has(record)) this.#read.set(record, { id: Number(id), time: Date.parse(record.time), kind: KIND_OF.get(record.event) ?? 'other', record });
    return this.#read.get(record);
  }

  // The entries within [from, to].
  between(from, to) {
    const [first, last] = [from, to + 1].map((time) => this.#find(time));
    return this.list.slice(first, last);
  }

  // Index of the first at or after a time. Where the clock was set back they are not quite in order.
  #find(time) {
    let [low, high] = [0, this.list.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.list[middle].time < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // From when on every event is here: the server keeps only so many.
  get since() {
    return this.list.length && this.list[0].id > 1 ? this.list[0].time : -Infinity;
  }
}
