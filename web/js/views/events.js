// What happened, newest first, in the server's own sentences.

import { element, put, setAttribute } from '../dom.js';
import { plain, words } from '../text.js';
import { clock, dateAndClock } from '../units.js';

const FEW = 8;
const MANY = 200;
const MARKS = {
  link_up: ['▲', 'up'], link_down: ['▼', 'down'], interface_added: ['+', 'up'], interface_removed: ['−', 'down'],
  address_added: ['+', ''], address_removed: ['−', ''], counter_reset: ['↺', ''], overrun: ['!', 'down'], drops: ['▲', 'down'],
};

function row([id, event]) {
  const [mark, tone] = MARKS[event.event] ?? ['•', ''];
  const time = Date.parse(event.time);
  return element('li', { 'data-id': id },
    element('time', { datetime: plain(event.time), title: dateAndClock(time) }, clock(time)),
    element('span', { class: 'event-mark', 'data-tone': tone, 'aria-hidden': 'true' }, mark),
    element('span', { class: 'event-word' }, words(event.event)),
    element('span', { class: 'event-name' }, plain(event.interface ?? '', 24)),
    element('span', { class: 'event-text' }, plain(event.message ?? event.address ?? '', 300)));
}

export function createEvents(root, app) {
  const empty = element('p', { class: 'empty' }, 'Waiting for the server…');
  const list = element('ol', { class: 'event-list' });
  const more = element('button', { type: 'button', class: 'button quiet', hidden: true, 'aria-expanded': 'false' });
  root.append(empty, list, more);
  let isOpen = false;
  let drawn = '';
  more.addEventListener('click', () => {
    isOpen = !isOpen;
    setAttribute(more, 'aria-expanded', isOpen);
    app.schedule.hurry('events');
  });

  function draw() {
    const { events } = app.store.shown;
    const entries = [...events].sort(([a], [b]) => Number(b) - Number(a)).slice(0, isOpen ? MANY : FEW);
    const key = `${entries[0]?.[0]} ${entries.length} ${events.size} ${isOpen} ${app.hasTopic('events')} ${entries[0]?.[1].time}`;
    if (key === drawn) return;
    drawn = key;
    empty.hidden = entries.length > 0;
    if (app.hasTopic('events')) put(empty, 'Nothing has happened since the server started.');
    list.replaceChildren(...entries.map(row));
    more.hidden = events.size <= FEW;
    put(more, isOpen ? 'Show fewer' : events.size > MANY ? `Show the last ${MANY} of ${events.size}` : `Show all ${events.size}`);
  }
  return { draw };
}
