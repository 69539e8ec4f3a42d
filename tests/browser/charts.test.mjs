// The charts, their range, the top programs and the events' timeline, against a server with a past.

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { start } from '../../web/test/fake-server.js';
import { Browser, axeSource, visiting } from './support/page.mjs';

const GUTTER = 80;
const PAST = {
  downs: [{ interface: 'eth0', agoS: 240, forS: 30 }],
  holes: [{ agoS: 150, forS: 40 }, { agoS: 60, forS: 6 }, { agoS: 53, forS: 6 }, { agoS: 40_000, forS: 9000 }],
  drops: [{ interface: 'eth0', agoS: 280, packets: 12 }],
};

let browser;
let server;
before(async () => {
  browser = await Browser.open();
  server = await start({ connections: 200, past: PAST });
});
after(async () => {
  await server?.close();
  await browser?.close();
});
const visit = (options, act, hash = '') => visiting(browser, server.url + hash, options, act);

const isDrawn = (view) => view.until(() => document.getElementById('state-word').textContent === 'Live' && /iB/.test(document.querySelector('.sums td:nth-child(5)').textContent));
const totals = (view) => view.page.$$eval('.sums tbody td:nth-child(5)', (cells) => cells.map((cell) => cell.textContent));
const rangeName = (view) => view.text('.range-name');

async function isSeen(view, selector, color, options, what) {
  for (let turn = 0; turn < 40; turn++) {
    if ((await view.pixels(selector, color, options)).count > 5) return;
    await view.page.waitForTimeout(250);
  }
  assert.fail(`${what}: not seen`);
}

// Stretches without a drawn column, within those drawn: [{from, to}] in pixels.
function gapsOf(columns, least = 3) {
  return columns.slice(1).flatMap((column, index) => (column - columns[index] > least ? [{ from: columns[index], to: column }] : []));
}

async function drag(view, selector, from, to) {
  const { x, y, width } = await view.page.locator(selector).boundingBox();
  const at = (share) => x + GUTTER + share * (width - GUTTER - 2);
  await view.page.mouse.move(at(from), y + 30);
  await view.page.mouse.down();
  await view.page.mouse.move(at((from + to) / 2), y + 35);
  await view.page.mouse.move(at(to), y + 40);
  await view.page.mouse.up();
}

test('the past is there at once, a hole in it stays empty, and a sample alone is seen', () =>
  visit({}, async (view) => {
    await isDrawn(view);
    await view.page.click('#pause');
    await view.state('Paused');
    await view.page.waitForTimeout(300);
    const { columns } = await view.pixels('.stage canvas', '--download');
    const { width } = await view.page.locator('.stage canvas').boundingBox();
    const plot = width - GUTTER - 2;
    assert.ok(columns[0] <= GUTTER + 3, `from the left edge on: ${columns[0]}`);
    assert.ok(columns.at(-1) >= width - 5, 'to the right edge');
    const gaps = gapsOf(columns);
    const long = gaps.filter((gap) => Math.abs(gap.to - gap.from - (40 / 300) * plot) < plot / 75);
    assert.equal(long.length, 1, `a gap of 40 s among ${JSON.stringify(gaps)}`);
    const short = gaps.filter((gap) => gap.to - gap.from > (4 / 300) * plot && gap.to - gap.from < (9 / 300) * plot);
    assert.equal(short.length, 2, 'and two of 6 s');
    const alone = short[1].from - short[0].to;
    assert.ok(alone >= 1 && alone <= 6, `between them a dot ${alone} pixels wide`);
    const packets = (await view.pixels('.strip canvas', '--download')).columns;
    assert.ok(gapsOf(packets).some((gap) => Math.abs(gap.from - long[0].from) <= 3 && Math.abs(gap.to - long[0].to) <= 3), 'the packets have it at the same place');
  }));

test('a broken link is a band with words, losses have their marks, and the head says both in words', () =>
  visit({}, async (view) => {
    await isDrawn(view);
    await isSeen(view, '.stage canvas', '--bad', { tolerance: 40, below: 0.6 }, 'the words "link down"');
    await view.says('.story', /Link down once in the last hour, at \d\d:\d\d:\d\d for 30 s/);
    await view.until(() => !document.querySelectorAll('.strip')[1].hidden);
    await isSeen(view, '.strip:nth-child(3) canvas', '--bad', {}, 'the packets lost');
    await view.page.click('#pause');
    await view.state('Paused');
    const down = Date.parse([...server.network.events.values()].find(({ event }) => event === 'link_down').time);
    const ago = (server.network.time - down) / 1000;
    const tint = await view.page.evaluate((since) => {
      const canvas = document.querySelector('.stage canvas');
      const context = canvas.getContext('2d');
      const at = (secondsAgo) => context.getImageData(Math.round(80 + (1 - secondsAgo / 300) * (canvas.clientWidth - 82)), 20, 1, 1).data;
      return [since - 15, since + 15, since - 110].map((seconds) => [...at(seconds)]);
    }, ago);
    assert.ok(tint[0][3] > 10 && tint[0][0] > tint[0][1], `red where it was down: ${tint[0]}`);
    assert.equal(tint[1][3], 0, `nothing where it was up: ${tint[1]}`);
    assert.ok(tint[2][3] > 5, `grey where nothing is known: ${tint[2]}`);
  }));

