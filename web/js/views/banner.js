// The state of the page in words: one word in the header for the worst of it, and a notice for every
// condition that applies. What counts down or up stays out of the live region, which only speaks
// when the state changes.

import { element, put, setAttribute } from '../dom.js';
import { plain, words } from '../text.js';
import { clock, count, duration, interval } from '../units.js';

const GONE_AFTER_MS = 120_000;

const REFUSALS = {
  4400: 'The server did not understand this page. Reload it: the two may be of different versions.',
  4408: 'This page took the data too slowly, so the server closed the line.',
  4429: 'This page asked for too much at once, so the server closed the line.',
};

// note: what counts up or down, for the eye alone.
function primary({ link, now, isPaused, silence, time, newest }) {
  if (link.phase === 'refused') return { word: 'Disconnected', tone: 'bad' };
  if (link.phase === 'waiting') return { word: link.hadData ? 'Reconnecting' : 'No connection', tone: 'bad', note: duration((link.retryAt - now + 999) / 1000) };
  if (!link.hasData) return { word: link.hadData ? 'Reconnecting' : 'Connecting…', tone: link.hadData ? 'bad' : 'wait' };
  if (silence > 0) return { word: 'No data', tone: 'bad', note: duration(silence / 1000) };
  if (isPaused) return { word: 'Paused', tone: 'wait', note: `${duration((newest - time) / 1000)} behind` };
  return { word: 'Live', tone: 'live' };
}

// The one refusal that a person can mend here.
function tokenNotice({ isTokenWrong, reason }) {
  const why = isTokenWrong ? 'The server does not take that access token (any more).' : 'This server asks for an access token.';
  const text = reason ? `${why} It said: ${plain(reason)}` : why;
  return { key: 'refused', tone: 'bad', text, asks: 'Access token', action: { label: 'Connect', name: 'token' } };
}

