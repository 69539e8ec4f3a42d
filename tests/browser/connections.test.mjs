// The connections table and its drawer, on a network that only does what the test says: the server's
// clock moves a second at each step.

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { start } from '../../web/test/fake-server.js';
import { Network } from '../../web/test/fake-network.js';
import { Browser, axeSource, visiting } from './support/page.mjs';

let browser;
before(async () => (browser = await Browser.open()));
after(() => browser?.close());

const NGINX = { process_name: 'nginx', pid: 1044, user: 'www-data', uid: 33, unit: 'nginx.service', evidence: 'proc' };
const FIREFOX = { process_name: 'firefox', pid: 2211, user: 'anna', uid: 1000, evidence: 'bpf' };
const REDIS = { process_name: 'redis-server', pid: 3001, user: 'root', uid: 0, unit: 'docker:0123456789ab', evidence: 'proc' };
const tcp = (owner, remote, facts = {}) => ({
  connection_type: 'tcp', local_address: '192.0.2.10', local_port: 40000, remote_address: remote, remote_port: 443, state: 'established', interface: 'eth0',
  bytes_received: 1000, bytes_sent: 100, download_speed: 0, upload_speed: 0, rtt_ms: 20, rtt_min_ms: 10, retransmits: 0, congestion_window: 10, congestion_control: 'cubic',
  receive_queue: 0, send_queue: 0, limited_by: 'application', ...owner, ...facts,
});
const SCENE = {
  1: tcp(NGINX, '198.51.100.1', { local_port: 443, remote_port: 50001, upload_speed: 5e5, limited_by: 'receiver', rtt_ms: 150 }),
  2: tcp(NGINX, '198.51.100.2', { local_port: 443, remote_port: 50002, upload_speed: 1e5 }),
  3: { ...tcp(NGINX, undefined, { local_address: '0.0.0.0', local_port: 443, state: 'listen' }), remote_address: undefined, remote_port: undefined, rtt_ms: undefined, download_speed: undefined, upload_speed: undefined },
  4: tcp(FIREFOX, '203.0.113.7', { download_speed: 2e6, local_port: 40004, opened_at: '2026-01-31T11:59:00.000Z' }),
  5: tcp(FIREFOX, '2001:db8::7', { download_speed: 5e5, local_port: 40005, retransmits: 3 }),
  6: tcp(REDIS, '10.1.2.3', { local_port: 6379, remote_port: 50006, download_speed: 100 }),
  7: { connection_type: 'tcp', local_address: '192.0.2.10', local_port: 40007, remote_address: '203.0.113.7', remote_port: 443, state: 'time_wait' },
};

const known = (record) => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));

// act({view, server, set(id, facts), close(id), step(n)}) with the page live on the scene.
async function onScene({ hash = '', scene = SCENE, network: options = {}, ...visit }, act) {
  const network = new Network({ connections: 0, time: Date.parse('2026-01-31T12:00:00.000Z'), ...options });
  network.connections = new Map(Object.entries(scene).map(([id, record]) => [id, known(record)]));
  network.advance = (milliseconds) => (network.time += milliseconds);
  const server = await start({ manual: true, isEager: true, network });
  const set = (id, facts) => network.connections.set(String(id), known({ ...network.connections.get(String(id)), ...facts }));
  // Silence makes a page anxious: something is said all the time.
  const beat = setInterval(() => server.say('{"op":"pong"}'), 1000);
  try {
    await visiting(browser, `${server.url}#${hash}`, visit, async (view) => {
      await view.until(() => document.querySelector('.tally').textContent !== '');
      await act({ view, server, network, set, close: (id) => network.connections.delete(String(id)), step: (count) => server.step(count) });
    });
  } finally {
    clearInterval(beat);
    await server.close();
  }
}

