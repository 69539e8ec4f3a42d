// Builds the page's parts and connects them: the line brings data into the store and marks what is
// out of date, the schedule draws it, people's choices go to both. Nothing else knows all of them.

import { Crosshair } from './crosshair.js';
import { put, setAttribute } from './dom.js';
import { EventLog } from './eventlog.js';
import { createExport } from './export.js';
import { History } from './history.js';
import { listenForKeys } from './keys.js';
import { Link } from './net.js';
import { readPalette } from './palette.js';
import { Preferences } from './prefs.js';
import { Schedule } from './sched.js';
import { FIRST, WINDOWS, narrower, readAddress, wider, writeAddress } from './state.js';
import { Store } from './store.js';
import { plain } from './text.js';
import { createTitle } from './title.js';
import { bytes, count, countBytesBy, milliseconds } from './units.js';
import { createBanner } from './views/banner.js';
import { createCards } from './views/cards.js';
import { createConnections } from './views/connections.js';
import { createDetail } from './views/detail.js';
import { createDrawer } from './views/drawer.js';
import { createEvents } from './views/events.js';
import { createOverview } from './views/overview.js';
import { createSettings } from './views/settings.js';

const WATCH_MS = 250;
const GATHER_MS = 25;
const ADDRESS_MS = 300; // browsers take the address badly when it changes many times a second
const TOKEN_KEY = 'ifpulse.token';
// Which parts of the page each view is of.
const PARTS = { all: ['overview', 'cards', 'detail', 'connections', 'events'], conn: ['connections'], events: ['detail', 'events'] };

const $ = (id) => document.getElementById(id);

const prefs = new Preferences(() => localStorage);
const store = new Store();

// What the views have in common. They read what they draw from store.shown and state, and change
// what is looked at by set.
const app = {
  prefs,
  store,
  state: { ...FIRST, unit: prefs.get('unit'), window: prefs.get('window'), ...readAddress(location.hash) },
  palette: null,
  names: [], // of the interfaces, as the cards stand
  first: null, // the one to look at where none was chosen
  rows: null, // {shown, matching} of the connections
  failure: null,
  restart: null,
  get unit() {
    return app.state.unit === 'byte' && prefs.get('base') === 1000 ? 'byte10' : app.state.unit;
  },
  // The interface looked at: the one chosen, else the first; null before there is any.
  get selected() {
    return app.state.interface ?? app.first;
  },
  // The time the charts show, in ms.
  get visible() {
    const { end, window } = app.state;
    const to = end ?? (Number.isNaN(store.shown.time) ? 0 : store.shown.time);
    return { from: to - window * 1000, to, isLive: end === null };
  },
  // The time that sums are of: the range selected, else what the charts show.
  get range() {
    const { from, to } = app.state;
    return from === null ? { ...app.visible, isSelected: false } : { from, to, isLive: false, isSelected: true };
  },
  hasTopic: (topic) => store.replicas[topic].revision !== null,
  // Changes values of state, as {query: 'x'}; the whole page follows. isStep: the back button undoes it.
  set(changes, { isStep = 'view' in changes } = {}) {
    if (Object.entries(changes).every(([name, value]) => app.state[name] === value)) return;
    Object.assign(app.state, changes);
    for (const name of ['unit', 'window']) if (name in changes) prefs.set(name, changes[name]);
    showChoices();
    writeSoon(isStep);
    app.schedule.hurry();
  },
  select: (name) => app.set({ interface: name }),
  // Shows another stretch of time; at the newest time it moves on by itself.
  show({ window = app.state.window, end = app.state.end }) {
    app.set({ window, end: end === null || end >= store.shown.time ? null : Math.max(end, window * 1000) });
  },
};

let addressTimer = null;
let isStepDue = false;
function writeSoon(isStep) {
  isStepDue ||= isStep;
  clearTimeout(addressTimer);
  addressTimer = setTimeout(writeNow, isStep ? 0 : ADDRESS_MS);
}
function writeNow() {
  const address = `${location.pathname}${location.search}${writeAddress(app.state)}`;
  if (isStepDue) history.pushState(null, '', address);
  else history.replaceState(null, '', address);
  isStepDue = false;
}
function readAgain() {
  Object.assign(app.state, { ...FIRST, unit: prefs.get('unit'), window: prefs.get('window') }, readAddress(location.hash));
  showChoices();
  app.schedule.hurry();
}

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
  interfaces: ['cards', 'detail', 'overview', 'events'],
  totals: ['overview', 'detail'],
  connections: ['overview', 'connections', 'drawer', 'cards'],
  owners: ['detail', 'connections'],
  events: ['detail', 'events', 'cards'],
  server: ['about', 'overview', 'connections'], // by its budget it may leave connections out
};