test('one moment is read in all charts at once, drawn or not', () =>
  visit({}, async (view) => {
    await isDrawn(view);
    const { x, y, width } = await view.page.locator('.stage').boundingBox();
    await view.page.mouse.move(x + width - 40, y + 50);
    await view.says('.stage .tip', /\d\d:\d\d:\d\d↓.*bit\/s[^]*packets/);
    const places = await view.page.$$eval('.cross:not([hidden])', (lines) => lines.map((line) => Math.round(line.getBoundingClientRect().left)));
    assert.ok(places.length >= 2, `${places.length} lines`);
    assert.deepEqual([...new Set(places)], [places[0]], 'one below the other');
    const timeline = view.page.locator('.timeline');
    await timeline.scrollIntoViewIfNeeded();
    await view.until(() => /\d events/.test(document.querySelector('.timeline').ariaLabel)); // drawn now that it is seen
    await timeline.hover({ position: { x: 300, y: 10 } });
    await view.until(() => document.querySelector('.timeline .tip') && document.querySelectorAll('.cross:not([hidden])').length >= 3);
  }));

test('dragging selects: the sums are of the selection, Escape gives it up', () =>
  visit({}, async (view) => {
    await isDrawn(view);
    const before = await totals(view);
    assert.equal(await rangeName(view), 'Last 5 min');
    await drag(view, '.stage', 0.6, 0.7);
    await view.says('.range-name', /^\d\d:\d\d:\d\d – \d\d:\d\d:\d\d selected$/);
    await view.until((old) => document.querySelector('.sums tbody td:nth-child(5)').textContent !== old, before[0]);
    assert.equal(await view.page.locator('.chosen:visible').count() >= 2, true, 'shaded in every chart');
    await view.until(() => /from=.*to=/.test(location.hash));
    const peak = await view.page.getAttribute('.sums tbody td:nth-child(4)', 'title');
    assert.match(peak, /at .*\d\d:\d\d:\d\d/);
    await view.page.locator('.stage').focus();
    await view.page.keyboard.press('Escape');
    await view.until(() => document.querySelector('.range-name').textContent.startsWith('Last'));
    await drag(view, '.strip:nth-child(2)', 0.2, 0.4);
    await view.says('.range-name', /selected/);
    await view.page.getByRole('button', { name: 'Clear selection' }).click();
    await view.says('.range-name', /^Last 5.min$/);
  }));

test('the sums of a selection are those of the samples in it', () =>
  visit({}, async (view) => {
    await isDrawn(view);
    const to = Math.floor(server.network.time / 1000) * 1000 - 10_000;
    const from = to - 20_000;
    await view.page.evaluate((hash) => (location.hash = hash), `#if=eth0&from=${from}&to=${to}`);
    await view.says('.range-name', /selected/);
    const response = await view.page.evaluate(() => fetch('api/v1/history?interface=eth0&window_s=60').then((answer) => answer.json()));
    const { step_ms: step, end, series } = response;
    const rates = series.eth0.download_speed;
    const times = rates.map((_, index) => Date.parse(end) - (rates.length - 1 - index) * step);
    let bytes = 0;
    times.forEach((time, index) => {
      const seconds = (Math.min(to, time) - Math.max(from, time - step)) / 1000;
      if (seconds > 0 && time <= to) bytes += rates[index] * seconds;
    });
    const shown = await view.page.evaluate(() => document.querySelector('.sums tbody td:nth-child(5)').textContent.replaceAll('\u00a0', ' '));
    const [number, unit] = shown.split(' ');
    const value = Number(number) * { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }[unit];
    assert.ok(Math.abs(value - bytes) < 0.05 * bytes, `${shown} for ${bytes}`);
  }));

