// What the page promises without a browser: its words for every state, its choices, its colours.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { Preferences } from '../../js/prefs.js';
import { conditions } from '../../js/views/banner.js';

const web = fileURLToPath(new URL('../..', import.meta.url));
const read = (name) => readFileSync(path.join(web, name), 'utf8');
const scripts = (folder) => readdirSync(path.join(web, folder)).flatMap((name) => {
  const file = path.join(folder, name);
  return statSync(path.join(web, file)).isDirectory() ? scripts(file) : [file];
});

const link = (more) => ({ phase: 'open', hasData: true, hadData: true, lostAt: null, code: null, reason: '', retryAt: null, ...more });
const state = (more) => ({ link: link(), now: 200_000, silence: 0, isPaused: false, time: 0, newest: 0, isSlow: false, server: null, rows: null, failure: null, restart: null, isOffline: false, ...more });
const keys = (result) => result.notices.map(({ key }) => key);

test('each state has its word', () => {
  for (const [more, word] of [
    [{}, 'Live'],
    [{ isPaused: true }, 'Paused'],
    [{ silence: 5000 }, 'No data'],
    [{ link: link({ phase: 'connecting', hasData: false, hadData: false }) }, 'Connecting…'],
    [{ link: link({ phase: 'open', hasData: false, hadData: false }) }, 'Connecting…'],
    [{ link: link({ phase: 'waiting', hasData: false, retryAt: 203_100, lostAt: 199_000 }) }, 'Reconnecting'],
    [{ link: link({ phase: 'waiting', hasData: false, hadData: false, retryAt: 203_100 }) }, 'No connection'],
    [{ link: link({ phase: 'refused', code: 4400 }) }, 'Disconnected'],
  ]) assert.equal(conditions(state(more)).word, word);
});

test('every condition that applies is named, with the way out', () => {
  const result = conditions(state({
    link: link({ phase: 'waiting', hasData: false, retryAt: 203_100, lostAt: 10_000 }), isPaused: true, newest: 37_000, isSlow: true,
    server: { capabilities: { owners: { status: 'permission', detail: 'Needs CAP_SYS_PTRACE.' }, rates: { status: 'available', detail: '' } } },
    rows: { shown: 5000, matching: 18_213 }, failure: 'cards', restart: { instance: 'x', at: 0, version: '0.2.0' },
  }));
  assert.deepEqual(keys(result), ['failure', 'waiting', 'gone', 'paused', 'version 0.2.0', 'slow', 'limited', 'rows']);
  const by = Object.fromEntries(result.notices.map((notice) => [notice.key, notice]));
  assert.equal(by.waiting.note, 'Next try in 4\u00a0s');
  assert.equal(by.waiting.action.name, 'retry');
  assert.match(by.paused.note, /37\s+s behind/);
  assert.match(by.limited.text, /CAP_SYS_PTRACE/);
  assert.match(by.rows.text, /5\D?000 of 18\D?213/);
});

test('what the server leaves out for its CPU budget is said, and nothing where it leaves out nothing', () => {
  const server = { cpu_budget_percent: 5, connections_interval_ms: 4000, collection: 'slower' };
  const said = (more) => conditions(state({ server: { ...server, ...more } })).notices;
  assert.deepEqual(said().map(({ key, tone, text }) => [key, tone, text.replaceAll('\u00a0', ' ')]), [['budget', 'wait', 'To stay within 5 % of a core, the server reads connections only every 4 s.']]);
  assert.match(said({ connections_interval_ms: 1600 })[0].text, /every 1\D6\s+s/);
  assert.match(said({ connections_interval_ms: 800 })[0].text, /every 800\s+ms/);
  assert.match(said({ collection: 'owners' })[0].text, /by owner; single ones are not listed/);
  for (const collection of ['full', undefined, 'of a later version']) assert.deepEqual(said({ collection }), []);
});

