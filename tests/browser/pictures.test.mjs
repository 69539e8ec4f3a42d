// Pictures of every view in both themes, with a clock and a network that are always the same. They are
// kept where IFPULSE_PICTURES says, for people; what is looked at here is what fonts do not change:
// colours at places, that nothing is cut off and nothing lies over something else.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { start } from '../../web/test/fake-server.js';
import { Browser, visiting } from './support/page.mjs';

const NOW = Date.UTC(2026, 10, 28, 9, 24, 10);
const STEPS = 3;
const WINDOW_S = 300;
const HOLE = { agoS: 220, forS: 25 };
const DOWN = { interface: 'eth0', agoS: 140, forS: 40 };
const ALONE = [{ agoS: 60, forS: 9, interface: 'eth0' }, { agoS: 50, forS: 9, interface: 'eth0' }]; // one sample between
const DROPS = { interface: 'eth0', agoS: 20, packets: 40 };
const PAST = { holes: [{ ...HOLE, interface: 'eth0' }, ...ALONE], downs: [DOWN], drops: [DROPS] };
const WIDE = { width: 1440, height: 1500 };
const PHONE = { width: 390, height: 844 };
const SMALLEST = { width: 320, height: 700 };

let browser;
let folder;
before(async () => {
  browser = await Browser.open();
  const kept = process.env.IFPULSE_PICTURES;
  folder = kept ?? (await mkdtemp(path.join(os.tmpdir(), 'ifpulse-pictures-')));
  await mkdir(folder, { recursive: true });
});
after(async () => {
  await browser?.close();
  if (!process.env.IFPULSE_PICTURES) await rm(folder, { recursive: true, force: true });
});

// The page's clock stands; timers and frames go on.
const stopClock = (now) => {
  performance.now = () => 1000;
  Date.now = () => now;
};

// Until two pictures in a row are the same.
async function settled({ page }) {
  let last = await page.screenshot({ animations: 'disabled' });
  for (let times = 0; times < 20; times++) {
    await page.waitForTimeout(150);
    const next = await page.screenshot({ animations: 'disabled' });
    if (next.equals(last)) return next;
    last = next;
  }
  return assert.fail('the page does not come to rest');
}

// Runs act(view, server) on a page that stands still, at an address, after some seconds of life.
async function standing({ hash = '', viewport = WIDE, colorScheme = 'light', of = {} }, act) {
  const server = await start({ connections: 400, interfaces: 8, manual: true, time: NOW, seed: 7, past: PAST, ...of });
  let newest = 0; // revision that came to the page
  const before = async (page) => {
    page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => (newest = Math.max(newest, Number(/"revision":(\d+)/.exec(payload)?.[1] ?? 0)))));
    await page.addInitScript(stopClock, NOW);
  };
  const options = { viewport, colorScheme, reducedMotion: 'reduce', before };
  try {
    await visiting(browser, `${server.url}${typeof hash === 'function' ? hash(server) : hash}`, options, async (view) => {
      await view.state('Live');
      await view.until(() => document.getElementById('about').textContent !== '');
      await server.step(STEPS);
      while (newest < server.revision) await view.page.waitForTimeout(20);
      await settled(view);
      await act(view, server);
    });
  } finally {
    await server.close();
  }
}

const keep = (view, name) => view.page.screenshot({ path: path.join(folder, `${name}.png`), animations: 'disabled' });
const someone = (server) => [...server.network.connections].find(([, { state, interface: name, rtt_ms: rtt, process_name: who }]) => state === 'established' && name === 'eth0' && rtt && who === 'firefox')[0];

// --- what pictures are looked at for ---

// The texts that do not fit where they stand and are not meant to be cut, and what is wider than the window.
function overflowing() {
  const found = [];
  const isMeant = (node) => node.closest('.scroll, .course, .unseen, .rows') !== null;
  for (const node of document.querySelectorAll('h1, h2, h3, p, dt, dd, li, button, a, label, select, th, td, summary, .quantity, .tile')) {
    if (!node.checkVisibility() || isMeant(node)) continue;
    const { overflowX, textOverflow } = getComputedStyle(node);
    if (textOverflow !== 'ellipsis' && overflowX !== 'auto' && node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== 'inline') found.push(`${node.tagName}.${node.className} ${node.textContent.slice(0, 40)}: ${node.scrollWidth} in ${node.clientWidth}`);
  }
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) found.push(`the page: ${scrollWidth} in ${clientWidth}`);
  return found;
}