// What stands in the table, from the top: each row as its first cell's name, with two blanks before a child.
const rowsOf = (view) => view.page.$$eval('.rows [role=row]:not([hidden])', (rows) => rows.sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
  .map((row) => `${row.ariaLevel === '2' ? '  ' : ''}${row.querySelector('.lead-name').textContent}${row.classList.contains('group') ? '' : ` ${row.querySelector('.remote').textContent}`}`));
const shows = async (view, expected) => {
  const same = ([wanted]) => {
    const rows = [...document.querySelectorAll('.rows [role=row]:not([hidden])')].sort((a, b) => a.ariaRowIndex - b.ariaRowIndex);
    const texts = rows.map((row) => `${row.ariaLevel === '2' ? '  ' : ''}${row.querySelector('.lead-name').textContent}${row.classList.contains('group') ? '' : ` ${row.querySelector('.remote').textContent}`}`);
    return JSON.stringify(texts) === wanted;
  };
  await view.page.waitForFunction(same, [JSON.stringify(expected)], { timeout: 15_000 }).catch(async () => assert.deepEqual(await rowsOf(view), expected));
};
const row = (view, text) => view.page.locator('.rows [role=row]:not([hidden])', { hasText: text });
const focusedRow = (view) => view.page.evaluate(() => document.activeElement.closest('.rows [role=row]')?.querySelector('.lead-name, .remote').parentElement.textContent ?? null);

const TREE = [
  'firefox', '  firefox 203.0.113.7', '  firefox 2001:db8::7', 'redis-server', '  redis-server 10.1.2.3',
  'nginx', '  nginx 198.51.100.1', '  nginx 198.51.100.2', '  nginx –', 'No process', '  – 203.0.113.7',
];

test('by owner: sums of the owners, folded and unfolded by mouse and by keys', () =>
  onScene({}, async ({ view }) => {
    await shows(view, TREE);
    assert.equal(await view.page.getAttribute('.vtable', 'role'), 'treegrid');
    const firefox = view.page.locator('.rows .group:not([hidden])', { hasText: 'anna' });
    assert.deepEqual((await firefox.locator('.rate').allTextContents()).map((text) => text.replaceAll('\u00a0', ' ')), ['20.0 Mbit/s', '0 bit/s']);
    assert.match(await firefox.textContent(), /2 ?connections/);
    await row(view, 'docker:0123456789ab').waitFor();
    await firefox.click();
    await shows(view, TREE.filter((text) => !text.startsWith('  firefox')));
    assert.equal(await firefox.getAttribute('aria-expanded'), 'false');
    await firefox.focus();
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown']) await view.page.keyboard.press(key);
    await shows(view, TREE);
    assert.match(await focusedRow(view), /2001:db8::7|firefox/);
    const place = () => view.page.evaluate(() => Number(document.activeElement.getAttribute('aria-rowindex')));
    assert.equal(await place(), 4);
    await view.page.keyboard.press('ArrowLeft');
    assert.equal(await place(), 2, 'from a row to what it is under');
    await view.page.keyboard.press('ArrowLeft');
    await shows(view, TREE.filter((text) => !text.startsWith('  firefox')));
    await view.page.keyboard.press('End');
    assert.equal(await place(), 10);
    await view.page.keyboard.press('Home');
    assert.equal(await place(), 2);
    await view.page.getByRole('button', { name: 'Collapse all' }).click();
    await shows(view, ['firefox', 'redis-server', 'nginx', 'No process']);
    await view.page.getByRole('button', { name: 'Expand all' }).click();
    await shows(view, TREE);
  }));