// The topics of a tick come one after another: what several of them change is drawn once.
const gathered = new Set();
function gather(names) {
  if (!gathered.size) setTimeout(() => {
    app.schedule.mark(...gathered);
    gathered.clear();
  }, GATHER_MS);
  for (const name of names) gathered.add(name);
}

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

const inflate = (bytes) => new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).text();
// Within one machine bytes cost nothing and time does.
const isLocal = /^(localhost|127\.|\[::1\])/.test(location.hostname);

const link = new Link(address.href, {
  store,
  token: tokens.get(),
  env: {
    connect: (url, subprotocol) => new WebSocket(url, subprotocol),
    now: () => performance.now(),
    random: Math.random,
    setTimeout: (act, wait) => setTimeout(act, wait),
    clearTimeout: (timer) => clearTimeout(timer),
    inflate: isLocal || !globalThis.DecompressionStream ? null : inflate,
  },
  events: {
    changed: () => {
      tokens.set(link.token);
      banner.draw();
    },
    received: (topic) => {
      if (topic === 'owners') app.history.wantOwners();
      if (topic === 'totals') drawTitle(); // drawn or hidden, as it comes
      if (!store.isPaused) gather(WATCHERS[topic]);
    },
    interrupted: () => store.interrupt(),
    restarted: (hello, before) => {
      const version = hello.version === before.version ? null : hello.version;
      app.restart = { instance: hello.instance, at: Date.now(), version };
      app.history.forget();
    },
  },
});

async function fetchDocument(path) {
  const headers = link.token === null ? {} : { authorization: `Bearer ${link.token}` };
  const response = await fetch(new URL(path, document.baseURI), { headers });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}
app.history = new History(store, { fetch: fetchDocument, now: () => performance.now() }, () => app.schedule.mark('detail', 'events'));

app.eventLog = new EventLog(store);
app.crosshair = new Crosshair(app);

const views = {
  overview: createOverview($('overview'), app),
  detail: createDetail($('detail'), app),
  cards: createCards($('cards'), app),
  connections: createConnections($('connections'), app),
  events: createEvents($('events'), app),
};
const drawer = createDrawer($('drawer'), app, (id) => views.connections.focusRow(id));
for (const [name, view] of Object.entries(views))
  // The cards say which interface is the first, also where they are not on show.
  app.schedule.add(name, (deadline) => (name === 'cards' || PARTS[app.state.view].includes(name)) && view.draw(deadline));
app.schedule.add('drawer', () => drawer.draw());
app.schedule.add('about', drawAbout);

// What follows when a choice is made in the settings; each is drawn with all else.
const APPLY = {
  unit: () => app.set({ unit: prefs.get('unit') }),
  base: () => countBytesBy(prefs.get('base')),
  every: () => (app.schedule.every = prefs.get('every')),
};
function applyChoice(name) {
  APPLY[name]?.();
  applyTheme();
}

const shortcuts = [
  { keys: [' '], does: 'Pause or resume', act: togglePause },
  { keys: ['/'], does: 'Search connections', act: () => views.connections.focusSearch() },
  { keys: WINDOWS.map((_, index) => String(index + 1)), does: 'Show 1, 5, 10, 30, 60 minutes or 24 hours', act: ({ key }) => app.set({ window: WINDOWS[key - 1] }) },
  { keys: ['[', ']'], does: 'Interface before, after', act: ({ key }) => selectNext(key === '[' ? -1 : 1) },
  { keys: ['ArrowLeft', 'ArrowRight'], does: 'Read the chart; with Shift in steps of ten', isFar: true, act: readChart },
  { keys: ['+', '-'], does: 'Show less time, more', act: ({ key }) => app.show({ window: (key === '+' ? narrower : wider)(app.state.window) }) },
  { keys: ['0'], does: 'Back to live', act: () => app.set({ end: null, from: null, to: null }) },
  { keys: ['g'], does: 'Connections by owner, by remote, flat', act: () => views.connections.nextGroup() },
  { keys: ['o'], does: 'Hold the order of connections', act: () => views.connections.toggleHold() },
  { keys: ['u'], does: 'Bits or bytes', act: () => app.set({ unit: app.state.unit === 'bit' ? 'byte' : 'bit' }) },
  { keys: ['t'], does: 'System’s colours, light, dark', act: nextTheme },
  { keys: ['?'], does: 'This help', act: () => settings.help() },
  { keys: ['Escape'], does: 'Close, or select nothing', act: stepBack },
];
const settings = createSettings({ prefs, changed: applyChoice, shortcuts });

createExport($('export'), app, {
  charts: () => views.detail.canvases(),
  connections: () => {
    views.connections.draw(); // it may not be on show
    return views.connections.records;
  },
});