function lineNotice({ link, now, isOffline }) {
  if (link.phase === 'refused' && link.code === 4401) return tokenNotice(link);
  if (link.phase === 'refused') {
    const why = REFUSALS[link.code] ?? 'The server closed the line for good.';
    const reason = link.reason ? ` It said: ${plain(link.reason)}` : '';
    return { key: 'refused', tone: 'bad', text: `${why}${reason}`, note: `code ${link.code}`, action: { label: 'Connect again', name: 'retry' } };
  }
  if (link.phase === 'waiting') {
    const seconds = Math.max(0, Math.ceil((link.retryAt - now) / 1000));
    const why = link.code === 4503 ? 'The server has no room for another viewer.' : link.hadData ? 'The connection was lost.' : 'The server cannot be reached.';
    return { key: 'waiting', tone: 'bad', text: `${why}${isOffline ? ' This device is offline.' : ''}`, note: `Next try in ${seconds}\u00a0s`, action: { label: 'Retry now', name: 'retry' } };
  }
  if (link.phase === 'connecting' && link.hadData) return { key: 'waiting', tone: 'bad', text: 'The connection was lost.', note: 'Connecting…' };
  return null;
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
// What this kind of machine does not have at all is no limit of ours and needs no notice.
const LIMITED = new Set(['permission', 'error', 'unavailable']);

function limits(server) {
  const all = Object.entries(server?.capabilities ?? {}).filter(([, capability]) => LIMITED.has(capability?.status));
  if (!all.length) return null;
  const text = all.map(([name, { status, detail }]) => `${capital(words(name))}: ${detail ? plain(detail, 200) : words(status)}`).join(' · ');
  return { key: 'limited', tone: 'info', text: `What can be seen here is limited. ${text}`, canDismiss: true };
}

// What the server leaves out for the sake of its CPU budget. Nothing in here changes with each reading.
function budget(server) {
  const { collection, connections_interval_ms: every, cpu_budget_percent: percent } = server ?? {};
  if (collection !== 'slower' && collection !== 'owners') return null;
  const text = collection === 'slower'
    ? `the server reads connections only every ${interval(every)}.`
    : 'the server only adds connections up by owner; single ones are not listed.';
  return { key: 'budget', tone: 'wait', text: `To stay within ${percent}\u00a0% of a core, ${text}` };
}

// A token of a narrow scope is no fault: said once, calmly.
function refusals(refused) {
  const topics = [...(refused ?? [])].filter(([, { code }]) => code === 'forbidden').map(([topic]) => words(topic));
  if (!topics.length) return null;
  return { key: 'refused topics', tone: 'info', text: `Your access token is not for: ${topics.join(', ')}. They stay empty here.`, canDismiss: true };
}

// state: {link, now, silence, isPaused, time (shown), newest, isSlow, server, rows, failure, restart, isOffline,
// refused (topics), missing (the interface that is not there)}
// -> {word, tone, notices: [{key, tone, text, note, asks, action, canDismiss}]}, pure. asks: what the
// action needs to be told, in a field of that name.
export function conditions(state) {
  const { link, now, silence, isPaused, time, newest, isSlow, server, rows, failure, restart, refused, missing } = state;
  const line = lineNotice(state);
  const notices = [
    failure && { key: 'failure', tone: 'bad', text: `A part of this page failed (${plain(failure)}). The rest goes on.`, action: { label: 'Reload', name: 'reload' } },
    line,
    link.lostAt !== null && link.hadData && link.phase !== 'refused' && now - link.lostAt > GONE_AFTER_MS &&
      { key: 'gone', tone: 'bad', text: `The server has been out of reach since ${clock(newest)}. What is shown is the last it said.`, action: { label: 'Reload', name: 'reload' } },
    !line && silence > 0 && { key: 'stale', tone: 'bad', text: 'The server is silent. What is shown is the last it said.', note: `No data for ${Math.floor(silence / 1000)}\u00a0s` },
    isPaused && { key: 'paused', tone: 'wait', text: `Paused at ${clock(time)}. Data is still being kept.`, note: `${duration((newest - time) / 1000)} behind`, action: { label: 'Resume', name: 'resume' } },
    restart?.version && { key: `version ${restart.version}`, tone: 'wait', text: `The server is now version ${plain(restart.version)}: reload for the page that belongs to it.`, action: { label: 'Reload', name: 'reload' } },
    restart && !restart.version && { key: `restart ${restart.instance}`, tone: 'info', text: `The server was started anew at ${clock(restart.at)}; its counts began again.`, canDismiss: true },
    isSlow && { key: 'slow', tone: 'wait', text: 'This device is slow at drawing, so the page is drawn every 2 seconds. No data is lost.' },
    budget(server),
    missing && { key: `missing ${missing}`, tone: 'info', text: `There is no interface ${plain(missing, 40)} here.`, action: { label: 'Show the first', name: 'first' } },
    refusals(refused),
    limits(server),
    rows && rows.shown < rows.matching && { key: 'rows', tone: 'info', text: `Too many connections to list: the table shows the top ${count(rows.shown)} of ${count(rows.matching)}. A search narrows it.`, canDismiss: true },
  ].filter(Boolean);
  return { ...primary(state), notices };
}

class Notice {
  constructor({ key }, { act, dismiss }) {
    this.text = element('span', { class: 'notice-text' });
    this.note = element('span', { class: 'notice-note' });
    this.field = element('input', { type: 'password', class: 'notice-field', autocomplete: 'off', hidden: true, onkeydown: ({ key: pressed }) => pressed === 'Enter' && this.#act(act) });
    this.button = element('button', { type: 'button', class: 'button', hidden: true, onclick: () => this.#act(act) });
    this.dismiss = element('button', { type: 'button', class: 'button quiet', hidden: true, onclick: () => dismiss(key) }, 'Dismiss');
    this.node = element('li', { class: 'notice' }, this.text, this.note, this.field, this.button, this.dismiss);
    this.node.dataset.key = key;
  }

  #act(act) {
    act(this.action, this.field.value.trim());
    this.field.value = '';
  }

  show({ tone, text, note = '', asks, action, canDismiss = false }) {
    setAttribute(this.node, 'data-tone', tone);
    put(this.text, text);
    put(this.note, note);
    this.action = action?.name;
    this.button.hidden = !action;
    if (action) put(this.button, action.label);
    this.field.hidden = !asks;
    setAttribute(this.field, 'aria-label', asks);
    this.dismiss.hidden = !canDismiss;
  }
}

// parts: {word, note, state, notices, announcement} elements; actions: {retry, resume, reload, first, token(said)}
export function createBanner(parts, { actions, look }) {
  const shown = new Map();
  const dismissed = new Set();
  const signature = ({ key, text }) => (key === 'rows' ? key : `${key} ${text}`);
  let current = { word: '', tone: 'wait', notices: [] };
  let announced = '';

  function dismiss(key) {
    const notice = current.notices.find((other) => other.key === key);
    if (notice) dismissed.add(signature(notice));
    draw();
  }

  function announce({ word, notices }) {
    const text = [word, ...notices.filter(({ tone }) => tone !== 'info').map((notice) => notice.text)].join('. ');
    if (text === announced) return;
    announced = text;
    put(parts.announcement, text);
  }

  function draw() {
    current = conditions(look());
    put(parts.word, current.word);
    put(parts.note, current.note ?? '');
    setAttribute(parts.state, 'data-tone', current.tone);
    const notices = current.notices.filter((notice) => !dismissed.has(signature(notice)));
    for (const [key, notice] of shown) {
      if (notices.some((other) => other.key === key)) continue;
      notice.node.remove();
      shown.delete(key);
    }
    notices.forEach((notice, index) => {
      if (!shown.has(notice.key)) shown.set(notice.key, new Notice(notice, { act: (name, said) => actions[name]?.(said), dismiss }));
      const view = shown.get(notice.key);
      view.show(notice);
      if (parts.notices.children[index] !== view.node) parts.notices.insertBefore(view.node, parts.notices.children[index] ?? null);
    });
    parts.notices.hidden = notices.length === 0;
    announce({ ...current, notices });
    return current;
  }
  return {
    draw,
    get current() {
      return current;
    },
  };
}