test('by remote and flat, by button, key and address', () =>
  onScene({ hash: 'group=remote&sort=remote_address' }, async ({ view }) => {
    await shows(view, [
      '10.1.2.3', '  redis-server 10.1.2.3', '198.51.100.1', '  nginx 198.51.100.1', '198.51.100.2', '  nginx 198.51.100.2',
      '203.0.113.7', '  firefox 203.0.113.7', '  – 203.0.113.7', '2001:db8::7', '  firefox 2001:db8::7', 'No other end', '  nginx –',
    ]);
    await view.page.locator('body').click({ position: { x: 4, y: 500 } });
    await view.page.keyboard.press('g');
    await view.until(() => location.hash.includes('group=flat'));
    assert.equal(await view.page.getAttribute('.vtable', 'role'), 'grid');
    assert.equal(await view.page.getByRole('button', { name: 'Flat' }).getAttribute('aria-pressed'), 'true');
    await view.page.getByRole('columnheader', { name: 'RTT' }).getByRole('button').click();
    await view.until(() => location.hash.includes('sort=-rtt_ms'));
    assert.equal((await rowsOf(view))[0], 'nginx 198.51.100.1');
    assert.deepEqual((await rowsOf(view)).slice(-2), ['nginx –', '– 203.0.113.7'], 'unknown comes last');
    await view.page.getByRole('columnheader', { name: 'RTT' }).getByRole('button').click();
    assert.deepEqual((await rowsOf(view)).slice(-2), ['nginx –', '– 203.0.113.7'], 'both ways');
    await view.page.getByRole('button', { name: 'By owner' }).click();
    await view.until(() => !location.hash.includes('group='));
  }));

test('the search is the address\'s, both ways, and a wrong word is named', () =>
  onScene({ hash: 'q=port:443+-state:listen' }, async ({ view }) => {
    assert.equal(await view.page.inputValue('#search'), 'port:443 -state:listen');
    await view.says('.tally', /^5 of 7$/);
    await view.page.fill('#search', 'remote:198.51.100.0/24 up>1M');
    await shows(view, ['nginx', '  nginx 198.51.100.1']);
    await view.until(() => decodeURIComponent(location.hash).includes('up>1M'));
    await view.page.evaluate(() => (location.hash = '#q=limited:receiver'));
    await view.until(() => document.getElementById('search').value === 'limited:receiver');
    await shows(view, ['nginx', '  nginx 198.51.100.1']);
    await view.page.fill('#search', 'port:https firefox');
    await view.says('#search-help', /port:https is not understood: port wants a port number, as in port:443/);
    await shows(view, TREE.slice(0, 3));
    await view.page.fill('#search', 'nobody');
    await view.says('.nothing-box', /No connection matches the search/);
    await view.page.getByRole('button', { name: 'Clear search' }).click();
    await shows(view, TREE);
    await view.page.getByRole('button', { name: 'How to search' }).click();
    assert.equal(await view.page.locator('#search-tips li').count(), 5);
    await view.page.getByRole('button', { name: 'unit:nginx limited:receiver' }).click();
    await shows(view, ['nginx', '  nginx 198.51.100.1']);
  }));

test('new rows are tinted, closed ones stay struck through in their place for five seconds', () =>
  onScene({ hash: 'group=flat&sort=remote_address' }, async ({ view, network, close, step }) => {
    const marked = (text, name) => view.until(([which, mark]) => [...document.querySelectorAll('.rows [role=row]:not([hidden])')].find((other) => other.textContent.includes(which))?.classList.contains(mark), [text, name]);
    await step(6);
    network.connections.set('8', tcp(FIREFOX, '198.51.100.9', { opened_at: new Date(network.time + 1000).toISOString() }));
    close(2);
    await step();
    await marked('198.51.100.9', 'new');
    await marked('198.51.100.2', 'closed');
    const order = ['redis-server 10.1.2.3', 'nginx 198.51.100.1', 'nginx 198.51.100.2', 'firefox 198.51.100.9', 'firefox 203.0.113.7', '– 203.0.113.7', 'firefox 2001:db8::7', 'nginx –'];
    await shows(view, order);
    assert.match(await row(view, '198.51.100.2').locator('.state-cell').textContent(), /closed/);
    assert.equal(await view.text('.tally'), '7', 'what is closed is not counted');
    await step(3);
    await shows(view, order);
    await step(3);
    await shows(view, order.filter((text) => !text.includes('198.51.100.2')));
    await view.until(() => !document.querySelector('.rows .new:not([hidden])'));
  }));

