// The whole way, from the kernel to the screen: the real server, a real cable between two network
// namespaces, real traffic over it, and the page as a person sees it.

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { Browser, visiting } from './support/page.mjs';
import { Child, Neighbour, assertOwnNamespace, ip, startDaemon } from './support/daemon.mjs';

const UNITS = { '': 1, k: 1e3, M: 1e6, G: 1e9 };
const RATE_MBIT = 24;

let browser;
let neighbour;
let daemon;
let receiver;
before(async () => {
  assertOwnNamespace();
  neighbour = await new Neighbour().open({ name: 'cable0', here: '10.77.0.1', there: '10.77.0.2' });
  receiver = new Child('iperf3', ['--server', '--bind', '10.77.0.1', '--port', '5299', '--forceflush']);
  await receiver.says(/listening/i);
  daemon = await startDaemon();
  browser = await Browser.open();
});
after(async () => {
  await browser?.close();
  await daemon?.stop();
  await receiver?.stop('SIGKILL');
  await neighbour?.close();
});

const visit = (act, options = {}) => visiting(browser, daemon.url, options, act);
const received = () => JSON.parse(ip('-json', '-statistics', 'link', 'show', 'dev', 'cable0'))[0].stats64.rx.bytes;

function bits(text) {
  const match = /([\d.]+) ([kMG]?)bit\/s/.exec(text.replaceAll('\u00a0', ' '));
  return match ? Number(match[1]) * UNITS[match[2]] : NaN;
}

async function withTraffic(act) {
  const sender = neighbour.spawn('iperf3', '--client', '10.77.0.1', '--port', '5299', '--time', '60', '--bitrate', `${RATE_MBIT}M`, '--forceflush');
  try {
    await sender.says(/Mbits\/sec|Transfer/, 10_000);
    await act();
  } finally {
    await sender.stop('SIGKILL');
  }
}

test('the page shows the interface with the rate that the kernel counts, drawn and moving', () =>
  withTraffic(() =>
    visit(async (view) => {
      await view.state('Live');
      await view.page.selectOption('#window', '60');
      await view.page.locator('.card-name', { hasText: 'cable0' }).click();
      await view.until(() => document.querySelector('#detail-title').textContent === 'cable0');
      await view.until(() => / Mbit|\u00a0Mbit/.test(document.querySelector('.sums tbody td').textContent));
      // By the end of a few seconds the average shown and the kernel's own count agree.
      const [bytes, from] = [received(), performance.now()];
      await view.page.waitForTimeout(6000);
      const counted = ((received() - bytes) * 8000) / (performance.now() - from);
      const shown = bits(await view.text('.sums tbody tr:first-child td:nth-child(3)'));
      assert.ok(Math.abs(shown / counted - 1) < 0.2, `shown ${shown}, counted ${counted} bit/s`);
      const first = await view.text('.sums tbody tr:first-child');
      await view.until((old) => document.querySelector('.sums tbody tr').textContent.replaceAll('\u00a0', ' ') !== old, first);
      const drawn = await view.pixels('.stage canvas', '--download');
      assert.ok(drawn.columns.length > 50, `${drawn.columns.length} columns of the chart are drawn`);
      const spark = await view.pixels('.card:has([aria-pressed=true]) canvas', '--download');
      assert.ok(spark.columns.length > 10, 'and the small chart of its card');
    })));

test('the connection is in the table, with its process, ports and speed', () =>
  withTraffic(() =>
    visit(async (view) => {
      await view.state('Live');
      await view.page.getByRole('button', { name: 'Flat' }).click();
      await view.page.fill('#search', 'port:5299 state:est iface:cable0');
      await view.until(() => [...document.querySelectorAll('.rows .row:not([hidden], .group)')].some((row) => /bit/.test(row.querySelector('.download.cell').textContent) && /Mbit/.test(row.querySelector('.download.cell').textContent)));
      const row = view.page.locator('.rows .row:not(.group)', { hasText: 'Mbit' }).first();
      const cell = (name) => row.locator(`.cell.${name}`).first().textContent();
      assert.match(await cell('process'), /^iperf3/);
      assert.equal(await cell('pid'), String(receiver.process.pid));
      assert.equal(await cell('local'), '10.77.0.1');
      assert.equal(await cell('local-port'), '5299');
      assert.equal(await cell('remote'), '10.77.0.2');
    })));

test('link down is shown at once, on the card, in the chart and among the events; then up again', () =>
  visit(async (view) => {
    await view.state('Live');
    await view.page.selectOption('#window', '60');
    await view.page.locator('.card-name', { hasText: 'cable0' }).click();
    const link = (tone) => view.until((wanted) => document.querySelector('.card:has([aria-pressed=true]) .link')?.dataset.tone === wanted, tone, 8000);
    await link('up');
    neighbour.run('ip', 'link', 'set', 'far', 'down');
    try {
      await link('down');
      await view.says('.card:has([aria-pressed=true]) .link', /▼ no carrier/);
      await view.until(() => /link down/.test(document.querySelector('.event-list').textContent));
      await view.page.waitForTimeout(2500);
      assert.ok((await view.pixels('.stage canvas', '--bad', { tolerance: 40, below: 0.6 })).count > 5, 'the band in the chart has its words');
      ip('link', 'set', 'cable0', 'down');
      await view.until(() => /▼.*down/.test(document.querySelector('.card:has([aria-pressed=true]) .link').textContent));
    } finally {
      ip('link', 'set', 'cable0', 'up');
      neighbour.run('ip', 'link', 'set', 'far', 'up');
    }
    await link('up');
  }));

test('an interface that comes and goes has a card that comes and goes', () =>
  visit(async (view) => {
    await view.state('Live');
    const has = (name, wanted) => view.until(([text, isThere]) => [...document.querySelectorAll('.card-name')].some((node) => node.textContent === text) === isThere, [name, wanted], 8000);
    await view.page.locator('.fold > summary').click(); // the cable is in front, the rest folded
    ip('link', 'add', 'passing0', 'type', 'veth', 'peer', 'name', 'passing1');
    await has('passing0', true);
    ip('link', 'delete', 'passing0');
    await has('passing0', false);
    await view.until(() => /interface removed/.test(document.querySelector('.event-list').textContent));
  }));

test('the server stops and starts: reconnecting, then live with the new instance, nobody reloads', async () => {
  await visiting(browser, daemon.url, { expected: /WebSocket connection/ }, async (view) => {
    await view.state('Live');
    const port = new URL(daemon.url).port;
    assert.equal(await daemon.stop(), 0);
    await view.state('Reconnecting');
    daemon = new Child(process.env.IFPULSE, ['--listen', `127.0.0.1:${port}`]);
    [, daemon.url] = await daemon.says(/listening on (http:\S+)/);
    await view.state('Live', 20_000);
    await view.until(() => /started anew/.test(document.querySelector('#notices').textContent));
    await view.until(() => document.querySelectorAll('.card').length > 0 && document.querySelector('.tally').textContent !== '');
  });
});

test('a real browser is told why the line was closed', () =>
  visit(async (view) => {
    await view.state('Live');
    const close = await view.page.evaluate((url) => new Promise((resolve) => {
      const socket = new WebSocket(url, 'ifpulse.v1');
      socket.onopen = () => ['{', '[]', '{"op":"sing"}'].forEach((text) => socket.send(text));
      socket.onclose = ({ code, wasClean }) => resolve({ code, wasClean });
    }), new URL('api/v1/stream', daemon.url).href.replace('http', 'ws'));
    assert.deepEqual(close, { code: 4400, wasClean: true });
  }));
