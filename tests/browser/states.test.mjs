// Every state the page can be in, each by what makes it so, and how it looks to who uses it.

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { start } from '../../web/test/fake-server.js';
import { Browser, visiting } from './support/page.mjs';

let browser;
before(async () => (browser = await Browser.open()));
after(() => browser?.close());

const NOISE = /WebSocket connection|Failed to load resource|401|403|failed:/;
async function against(options, act, { before: prepare = () => {}, path = '', ...more } = {}) {
  const server = await start({ connections: 60, ...options });
  prepare(server);
  try {
    await visiting(browser, server.url + path, { expected: NOISE, ...more }, (view) => act(view, server));
  } finally {
    await server.close();
  }
}
const title = (view) => view.page.title().then((text) => text.replaceAll('\u00a0', ' '));
const icon = (view) => view.page.getAttribute('link[rel~=icon]', 'href');
const freshness = (view, word) => view.until((wanted) => document.body.dataset.freshness === wanted, word);

test('connecting: places are kept, no number is made up; then live, and the tab says so', () =>
  against({}, async (view, server) => {
    await view.page.waitForTimeout(400);
    assert.equal(await view.text('#state-word'), 'Connecting…');
    assert.equal(await view.page.locator('.tile.is-waiting').count(), 6);
    assert.doesNotMatch(await view.text('#overview'), /\d/);
    assert.ok(await view.page.locator('.bone').first().isVisible());
    assert.equal(await title(view), 'Connecting… · ifpulse');
    server.faults.stall = false;
    server.cut();
    await view.state('Live');
    await view.until(() => !document.querySelector('.is-waiting'));
    await view.until(() => /^↓[\d.]+.[kM]bit\/s ↑[\d.]+.[kM]bit\/s · attic$/.test(document.title));
    assert.match(await icon(view), /^data:image\/png;base64,/);
  }, { before: (server) => (server.faults.stall = true) }));

test('the tab goes on while hidden', () =>
  against({}, async (view) => {
    await view.state('Live');
    await view.page.evaluate(() => Object.defineProperty(document, 'hidden', { configurable: true, get: () => true }));
    const [first, tile] = [await title(view), await view.text('#overview .quantity')];
    await view.until((old) => document.title.replaceAll('\u00a0', ' ') !== old, first);
    assert.equal(await view.text('#overview .quantity'), tile);
  }));

test('paused: since when, how far behind, in the tab too', () =>
  against({}, async (view) => {
    await view.state('Live');
    await view.page.click('#pause');
    await view.state('Paused');
    await view.says('#notices [data-key=paused]', /Paused at \d\d:\d\d:\d\d\. Data is still being kept\.2 s behind/);
    assert.match(await view.text('#state-note'), /\d s behind/);
    await view.until(() => document.title.startsWith('⏸ ↓'));
    assert.equal(await view.text('#pause'), 'Resume');
  }));

test('stale: dimmed, for how long; and over again', () =>
  against({}, async (view, server) => {
    await view.state('Live');
    const color = () => view.page.evaluate(() => getComputedStyle(document.querySelector('#overview .quantity')).color);
    const lively = await color();
    server.faults.stall = true;
    await view.state('No data');
    await view.says('#notices [data-key=stale]', /No data for \d+ s/);
    await freshness(view, 'old');
    assert.notEqual(await color(), lively);
    await view.until(() => document.title === '⚠ No data · attic');
    server.faults.stall = false;
    await view.state('Live');
    await freshness(view, 'live');
  }));

test('reconnecting: a countdown outside what is read out, and a button that does not wait', () =>
  against({}, async (view, server) => {
    await view.state('Live');
    const before = await icon(view);
    await view.page.evaluate(() => (Math.random = () => 1)); // the longest pauses
    server.faults.refuse = true;
    server.cut();
    await view.state('Reconnecting');
    await view.says('#notices [data-key=waiting]', /The connection was lost\.Next try in ([4-9]|\d\d) s/);
    assert.match(await view.text('#announcement'), /^Reconnecting\. The connection was lost/);
    assert.doesNotMatch(await view.text('#announcement'), /\d/);
    await view.until((old) => document.querySelector('link[rel~=icon]').href !== old, before);
    server.faults.refuse = false;
    await view.page.getByRole('button', { name: 'Retry now' }).click();
    await view.state('Live');
  }));

test('a token: asked for, refused in words, taken', () =>
  against({ tokens: { secret: 'all' } }, async (view) => {
    const field = view.page.getByLabel('Access token');
    await view.says('#notices', /asks for an access token/);
    await field.fill('wrong');
    await field.press('Enter');
    await view.says('#notices', /does not take that access token/);
    await field.fill('secret');
    await view.page.getByRole('button', { name: 'Connect' }).click();
    await view.state('Live');
  }));