test('keys: arrows read, Enter at two places selects, and buttons do what dragging does', () =>
  visit({}, async (view) => {
    await isDrawn(view);
    await view.page.locator('.stage').focus();
    for (const key of ['ArrowLeft', 'Shift+ArrowLeft', 'Enter', 'Shift+ArrowLeft', 'Shift+ArrowLeft']) await view.page.keyboard.press(key);
    await view.says('.stage [role=status]', /bit\/s/);
    await view.page.keyboard.press('Enter');
    await view.says('.stage [role=status]', /^Selected: \d\d:\d\d:\d\d to \d\d:\d\d:\d\d$/);
    await view.says('.range-name', /selected/);
    const seconds = (await rangeName(view)).match(/(\d\d):(\d\d):(\d\d) – (\d\d):(\d\d):(\d\d)/).slice(1).map(Number);
    const length = (seconds[3] * 3600 + seconds[4] * 60 + seconds[5] - seconds[0] * 3600 - seconds[1] * 60 - seconds[2] + 86_400) % 86_400;
    assert.ok(length >= 20 && length <= 22, `20 samples: ${length} s`);
    await view.page.getByRole('button', { name: 'Zoom to selection' }).click();
    await view.says('.range-name', /^\d\d:\d\d:\d\d – \d\d:\d\d:\d\d$/);
    await view.page.locator('#live').waitFor();
    await view.page.getByRole('button', { name: 'Earlier' }).click();
    await view.page.getByRole('button', { name: 'Show a longer time' }).click();
    await view.until(() => document.getElementById('window').value === '60');
    await view.page.locator('.stage').dblclick({ position: { x: 300, y: 60 } });
    await view.says('.range-name', /^Last 60.s$/);
    await view.page.getByRole('button', { name: 'Select…' }).click();
    await view.page.getByRole('button', { name: 'Last minute' }).click();
    await view.says('.range-name', /selected/);
    await view.page.getByRole('button', { name: 'Select…' }).click();
    await view.page.getByLabel('From').fill('00:00:05');
    await view.page.getByLabel('To', { exact: true }).fill('00:00:05');
    await view.page.getByRole('button', { name: 'Select', exact: true }).click();
    await view.says('.range-problem', /at least a second/);
    await view.page.getByLabel('To', { exact: true }).fill('00:00:09');
    await view.page.getByRole('button', { name: 'Select', exact: true }).click();
    await view.says('.range-name', /00:00:05 – (.*, )?00:00:09 selected/);
  }));

test('Ctrl and the wheel zoom around the pointer, and what comes in later goes on being kept', () =>
  visit({}, async (view) => {
    await isDrawn(view);
    const { x, y } = await view.page.locator('.stage').boundingBox();
    await view.page.mouse.move(x + 300, y + 60);
    const time = await view.text('.tip-time');
    await view.page.keyboard.down('Control');
    for (let turn = 0; turn < 4; turn++) await view.page.mouse.wheel(0, -100);
    await view.page.keyboard.up('Control');
    await view.until(() => document.getElementById('window').value === 'other');
    await view.page.mouse.move(x + 300, y + 61);
    const seconds = (text) => text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
    const now = await view.text('.tip-time');
    assert.ok(Math.abs(seconds(now) - seconds(time)) <= 1, `${time}, then ${now}`);
    const standing = await rangeName(view);
    await view.page.waitForTimeout(2200);
    assert.equal(await rangeName(view), standing, 'the past stands still');
  }));

test('24 hours: the day is fetched, its hole and the largest of each minute are seen', () =>
  visit({}, async (view) => {
    await isDrawn(view);
    await view.page.selectOption('#window', '86400');
    const { width } = await view.page.locator('.stage canvas').boundingBox();
    const left = async () => (await view.pixels('.stage canvas', '--download')).columns[0];
    for (let turn = 0; turn < 40 && (await left()) > GUTTER + 4; turn++) await view.page.waitForTimeout(250);
    const { columns } = await view.pixels('.stage canvas', '--download');
    assert.ok(columns[0] <= GUTTER + 4);
    const hole = gapsOf(columns).filter((gap) => Math.abs(gap.to - gap.from - (9000 / 86_400) * (width - GUTTER)) < 6);
    assert.equal(hole.length, 1, 'nine thousand seconds of nothing');
    await view.says('.range-name', /^Last 24.h/);
    await view.page.mouse.move(...(await view.page.locator('.stage').boundingBox().then(({ x, y }) => [x + 200, y + 60])));
    await view.says('.tip-text', /mean of a minute, at most/);
  }));