// Controls that lie over one another.
function overlapping() {
  const boxes = [...document.querySelectorAll('.top :is(button, select, a, h1, #state), main :is(button, select, input)')]
    .filter((node) => node.checkVisibility() && !node.closest('.scroll, dialog') && node.getClientRects().length)
    .map((node) => ({ node, box: node.getBoundingClientRect(), isTop: node.closest('.top') !== null }));
  const found = [];
  boxes.forEach((one, index) => {
    for (const other of boxes.slice(index + 1)) {
      if (one.isTop !== other.isTop || one.node.contains(other.node) || other.node.contains(one.node)) continue;
      const width = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const height = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      if (width > 1 && height > 1) found.push(`${one.node.textContent.slice(0, 20)} and ${other.node.textContent.slice(0, 20)}`);
    }
  });
  // Pictures in the strip of numbers lie over its words by mistake only.
  for (const spark of document.querySelectorAll('.tile .spark'))
    for (const text of spark.closest('.tile').querySelectorAll('dt, .quantity, .note')) {
      const range = document.createRange();
      range.selectNodeContents(text);
      const [one, other] = [spark.getBoundingClientRect(), range.getBoundingClientRect()];
      if (!one.width || !other.width || getComputedStyle(spark).visibility === 'hidden') continue;
      if (Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1 && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 1) found.push(`a picture and ${text.textContent}`);
    }
  return found;
}

async function isTidy(view, name) {
  assert.deepEqual(await view.page.evaluate(overflowing), [], `${name}: texts that do not fit`);
  assert.deepEqual(await view.page.evaluate(overlapping), [], `${name}: things over one another`);
}

// The colour of the page where it is empty, as a number from black to white.
const brightness = (view) => view.page.evaluate(() => {
  const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
  return (r + g + b) / 3;
});

// --- the views ---

const drawerOpen = (server) => `#id=${someone(server)}`;
const press = (name) => ({ page }) => page.getByRole('button', { name }).click();
const shut = ({ page }) => page.keyboard.press('Escape');
// name: { hash, or a function of the server that gives it; act on the view before the picture; undo it after }
const WIDE_VIEWS = {
  all: { hash: '' },
  connections: { hash: '#view=conn' },
  'connections by remote': { hash: '#view=conn&group=remote' },
  'connections flat': { hash: '#view=conn&group=flat&q=port:443' },
  events: { hash: '#view=events' },
  drawer: { hash: drawerOpen },
  selected: { hash: `#from=${NOW - 120e3}&to=${NOW - 60e3}` },
  settings: { hash: '', act: ({ page }) => page.click('#settings-open'), undo: shut },
  help: { hash: '', act: ({ page }) => page.click('#help-open'), undo: shut },
  table: { hash: '', act: press('View as table'), undo: press(/View as chart/) },
};
const SCREENS = {
  wide: { viewport: WIDE, views: WIDE_VIEWS },
  phone: { viewport: PHONE, views: { all: { hash: '' }, connections: { hash: '#view=conn' }, events: { hash: '#view=events' }, drawer: { hash: drawerOpen } } },
  smallest: { viewport: SMALLEST, views: { all: { hash: '' }, drawer: { hash: drawerOpen } } },
};

async function look(view, name, { act, undo }) {
  await act?.(view);
  const seen = {};
  for (const colorScheme of ['light', 'dark']) {
    await view.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await settled(view);
    seen[colorScheme] = await brightness(view);
    await keep(view, `${name.replaceAll(' ', '-')}-${colorScheme}`);
    await isTidy(view, `${name}, ${colorScheme}`);
  }
  assert.ok(seen.light > 200 && seen.dark < 70, `${name}: light is light and dark is dark: ${JSON.stringify(seen)}`);
  await undo?.(view);
}

for (const [screen, { viewport, views }] of Object.entries(SCREENS))
  test(`${screen}: every view in both themes is tidy`, () =>
    standing({ viewport }, async (view, server) => {
      for (const [name, { hash, ...how }] of Object.entries(views)) {
        await view.page.evaluate((wanted) => (location.hash = wanted), typeof hash === 'function' ? hash(server) : hash);
        await look(view, `${screen} ${name}`, how);
      }
    }));

test('what is looked for here is found where it is', () =>
  standing({}, async (view) => {
    await view.page.evaluate(() => {
      const wide = document.createElement('p');
      wide.textContent = 'wide '.repeat(100);
      Object.assign(wide.style, { width: '100px', whiteSpace: 'nowrap', overflow: 'hidden' });
      document.querySelector('main').append(wide);
      Object.assign(document.getElementById('pause').style, { position: 'relative', left: '80px' });
    });
    assert.match(String(await view.page.evaluate(overflowing)), /wide/);
    assert.match(String(await view.page.evaluate(overlapping)), /Pause/);
  }));

// Elements and canvases, not the picture: how browsers smooth round corners is not always the same. What
// is folded away is as it was when it was last looked at.
test('the same once more is the same to the pixel', async () => {
  const seen = [];
  for (let times = 0; times < 2; times++)
    await standing({ hash: drawerOpen }, async ({ page }) => seen.push(await page.evaluate(() => {
      for (const node of document.querySelectorAll('details:not([open]) > :not(summary)')) node.replaceChildren();
      return [document.body.outerHTML, ...[...document.querySelectorAll('canvas')].map((canvas) => canvas.toDataURL())];
    })));
  assert.ok(seen[0].length > 8);
  assert.deepEqual(seen[0], seen[1]);
});

