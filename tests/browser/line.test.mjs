// The page when the line to the server fails, in each way a line can fail: it says what is wrong,
// keeps what it has, and comes back by itself whenever coming back makes sense.

import assert from 'node:assert/strict';
import test, { after, afterEach, before, beforeEach } from 'node:test';
import { start } from '../../web/test/fake-server.js';
import { Browser, visiting } from './support/page.mjs';

let browser;
let server;
before(async () => (browser = await Browser.open()));
after(() => browser?.close());
beforeEach(async () => (server = await start({ connections: 200 })));
afterEach(() => server?.close());

const LOST = /WebSocket connection/;
const visit = (act, options = {}) => visiting(browser, server.url, { expected: LOST, ...options }, act);
const subscriptions = (topic) => server.received.filter((message) => message.op === 'subscribe' && message.topic === topic);
const isReady = (view) => view.until(() => document.querySelector('.tally').textContent !== '' && document.querySelector('.sums td:nth-child(2)').textContent.includes('bit/s'));

// Every wait as long as chance allows, so that the countdown is there to be seen.
const unlucky = { before: (page) => page.addInitScript(() => (Math.random = () => 0.999)) };
const countdown = (view) => view.until(() => /Next try in [4-9]/.test(document.querySelector('#notices').textContent.replaceAll('\u00a0', ' ')));

const holesOf = async (view) => {
  const { columns } = await view.pixels('.stage canvas', '--download');
  assert.ok(columns.length > 20, 'drawn');
  return columns.slice(1).map((column, index) => column - columns[index]).filter((width) => width > 10).length;
};

test('cut: a countdown, Retry now, live again with the difference only, and no hole, as the server remembers', () =>
  visit(async (view) => {
    await view.page.selectOption('#window', '60');
    await view.state('Live');
    await isReady(view);
    await view.page.waitForTimeout(2500);
    server.faults.refuse = true;
    server.cut();
    await view.state('Reconnecting');
    await countdown(view);
    assert.equal(await view.page.getAttribute('body', 'data-freshness'), 'old');
    assert.ok(!/\d+\s*s/.test(await view.text('#announcement')), 'the countdown is not read out');
    server.faults.refuse = false;
    server.received.length = 0;
    await view.notice('waiting').getByRole('button', { name: 'Retry now' }).click();
    await view.state('Live');
    assert.equal(subscriptions('interfaces')[0].since.instance, server.instance);
    assert.equal(await view.page.locator('#notices li').count(), 0);
    await view.page.waitForTimeout(2500);
    assert.equal(await holesOf(view), 0);
  }, unlucky));

test('what the server itself does not know is a hole in the chart', () =>
  visit(async (view) => {
    await view.page.selectOption('#window', '60');
    await view.state('Live');
    await isReady(view);
    server.network.hole(5);
    await view.page.waitForTimeout(8500);
    assert.equal(await holesOf(view), 1, 'drawn before and after, with one hole between');
  }));

test('comes back by itself, and at once when the device is online again', () =>
  visit(async (view) => {
    await view.state('Live');
    server.cut();
    await view.state('Reconnecting');
    await view.state('Live');
    server.faults.refuse = true;
    server.cut();
    await countdown(view);
    server.faults.refuse = false;
    await view.page.evaluate(() => dispatchEvent(new Event('online')));
    await view.state('Live', 3000);
  }, unlucky));

test('a silent server: no data after three seconds beyond the interval, numbers dimmed, then live again', () =>
  visit(async (view) => {
    await view.state('Live');
    await isReady(view);
    const fresh = await view.page.evaluate(() => getComputedStyle(document.querySelector('.tile .quantity')).color);
    server.faults.stall = true;
    const from = Date.now();
    await view.state('No data', 8000);
    assert.ok(Date.now() - from >= 2500, 'not before it is silence');
    await view.says('#notices [data-key=stale]', /No data for \d+ s/);
    assert.notEqual(await view.page.evaluate(() => getComputedStyle(document.querySelector('.tile .quantity')).color), fresh);
    server.faults.stall = false;
    await view.state('Live', 5000);
  }));