test('held while the pointer is inside: places stay, closed rows too; then all is put right', () =>
  onScene({ hash: 'group=flat' }, async ({ view, set, close, step }) => {
    const first = ['firefox 203.0.113.7', 'firefox 2001:db8::7', 'redis-server 10.1.2.3', 'nginx 198.51.100.1', 'nginx 198.51.100.2', 'nginx –', '– 203.0.113.7'];
    await shows(view, [first[0], first[1], first[2], first[3], first[4], first[5], first[6]]);
    await row(view, '10.1.2.3').hover();
    await view.says('.hold', /Order held/);
    set(2, { download_speed: 9e6 });
    close(4);
    await step(8);
    await view.until(() => document.querySelector('.rows .closed'));
    await shows(view, first);
    await row(view, '72.0 Mbit/s').waitFor();
    await view.page.mouse.move(5, 5);
    await shows(view, ['nginx 198.51.100.2', 'firefox 2001:db8::7', 'redis-server 10.1.2.3', 'nginx 198.51.100.1', 'nginx –', '– 203.0.113.7']);
    await view.page.keyboard.press('o');
    await view.until(() => document.querySelector('.hold').getAttribute('aria-pressed') === 'true');
    const locked = await rowsOf(view);
    set(5, { download_speed: 8e7 });
    await step(2);
    await row(view, '640 Mbit/s').waitFor();
    assert.deepEqual(await rowsOf(view), locked);
  }));

test('the focus goes with its row wherever the order takes it', () =>
  onScene({ hash: 'group=flat' }, async ({ view, set, step }) => {
    await row(view, '10.1.2.3').focus();
    await view.page.evaluate(() => document.querySelector('.rows').closest('.scroll').dispatchEvent(new FocusEvent('focusout')));
    const at = () => view.page.evaluate(() => Number(document.activeElement.getAttribute('aria-rowindex')));
    assert.equal(await at(), 4);
    set(6, { download_speed: 9e7 });
    await step();
    await view.page.getByRole('columnheader', { name: 'Upload' }).getByRole('button').evaluate((button) => button.click());
    await view.until(() => document.activeElement.textContent.includes('10.1.2.3') && document.activeElement.getAttribute('aria-rowindex') !== '4');
    assert.equal(await view.page.evaluate(() => document.querySelectorAll('.rows [tabindex="0"]:not([hidden])').length), 1);
  }));

test('a range of time: who moved how much in it, open or closed; and back', () =>
  onScene({}, async ({ view, set, close, step, network }) => {
    await step(2);
    await shows(view, TREE);
    const from = network.time;
    set(1, { upload_speed: 0 });
    set(2, { upload_speed: 1024 * 1024 });
    await step(10);
    close(4);
    await step(10);
    const to = network.time;
    set(2, { upload_speed: 0 });
    await step(10);
    const iso = (time) => encodeURIComponent(new Date(time).toISOString());
    await view.page.evaluate((hash) => (location.hash = hash), `#from=${iso(from + 1000)}&to=${iso(to)}`);
    await view.says('.range-line', /4 connections active 12:00:03–12:00:22, .* MiB down, 19\.0 MiB up/);
    assert.doesNotMatch(await view.text('.range-line'), /since you opened/);
    await view.says('.vtable .heads', /↓ in range.*↑ in range/);
    await shows(view, ['firefox', '  firefox 203.0.113.7', '  firefox 2001:db8::7', 'redis-server', '  redis-server 10.1.2.3', 'nginx', '  nginx 198.51.100.2']);
    assert.match((await row(view, '198.51.100.2').textContent()).replaceAll('\u00a0', ' '), /0 B19\.0 MiB/);
    assert.match(await row(view, '203.0.113.7').textContent(), /closed/);
    const before = await rowsOf(view);
    set(5, { download_speed: 9e7 });
    await step(3);
    assert.deepEqual(await rowsOf(view), before, 'what is past does not change');
    await view.page.evaluate((hash) => (location.hash = hash), `#from=${iso(from - 3_600_000)}&to=${iso(to)}`);
    await view.says('.range-line', /known since you opened this page at 12:00:0\d/);
    await view.page.evaluate((hash) => (location.hash = hash), `#from=${iso(from - 3_600_000)}&to=${iso(from - 3_500_000)}`);
    await view.says('.range-line', /by owner alone · single connections are known since/);
    await view.page.getByRole('button', { name: 'Clear range' }).click();
    await view.says('.vtable .heads', /Download.*Upload/);
    await view.until(() => !location.hash.includes('from='));
  }));