test('a token of a narrow scope: what it is not for is said once, and can be put away', () =>
  against({ tokens: { few: 'interfaces' } }, async (view) => {
    const field = view.page.getByLabel('Access token');
    await field.fill('few');
    await field.press('Enter');
    await view.state('Live');
    await view.says('#notices [data-key="refused topics"]', /not for: connections, owners/);
    await view.until(() => !document.querySelector('.is-waiting'));
    assert.match(await view.text('#overview .tile:nth-child(6)'), /–unknown/);
    await view.page.getByRole('button', { name: 'Dismiss' }).click();
    await view.page.waitForTimeout(600);
    assert.equal(await view.notice('refused topics').count(), 0);
  }));

test('gone for more than two minutes: what is shown is the last it said', () =>
  against({}, async (view, server) => {
    await view.state('Live');
    server.faults.refuse = true;
    server.cut();
    await view.state('Reconnecting');
    await view.jump(125_000);
    await view.says('#notices [data-key=gone]', /out of reach since \d\d:\d\d:\d\d.*the last it said/);
    assert.ok((await view.text('#overview .quantity')).includes('bit/s'));
  }));

test('another version of the server offers to reload', () =>
  against({}, async (view, server) => {
    await view.state('Live');
    server.restart('9.9.9');
    await view.says('#notices', /now version 9\.9\.9: reload/);
    await view.page.getByRole('button', { name: 'Reload' }).click();
    await view.state('Live');
    assert.equal(await view.page.locator('#notices > li').count(), 0);
  }));

test('limited: names what would show more, and can be put away', () =>
  against({ capabilities: { owners: { status: 'permission', detail: 'Needs CAP_SYS_PTRACE.' } } }, async (view) => {
    await view.says('#notices [data-key=limited]', /CAP_SYS_PTRACE/);
    await view.page.getByRole('button', { name: 'Dismiss' }).click();
    await view.page.waitForTimeout(600);
    assert.equal(await view.notice('limited').count(), 0);
  }));

test('an address with an interface that is not there says so and goes on', () =>
  against({}, async (view) => {
    await view.state('Live');
    await view.says('#notices', /no interface eth77 here/);
    await view.page.getByRole('button', { name: 'Show the first' }).click();
    await view.until(() => document.querySelector('[aria-pressed=true].card-name')?.textContent === 'eth0');
  }, { path: '#if=eth77' }));

test('pinned to a time: the way back to live is there, and in the address', () =>
  against({}, async (view) => {
    await view.state('Live');
    await view.page.getByRole('button', { name: 'Back to live' }).click();
    await view.until(() => document.getElementById('live').hidden && !location.hash.includes('end='));
  }, { path: `#end=${encodeURIComponent(new Date(Date.now() - 600_000).toISOString())}` }));

test('links that dropped in the last hour are told of on their card', () =>
  against({ past: { downs: [{ interface: 'eth0', agoS: 1500, forS: 20 }, { interface: 'eth0', agoS: 600, forS: 60 }] } }, async (view) => {
    await view.state('Live');
    await view.says('.card:not(.bone) .card-drops', /link dropped twice in the last hour/);
  }));

test('one part of the page that fails is named, the others go on', () =>
  against({}, async (view) => {
    await view.state('Live');
    await view.page.evaluate(() => (CanvasRenderingContext2D.prototype.clearRect = () => {
      throw new Error('planted');
    }));
    await view.says('#notices', /part of this page failed/);
    assert.equal(await view.text('#state-word'), 'Live');
    const before = await view.text('.rows');
    await view.until((old) => document.querySelector('.rows').textContent.replaceAll('\u00a0', ' ') !== old, before);
  }, { expected: /planted/ }));

for (const locale of ['de-DE', 'fr-FR', 'ar-EG', 'hi-IN-u-nu-deva'])
  test(`numbers as in ${locale}, and the page holds`, () =>
    against({}, async (view) => {
      await view.state('Live');
      await view.until(() => !document.querySelector('.is-waiting'));
      const expected = await view.page.evaluate(() => new Intl.NumberFormat(undefined).format(1234.5));
      const text = await view.text('#overview .quantity .number');
      for (const letter of text) assert.ok(/\p{Nd}|[.,\u066b\u202f\u00a0]/u.test(letter), `${text} beside ${expected}`);
      assert.ok(await view.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    }, { locale, viewport: { width: 320, height: 700 } }));