test('the axis is as it was chosen: beyond the same scale, upload fills its half', async () => {
  const heights = {};
  for (const axis of ['same', 'each', 'log', 'link'])
    await visit({ before: (page) => page.addInitScript((value) => localStorage.setItem('ifpulse', JSON.stringify({ axis: value, window: 300 })), axis) }, async (view) => {
      await isDrawn(view);
      heights[axis] = (await view.pixels('.stage canvas', '--upload', { tolerance: 200 })).count;
      heights[`${axis} down`] = (await view.pixels('.stage canvas', '--download', { tolerance: 200 })).count;
    });
  assert.ok(heights.each > heights.same, JSON.stringify(heights));
  const rows = Object.values(heights);
  assert.ok(new Set(rows).size > 5, JSON.stringify(heights));
});

test('the top programs: who moves most now first, with what the server says of them', async () => {
  const still = await start({ connections: 200, manual: true });
  await visiting(browser, still.url, {}, async (view) => {
    await isDrawn(view);
    await view.until(() => document.querySelectorAll('.program-list li').length > 5 && /iB/.test(document.querySelector('.program-list .moved').textContent));
    for (let turn = 0; turn < 3; turn++) still.tick();
    await view.page.waitForTimeout(1500);
    const owners = [...still.current.owners.values()].filter((owner) => owner.download_speed + owner.upload_speed > 0).sort((a, b) => b.download_speed + b.upload_speed - a.download_speed - a.upload_speed);
    const names = await view.page.$$eval('.program-list .program-name', (nodes) => nodes.map((node) => node.textContent));
    assert.deepEqual(names, owners.slice(0, names.length).map(({ process_name: process }) => process));
    const shown = (await view.text('.program-list .download')).split(' ');
    const bits = Number(shown[0]) * { 'bit/s': 1, 'kbit/s': 1e3, 'Mbit/s': 1e6 }[shown[1]];
    assert.ok(Math.abs(bits - owners[0].download_speed * 8) <= 0.006 * bits, `${shown} for ${owners[0].download_speed}`);
    const { unexplained_download_speed: rest } = still.current.totals;
    const unexplained = Number((await view.text('.program.rest .download')).split(' ')[0]);
    assert.ok(rest > 0 && Math.abs(unexplained * 1e6 - rest * 8) <= 0.006 * rest * 8, `${unexplained} for ${rest}`);
    const { series, step_ms: step } = await view.page.evaluate(() => fetch('api/v1/history?topic=owners&window_s=300&step_s=10').then((answer) => answer.json()));
    const id = [...still.current.owners].find(([, owner]) => owner.process_name === names[0])[0];
    const sum = (values) => values.reduce((total, value) => total + (value ?? 0) * (step / 1000), 0);
    const bytes = sum(series[id].download_speed) + sum(series[id].upload_speed);
    const [moved, unit] = (await view.text('.program-list .moved')).split(' ');
    assert.ok(Math.abs(Number(moved) * { MiB: 2 ** 20, GiB: 2 ** 30 }[unit] - bytes) < 0.05 * bytes, `${moved} ${unit} for ${bytes}`);
    await view.page.locator('.program').filter({ hasText: names[0] }).click();
    await view.until((name) => location.hash.includes(`q=process:${name}`), names[0]);
  }).finally(() => still.close());
});

test('their order holds while someone points at them', () =>
  visit({}, async (view) => {
    await isDrawn(view);
    await view.until(() => document.querySelectorAll('.program-list li').length > 5);
    await view.page.locator('.program-list li').nth(3).hover();
    await view.page.waitForTimeout(300);
    const names = () => view.page.$$eval('.program-list .program-name', (nodes) => nodes.map((node) => node.textContent).join());
    const held = await names();
    const rates = await view.text('.program-list');
    await view.page.waitForTimeout(3300);
    assert.equal(await names(), held);
    assert.notEqual(await view.text('.program-list'), rates, 'while their numbers go on');
  }));

test('a server that tells nothing of owners: it says so', async () => {
  const silent = await start({ connections: 20, topics: ['interfaces', 'totals', 'connections', 'events', 'server'] });
  await visiting(browser, silent.url, {}, async (view) => {
    await isDrawn(view);
    await view.says('.program-reason', /does not tell who uses the line/);
  }).finally(() => silent.close());
});

