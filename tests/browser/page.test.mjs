// The page against a server that follows the protocol: what it shows, and that people can use it.

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { start } from '../../web/test/fake-server.js';
import { Browser, visiting } from './support/page.mjs';

let browser;
let server;
before(async () => {
  browser = await Browser.open();
  server = await start({ connections: 2000 });
});
after(async () => {
  await server?.close();
  await browser?.close();
});
const visit = (options, act) => visiting(browser, server.url, options, act);

test('live: totals, cards, chart, table and events come from the stream and keep moving', () =>
  visit({}, async (view) => {
    await view.state('Live');
    const tile = (index) => view.text(`#overview .tile:nth-child(${index}) .quantity`);
    await view.until(() => /\d bit\/s|bit\/s/.test(document.querySelector('#overview .quantity').textContent));
    const first = await tile(1);
    assert.match(first, /^\d[\d.]* [kMG]bit\/s$/);
    assert.equal(await tile(4), '2,004');
    assert.equal(await view.text('.card:has([aria-pressed=true]) .card-name'), 'eth0');
    assert.equal(await view.text('#host'), 'attic');
    await view.until((old) => document.querySelector('#overview .quantity').textContent.replaceAll('\u00a0', ' ') !== old, first);
    assert.ok((await view.page.locator('.rows .row:visible').count()) > 10);
    await view.until(() => document.querySelectorAll('#connections .row .download.cell')[1].textContent.includes('bit/s'));
  }));

test('numbers change, nothing moves', () =>
  visit({}, async (view) => {
    await view.state('Live');
    await view.until(() => document.querySelectorAll('.rows .row:not([hidden])').length > 10);
    await view.page.waitForTimeout(1500);
    const shifts = await view.page.evaluate(() => new Promise((resolve) => {
      const seen = [];
      // A unit may follow its number by a hair, and who moves most may change; boxes stay where they are.
      new PerformanceObserver((list) => {
        for (const { sources } of list.getEntries())
          for (const { node } of sources) if (node?.nodeType === 1 && !node.closest('.quantity, .program-who')) seen.push(node.outerHTML.slice(0, 200));
      }).observe({ type: 'layout-shift' });
      setTimeout(() => resolve(seen), 4000);
    }));
    assert.deepEqual(shifts, []);
  }));

test('the chart is drawn: download above, upload below zero, and nothing where there was no data', async () => {
  const young = await start({ connections: 50, pastS: 0 });
  await visiting(browser, young.url, {}, async (view) => {
    await view.page.selectOption('#window', '60');
    await view.state('Live');
    await view.until(() => document.querySelector('.sums td:nth-child(3)')?.textContent.includes('bit/s'));
    await view.page.waitForTimeout(4000);
    const down = await view.pixels('.stage canvas', '--download');
    const up = await view.pixels('.stage canvas', '--upload');
    assert.ok(down.count > 20 && up.count > 20, `${down.count} and ${up.count} pixels`);
    const { width } = await view.page.locator('.stage canvas').boundingBox();
    assert.ok(down.columns[0] > width * 0.7, 'the part of the window before the server was started is empty');
    const spark = await view.pixels('.card canvas', '--download');
    assert.ok(spark.count > 10, 'and so is the small one');
  }).finally(() => young.close());
});

test('link down is a word on the card, a band in the chart and a line in the events', () =>
  visit({}, async (view) => {
    await view.page.selectOption('#window', '60');
    await view.state('Live');
    await view.until(() => document.querySelector('.card .link')?.dataset.tone === 'up');
    server.network.setLink('eth0', false);
    server.announce();
    try {
      await view.until(() => /▼.*no carrier/.test(document.querySelector('.card .link').textContent), null, 3000);
      await view.until(() => document.querySelector('.subtitle').dataset.tone === 'down');
      await view.until(() => /link down/.test(document.querySelector('.event-list').textContent));
      await view.page.waitForTimeout(2500);
      assert.ok((await view.pixels('.stage canvas', '--bad', { tolerance: 40, below: 0.6 })).count > 5, 'the words "link down" stand in the chart');
    } finally {
      server.network.setLink('eth0', true);
      server.announce();
    }
    await view.until(() => document.querySelector('.card .link').dataset.tone === 'up');
    assert.equal(await view.text('.cards .card .card-name'), 'eth0', 'and the card kept its place');
  }));