test('the drawer: by click, its words, charts and buttons; Escape closes it and goes back to the row', () =>
  onScene({ hash: 'group=flat' }, async ({ view, set, close, step }) => {
    await step(3);
    await row(view, '198.51.100.1').click();
    await view.until(() => document.getElementById('drawer').open && location.hash.includes('id=1'));
    await view.says('#drawer h2', /^nginx$/);
    assert.equal(await view.page.evaluate(() => document.activeElement.id), 'drawer-title');
    assert.equal(await row(view, '198.51.100.1').getAttribute('aria-selected'), 'true');
    set(1, { upload_speed: 1e6, retransmits: 1, congestion_window: 44 });
    await step(4);
    const text = () => view.text('#drawer');
    await view.until(() => /44 segments/.test(document.getElementById('drawer').textContent));
    for (const part of [/www-data/, /nginx\.service/, /found among the open files/, /192\.0\.2\.10:443/, /198\.51\.100\.1:50001/, /150 ms/, /1 segment/, /cubic/, /its program does not read fast enough/, /8\.00 Mbit\/s/, /known since you opened this page/, /StateOpen/])
      assert.match(await text(), part);
    assert.equal(await view.page.locator('#drawer dd', { hasText: /^–$/ }).first().getAttribute('title'), 'It was open before the server watched.');
    await view.page.waitForTimeout(300);
    assert.ok((await view.pixels('#drawer figure:nth-of-type(1) canvas', '--upload')).count > 5, 'its course is drawn');
    close(1);
    await step();
    await view.says('.drawer-note', /^Closed at 12:00:\d\d/);
    assert.match(await text(), /44 segments/, 'with what was known last');
    await view.page.keyboard.press('Escape');
    await view.until(() => !document.getElementById('drawer').open && !location.hash.includes('id='));
    assert.match(await focusedRow(view), /nginx/);
    await view.page.keyboard.press('Home');
    await view.page.keyboard.press('Enter');
    await view.says('#drawer h2', /^firefox$/);
    await view.page.getByRole('button', { name: 'Only this remote' }).click();
    await view.until(() => document.getElementById('search').value === 'remote:203.0.113.7/32');
    await view.page.getByRole('button', { name: 'Only this process' }).click();
    await view.until(() => document.getElementById('search').value === 'process:"firefox"');
    await view.page.getByRole('button', { name: 'Only this port' }).click();
    await view.until(() => document.getElementById('search').value === 'port:443');
    await view.page.getByRole('button', { name: 'Close the details' }).click();
    await view.until(() => !document.getElementById('drawer').open);
    assert.match(await focusedRow(view), /firefox/);
  }));

test('the drawer by a link: of an open one, of a listener, of one that nobody knows', () =>
  onScene({ hash: 'id=3&q=nothing' }, async ({ view }) => {
    await view.until(() => document.getElementById('drawer').open);
    await view.says('#drawer', /Waits for connections/);
    assert.equal(await view.page.evaluate(() => document.activeElement === document.body), true, 'the focus is not taken');
    assert.equal(await view.page.getByRole('button', { name: 'Only this remote' }).isDisabled(), true);
    await view.page.evaluate(() => (location.hash = '#id=999'));
    await view.says('.drawer-note', /ended before this page was opened/);
    await view.page.evaluate(() => (location.hash = '#id=7'));
    await view.says('#drawer h2', /^–$/);
    await view.says('#drawer', /stray packets/);
    await view.page.evaluate(() => (location.hash = ''));
    await view.until(() => !document.getElementById('drawer').open);
  }));