const drawTitle = createTitle(() => {
  const { server, totals } = store.shown;
  return { ...banner.current, host: server?.hostname, download: totals?.download_speed, upload: totals?.upload_speed, unit: app.unit };
});

const banner = createBanner(
  { word: $('state-word'), note: $('state-note'), state: $('state'), notices: $('notices'), announcement: $('announcement') },
  {
    actions: { first: () => app.select(null), retry: () => link.retryNow(), resume: togglePause, reload: () => location.reload(), token: (said) => (said ? link.useToken(said) : link.retryNow()) },
    look: () => ({
      link, now: performance.now(), silence: link.silence, isPaused: store.isPaused, time: store.shown.time, newest: store.time,
      isSlow: app.schedule.isSlow, server: store.replicas.server.data, rows: app.rows, failure: app.failure, restart: app.restart,
      refused: store.refused, isOffline: navigator.onLine === false, missing: missing(),
    }),
  },
);

function drawAbout() {
  const { server } = store.shown;
  if (!server) return;
  put($('host'), server.hostname ? plain(server.hostname, 40) : '');
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
  put($('pause-label'), store.isPaused ? 'Resume' : 'Pause');
  banner.draw();
  app.schedule.hurry();
}

function applyTheme() {
  const theme = prefs.get('theme');
  setAttribute(document.documentElement, 'data-theme', theme === 'system' ? null : theme);
  setAttribute(document.documentElement, 'data-density', prefs.get('density'));
  app.palette = readPalette();
  app.schedule.hurry();
}

// The controls of the header, and which parts of the page are there, as the state has them.
function showChoices() {
  const { unit, window, view, end } = app.state;
  $('unit').value = unit;
  const isUsual = WINDOWS.includes(window);
  $('window-other').hidden = isUsual;
  $('window').value = isUsual ? String(window) : 'other';
  $('live').hidden = end === null;
  setAttribute(document.body, 'data-view', view);
  for (const tab of document.querySelectorAll('[data-tab]')) setAttribute(tab, 'aria-current', tab.dataset.tab === view ? 'page' : null);
  for (const section of document.querySelectorAll('[data-part]')) section.hidden = !PARTS[view].includes(section.dataset.part);
}

// The interface the address names, where there is none of that name and another could be shown.
function missing() {
  const { interface: name } = app.state;
  const { interfaces } = store.shown;
  return name !== null && interfaces.size > 0 && !interfaces.has(name) ? name : null;
}

// step: +1 or -1, round the list of interfaces as the cards stand.
function selectNext(step) {
  const { names, selected } = app;
  if (names.length) app.select(names[(names.indexOf(selected) + step + names.length) % names.length]);
}

function nextTheme() {
  prefs.next('theme');
  applyTheme();
}

// Hands the key on to the chart, where it moves the crosshair.
function readChart({ key, shiftKey }) {
  const stage = document.querySelector('.stage:not([hidden])');
  stage?.focus();
  stage?.dispatchEvent(new KeyboardEvent('keydown', { key, shiftKey, bubbles: true, cancelable: true }));
}

// One step back of what is open or selected.
function stepBack() {
  if (app.state.connection !== null) app.set({ connection: null });
  else app.set({ from: null, to: null });
}

function listen() {
  $('pause').addEventListener('click', togglePause);
  $('unit').addEventListener('change', ({ target }) => app.set({ unit: target.value }));
  $('window').addEventListener('change', ({ target }) => app.set({ window: Number(target.value) }));
  $('live').addEventListener('click', () => app.set({ end: null }));
  $('settings-open').addEventListener('click', () => settings.open());
  $('help-open').addEventListener('click', () => settings.help());
  for (const tab of document.querySelectorAll('[data-tab]'))
    tab.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      app.set({ view: tab.dataset.tab });
    });
  listenForKeys(document, { isOn: () => prefs.get('shortcuts'), shortcuts });
  for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)'])
    matchMedia(query).addEventListener('change', applyTheme);
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return;
    link.wake();
    app.schedule.hurry();
  });
  addEventListener('online', () => link.wake());
  addEventListener('resize', () => app.schedule.hurry());
  addEventListener('popstate', readAgain);
  addEventListener('error', ({ error, message }) => error && fail(plain(message), error));
  addEventListener('unhandledrejection', ({ reason }) => fail('promise', reason));
}

// Keeps what depends on the passing of time alone: silence, countdowns, how far a pause is behind.
function watch() {
  link.watch();
  const { tone } = banner.draw();
  setAttribute(document.body, 'data-freshness', !link.hadData ? 'none' : tone === 'bad' ? 'old' : 'live');
  drawTitle();
}

showChoices();
listen();
for (const act of [APPLY.base, APPLY.every, applyTheme]) act();
link.start();
setInterval(watch, WATCH_MS);
banner.draw();