test('an event picked from the list or the timeline is in the middle of the charts', async () => {
  const own = await start({ connections: 20, past: PAST });
  await visiting(browser, `${own.url}#view=events`, {}, async (view) => {
    await isDrawn(view);
    const middle = async () => {
      await view.until(() => /end=/.test(location.hash));
      const [line, stage] = await Promise.all(['.stage .cross', '.stage'].map((selector) => view.page.locator(selector).boundingBox()));
      assert.ok(Math.abs(line.x - (stage.x + GUTTER + (stage.width - GUTTER - 2) / 2)) < 4, `${line.x} in ${JSON.stringify(stage)}`);
      await view.says('.tip', /the link is down/);
    };
    await view.page.locator('.event').filter({ hasText: 'link down' }).click();
    await middle();
    await view.page.keyboard.press('0');
    await view.says('.range-name', /^Last 5.min/);
    const { x, y, width } = await view.page.locator('.timeline').boundingBox();
    const ago = (own.network.time - Date.parse([...own.network.events.values()].find((event) => event.event === 'link_down').time)) / 1000;
    await view.page.mouse.click(x + GUTTER + (1 - ago / 300) * (width - GUTTER - 2), y + 8);
    await middle();
  }).finally(() => own.close());
});

test('ten thousand events are a few rows and marks with counts, by kind', async () => {
  const busy = await start({ connections: 20 });
  const { network } = busy;
  const now = network.time;
  for (let index = 0; index < 10_000; index++) {
    network.time = now - 250_000 + index * 20;
    network.addEvent(['link_down', 'link_up', 'address_added', 'listener_added'][index % 4], 'eth0', `eth0: number ${index}`);
  }
  network.time = now;
  busy.tick();
  await visiting(browser, busy.url, {}, async (view) => {
    await isDrawn(view);
    await view.until(() => /10,000/.test(document.querySelector('.event-chips').textContent));
    assert.ok((await view.page.locator('.event').count()) < 20);
    assert.match(await view.text('.event'), /number 9999/);
    await view.page.getByRole('button', { name: /^Listeners/ }).click();
    await view.until(() => [...document.querySelectorAll('.event-word')].every((word) => word.textContent === 'listener added'));
    assert.equal(await view.text('.events > .button'), 'Show 100 more of 2,500');
    await view.page.locator('.events > .button').click();
    await view.until(() => document.querySelectorAll('.event').length === 108);
    assert.match(await view.page.getAttribute('.timeline', 'aria-label'), /10,000 events/);
    const longest = await view.page.evaluate(() => new Promise((resolve) => {
      let last = performance.now();
      let most = 0;
      const step = (now) => {
        most = Math.max(most, now - last);
        last = now;
        if ((step.left = (step.left ?? 120) - 1)) requestAnimationFrame(step);
        else resolve(most);
      };
      requestAnimationFrame(step);
    }));
    assert.ok(longest < 1000, `a frame of ${longest} ms`);
  }).finally(() => busy.close());
});

test('a finger reads values at once, and selects after a long press or while the form is open', () =>
  visit({ hasTouch: true, viewport: { width: 390, height: 800 } }, async (view) => {
    await isDrawn(view);
    await view.page.locator('.stage').scrollIntoViewIfNeeded();
    const client = await view.page.context().newCDPSession(view.page);
    const { x, y } = await view.page.locator('.stage').boundingBox();
    const touch = (type, at) => client.send('Input.dispatchTouchEvent', { type, touchPoints: at === null ? [] : [{ x: x + at, y: y + 60 }] });
    const swipe = async (wait) => {
      await touch('touchStart', 150);
      await view.page.waitForTimeout(wait);
      for (const at of [170, 200, 230]) await touch('touchMove', at);
      await touch('touchEnd', null);
    };
    await swipe(0);
    await view.page.waitForTimeout(200);
    assert.doesNotMatch(await rangeName(view), /selected/);
    await swipe(700);
    await view.says('.range-name', /selected/);
    await view.page.getByRole('button', { name: 'Clear selection' }).click();
    await view.says('.range-name', /^Last/);
  }));

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
for (const colorScheme of ['light', 'dark'])
  test(`nothing for axe to find, ${colorScheme}`, () =>
    visit({ colorScheme, bypassCSP: true }, async (view) => {
      await isDrawn(view);
      await view.page.evaluate(axeSource());
      const found = async () => {
        const { violations } = await view.page.evaluate((tags) => globalThis.axe.run(document, { runOnly: tags }), TAGS);
        return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`));
      };
      await drag(view, '.stage', 0.3, 0.5);
      await view.page.getByRole('button', { name: 'Select…' }).click();
      await view.page.getByText('Facts').click();
      await view.page.waitForTimeout(300);
      assert.deepEqual(await found(), []);
      await view.page.getByRole('button', { name: 'View as table' }).click();
      await view.says('.course tbody tr', /bit\/s/);
      await view.page.getByRole('button', { name: /^Link/ }).click();
      assert.deepEqual(await found(), []);
    }, '#view=events'));