test('processes that cannot be seen are hidden for a reason; in time wait there is none', () =>
  onScene({ hash: 'group=flat', scene: { 1: { ...tcp({ uid: 33, user: 'www-data', evidence: 'uid' }, '198.51.100.1') }, 7: SCENE[7] }, network: { capabilities: { owners: { status: 'permission', detail: 'Needs CAP_SYS_PTRACE.' } } } }, async ({ view }) => {
    await shows(view, ['(hidden) 198.51.100.1', '– 203.0.113.7']);
    assert.equal(await row(view, '(hidden)').locator('.process').getAttribute('title'), 'Needs CAP_SYS_PTRACE.');
    assert.match(await row(view, 'time wait').locator('.process').getAttribute('title'), /belongs to no process any more/);
    await view.page.getByRole('button', { name: 'By owner' }).click();
    await shows(view, ['www-data', '  (hidden) 198.51.100.1', '(hidden)', '  – 203.0.113.7']);
  }));

test('empty, left out for the budget, not for this token', async () => {
  await onScene({ scene: {} }, async ({ view, network, step }) => {
    await view.says('.nothing-box', /No active connections/);
    network.connections.set('1', tcp(FIREFOX, '203.0.113.7', { download_speed: 2e6 }));
    network.collection = 'owners';
    await step();
    await shows(view, ['firefox']);
    assert.equal(await view.text('.tally'), 'only added up by owner now');
    assert.equal(await row(view, 'firefox').getAttribute('aria-expanded'), null);
    await view.page.getByRole('button', { name: 'Flat' }).click();
    await view.says('.nothing-box', /not listed now, only added up/);
  });
  const server = await start({ connections: 5, tokens: { narrow: 'interfaces' } });
  try {
    const expected = /WebSocket|401|403/;
    await visiting(browser, server.url, { expected }, async (view) => {
      await view.notice('refused').locator('input').fill('narrow');
      await view.notice('refused').getByRole('button', { name: 'Connect' }).click();
      await view.says('.nothing-box', /not shown with this access token/);
    });
  } finally {
    await server.close();
  }
});