test('paused by Space: the picture stands, data is still stored, and nothing is missing afterwards', () =>
  visit({}, async (view) => {
    await view.state('Live');
    await view.page.selectOption('#window', '60');
    await view.page.locator('body').click({ position: { x: 5, y: 500 } });
    await view.page.keyboard.press('Space');
    await view.state('Paused');
    const before = await view.text('#overview');
    await view.page.waitForTimeout(3200);
    assert.equal(await view.text('#overview'), before);
    await view.says('#notices [data-key=paused]', /Paused at .*kept\.\d s behind/);
    await view.notice('paused').getByRole('button').click();
    await view.state('Live');
    await view.until((old) => document.querySelector('#overview').textContent.replaceAll('\u00a0', ' ') !== old, before);
    await view.page.waitForTimeout(300);
    const { columns } = await view.pixels('.stage canvas', '--download');
    const widest = Math.max(...columns.slice(1).map((column, index) => column - columns[index]));
    assert.ok(widest < 10, `a hole ${widest} pixels wide`);
  }));

test('the crosshair reads values by pointer and by arrow keys', async () => {
  const young = await start({ connections: 50, pastS: 0 });
  await visiting(browser, young.url, {}, async (view) => {
    await view.page.selectOption('#window', '60');
    await view.state('Live');
    await view.page.waitForTimeout(2500);
    await view.page.locator('.stage').focus();
    await view.page.keyboard.press('ArrowLeft');
    await view.until(() => /↓.*bit\/s.*↑.*bit\/s/.test(document.querySelector('.tip-text').textContent));
    await view.says('.stage [role=status]', /bit\/s/);
    const place = await view.page.locator('.stage .cross').evaluate((line) => parseInt(line.style.left, 10));
    await view.until((old) => parseInt(document.querySelector('.stage .cross').style.left, 10) < old, place, 4000);
    const { x, y } = await view.page.locator('.stage').boundingBox();
    await view.page.mouse.move(x + 200, y + 100);
    await view.until(() => document.querySelector('.tip-text').textContent === 'no data');
    await view.page.getByRole('button', { name: 'View as table' }).click();
    await view.says('.course tbody tr', /bit\/s/);
  }).finally(() => young.close());
});

test('units, theme and window are kept; what is stored badly does no harm', async () => {
  const context = await browser.chromium.newContext();
  try {
    const page = await context.newPage();
    await page.goto(server.url);
    await page.selectOption('#unit', 'byte');
    await page.selectOption('#window', '1800');
    await page.click('#settings-open');
    await page.getByLabel('Colours').selectOption('dark');
    await page.keyboard.press('Escape');
    await page.reload();
    assert.equal(await page.inputValue('#unit'), 'byte');
    assert.equal(await page.inputValue('#window'), '1800');
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(14, 18, 23)');
    await page.waitForFunction(() => /iB\/s/.test(document.querySelector('#overview .quantity').textContent));
    await page.evaluate(() => {
      localStorage.setItem('ifpulse', '{"unit":7,"theme":"<b>"');
      location.hash = ''; // where the unit stands too
    });
    await page.reload();
    await page.waitForFunction(() => document.getElementById('state-word').textContent === 'Live');
    assert.equal(await page.inputValue('#unit'), 'bit');
  } finally {
    await context.close();
  }
});

test('hidden: nothing is drawn, data is stored; seen again: caught up at once', () =>
  visit({}, async (view) => {
    await view.page.selectOption('#window', '60');
    await view.state('Live');
    await view.page.waitForTimeout(2500);
    const hide = (isHidden) => view.page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
      document.dispatchEvent(new Event('visibilitychange'));
    }, isHidden);
    await hide(true);
    await view.page.waitForTimeout(300);
    const before = await view.text('#overview');
    await view.page.waitForTimeout(3000);
    assert.equal(await view.text('#overview'), before);
    await hide(false);
    await view.until((old) => document.querySelector('#overview').textContent.replaceAll('\u00a0', ' ') !== old, before, 5000);
    await view.page.waitForTimeout(500);
    const { columns } = await view.pixels('.stage canvas', '--download');
    assert.ok(Math.max(...columns.slice(1).map((column, index) => column - columns[index])) < 10, 'no hole');
  }));

