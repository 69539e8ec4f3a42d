// Builds the page's parts and connects them: the line brings data into the store and marks what is
// out of date, the schedule draws it, people's choices go to both. Nothing else knows all of them.

import { put, setAttribute } from './dom.js';
import { listenForKeys } from './keys.js';
import { Link } from './net.js';
import { readPalette } from './palette.js';
import { CHOICES, Preferences } from './prefs.js';
import { Schedule } from './sched.js';
import { Store } from './store.js';
import { plain } from './text.js';
import { bytes, count, milliseconds } from './units.js';
import { createBanner } from './views/banner.js';
import { createCards } from './views/cards.js';
import { createConnections } from './views/connections.js';
import { createDetail } from './views/detail.js';
import { createEvents } from './views/events.js';
import { createOverview } from './views/overview.js';

const WATCH_MS = 250;
const TOKEN_KEY = 'ifpulse.token';
const LONGEST_HOLD_MS = 11_000; // past this silence a quiet interface's last value is no longer known

const $ = (id) => document.getElementById(id);

const prefs = new Preferences(() => localStorage);
const store = new Store();
const app = {
  prefs,
  store,
  palette: null,
  selected: null,
  names: [],
  rows: null,
  failure: null,
  restart: null,
  get windowMs() {
    return prefs.get('window') * 1000;
  },
  hasTopic: (topic) => store.replicas[topic].revision !== null,
  // A quiet interface sends nothing: its newest value still holds at the newest time.
  heldUntil(ring) {
    return store.time - ring.end < LONGEST_HOLD_MS ? store.time : ring.end;
  },
  select(name) {
    app.selected = name;
    app.schedule.hurry('cards', 'detail');
  },
};

function fail(where, error) {
  app.failure ??= where;
  console.error(where, error);
}

app.schedule = new Schedule({
  now: () => performance.now(),
  requestFrame: (act) => requestAnimationFrame(act),
  later: (act, wait) => setTimeout(act, wait),
  isHidden: () => document.hidden,
  failed: fail,
  changed: () => banner.draw(),
});

const WATCHERS = {
  interfaces: ['cards', 'detail', 'overview'],
  totals: ['overview'],
  connections: ['overview', 'connections'],
  events: ['detail', 'events'],
  server: ['about', 'overview', 'connections'], // by its budget it may leave connections out
};

const address = new URL('api/v1/stream', document.baseURI);
address.protocol = address.protocol.replace('http', 'ws');
address.hash = '';

// For as long as the tab is open, and for this server alone.
const tokens = {
  get() {
    try {
      return sessionStorage.getItem(TOKEN_KEY);
    } catch {
      return null;
    }
  },
  set(token) {
    if (token === tokens.get()) return;
    try {
      if (token === null) sessionStorage.removeItem(TOKEN_KEY);
      else sessionStorage.setItem(TOKEN_KEY, token);
    } catch {
      // It lasts as long as the page.
    }
  },
};

const link = new Link(address.href, {
  store,
  token: tokens.get(),
  env: {
    connect: (url, subprotocol) => new WebSocket(url, subprotocol),
    now: () => performance.now(),
    random: Math.random,
    setTimeout: (act, wait) => setTimeout(act, wait),
    clearTimeout: (timer) => clearTimeout(timer),
  },
  events: {
    changed: () => {
      tokens.set(link.token);
      banner.draw();
    },
    received: (topic) => {
      if (!store.isPaused) app.schedule.mark(...WATCHERS[topic]);
    },
    interrupted: () => store.interrupt(),
    restarted: (hello, before) => {
      const version = hello.version === before.version ? null : hello.version;
      app.restart = { instance: hello.instance, at: Date.now(), version };
    },
  },
});

const views = {
  overview: createOverview($('overview'), app),
  detail: createDetail($('detail'), app),
  cards: createCards($('cards'), app),
  connections: createConnections($('connections'), app),
  events: createEvents($('events'), app),
};
for (const [name, view] of Object.entries(views)) app.schedule.add(name, (deadline) => view.draw(deadline));
app.schedule.add('about', drawAbout);