test('hostile names are text in every view, in the drawer and in what its buttons search', () => {
  const name = '\u202e<img src=x onerror=alert(1)>"|';
  const scene = { 1: tcp({ ...FIREFOX, process_name: name, user: '<b>u</b>', unit: 'x'.repeat(4096) }, '<i>a</i>'), 2: tcp({ ...FIREFOX, process_name: 'z'.repeat(4096) }, '203.0.113.7') };
  return onScene({ scene, hash: 'id=1' }, async ({ view }) => {
    await view.says('#drawer h2', /<img src=x/);
    for (const group of ['By owner', 'By remote', 'Flat']) {
      await view.page.getByRole('button', { name: group }).click();
      await view.until(() => document.querySelectorAll('.rows [role=row]:not([hidden])').length >= 2);
    }
    assert.equal(await view.page.locator(':is(main, #drawer) :is(img, b, i)').count(), 0);
    assert.ok(!(await view.text('body')).includes('\u202e'));
    assert.ok(await view.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await view.page.getByRole('button', { name: 'Only this process' }).click();
    await view.says('.tally', /^1 of 2$/);
  });
});

for (const width of [390, 320])
  test(`${width} pixels wide: process, remote and rates; the drawer takes the screen and gives it back`, () =>
    onScene({ viewport: { width, height: 720 } }, async ({ view }) => {
      await shows(view, TREE);
      const sideways = () => view.page.evaluate(() => document.documentElement.scrollWidth > innerWidth || document.querySelector('.scroll').scrollWidth > document.querySelector('.scroll').clientWidth);
      assert.equal(await sideways(), false);
      const child = row(view, '198.51.100.1').last();
      assert.deepEqual(await child.evaluate((node) => [...node.children].filter((cell) => cell.offsetWidth).map((cell) => cell.className.match(/process|remote|download|upload/)[0])), ['process', 'remote', 'download', 'upload']);
      assert.ok((await child.boundingBox()).height >= 24);
      await child.click();
      await view.until(() => document.getElementById('drawer').matches(':modal'));
      const box = await view.page.locator('#drawer').boundingBox();
      assert.deepEqual([box.width, box.height], [width, 720]);
      assert.equal(await view.page.evaluate(() => document.querySelector('#drawer').scrollWidth <= innerWidth), true);
      await view.page.keyboard.press('Escape');
      await view.until(() => !document.getElementById('drawer').open);
      assert.match(await focusedRow(view), /nginx/);
      assert.equal(await sideways(), false);
    }));

test('rows are lower where that is asked for', () =>
  onScene({ before: (page) => page.addInitScript(() => localStorage.setItem('ifpulse', '{"density":"compact"}')) }, async ({ view }) => {
    await shows(view, TREE);
    const tops = await view.page.$$eval('.rows [role=row]:not([hidden])', (rows) => rows.map((one) => one.getBoundingClientRect()).sort((a, b) => a.top - b.top).map(({ top, height }) => [top, height]));
    assert.deepEqual([tops[1][0] - tops[0][0], tops[0][1]], [24, 24]);
  }));

test('20,000 connections: searched, sorted and scrolled, by a few dozen elements; what is left out is said', async () => {
  const server = await start({ connections: 20_000, manual: true });
  try {
    await visiting(browser, `${server.url}#group=flat`, {}, async (view) => {
      await view.says('.tally', /showing the top 5,000 of 20,004/);
      await view.says('#notices', /top 5,000 of 20,004/);
      assert.equal(await view.page.getAttribute('.vtable', 'aria-rowcount'), '5001');
      await view.page.evaluate(() => (document.querySelector('.scroll').scrollTop = 1e9));
      await view.until(() => document.querySelector('.rows [aria-rowindex="5001"]:not([hidden])'));
      assert.ok((await view.page.locator('.rows [role=row]').count()) < 60);
      await view.page.getByRole('columnheader', { name: 'RTT' }).getByRole('button').click();
      await view.until(() => {
        const rows = [...document.querySelectorAll('.rows [role=row]:not([hidden])')].sort((a, b) => a.ariaRowIndex - b.ariaRowIndex);
        const rtts = rows.map((row) => Number.parseFloat(row.querySelector('.rtt').textContent));
        return rows[0].ariaRowIndex === '2' && rtts.every((rtt, index) => !index || rtts[index - 1] >= rtt);
      });
      await view.page.fill('#search', 'state:listen port:5432');
      await view.says('.tally', /^1 of 20,004$/);
      await view.page.fill('#search', '');
      await view.page.getByRole('button', { name: 'By owner' }).click();
      await view.says('.tally', /^20,004$/);
      await view.page.getByRole('button', { name: 'Expand all' }).click();
      await view.says('.tally', /showing the top 5,000 of 20,004/);
    });
  } finally {
    await server.close();
  }
});

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
for (const colorScheme of ['light', 'dark'])
  for (const width of [1280, 390])
    test(`axe finds nothing with the drawer open, ${colorScheme}, ${width} pixels`, () =>
      onScene({ colorScheme, hash: 'id=1', bypassCSP: true, viewport: { width, height: 900 } }, async ({ view, network, close, step }) => {
        await view.page.evaluate(() => document.querySelector('.ask').click());
        network.connections.set('9', tcp(FIREFOX, '198.51.100.9'));
        close(2);
        await step(2);
        await view.until(() => document.querySelector('.rows .closed:not([hidden])') && document.querySelector('.rows .new:not([hidden])'));
        await view.page.evaluate(axeSource());
        const { violations } = await view.page.evaluate((tags) => globalThis.axe.run(document, { runOnly: tags }), TAGS);
        assert.deepEqual(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`)), []);
      }));