test('an unreadable message: the line is dialled anew', () =>
  visit(async (view) => {
    await view.state('Live');
    await isReady(view);
    const before = subscriptions('interfaces').length;
    server.say('{"op":"delta","stre');
    await view.until(() => document.getElementById('state-word').textContent === 'Live');
    const end = Date.now() + 5000;
    while (subscriptions('interfaces').length === before && Date.now() < end) await view.page.waitForTimeout(50);
    assert.equal(subscriptions('interfaces').length, before + 1);
    await view.state('Live');
  }));

for (const [fault, topic] of [['skip', 'connections'], ['lie', 'connections'], ['lie', 'interfaces'], ['skip', 'totals']])
  test(`${fault === 'skip' ? 'a revision is missing' : 'the count is wrong'}: ${topic} is asked for again, on the same line`, () =>
    visit(async (view) => {
      await view.state('Live');
      await isReady(view);
      server.received.length = 0;
      server.faults[fault](topic);
      const end = Date.now() + 5000;
      while (!subscriptions(topic).length && Date.now() < end) await view.page.waitForTimeout(50);
      const again = subscriptions(topic);
      assert.equal(again.length, 1);
      assert.equal(again[0].since, undefined, 'all of it');
      assert.equal(server.received.filter(({ op }) => op === 'unsubscribe').length, 1);
      assert.equal(server.received.filter(({ op }) => op === 'subscribe').length, 1, 'and nothing else');
      await view.page.waitForTimeout(1200);
      await view.state('Live');
      assert.equal(await view.text('.tally'), '204');
    }));

for (const [code, words] of [[4400, /did not understand/], [4429, /too much/], [4401, /token/]])
  test(`close ${code}: says why, does not come back, until asked`, () =>
    visit(async (view) => {
      await view.state('Live');
      await isReady(view);
      server.closeWith(code, 'a reason');
      await view.state('Disconnected');
      await view.says('#notices [data-key=refused]', words);
      await view.says('#notices [data-key=refused]', /a reason/);
      server.closeWith(0);
      await view.page.evaluate(() => dispatchEvent(new Event('online')));
      await view.page.waitForTimeout(1500);
      assert.equal(await view.text('#state-word'), 'Disconnected');
      assert.equal(server.clients.size, 0);
      assert.equal(await view.text('.tally'), '204', 'what was known is kept');
      await view.notice('refused').getByRole('button').click();
      await view.state('Live');
    }));

test('close 4408: says why, and comes back when the page is awake again', () =>
  visit(async (view) => {
    await view.state('Live');
    await isReady(view);
    server.closeWith(4408, 'a reason');
    await view.state('Disconnected');
    await view.says('#notices [data-key=refused]', /too slowly/);
    server.closeWith(0);
    await view.page.evaluate(() => dispatchEvent(new Event('online')));
    await view.state('Live');
  }));

for (const code of [4503, 1001])
  test(`close ${code}: comes back with waits`, () =>
    visit(async (view) => {
      await view.state('Live');
      server.closeWith(code, 'later');
      await view.state('Reconnecting');
      if (code === 4503) await view.until(() => /no room/.test(document.querySelector('#notices').textContent));
      server.closeWith(0);
      await view.state('Live', 20_000);
    }, unlucky));

test('another instance of another version: all anew, and the offer to reload', () =>
  visit(async (view) => {
    await view.state('Live');
    await isReady(view);
    server.restart('0.2.0');
    await view.notice('version 0.2.0').waitFor();
    await view.state('Live');
    assert.equal(subscriptions('connections').at(-1).since, undefined);
    assert.equal(await view.text('.tally'), '204');
  }));

test('no server at all: says so, counts down, and never shows zeros', async () => {
  server.faults.refuse = true;
  await visit(async (view) => {
    await view.state('No connection');
    await view.says('#notices', /cannot be reached.*Next try in/);
    assert.doesNotMatch(await view.text('#overview'), /\d/);
    server.faults.refuse = false;
    await view.state('Live', 20_000);
  });
});

test('out of reach for two minutes: it says since when', () =>
  visit(async (view) => {
    await view.state('Live');
    await isReady(view);
    server.faults.refuse = true;
    server.cut();
    await view.state('Reconnecting');
    await view.jump(125_000);
    await view.until(() => /out of reach since/.test(document.querySelector('#notices').textContent));
  }));