// --- the chart ---

const GUTTER = 80; // left of the plot, and what is right of it
const MARGIN = 2;
const LINE = 110; // of tolerance: lines are blended at their edges

// What is in the big chart: reach(from, to) gives the x where seconds ago begin and end, in pixels.
async function chartOf(view) {
  const { width, height } = await view.page.locator('.stage canvas').boundingBox();
  const x = (agoS) => GUTTER + (1 - (agoS + STEPS) / WINDOW_S) * (width - GUTTER - MARGIN);
  const within = ({ agoS, forS }, slack = 3) => [x(agoS) + slack, x(agoS - forS) - slack];
  return { width, height, x, within };
}
const inside = (columns, [from, to]) => columns.filter((column) => column >= from && column <= to);

for (const colorScheme of ['light', 'dark'])
  test(`the chart, ${colorScheme}: download above and upload below zero, holes empty, a band where the link was down, a dot for a sample alone, losses on top`, () =>
    standing({ hash: '#if=eth0', colorScheme }, async (view) => {
      const { x, within, width } = await chartOf(view);
      const [down, up] = [await view.pixels('.stage canvas', '--download', { tolerance: LINE }), await view.pixels('.stage canvas', '--upload', { tolerance: LINE })];
      assert.ok(down.columns.length > width * 0.5 && up.columns.length > width * 0.5, 'both are drawn');
      assert.equal((await view.pixels('.stage canvas', '--download', { tolerance: 30, below: 0.85 })).count, 0, 'download is not at the bottom');
      assert.ok((await view.pixels('.stage canvas', '--upload', { tolerance: 60, below: 0.6 })).count > 50, 'upload is');
      for (const hole of [HOLE, ...ALONE]) {
        assert.deepEqual(inside(down.columns, within(hole, 8)), [], `nothing in the hole ${hole.agoS} s ago`);
        assert.deepEqual(inside(up.columns, within(hole, 8)), []);
      }
      const dot = inside(down.columns, [x(51) - 6, x(50) + 6]);
      assert.ok(dot.length >= 2 && dot.length <= 8, `one sample between two holes is a dot: ${dot}`);
      const red = await bandOf(view);
      const [from, to] = within(DOWN, 6);
      assert.ok(inside(red, [from, to]).length >= to - from - 4, `the link was down: ${red.length} red columns`); // less a minute's line
      assert.ok(red.every((column) => column > from - 12 && column < to + 12), 'and at no other time');
      const lost = inside((await view.pixels('.stage canvas', '--bad')).columns, [x(DROPS.agoS) - 8, x(DROPS.agoS) + 8]);
      assert.ok(lost.length >= 4, 'packets were lost');
    }));

// Columns in which the ground is redder than the plot's own, near the top, where nothing is drawn.
function bandOf(view) {
  return view.page.evaluate(() => {
    const canvas = document.querySelector('.stage canvas');
    const ratio = canvas.width / canvas.clientWidth;
    const { data } = canvas.getContext('2d').getImageData(0, Math.round(30 * ratio), canvas.width, 1);
    const columns = new Set();
    for (let at = 0; at < canvas.width; at++) {
      const [red, green, , alpha] = data.subarray(at * 4, at * 4 + 4);
      if (alpha > 10 && alpha < 120 && red > green + 40) columns.add(Math.floor(at / ratio));
    }
    return [...columns].sort((a, b) => a - b);
  });
}

test('what is selected is shaded from its begin to its end, in every chart', () =>
  standing({ hash: `#if=eth0&from=${NOW - 120e3}&to=${NOW - 60e3}` }, async (view) => {
    const { x } = await chartOf(view);
    const shades = await view.page.evaluate(() => [...document.querySelectorAll('#detail .chosen')].filter((node) => node.checkVisibility()).map((node) => {
      const [left, { width }] = [node.parentElement.getBoundingClientRect().left, node.getBoundingClientRect()];
      return { from: node.getBoundingClientRect().left - left, width, color: getComputedStyle(node).backgroundColor };
    }));
    assert.ok(shades.length >= 3, `${shades.length} shades`);
    for (const { from, width, color } of shades) {
      assert.ok(Math.abs(from - x(120)) <= 3 && Math.abs(from + width - x(60)) <= 3, `${from} and ${width}`);
      assert.doesNotMatch(color, /, 0\)$|transparent/, 'can be seen');
    }
  }));

test('a sample alone is a dot in the small chart of its card as well', () =>
  standing({}, async (view) => {
    const { columns } = await view.pixels('.card[data-name=eth0] canvas', '--download', { tolerance: LINE });
    const { width } = await view.page.locator('.card[data-name=eth0] canvas').boundingBox();
    const at = (1 - (50.5 + STEPS) / 60) * width;
    assert.ok(inside(columns, [at - 6, at + 6]).length >= 2, `${columns} near ${at}`);
  }));