test('320 pixels wide: nothing sticks out sideways', () =>
  visit({ viewport: { width: 320, height: 720 } }, async (view) => {
    await view.state('Live');
    await view.page.waitForTimeout(1500);
    assert.ok(await view.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  }));

test('hostile names stay text, in one line, under a policy that forbids everything else', async () => {
  const hostile = await start({ connections: 20, isSettled: true });
  const markup = '<img src=x onerror=alert(1)>';
  try {
    const { network } = hostile;
    const base = network.interfaces.get('eth0');
    for (const name of ['<b>x</b>', '__proto__', '\u202egnp.eth', 'constructor']) {
      network.interfaces.set(name, { ...base, name, addresses: [markup], kind: markup, driver: 'x'.repeat(4096) });
      network.addEvent('link_up', name, `${markup} ${'y'.repeat(4096)}`);
    }
    const [id, record] = [...network.connections][0];
    network.connections.set(id, { ...record, process_name: '\u202e<script>alert(1)</script>', user: markup, download_speed: 9e9, state: 'established' });
    network.connections.set('99999', { ...record, process_name: 'z'.repeat(4096), remote_address: markup, download_speed: 8e9 });
    await visiting(browser, hostile.url, {}, async (view) => {
      await view.state('Live');
      await view.until(() => document.querySelectorAll('.event-list li').length === 4);
      await view.until(() => document.querySelector('.rows .row .process')?.textContent.includes('<script>'));
      await view.until(() => [...document.querySelectorAll('.card-name')].some((node) => node.textContent === '__proto__'));
      assert.equal(await view.page.locator('main img, main script, main b').count(), 0);
      assert.ok(!(await view.text('main')).includes('\u202e'), 'no mark that turns the line');
      await view.page.locator('.card-name', { hasText: '<b>x</b>' }).click();
      await view.until(() => document.querySelector('#detail-title').textContent === '<b>x</b>');
      assert.ok(await view.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      await view.page.fill('#search', markup);
      await view.until(() => /^2 of/.test(document.querySelector('.tally').textContent));
    });
  } finally {
    await hostile.close();
  }
});

test('more rows than are listed: it says so', async () => {
  const large = await start({ connections: 6000 });
  try {
    await visiting(browser, `${large.url}#group=flat`, {}, async (view) => {
      await view.state('Live');
      await view.until(() => document.querySelector('.tally').textContent === 'showing the top 5,000 of 6,004');
      await view.until(() => /5,000 of 6,004/.test(document.querySelector('#notices').textContent));
      await view.notice('rows').getByRole('button', { name: 'Dismiss' }).click();
      assert.equal(await view.notice('rows').count(), 0);
    });
  } finally {
    await large.close();
  }
});

test('what the server leaves out for its CPU budget is said, above and in place of the table', async () => {
  const busy = await start({ connections: 40 });
  try {
    await visiting(browser, busy.url, {}, async (view) => {
      await view.state('Live');
      await view.until(() => document.querySelector('.tally').textContent === '44');
      assert.equal(await view.notice('budget').count(), 0);
      Object.assign(busy.network, { collection: 'slower', connectionsInterval: 4000 });
      await view.says('#notices [data-key=budget]', /5 % of a core, the server reads connections only every 4 s/);
      await view.says('#announcement', /every 4 s/);
      assert.equal(await view.text('#state-word'), 'Live');
      assert.equal(await view.text('.tally'), '44');
      busy.network.collection = 'owners';
      await view.says('#notices [data-key=budget]', /only adds connections up by owner; single ones are not listed/);
      await view.says('.tally', /only added up by owner now/);
      assert.equal(await view.text('#overview .tile:nth-child(4) .quantity'), '44');
      assert.ok(!/listening/.test(await view.text('#overview')), 'what is not listed is not counted as none');
      Object.assign(busy.network, { collection: 'full', connectionsInterval: 1000 });
      await view.until(() => document.querySelector('.tally').textContent === '44');
      await view.until(() => !document.querySelector('#notices [data-key=budget]'));
    });
  } finally {
    await busy.close();
  }
});

test('what is unknown is a dash, what is limited is named', async () => {
  const detail = 'Other users\' processes need CAP_SYS_PTRACE.';
  const limited = await start({ connections: 5, capabilities: { owners: { status: 'permission', detail }, wireless: { status: 'not_supported', detail: 'none here' } } });
  try {
    for (const [name, record] of limited.network.interfaces) {
      const { download_speed, upload_speed, packet_receive_rate, packet_send_rate, receive_errors, mtu, ...rest } = record;
      limited.network.interfaces.set(name, { ...rest, is_active: false, download_speed: undefined, counted: false });
    }
    for (const [id, { process_name, pid, rtt_ms, ...rest }] of limited.network.connections) limited.network.connections.set(id, rest);
    limited.network.advance = () => (limited.network.time += 1000);
    limited.restart();
    await visiting(browser, limited.url, {}, async (view) => {
      await view.state('Live');
      await view.until((text) => document.querySelector('#notices [data-key=limited]')?.textContent.includes(text), detail);
      assert.ok(!(await view.text('#notices')).includes('none here'));
      await view.until(() => document.querySelector('.rows .child .process')?.textContent === '(hidden)');
      assert.equal(await view.text('#overview .tile:nth-child(1) .quantity'), '–');
      assert.equal(await view.text('#overview .tile:nth-child(5) .quantity'), '–');
      assert.equal(await view.text('.sums tbody tr:first-child td:nth-child(2)'), '–');
      assert.equal(await view.text('.facts > div:nth-child(2) dd'), '–');
    });
  } finally {
    await limited.close();
  }
});
