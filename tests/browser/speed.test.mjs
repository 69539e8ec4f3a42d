// What a tick costs, against controls that do the same work in the plain way; what the page does not
// do while nobody looks; and that very many connections leave it usable.

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { start } from '../../web/test/fake-server.js';
import { Meter, chartPage, countDrawing, hideable, patient, tablePage } from './support/meter.mjs';
import { Browser, visiting } from './support/page.mjs';

const CONNECTIONS = 2000;
const CHARTS = 8;
const TICK_MS = 250; // apart: each is drawn before the next
const SLOW_TICKS = 20;
const SCREEN = { width: 1440, height: 1800 }; // all charts are in sight

let browser;
let server;
before(async () => {
  browser = await Browser.open();
  server = await start({ connections: CONNECTIONS, interfaces: 8, manual: true, time: Date.UTC(2026, 10, 28, 9, 24), past: { drops: [{ interface: 'eth0', agoS: 100, packets: 5 }] } });
});
after(async () => {
  await server?.close();
  await browser?.close();
});

const ms = (number) => `${number.toFixed(1)} ms`;
const told = ({ median: usual, p95, parts }) => `${ms(usual)} (p95 ${ms(p95)}; script ${ms(parts.script)}, layout ${ms(parts.layout)}, style ${ms(parts.style)})`;

const canvases = () => [...document.querySelectorAll('canvas')].filter((canvas) => canvas.checkVisibility() && canvas.width > 1).length;
const tallied = (wanted) => document.querySelector('.tally').textContent.replace(/\D/g, '').startsWith(wanted);

// With all that can be drawn at once: all cards, the charts, the table, a connection's drawer; or as
// the page is when it is opened.
async function open(view, { of = server, isAll = true } = {}) {
  await view.state('Live');
  await view.until(tallied, String(of.network.connections.size));
  if (isAll) await view.page.locator('#cards .fold > summary').click();
  else await view.page.evaluate(() => (location.hash = ''));
  await of.step(3);
  await view.until(`(${canvases})() >= ${CHARTS}`);
  await view.page.mouse.move(1, 1);
  await view.page.waitForTimeout(1000);
}
const someone = (of) => [...of.network.connections].find(([, { state, rtt_ms: rtt }]) => state === 'established' && rtt)[0];
const visit = (options, act, of = server) => visiting(browser, `${of.url}#w=60&id=${someone(of)}`, { viewport: SCREEN, ...options }, act);

// The plain ways, each with its page for as long as act takes.
const plain = {
  table: () => tablePage(browser, [...server.network.connections.values()]),
  charts: () => chartPage(browser, { charts: CHARTS, points: 300 }),
};
async function beside(make, act) {
  const page = await make();
  try {
    await page.evaluate(() => globalThis.tick());
    return await act(await Meter.of(page), () => page.evaluate(() => globalThis.tick()));
  } finally {
    await page.close();
  }
}

// What a tick costs a page that is open, told for people.
async function tickCost(view, context, { name, isAll }) {
  await open(view, { isAll });
  const cost = await (await Meter.of(view.page)).each(30, () => server.step(), TICK_MS);
  context.diagnostic(`main thread a tick, ${name}, ${await view.page.evaluate(canvases)} canvases and ${CONNECTIONS} rows: ${told(cost)}`);
  assert.equal(await view.page.locator('#notices li').count(), 0, 'nothing is left out');
  return cost;
}
const steady = { before: (page) => page.addInitScript(patient) };

test('a tick with all charts and 2,000 rows costs a small part of what a plain table and plain charts do', async (context) => {
  const ofTable = await beside(plain.table, (meter, tick) => meter.each(5, tick, 1000));
  const ofCharts = await beside(plain.charts, (meter, tick) => meter.each(4, tick, 1500));
  let usual;
  let all;
  await visit({ ...steady, viewport: { width: 1280, height: 1000 } }, async (view) => (usual = await tickCost(view, context, { name: 'as it opens, 1280 x 1000', isAll: false })));
  await visit(steady, async (view) => (all = await tickCost(view, context, { name: 'all at once, 1440 x 1800', isAll: true })));
  const times = (of, cost) => of.median / cost.median;
  for (const [name, of] of [['a table by innerHTML', ofTable], [`${CHARTS} charts by default`, ofCharts]])
    context.diagnostic(`${name}: ${told(of)}, ${times(of, usual).toFixed(1)} and ${times(of, all).toFixed(1)} times as much`);
  assert.ok(times(ofTable, all) >= 6, 'the table would cost six times as much');
  assert.ok(times(ofCharts, all) >= 4, 'the charts would cost four times as much');
  assert.ok(ofTable.median >= 20 * all.parts.script, 'and the table twenty times what the page does by itself');
});