const banner = createBanner(
  { word: $('state-word'), state: $('state'), notices: $('notices'), announcement: $('announcement') },
  {
    actions: { retry: () => link.retryNow(), resume: togglePause, reload: () => location.reload(), token: (said) => (said ? link.useToken(said) : link.retryNow()) },
    look: () => ({
      link, now: performance.now(), silence: link.silence, isPaused: store.isPaused, time: store.shown.time, newest: store.time,
      isSlow: app.schedule.isSlow, server: store.replicas.server.data, rows: app.rows, failure: app.failure, restart: app.restart,
      isOffline: navigator.onLine === false,
    }),
  },
);

function drawAbout() {
  const { server } = store.shown;
  if (!server) return;
  put($('host'), server.hostname ? plain(server.hostname, 40) : '');
  document.title = server.hostname ? `${plain(server.hostname, 40)} – ifpulse` : 'ifpulse';
  const parts = [
    server.version && `ifpulse ${plain(server.version)}`,
    server.os && plain(server.os),
    server.kernel && plain(server.kernel),
    typeof server.cpu_percent === 'number' && `using ${server.cpu_percent} % of a core`,
    typeof server.rss_bytes === 'number' && bytes(server.rss_bytes),
    typeof server.tick_ms === 'number' && `${milliseconds(server.tick_ms)} a reading`,
    typeof server.clients === 'number' && `${count(server.clients)} ${server.clients === 1 ? 'viewer' : 'viewers'}`,
  ];
  put($('about'), parts.filter(Boolean).join(' · '));
}

function togglePause() {
  if (store.isPaused) store.resume();
  else if (!Number.isNaN(store.time)) store.pause();
  setAttribute($('pause'), 'aria-pressed', store.isPaused);
  put($('pause'), store.isPaused ? 'Resume' : 'Pause');
  banner.draw();
  app.schedule.hurry();
}

function applyTheme() {
  const theme = prefs.get('theme');
  setAttribute(document.documentElement, 'data-theme', theme === 'system' ? null : theme);
  app.palette = readPalette();
  app.schedule.hurry();
}

function showChoices() {
  for (const name of ['unit', 'theme', 'window']) $(name).value = String(prefs.get(name));
  $('shortcuts').checked = prefs.get('shortcuts');
}

function choose(name, value) {
  prefs.set(name, value);
  showChoices();
  if (name === 'theme') applyTheme();
  app.schedule.hurry();
}

function chooseNext(name) {
  prefs.next(name);
  choose(name, prefs.get(name));
}

// step: +1 or -1, round the list of interfaces as the cards stand.
function selectNext(step) {
  const { names, selected } = app;
  if (names.length) app.select(names[(names.indexOf(selected) + step + names.length) % names.length]);
}

function listen() {
  $('pause').addEventListener('click', togglePause);
  $('unit').addEventListener('change', ({ target }) => choose('unit', target.value));
  $('theme').addEventListener('change', ({ target }) => choose('theme', target.value));
  $('window').addEventListener('change', ({ target }) => choose('window', Number(target.value)));
  $('shortcuts').addEventListener('change', ({ target }) => choose('shortcuts', target.checked));
  listenForKeys(document, {
    isOn: () => prefs.get('shortcuts'),
    acts: {
      ' ': togglePause,
      '/': () => views.connections.focusSearch(),
      o: () => views.connections.toggleHold(),
      u: () => chooseNext('unit'),
      t: () => chooseNext('theme'),
      '[': () => selectNext(-1),
      ']': () => selectNext(1),
      ...Object.fromEntries(CHOICES.window.map((seconds, index) => [String(index + 1), () => choose('window', seconds)])),
    },
  });
  for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)'])
    matchMedia(query).addEventListener('change', applyTheme);
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return;
    link.wake();
    app.schedule.hurry();
  });
  addEventListener('online', () => link.wake());
  addEventListener('resize', () => app.schedule.hurry());
  addEventListener('error', ({ error, message }) => error && fail(plain(message), error));
  addEventListener('unhandledrejection', ({ reason }) => fail('promise', reason));
}

// Keeps what depends on the passing of time alone: silence, countdowns, how far a pause is behind.
function watch() {
  link.watch();
  const { tone } = banner.draw();
  setAttribute(document.body, 'data-freshness', !link.hadData ? 'none' : tone === 'bad' ? 'old' : 'live');
}

showChoices();
listen();
applyTheme();
link.start();
setInterval(watch, WATCH_MS);
banner.draw();