test('a token of a narrow scope and an interface that is not there are said calmly', () => {
  const said = conditions(state({
    refused: new Map([['connections', { code: 'forbidden' }], ['owners', { code: 'forbidden' }], ['events', { code: 'bad_filter' }]]), missing: '\u202eeth9',
  }));
  assert.equal(said.word, 'Live');
  assert.deepEqual(said.notices.map(({ tone, text }) => [tone, text]), [
    ['info', 'There is no interface \ufffdeth9 here.'], ['info', 'Your access token is not for: connections, owners. They stay empty here.'],
  ]);
});

test('what counts is in the note, never in the text that is read out', () => {
  const at = (now) => conditions(state({ now, silence: now, isPaused: true, newest: now, link: link({ phase: 'waiting', hasData: false, retryAt: 203_100, lostAt: 199_000 }) }));
  const texts = (result) => result.notices.map(({ text }) => text);
  assert.deepEqual(texts(at(200_000)), texts(at(202_000)));
});

test('a refusal says why', () => {
  for (const [code, pattern] of [[4400, /Reload/], [4401, /token/], [4408, /slowly/], [4429, /too much/], [4477, /for good/]])
    assert.match(conditions(state({ link: link({ phase: 'refused', code, reason: 'x' }) })).notices[0].text, pattern);
  assert.match(conditions(state({ link: link({ phase: 'waiting', hasData: false, code: 4503, retryAt: 1 }) })).notices[0].text, /no room/);
});

test('choices: whatever is stored, the page starts; what cannot be stored is still chosen', () => {
  for (const stored of [null, '', '{', '7', '[]', 'null', '{"unit":"furlong","window":7,"theme":null}']) {
    const prefs = new Preferences(() => ({ getItem: () => stored, setItem: () => {} }));
    assert.deepEqual(['unit', 'theme', 'window', 'shortcuts'].map((name) => prefs.get(name)), ['bit', 'system', 300, true]);
  }
  const prefs = new Preferences(() => {
    throw new Error('denied');
  });
  assert.equal(prefs.set('unit', 'byte'), true);
  assert.equal(prefs.set('unit', 'x'), false);
  assert.equal(prefs.get('unit'), 'byte');
  const kept = {};
  const storage = () => ({ getItem: (key) => kept[key] ?? null, setItem: (key, value) => (kept[key] = value) });
  new Preferences(storage).set('window', 1800);
  assert.equal(new Preferences(storage).get('window'), 1800);
  new Preferences(storage).reset();
  assert.equal(new Preferences(storage).get('window'), 300);
});

function luminance(hex) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a, b) {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

test('colours: text 4.5:1 and lines of the chart 3:1 against what is behind them, in both themes', () => {
  const tokens = Object.fromEntries([...read('app.css').matchAll(/--(\w+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, light, dark]) => [name, [light, dark]]));
  for (const theme of [0, 1]) {
    for (const ink of ['text', 'muted', 'download', 'upload', 'bad', 'warn', 'good'])
      for (const ground of ['page', 'panel', 'sunken'])
        assert.ok(contrast(tokens[ink][theme], tokens[ground][theme]) >= 4.5, `${ink} on ${ground}, theme ${theme}`);
    for (const ink of ['edge', 'axis', 'focus']) assert.ok(contrast(tokens[ink][theme], tokens.panel[theme]) >= 3, `${ink}, theme ${theme}`);
  }
});

test('nothing in the page makes elements or code out of text', () => {
  for (const name of scripts('js')) {
    const source = read(name);
    for (const forbidden of [/innerHTML/, /outerHTML/, /insertAdjacentHTML/, /document\.write/, /\beval\(/, /new Function/, /setAttribute\('style'/, /cssText/])
      assert.doesNotMatch(source, forbidden, name);
  }
  assert.doesNotMatch(read('index.html'), /<style|style=|\son\w+=|<script(?![^>]*src=)/);
});