test('on a processor a quarter as fast frames stay short', async (context) => {
  const each = (count, act, settleMs) => async () => {
    for (let index = 0; index < count; index++) {
      await act();
      await pause(settleMs);
    }
  };
  const ofTable = await beside(plain.table, async (meter, tick) => {
    await meter.throttle(4);
    return meter.tasks(each(2, tick, 2500));
  });
  await visit({}, async (view) => {
    await open(view);
    const meter = await Meter.of(view.page);
    await meter.throttle(4);
    const tasks = await meter.tasks(each(SLOW_TICKS, () => server.step(), 600));
    const frequent = tasks[SLOW_TICKS / 4];
    context.diagnostic(`CPU x4, ${SLOW_TICKS} ticks: the longest frame took ${ms(tasks[0])}, one in four ticks ${ms(frequent)} or more; ${tasks.filter((time) => time > 50).length} over 50 ms`);
    context.diagnostic(`a table by innerHTML: ${ms(ofTable[0])}`);
    assert.ok(frequent * 4 <= ofTable[0], 'a quarter of what a plain table takes at most');
  });
});

test('nothing is drawn while hidden, the data comes in all the same, and is there at once when shown', (context) =>
  visit({ before: async (page) => { await page.addInitScript(countDrawing); await page.addInitScript(hideable); } }, async (view) => {
    const drawn = () => view.page.evaluate(() => globalThis.drawn());
    await open(view);
    await drawn();
    await server.step();
    await view.page.waitForTimeout(1000);
    const shown = await drawn();
    assert.ok(shown.canvas > 20 && shown.elements > 20, `the count counts: ${JSON.stringify(shown)}`);
    await view.page.evaluate(() => globalThis.setHidden(true));
    await view.page.waitForTimeout(500);
    await drawn();
    for (let steps = 0; steps < 60; steps++) {
      await server.step();
      await view.page.waitForTimeout(30);
    }
    assert.deepEqual(await drawn(), { canvas: 0, elements: 0, frames: 0, log: [] }, 'nothing while hidden');
    await view.page.evaluate(() => globalThis.setHidden(false));
    await view.page.waitForTimeout(1000);
    const { canvas, elements, frames } = await drawn();
    context.diagnostic(`60 s behind: ${canvas} canvas calls and ${elements} changed elements in ${frames} frames`);
    assert.ok(canvas < 3 * shown.canvas, 'one drawing, not sixty');
    await view.says('#about', /viewer/);
    const { columns } = await view.pixels('.stage canvas', '--download', { tolerance: 110 });
    const gaps = columns.slice(1).map((column, index) => column - columns[index]);
    assert.ok(columns.length > 300 && Math.max(...gaps) <= 4, `the minute hidden is in the chart: ${columns.length} columns, at most ${Math.max(...gaps)} apart`);
  }));

test('20,000 connections: a tick, a search, another order, scrolling', async (context) => {
  const crowd = await start({ connections: 20_000, interfaces: 8, manual: true });
  try {
    const ofTable = await beside(plain.table, (meter, tick) => meter.each(3, tick, 1200));
    await visit(steady, async (view) => {
      await open(view, { of: crowd });
      const { page } = view;
      const meter = await Meter.of(page);
      const cost = await meter.each(10, () => crowd.step(), 4 * TICK_MS);
      context.diagnostic(`20,000 connections, main thread a tick: ${told(cost)}; a plain table of 2,000: ${told(ofTable)}`);
      assert.ok(cost.median * 3 < ofTable.median, 'a third of what a plain table of a tenth of the rows takes at most');
      const work = async (name, act) => {
        const { task } = await meter.during(act, 500);
        context.diagnostic(`20,000 connections, ${name}: ${ms(task)}`);
        assert.ok(task < 1.5 * ofTable.median, name);
      };
      assert.ok(await page.evaluate(() => document.querySelectorAll('*').length) < 5000, 'few elements, however many rows');
      await work('search', () => page.fill('#search', 'firefox port:443'));
      await view.until(() => /of 20,0/.test(document.querySelector('.tally').textContent));
      await work('search cleared', () => page.fill('#search', ''));
      await work('other order', () => page.locator('#connections').getByRole('button', { name: 'Remote address' }).click());
      await work('scrolling', () => page.evaluate(() => (document.querySelector('#connections .scroll').scrollTop = 1e9)));
      assert.ok((await page.locator('#connections .rows .row:visible').count()) > 5);
    }, crowd);
  } finally {
    await crowd.close();
  }
});
